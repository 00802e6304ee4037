"""The second evaluator: durable-rules as a stateless matcher, in the one form that is safe.

No host, no actions, no text, no timers. One handle per shard of paths, one fixed session and
fact id; under a lock: assert, drain, retract. Any return that is not the expected one makes the
answer None, which the caller must treat as a failure, and replaces the handle.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import chain
from operator import itemgetter
from threading import Lock
from typing import Protocol, cast

from rules.encoding import FactCode, as_durable, fact_index, name_hash, paths
from rules.facts import Coded, Fact
from rules.model import Rule
from rules.sharding import Numbered, shards
from signalbox.domain.errors import BadRules

MAX_FACT_PROPERTIES = 12
MAX_REBUILDS = 64

_IDENTITY = '"sid":"1","id":"1"}'
_RETRACT = "{" + _IDENTITY
_MATCHED, _NOTHING_MATCHED = 0, 1


class Engine(Protocol):
    """The part of ``durable_rules_engine`` that is used."""

    def create_ruleset(self, name: str, rules: str) -> int: ...
    def delete_ruleset(self, handle: int) -> None: ...
    def assert_fact(self, handle: int, fact: str) -> tuple[int, int]: ...
    def retract_fact(self, handle: int, fact: str) -> tuple[int, int]: ...
    def start_action_for_state(self, handle: int, state: int) -> tuple[str, str] | None: ...
    def complete_and_start_action(self, handle: int, state: int) -> str | None: ...


class Unexpected(Exception):
    """The matcher returned something it should not have."""


def import_engine() -> Engine:
    """The extension module; ImportError where it is not installed or does not load."""
    return cast(Engine, import_module("durable_rules_engine"))


def engine_available() -> tuple[bool, str]:
    """Whether the second evaluator can be used here, and why not when it cannot."""
    try:
        import_engine()
    except ImportError as error:
        return False, f"durable-rules does not load: {error}"
    return True, "durable-rules is available: rules are evaluated twice"


class Shard:
    """One handle and the paths it matches."""

    def __init__(self, engine: Engine, numbered: Sequence[Numbered]) -> None:
        self._engine = engine
        self._names = {f'{{"r{place}': 1 << rule for place, (rule, _) in enumerate(numbered)}
        rules = {f"r{place}": as_durable(path) for place, (_, path) in enumerate(numbered)}
        self._source = json.dumps(rules)
        facts = sorted({fact_index(term) for _, path in numbered for term in path})
        # A slice, for itemgetter of a single index does not answer with a sequence.
        self._pick = (
            itemgetter(*facts) if len(facts) > 1 else itemgetter(slice(facts[0], facts[0] + 1))
        )
        self._handle = engine.create_ruleset("signalbox", self._source)

    def match(self, spelt: Sequence[str]) -> int:
        """Bit set of the rules that match; ``spelt`` is every fact as comma-terminated members."""
        engine, handle = self._engine, self._handle
        fact = "{" + "".join(self._pick(spelt)) + _IDENTITY
        matched = 0
        try:
            code, state = engine.assert_fact(handle, fact)
            if code == _MATCHED:
                started = engine.start_action_for_state(handle, state)
                message = started[1] if started else None
                if message is None:
                    raise Unexpected("a match without a rule")
                matched = self._drain(message, state, '":{"m":' + fact + "}}")
            elif code != _NOTHING_MATCHED:
                raise Unexpected(f"assert_fact returned {code}")
        finally:
            code, _ = engine.retract_fact(handle, _RETRACT)
        if code != 0:
            raise Unexpected(f"retract_fact returned {code}")
        return matched

    def _drain(self, first: str, state: int, tail: str) -> int:
        # The tail repeats the fact: a match left over from an earlier one would not carry it, and
        # so not be found among the names.
        names, drained, matched = self._names, 0, 0
        complete, handle = self._engine.complete_and_start_action, self._handle
        message: str | None = first
        while message is not None:
            bit = names.get(message.removesuffix(tail))
            drained += 1
            if bit is None or drained > len(names):
                raise Unexpected("a match that is not of this fact and these rules")
            matched |= bit
            message = complete(handle, state)
        return matched

    def rebuild(self) -> None:
        """A fresh handle. The old one is left alone: freeing it in a bad state can crash."""
        self._handle = self._engine.create_ruleset("signalbox", self._source)

    def close(self) -> None:
        self._engine.delete_ruleset(self._handle)


class DurableMatcher:
    """The matcher for a fixed list of rules; ``spell`` encodes each fact for it."""

    def __init__(self, engine: Engine, facts: Sequence[Fact], rules: Sequence[Rule]) -> None:
        codes = {fact.name: FactCode(index, fact) for index, fact in enumerate(facts)}
        numbered = [(i, path) for i, rule in enumerate(rules) for path in paths(rule, codes)]
        properties = [code.properties() for code in codes.values()]
        _refuse_collisions(properties)
        _refuse_too_many(facts, properties)
        parts = shards(numbered, [len(names) for names in properties])
        try:
            self._shards = [Shard(engine, part) for part in parts]
        except Exception as error:
            raise BadRules(
                f"durable-rules refuses this rule set: {error}",
                hint="simplify the rules, or report this with the file",
            ) from error
        self.spell: tuple[Callable[[Coded | None], str], ...] = tuple(
            code.fragments() for code in codes.values()
        )
        self._lock = Lock()
        self.failures = 0
        self._rebuilds = 0

    def match(self, spelt: Sequence[str]) -> int | None:
        """Bit set of the rules that match, or None when the matcher could not be trusted.

        ``spelt`` holds what ``spell`` made of each fact, in schema order.
        """
        matched = 0
        with self._lock:
            if self._rebuilds >= MAX_REBUILDS:
                self.failures += 1
                return None
            for shard in self._shards:
                try:
                    matched |= shard.match(spelt)
                except Exception:
                    self.failures += 1
                    self._replace(shard)
                    return None
                except BaseException:
                    self._replace(shard)
                    raise
        return matched

    def close(self) -> None:
        """Give the handles back. The matcher is not to be used afterwards."""
        with self._lock:
            shards, self._shards = self._shards, []
            for shard in shards:
                shard.close()

    def _replace(self, shard: Shard) -> None:
        self._rebuilds += 1
        try:
            shard.rebuild()
        except Exception:
            self._rebuilds = MAX_REBUILDS


def _refuse_collisions(properties: Sequence[Sequence[str]]) -> None:
    hashes: dict[int, str] = {}
    for name in ["sid", "id", "$s", *chain.from_iterable(properties)]:
        other = hashes.setdefault(name_hash(name), name)
        if other != name:
            raise BadRules(
                f"the properties '{other}' and '{name}' collide in durable-rules",
                hint="declare the facts in another order",
            )


def _refuse_too_many(facts: Sequence[Fact], properties: Sequence[Sequence[str]]) -> None:
    for fact, names in zip(facts, properties, strict=True):
        if len(names) > MAX_FACT_PROPERTIES:
            raise BadRules(
                f"fact '{fact.name}' is compared with {len(names)} different sets",
                hint=f"use at most {MAX_FACT_PROPERTIES - 2} different 'in' lists on one fact",
            )
