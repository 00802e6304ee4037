"""Pauses as LangGraph's own savers store them: found, and forgotten for good."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from langgraph.checkpoint.base import empty_checkpoint

from signalbox.checkpoints import checkpoint_path, open_pauses, open_saver
from signalbox.domain.base import utc_now
from signalbox.ledger.store import open_ledger
from tests.ledger.make import a_decision, a_task, an_approval

SECRET = "zebra4711"


def pause(url, *threads):
    """Write a checkpoint and what was pending, as a run does that is interrupted."""

    async def run():
        async with open_saver(url) as saver:
            for thread in threads:
                config = {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
                checkpoint = empty_checkpoint()
                checkpoint["channel_values"] = {"task": {"text": SECRET * 100}}
                checkpoint["channel_versions"] = {"task": "1"}
                config = await saver.inner.aput(config, checkpoint, {}, {"task": "1"})
                await saver.inner.aput_writes(config, [("x", {"said": SECRET})], "task")

    asyncio.run(run())


def left(url, *threads):
    async def run():
        async with open_saver(url) as saver:
            configs = ({"configurable": {"thread_id": one}} for one in threads)
            return [
                config["configurable"]["thread_id"]
                for config in configs
                if await saver.inner.aget_tuple(config) is not None
            ]

    return asyncio.run(run())


@pytest.fixture
def pauses(url):
    open_ledger(url).close()
    opened = open_pauses(url)
    # On PostgreSQL the tables outlive a test, and one that was never paused has none.
    everything = [one for page in opened.settled(utc_now() + timedelta(days=1)) for one in page]
    opened.forget(everything)
    yield opened
    opened.close()


def test_before_anything_was_paused_there_is_nothing(pauses):
    assert pauses.forget(["a"]) == 0
    assert pauses.about("default", "T-1") == []
    assert list(pauses.settled(utc_now())) == []
    assert pauses.flush()


def test_forgotten_is_gone_for_the_saver_too(pauses, url, tmp_path):
    names = [f"default:T-{n}:abc" for n in range(450)]
    pause(url, *names[:3])
    assert pauses.forget([*names, "other"]) == 3
    assert left(url, *names[:3]) == []
    assert pauses.forget(names) == 0
    assert pauses.flush()
    if url.startswith("sqlite"):
        files = [path for path in tmp_path.iterdir() if "checkpoints" in path.name]
        assert files and not any(SECRET.encode() in path.read_bytes() for path in files)


def test_about_one_task_and_no_other(pauses, url):
    pause(url, "default:T-1:aaa", "default:T-1:bbb", "default:T-10:ccc", "default:T_1:ddd")
    pause(url, "default:T-1:more:eee", "other:T-1:fff", "default:t%1:ggg")
    assert sorted(pauses.about("default", "T-1")) == ["default:T-1:aaa", "default:T-1:bbb"]
    assert pauses.about("default", "T_1") == ["default:T_1:ddd"]


def test_what_somebody_is_waited_for_stays(pauses, url):
    ledger = open_ledger(url)
    for n in (1, 2):
        waiting = an_approval(f"T-{n}").model_copy(update={"thread": f"default:T-{n}:abc"})
        ledger.park(a_task(f"T-{n}"), waiting)
    ledger.commit(a_task("T-2"), a_decision("T-2"))
    ledger.close()
    pause(url, "default:T-1:abc", "default:T-2:abc", "default:T-3:abc")
    later = utc_now() + timedelta(seconds=1)
    found = [one for page in pauses.settled(later) for one in page]
    assert sorted(found) == ["default:T-2:abc", "default:T-3:abc"]
    assert pauses.about("default", "T-1") == []


def test_young_ones_stay(pauses, url, monkeypatch):
    pause(url, "a:b:c")
    assert list(pauses.settled(utc_now() - timedelta(minutes=5))) == []
    monkeypatch.setattr("signalbox.ledger.pauses.AT_ONCE", 2)
    pause(url, *(f"a:{n}:x" for n in range(5)))
    pages = list(pauses.settled(utc_now() + timedelta(minutes=5)))
    assert sorted(one for page in pages for one in page) == [
        *(f"a:{n}:x" for n in range(5)),
        "a:b:c",
    ]


def test_the_time_in_an_id():
    from signalbox.ledger.pauses import _made

    assert _made("1f1e8b48-1337-6149-bffe-5452ae6d01c2") == datetime(
        2026, 11, 25, 9, 42, 18, 458554, tzinfo=UTC
    )
    assert _made("no uuid") > utc_now() - timedelta(minutes=1)


def test_the_file_is_that_of_the_engine(url):
    if url.startswith("sqlite"):
        assert checkpoint_path(url).endswith("ledger-checkpoints.db")
