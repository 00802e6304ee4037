"""Limits on what the engine does by itself: how often at all, and how much to one and by one.

Each is a token bucket (ITU-T I.371, the generic cell rate algorithm): ``n`` at once, and ``n`` in
its time in the long run. They bound what a fault, or somebody who has learned what the model
answers, can do before a person looks. Nobody's text is read for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pydantic import Field

from signalbox.domain.base import Value, digest_of
from signalbox.domain.decision import Decision
from signalbox.domain.limits import Checks, Draw, Loop, Take
from signalbox.domain.plain import plain

MINUTE, HOUR, DAY = 60, 3_600, 86_400


class Limits(Value):
    """How many automatic decisions there may be: None is no limit.

    ``per_minute`` of the whole engine; ``option_per_hour`` for one option of a kind;
    ``requester_per_hour`` for one requester, tasks without one together; ``tenant_per_day``. The
    same subject is decided at most ``loop_most`` times in ``loop_hours``.
    """

    per_minute: int | None = Field(default=None, ge=1, le=1_000_000)
    option_per_hour: int | None = Field(default=None, ge=1, le=1_000_000)
    requester_per_hour: int | None = Field(default=None, ge=1, le=1_000_000)
    tenant_per_day: int | None = Field(default=None, ge=1, le=100_000_000)
    loop_most: int = Field(default=5, ge=1, le=1_000)
    loop_hours: float = Field(default=1.0, gt=0, le=8_760)

    def checks(
        self, decision: Decision, requester: str | None, draws: Sequence[Draw] = ()
    ) -> Checks:
        """What ``decision`` takes, with the ``draws`` of its kind.

        In an order that is the same for all, so that no two wait for each other.
        """
        tenant, kind = decision.tenant, decision.kind.value
        who = plain(requester) if requester else ""
        option = decision.option
        asked = (
            (self.per_minute, "all", None, MINUTE, "automatic decisions a minute"),
            (
                self.option_per_hour,
                "option",
                [tenant, kind, option],
                HOUR,
                f"for '{option}' an hour",
            ),
            (
                self.requester_per_hour,
                "requester",
                [tenant, who],
                HOUR,
                "for one requester an hour",
            ),
            (self.tenant_per_day, "tenant", [tenant], DAY, "for one tenant a day"),
        )
        takes = tuple(
            Take(
                name=f"{name}:{digest_of(key)[:32] if key else ''}",
                told=f"{most} {words}",
                capacity=most,
                seconds=seconds,
            )
            for most, name, key, seconds, words in asked
            if most is not None
        )
        loop = Loop(most=self.loop_most, within=timedelta(hours=self.loop_hours))
        ordered = tuple(sorted(draws, key=lambda draw: draw.account))
        return Checks(takes=takes, draws=ordered, loop=loop)
