"""A version in shadow sees every decision and has no say."""

import asyncio
import json

from signalbox.domain.base import utc_now
from signalbox.domain.enums import DecisionStatus
from signalbox.domain.errors import Unavailable
from tests.keeper.versions import STRICTER, activated, decided, stored


def run(opened, *steps):
    async def entered():
        for step in steps:
            async with opened(rules_check_s=3600) as engine:
                await step(engine)

    asyncio.run(entered())


def shadowed(engine, text=STRICTER):
    version = stored(engine, text)
    return engine.ledger.rule_versions.shadow(version, by="ann", note="", now=utc_now())


def test_differences_are_counted_and_kept_without_effect(opened):
    async def go(engine):
        version = shadowed(engine)
        assert not await engine.keeper.look()
        assert engine.keeper.report()["shadow"] == version.digest
        in_force = engine.rules.pin().digest
        for number in range(6):
            priority = "high" if number % 2 else "normal"
            decision = await decided(engine, f"t{number}", priority=priority)
            assert decision.status is DecisionStatus.DECIDED
            assert decision.trace.rules_digest == in_force
        await engine.keeper.look()
        (count,) = engine.ledger.rule_versions.shadow_counts("routing")
        assert (count.active, count.shadow) == (in_force, version.digest)
        assert (count.compared, count.differing, count.guard) == (6, 3, 3)
        assert (count.failed, count.forced, count.allowed, count.fallback) == (0, 0, 0, 0)
        newest, *_ = engine.ledger.rule_versions.differences("routing", 10)
        assert newest.subject == "t5"
        assert (newest.before["guard"], newest.after["guard"]) == ("allow", "require_approval")
        assert [one["rule"] for one in newest.because] == ["critical-needs-a-person"]
        assert "network down" not in json.dumps(newest.model_dump(mode="json"))

    run(opened, go)


def test_what_was_counted_last_is_kept_when_the_engine_stops(opened):
    async def go(engine):
        shadowed(engine)
        await engine.keeper.look()
        await decided(engine, "t1", priority="high")

    async def after(engine):
        (count,) = engine.ledger.rule_versions.shadow_counts("routing")
        assert (count.compared, count.differing) == (1, 1)
        assert engine.keeper.report()["shadow"] == count.shadow

    run(opened, go, after)


def test_what_cannot_be_kept_now_is_kept_later(opened, monkeypatch):
    async def go(engine):
        shadowed(engine)
        await engine.keeper.look()
        await decided(engine, "t1", priority="high")

        def away(*_):
            raise Unavailable("gone fishing")

        versions = engine.ledger.rule_versions
        with monkeypatch.context() as patched:
            patched.setattr(versions, "count_shadow", away)
            await engine.keeper.look()
        assert versions.shadow_counts("routing") == []
        await decided(engine, "t2", priority="high")
        await engine.keeper.look()
        (count,) = versions.shadow_counts("routing")
        assert count.differing == 2
        assert [one.subject for one in versions.differences("routing", 9)] == ["t2", "t1"]

    run(opened, go)


def test_activating_the_shadow_ends_it_and_keeps_its_counts(opened):
    async def go(engine):
        shadowed(engine)
        await engine.keeper.look()
        await decided(engine, "t1", priority="high")
        version = activated(engine, STRICTER)
        assert await engine.keeper.look()
        assert engine.keeper.report()["shadow"] is None
        (count,) = engine.ledger.rule_versions.shadow_counts("routing")
        assert (count.shadow, count.compared) == (version.digest, 1)
        assert (await decided(engine, "t2", priority="high")).status is DecisionStatus.WAITING

    run(opened, go)
