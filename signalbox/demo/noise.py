"""How hurried hands write: slips of the finger, no capitals, all capitals."""

from __future__ import annotations

from random import Random

_TYPO_SHARE = 0.30
_LOWER_SHARE = 0.12
_UPPER_SHARE = 0.03


def _slip(rng: Random, text: str) -> str:
    at = 1 + int(rng.random() * (len(text) - 2))
    pair = text[at : at + 2]
    # Digits are left alone: a wrong asset number is another asset, not a typing slip.
    if not pair.isalpha():
        return text
    kind = rng.random()
    if kind < 0.4:
        return text[:at] + pair[::-1] + text[at + 2 :]
    if kind < 0.75:
        return text[:at] + text[at + 1 :]
    return text[: at + 1] + text[at:]


def roughen(rng: Random, text: str) -> str:
    """Adds up to three typing slips and unusual casing to some texts, none to most."""
    if len(text) > 3 and rng.random() < _TYPO_SHARE:
        for _ in range(1 + int(rng.random() * 3)):
            text = _slip(rng, text)
    casing = rng.random()
    if casing < _LOWER_SHARE:
        return text.lower()
    if casing < _LOWER_SHARE + _UPPER_SHARE:
        return text.upper()
    return text
