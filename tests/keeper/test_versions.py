"""Versions of the ledger come into force, and go."""

import asyncio

import pytest

from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.autonomy import Held
from signalbox.domain.base import utc_now
from signalbox.domain.enums import ApprovalVerb
from signalbox.domain.errors import BadRules, Unavailable
from signalbox.domain.rule_version import RuleState
from signalbox.domain.task import Task
from signalbox.settings import Settings
from signalbox.shelving import bundle_of, load_version
from tests.graphs.conftest import RULES
from tests.keeper.versions import BAD_CASE, BAD_FACT, STRICTER, activated, broken, decided, stored


def run(opened, *steps, **settings):
    """Each step in an engine of its own, one after the other on the same files."""

    async def entered():
        for step in steps:
            async with opened(rules_check_s=3600, **settings) as engine:
                await step(engine)

    asyncio.run(entered())


def test_an_active_version_takes_the_place_of_the_file_and_gives_it_back(opened, rule_file):
    async def go(engine):
        assert engine.keeper.report()["from"] == "file"
        version = activated(engine, STRICTER)
        # Not known here yet, and obeyed all the same.
        held = await decided(engine, "t1", priority="high")
        assert held.status == "waiting" and "other rules are in force" in held.reason
        await engine.keeper.look()
        report = engine.keeper.report()
        assert (report["from"], report["digest"]) == ("version", version.digest)
        assert (await decided(engine, "t2", priority="high")).status == "waiting"
        # The file is of no account meanwhile.
        rule_file.write_text(RULES.replace("critical-needs", "very-critical-needs"))
        for _ in range(3):
            assert not await engine.keeper.look()
        engine.ledger.rule_versions.retire(
            "routing", instead_of=version.digest, by="ann", note="", now=utc_now()
        )
        assert await engine.keeper.look()
        assert engine.keeper.report()["from"] == "file"
        assert "very-critical-needs-a-person" in [
            guard.id for guard in engine.rules.pin().definition.guards
        ]

    run(opened, go)


def test_a_restart_finds_the_active_version(opened):
    digests = []

    async def activate(engine):
        digests.append(activated(engine, STRICTER).digest)

    async def after(engine):
        digests.append((await decided(engine, "t1")).trace.rules_digest)

    run(opened, activate, after)
    assert digests[0] == digests[1]


@pytest.mark.parametrize("text", [BAD_FACT, BAD_CASE, "name: ["])
def test_a_version_that_fails_is_not_taken_and_the_next_one_is(opened, text):
    async def go(engine):
        before = engine.rules.pin()
        bad = broken(engine, text)
        for _ in range(3):
            assert not await engine.keeper.look()
        assert engine.rules.pin() is before
        report = (await engine.readiness())["rules"]
        assert bad.short in report["problem"]
        assert report["refused"] == 1
        good = activated(engine, STRICTER)
        assert await engine.keeper.look()
        report = engine.keeper.report()
        assert (report["digest"], report["problem"]) == (good.digest, "")

    run(opened, go)


def test_a_shadow_that_fails_is_told_and_hurts_nobody(opened):
    async def go(engine):
        version = broken(engine, BAD_FACT)
        versions = engine.ledger.rule_versions
        versions.retire("routing", instead_of=version.digest, by="ann", note="", now=utc_now())
        versions.shadow(version, by="ann", note="", now=utc_now())
        assert not await engine.keeper.look()
        report = engine.keeper.report()
        assert report["shadow"] is None
        assert version.short in report["problem"]

    run(opened, go)


def test_nothing_starts_on_an_active_version_that_cannot_be_used(opened):
    async def spoil(engine):
        broken(engine, BAD_FACT)

    with pytest.raises(BadRules, match="cannot be used"):
        run(opened, spoil, spoil)


def test_the_ledger_may_be_away_for_a_look(opened, monkeypatch):
    async def go(engine):
        before = engine.rules.held
        activated(engine, STRICTER)

        def away(kind):
            raise Unavailable("gone fishing")

        with monkeypatch.context() as patched:
            patched.setattr(engine.ledger.rule_versions, "standing", away)
            assert not await engine.keeper.look()
        assert engine.rules.held is before
        assert await engine.keeper.look()

    run(opened, go)


def test_the_digest_of_a_decision_leads_to_the_text_it_was_made_by(opened, rule_file):
    async def go(engine):
        decision = await decided(engine, "t1")
        version = engine.ledger.rule_versions.find("routing", decision.trace.rules_digest)
        assert version.files == {"desk.yaml": RULES}
        assert version.bindings == {"fallback_team": "triage"}
        assert (version.state, version.created_by) == (RuleState.DRAFT, "engine")
        again = load_version(version, version.bindings)
        assert again.rule_set.digest == decision.trace.rules_digest
        assert bundle_of(version) == again.bundle
        # Also of rules that came while it ran, before they decided anything.
        rule_file.write_text(STRICTER)
        await engine.keeper.look()
        await engine.keeper.look()
        later = engine.ledger.rule_versions.find("routing", engine.rules.pin().digest)
        assert later.files == {"desk.yaml": STRICTER}
        assert [event.type for event in engine.ledger.events(0, 9)] == ["decision.committed"]

    run(opened, go, fallback_team="triage")


def test_a_version_bound_otherwise_than_where_it_was_stored_is_kept_as_it_decides(opened):
    async def go(engine):
        version = activated(engine, STRICTER)
        await engine.keeper.look()
        digest = (await decided(engine, "t1")).trace.rules_digest
        assert digest != version.digest
        kept = engine.ledger.rule_versions.find("routing", digest)
        assert (kept.files, kept.bindings) == (version.files, {"fallback_team": "triage"})
        # It is what is active that counts, however it is bound.
        assert not await engine.keeper.look()

    run(opened, go, fallback_team="triage")


def test_the_shipped_pack_is_kept_too(tmp_path, opened):
    async def go(engine):
        assert engine.keeper.report()["from"] == "pack"
        kept = engine.ledger.rule_versions.find("routing", engine.rules.pin().digest)
        assert kept.file == "routing.yaml"

    run(opened, go, rules=None)
    assert Settings().rules is None


def test_storing_the_same_rules_again_keeps_one(opened):
    async def go(engine):
        first = stored(engine, RULES)
        second = stored(engine, RULES + "\n# the same\n")
        assert first.digest == second.digest == engine.rules.pin().digest
        assert len(engine.ledger.rule_versions.newest("routing", 10)) == 1

    run(opened, go)


def test_what_was_approved_waits_for_rules_that_are_active_and_not_yet_known(opened):
    """The person approved what the new version denies, and this engine has not looked yet."""

    async def go(engine):
        task = Task(id="t1", text="network down", attributes={"priority": "critical"})
        asked = await engine.dispatcher.submit(task, 5.0)
        denies = RULES.replace("verdict: require_approval", "verdict: deny")
        activated(engine, denies)
        engine.keeper.hurry = lambda: None
        yes = ApprovalAnswer(decision=ApprovalVerb.APPROVE, actor="bob")
        with pytest.raises(Held, match="other rules are in force"):
            await engine.dispatcher.answer("default", asked.approval.id, yes)
        assert engine.ledger.latest_decision("default", "t1") is None
        assert await engine.keeper.look()
        await engine.dispatcher.expire()
        after = engine.ledger.latest_decision("default", "t1")
        assert (after.status, after.actor) == ("denied", "system:recheck")

    run(opened, go)


def test_a_version_that_cannot_be_used_here_is_obeyed_by_asking(opened):
    async def go(engine):
        broken(engine, BAD_FACT)
        await engine.keeper.look()
        assert engine.keeper.report()["problem"]
        assert (await decided(engine, "t1", priority="low")).status == "waiting"

    run(opened, go)


def test_whatever_is_in_the_file_what_is_activated_comes_into_force(opened, rule_file):
    async def go(engine):
        rule_file.write_text('name: "\\U00110000"\n')
        await engine.keeper.look()
        version = activated(engine, STRICTER)
        await engine.keeper.look()
        await engine.keeper.look()
        report = engine.keeper.report()
        assert report["digest"] == version.digest
        assert "U00110000" in rule_file.read_text() and report["problem"]

    run(opened, go)
