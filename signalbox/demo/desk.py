"""The service desk: teams, a history to learn from and a stream to decide, all from one seed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from random import Random

from signalbox.demo import topics_access, topics_business, topics_workplace
from signalbox.demo.attributes import attributes_of
from signalbox.demo.clock import office_moment
from signalbox.demo.teams import NEIGHBOURS, TEAMS
from signalbox.demo.ticket import Phase, Ticket
from signalbox.demo.topics import Topic
from signalbox.demo.writer import stray_text, ticket_text
from signalbox.domain.errors import BadInput
from signalbox.domain.team import Team

TOPICS: tuple[Topic, ...] = topics_access.TOPICS + topics_workplace.TOPICS + topics_business.TOPICS

STRAY_SHARE = 0.05
# People confuse neighbours most where the words fit both, so most wrong rows lie there.
MISLABELLED_AMBIGUOUS = 0.25
MISLABELLED_ELSEWHERE = 0.0155
_NEW_WORDS_SHARE = 0.5
_SECONDS_BETWEEN = 240


class ServiceDesk:
    """An invented company's service desk. The same seed gives the same tickets, everywhere.

    History and stream come from the same desk; the stream has stray mail (``in_scope`` False) and,
    half-way, a roll-out: telephony and expense claims move to other teams, grow to a multiple of
    their share, and bring product names nobody has seen before.
    """

    def __init__(self, seed: int = 7) -> None:
        self.seed = seed
        self.teams = tuple(Team(id=name, title=title) for name, title in TEAMS.items())
        self._weights = {
            phase: tuple(accumulate(topic.weight * _surge(topic, phase) for topic in TOPICS))
            for phase in Phase
        }

    def history(self, n: int = 3000) -> list[Ticket]:
        """``n`` closed tickets in time order, all before go-live and in scope.

        About 3-4% of them carry the wrong ``recorded_team``. Raises BadInput for ``n`` below 1.
        """
        _check_count(n)
        rng = Random(f"history:{self.seed}")
        return [self._ticket(rng, f"H-{i + 1:06d}", i - n, Phase.STEADY) for i in range(n)]

    def stream(self, n: int, *, drift_at: int | None = None) -> Iterator[Ticket]:
        """``n`` new tickets in time order; the roll-out begins with number ``drift_at`` (n // 2).

        Their ``recorded_team`` is the truth: what the people who did the work say afterwards.
        Raises BadInput for ``n`` below 1, at the call.
        """
        _check_count(n)
        change = n // 2 if drift_at is None else drift_at
        return self._stream(n, change)

    def _stream(self, n: int, change: int) -> Iterator[Ticket]:
        rng = Random(f"stream:{self.seed}")
        for i in range(n):
            phase = Phase.STEADY if i < change else Phase.ROLLOUT
            name = f"T-{i + 1:06d}"
            if rng.random() < STRAY_SHARE:
                yield self._stray(rng, name, i, phase)
            else:
                yield self._ticket(rng, name, i, phase)

    def _ticket(self, rng: Random, name: str, place: int, phase: Phase) -> Ticket:
        topic = rng.choices(TOPICS, cum_weights=self._weights[phase])[0]
        moved = phase is Phase.ROLLOUT and bool(topic.moves_to)
        team = topic.moves_to if moved else topic.team
        if topic.rival and rng.random() < topic.rival_share:
            team = topic.rival
        new_words = moved and rng.random() < _NEW_WORDS_SHARE
        return Ticket(
            id=name,
            opened=office_moment((place + rng.random()) * _SECONDS_BETWEEN),
            text=ticket_text(rng, topic, new_words=new_words),
            attributes=attributes_of(rng, team, topic.product),
            true_team=team,
            in_scope=True,
            phase=phase,
            recorded_team=_recorded(rng, topic, team) if place < 0 else team,
            topic=topic.name,
            ambiguous=bool(topic.rival),
        )

    def _stray(self, rng: Random, name: str, place: int, phase: Phase) -> Ticket:
        return Ticket(
            id=name,
            opened=office_moment((place + rng.random()) * _SECONDS_BETWEEN),
            text=stray_text(rng),
            attributes=attributes_of(rng, "", ""),
            true_team="",
            in_scope=False,
            phase=phase,
            recorded_team="",
            topic="stray",
        )


def _surge(topic: Topic, phase: Phase) -> float:
    return topic.surge if phase is Phase.ROLLOUT else 1.0


def _recorded(rng: Random, topic: Topic, team: str) -> str:
    share = MISLABELLED_AMBIGUOUS if topic.rival else MISLABELLED_ELSEWHERE
    if rng.random() >= share:
        return team
    if topic.rival:
        return topic.team if team == topic.rival else topic.rival
    wrong = NEIGHBOURS[team]
    return wrong[int(rng.random() * len(wrong))]


def _check_count(n: int) -> None:
    if n < 1:
        raise BadInput(f"asked for {n} tickets", hint="ask for at least 1")
