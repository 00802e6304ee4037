"""Delivering over real HTTP, from either database, to endpoints that behave badly."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from ipaddress import ip_network

import pytest

from graphs.lanes import Lanes
from signalbox.delivery.addresses import AddressRules
from signalbox.delivery.deliverer import Deliverer
from signalbox.delivery.sender import HttpSender
from signalbox.delivery.signing import new_secret, verify
from signalbox.domain.outcome import Event
from signalbox.domain.webhook import DeliveryState, WebhookState
from tests.delivery.conftest import Office
from tests.delivery.receiver import DIE, DRIP, FLOOD, GARBAGE, HANG, Receiver

PENDING, DELIVERED, DEAD = DeliveryState


def test_an_event_arrives_once_as_a_signed_cloudevent(office: Office, receiver: Receiver) -> None:
    _, secret = office.hook(receiver.url)
    office.commit("T-1")
    assert office.run(3) == 1
    ((headers, body),) = receiver.got
    event = json.loads(body)
    assert headers["content-type"] == "application/cloudevents+json"
    verify(secret, headers, body, time.time())
    assert headers["webhook-id"] == event["id"]
    assert event["specversion"] == "1.0"
    assert event["type"] == "dev.signalbox.decision.committed"
    assert (event["source"], event["subject"]) == ("/signalbox", "T-1")
    assert event["time"].endswith("Z")
    assert event["data"]["option"] == "cards"


def test_its_own_registration_is_the_first_thing_it_is_sent(
    office: Office, receiver: Receiver
) -> None:
    office.commit("before")
    webhook, secret = office.hook(receiver.url + "?password=1", "*")
    office.run()
    (event,) = receiver.events
    assert event["type"] == "dev.signalbox.webhook.added"
    assert event["data"]["id"] == webhook.id
    assert secret not in json.dumps(event) and "password" not in json.dumps(event)


def test_only_what_is_asked_for_and_of_the_own_tenant_is_sent(
    office: Office, receiver: Receiver, another: Receiver
) -> None:
    office.rules = AddressRules(networks=[ip_network("127.0.0.0/8")])
    office.hook(receiver.url, "decision.committed", "outcome.*")
    office.hook(another.url, "*", tenant="other")
    office.commit("mine")
    office.commit("theirs", tenant="other")
    office.ledger.note(_event("approval.advised"))
    office.ledger.note(_event("outcome.recorded"))
    office.run(2)
    # They are about two subjects, between which there is no order.
    assert sorted(e["type"].removeprefix("dev.signalbox.") for e in receiver.events) == [
        "decision.committed",
        "outcome.recorded",
    ]
    assert {e["tenant"] for e in another.events} == {"other"}
    assert "theirs" in another.subjects and "mine" not in another.subjects


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (500, 500, "answered 500: what I have to say"),
        (404, 404, "answered 404"),
        ((302, {"location": "/elsewhere"}), 302, "redirects are not followed"),
        ((307, {"location": "http://169.254.169.254/"}), 307, "register the final address"),
        (HANG, None, "no answer within"),
        (DRIP, None, "no answer within"),
        (DIE, None, "the answer is no HTTP"),
        (GARBAGE, None, "the answer is no HTTP"),
    ],
)
def test_a_failure_is_told_and_tried_again_until_it_is_given_up(
    office: Office, receiver: Receiver, answer: object, status: int | None, told: str
) -> None:
    office.timeout_s = 0.4
    receiver.behave = lambda event: answer  # type: ignore[return-value]
    webhook, _ = office.hook(receiver.url)
    office.commit("T-1")
    office.run()
    (one,) = office.all(webhook)
    assert (one.state, one.attempts, one.last_status) == (PENDING, 1, status)
    assert told in one.last_error
    assert one.last_error.isprintable()
    assert one.next_at >= office.now
    for _ in range(5):
        office.later(700)
        office.run()
    (one,) = office.all(webhook)
    assert (one.state, one.attempts) == (DEAD, 6)
    assert len(receiver.got) == 6
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {f"evt_{one.event_id}"}
    assert len({body for _, body in receiver.got}) == 1
    office.later(7000)
    office.run()
    assert len(receiver.got) == 6


def test_an_answer_without_end_is_cut_short_and_counts(office: Office, receiver: Receiver) -> None:
    receiver.behave = lambda event: FLOOD
    webhook, _ = office.hook(receiver.url)
    office.commit("T-1")
    office.run()
    assert [one.state for one in office.all(webhook)] == [DELIVERED]


def test_an_endpoint_may_ask_for_time(office: Office, receiver: Receiver) -> None:
    receiver.behave = lambda event: (503, {"Retry-After": "900"})
    webhook, _ = office.hook(receiver.url)
    office.commit("T-1")
    office.run()
    (one,) = office.all(webhook)
    assert (one.next_at - office.now).total_seconds() == 900


def test_nobody_there(office: Office) -> None:
    webhook, _ = office.hook("http://127.0.0.1:9/x")
    office.commit("T-1")
    office.run()
    assert "cannot be reached" in office.all(webhook)[0].last_error


def test_what_is_gone_is_disabled_and_goes_on_by_hand(office: Office, receiver: Receiver) -> None:
    receiver.behave = lambda event: 410
    webhook, _ = office.hook(receiver.url)
    office.commit("T-1", "T-2")
    office.run()
    sent = len(receiver.got)
    office.commit("T-3")
    office.later(9000)
    office.run(2)
    assert len(receiver.got) == sent
    stored = office.webhooks.find("default", webhook.id)
    assert stored.state is WebhookState.DISABLED
    assert "410" in stored.reason
    assert {one.state for one in office.all(webhook)} == {DEAD}
    receiver.behave = lambda event: 204
    assert office.webhooks.replay("default", webhook.id, None, office.now) == 2
    receiver.got.clear()
    office.run(2)
    assert sorted(receiver.subjects) == ["T-1", "T-2", "T-3"], "and what happened meanwhile"
    assert {one.state for one in office.all(webhook)} == {DELIVERED}


def test_one_of_the_dead_is_sent_again(office: Office, receiver: Receiver) -> None:
    receiver.behave = lambda event: 400
    webhook, _ = office.hook(receiver.url)
    office.commit("T-1", "T-2")
    for _ in range(30):
        office.run()
        office.later(700)
    dead = office.all(webhook, DEAD)
    assert [one.subject for one in dead] == ["T-1", "T-2"]
    receiver.behave = lambda event: 200
    receiver.got.clear()
    assert office.webhooks.replay("default", webhook.id, [dead[1].event_id], office.now) == 1
    office.run()
    assert receiver.subjects == ["T-2"]
    assert office.webhooks.replay("default", webhook.id, [dead[1].event_id], office.now) == 0


def test_what_is_a_day_old_is_given_up_untried(office: Office, receiver: Receiver) -> None:
    receiver.behave = lambda event: 500
    webhook, _ = office.hook(receiver.url)
    for number in range(5):
        office.commit(f"T-{number}")
        office.run()
    assert office.webhooks.find("default", webhook.id).open_until is not None
    office.commit("T-late")
    office.run()
    receiver.got.clear()
    office.later(25 * 3600)
    office.deliveries.sweep(office.now)
    assert {one.state for one in office.all(webhook)} == {DEAD}
    assert office.all(webhook)[-1].last_error == "not delivered in time"


class TestOrder:
    def test_a_subjects_events_arrive_in_their_order(
        self, office: Office, receiver: Receiver
    ) -> None:
        """Whatever fails in between: a later one waits until the earlier one has arrived."""
        failed: dict[str, int] = {}

        def flaky(event: dict) -> int:
            failed[event["id"]] = failed.get(event["id"], 0) + 1
            return 500 if failed[event["id"]] < 3 and event["subject"] == "A" else 200

        receiver.behave = flaky
        webhook, _ = office.hook(receiver.url)
        office.commit("A/1", "B/1", "A/2", "B/2", "A/3", "B/3")
        office.run()
        assert receiver.subjects.count("B") == 3, "another subject does not wait"
        for _ in range(12):
            office.later(700)
            office.run()
        assert {one.state for one in office.all(webhook)} == {DELIVERED}
        for subject in "AB":
            told = [e["data"]["epoch"] for e in receiver.events if e["subject"] == subject]
            assert told == sorted(told)

    def test_one_that_is_given_up_lets_the_next_pass(
        self, office: Office, receiver: Receiver
    ) -> None:
        receiver.behave = lambda event: 400 if event["data"]["epoch"] == 1 else 200
        webhook, _ = office.hook(receiver.url)
        office.commit("A/1", "A/2")
        for _ in range(10):
            office.run()
            office.later(700)
        assert [one.state for one in office.all(webhook)] == [DEAD, DELIVERED]


class TestCircuit:
    def test_an_endpoint_that_fails_is_left_alone_and_then_probed(
        self, office: Office, receiver: Receiver
    ) -> None:
        receiver.behave = lambda event: 500
        webhook, _ = office.hook(receiver.url)
        office.commit(*[f"T-{n}" for n in range(20)])
        for _ in range(5):
            office.run()
            office.later(3)
        sent = len(receiver.got)
        office.run(3)
        assert len(receiver.got) == sent, "nothing while it is open"
        office.later(31)
        office.run()
        assert len(receiver.got) == sent + 1, "one probe"
        receiver.behave = lambda event: 200
        office.later(61)
        office.run(3)
        assert {one.state for one in office.all(webhook)} == {DELIVERED}
        assert office.webhooks.find("default", webhook.id).failures == 0

    def test_an_endpoint_that_hangs_holds_up_no_other(
        self, office: Office, receiver: Receiver, another: Receiver
    ) -> None:
        receiver.behave = lambda event: HANG
        office.timeout_s = 20.0
        office.hook(receiver.url)
        office.hook(another.url)
        office.commit("T-1")

        async def go() -> None:
            lanes = Lanes(one_writer=True)
            sender = HttpSender(office.rules, timeout_s=20.0)
            deliverer = Deliverer(
                office.deliveries, sender, lanes.reads, lanes.writes, office.clock
            )
            for number in range(2, 6):
                await deliverer.run_once(0.3)
                await asyncio.to_thread(office.commit, f"T-{number}")
            await deliverer.run_once(0.3)
            assert another.subjects == ["T-1", "T-2", "T-3", "T-4", "T-5"]
            assert receiver.subjects == ["T-1"], "one batch at a time"
            receiver.over.set()
            await deliverer.aclose()
            lanes.close()

        asyncio.run(go())


class TestSecrets:
    def test_both_sign_until_the_old_one_has_run_out(
        self, office: Office, receiver: Receiver
    ) -> None:
        webhook, old = office.hook(receiver.url)
        new = new_secret()
        office.webhooks.rotate("default", webhook.id, new, office.now + timedelta(hours=1))
        office.commit("T-1")
        office.run()
        headers, body = receiver.got[0]
        assert len(headers["webhook-signature"].split()) == 2
        verify(old, headers, body, time.time())
        verify(new, headers, body, time.time())
        office.later(3601)
        office.commit("T-2")
        office.run()
        headers, body = receiver.got[1]
        assert len(headers["webhook-signature"].split()) == 1
        verify(new, headers, body, time.time())


def test_old_rows_are_forgotten_and_new_ones_are_not(office: Office, receiver: Receiver) -> None:
    webhook, _ = office.hook(receiver.url)
    office.commit("T-1")
    office.run()
    office.later(6 * 86_400)
    office.commit("T-2")
    office.run()
    assert len(office.all(webhook)) == 2
    office.later(2 * 86_400)
    office.run()
    assert [one.subject for one in office.all(webhook)] == ["T-2"]


def test_figures(office: Office, receiver: Receiver) -> None:
    receiver.behave = lambda event: 500
    office.hook(receiver.url)
    office.commit("T-1", "T-2")
    assert office.deliveries.figures(office.now).behind == 3, "its own registration is one"
    office.run()
    found = office.deliveries.figures(office.now)
    assert (found.pending, found.dead, found.behind, found.open) == (2, 0, 0, 0)
    assert found.oldest == office.now


def _event(type: str) -> Event:
    return Event(type=type, subject="T-1", data={})
