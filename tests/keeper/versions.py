"""Versions for the tests: made of text, stored, and put in force by hand."""

from __future__ import annotations

from rules import Bundle
from signalbox.app import Signalbox
from signalbox.domain.base import utc_now
from signalbox.domain.rule_version import RuleVersion
from signalbox.domain.task import Task
from signalbox.settings import Settings
from signalbox.shelving import load_own, version_of
from tests.graphs.conftest import RULES

STRICTER = RULES.replace("version: 1", "version: 2").replace(
    "{fact: priority, eq: critical}", "{fact: priority, in: [high, critical]}"
)
BAD_FACT = RULES.replace("fact: priority, eq", "fact: prioriti, eq")
BAD_CASE = (
    RULES
    + """
cases:
  - name: an ordinary task
    given: {priority: normal, language_risk: false}
    expect: {guard: deny}
"""
)


def stored(engine: Signalbox, text: str, name: str = "stored.yaml") -> RuleVersion:
    """``text`` as a stored version."""
    loaded = load_own(Settings(rules="any.yaml"), Bundle(name, {name: text}))
    return engine.ledger.rule_versions.store(version_of(loaded, "ann", "", utc_now()))


def activated(engine: Signalbox, text: str) -> RuleVersion:
    """``text`` as the active version."""
    version, versions = stored(engine, text), engine.ledger.rule_versions
    seen = versions.standing("routing").active
    return versions.activate(version, instead_of=seen, by="ann", note="", now=utc_now())


def broken(engine: Signalbox, text: str) -> RuleVersion:
    """An active version whose text no longer loads, as a newer engine might find one."""
    version, versions = stored(engine, RULES.replace("name: desk", "name: odd")), None
    bad = version.model_copy(update={"files": {version.file: text}})
    versions = engine.ledger.rule_versions
    versions.store(bad)
    seen = versions.standing("routing").active
    return versions.activate(bad, instead_of=seen, by="ann", note="", now=utc_now())


async def decided(engine: Signalbox, name: str, **attributes: str):
    """What comes of a task of that id: the decision, or the draft that waits."""
    task = Task(id=name, text="network down", attributes=attributes)
    answer = await engine.dispatcher.submit(task, 5.0)
    return answer.decision or answer.approval.draft


async def looked(engine: Signalbox, times: int = 2) -> bool:
    """Whether new rules came into force within so many looks."""
    return any([await engine.keeper.look() for _ in range(times)])
