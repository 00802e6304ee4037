from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from signalbox.demo.attributes import PRODUCTS
from signalbox.demo.clock import GO_LIVE
from signalbox.demo.desk import STRAY_SHARE, TOPICS, ServiceDesk
from signalbox.demo.teams import NEIGHBOURS, TEAMS
from signalbox.demo.ticket import ATTRIBUTES, Phase, Ticket
from signalbox.domain.errors import BadInput
from signalbox.domain.task import Task

MOVED = {topic.name: topic for topic in TOPICS if topic.moves_to}


@cache
def history() -> list[Ticket]:
    return ServiceDesk(11).history(6000)


@cache
def stream() -> list[Ticket]:
    return list(ServiceDesk(11).stream(6000))


def share(of: list[bool]) -> float:
    return sum(of) / len(of)


def test_the_same_seed_says_the_same() -> None:
    assert ServiceDesk(3).history(200) == ServiceDesk(3).history(200)
    assert list(ServiceDesk(3).stream(200)) == list(ServiceDesk(3).stream(200))


def test_another_seed_says_something_else() -> None:
    mine = {ticket.text for ticket in ServiceDesk(3).history(200)}
    assert len(mine & {ticket.text for ticket in ServiceDesk(4).history(200)}) < 20


def test_the_generator_has_not_changed_unnoticed() -> None:
    first = ServiceDesk(7).history(1)[0]
    assert first.id == "H-000001"
    assert first.true_team == "data-platform"
    assert "Lumen" in first.text


def test_a_stream_is_walked_lazily() -> None:
    assert next(ServiceDesk().stream(10**9)).id == "T-000001"


@pytest.mark.parametrize("n", [0, -5])
def test_no_tickets_is_bad_input(n: int) -> None:
    with pytest.raises(BadInput, match="at least 1"):
        ServiceDesk().history(n)
    with pytest.raises(BadInput, match="at least 1"):
        ServiceDesk().stream(n)


def test_mislabelled_share_of_the_history() -> None:
    wrong = [ticket.recorded_team != ticket.true_team for ticket in history()]
    assert 0.025 < share(wrong) < 0.045


def test_a_wrong_label_is_a_known_team() -> None:
    assert {ticket.recorded_team for ticket in history()} == set(TEAMS)
    assert {name for near in NEIGHBOURS.values() for name in near} <= set(TEAMS)
    assert all(team not in near for team, near in NEIGHBOURS.items())


def test_stray_mail_is_in_the_stream_only() -> None:
    assert all(ticket.in_scope for ticket in history())
    assert abs(share([not ticket.in_scope for ticket in stream()]) - STRAY_SHARE) < 0.012
    assert all((ticket.true_team == "") != ticket.in_scope for ticket in stream())


def test_ambiguous_tickets_go_either_way() -> None:
    unclear = [ticket for ticket in history() if ticket.ambiguous]
    assert 0.05 < len(unclear) / len(history()) < 0.12
    for topic in TOPICS:
        if topic.rival:
            teams = Counter(t.true_team for t in unclear if t.topic == topic.name)
            assert set(teams) == {topic.team, topic.rival}
            assert min(teams.values()) / teams.total() > 0.25


def test_the_roll_out_moves_topics_and_shifts_the_mix() -> None:
    by_phase = {phase: [t for t in stream() if t.phase is phase] for phase in Phase}
    assert len(by_phase[Phase.STEADY]) == len(by_phase[Phase.ROLLOUT]) == 3000
    for name, topic in MOVED.items():
        steady = [t for t in by_phase[Phase.STEADY] if t.topic == name]
        after = [t for t in by_phase[Phase.ROLLOUT] if t.topic == name]
        assert {t.true_team for t in steady} == {topic.team}
        assert {t.true_team for t in after} == {topic.moves_to}
        assert len(after) > 1.8 * len(steady)


@pytest.mark.parametrize("word", ["kestrel", "larkline"])
def test_the_roll_out_brings_words_nobody_has_seen(word: str) -> None:
    def seen(tickets: list[Ticket]) -> int:
        return sum(word in ticket.text.lower() for ticket in tickets)

    assert seen(history()) == 0
    assert seen([t for t in stream() if t.phase is Phase.STEADY]) == 0
    assert seen([t for t in stream() if t.phase is Phase.ROLLOUT]) > 30


def test_the_roll_out_begins_where_asked() -> None:
    tickets = list(ServiceDesk(1).stream(50, drift_at=10))
    assert [t.phase for t in tickets].index(Phase.ROLLOUT) == 10


def test_texts_are_varied() -> None:
    assert len({ticket.text for ticket in history()}) / len(history()) > 0.97
    lengths = sorted(len(ticket.text) for ticket in history())
    assert lengths[len(lengths) // 10] < 50
    assert lengths[-len(lengths) // 10] > 100
    assert all(ticket.text.strip() and "[" not in ticket.text for ticket in history())


def test_no_template_leaves_a_slot_behind() -> None:
    assert not [t.text for t in (*history(), *stream()) if "{" in t.text or "  " in t.text]


def test_time_goes_forward_in_office_hours() -> None:
    moments = [ticket.opened for ticket in (*history(), *stream())]
    assert moments == sorted(moments)
    assert history()[-1].opened < GO_LIVE <= stream()[0].opened
    assert all(m.weekday() < 5 and 7 <= m.hour < 18 and m.utcoffset() is not None for m in moments)


def test_attributes_are_the_named_ones_and_sometimes_missing() -> None:
    assert {name for ticket in history() for name in ticket.attributes} == set(ATTRIBUTES)
    assert all(ticket.attributes["channel"] for ticket in history())
    assert 0.1 < share(["product" not in ticket.attributes for ticket in history()]) < 0.35
    assert {topic.product for topic in TOPICS} == set(PRODUCTS)


def test_every_ticket_is_a_valid_task() -> None:
    for ticket in stream()[:500]:
        task = Task(id=ticket.id, text=ticket.text, attributes=ticket.attributes)
        assert task.attributes == ticket.attributes


def test_teams_are_the_labels() -> None:
    assert [team.id for team in ServiceDesk().teams] == list(TEAMS)
    assert all(team.title for team in ServiceDesk().teams)
