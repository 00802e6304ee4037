"""Which cases are asked about, and that they are asked as the engine would ask."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from evals.agent.cases import MOST_LABELS, Desk, Rows, require_cases, select_cases
from signalbox.app import open_signalbox
from signalbox.domain.errors import BadInput
from signalbox.domain.task import Task
from signalbox.learning.predictor import LearnedPredictor
from signalbox.parts import read_rules
from signalbox.settings import Settings
from tests.doubles import ScriptedConsultant
from tests.evals.agent.commands import Make
from tests.evals.agent.conftest import write
from tests.learning.conftest import make_table

DESK = Desk(read_rules(Settings()), candidates=3)


def test_a_case_is_put_as_the_spine_puts_it(local_model: Path, tmp_path: Path) -> None:
    text = "please help since monday, write to ann@example.org"
    data = write(tmp_path / "rows.csv", [(text, "network")])
    rows = Rows(data, "team", id_column="id", model=local_model)
    (case,) = select_cases(rows, DESK).cases
    consultant = ScriptedConsultant("network")

    async def post() -> None:
        settings = Settings(db=f"sqlite:///{tmp_path / 'desk.db'}", llm={"candidates": 3})  # type: ignore[arg-type]
        async with open_signalbox(settings, LearnedPredictor.open(local_model)) as engine:
            object.__setattr__(engine.parts, "consultant", consultant)
            await engine.dispatcher.submit(Task(id=case.id, text=text), 5.0)

    asyncio.run(post())
    assert consultant.asked == [case.question]
    assert "ann@example.org" not in case.prompt.text and "[EMAIL_1]" in case.prompt.text
    assert len(case.question.offered) == 3 and case.question.ranked[0].probability < 1


def test_only_cases_the_local_model_does_not_decide_are_asked(
    local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    easy = make_table(60, seed=4, noise=0)
    rows = [*zip(easy.texts or [], easy.labels, strict=True), ("please help again", "payroll")]
    data = write(tmp_path / "rows.csv", rows)
    asked = Rows(data, "team", id_column="id", model=local_model)
    found = select_cases(asked, DESK)
    assert found.kind == "hard" and 1 <= len(found.cases) < 30
    assert found.passed_over["certain enough without"] == 61 - len(found.cases)
    everything = Rows(data, "team", id_column="id", model=local_model, all_cases=True)
    assert len(select_cases(everything, DESK).cases) == 61
    assert select_cases(everything, DESK).kind == "all"
    hard = Rows(hard_rows(5), "team", id_column="id", model=local_model, all_cases=True)
    assert select_cases(hard, DESK).kind == "hard"  # there is no other


def test_a_limit_only_adds_cases_and_time_gives_the_newest(
    local_model: Path, hard_rows: Make, tmp_path: Path
) -> None:
    data = hard_rows(50)
    few, more = (
        [one.id for one in select_cases(Rows(data, "team", id_column="id", limit=limit,
                                             model=local_model), DESK).cases]
        for limit in (10, 20)
    )  # fmt: skip
    assert len(few) == 10 and more[:10] == few
    timed = tmp_path / "timed.csv"
    rows = [f"please help again {n},team-{n % 2},2026-01-{n + 1:02}" for n in range(20)]
    timed.write_text("\n".join(["text,team,at", *rows]))
    newest = select_cases(Rows(timed, "team", time="at", limit=2), DESK).cases
    assert ["19" in newest[0].question.excerpt, "18" in newest[1].question.excerpt] == [True, True]


def test_without_a_model_the_most_frequent_labels_are_offered_and_no_truth_besides(
    tmp_path: Path,
) -> None:
    rows = [(f"case {n}", f"team-{n % 12:02}") for n in range(60)]
    rows += [("rare", "team-zz")]
    found = select_cases(Rows(write(tmp_path / "r.csv", rows), "team", id_column="id"), DESK)
    offered = {case.question.offered for case in found.cases}
    assert len(offered) == 1 and len(next(iter(offered))) == MOST_LABELS
    assert next(iter(offered)) == tuple(sorted(next(iter(offered))))
    assert sum(not case.answerable for case in found.cases) == 11
    assert all(case.question.ranked == () for case in found.cases)
    turned = found.cases[0].turned()
    assert turned.question.offered == found.cases[0].question.offered[::-1]
    assert turned.prompt.digest != found.cases[0].prompt.digest


def test_rows_without_an_id_get_one_from_what_they_say(tmp_path: Path) -> None:
    body = ["a b,x", "c d,y", "a b,x"]
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text("\n".join(["text,team", *body]))
    other.write_text("\n".join(["text,team", *body[::-1]]))
    ids = [
        {case.id for case in select_cases(Rows(data, "team"), DESK).cases} for data in (one, other)
    ]
    assert ids[0] == ids[1] and len(ids[0]) == 3


def test_nobody_to_ask_about(local_model: Path, tmp_path: Path) -> None:
    data = write(tmp_path / "r.csv", [("vpn wifi router firewall tunnel vpn", "network")])
    rows = Rows(data, "team", id_column="id", model=local_model)
    with pytest.raises(BadInput, match="none of 1 rows has to be asked about") as caught:
        require_cases(rows, select_cases(rows, DESK))
    assert "--all-cases" in caught.value.hint
