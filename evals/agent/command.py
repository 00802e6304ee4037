"""What ``learn agent`` and ``eval agent`` call: select, ask, judge, report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.consultant import R1Consultant
from evals import gates
from evals.agent import trust
from evals.agent.answers import Answers
from evals.agent.asking import PATIENCE_S, Asking, Heard
from evals.agent.cases import Desk, Rows, Selection, require_cases, select_cases
from evals.agent.figures import figures, share
from evals.recording import recorded, replayed
from signalbox.domain.errors import BadInput

Progress = Callable[[str, float], None]
ANSWERS = "answers.jsonl"


@dataclass(frozen=True, slots=True)
class Round:
    """How a host is asked: through ``consultant``, ``samples`` times a case.

    ``cache`` is the file its answers are kept in. ``record`` is a folder that what goes over the
    wire is written to, ``replay`` one it is read from, with no host at all.
    """

    consultant: R1Consultant
    samples: int = 2
    cache: Path | None = None
    record: Path | None = None
    replay: Path | None = None
    patience_s: float = PATIENCE_S
    progress: Progress = lambda what, share: None


def learn_agent(
    rows: Rows, desk: Desk, asked: Round, out: Path, *, target_accuracy: float = 0.95
) -> dict[str, Any]:
    """Ask about the labelled cases, fit and certify a calibration, save it in ``out``.

    Without ``asked.cache`` the answers are kept beside ``out``. Where nothing could be fitted the
    report says why under ``refusal``, and nothing is saved. Raises BadInput and kin.
    """
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is a file", hint="name a folder with --out")
    cache = asked.cache or out.with_name(f"{out.name}-{ANSWERS}")
    found, heard, asking, _ = _ask(rows, desk, asked, cache)
    dialect = asked.consultant.client.config.dialect.name
    # As written: 1 - 0.95 is a little more than 0.05.
    target = round(1 - target_accuracy, 9)
    report = _base(found, heard, asking, dialect, cache)
    report |= trust.fit(found, heard, dialect, out, stopped=asking.stopped, target_error=target)
    return report | {"verdict": trust.verdict(report)}


def evaluate_agent(
    rows: Rows,
    desk: Desk,
    asked: Round,
    *,
    calibrations: Path | None = None,
    gate_file: Path | None = None,
    stability: int = 0,
) -> dict[str, Any]:
    """Ask about the labelled cases and apply the calibration in ``calibrations``, if there is one.

    ``stability`` cases are asked about once more with the options in the opposite order. Answers
    are kept beside the data unless ``asked`` names a cache or a recording.
    """
    if gate_file is not None:
        gates.read_gate(gate_file)
    cache = asked.cache
    if cache is None and asked.replay is None:
        folder = asked.record
        cache = rows.data.with_name(f"{rows.data.name}.{ANSWERS}") if folder is None else (
            folder / ANSWERS
        )  # fmt: skip
    found, heard, asking, turned = _ask(rows, desk, asked, cache, stability)
    dialect = asked.consultant.client.config.dialect.name
    report = _base(found, heard, asking, dialect, cache)
    report |= trust.apply(found, heard, dialect, calibrations, asked.samples)
    beside = report.pop("calibrated_beside", None)
    if beside is not None and beside != found.local_model:
        report["warnings"].append(
            "calibrated beside another local model, to which other cases were hard: fit it again"
        )
    if asked.replay is not None:
        # How fast a file is read says nothing about the host.
        report |= {"p50_ms": None, "p95_ms": None, "p99_ms": None}
        report["warnings"].append(f"played from {asked.replay}: no host was asked")
    report |= _stability(heard, turned)
    report["verdict"] = trust.verdict(report)
    report["gate"] = gates.judge(report, gate_file) if gate_file is not None else None
    return report


def _ask(
    rows: Rows, desk: Desk, asked: Round, cache: Path | None, stability: int = 0
) -> tuple[Selection, list[Heard], Asking, list[Heard]]:
    found = select_cases(rows, desk, asked.progress)
    require_cases(rows, found)
    # A recording that lacks a request will not have it later.
    patience = asked.patience_s if asked.replay is None else 0.0
    with Answers(cache) as answers, _wire(asked):
        asking = Asking(asked.consultant, answers, asked.samples, patience, asked.progress)
        heard, turned = asyncio.run(_both(asking, found, stability))
    return found, heard, asking, turned


def _wire(asked: Round) -> AbstractContextManager[None]:
    if asked.record is not None:
        return recorded(asked.record)
    return nullcontext() if asked.replay is None else replayed(asked.replay)


async def _both(
    asking: Asking, found: Selection, stability: int
) -> tuple[list[Heard], list[Heard]]:
    try:
        heard = await asking.run(found.cases)
        again = [
            one.case.turned() for one in heard if one.said and len(one.case.question.offered) > 1
        ]
        if not stability or asking.stopped:
            return heard, []
        samples, asking.samples = asking.samples, 1
        turned = await asking.run(again[:stability])
        asking.samples = samples
        return heard, turned
    finally:
        await asking.consultant.aclose()


def _base(
    found: Selection, heard: Sequence[Heard], asking: Asking, dialect: str, cache: Path | None
) -> dict[str, Any]:
    return {
        **figures(found, heard, dialect),
        "samples": asking.samples,
        "requests": asking.requests,
        "reused": asking.answers.reused,
        "cost_usd_now": asking.answers.cost_usd,
        "stopped": asking.stopped,
        "answers": None if cache is None else str(cache),
    }


def _stability(heard: Sequence[Heard], turned: Sequence[Heard]) -> dict[str, Any]:
    """How often the first choice stayed the same with the options in the opposite order."""
    before = {one.case.id: one.said[0].said for one in heard if one.said}
    pairs = [(before[one.case.id], one.said[0].said) for one in turned if one.said]
    same = sum(a is not None and b is not None and a.choice == b.choice for a, b in pairs)
    return {**share("stability", same, len(pairs)), "stability_n": len(pairs)}
