"""Hostile names of facts: paths, operators, the matcher's own, and other names with their hash."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from itertools import product
from string import ascii_lowercase

from rules.encoding import name_hash

_PRIME, _BASIS, _MASK = 16777619, 2166136261, 0xFFFFFFFF
_INVERSE = pow(_PRIME, -1, 1 << 32)

DOTTED = ("user.role", "m.f0", "f0.f1", ".", "m.", "$m.f0")
DOLLARS = ("$and", "$or", "$not", "$lt", "$s", "$m", "$ref", "$nex", "$", "$0")
IDENTITIES = ("sid", "id", "$sid", "sid ", "SID", "f0", "m0x0", "a0", "r0", "m", "__class__", "")
HOSTILE_KEYS = ("dotted_keys", "dollar_keys", "identity_keys", "colliding_keys")


@cache
def _heads() -> dict[int, str]:
    """Where each of the 456,976 words of four letters leaves the hash."""
    found = {}
    for letters in product(ascii_lowercase.encode(), repeat=4):
        value = _BASIS
        for byte in letters:
            value = ((value ^ byte) * _PRIME) & _MASK
        found[value] = bytes(letters).decode()
    return found


@cache
def colliding(name: str) -> str:
    """A word of lower-case letters with the hash of ``name``: its end is sought backwards."""
    heads = _heads()
    for letters in product(ascii_lowercase.encode(), repeat=4):
        value = name_hash(name)
        for byte in reversed(letters):
            value = ((value * _INVERSE) & _MASK) ^ byte
        if value in heads:
            word = heads[value] + bytes(letters).decode()
            if word != name:
                return word
    raise ValueError(f"no word of eight letters has the hash of {name!r}")


def hostile_key(rng: random.Random, kind: str, names: Sequence[str]) -> str:
    """A name of class ``kind`` beside, or in the place of, the declared ``names``."""
    match kind:
        case "dotted_keys":
            return rng.choice((*DOTTED, f"m.{rng.choice(names)}", f"{rng.choice(names)}.x"))
        case "dollar_keys":
            return rng.choice((*DOLLARS, f"${rng.choice(names)}"))
        case "identity_keys":
            return rng.choice(IDENTITIES)
    return colliding(rng.choice(("sid", "id", "f0", "f1", "a0", "m0x0", "approved")))
