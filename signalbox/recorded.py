"""Facts to try rules on: of decisions in the ledger, or of a file with one JSON object a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rules.replaying import Occasion
from signalbox.domain.errors import BadInput
from signalbox.domain.rule_version import RecordedFacts
from signalbox.strict_json import NotJson, read_json

MAX_OCCASIONS = 100_000
_SPAN = re.compile(r"(\d{1,6})\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since(span: str, now: datetime) -> datetime:
    """The moment ``span`` (90m, 12h, 7d, 2w) before ``now``, or an ISO date. BadInput."""
    match = _SPAN.fullmatch(span.strip().lower())
    if match:
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        moment = datetime.fromisoformat(span)
    except ValueError:
        raise BadInput(
            f"--since '{span}' is neither a span nor a date",
            hint="write 90m, 12h, 7d, 2w or 2026-01-31",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def occasions_of(recorded: Sequence[RecordedFacts]) -> list[Occasion]:
    """What the rules could be asked about, from what was recorded of decisions.

    A trace tells what was left to choose *after* rules had narrowed it. What there was before is
    taken to be everything offered to any recorded decision under the same model, which knows the
    same options every time.
    """
    known: dict[str, dict[str, None]] = {}
    for one in recorded:
        known.setdefault(one.model_version, {}).update(dict.fromkeys(one.offered))
    options = {version: tuple(offered) for version, offered in known.items()}
    return [
        Occasion(one.subject, one.facts, options[one.model_version], one.at.isoformat())
        for one in recorded
    ]


def read_occasions(path: Path) -> list[Occasion]:
    """Facts from a JSONL file: ``{"facts": {…}, "options": […]}`` a line, or whole decisions.

    Raises BadInput with file and line.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{path}: cannot be read: {error}", hint="name a UTF-8 file of JSON lines"
        ) from None
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            found.append(_occasion(line, f"{path.name}:{number}", f"line {number}"))
        if len(found) > MAX_OCCASIONS:
            raise BadInput(f"{path}: over {MAX_OCCASIONS} lines", hint="split the file")
    return found


def _occasion(line: str, where: str, subject: str) -> Occasion:
    try:
        row: Any = read_json(line)
    except NotJson as error:
        raise BadInput(f"{where}: not JSON: {error.message}", hint=error.hint) from None
    trace = row.get("trace", row) if isinstance(row, dict) else None
    facts = trace.get("facts") if isinstance(trace, dict) else None
    if not isinstance(trace, dict) or not isinstance(facts, dict):
        raise BadInput(
            f"{where}: there are no 'facts' in it",
            hint='write {"facts": {"priority": "high", …}, "options": ["A", "B"]}',
        )
    options = trace.get("options", trace.get("offered", []))
    if not isinstance(options, list) or any(not isinstance(one, str) or not one for one in options):
        raise BadInput(f"{where}: 'options' is not a list of names", hint='write ["A", "B"]')
    return Occasion(
        str(row.get("subject", subject)), facts, tuple(options), str(row.get("decided_at", ""))
    )
