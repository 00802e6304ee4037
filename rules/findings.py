"""What is wrong with a rule file, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from rules.place import Place
from signalbox.domain.errors import BadRules

Severity = Literal["error", "warning"]
_SHOWN = 5
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a rule file; ``rule`` is the id of the rule, guard, permit or case it is in.

    An error keeps the file from being loaded, a warning does not. ``column`` counts characters in
    YAML and fields in CSV, from 1; 0 is not known.
    """

    file: str
    line: int
    message: str
    hint: str = ""
    rule: str = ""
    whole: bool = False
    column: int = 0
    severity: Severity = "error"

    def __str__(self) -> str:
        where = f" '{self.rule[:_LONGEST]}'" if self.rule else ""
        message = self.message if self.whole else self.message[: 4 * _LONGEST]
        return f"{self.file}:{self.line}:{where} {message}"

    def as_json(self) -> dict[str, Any]:
        """JSON-ready: severity, file, line, column, rule, message, fix."""
        return {
            "severity": self.severity,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "rule": self.rule,
            "message": self.message,
            "fix": self.hint,
        }


@dataclass(slots=True)
class Findings:
    """Faults collected while one file is read, so that an author sees them together."""

    file: str
    found: list[Finding] = field(default_factory=list)

    def add(
        self,
        line: int,
        message: str,
        hint: str = "",
        rule: str = "",
        *,
        whole: bool = False,
        severity: Severity = "error",
    ) -> None:
        """``whole``: the message is the engine's own and must not be cut."""
        place = line if isinstance(line, Place) else Place(line)
        file = place.file or self.file
        self.found.append(
            Finding(file, int(place), message, hint, rule, whole, place.column, severity)
        )

    def warn(self, line: int, message: str, hint: str = "", rule: str = "") -> None:
        """A finding that does not keep the file from being loaded."""
        self.add(line, message, hint, rule, severity="warning")

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.found if finding.severity == "error"]

    def raise_any(self) -> None:
        """Raise BadRules with the first few errors and the hint of the first one."""
        errors = self.errors
        if not errors:
            return
        lines = [str(finding) for finding in errors[:_SHOWN]]
        if len(errors) > _SHOWN:
            lines.append(f"… and {len(errors) - _SHOWN} more")
        hint = next((finding.hint for finding in errors if finding.hint), "")
        raise BadRules("; ".join(lines), hint=hint)


def nearest(word: object, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or all of them when none is near."""
    words = sorted(known)
    near = get_close_matches(str(word), words, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    return "known: " + ", ".join(words[:20]) if words else ""
