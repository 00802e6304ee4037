"""The stations of the spine: one async function a step, in travelling order.

Each takes the state and gives back what it adds. None has an effect before ``commit``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from langgraph.types import interrupt

from graphs import consulting, drafting, hitl
from graphs.binding import packed, unpack
from graphs.holding import draft_of
from graphs.kind import Parts, Scalar
from graphs.settling import settle
from graphs.state import SpineState
from guardrails import Evidence, Redactor, authorise, screen
from rules import RuleVerdict, tighten
from signalbox.domain.autonomy import Held
from signalbox.domain.consultation import Consulted
from signalbox.domain.enums import AutonomyLevel, DecisionStatus, Source, Step, Verdict


class Station(Protocol):
    """One step: the state in, what it adds out."""

    def __call__(self, state: SpineState) -> Awaitable[dict[str, Any]]: ...


def timed(step: Step, station: Station) -> Station:
    """The same station, noting how many milliseconds it took."""

    async def run(state: SpineState) -> dict[str, Any]:
        began = time.perf_counter()
        added = await station(state)
        took = round((time.perf_counter() - began) * 1000, 3)
        return {**added, "timings": {**state.get("timings", {}), step.value: took}}

    return run


class Stations:
    """The steps of one kind of decision."""

    def __init__(self, parts: Parts, predict: Callable[..., Awaitable[Any]]) -> None:
        self.parts = parts
        self._predict = predict

    async def screen(self, state: SpineState) -> dict[str, Any]:
        redactor = Redactor()
        return {"redactor": redactor, "screened": screen(state["task"], redactor)}

    async def rule(self, state: SpineState) -> dict[str, Any]:
        kind = self.parts.kind
        facts = kind.facts(state["task"], state["screened"], None, spoken=False)
        book = self.parts.rules.pin()
        return {"book": book, "ruled": book.evaluate(facts, tuple(kind.options(state["task"])))}

    async def predict(self, state: SpineState) -> dict[str, Any]:
        if self.parts.level(None) is AutonomyLevel.OFF:
            return {"prediction": None}
        # Asked even where a rule has decided: guards may want to know how sure the model is.
        found = await self._predict(state["task"], state["ruled"].allowed)
        return {"prediction": found}

    async def consult(self, state: SpineState) -> dict[str, Any]:
        if "given" in state:
            return {"consulted": state["given"], "awaited": None}
        needless = consulting.needless(state)
        if needless:
            return {"consulted": Consulted(note=f"not asked: {needless}"), "awaited": None}
        kind = self.parts.kind
        question = consulting.question(state, kind.kind, self.parts.candidates)
        question = consulting.briefed(question, kind.brief)
        now = asyncio.get_running_loop().time()
        left = state.get("decide_by", now) - now
        consulted, awaited = await consulting.ask(self.parts.consultant, question, left)
        return {"consulted": consulted, "awaited": awaited}

    async def verify(self, state: SpineState) -> dict[str, Any]:
        parts = self.parts
        prediction = state["prediction"]
        # Guards and fallbacks may speak of what the model said, so the rules are asked again.
        book, options = state["book"], tuple(parts.kind.options(state["task"]))
        about = (state["task"], state["screened"], prediction)
        facts = parts.kind.facts(*about, spoken=True)
        guarded = book.evaluate(facts, options)
        choice = drafting.choose(guarded, prediction, state["consulted"].proposal)
        if choice.option is not None:
            # Guards and permits may speak of the option too. What narrows may not, so it stands.
            facts = parts.kind.facts(*about, spoken=True, option=choice.option)
            guarded = book.evaluate(facts, options)
        guarded = self._guard(state, facts, options, guarded)
        problem = choice.problem
        if choice.option is not None:
            problem = problem or parts.kind.verify(state["task"], choice.option, guarded.allowed)
        draft = drafting.draft(state, parts, guarded, choice, facts)
        return {"guarded": guarded, "draft": draft, "problem": problem}

    def _guard(
        self,
        state: SpineState,
        facts: Mapping[str, Scalar],
        options: tuple[str, ...],
        verdict: RuleVerdict,
    ) -> RuleVerdict:
        """The verdict of the rules the run began with, under the guards in force now as well."""
        rules = self.parts.rules
        rules.observe(facts, options, verdict, state["task"].id, self.parts.clock())
        if rules.pin() is state["book"]:
            return verdict
        return tighten(verdict, rules.evaluate(facts, options))

    async def authorise(self, state: SpineState) -> dict[str, Any]:
        parts, draft, guarded = self.parts, state["draft"], state["guarded"]
        prediction, proposal = state["prediction"], state["consulted"].proposal
        by_agent = proposal if draft.source is Source.AGENT else None
        evidence = Evidence(
            source=draft.source,
            option=draft.option,
            certified=(
                (by_agent is not None and by_agent.certified)
                or (draft.source is Source.MODEL and bool(prediction and prediction.automatic))
            ),
            certified_bound=draft.trace.certified_bound,
            by_record=bool(prediction and prediction.by_record) and by_agent is None,
            uncertain_reason=(
                (by_agent.doubt if by_agent else "")
                or (prediction.reason if prediction else "no model is ready")
            ),
            level=parts.level(draft.trace.risk),
            level_reason=parts.barred(),
            predictor_level=prediction.level if prediction else AutonomyLevel.AUTOMATIC,
            reversibility=parts.kind.reversibility,
            risk=draft.trace.risk,
            rule_verdict=guarded.guard,
            # A reason may quote what was posted, and it is stored, shown and told.
            rule_reasons=tuple(map(state["redactor"], guarded.reasons)),
            disagreement=guarded.disagreement,
            problem=state["redactor"](state["problem"]),
        )
        authorised = authorise(evidence)
        trace = draft.trace.model_copy(
            update={
                "guard": authorised.verdict.word,
                "guard_notes": authorised.notes,
                "timings_ms": state["timings"],
            }
        )
        draft = draft.model_copy(update={"trace": trace})
        if authorised.verdict is Verdict.REQUIRE_APPROVAL:
            waiting = draft.model_copy(update={"reason": authorised.reason})
            return {"authorised": authorised, "parked": packed(state["task"], waiting)}
        if authorised.verdict is Verdict.DENY:
            refused = {"status": DecisionStatus.DENIED, "option": None, "reason": authorised.reason}
            return {"authorised": authorised, "decision": draft.model_copy(update=refused)}
        settled = draft.model_copy(update={"status": DecisionStatus.DECIDED})
        return {"authorised": authorised, "decision": settled}

    async def approve(self, state: SpineState) -> dict[str, Any]:
        """Pause for a person. Re-run whole on resume, so nothing happens before ``interrupt``."""
        task, draft = unpack(state["parked"])
        answer = interrupt(hitl.request(*self.parts.kind.action(draft)))
        settled = await settle(self.parts, self._predict, task, draft, answer)
        return {"task": task, "decision": settled}

    async def commit(self, state: SpineState) -> dict[str, Any]:
        decision = state["decision"]
        if "timings" in state:
            # Only now is the time of the last step before this one known.
            trace = decision.trace.model_copy(update={"timings_ms": state["timings"]})
            decision = decision.model_copy(update={"trace": trace})
        option = decision.option
        # What a person has released is that person's to answer for.
        alone = option is not None and not decision.source.after_approval
        draws = self.parts.kind.draws(state["task"], option) if alone and option else ()
        try:
            stored = await self.parts.recorder.commit(state["task"], decision, draws)
        except Held as held:
            if decision.source.after_approval:
                # The answer is kept in the ledger, and done once it is allowed again.
                raise
            return {"held": True, "parked": packed(state["task"], draft_of(decision, held))}
        return {"held": False, "decision": stored}
