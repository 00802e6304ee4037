"""One decision, one rule set; and guards that apply at once."""

import asyncio

from rules import Held, parse_rules
from signalbox.domain.enums import DecisionStatus
from tests.doubles import ScriptedPredictor
from tests.graphs.conftest import RULES
from tests.keeper.versions import STRICTER, decided

OTHER_TEAM = RULES.replace("force: network", "force: security")


class Meanwhile(ScriptedPredictor):
    """Between the two evaluations of one decision somebody exchanges the rules."""

    def __init__(self):
        super().__init__()
        self.act = lambda: None

    def predict(self, task, offered):
        self.act()
        return super().predict(task, offered)


def meanwhile(opened, text, **attributes):
    async def go():
        predictor = Meanwhile()
        async with opened(predictor, rules_check_s=3600) as engine:
            before = engine.rules.pin()
            newer = parse_rules(text)

            def exchange():
                engine.rules.put(Held(newer, "file"))
                engine.keeper._stands[newer.digest] = None

            predictor.act = exchange
            during = await decided(engine, "t1", **attributes)
            predictor.act = lambda: None
            after = await decided(engine, "t2", **attributes)
            assert during.trace.rules_digest == before.digest
            assert after.trace.rules_digest == newer.digest
            return during, after

    return asyncio.run(go())


def test_both_evaluations_of_one_decision_come_from_the_set_it_began_with(opened):
    during, after = meanwhile(opened, OTHER_TEAM, channel="phone")
    assert during.option == "network"
    assert during.trace.offered == ("network",)
    assert after.option == "security"


def test_a_guard_that_came_meanwhile_applies_at_once(opened):
    during, after = meanwhile(opened, STRICTER, priority="high")
    assert during.status is DecisionStatus.WAITING
    assert "in force since it began" in during.reason
    assert "a wrong queue costs an hour" in during.reason
    assert after.status is DecisionStatus.WAITING


def test_a_guard_that_went_meanwhile_still_holds_for_what_began_under_it(opened):
    lax = RULES.replace("eq: critical", "eq: low")
    during, after = meanwhile(opened, lax, priority="critical")
    assert during.status is DecisionStatus.WAITING
    assert after.status is DecisionStatus.DECIDED
