"""Loops, cancellations and crowds: nothing is left behind."""

import asyncio
import gc
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agents.client import R1Client
from agents.config import configure
from agents.failures import ConsultFailed, FailureKind
from agents.messages import Message
from agents.reply import Reply
from tests.agents.host import completion, response, running

ASKED = [Message("user", "case")]
OFFERED = ("mail", "network")
DESCRIPTORS = Path("/proc/self/fd")
SLOW = [0.2, response(completion())]

needs_proc = pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="counts /proc/self/fd")


def client_of(host, **more):
    given = {"concurrency": 50, "api_key": "sk-local-test-key", **more}
    return R1Client(configure(base_url=host.url, model="r1", **given))


def ask(client, deadline_s=20.0):
    return client.ask(ASKED, OFFERED, ("e1",), deadline_s)


def descriptors(host):
    """Open descriptors of this process, without the host's own ends of its connections."""
    gc.collect()
    return len(list(DESCRIPTORS.iterdir())) - host.open


async def settled(host, expected, wait_s=15.0):
    """Descriptors once the host has noticed what was closed, and the tasks there are."""
    for _ in range(int(wait_s / 0.02)):
        if descriptors(host) == expected:
            break
        await asyncio.sleep(0.02)
    return descriptors(host), len(asyncio.all_tasks())


@needs_proc
def test_a_crowd_of_500_leaves_nothing_behind():
    async def main(host):
        async with client_of(host) as client:
            await client.warm_up()
            before = descriptors(host)
            found = await asyncio.gather(*(ask(client) for _ in range(500)))
        return found, before, await settled(host, before)

    with running() as host:
        found, before, after = asyncio.run(main(host))
    assert {reply.answer.choice for reply in found} == {"mail"}
    assert len(host.requests) == 500
    assert after == (before, 1)


@needs_proc
def test_a_thousand_cancelled_questions_leave_nothing_behind():
    async def main(host):
        async with client_of(host) as client:
            await client.warm_up()
            before = descriptors(host)
            for wave in range(10):
                tasks = [asyncio.create_task(ask(client)) for _ in range(100)]
                # From before anything is sent to while answers are being read.
                await asyncio.sleep(wave * 0.04)
                for task in tasks:
                    task.cancel()
                found = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(isinstance(one, asyncio.CancelledError | Reply) for one in found)
            # Every slot and connection is free again: as many at once as the cap allows.
            after = await asyncio.gather(*(ask(client, 5) for _ in range(50)))
            state = client.breaker.state
        return found, after, state, before, await settled(host, before)

    with running(SLOW) as host:
        found, after, state, before, left = asyncio.run(main(host))
    assert any(isinstance(one, asyncio.CancelledError) for one in found)
    assert len(after) == 50
    assert state == "closed"
    assert left == (before, 1)


@needs_proc
def test_questions_that_time_out_leave_nothing_behind():
    async def main(host):
        async with client_of(host, breaker_failures=1000) as client:
            await client.warm_up()
            before = descriptors(host)
            asked = (ask(client, 0.3) for _ in range(100))
            found = await asyncio.gather(*asked, return_exceptions=True)
        return found, before, await settled(host, before)

    with running(30.0) as host:
        found, before, after = asyncio.run(main(host))
    assert {one.kind for one in found} == {FailureKind.TIMEOUT, FailureKind.BUSY}
    assert after == (before, 1)


@needs_proc
def test_one_loop_after_another_and_none_left_open():
    with running() as host:
        client = client_of(host)
        before = None
        for _ in range(5):
            # Not closed by hand: the loop's own end closes what was opened on it.
            assert asyncio.run(ask(client)).answer.choice == "mail"
            before = before or descriptors(host)
        assert descriptors(host) <= before
        asyncio.run(client.aclose())


def test_a_loop_that_was_closed_without_notice_is_forgotten():
    with running() as host:
        client = client_of(host)
        for _ in range(3):
            loop = asyncio.new_event_loop()
            loop.run_until_complete(ask(client))
            loop.close()
            gc.collect()
        assert asyncio.run(ask(client)).answer.choice == "mail"
        assert client.open_wires <= 1
        asyncio.run(client.aclose())


def test_two_loops_at_once_share_a_client():
    found = []

    def run(client):
        async def main():
            found.extend(await asyncio.gather(*(ask(client) for _ in range(20))))

        asyncio.run(main())

    with running() as host:
        client = client_of(host)
        threads = [threading.Thread(target=run, args=(client,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        asyncio.run(client.aclose())
    assert len(found) == 40


def test_closing_reaches_a_wire_on_another_loop():
    with running() as host:
        client = client_of(host)
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        asyncio.run_coroutine_threadsafe(ask(client), loop).result(30)
        asyncio.run(client.aclose())
        late = asyncio.run_coroutine_threadsafe(ask(client), loop)
        with pytest.raises(ConsultFailed):
            late.result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


HEAVY = {"langchain_openai", "langchain_core", "openai", "httpx2", "httpx", "langsmith"}


@pytest.mark.parametrize(
    "code",
    [
        "import agents, agents.client, agents.wire, agents.reader, agents.dialects",
        "from agents.client import R1Client; from agents.config import configure\n"
        "R1Client(configure(preset='ollama'))",
    ],
)
def test_nothing_heavy_is_imported_before_a_question(code):
    script = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert not set(done.stdout.split()) & HEAVY


def test_the_first_question_does_not_stop_the_loop_while_it_imports():
    # Against nobody: what counts is that the deadline holds although the import takes longer.
    script = """
import asyncio, time
from agents.client import R1Client
from agents.config import configure
from agents.failures import ConsultFailed

async def main():
    client = R1Client(configure(base_url="http://127.0.0.1:9/v1", model="r1"))
    began = time.monotonic()
    try:
        await client.ask([("user", "case")], ["a"], [], 0.1)
    except ConsultFailed as failure:
        print(failure.kind, time.monotonic() - began < 0.35)
    print(client.breaker.failures)

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["timeout", "True", "0"], done.stderr


def test_what_the_libraries_bring_is_no_work_for_the_garbage_collector():
    code = """
import asyncio, gc
from agents.client import R1Client
from agents.config import configure
config = configure(base_url="http://127.0.0.1:9/v1", model="r1", dialect="vllm")

async def main():
    async with R1Client(config) as client:
        await client.warm_up()
        print(gc.get_freeze_count(), len(gc.get_objects()))

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    kept, walked = map(int, done.stdout.split())
    assert kept > 10 * walked
