"""Small rule files for the tests of this room."""

from __future__ import annotations

from rules import RuleSet, parse_rules

HEAD = """\
name: t
version: 1
kind: test
bindings: {team: optional}
facts:
  n: {type: integer}
  d: {type: decimal, places: 2}
  s: {type: string}
  e: {type: string, enum: [low, high], required: true}
  b: {type: boolean, required: true}
"""
FULL = {"n": 5, "d": 1.5, "s": "x", "e": "low", "b": True}
OPTIONS = ("A", "B", "C")


def rule(when: str, effect: str = "forbid: [A]", name: str = "r1") -> str:
    return f"  - {{id: {name}, why: w, owner: o, when: [{when}], {effect}}}\n"


def guard(when: str, verdict: str = "deny", name: str = "g1") -> str:
    return rule(when, f"verdict: {verdict}", name)


def text_of(rules: str = "", guards: str = "", rest: str = "") -> str:
    text = HEAD
    text += f"rules:\n{rules}" if rules else ""
    text += f"guards:\n{guards}" if guards else ""
    return text + rest


def rule_set(rules: str = "", guards: str = "", **bindings: str) -> RuleSet:
    return parse_rules(text_of(rules, guards), bindings=bindings)
