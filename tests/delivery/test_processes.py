"""Several processes that deliver from one ledger, and one that is killed while it does."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from signalbox.domain.base import utc_now
from signalbox.domain.webhook import DeliveryState
from tests.delivery.conftest import Office
from tests.delivery.receiver import HANG, Receiver

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def workers(url: str, count: int, lease_s: float = 30.0) -> Iterator[list[subprocess.Popen[str]]]:
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.delivery.child", url, str(lease_s)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    try:
        for one in started:
            assert one.stdout is not None
            assert one.stdout.readline() == "up\n"
        yield started
    finally:
        for one in started:
            one.kill()
            one.wait()
            if one.stdout:
                one.stdout.close()


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "did not come about"
        time.sleep(0.02)


def test_several_processes_send_each_event_once_and_in_order(
    office: Office, receiver: Receiver, url: str
) -> None:
    office.now = utc_now()
    office.hook(receiver.url)
    subjects = [f"S-{n}/{epoch}" for epoch in (1, 2, 3) for n in range(20)]
    with workers(url, 3):
        office.commit(*subjects)
        until(lambda: len(receiver.got) >= len(subjects))
        time.sleep(0.3)
    told = Counter(event["id"] for event in receiver.events)
    assert len(told) == len(subjects)
    assert set(told.values()) == {1}
    for n in range(20):
        epochs = [e["data"]["epoch"] for e in receiver.events if e["subject"] == f"S-{n}"]
        assert epochs == [1, 2, 3]


def test_what_a_killed_process_had_taken_is_sent_by_another(
    office: Office, receiver: Receiver, url: str
) -> None:
    office.now = utc_now()
    webhook, _ = office.hook(receiver.url)
    receiver.behave = lambda event: HANG
    office.commit("T-1", "T-2")
    with workers(url, 1, 2.0) as (doomed,):
        until(lambda: len(receiver.got) == 2)
        doomed.kill()
    assert {one.state for one in office.all(webhook)} == {DeliveryState.PENDING}
    receiver.behave = lambda event: 200
    with workers(url, 1, 2.0):
        until(lambda: {one.state for one in office.all(webhook)} == {DeliveryState.DELIVERED})
    told = Counter(event["id"] for event in receiver.events)
    assert set(told.values()) == {2}, "sent again under the same id"


def test_nothing_is_lost_when_they_are_killed_again_and_again(
    office: Office, receiver: Receiver, url: str
) -> None:
    office.now = utc_now()
    webhook, _ = office.hook(receiver.url)
    receiver.behave = lambda event: (
        500 if hash(event["id"]) % 5 == 0 and len(receiver.got) % 2 else 200
    )
    expected = 0
    for turn in range(4):
        with workers(url, 2, 0.5) as running:
            names = [f"K-{turn}-{n}" for n in range(15)]
            for name in names:
                office.commit(name)
            expected += len(names)
            until(lambda half=expected // 2: len(receiver.got) > half)  # type: ignore[misc]
            for one in running:
                one.kill()
    with workers(url, 1, 0.5):
        until(lambda: len(office.all(webhook, DeliveryState.DELIVERED)) == expected)
    assert len(set(receiver.subjects)) == expected
