"""What is wrong with a rule file, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from signalbox.domain.errors import BadRules

_SHOWN = 5
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a rule file; ``rule`` is the id of the rule, guard or case it is in."""

    file: str
    line: int
    message: str
    hint: str = ""
    rule: str = ""
    whole: bool = False

    def __str__(self) -> str:
        where = f" '{self.rule[:_LONGEST]}'" if self.rule else ""
        message = self.message if self.whole else self.message[: 4 * _LONGEST]
        return f"{self.file}:{self.line}:{where} {message}"


@dataclass(slots=True)
class Findings:
    """Faults collected while one file is read, so that an author sees them together."""

    file: str
    found: list[Finding] = field(default_factory=list)

    def add(
        self, line: int, message: str, hint: str = "", rule: str = "", *, whole: bool = False
    ) -> None:
        """``whole``: the message is the engine's own and must not be cut."""
        self.found.append(Finding(self.file, line, message, hint, rule, whole))

    def raise_any(self) -> None:
        """Raise BadRules with the first few findings and the hint of the first one."""
        if not self.found:
            return
        lines = [str(finding) for finding in self.found[:_SHOWN]]
        if len(self.found) > _SHOWN:
            lines.append(f"… and {len(self.found) - _SHOWN} more")
        hint = next((finding.hint for finding in self.found if finding.hint), "")
        raise BadRules("; ".join(lines), hint=hint)


def nearest(word: object, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or all of them when none is near."""
    words = sorted(known)
    near = get_close_matches(str(word), words, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    return "known: " + ", ".join(words[:20]) if words else ""
