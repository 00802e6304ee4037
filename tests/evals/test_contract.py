"""The contract matrix: it can be kept, and it notices when it is not."""

import asyncio
import json

import pytest

from evals.contract import ALL_FAULTS, CONNECTION_REFUSED, Cell, run_matrix, summary
from evals.contract_command import load_client, main
from evals.scripted.dialects import DIALECTS
from evals.scripted.process import running_scripted
from signalbox.domain.errors import BadInput
from tests.evals import plain_client

DEADLINE_S = 2.0


@pytest.fixture(scope="module")
def model():
    with running_scripted() as model:
        yield model


def matrix(model, consult, faults=("none",), dialects=("vllm",), deadline_s=1.0, parallel=4):
    return asyncio.run(run_matrix(consult, model.url, dialects, faults, deadline_s, parallel))


def test_a_plain_strict_client_keeps_every_cell(model):
    cells = matrix(model, plain_client.consult, ALL_FAULTS, tuple(DIALECTS), DEADLINE_S, 8)
    assert [(c.dialect, c.fault, c.complaint) for c in cells if c.complaint is not None] == []
    assert (
        len(cells) == len(DIALECTS) * len(ALL_FAULTS) == len({(c.dialect, c.fault) for c in cells})
    )
    figures = summary(cells)
    assert figures["as_expected"] == figures["proposals"] + figures["failures"] == len(cells)
    assert {c.result for c in cells} >= {"proposal", "timeout", "unreachable", "refused"}


def test_a_naive_client_is_found_out(model):
    faults = ("none", "fenced_json", "wrong_enum", "no_finish_reason", "unknown_id", "http_500")
    found = {cell.fault: cell for cell in matrix(model, plain_client.naive, faults)}
    assert found["none"].complaint is None
    assert found["wrong_enum"].complaint == "proposal instead of invalid_schema"
    assert found["no_finish_reason"].complaint == "proposal instead of truncated"
    assert found["unknown_id"].complaint == "proposal instead of not_offered"
    assert found["fenced_json"].complaint.startswith("JSONDecodeError escaped")
    assert found["http_500"].complaint.startswith("KeyError escaped")
    assert summary(list(found.values()))["as_expected"] == 1


async def late(base_url, dialect, deadline_s):
    await asyncio.sleep(deadline_s + 0.4)
    return "timeout", deadline_s


async def cancelled(base_url, dialect, deadline_s):
    raise asyncio.CancelledError


async def unheard_of(base_url, dialect, deadline_s):
    return "oops", 0.0


async def admits_to_be_late(base_url, dialect, deadline_s):
    return "proposal", deadline_s + 1


async def no_pair(base_url, dialect, deadline_s):
    return None


def no_coroutine(base_url, dialect, deadline_s):
    return "proposal", 0.0


@pytest.mark.parametrize(
    ("consult", "fault", "complaint"),
    [
        (late, "keep_alive", "timeout after 0.6"),
        (admits_to_be_late, "none", "proposal after 1.2"),
        (cancelled, "none", "CancelledError escaped"),
        (unheard_of, "none", "'oops' is no result of the closed set"),
        (no_pair, "none", "returned 'None', not"),
        (no_coroutine, "none", "TypeError escaped"),
    ],
)
def test_misbehaviour_is_a_complaint_and_no_crash(model, consult, fault, complaint):
    (cell,) = matrix(model, consult, (fault,), deadline_s=0.2)
    assert cell.complaint is not None and cell.complaint.startswith(complaint)


def test_a_client_that_never_comes_back_is_given_up(model, monkeypatch):
    async def endless(base_url, dialect, deadline_s):
        await asyncio.sleep(3600)

    monkeypatch.setattr("evals.contract.GIVE_UP_S", 0.2)
    (cell,) = matrix(model, endless, deadline_s=0.1)
    assert cell.complaint.startswith("did not come back")


def test_a_closed_port_is_part_of_the_matrix(model):
    seen = []

    async def remember(base_url, dialect, deadline_s):
        seen.append(base_url)
        return await plain_client.consult(base_url, dialect, deadline_s)

    (cell,) = matrix(model, remember, (CONNECTION_REFUSED,))
    assert (cell.result, cell.complaint) == ("unreachable", None)
    assert not seen[0].startswith(model.url) and seen[0].endswith("/vllm/connection_refused/v1")


def test_no_more_than_asked_for_run_at_a_time(model):
    running, most = 0, 0

    async def counted(base_url, dialect, deadline_s):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return "proposal", 0.02

    matrix(model, counted, ("none", "fenced_json"), tuple(DIALECTS), parallel=3)
    assert most == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"dialects": ("gpt",)},
        {"dialects": ()},
        {"faults": ("none", "sunspots")},
        {"deadline_s": 0},
        {"deadline_s": 60},
        {"parallel": 0},
    ],
)
def test_nonsense_is_refused(model, wrong):
    with pytest.raises(BadInput):
        matrix(model, plain_client.consult, **wrong)


def test_both_results_of_a_fault_that_allows_two_pass():
    for result, wrong in (("protocol", False), ("invalid_schema", False), ("proposal", True)):
        cell = Cell("raw", "content_10mb", ("invalid_schema", "protocol"), result, 0.1, 1.0)
        assert (cell.complaint is not None) == wrong


def test_the_command_prints_the_table_and_its_exit_code(capsys):
    few = ["--dialect", "vllm", "--dialect", "raw", "--fault", "none", "--fault", "unknown_id"]
    good = ["--client", "tests.evals.plain_client:consult"]
    assert main([*good, "--table", *few]) == 0
    out = capsys.readouterr().out
    assert "4 of 4 cells as expected: 2 proposals, 2 typed failures" in out
    assert "no model involved" in out and "not_offered" in out and "raw" in out
    assert main(["--client", "tests.evals.plain_client:naive", "--json", *few]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["cells"], report["as_expected"]) == (4, 1)
    assert [cell["fault"] for cell in report["results"] if cell["complaint"] is None] == ["none"]


def test_the_command_asks_through_the_products_own_client(capsys):
    few = ["--dialect", "vllm", "--fault", "none", "--fault", "reask_ok", "--fault", "http_402"]
    assert main([*few, "--table"]) == 0
    assert "3 of 3 cells as expected: 2 proposals, 1 typed failures" in capsys.readouterr().out


def test_the_command_counts_requests(capsys):
    few = ["--dialect", "vllm", "--fault", "unknown_id", "--fault", "http_503", "--json"]
    assert main(["--client", "tests.evals.plain_client:consult", *few]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["most_requests_in_a_cell"] == 3
    assert report["busiest_cell"] == "vllm/http_503"
    assert report["requests"] == 1 + 2 + 3


@pytest.mark.parametrize("name", ["", "evals", "evals.contract:nothing", "no_such_module:f"])
def test_a_client_that_is_not_there_is_named(name, capsys):
    with pytest.raises(BadInput, match="--client"):
        load_client(name)
    assert main(["--client", name]) == 2
    assert "package.module:function" in capsys.readouterr().err
