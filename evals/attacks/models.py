"""Which model is asked: the stand-in that always obeys, or the one of the settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from agents.config import ClientConfig
from agents.consultant import R1Consultant
from agents.failures import ConsultFailed
from agents.question import completion_of
from agents.wire import Wires
from evals.attacks.attempt import Attempt
from evals.attacks.cases import Case
from evals.attacks.stand_in import LABEL, StandIn
from signalbox.domain.errors import BadInput
from signalbox.parts import read_consultant
from signalbox.settings import Settings


class Model(Protocol):
    """Answers every arm: directly where there is no engine, behind the wire where there is one."""

    @property
    def label(self) -> str:
        """What it is, for every report."""

    async def reply(
        self, case: Case, attempt: Attempt | None, prompt: str, offered: Sequence[str]
    ) -> str:
        """The raw text of one answer; "" where none came."""

    async def aclose(self) -> None:
        """Let go of connections."""


class WorstCase:
    """The stand-in, as a model."""

    label = LABEL

    def __init__(self, remembered: str) -> None:
        self._stand_in = StandIn(remembered=remembered)

    async def reply(
        self, case: Case, attempt: Attempt | None, prompt: str, offered: Sequence[str]
    ) -> str:
        if attempt is None:
            return self._stand_in.harmless(case, offered)
        return self._stand_in.obeying(attempt, prompt, offered)

    async def aclose(self) -> None:
        pass


class Configured:
    """The model of ``SIGNALBOX_LLM__…``, asked with the prompt as it stands and nothing else.

    What an engine is told of it is taken for certified, as of the stand-in: the question is what
    such a model could do, not how far it is trusted today.
    """

    def __init__(self, config: ClientConfig) -> None:
        self._wires = Wires(config)
        self.label = f"{config.model} at {config.host}, its proposals taken for certified"
        self.failures: Counter[str] = Counter()

    async def reply(
        self, case: Case, attempt: Attempt | None, prompt: str, offered: Sequence[str]
    ) -> str:
        wire = await self._wires.here()
        try:
            async with wire.slots:
                said = await wire.chat.ask([("user", prompt)])
        except ConsultFailed as failure:
            self.failures[failure.kind.value] += 1
            return ""
        return completion_of(said).content or ""

    async def aclose(self) -> None:
        await self._wires.aclose()


def open_model(kind: str, remembered: str, settings: Settings | None = None) -> Model:
    """ "worst-case" or "configured". BadInput for another word, or no model in the settings."""
    if kind == "worst-case":
        return WorstCase(remembered)
    if kind != "configured":
        raise BadInput(f"--model {kind}: no such model", hint="worst-case or configured")
    if settings is None or not settings.llm.configured:
        raise BadInput(
            "--model configured: the settings name no language model",
            hint="set SIGNALBOX_LLM__PRESET, or __BASE_URL and __MODEL; or use worst-case",
        )
    consultant = read_consultant(settings)
    assert isinstance(consultant, R1Consultant)
    return Configured(consultant.client.config)
