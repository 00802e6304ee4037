"""Random rule sets of many shapes, up to the limits of what a rule file may hold."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from evals.benchmarks.fuzz.names import DOLLARS, DOTTED, IDENTITIES, colliding
from rules.facts import MAX_INTEGER, MAX_PLACES, Coded, Fact, FactSchema, FactType
from rules.loader import load_rules
from rules.model import (
    MAX_ALTERNATIVES,
    MAX_CLAUSES,
    Clause,
    Condition,
    Definition,
    Group,
    Hit,
    Op,
    Rule,
)
from signalbox.domain.enums import Verdict

OPTIONS = tuple(f"team-{number}" for number in range(8))
MOST_RULES = 200
# Different lists one fact may be compared with: what is sent of it to the matcher is bounded.
MOST_LISTS = 10
_WORDS = (
    *("red", "green", "blue", "", "12", "12.0", "true", "null", "NaN", "admin", '"', "\\", "{}"),
    *(
        "\u00e9",
        "e\u0301",
        "\uff11\uff12",
        "$m",
        "a.b",
        "x" * 1024,
        "1e3",
        "-0",
        " 12",
        "\U0001f600",
    ),
)
_PACKS = Path(__file__).resolve().parents[3] / "rules" / "packs"
_ORDERED = (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE)


class _Writer:
    """Writes one rule set. ``spread`` is how far apart the literals of a number lie."""

    def __init__(self, rng: random.Random, schema: FactSchema, spread: int) -> None:
        self.rng, self.schema, self.spread = rng, schema, spread
        self.permitting = rng.random() < 0.4
        self._lists: defaultdict[str, list[tuple[Coded, ...]]] = defaultdict(list)
        self._pool = {
            fact.name: [self._literal(fact) for _ in range(rng.choice((2, 8, 40)))]
            for fact in schema.facts
        }

    def definition(self, count: int, conditions: Callable[[], int], groups: float) -> Definition:
        made = [self._rule(f"rule-{at}", conditions(), groups) for at in range(count)]
        rules = tuple(rule for rule in made if rule.narrows)
        guards = tuple(rule for rule in made if rule.guards)
        permits = tuple(rule for rule in made if rule.permits)
        return Definition(
            "fuzz",
            "1",
            "fuzz",
            self.schema,
            rules,
            guards,
            permits=permits,
            groups=self._groups(made),
            closed=bool(permits) or self.rng.random() < 0.05,
        )

    def _groups(self, made: list[Rule]) -> tuple[Group, ...]:
        """Some runs of neighbours, each under a hit policy of its own, as rows of a table are."""
        rng, groups, at = self.rng, list[Group](), 0
        while at < len(made):
            size = rng.choice((1, 2, 5, 20))
            some = made[at : at + size]
            at += size
            if rng.random() < 0.5:
                ids = tuple(rule.id for rule in some)
                groups.append(Group(f"table-{at}", rng.choice(list(Hit)), ids))
        return tuple(groups)

    def _rule(self, name: str, conditions: int, groups: float) -> Rule:
        rng, clauses, room = self.rng, list[Clause](), MAX_ALTERNATIVES
        for _ in range(min(conditions, MAX_CLAUSES)):
            size = rng.randint(2, max(2, min(room, 8))) if rng.random() < groups else 1
            size = size if size <= room else 1
            room //= size
            clauses.append(tuple(self._condition() for _ in range(size)))
        option, effect = rng.choice(OPTIONS), rng.randrange(7 if self.permitting else 6)
        effects: tuple[dict[str, object], ...] = (
            {"force": option},
            {"forbid": (option,)},
            {"fallback": option},
            {"forbid": tuple(rng.sample(OPTIONS, 3)), "fallback": option},
            {"verdict": Verdict.DENY},
            {"verdict": Verdict.REQUIRE_APPROVAL},
            {"verdict": Verdict.ALLOW},
        )
        given = effects[effect]
        return Rule(name, tuple(clauses), "why", "owner", **given)  # type: ignore[arg-type]

    def _condition(self) -> Condition:
        rng = self.rng
        fact = rng.choice(self.schema.facts)
        pool = self._pool[fact.name]
        if not fact.required and rng.random() < 0.12:
            return Condition(fact, rng.choice((Op.PRESENT, Op.ABSENT)))
        if fact.type is FactType.BOOLEAN:
            return Condition(fact, rng.choice((Op.EQ, Op.NE)), rng.choice(pool))
        op = rng.choice((*(_ORDERED if fact.numeric else _ORDERED[:2]), Op.IN, Op.NOT_IN))
        if op not in (Op.IN, Op.NOT_IN):
            return Condition(fact, op, rng.choice(pool))
        known = self._lists[fact.name]
        if len(known) < MOST_LISTS:
            known.append(tuple(dict.fromkeys(rng.choices(pool, k=rng.choice((1, 3, 12))))))
        return Condition(fact, op, rng.choice(known))

    def _literal(self, fact: Fact) -> Coded:
        rng = self.rng
        if fact.type is FactType.BOOLEAN:
            return rng.random() < 0.5
        if fact.type is FactType.STRING:
            return rng.choice(fact.enum or _WORDS)
        if rng.random() < 0.15:
            return rng.choice((MAX_INTEGER, -MAX_INTEGER, MAX_INTEGER - 1, 0, -1, 2**31, 2**32))
        return rng.randint(-self.spread, self.spread)


def fuzz_definition(seed: int, number: int) -> Definition:
    """Rule set ``number`` of the run with ``seed``; the same whenever it is asked for."""
    rng = random.Random(f"{seed}:set:{number}")
    if number % 40 < 2:
        return load_rules(_PACKS / ("routing.yaml", "fallback.yaml")[number % 40]).definition
    count = round(MOST_RULES ** rng.random())
    shape = ("mixed", "mixed", "groups", "thresholds", "long", "short", "names")[number % 7]
    schema = FactSchema(_facts(rng, rng.randint(1, 30), hostile=shape == "names"))
    spread = rng.choice((3, 50, 10**6, MAX_INTEGER))
    match shape:
        case "groups":
            return _Writer(rng, schema, spread).definition(min(count, 60), lambda: 3, 0.8)
        case "thresholds":
            numbers = FactSchema(tuple(fact for fact in schema.facts if fact.numeric) or _one())
            return _Writer(rng, numbers, 400).definition(MOST_RULES, lambda: 1, 0.0)
        case "long":
            return _Writer(rng, schema, spread).definition(count, lambda: rng.randint(6, 16), 0.2)
        case "short":
            return _Writer(rng, schema, spread).definition(count, lambda: 1, 0.1)
    return _Writer(rng, schema, spread).definition(count, lambda: rng.randint(1, 5), 0.2)


def _one() -> tuple[Fact, ...]:
    return (Fact("number", FactType.INTEGER),)


def _facts(rng: random.Random, count: int, *, hostile: bool) -> tuple[Fact, ...]:
    names = [f"fact_{at}" for at in range(count)]
    if hostile:
        odd = [*DOTTED, *DOLLARS, *IDENTITIES, colliding("approved"), "approved", "ex\u00e4mple"]
        names = list(dict.fromkeys([*rng.sample(odd, min(count, len(odd))), *names]))[:count]
    return tuple(_fact(rng, name) for name in names)


def _fact(rng: random.Random, name: str) -> Fact:
    kind = rng.choice(list(FactType))
    enum = rng.random() < 0.4 and kind is FactType.STRING
    return Fact(
        name,
        kind,
        required=rng.random() < 0.4,
        enum=tuple(rng.sample(_WORDS, rng.randint(1, 6))) if enum else (),
        max_length=rng.choice((1, 20, 1024)) if kind is FactType.STRING else 1024,
        places=rng.choice((0, 2, 4, MAX_PLACES)) if kind is FactType.DECIMAL else 0,
    )
