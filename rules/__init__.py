"""Authored rules: checked when loaded, traced, evaluated twice, closed on any doubt."""

from rules.durable import engine_available
from rules.lint import unknown_options
from rules.loader import check_rules, load_rules, parse_rules
from rules.rule_set import RuleSet
from rules.verdict import ACTED, RuleVerdict
from signalbox.domain.enums import Verdict

__all__ = [
    "ACTED",
    "RuleSet",
    "RuleVerdict",
    "Verdict",
    "check_rules",
    "engine_available",
    "load_rules",
    "parse_rules",
    "unknown_options",
]
