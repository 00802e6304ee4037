"""The client against a real socket: what it sends, what it makes of the answer, what it costs."""

import asyncio
import gzip
import json
import time

import pytest

from agents.breaker import Breaker
from agents.budget import NoBudget, Reservation
from agents.client import R1Client
from agents.config import configure
from agents.failures import ConsultFailed, FailureKind
from agents.messages import Message
from tests.agents.host import GOOD, completion, response, running

CASE = "case" * 25
ASKED = [Message("system", "rules"), Message("user", CASE)]
OFFERED = ("mail", "network")
SLACK_S = 0.25


def settings(host, **more):
    given = {"dialect": "deepseek", "api_key": "sk-local-test-key", "backoff_s": 0.01, **more}
    return configure(base_url=host.url, model="r1", **given)


def asking(host, *, deadline_s=10.0, budget=None, times=1, **more):
    """The last reply or the failure, after ``times`` questions."""

    async def main():
        async with R1Client(settings(host, **more), budget) as client:
            await client.warm_up()
            for _ in range(times):
                began = time.monotonic()
                try:
                    found = await client.ask(ASKED, OFFERED, ("e1",), deadline_s)
                except ConsultFailed as failure:
                    found = failure
                assert time.monotonic() - began < deadline_s + SLACK_S
            return found

    return asyncio.run(main())


class Purse(NoBudget):
    """A budget in memory that notes what happens to it."""

    def __init__(self, usd=1.0):
        self.left = usd
        self.held = {}
        self.settled = []

    async def reserve(self, tokens, usd):
        if usd > self.left:
            return None
        self.left -= usd
        key = str(len(self.held) + len(self.settled))
        self.held[key] = usd
        return Reservation(key, usd)

    async def settle(self, reservation, usd):
        self.left += self.held.pop(reservation.key) - usd
        self.settled.append(usd)


def test_an_answer_comes_with_what_it_took():
    with running(response(completion(reasoning_content="because"))) as host:
        reply = asking(host)
    assert reply.answer.choice == "mail"
    assert (reply.reasoning, reply.model, reply.dialect) == ("because", "r1-served", "deepseek")
    assert (reply.usage.prompt, reply.usage.completion) == (100, 50)
    assert reply.cost_usd == pytest.approx((100 * 0.55 + 50 * 2.19) / 1e6)
    assert (reply.attempts, reply.asked, reply.cached) == (1, 1, False)


def test_what_goes_out_is_what_the_host_understands_and_nothing_else(monkeypatch):
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "of-another-vendor")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-spy: of-another-vendor")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", "http://127.0.0.1:9")
    with running() as host:
        asking(host, max_tokens=700)
    (line, headers, body), *more = host.requests
    assert not more
    assert line == "POST /v1/chat/completions HTTP/1.1"
    assert set(headers) == {
        "host", "content-type", "content-length", "connection", "accept", "accept-encoding",
        "user-agent", "authorization",
    }  # fmt: skip
    assert headers["authorization"] == "bearer sk-local-test-key"
    assert body == {
        "model": "r1",
        "messages": [
            {"role": "system", "content": "rules"},
            {"role": "user", "content": CASE},
        ],
        "max_tokens": 700,
        "temperature": 0.6,
        "top_p": 0.95,
        "response_format": {"type": "json_object"},
    }


def test_without_a_key_none_is_sent(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "of-another-vendor")
    with running() as host:
        assert asking(host, api_key="").answer.choice == "mail"
    assert "authorization" not in host.requests[0][1]


def test_open_weights_get_no_system_prompt_and_no_grammar_before_the_thought():
    with running(response(completion(f"hm</think>{json.dumps(GOOD)}"))) as host:
        assert asking(host, dialect="raw").reasoning == "hm"
    body = host.requests[0][2]
    assert body["messages"] == [{"role": "user", "content": f"rules\n\n{CASE}"}]
    assert "response_format" not in body


def test_a_grammar_names_the_offered_ids():
    with running(response(completion(reasoning="hm"))) as host:
        assert asking(host, dialect="vllm").reasoning == "hm"
    schema = host.requests[0][2]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["choice"]["enum"] == list(OFFERED)
    assert schema["properties"]["evidence"]["items"]["enum"] == ["e1"]


@pytest.mark.parametrize(
    ("step", "kind", "sent"),
    [
        (response(completion("")), "blank", 2),
        (response(completion("no")), "invalid_json", 2),
        (response(completion("{}")), "invalid_schema", 2),
        (response(completion(json.dumps({**GOOD, "choice": "x"}))), "not_offered", 2),
        (response(completion(finish_reason="length")), "truncated", 1),
        (response(completion(refusal="no")), "refused", 1),
        (response(b"<html></html>", kind="text/html"), "protocol", 1),
        (response({"error": {"message": "m"}}), "protocol", 1),
        (response(b"", 302, location="http://127.0.0.1:9/"), "protocol", 1),
        (response({}, 400), "bad_request", 1),
        (response({}, 401), "auth", 1),
        (response({}, 402), "payment", 1),
        (response({}, 429), "rate_limited", 3),
        (response({}, 429, retry_after=3600), "rate_limited", 1),
        (response({}, 503), "server_error", 3),
        (None, "protocol", 3),
        ([response(completion())[:-9], None], "protocol", 3),
        ([b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\n\r\n" + b" " * 3000, None],
         "protocol", 1),
        (b"garbage\r\n\r\n", "protocol", 3),
    ],
)  # fmt: skip
def test_each_fault_is_one_typed_failure(step, kind, sent):
    with running(step) as host:
        found = asking(host)
    assert isinstance(found, ConsultFailed)
    assert found.kind == FailureKind(kind), found
    assert (found.attempts, len(host.requests)) == (sent, sent)


@pytest.mark.parametrize(
    "step",
    [
        60.0,
        [b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n", *([b"1\r\n\n\r\n", 0.05] * 90)],
        [b"HTTP/1.1 200 X\r\ncontent-length: 9000\r\n\r\n", *([b"x", 0.05] * 90)],
    ],
)
def test_nothing_lasts_past_the_deadline(step):
    with running(step) as host:
        found = asking(host, deadline_s=0.5)
    assert found.kind == FailureKind.TIMEOUT


@pytest.mark.parametrize("headers", [{}, {"content_encoding": "gzip"}])
def test_a_body_is_bounded_compressed_or_not(headers):
    body = b" " * 3_000_000
    body = gzip.compress(body) if headers else body
    with running(response(body, **headers)) as host:
        found = asking(host, max_body_bytes=100_000)
    assert found.kind == FailureKind.PROTOCOL
    assert "longer than 100000" in found.message


def test_nobody_there_is_unreachable():
    with running() as host:
        pass
    found = asking(host)
    assert (found.kind, found.attempts) == (FailureKind.UNREACHABLE, 3)


def test_the_reasoning_is_bounded():
    with running(response(completion(reasoning="x" * 1_000_000))) as host:
        assert asking(host, reasoning_chars=50).reasoning == "x" * 50


def test_a_wrong_answer_is_asked_again_with_what_was_wrong():
    wrong = completion(json.dumps({**GOOD, "choice": "printers"}))
    with running(response(wrong), response(completion())) as host:
        reply = asking(host)
    assert (reply.answer.choice, reply.asked, reply.attempts) == ("mail", 2, 2)
    assert reply.cost_usd == pytest.approx(2 * (100 * 0.55 + 50 * 2.19) / 1e6)
    turns = host.requests[1][2]["messages"]
    assert len(turns) == 2
    assert "'printers' was not offered" in turns[-1]["content"]


def test_it_is_not_asked_again_when_the_answer_would_be_late():
    with running([0.4, response(completion("no"))]) as host:
        found = asking(host, deadline_s=0.7)
    assert (found.kind, len(host.requests)) == (FailureKind.INVALID_JSON, 1)


def test_a_second_question_that_gets_no_answer_leaves_the_first_failure():
    with running(response(completion("no")), response({}, 400)) as host:
        found = asking(host)
    assert found.kind == FailureKind.INVALID_JSON
    assert "asked again: bad_request" in found.message


def test_the_breaker_stops_asking_a_host_that_is_down():
    with running(response({}, 503)) as host:
        found = asking(host, times=4)
    assert found.kind == FailureKind.BREAKER_OPEN
    assert len(host.requests) == 5


def test_a_refused_key_is_sent_once():
    with running(response({}, 401)) as host:
        found = asking(host, times=5)
    assert found.kind == FailureKind.BREAKER_OPEN
    assert len(host.requests) == 1


def test_the_cap_holds_and_who_waits_too_long_is_busy():
    async def main(host):
        async with R1Client(settings(host, concurrency=2)) as client:
            await client.warm_up()
            asked = (client.ask(ASKED, OFFERED, ("e1",), 1.2) for _ in range(6))
            return await asyncio.gather(*asked, return_exceptions=True)

    with running([0.5, response(completion())]) as host:
        found = asyncio.run(main(host))
    assert [one.kind for one in found if isinstance(one, ConsultFailed)].count("busy") == 2
    assert len(host.requests) == 4


def test_the_cache_answers_the_same_question_without_asking():
    with running() as host:
        reply = asking(host, times=3, cache_size=10)
    assert (reply.cached, reply.cost_usd, reply.attempts) == (True, 0.0, 0)
    assert len(host.requests) == 1


def test_the_cache_keeps_independent_answers_apart():
    async def main(host):
        async with R1Client(settings(host, cache_size=10)) as client:
            for sample in (0, 1, 0, 1):
                await client.ask(ASKED, OFFERED, ("e1",), 10, sample=sample)

    with running() as host:
        asyncio.run(main(host))
    assert len(host.requests) == 2


def test_clients_of_one_host_may_share_a_breaker():
    async def main(host):
        breaker = Breaker("shared", threshold=1)
        kinds = []
        for _ in range(2):
            async with R1Client(settings(host), breaker=breaker) as client:
                with pytest.raises(ConsultFailed) as caught:
                    await client.ask(ASKED, OFFERED, (), 10)
                kinds.append(caught.value.kind)
        return kinds

    with running(response({}, 500)) as host:
        assert asyncio.run(main(host)) == ["server_error", "breaker_open"]


@pytest.mark.parametrize("deadline_s", [0.0, -1.0, float("nan")])
def test_a_deadline_that_has_passed_asks_nobody(deadline_s):
    async def main(host):
        async with R1Client(settings(host)) as client:
            await client.ask(ASKED, OFFERED, ("e1",), deadline_s)

    with running() as host, pytest.raises(ConsultFailed) as caught:
        asyncio.run(main(host))
    assert (caught.value.kind, host.requests) == (FailureKind.TIMEOUT, [])


def test_without_options_nobody_is_asked():
    async def main(host):
        async with R1Client(settings(host)) as client:
            await client.ask(ASKED, (), (), 10)

    with running() as host, pytest.raises(ConsultFailed) as caught:
        asyncio.run(main(host))
    assert (caught.value.kind, host.requests) == (FailureKind.BAD_REQUEST, [])


def test_closing_the_client_cancels_what_is_under_way():
    async def main(host):
        client = R1Client(settings(host))
        await client.warm_up()
        asked = asyncio.create_task(client.ask(ASKED, OFFERED, ("e1",), 10))
        while not host.requests:
            await asyncio.sleep(0.01)
        await client.aclose()
        first = (await asyncio.gather(asked, return_exceptions=True))[0]
        with pytest.raises(ConsultFailed) as later:
            await client.ask(ASKED, OFFERED, ("e1",), 10)
        return first, later.value

    with running(5.0) as host:
        first, later = asyncio.run(main(host))
    assert isinstance(first, ConsultFailed)
    assert first.kind == FailureKind.CANCELLED
    assert later.kind == FailureKind.CANCELLED
