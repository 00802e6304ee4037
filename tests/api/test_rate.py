"""Limits on requests: of one caller, and of one address whose keys do not count."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.application import create_app
from api.rate import Buckets, FailedAttempts, TooMany, network
from signalbox.app import open_signalbox
from signalbox.domain.access import Role
from signalbox.domain.base import utc_now
from signalbox.ledger.store import open_ledger
from signalbox.secrets import digest, new_key
from signalbox.settings import RateSettings, Settings, read_settings
from tests.doubles import ScriptedPredictor


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@given(
    per_minute=st.floats(0.1, 10_000),
    burst=st.integers(1, 50),
    gaps=st.lists(st.floats(0, 100), max_size=200),
)
def test_no_more_gets_through_than_the_burst_and_what_time_brings(per_minute, burst, gaps):
    clock = Clock()
    buckets, granted = Buckets(per_minute, burst, clock=clock), 0
    for gap in gaps:
        clock.now += gap
        granted += buckets.take("ann") == 0
        assert granted <= burst + (clock.now - 1000) * per_minute / 60 + 1e-6


@given(per_minute=st.floats(0.1, 10_000), burst=st.integers(1, 20), asked=st.integers(1, 60))
def test_whoever_waits_as_long_as_told_gets_through(per_minute, burst, asked):
    clock = Clock()
    buckets = Buckets(per_minute, burst, clock=clock)
    waits = [buckets.take("ann") for _ in range(asked)]
    assert [wait == 0 for wait in waits] == [n < burst for n in range(asked)]
    if waits[-1]:
        assert buckets.wait_s("ann") == pytest.approx(waits[-1])
        clock.now += TooMany("", waits[-1]).retry_after_s
        assert buckets.wait_s("ann") == 0
        assert buckets.take("ann") == 0


def test_one_caller_takes_nothing_from_another():
    buckets = Buckets(60, 1, clock=Clock())
    assert buckets.take("ann") == 0
    assert buckets.take("ann") > 0
    assert buckets.take("ben") == 0


def test_a_clock_set_back_gives_and_takes_nothing():
    clock = Clock()
    buckets = Buckets(60, 1, clock=clock)
    buckets.take("ann")
    clock.now -= 500
    assert buckets.take("ann") == pytest.approx(1.0)


def test_memory_is_bounded():
    buckets = Buckets(60, 1, most=10, clock=Clock())
    for number in range(1000):
        buckets.take(number)
    assert len(buckets._left) == 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.7", "203.0.113.8", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("testclient", "testclient", True),
    ],
)
def test_an_address_stands_for_a_client(one, other, same):
    assert (network(one) == network(other)) is same


def test_attempts_that_failed_run_out_and_come_back():
    clock = Clock()
    attempts = FailedAttempts(3, clock)
    for _ in range(3):
        attempts.check("192.0.2.1")
        attempts.failed("192.0.2.1")
    with pytest.raises(TooMany) as refused:
        attempts.check("192.0.2.1")
    attempts.check("192.0.2.2")
    clock.now += refused.value.retry_after_s
    attempts.check("192.0.2.1")


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Makes a server with limits, and its ledger for making keys."""
    opened = []

    def make(keyed=True, **rate):
        settings = Settings(db=f"sqlite:///{tmp_path / 'desk.db'}", rate=RateSettings(**rate))
        monkeypatch.setattr(
            "api.application.open_signalbox",
            lambda given, **more: open_signalbox(given, ScriptedPredictor(), **more),
        )
        ledger = open_ledger(settings.db)
        client = TestClient(create_app(settings), base_url="http://127.0.0.1")
        opened.extend((client, ledger))
        keys = [key_of(ledger, name) for name in ("Ann", "Ann", "Ben")] if keyed else []
        client.__enter__()
        return client, keys

    yield make
    for client, ledger in zip(opened[::2], opened[1::2], strict=True):
        client.__exit__(None, None, None)
        ledger.close()


def key_of(ledger, name):
    key, text = new_key(Role.ADMIN, utc_now(), timedelta(days=1), name=name)
    ledger.api_keys.add(key, digest(text))
    return text


def ask(client, key=None, path="/v1/decisions"):
    return client.get(path, headers={"authorization": f"Bearer {key}"} if key else {})


def refused(answer):
    if answer.status_code != 429:
        return False
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["type"] == "/problems/too-many-requests"
    return True


class TestCallers:
    def test_each_has_a_bucket_whatever_its_keys(self, desk):
        client, (ann, ann_too, ben) = desk(per_minute=0.5, burst=3)
        assert [refused(ask(client, key)) for key in (ann, ann_too, ann)] == [False] * 3
        assert refused(ask(client, ann)) and refused(ask(client, ann_too))
        assert not refused(ask(client, ben))

    def test_a_session_is_its_keys(self, desk):
        client, (ann, _, ben) = desk(per_minute=0.5, burst=3)
        assert client.post("/v1/session", json={"key": ann}).status_code == 200
        for _ in range(3):
            assert not refused(ask(client, ann))
        assert refused(client.get("/v1/decisions"))
        client.cookies.clear()
        assert not refused(ask(client, ben))

    def test_without_keys_this_machine_is_one_caller(self, desk):
        client, _ = desk(keyed=False, per_minute=0.5, burst=2)
        assert [refused(ask(client)) for _ in range(3)] == [False, False, True]

    def test_probes_are_always_answered(self, desk):
        client, (ann, *_) = desk(per_minute=0.5, burst=1)
        for _ in range(5):
            assert ask(client, ann, "/healthz").status_code == 200
            assert ask(client, None, "/readyz").status_code == 200
        assert not refused(ask(client, ann))

    def test_what_is_refused_has_no_effect(self, desk):
        client, (ann, _, ben) = desk(per_minute=0.5, burst=1)
        headers = {"authorization": f"Bearer {ann}", "idempotency-key": "k"}
        ask(client, ann)
        sent = {"json": {"text": "network is down"}, "headers": headers}
        assert refused(client.post("/v1/tasks", **sent))
        assert ask(client, ben).json()["decisions"] == []

    def test_there_is_none_unless_it_is_set(self, desk):
        client, (ann, *_) = desk()
        assert not any(refused(ask(client, ann)) for _ in range(100))


class TestFailures:
    WRONG = "sbk_000000000000_" + "A" * 43

    def test_an_address_that_only_fails_is_told_to_wait(self, desk):
        client, _ = desk(failures_per_minute=3)
        answers = [ask(client, self.WRONG) for _ in range(5)]
        assert [one.status_code for one in answers] == [401] * 3 + [429] * 2
        assert refused(answers[-1])

    def test_so_it_is_when_opening_sessions_and_with_cookies(self, desk):
        client, _ = desk(failures_per_minute=3)
        posted = [client.post("/v1/session", json={"key": self.WRONG}) for _ in range(3)]
        assert [one.status_code for one in posted] == [401] * 3
        assert refused(client.post("/v1/session", json={"key": self.WRONG}))
        assert refused(client.get("/v1/decisions", headers={"cookie": "signalbox_session=guess"}))

    def test_who_got_in_goes_on_getting_in_beside_one_who_fails(self, desk):
        client, (ann, _, ben) = desk(failures_per_minute=3)
        assert ask(client, ann).status_code == 200
        for _ in range(5):
            ask(client, self.WRONG)
        assert ask(client, ann).status_code == 200
        assert refused(ask(client, ben)), "nobody here has seen this one get in"
        # It guesses no keys for anybody, either.
        guess = {"json": {"key": self.WRONG}, "headers": {"authorization": f"Bearer {ann}"}}
        assert refused(client.post("/v1/session", **guess))

    def test_what_carries_nothing_is_not_counted(self, desk):
        client, (ann, *_) = desk(failures_per_minute=3)
        assert [ask(client).status_code for _ in range(10)] == [401] * 10
        assert ask(client, ann).status_code == 200

    def test_it_may_be_turned_off(self, desk):
        client, _ = desk(failures_per_minute=0)
        assert {ask(client, self.WRONG).status_code for _ in range(50)} == {401}


def test_every_route_of_the_api_describes_it():
    operations = [
        (path, method, operation["responses"])
        for path, methods in create_app(Settings()).openapi()["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/v1")
    ]
    assert len(operations) > 10
    for path, method, responses in operations:
        assert "Retry-After" in responses["429"]["headers"], (method, path)


def test_the_settings(monkeypatch):
    monkeypatch.setenv("SIGNALBOX_RATE__PER_MINUTE", "120")
    assert read_settings().rate.at_once == 20
    monkeypatch.setenv("SIGNALBOX_RATE__BURST", "5")
    assert read_settings().rate.at_once == 5
    assert RateSettings(per_minute=0.1).at_once == 1
