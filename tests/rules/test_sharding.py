"""No fact can ask more of the matcher's stack than was worked out when the set was loaded."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.benchmarks.generated_rules import generated_definition, generated_facts, literals_of
from rules import engine_available
from rules.durable import Shard, import_engine
from rules.encoding import Path, Term, fact_index
from rules.rule_set import RuleSet
from rules.sharding import (
    SHARD_PATHS,
    SHARD_PROPERTIES,
    SHARD_STACK,
    most_at_once,
    shards,
    stack_needed,
)

needs_engine = pytest.mark.skipif(not engine_available()[0], reason=engine_available()[1])

COMPARES = {
    "": lambda value, number: value == number,
    "$neq": lambda value, number: value != number,
    "$lt": lambda value, number: value < number,
    "$lte": lambda value, number: value <= number,
    "$gt": lambda value, number: value > number,
    "$gte": lambda value, number: value >= number,
}
terms = st.tuples(
    st.sampled_from(["f0", "f1", "f2"]), st.sampled_from(sorted(COMPARES)), st.integers(-2, 2)
)
paths = st.lists(terms, min_size=1, max_size=4, unique=True).map(tuple)
facts = st.fixed_dictionaries({}, optional={f"f{i}": st.integers(-4, 4) for i in range(3)})


def _holds(term: Term, fact: dict[str, int]) -> bool:
    name, comparison, number = term
    return name in fact and COMPARES[comparison](fact[name], number)


def _stack_used(several: list[Path], fact: dict[str, int]) -> int:
    """The matcher's walk: take a node, put its children that hold on the stack."""
    tree: dict[Term, Any] = {}
    for path in several:
        node = tree
        for term in path:
            node = node.setdefault(term, {})
    stack, most = [tree], 1
    while stack:
        stack += [child for term, child in stack.pop().items() if _holds(term, fact)]
        most = max(most, len(stack))
    return most


@settings(deadline=None)
@given(st.lists(paths, min_size=1, max_size=25), facts)
def test_no_fact_needs_more_stack_than_worked_out(
    several: list[Path], fact: dict[str, int]
) -> None:
    assert _stack_used(several, fact) <= stack_needed(several) <= max(1, len(several))


@given(st.sets(terms, min_size=1, max_size=12))
def test_most_at_once_is_the_most_of_all_facts(some: set[Term]) -> None:
    values = range(-4, 5)
    everything = [
        dict(zip(("f0", "f1", "f2"), at, strict=True)) for at in product(values, repeat=3)
    ]
    assert most_at_once(some) == max(
        sum(_holds(term, fact) for term in some) for fact in everything
    )


@needs_engine
@pytest.mark.parametrize(("roots", "children"), [(64, 0), (40, 25), (2, 63), (1, 64)])
def test_the_matcher_holds_64_nodes_and_fails_at_one_more(roots: int, children: int) -> None:
    """What the bound counts is what the matcher counts."""

    def tree(roots: int, children: int) -> list[Path]:
        below: list[Path] = [(("f1", "$gt", -at),) for at in range(children)] or [()]
        return [(("f0", "$gt", -at), *rest) for at in range(roots) for rest in below]

    def match(several: list[Path]) -> int:
        shard = Shard(import_engine(), list(enumerate(several)))
        matched = shard.match(['"f0":1,', '"f1":1,'])
        shard.close()  # not after a failure: freeing a handle in a bad state can crash
        return matched

    full = tree(roots, children)
    assert stack_needed(full) == 64
    assert match(full) == (1 << len(full)) - 1
    over = tree(roots, children + 1) if children else tree(roots + 1, 0)
    assert stack_needed(over) == 65
    with pytest.raises(Exception, match="303"):
        match(over)


@settings(deadline=None, max_examples=30)
@given(st.lists(paths, min_size=1, max_size=400))
def test_every_path_is_in_one_shard_that_has_room_for_it(several: list[Path]) -> None:
    sizes = [90, 100, 110]
    parts = shards(list(enumerate(several)), sizes)
    placed = sorted((rule, sorted(path)) for part in parts for rule, path in part)
    assert placed == [(rule, sorted(path)) for rule, path in enumerate(several)]
    for part in parts:
        assert stack_needed(path for _, path in part) <= SHARD_STACK
        assert len(part) <= SHARD_PATHS
        used = {fact_index(term) for _, path in part for term in path}
        assert len(part) == 1 or sum(sizes[index] for index in used) <= SHARD_PROPERTIES


@needs_engine
def test_a_full_shard_in_which_everything_matches() -> None:
    several = [(("f0", "$gt", -one), ("f1", "$gt", -two)) for one in range(8) for two in range(16)]
    [part] = shards(list(enumerate(several)), [1, 1])
    assert len(part) == SHARD_PATHS
    shard = Shard(import_engine(), part)
    for value in (1, -40, 1, -3, 1):
        expected = sum(1 << rule for rule, path in enumerate(several)
                       if all(_holds(term, {"f0": value, "f1": 1}) for term in path))  # fmt: skip
        assert shard.match([f'"f0":{value},', '"f1":1,']) == expected
    shard.close()


@needs_engine
@pytest.mark.parametrize("dense", [False, True])
def test_large_sets_agree(dense: bool) -> None:
    rng = random.Random(5)
    definition = generated_definition(rng, 300, 25, conditions=2, dense=dense)
    rules, literals = RuleSet(definition), literals_of(definition)
    for _ in range(300):
        rules.evaluate(generated_facts(rng, definition.schema, literals), ("team-1",))
    assert (rules.disagreements, rules.failures) == (0, 0)
    rules.close()
