"""The labels seen so far; new ones join when they are first fed back."""

from __future__ import annotations

from collections.abc import Iterable


class LabelIndex:
    """Label names to consecutive numbers, growing and never forgetting."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names: list[str] = []
        self._number: dict[str, int] = {}
        for name in names:
            self.add(name)

    def __len__(self) -> int:
        return len(self.names)

    def add(self, name: str) -> int:
        """The number of ``name``, given to it now if it is new."""
        number = self._number.get(name)
        if number is None:
            number = self._number[name] = len(self.names)
            self.names.append(name)
        return number

    def get(self, name: str) -> int | None:
        """The number of ``name``, None where it has not been seen."""
        return self._number.get(name)
