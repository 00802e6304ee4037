"""A consultant whose host always says the same, and calibrations that certify it. Not a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agents.answer import Answer
from agents.calibration import AgentCalibration, AgentCertificate, CalibrationKey
from agents.client import R1Client
from agents.config import configure
from agents.consultant import R1Consultant
from agents.features import COLUMNS
from agents.reply import Reply

KEY = "sk-topsecret-123456"


class Answering(R1Client):
    """A client whose host always answers the same; ``choice`` may be changed at any time."""

    choice = "a"
    said = "because"

    async def ask(self, *_: Any, **__: Any) -> Reply:
        answer = Answer(
            choice=self.choice, reasons=[self.said], evidence=[], confidence="almost_certain"
        )
        return Reply(answer, self.said, None, 0.0, 1, 1, 0.1, "r1", "vllm")


def answering(choice: str = "a", said: str = "because") -> Answering:
    client = Answering(configure(base_url="http://127.0.0.1:1/v1", model="r1", api_key=KEY))
    client.choice, client.said = choice, said
    return client


def certifying(**more: Any) -> Callable[[CalibrationKey], AgentCalibration]:
    """Calibrations that give every answer 0.95 and certify it; ``more`` are fields of each."""
    flat = (0.0,) * len(COLUMNS)
    return lambda key: AgentCalibration(
        key=key,
        low=flat,
        high=flat,
        centre=flat,
        scale=(1.0,) * len(COLUMNS),
        weights=flat,
        samples=(1, 2),
        fitted=100,
        certificate=AgentCertificate(threshold=0.5, bound=0.04, n=100, accepted=100),
        **{"offset": 3.0, **more},
    )


def certified(choice: str = "a", **more: Any) -> R1Consultant:
    """A consultant that always proposes ``choice``, and may act on it."""
    return R1Consultant(answering(choice), certifying(**more))
