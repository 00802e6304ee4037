"""``signalbox webhooks``, as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from signalbox.domain.base import utc_now
from signalbox.domain.retrying import Retrying
from signalbox.ledger.store import open_ledger
from tests.delivery.conftest import Office
from tests.delivery.receiver import receiving

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path):
    def ask(*arguments, exit_code=0, json_out=True):
        more = ["--db", f"sqlite:///{tmp_path / 'desk.db'}", *(["--json"] if json_out else [])]
        done = subprocess.run(
            [sys.executable, "-m", "signalbox", "webhooks", *arguments, *more],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == exit_code, done.stderr
        return json.loads(done.stdout) if json_out and not exit_code else done.stdout + done.stderr

    return ask


def test_a_webhook_from_first_to_last(run, tmp_path):
    with receiving() as receiver:
        receiver.behave = lambda event: 410
        added = run("add", receiver.url, "--type", "decision.*")
        assert added["secret"].startswith("whsec_")
        assert added["types"] == ["decision.*"]
        (listed,) = run("list")["webhooks"]
        assert listed["id"] == added["id"]
        assert "secret" not in listed
        assert run("dead", added["id"]) == {"deliveries": []}
        ledger = open_ledger(f"sqlite:///{tmp_path / 'desk.db'}")
        office = Office(ledger, Retrying())
        office.now = utc_now()
        office.commit("T-1")
        office.run()
        (dead,) = run("dead", added["id"])["deliveries"]
        assert (dead["subject"], dead["last_status"]) == ("T-1", 410)
        assert run("list")["webhooks"][0]["state"] == "disabled"
        receiver.behave = lambda event: 200
        assert run("replay", added["id"])["replayed"] == 1
        office.now = utc_now()
        office.run()
        assert receiver.subjects == ["T-1", "T-1"]
        rotated = run("rotate", added["id"], "--overlap-hours", "1")
        assert rotated["secret"] != added["secret"]
        assert run("remove", added["id"])["id"] == added["id"]
        assert run("list") == {"webhooks": []}
        told = [e.type for e in ledger.events(0, 100) if e.type.startswith("webhook.")]
        assert told == [
            "webhook.added", "webhook.disabled", "webhook.enabled", "webhook.rotated",
            "webhook.removed",
        ]  # fmt: skip
        ledger.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "http://example.com/"), "SIGNALBOX_WEBHOOKS__ALLOW_HTTP"),
        (("add", "https://10.0.0.1/"), "is no public address"),
        (("add", "https://example.com/", "--type", "Decision"), "--type"),
        (("add", "https://example.com/", "--tenant", "!"), "--tenant"),
        (("remove", "whk_none"), "webhooks list"),
        (("replay", "whk_none"), "webhooks list"),
    ],
)
def test_bad_input_is_told_in_a_sentence(run, arguments, said):
    run("add", "https://example.com/")
    told = run(*arguments, exit_code=2, json_out=False)
    assert said in told
    assert "Traceback" not in told
