"""Personal data in a task, echoed by a model, is nowhere but in the task itself."""

import asyncio
import json
import logging
import re
import sqlite3

import pytest

from signalbox.app import open_signalbox
from signalbox.domain.approval import ApprovalAnswer
from signalbox.domain.task import Task
from signalbox.settings import LlmSettings, Settings
from tests.doubles import ScriptedPredictor

MAIL, IBAN = "zoe.kanari@example.org", "GB82 WEST 1234 5698 7654 32"
CARD, KEY = "4111 1111 1111 1111", "sk-abcdefghijklmnop1234"
EVERYTHING = f"mail {MAIL}, IBAN {IBAN}, card {CARD}, key {KEY}"
TRACES = ("zoe.kanari", "WEST", "1234 5698", "4111 1111", "4111", "sk-abcd")
HARD = Task(
    id="t1",
    text=f"odd: {EVERYTHING}",
    attributes={
        "caller": MAIL,
        MAIL: "as a name",
        "channel": f"line of {CARD}",
        "source": "x" * 80 + f" card {CARD}",
        "priority": MAIL,
        "customer_tier": f"tier {IBAN}",
        "amount": CARD,
        "note": f"key {KEY}",
    },
)
EASY = Task(id="t2", text=f"network is down, {EVERYTHING}", attributes={"source": MAIL})
RULES = """
name: desk
version: 1
kind: routing
facts:
  priority: {type: string, required: true, enum: [low, normal, high, critical]}
  channel: {type: string}
  source: {type: string}
  customer_tier: {type: string, enum: [standard, vip]}
  amount: {type: decimal, places: 2}
guards:
  - id: strange-line
    why: lines that are not known
    owner: desk lead
    when: [{fact: channel, ne: phone}, {fact: channel, present: true}]
    verdict: require_approval
  - id: strange-source
    why: sources that are not known
    owner: desk lead
    when: [{fact: source, ne: mail}, {fact: source, present: true}, {fact: channel, present: true}]
    verdict: require_approval
"""


@pytest.fixture
def settings(tmp_path, scripted_model):
    rules = tmp_path / "desk.yaml"
    rules.write_text(RULES)
    scripted_model.script(
        reasons=[f"{MAIL} wrote", f"card {CARD} and {IBAN}", "new.person@example.org too"],
        reasoning=f"The task says {EVERYTHING}; {MAIL} is the caller.",
    )
    llm = LlmSettings(
        base_url=scripted_model.base_url("vllm"), model="r1", dialect="vllm", keep_reasoning=True
    )
    return Settings(db=f"sqlite:///{tmp_path / 'desk.db'}", rules=rules, llm=llm)


def stored_elsewhere(path):
    """Every row but those that are the tasks' own record: the table, and the paused runs' copy."""
    connection = sqlite3.connect(path)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    names = [row[0] for row in tables]
    own = {"tasks", "checkpoints", "writes"}
    assert own - {"checkpoints", "writes"} <= set(names)
    found = {name: repr(connection.execute(f"SELECT * FROM {name}").fetchall())
             for name in names if name not in own}  # fmt: skip
    connection.close()
    return found


def carried(told):
    # Half a card number is no part of a digest, an id or an address of memory.
    found = (rf"(?<![0-9a-f]){re.escape(trace)}(?![0-9a-f])" if trace == "4111" else
             re.escape(trace) for trace in TRACES)  # fmt: skip
    return [pattern for pattern in found if re.search(pattern, told)]


def test_nothing_posted_is_in_logs_traces_events_approvals_or_requests(
    settings, scripted_model, caplog, tmp_path
):
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx", "httpcore", "httpx2", "httpcore2", "signalbox", "agents"):
        caplog.set_level(logging.DEBUG, logger=name)

    async def go():
        async with open_signalbox(settings, ScriptedPredictor()) as engine:
            hard = await engine.dispatcher.submit(HARD, 10.0)
            easy = await engine.dispatcher.submit(EASY, 10.0)
            request = scripted_model.stats()["last_request"]
            answer = ApprovalAnswer(decision="approve", actor="bob")
            decided = await engine.dispatcher.answer("default", hard.approval.id, answer)
            logging.getLogger("signalbox").warning("about %s", HARD.text)
            return hard.approval, easy, decided, request, engine.ledger.events(0, 100)

    approval, easy, decided, request, events = asyncio.run(go())
    told = {
        "approval": approval.model_dump_json(),
        "decision": decided.model_dump_json(),
        "automatic": easy.decision.model_dump_json(),
        "events": json.dumps([event.model_dump(mode="json") for event in events]),
        "request": json.dumps(request),
        "logs": caplog.text + repr([(one.msg, one.args) for one in caplog.records]),
        **stored_elsewhere(tmp_path / "desk.db"),
    }
    assert {where: found for where, text in told.items() if (found := carried(text))} == {}
    # The task itself is the record, and so are placeholders where something was.
    assert "[EMAIL_1]" in told["request"] and "[CARD_1]" in told["request"]
    assert "about odd: mail [EMAIL_1]" in caplog.text
    trace = approval.draft.trace
    assert trace.facts["channel"] == "line of [CARD_1]"
    assert trace.facts["source"].endswith(" card [CARD_1]")
    assert "'[EMAIL_1]' is not one of low" in approval.reason
    assert trace.reasoning.endswith("[EMAIL_1] is the caller.")
    # A value the model came up with has a placeholder that means nothing else.
    assert trace.advice.reasons == (
        "[EMAIL_1] wrote", "card [CARD_1] and [IBAN_1]", "[EMAIL_2] too"
    )  # fmt: skip


def test_a_rule_may_still_compare_what_a_trace_may_not_show(settings, tmp_path):
    written = f"""
  - id: that-mailbox
    why: mail of this person is looked at
    owner: desk lead
    when: [{{fact: source, eq: {MAIL}}}]
    verdict: require_approval
"""
    settings.rules.write_text(RULES.rstrip("\n") + written)
    task = Task(id="t3", text="network is down", attributes={"source": MAIL})

    async def go():
        async with open_signalbox(settings, ScriptedPredictor()) as engine:
            return await engine.dispatcher.submit(task, 10.0)

    draft = asyncio.run(go()).approval.draft
    (fired,) = [row for row in draft.trace.rule_trace if row["outcome"] == "fired"]
    assert fired["rule"] == "that-mailbox"
    assert [one["got"] for one in fired["conditions"]] == ["[EMAIL_1]"]
