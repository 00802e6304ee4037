"""The spine as a development server shows it: the same line, from plain JSON, and nothing happens.

Such a server brings its own checkpointer and its own clients, which hand in dictionaries and know
no ledger. So the first station reads them, the one that asks people binds the answer itself, and
what is committed is only shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from langgraph.types import interrupt

from graphs import binding, hitl
from graphs.kind import RuleBook
from graphs.settling import settle
from graphs.state import SpineState
from graphs.stations import Stations
from guardrails.redaction import redact
from rules import RuleVerdict
from signalbox.domain.decision import Decision
from signalbox.domain.errors import BadInput
from signalbox.domain.limits import Draw
from signalbox.domain.task import Task

BY = "studio"
"""Who answers, where a client does not say."""


class _Kept:
    """Something of one process. Such a server pickles what a run ended with: of this a word."""

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (type(self).__name__,)


class Rules(_Kept):
    """One rule set, which stays in force."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book

    def pin(self) -> RuleBook:
        """This set."""
        return self

    def evaluate(self, facts: Mapping[str, object], options: Sequence[str]) -> RuleVerdict:
        """As the set does."""
        return self._book.evaluate(facts, options)

    def observe(
        self,
        facts: Mapping[str, object],
        options: Sequence[str],
        verdict: RuleVerdict,
        subject: str,
        at: datetime,
    ) -> None:
        """Nothing is being tried."""


class Anew(_Kept):
    """A redactor that remembers nothing, so that nothing it knows can be kept."""

    def __call__(self, text: str) -> str:
        return redact(text).text


class ShownOnly:
    """A recorder that keeps nothing."""

    async def commit(self, task: Task, decision: Decision, draws: Sequence[Draw] = ()) -> Decision:
        """The decision as it would be committed."""
        return decision


class StudioStations(Stations):
    """The stations, for input and answers that come as plain JSON from a client."""

    async def screen(self, state: SpineState) -> dict[str, Any]:
        given: Any = state.get("task")
        if isinstance(given, dict):
            given = Task.model_validate({"id": f"studio-{uuid4().hex}"} | given)
        if not isinstance(given, Task):
            raise BadInput("there is no task", hint='start a run with {"task": {"text": "…"}}')
        begun: SpineState = {"task": given, "epoch": 1, "timings": {}}
        return {**begun, **await super().screen(begun), "redactor": Anew()}

    async def approve(self, state: SpineState) -> dict[str, Any]:
        """Pause for a person, and again after an answer that is none: such a server keeps what a
        run was resumed with, so one that failed could never be resumed otherwise."""
        task, draft = binding.unpack(state["parked"])
        name, args, description = self.parts.kind.action(draft)
        problem = ""
        while True:
            answer = interrupt(hitl.request(name, args, problem + description))
            try:
                value = self._bound(task, draft, answer)
                decision = await settle(self.parts, self._predict, task, draft, value)
            except BadInput as bad:
                problem = f"{bad}. "
            else:
                return {"task": task, "decision": decision}

    def _bound(self, task: Task, draft: Decision, answer: object) -> dict[str, Any]:
        """The answer as the ledger would hand it on. One client is one person: what takes several
        is denied, here as anywhere."""
        if not isinstance(answer, dict):
            raise BadInput("the answer is no object", hint='send {"decisions": [{"type": "…"}]}')
        kind, terms = self.parts.kind, self.parts.terms
        actor = str(answer.get("actor") or BY)
        needed = binding.needed(kind, terms, task, draft, draft.option)
        bound = {"digest": binding.seal(kind, task, draft, needed), "needed": needed}
        return {**answer, "actor": actor, "bound": bound | {"voters": [[actor]]}}
