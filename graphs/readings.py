"""From what people write into a field to the few words a rule may read.

Whatever cannot be read is handed on as it was written: it then does not fit its declaration, and
the rules ask for a person. Nothing unreadable is ever taken for the ordinary case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from signalbox.domain.plain import plain

# Service desks write priorities as "2 - High", "P1" or plain words; rules see one of four.
_URGENCY = ("critical", "high", "normal", "low")
_PRIORITIES = {
    **dict.fromkeys(("critical", "urgent", "emergency", "blocker", "highest", "immediate"), 0),
    **dict.fromkeys(("p0", "p1", "1", "sev0", "sev1", "s1"), 0),
    **dict.fromkeys(("high", "p2", "2", "sev2", "s2"), 1),
    **dict.fromkeys(("normal", "moderate", "medium", "standard", "p3", "3", "sev3", "s3"), 2),
    **dict.fromkeys(("low", "lowest", "planning", "minor", "p4", "p5", "4", "5", "sev4", "s4"), 3),
}  # fmt: skip
_TIERS = {
    **dict.fromkeys(("vip", "key"), "vip"),
    **dict.fromkeys(("standard", "regular", "normal", "internal"), "standard"),
}  # fmt: skip
_YES = frozenset({"true", "yes", "y", "1", "on"})
_NO = frozenset({"false", "no", "n", "0", "off", "none"})
_WORD = re.compile(r"[^\W_]+")
_WHOLE = re.compile(r"(\d)\.0+(?!\d)")
# Five thousand to some, five to others.
_UNCLEAR = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
MAX_AMOUNT = 1e12
READ = frozenset({"priority", "customer_tier", "has_attachment", "amount", "channel", "source"})


def given_as(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes that are facts, by plain name; of two spellings of one name both values."""
    found: dict[str, str] = {}
    for name, value in attributes.items():
        key = plain(name)
        if key not in READ or not plain(value) or found.get(key) == value:
            continue
        found[key] = f"{found[key]} / {value}" if key in found else value
    return found


def priority_of(written: str) -> str:
    """One of low, normal, high, critical: the most urgent word in it.

    Nothing written is normal; what holds no known word comes back as it was written.
    """
    words = _words(written)
    known = [_PRIORITIES[word] for word in words if word in _PRIORITIES]
    if known:
        return _URGENCY[min(known)]
    return written if plain(written) else "normal"


def tier_of(written: str) -> str:
    """vip where the words say so, else standard where they say that, else as it was written."""
    known = {_TIERS[word] for word in _words(written) if word in _TIERS}
    if not known:
        return written
    return "vip" if "vip" in known else "standard"


def flag_of(written: str) -> bool | str:
    """Yes or no; as it was written where it is neither, or both."""
    words = set(_words(written))
    if words and words <= _YES:
        return True
    return False if words and words <= _NO else written


def amount_of(written: str) -> float | str:
    """The number written; as it stands where it cannot be read, or may be read in two ways."""
    trimmed = written.strip()
    if _UNCLEAR.fullmatch(trimmed):
        return trimmed
    digits = trimmed.replace(",", "") if _GROUPED.fullmatch(trimmed) else trimmed
    try:
        amount = round(float(digits), 2)
    except (ValueError, OverflowError):
        return trimmed
    return amount if abs(amount) <= MAX_AMOUNT else trimmed


def _words(written: str) -> list[str]:
    return _WORD.findall(_WHOLE.sub(r"\1", plain(written)))
