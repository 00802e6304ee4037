"""The particulars people put into a ticket: numbers, names, hosts, codes and times."""

from __future__ import annotations

from random import Random

from signalbox.demo.grammar import Say, choice

_PEOPLE = (
    "Amina", "Bartek", "Carla", "Dimitri", "Esra", "Femke", "Giulia", "Hamid", "Ines", "Jonas",
    "Kenji", "Leila", "Mateus", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sven", "Tomasz",
    "Uma", "Viktor", "Wanjiru", "Ximena", "Yusuf", "Zora",
)  # fmt: skip
_SITES = ("the Harbour site", "Northgate", "the mill", "plant 2", "the tower", "the depot")
_ROOMS = ("Heron", "Juniper", "Granite", "Tern", "Saffron", "Marlin", "Birch", "Basalt")
_SINCE = (
    "since this morning", "since yesterday", "since the update", "since Monday", "since lunch",
    "for two days now", "all week", "again today", "for an hour", "since the weekend",
    "every morning", "after the restart", "from time to time", "since I came back from leave",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "today", "tomorrow", "noon")
_MONTHS = ("January", "February", "March", "April", "May", "June", "Q1", "Q2", "last month")
_CODES = ("E-{}", "error {}", "0x8007{}", "code {}", "ERR_{}", "fault {}", "HTTP {}")
_BROKEN = (
    "does not work", "is not working", "stopped working", "is broken", "is down", "keeps failing",
    "hangs", "crashes", "freezes", "is very slow", "does nothing", "throws an error", "acts up",
    "will not open", "fails with {code}", "just spins", "shows a blank page",
)  # fmt: skip


def _digits(rng: Random, count: int) -> str:
    return str(int((0.1 + 0.9 * rng.random()) * 10**count))


def _numbered(prefix: str, count: int) -> Say:
    return lambda rng: prefix + _digits(rng, count)


def _code(rng: Random) -> str:
    return _CODES[int(rng.random() * len(_CODES))].format(_digits(rng, 4))


def _broken(rng: Random) -> str:
    words = _BROKEN[int(rng.random() * len(_BROKEN))]
    return words.replace("{code}", _code(rng)) if "{" in words else words


def _clock(rng: Random) -> str:
    return f"{7 + int(rng.random() * 11):02d}:{int(rng.random() * 60):02d}"


def _amount(rng: Random) -> str:
    return f"{int(rng.random() * 9000) + 12}.{int(rng.random() * 100):02d} EUR"


SLOTS: dict[str, Say] = {
    "person": choice(_PEOPLE),
    "site": choice(_SITES),
    "room": choice(_ROOMS),
    "since": choice(_SINCE),
    "day": choice(_DAYS),
    "month": choice(_MONTHS),
    "code": _code,
    "broken": _broken,
    "clock": _clock,
    "amount": _amount,
    "asset": choice((_numbered("LT-", 5), _numbered("WS-", 5), _numbered("asset ", 6))),
    "host": choice((_numbered("srv-app-", 2), _numbered("srv-db-", 2), _numbered("node", 3))),
    "printer": choice((_numbered("PR-", 3), _numbered("MFP-", 3), _numbered("printer ", 2))),
    "port": choice((_numbered("port ", 2), _numbered("wall socket ", 3))),
    "invoice": _numbered("", 7),
    "order": choice((_numbered("PO ", 6), _numbered("order ", 6))),
    "customer": _numbered("customer ", 5),
    "staff": _numbered("staff no. ", 5),
    "floor": choice(("1st floor", "2nd floor", "3rd floor", "ground floor", "basement")),
    "count": _numbered("", 1),
    "minutes": _numbered("", 2),
}
