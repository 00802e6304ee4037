"""What a client hands back: the checked answer and what it took to get it."""

from __future__ import annotations

from dataclasses import dataclass

from agents.answer import Answer


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one completion as the host counted them; ``reasoning`` None where it does not."""

    prompt: int
    completion: int
    reasoning: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A checked answer.

    ``reasoning`` is bounded by the client's settings. ``usage`` is None where the host gives
    none, ``cost_usd`` covers every request made for it. ``attempts`` counts requests sent,
    ``asked`` questions (2 after a re-ask), ``samples`` independent answers (the client takes
    one). ``elapsed_s`` runs from the call to the reply.
    """

    answer: Answer
    reasoning: str
    usage: Usage | None
    cost_usd: float
    attempts: int
    asked: int
    elapsed_s: float
    model: str
    dialect: str
    samples: int = 1
    cached: bool = False
