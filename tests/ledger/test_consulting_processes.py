"""Two processes, one ledger, 200 questions at once: what reaches the host fits into the budget."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ledger.consulting_child import USD
from tests.ledger.make import NOON
from tests.ledger.test_processes import ROOT, line

LIMIT = 3.05  # room for 30 requests, and for half of one more
EACH = 100


def asked_by_two(url, base_url, tmp_path):
    """(how it ended, requests sent, dollars spent) of each of the 200 questions."""
    go = tmp_path / "go"
    command = [sys.executable, "-m", "tests.ledger.consulting_child"]
    arguments = [url, base_url, str(go), str(EACH), str(LIMIT)]
    askers = [
        subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        assert [line(asker) for asker in askers] == ["ready", "ready"]
        Path(go).touch()
        told = [json.loads(asker.communicate(timeout=120)[0]) for asker in askers]
    finally:
        for asker in askers:
            asker.kill()
            asker.communicate()
    assert [len(one) for one in told] == [EACH, EACH]
    return told[0] + told[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "kind"), [("usage_missing", "proposal"), ("cut_body", "protocol")]
)
def test_requests_that_may_cost_the_most_never_pass_the_limit(
    ledger, url, tmp_path, scripted_model, fault, kind
):
    """Nothing is known of their true cost, or each attempt was cut off and may be charged for."""
    found = asked_by_two(url, scripted_model.base_url("vllm", fault), tmp_path)
    requests = scripted_model.stats()["requests"]
    assert requests == sum(sent for _, sent, _ in found) == 30
    assert requests * USD <= LIMIT
    assert ledger.spent("host", NOON) == pytest.approx(requests * USD)
    assert sum(usd for _, _, usd in found) == pytest.approx(requests * USD)
    assert {how for how, _, _ in found} == {kind, "budget"}


@pytest.mark.slow
def test_what_is_settled_makes_room_and_no_more(ledger, url, tmp_path, scripted_model):
    found = asked_by_two(url, scripted_model.base_url("vllm"), tmp_path)
    requests = scripted_model.stats()["requests"]
    answered = [usd for how, _, usd in found if how == "proposal"]
    assert requests == len(answered) >= 30
    # A settlement that took too long counts at its reservation with the caller, never below.
    spent = ledger.spent("host", NOON)
    assert requests * min(answered) <= spent + 1e-9 <= LIMIT
    assert spent <= sum(answered) + 1e-9
