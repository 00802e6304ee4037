"""What is discovered is always sound and, with nothing filtered out, replays every case."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.soundness import Code, check
from signalbox.domain.template import Template
from signalbox.learning.patterns.discovery.miner import mined
from signalbox.learning.patterns.discovery.plan import ids_of, template_of
from signalbox.learning.patterns.discovery.sublog import Path
from signalbox.learning.patterns.discovery.suggest import player_of, suggestion
from signalbox.learning.patterns.discovery.tree import Shape, Tree
from signalbox.learning.patterns.discovery.writing import plain

A, B, C, D, E = range(5)
NAMES = ["A", "B", "C", "D", "E", "F"]
paths = st.lists(st.integers(0, 5), min_size=1, max_size=8).map(tuple)
many = st.lists(paths, min_size=1, max_size=8)


def tree_of(*cases: Path, noise: float = 0.0) -> Tree:
    return mined(Counter(cases).most_common(), noise)


@given(many)
@settings(max_examples=300)
def test_without_a_filter_it_is_sound_and_replays_every_case(cases: list[Path]) -> None:
    tree = tree_of(*cases)
    assert check(template_of(tree, NAMES, "found")).findings == ()
    player = player_of(tree)
    assert [path for path in cases if not player.replay(path).fits] == []
    assert sorted(tree.activities) == sorted({a for path in cases for a in path})


@given(many, st.sampled_from([0.05, 0.2, 0.5, 0.9]))
@settings(max_examples=200)
def test_with_a_filter_it_is_sound_still(cases: list[Path], noise: float) -> None:
    template = template_of(tree_of(*cases, noise=noise), NAMES, "found")
    assert check(template).findings == ()
    read = Template.model_validate(plain(template))
    assert set(read.flows) == set(template.flows)
    assert (read.activities, read.gateways) == (template.activities, template.gateways)


@given(many, st.data())
@settings(max_examples=200)
def test_replay_allows_what_the_token_game_on_the_template_allows(
    cases: list[Path], data: st.DataObject
) -> None:
    """The checker of histories knows nothing of trees: both must tell the same prefixes apart."""
    tree = tree_of(*cases)
    template, player = template_of(tree, NAMES, "found"), player_of(tree)
    other = data.draw(st.lists(st.sampled_from(tree.activities), max_size=7).map(tuple))
    states = player.first
    for length, activity in enumerate(other, 1):
        states = player.after(states, activity)
        done = [ids_of(NAMES)[a] for a in other[:length]]
        codes = {finding.code for finding in check(template, done=done).findings}
        assert Code.TOO_COMPLEX not in codes
        assert bool(states) == (Code.HISTORY not in codes), (other[:length], tree)
        if not states:
            break


@given(many)
@settings(max_examples=100)
def test_what_is_offered_next_is_what_may_come_next(cases: list[Path]) -> None:
    tree = tree_of(*cases)
    player = player_of(tree)
    for path in cases:
        states = player.first
        for activity in path:
            allowed = {a for a in tree.activities if player.after(states, a)}
            assert player.next_of(states) == allowed
            states = player.after(states, activity)


def test_a_sequence_with_an_exclusive_choice() -> None:
    tree = tree_of((A, B, D), (A, C, D))
    assert tree.shape is Shape.SEQUENCE
    assert [part.shape for part in tree.parts] == [Shape.STEP, Shape.ONE, Shape.STEP]


def test_what_comes_in_both_orders_is_parallel() -> None:
    tree = tree_of((A, B, C, D), (A, C, B, D))
    assert [part.shape for part in tree.parts] == [Shape.STEP, Shape.ALL, Shape.STEP]


def test_a_way_back_is_a_loop_bounded_at_twice_what_was_seen() -> None:
    tree = tree_of((A, B), (A, B, C, A, B, C, A, B))
    assert tree.shape is Shape.LOOP and tree.rounds == 2
    bounded = [flow for flow in template_of(tree, NAMES, "found").flows if flow.at_most]
    assert [(flow.target, flow.at_most) for flow in bounded] == [("c", 4)]
    assert player_of(tree).replay((A, B) + (C, A, B) * 4).fits
    assert not player_of(tree).replay((A, B) + (C, A, B) * 5).fits


def test_the_bound_of_an_inner_loop_counts_a_whole_case() -> None:
    case = (A, B, B, B, C, A, B, B, C)
    tree = tree_of(case, (A, B, C))
    assert player_of(tree).replay(case).fits
    assert max(part.rounds for part in (tree, *tree.parts, *tree.parts[0].parts)) == 3


def test_the_filter_leaves_out_what_is_rare() -> None:
    cases = [(A, B, C)] * 50 + [(A, C, B)]
    assert tree_of(*cases, noise=0.2).shape is Shape.SEQUENCE
    assert [part.shape for part in tree_of(*cases, noise=0.2).parts] == [Shape.STEP] * 3
    assert Shape.ALL in [part.shape for part in tree_of(*cases).parts]


def test_every_order_of_all_at_once_stays_sound() -> None:
    cases = list(product(range(4), repeat=3))
    tree = tree_of(*cases)
    assert all(player_of(tree).replay(path).fits for path in cases)
    assert check(template_of(tree, NAMES, "found")).findings == ()


@pytest.mark.parametrize(
    ("path", "allowed", "ended"),
    [
        ((A, B, C), (True, True, True), True),
        ((A, C), (True, False), True),
        ((A, C, B), (True, False, False), True),
        ((A, B), (True, True), False),
        ((A, E, B, C), (True, False, True, True), True),
    ],
)
def test_where_a_case_leaves_the_plan(path: Path, allowed: tuple[bool, ...], ended: bool) -> None:
    replay = player_of(tree_of((A, B, C))).replay(path)
    assert (replay.allowed, replay.ended) == (allowed, ended)
    assert replay.fits == (all(allowed) and ended)


def test_ids_are_safe_and_apart() -> None:
    names = ["Start", "End", "Prüfung", "prufung", "检查", "a  b", "A-B", "x" * 500]
    ids = ids_of(names)
    assert ids[:5] == ["start-2", "end-2", "prufung", "prufung-2", "activity"]
    assert len(set(ids)) == len(ids)
    template_of(mined([(tuple(range(len(names))), 1)]), names, "found")


def test_fitness_is_told_of_cases_it_was_not_built_on() -> None:
    cases = [(A, B, C)] * 80 + [(A, C)] * 10 + [(A, B, C)] * 10
    found = suggestion(cases, NAMES, "found", noise=0.0)
    assert (found.built.cases, found.built.cases_fit) == (80, 80)
    assert found.held_out is not None
    assert (found.held_out.cases, found.held_out.cases_fit) == (20, 10)
    assert (found.held_out.events, found.held_out.events_fit) == (50, 40)


def test_precision_is_one_where_only_what_happens_is_allowed() -> None:
    exact = suggestion([(A, B, C)] * 20, NAMES, "found").held_out
    loose = suggestion([(A, B, C, A, C, B), (C, A, A, B)] * 20, NAMES, "found").held_out
    assert exact is not None and loose is not None
    assert exact.precision == 1.0
    assert loose.precision is not None and loose.precision < 0.8
