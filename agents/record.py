"""What outcomes say of a certified language model, and whether it may go on acting alone."""

from __future__ import annotations

from signalbox.domain.decision import Decision
from signalbox.domain.enums import DecisionStatus, Source
from signalbox.domain.monitor import Monitor
from signalbox.domain.outcome import Outcome
from signalbox.domain.prediction import Promise

SUSPENDED = (
    "too many of its answers turned out wrong for its certificate to be believed; it acts alone"
    " again once enough of its proposals have been right"
)


class Record:
    """One monitor for each model, prompt and dialect whose certified threshold was ever met.

    Fitting a calibration anew wipes no record: being right does. Fed by one thread at a time; asked
    by any.
    """

    def __init__(self) -> None:
        self._monitors: dict[str, Monitor] = {}

    def suspended(self, promise: Promise) -> bool:
        """Whether outcomes contradict ``promise``."""
        monitor = self._monitors.get(promise.key)
        return monitor is not None and monitor.suspended

    def feed_back(self, decision: Decision, outcome: Outcome) -> None:
        """Take in what turned out right, by what the decision itself records.

        While suspended, proposals that a person decided on are what autonomy is regained by.
        """
        advice = decision.trace.advice
        if advice is None or advice.promise is None:
            return
        promise = advice.promise
        monitor = self._monitors.setdefault(
            promise.key, Monitor(1 - promise.target_error, promise.level)
        )
        # The latest certificate says what may be expected.
        monitor.alpha = promise.target_error
        alone = decision.source is Source.AGENT and decision.status is DecisionStatus.DECIDED
        monitor.add(advice.option == outcome.option, automatic=alone)

    @property
    def alarms(self) -> int:
        """How often autonomy was taken away."""
        return sum(monitor.alarms for monitor in self._monitors.values())

    def suspensions(self) -> list[str]:
        """The keys (digests) of what may not act at present."""
        return sorted(name for name, one in self._monitors.items() if one.suspended)
