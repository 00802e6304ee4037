"""Recorded decisions, decided once more by what was recorded of them: rules, model, guards.

Nothing is committed. What comes out otherwise now was either not decided by the recorded versions,
or is not recorded as it was decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from graphs.routing import Routing
from graphs.settling import RECHECK
from guardrails import Redactor, screen
from rules import ACTED, RuleSet, RuleVerdict
from signalbox.domain.decision import Decision
from signalbox.domain.enums import DecisionStatus, Kind, Source, Verdict
from signalbox.domain.erasure import ERASED_TEXT
from signalbox.domain.errors import SignalboxError
from signalbox.domain.ports import Ledger, Predictor
from signalbox.domain.prediction import ScoredOption
from signalbox.domain.task import Task
from signalbox.parts import read_predictor
from signalbox.settings import Settings
from signalbox.shelving import load_version

MOST_SHOWN = 1_000
NEAR = 1e-5
"""By how much a probability may differ: the last digits depend on the order of additions."""
_WORDS = {verdict.word: verdict for verdict in Verdict}
Difference = tuple[str, object, object]


def replay_decisions(
    settings: Settings,
    ledger: Ledger,
    since: datetime | None,
    limit: int | None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> dict[str, Any]:
    """Replay what was recorded from ``since`` on, the newest ``limit`` where that is given.

    ``differing`` counts decisions with at least one difference; ``rules_not_here`` and
    ``model_not_here`` those of which a part could not be asked again, because the text of the rules
    was never stored or the model folder of the settings is another version; ``erased`` those whose
    facts and texts were erased. Those parts are left out of the comparison.
    """
    replay = _Replay(settings, ledger)
    counts: Counter[str] = Counter()
    shown: list[dict[str, object]] = []
    for decision, task in ledger.audit.recorded(since, limit):
        counts["decisions"] += 1
        found = list(replay.differences(decision, task, counts))
        counts["differing" if found else "identical"] += 1
        for field, recorded, replayed in found:
            if len(shown) < MOST_SHOWN:
                row = {"decision": decision.id, "subject": decision.subject, "field": field}
                shown.append({**row, "recorded": recorded, "replayed": replayed})
        if counts["decisions"] % 200 == 0:
            progress(f"{counts['decisions']} decisions", 0.0)
    names = ("decisions", "identical", "differing", "erased", "model_not_here", "rules_not_here")
    return {**{name: counts[name] for name in names}, "differences": shown}


class _Replay:
    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._ledger = ledger
        self._predictor: Predictor | None = read_predictor(settings)
        self._kind = Routing(lambda: self._predictor, sensitive=settings.sensitive_options)
        self._rules: dict[str, RuleSet | None] = {}

    def differences(
        self, decision: Decision, task: Task | None, counts: Counter[str]
    ) -> Iterator[Difference]:
        trace = decision.trace
        if decision.reason == ERASED_TEXT:
            # What it was decided on is gone; what follows from what is left can still be held.
            counts["erased"] += 1
            yield from _guarded(decision)
            yield from _chosen(decision, None)
            return
        if decision.source is Source.SYSTEM and not trace.rules_digest:
            return  # The engine's own word about an altered approval: nothing was evaluated.
        if decision.kind is Kind.ASSIGNMENT:
            # Who was there, and with how much, was of that moment; what guards said is recorded.
            yield from _guarded(decision)
            return
        verdict = None
        if decision.kind is Kind.ROUTING and trace.rules_digest:
            rule_set = self._rule_set(decision)
            if rule_set is None:
                counts["rules_not_here"] += 1
            else:
                facts: dict[str, object] = dict(trace.facts)
                if task is not None:
                    yield from self._facts(decision, task, facts)
                verdict = rule_set.evaluate(facts, trace.offered)
                yield from _ruled(decision, verdict)
        if task is not None and trace.model_version:
            if self._predictor is None or self._predictor.version != trace.model_version:
                counts["model_not_here"] += 1
            else:
                yield from self._predicted(decision, task, self._predictor)
        yield from _guarded(decision)
        yield from _chosen(decision, verdict)

    def _rule_set(self, decision: Decision) -> RuleSet | None:
        digest = decision.trace.rules_digest
        if digest not in self._rules:
            try:
                version = self._ledger.rule_versions.find(decision.kind.value, digest)
                loaded = load_version(version, version.bindings).rule_set
                self._rules[digest] = loaded if loaded.digest == digest else None
            except SignalboxError:
                self._rules[digest] = None
        return self._rules[digest]

    def _facts(
        self, decision: Decision, task: Task, facts: dict[str, object]
    ) -> Iterator[Difference]:
        """Put what the task says in place of its redaction, where the two agree."""
        redactor = Redactor()
        said = self._kind.facts(task, screen(task, redactor), None, spoken=False)
        for name, value in said.items():
            if isinstance(value, str) and name in facts:
                if redactor(value) == facts[name] or value == facts[name]:
                    facts[name] = value
                else:
                    yield f"facts.{name}", facts[name], redactor(value)

    def _predicted(
        self, decision: Decision, task: Task, predictor: Predictor
    ) -> Iterator[Difference]:
        ranked = decision.trace.ranked
        again = predictor.predict(task, decision.trace.offered).ranked[: len(ranked)]
        now = {one.option: one.probability for one in again}
        if len(now) != len(ranked) or any(
            abs(one.probability - now.get(one.option, -1.0)) > NEAR for one in ranked
        ):
            yield "ranked", _shown(ranked), _shown(again)


def _shown(ranked: Sequence[ScoredOption]) -> list[tuple[str, float]]:
    return [(one.option, round(one.probability, 5)) for one in ranked[:3]]


def _ruled(decision: Decision, verdict: RuleVerdict) -> Iterator[Difference]:
    trace = decision.trace
    was = sorted((note.rule, note.effect) for note in trace.rules)
    fired = [row for row in verdict.explain() if row["outcome"] in ACTED]
    now = sorted((row["rule"], row["effect"]) for row in fired)
    if was != now:
        yield "rules", was, now
    recorded = next((note.verdict for note in trace.guard_notes if note.part == "rules"), None)
    if recorded is not None and recorded != verdict.guard.word:
        yield "guard of the rules", recorded, verdict.guard.word
    if set(verdict.allowed) != set(trace.offered):
        yield "offered", list(trace.offered), list(verdict.allowed)


def _guarded(decision: Decision) -> Iterator[Difference]:
    """The verdict is the most restrictive of its parts; a re-check comes after it."""
    trace = decision.trace
    parts = [_WORDS.get(note.verdict) for note in trace.guard_notes if note.part != RECHECK]
    if not parts:
        return
    now = None if None in parts else max(part for part in parts if part is not None)
    if now is None or now.word != trace.guard:
        yield "guard", trace.guard, now.word if now else "unknown"


def _chosen(decision: Decision, verdict: RuleVerdict | None) -> Iterator[Difference]:
    """What was proposed is what the recorded sources give, and what was done follows from it."""
    trace, proposed = decision.trace, decision.proposed
    best = next((one.option for one in trace.ranked if one.option in trace.offered), None)
    could = {Source.MODEL: best, Source.AGENT: trace.advice.option if trace.advice else None}
    if verdict is not None:
        could[Source.RULE], could[Source.FALLBACK] = verdict.forced, verdict.fallback
        if verdict.forced is not None:
            could = {Source.RULE: verdict.forced}
    by = decision.source
    if by in could and proposed != could[by]:
        yield "proposed", proposed, could[by]
    elif verdict is not None and proposed is not None and proposed not in could.values():
        yield "proposed", proposed, sorted(filter(None, could.values()))
    if decision.status is DecisionStatus.DENIED and decision.option not in (None, trace.standing):
        yield "option", decision.option, None
    if decision.automatic and decision.status is DecisionStatus.DECIDED:
        if trace.guard != Verdict.ALLOW.word:
            yield "status", decision.status.value, trace.guard
        if decision.option != proposed:
            yield "option", decision.option, proposed
