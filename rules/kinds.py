"""The facts the engine supplies for each kind of decision: what a rule of that kind may read."""

from __future__ import annotations

from rules.facts import Fact, FactSchema, FactType

_STRING, _INTEGER = FactType.STRING, FactType.INTEGER
_DECIMAL, _BOOLEAN = FactType.DECIMAL, FactType.BOOLEAN

CHOSEN = "option"
"""The option that was drafted, in every kind: for guards and permits, which come after it."""

ROUTING_FACTS = FactSchema(
    (
        Fact("priority", _STRING, required=True, enum=("low", "normal", "high", "critical")),
        Fact("channel", _STRING),
        Fact("text_length", _INTEGER, required=True, from_text=True),
        Fact("language_risk", _BOOLEAN, required=True, from_text=True),
        Fact("redactions", _INTEGER, required=True, from_text=True),
        Fact("has_attachment", _BOOLEAN),
        Fact("customer_tier", _STRING, enum=("standard", "vip")),
        Fact("amount", _DECIMAL, places=2),
        Fact("in_scope", _BOOLEAN, required=True),
        Fact("confidence", _DECIMAL, required=True, places=4),
        Fact("model_ready", _BOOLEAN, required=True),
        Fact("source", _STRING),
        Fact(CHOSEN, _STRING),
    )
)

ASSIGNMENT_FACTS = FactSchema(
    (
        Fact("team", _STRING, required=True),
        Fact("activity", _STRING, required=True),
        Fact("priority", _STRING, required=True, enum=("low", "normal", "high", "critical")),
        Fact("customer_tier", _STRING, enum=("standard", "vip")),
        Fact("amount", _DECIMAL, places=2),
        Fact("waited_minutes", _INTEGER, required=True),
        Fact("skills_required", _INTEGER, required=True),
        Fact("skills_relaxed", _BOOLEAN, required=True),
        Fact("team_present", _INTEGER, required=True),
        Fact("team_holds", _INTEGER, required=True),
        Fact("holds", _INTEGER),
        Fact("capacity", _INTEGER),
        Fact("load_share", _DECIMAL, places=4),
        Fact("expected_hours", _DECIMAL, places=3),
        Fact("slowness", _DECIMAL, places=3),
        Fact("skills_missing", _INTEGER),
        Fact("cost", _DECIMAL, places=2),
        Fact("passed_over_minutes", _INTEGER),
        Fact(CHOSEN, _STRING),
    )
)
"""From ``holds`` on they are of one candidate, the one in ``option``: ``load_share`` is the part of
all that the team holds which it would have with this task, ``passed_over_minutes`` how long the
oldest task has waited that it could do and that came before this one."""

BOUND_BY = {"$fallback_team": "SIGNALBOX_FALLBACK_TEAM"}
"""The setting that binds a name, for the reason shown where it is not bound."""

SUPPLIED: dict[str, FactSchema] = {"routing": ROUTING_FACTS, "assignment": ASSIGNMENT_FACTS}
"""Kinds not listed here may declare any facts; their caller has to supply them."""
