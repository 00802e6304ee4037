"""One spelling of a written word: what looks the same is the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from signalbox.domain.lookalikes import latin

# Letters and marks that show nothing, beyond the controls and format characters.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    for code in range(first, last + 1)
}  # fmt: skip
_STROKES = str.maketrans("I1|0", "lllO")
_DIGRAPH = re.compile(r"([aou])e")
# They turn what is read, so that another name is shown than is meant.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
RESERVED = "system:"
"""How the engine's own names begin; nobody outside may bear one."""


def plain(written: str) -> str:
    """``written`` without case, full-width forms, invisible characters and spare spaces."""
    if not (written.isascii() and written.isprintable()):
        normal = unicodedata.normalize("NFKC", written)
        written = "".join(letter for letter in normal if not _invisible(letter))
    return " ".join(unicodedata.normalize("NFKC", written.casefold()).split())


def same_name(one: str, other: str) -> bool:
    """Whether two names are one to whoever reads them: lookalike letters included, and whatever
    stands between letters and digits, or on them, left out."""
    return plain(one) == plain(other) or any(
        mine == theirs for mine, theirs in zip(_shapes(one), _shapes(other), strict=True)
    )


def name_problem(name: str) -> str:
    """Why ``name`` names nobody who may act from outside; "" where it does."""
    shown = plain(name)
    if _TURNING.search(name):
        return "turns the direction of what is read; write the name as it is shown"
    if not shown:
        return "is blank; write the name of whoever it is"
    if shown.replace(" ", "").startswith(RESERVED):
        return f"begins with '{RESERVED}', which is kept for the engine itself; use another name"
    return ""


def apart(groups: Iterable[Sequence[str]]) -> int:
    """How many groups have no person in common with one counted before.

    Names that read the same are one person; a group is who acts together, such as X for Y.
    """
    counted: list[str] = []
    number = 0
    for group in groups:
        if not any(same_name(name, known) for name in group for known in counted):
            counted += group
            number += 1
    return number


def _shapes(name: str) -> tuple[str, ...]:
    # As written, in capitals and in small letters: Η reads as H, η as n, and either may be meant.
    normal = unicodedata.normalize("NFKC", name)
    read = tuple(
        _bare(latin(plain(latin(one)))) for one in (normal, normal.upper(), normal.lower())
    )
    # In most typefaces l, I and 1 are one stroke; and who has no ü writes ue.
    strokes = _bare(latin(plain(latin(normal.translate(_STROKES)))))
    return (*read, strokes, _DIGRAPH.sub(r"\1", read[0]))


def _bare(name: str) -> str:
    """Letters and digits alone; the name itself where it has none."""
    kept = (
        letter
        for letter in unicodedata.normalize("NFKD", name)
        if unicodedata.category(letter)[0] in "LN"
    )
    return "".join(kept) or name


def _invisible(letter: str) -> bool:
    if letter in _BLANKS:
        return True
    return not letter.isspace() and unicodedata.category(letter) in ("Cf", "Cc")
