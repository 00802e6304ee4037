"""The schema for editors: shipped as printed, fits what is sound, points out what is not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rules.packs import FALLBACK, ROUTING
from rules.schema import rule_file_schema
from tests.rules.helpers import guard, rule, text_of
from tests.rules.json_schema import faults

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = rule_file_schema()


def told(text: str) -> list[str]:
    return faults(SCHEMA, yaml.safe_load(text), SCHEMA)


def test_the_shipped_schema_is_the_one_printed() -> None:
    shipped: dict[str, Any] = json.loads((DOCS / "rules.schema.json").read_text("utf-8"))
    assert shipped == SCHEMA, "run: signalbox rules schema > docs/rules.schema.json"


@pytest.mark.parametrize("path", [ROUTING, FALLBACK], ids=lambda path: path.name)
def test_the_shipped_packs_fit(path: Path) -> None:
    assert told(path.read_text("utf-8")) == []


def test_the_examples_of_the_page_fit() -> None:
    page = (DOCS / "rules.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(name:.*?)```", page, re.DOTALL)
    assert blocks
    assert [told(block) for block in blocks] == [[] for _ in blocks]


OK = rule("{fact: n, gt: 3}")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (text_of(OK) + "nmae: x\n", "unknown nmae"),
        (text_of(rule("{fact: n, gtt: 3}")), "/rules/0/when/0: fits no form"),
        (text_of(rule("{fact: n, gt: 3, lt: 5}")), "/rules/0/when/0: fits no form"),
        (text_of(rule("{fact: n, present: false}")), "/rules/0/when/0: fits no form"),
        (text_of(rule("{any: []}")), "/rules/0/when/0: fits no form"),
        (text_of(rule("")), "/rules/0/when: fewer than 1"),
        (text_of(rule("{fact: n, gt: 3}", "forbid: []")), "/rules/0/forbid: fewer than 1"),
        (text_of(rule("{fact: n, gt: 3}", "verdict: deny")), "/rules/0: unknown verdict"),
        (text_of("", guard("{fact: n, gt: 3}", "allow")), "/guards/0/verdict: none of"),
        (text_of(OK).replace("integer", "int"), "/facts/n/type: none of"),
        (text_of(OK) + "hit: {permits: FIRST}\n", "/hit/permits: none of"),
        (text_of(OK) + "default: deny\n", "/default: none of"),
        (text_of(OK) + "cases: [{name: c, expect: {gaurd: deny}}]\n", "unknown gaurd"),
    ],
)
def test_what_does_not_fit_is_pointed_out(text: str, fault: str) -> None:
    assert any(fault in one for one in told(text)), told(text)


def test_a_group_of_alternatives_fits() -> None:
    assert told(text_of(rule("{any: [{fact: n, gt: 3}, {fact: s, absent: true}]}"))) == []
