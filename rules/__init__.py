"""Authored rules: checked when loaded, traced, evaluated twice, closed on any doubt."""

from rules.bundle import Bundle, load_bundle, read_bundle
from rules.comparing import Difference, compare
from rules.durable import engine_available
from rules.lint import unknown_options
from rules.loader import check_rules, load_rules, parse_rules
from rules.rule_set import RuleSet
from rules.shadowing import Shadow
from rules.shelf import Held, Shelf
from rules.tightening import tighten
from rules.verdict import ACTED, RuleVerdict
from signalbox.domain.enums import Verdict

__all__ = [
    "ACTED",
    "Bundle",
    "Difference",
    "Held",
    "RuleSet",
    "RuleVerdict",
    "Shadow",
    "Shelf",
    "Verdict",
    "check_rules",
    "compare",
    "engine_available",
    "load_bundle",
    "load_rules",
    "parse_rules",
    "read_bundle",
    "tighten",
    "unknown_options",
]
