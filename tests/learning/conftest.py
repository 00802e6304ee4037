"""A small, seeded table that a router can be learned from in a second."""

from __future__ import annotations

import random

import pytest

from signalbox.learning.report import LearnReport
from signalbox.learning.router import Router
from signalbox.learning.table import Table
from signalbox.learning.training import LearnConfig, learn_routing

WORDS = {
    "network": ["vpn", "wifi", "router", "firewall", "tunnel"],
    "payroll": ["salary", "payslip", "tax", "bonus", "overtime"],
    "printing": ["printer", "toner", "paper", "jam", "tray"],
    "access": ["password", "login", "badge", "locked", "account"],
}
FILLER = ["please", "help", "since", "monday", "office", "urgent", "again", "cannot", "need"]


def make_table(rows: int = 400, seed: int = 0, noise: float = 0.02) -> Table:
    """Texts of topic and filler words, with one telling attribute and one that says nothing."""
    rng = random.Random(seed)
    names = sorted(WORDS)
    texts, labels, site, floor = [], [], [], []
    for _ in range(rows):
        name = rng.choice(names)
        words = [*rng.choices(WORDS[name], k=2), *rng.choices(FILLER, k=4)]
        rng.shuffle(words)
        texts.append(" ".join(words))
        labels.append(rng.choice(names) if rng.random() < noise else name)
        site.append(f"site {names.index(name)}" if rng.random() < 0.8 else "")
        floor.append(str(rng.randrange(5)))
    return Table(texts, {"site": site, "floor": floor}, labels, columns={"text": "text"})


@pytest.fixture(scope="session")
def table() -> Table:
    return make_table()


@pytest.fixture(scope="session")
def learned(table: Table) -> tuple[Router, LearnReport]:
    return learn_routing(table, LearnConfig())


@pytest.fixture(scope="session")
def router(learned: tuple[Router, LearnReport]) -> Router:
    return learned[0]
