"""Letters of other alphabets that a reader takes for Latin ones.

Greek and Cyrillic, and the odd Latin letter, as most typefaces draw them; capitals apart, since
Η reads as H and η as n. Not every lookalike there is: a name in a third alphabet is told apart by
whoever hands out names.
"""

from __future__ import annotations

_PAIRS = {
    # Cyrillic, capital and small
    **dict(zip("АВЕЅІЈКМНОРСТУХЗԌԚԜҮҺ", "ABESIJKMHOPCTYX3GQWYH", strict=True)),
    **dict(zip("авгеєѕіјкмнорстухԁԛԝүһӏ", "abreesijkmhopctyxdqwyhl", strict=True)),
    # Greek, capital and small
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺ", "ABEZHIKMNOPTYXCM", strict=True)),
    **dict(zip("αγηικνορτυχϲϳ", "aynikvoptuxcj", strict=True)),
    # Latin, beyond the usual
    **dict(zip("ıɑɡɩǝəɐ", "iagieea", strict=True)),
    **dict(zip("ᴀʙᴄᴅᴇғɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)),
    # Latin, with a stroke: no accent to Unicode, and one to readers
    **dict(zip("ŁłØøĐđĦħŦŧƀɃɨƗʉɄɏɎƶƵⱥȺɇɆꝁ", "LlOoDdHhTtbBiIuUyYzZaAeEk", strict=True)),
    # Hyphens and apostrophes
    **dict.fromkeys("‐‑‒–—―−﹘", "-"),
    **dict.fromkeys("’‘ʼʹ′＇´", "'"),
}  # fmt: skip
_TABLE = str.maketrans(_PAIRS)


def latin(written: str) -> str:
    """``written`` with every lookalike put in Latin letters; all else stays, all of ASCII too."""
    return written if written.isascii() else written.translate(_TABLE)
