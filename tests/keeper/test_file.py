"""The rule file changes while the engine runs."""

import asyncio

import pytest

from tests.graphs.conftest import RULES
from tests.keeper.versions import BAD_CASE, BAD_FACT, STRICTER, decided, looked


def run(opened, go):
    async def entered():
        # The rounds of the engine itself are kept out of the way: the tests look.
        async with opened(rules_check_s=3600) as engine:
            await go(engine)

    asyncio.run(entered())


def test_a_changed_file_is_in_force_once_it_lies_still(opened, rule_file):
    async def go(engine):
        first = await decided(engine, "t1", priority="high")
        assert first.status == "decided"
        rule_file.write_text(STRICTER)
        assert not await engine.keeper.look()
        assert (await decided(engine, "t2", priority="high")).status == "decided"
        assert await engine.keeper.look()
        third = await decided(engine, "t3", priority="high")
        assert third.status == "waiting"
        assert third.trace.rules_digest != first.trace.rules_digest
        assert third.trace.rules_digest == (await engine.readiness())["rules"]["digest"]
        assert engine.keeper.report()["swaps"] == 1

    run(opened, go)


def test_an_unchanged_or_touched_file_changes_nothing(opened, rule_file):
    async def go(engine):
        before = engine.rules.pin()
        rule_file.write_text(RULES)
        assert not await looked(engine, 3)
        assert engine.rules.pin() is before

    run(opened, go)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (BAD_FACT, "did you mean 'priority'"),
        (BAD_CASE, "an ordinary task"),
        (RULES.replace("guards:", "guards"), "not valid YAML"),
        ("", "a rule file is a mapping"),
        (RULES.replace("kind: routing", "kind: refunds"), "refunds"),
        (b"\xff\xfe", "not UTF-8"),
        (None, "No such file"),
    ],
)
def test_rules_that_fail_leave_the_old_ones_in_force(opened, rule_file, content, named):
    async def go(engine):
        before = engine.rules.pin()
        if content is None:
            rule_file.unlink()
        else:
            rule_file.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert not await looked(engine, 5)
        assert engine.rules.pin() is before
        report = (await engine.readiness())["rules"]
        assert named in report["problem"]
        assert report["refused"] == 1
        assert (await engine.readiness())["ready"]
        assert (await decided(engine, "t1")).trace.rules_digest == before.digest
        rule_file.write_text(STRICTER)
        assert await looked(engine)
        report = (await engine.readiness())["rules"]
        assert (report["problem"], report["refused"]) == ("", 1)

    run(opened, go)


def test_a_problem_is_gone_with_the_old_text(opened, rule_file):
    async def go(engine):
        rule_file.write_text(BAD_FACT)
        await looked(engine)
        assert engine.keeper.report()["problem"]
        rule_file.write_text(RULES)
        assert not await looked(engine)
        assert engine.keeper.report()["problem"] == ""

    run(opened, go)


def test_a_file_that_is_still_being_written_is_not_taken(opened, rule_file):
    """Cut before its guards it would be a sound rule set, and a laxer one."""

    async def go(engine):
        before = engine.rules.pin().digest
        seen = set()
        cut = STRICTER.index("guards:")
        for end in (cut // 2, cut, cut + 40, len(STRICTER) - 30):
            rule_file.write_text(STRICTER[:end])
            await engine.keeper.look()
            seen.add(engine.rules.pin().digest)
        rule_file.write_text(STRICTER)
        await engine.keeper.look()
        seen.add(engine.rules.pin().digest)
        assert seen == {before}
        assert await engine.keeper.look()
        assert len(engine.rules.pin().definition.guards) == 2

    run(opened, go)


def test_the_engine_looks_by_itself(opened, rule_file):
    async def go():
        async with opened(rules_check_s=0.02) as engine:
            before = engine.rules.pin().digest
            rule_file.write_text(STRICTER)
            async with asyncio.timeout(20):
                while engine.rules.pin().digest == before:
                    await asyncio.sleep(0.01)
            assert (await decided(engine, "t1", priority="high")).status == "waiting"

    asyncio.run(go())


def test_a_table_that_the_file_takes_in_is_watched_too(opened, rule_file):
    table = rule_file.with_name("amounts.csv")
    rows = "# owner: finance\nid,when:amount,then:verdict,why\nlarge,>=10000,require_approval,w\n"
    table.write_text(rows)
    taking = RULES.replace("rules:", "tables: [amounts.csv]\nrules:", 1)
    rule_file.write_text(taking)

    async def go(engine):
        assert (await decided(engine, "t1", amount="7000")).status == "decided"
        table.write_text(rows.replace(">=10000", ">=5000"))
        assert await looked(engine)
        after = await decided(engine, "t2", amount="7000")
        assert after.status == "waiting"
        kept = engine.ledger.rule_versions.find("routing", after.trace.rules_digest)
        assert list(kept.files) == ["desk.yaml", "amounts.csv"]
        assert ">=5000" in kept.files["amounts.csv"]
        table.unlink()
        assert not await looked(engine, 3)
        assert "there is no table 'amounts.csv'" in engine.keeper.report()["problem"]

    run(opened, go)
