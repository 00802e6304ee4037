"""What the demo's view is told: plain facts, no engine types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Running:
    """What is up: ``models`` by name, which rule evaluators (such as "both" or "python only"),
    the language model's name (None: none configured) and where the API listens (None: nowhere).
    ``scripted``: what answers in its place is test equipment.
    """

    models: tuple[str, ...]
    rules: str
    language_model: str | None = None
    address: str | None = None
    scripted: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """A router was fitted to ``rows`` rows over ``teams`` teams in ``seconds``.

    Shares are in [0, 1], measured on rows held back; None where nothing could be certified.
    """

    rows: int
    teams: int
    seconds: float
    accuracy: float
    coverage: float
    certified_bound: float | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A task was decided without a person; ``by`` is rule, model, agent or fallback.

    ``true_team`` is the generator's truth: "" for stray mail, so that any team is wrong for it.
    """

    task: str
    text: str
    team: str
    true_team: str
    by: str
    ms: float
    probability: float | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task waits for a person: ``who`` should look, ``team`` is proposed, ``reason`` says why.

    ``advice`` is the team the language model proposed, "" where it was not asked or not heard.
    """

    task: str
    text: str
    team: str
    who: str
    reason: str
    ms: float
    probability: float | None = None
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A person answered a waiting task with ``verb`` (approve, edit, reject or respond)."""

    task: str
    verb: str
    team: str
    actor: str


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """The autonomy level moved, and why."""

    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth saying; ``drift`` marks the roll-out and what the engine saw of it."""

    text: str
    level: Literal["info", "warning", "drift"] = "info"


Event = Running | Learned | Decided | Waiting | Resolved | LevelChanged | Notice
