"""The scripted server as the endpoint: test equipment, whose answers were written beforehand."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from evals.scripted.process import ScriptedModel
from signalbox.learning.command import learn_to_folder
from tests.learning.conftest import FILLER, make_table

DIALECT = "vllm"
TEAMS = ("access", "network", "payroll", "printing")


@pytest.fixture
def endpoint(scripted_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """The settings name the scripted server, with prices that make its tokens cost something."""
    for name in ("CALIBRATIONS", "BUDGET_USD_PER_DAY", "PRESET"):
        monkeypatch.delenv(f"SIGNALBOX_LLM__{name}", raising=False)
    monkeypatch.setenv("SIGNALBOX_LLM__BASE_URL", scripted_model.base_url(DIALECT))
    monkeypatch.setenv("SIGNALBOX_LLM__MODEL", "r1")
    monkeypatch.setenv("SIGNALBOX_LLM__DIALECT", DIALECT)
    monkeypatch.setenv("SIGNALBOX_LLM__API_KEY", "sk-secret-of-this-test")
    return scripted_model


@pytest.fixture(scope="session")
def local_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A router to which texts of filler words alone are hard."""
    folder = tmp_path_factory.mktemp("local")
    work = make_table(600, noise=0)
    rows = [*zip(work.texts or [], work.labels, strict=True)]
    data = write(folder / "past.csv", rows)
    learn_to_folder(data, folder / "model", text="text", label="team")
    return folder / "model"


def write(path: Path, rows: Sequence[tuple[str, str]]) -> Path:
    """``rows`` of (text, team) as CSV, with an id."""
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "text", "team"])
        out.writerows((f"INC-{number}", *row) for number, row in enumerate(rows))
    return path


@pytest.fixture
def hard_rows(tmp_path: Path) -> Callable[..., Path]:
    """``n`` rows nothing can be told from, labelled by ``label(number)``."""

    def make(n: int, label: Callable[[int], str] = lambda number: "network", seed: int = 1) -> Path:
        rng = random.Random(seed)
        rows = [(" ".join(rng.choices(FILLER, k=6)), label(number)) for number in range(n)]
        return write(tmp_path / f"hard-{n}-{seed}.csv", rows)

    return make
