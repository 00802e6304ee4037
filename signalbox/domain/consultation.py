"""A consultation: what a reasoning model is asked about one case, and what came of it."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field

from signalbox.domain.base import Identifier, Name, Value
from signalbox.domain.enums import Kind
from signalbox.domain.prediction import Proposal, ScoredOption


class Evidence(Value):
    """Something that speaks for or against an option, and the id it may be cited by."""

    id: Identifier
    text: str


class Consultation(Value):
    """One hard case. Texts are redacted already; ``offered`` is the closed set to choose from.

    ``ranked`` is the local model's view, best first; ``automatic`` the probability from which it
    may decide alone, None where nothing is certified. ``local_model`` is that model's version,
    ``candidates`` how many options are offered at most, 0 for all of them. ``redact`` is the
    task's own redaction, for what the model says; it never leaves the process, and a consultation
    that holds one cannot be pickled. ``question`` and ``criteria`` say what a business
    decision is about and is judged by.
    """

    kind: Kind
    tenant: Identifier
    subject: Identifier
    question: str = ""
    criteria: tuple[str, ...] = ()
    excerpt: str = ""
    attributes: dict[Name, str] = Field(default_factory=dict)
    offered: tuple[Name, ...]
    ranked: tuple[ScoredOption, ...] = ()
    automatic: float | None = None
    local_model: str = ""
    candidates: int = 0
    evidence: tuple[Evidence, ...] = ()
    redact: Callable[[str], str] | None = Field(default=None, exclude=True, repr=False)


class Consulted(Value):
    """A proposal, or why there is none.

    ``failure`` is one word of the closed set of ``agents.failures``, "" where nothing failed;
    ``note`` says in a sentence what happened. ``cost_usd`` covers every request, also the failed
    ones; ``elapsed_s`` runs from the question to the answer. ``reasoning`` is redacted, and empty
    unless keeping it is switched on.
    """

    proposal: Proposal | None = None
    note: str = ""
    failure: str = ""
    samples: int = 0
    requests: int = 0
    cost_usd: float = 0.0
    elapsed_s: float = 0.0
    reasoning: str = ""
