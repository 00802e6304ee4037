"""Which labelled rows a reasoning model is asked about, and what exactly it is asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from agents.calibration import Cases
from agents.consultant import prompt_of
from agents.prompt import Prompt
from evals.labels import refuse_unknown, unknown_labels
from evals.reading import read_as_learned
from graphs import consulting
from graphs.kind import RuleBook
from graphs.routing import Routing
from signalbox.domain.base import digest_of
from signalbox.domain.consultation import Consultation
from signalbox.domain.errors import BadInput
from signalbox.domain.task import Task
from signalbox.learning.command import require_words
from signalbox.learning.limits import Limits
from signalbox.learning.predictor import LearnedPredictor
from signalbox.learning.store import load_router
from signalbox.learning.table import Table, read_table

MOST_LABELS = 10
UNUSABLE = "nothing to go by"
Progress = Callable[[str, float], None]
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")


@dataclass(frozen=True, slots=True)
class Rows:
    """Labelled rows as the command line names them.

    ``model`` is the folder of the local model; only the cases it does not decide alone are asked
    about, unless ``all_cases``. ``limit`` cases at most: the newest where there is a ``time``
    column, else drawn by a digest of their id, so that a higher limit only adds some.
    """

    data: Path
    label: str
    text: str | None = None
    attributes: Sequence[str] = ()
    time: str | None = None
    id_column: str | None = None
    model: Path | None = None
    limit: int | None = None
    all_cases: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What the engine's own questions depend on besides the task and the local model."""

    rules: RuleBook
    candidates: int
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A question as the consult step would put it, and the option that was right."""

    id: str
    question: Consultation
    prompt: Prompt
    truth: str

    @property
    def answerable(self) -> bool:
        return self.truth in self.question.offered

    def turned(self) -> Case:
        """The same case with its options offered in the opposite order."""
        offered = self.question.offered[::-1]
        question = self.question.model_copy(update={"offered": offered})
        return Case(self.id, question, prompt_of(question), self.truth)


@dataclass(slots=True)
class Selection:
    """``cases`` to ask about, of ``n`` rows; ``passed_over`` counts the others looked at, by why.

    ``kind`` "hard": the local model (version ``local_model``) decides none of them alone, and each
    is asked with so many ``candidates`` at most (0: with all that are left).
    """

    n: int
    cases: list[Case] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    kind: Cases = "hard"
    local_model: str = ""
    candidates: int = 0
    notes: list[str] = field(default_factory=list)


def select_cases(
    rows: Rows, desk: Desk, progress: Progress = lambda what, share: None
) -> Selection:
    """The cases of ``rows``; BadInput where the file, its columns or its labels do not fit."""
    table, predictor = _read(rows)
    kind = _kind(table, predictor, desk)
    found = Selection(len(table), notes=list(table.notes))
    if predictor is None:
        found.kind = "all"
    else:
        found.local_model, found.candidates = predictor.version, desk.candidates
        found.notes += unknown_labels(table, predictor.options).notes(online=False)
    ids = _ids(table)
    for done, row in enumerate(_order(table, ids)):
        if rows.limit is not None and len(found.cases) >= rows.limit:
            break
        if done % 50 == 0:
            progress("looking for hard cases", done / len(table))
        _look_at(table, row, ids[row], rows, kind, desk, found)
    return found


def _look_at(
    table: Table, row: int, case_id: str, rows: Rows, kind: Routing, desk: Desk, found: Selection
) -> None:
    given = {name: values[row] for name, values in table.attributes.items() if values[row]}
    try:
        task = Task(id=case_id, text="" if table.texts is None else table.texts[row],
                    attributes=given)  # fmt: skip
    except ValidationError:
        found.passed_over[UNUSABLE] += 1
        return
    state = consulting.before(task, kind, desk.rules)
    if rows.model is None:
        if state["ruled"].forced is not None:
            found.passed_over[consulting.needless(state)] += 1
            return
        question = consulting.pose(state, kind.kind, state["ruled"].allowed[:MOST_LABELS])
    else:
        needless = consulting.needless(state)
        if needless == consulting.CERTAIN and rows.all_cases:
            found.kind = "all"
        elif needless:
            found.passed_over[needless] += 1
            return
        question = consulting.question(state, kind.kind, desk.candidates)
    found.cases.append(Case(case_id, question, prompt_of(question), table.labels[row]))


def _read(rows: Rows) -> tuple[Table, LearnedPredictor | None]:
    if rows.model is None:
        table = read_table(
            rows.data,
            text=rows.text,
            attributes=rows.attributes,
            label=rows.label,
            time=rows.time,
            id_column=rows.id_column,
            limits=Limits(),
        )
        require_words(rows.data, table)
        return table, None
    router = load_router(rows.model)
    table = read_as_learned(
        router,
        rows.data,
        label=rows.label,
        text=rows.text,
        attributes=rows.attributes,
        time=rows.time,
        id_column=rows.id_column,
    )
    refuse_unknown(rows.data, table, router.classes, rows.label, None)
    router.warm()
    return table, LearnedPredictor(router, online=False)


def _kind(table: Table, predictor: LearnedPredictor | None, desk: Desk) -> Routing:
    """Options are the model's and the fallback team; without a model the most frequent labels."""
    if predictor is not None:
        return Routing(lambda: predictor, extra=(desk.fallback,) if desk.fallback else ())
    counts = table.label_counts().most_common(MOST_LABELS)
    # By name: in the order of their frequency the first one offered would be a hint.
    return Routing(lambda: None, extra=sorted(label for label, _ in counts))


def _order(table: Table, ids: Sequence[str]) -> list[int]:
    if table.times is not None:
        times = table.times
        return sorted(range(len(table)), key=lambda row: times[row], reverse=True)
    return sorted(range(len(table)), key=lambda row: sha256(ids[row].encode()).digest())


def _ids(table: Table) -> list[str]:
    """One id a row, the same whenever and in whatever order the file is read."""
    if table.ids is not None:
        return [
            one if _PLAIN_ID.fullmatch(one) else f"id-{sha256(one.encode()).hexdigest()[:32]}"
            for one in table.ids
        ]
    seen: Counter[str] = Counter()
    found = []
    for row in range(len(table)):
        text = "" if table.texts is None else table.texts[row]
        digest = digest_of([text, {name: v[row] for name, v in table.attributes.items()}])[:32]
        seen[digest] += 1
        found.append(f"row-{digest}-{seen[digest]}")
    return found


def require_cases(rows: Rows, found: Selection) -> None:
    """BadInput where there is nobody to ask about."""
    if found.cases:
        return
    why = ", ".join(f"{count} {reason}" for reason, count in found.passed_over.most_common())
    raise BadInput(
        f"{rows.data}: none of {found.n:,} rows has to be asked about ({why})",
        hint="give rows the local model does not decide alone, or ask about them with --all-cases",
    )
