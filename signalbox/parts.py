"""Each part of the engine by itself, made as the settings say; wired together in ``app``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from agents import NoConsultant
from guardrails.autonomy import AutonomyPolicy
from rules import RuleSet, load_rules
from signalbox.delivery.addresses import AddressRules
from signalbox.domain.audit import SealKey
from signalbox.domain.enums import Kind, RiskClass
from signalbox.domain.errors import BadInput
from signalbox.domain.escalation import Chain, Level
from signalbox.domain.plain import plain
from signalbox.domain.ports import Consultant, Ledger, Predictor
from signalbox.settings import Settings
from signalbox.suggest import nearest

PACKS = Path(__file__).resolve().parent.parent / "rules" / "packs"


def read_ledger(settings: Settings, *, new: bool = True) -> Ledger:
    """The ledger of the settings, brought to the present schema where it may be ``new``."""
    from signalbox.ledger.store import open_ledger

    secret = settings.audit_key.get_secret_value()
    key = SealKey(secret.encode(), settings.audit_key_since) if secret else None
    return open_ledger(settings.db, key, new=new)


def rule_file(settings: Settings, kind: str = Kind.ROUTING.value) -> Path:
    """The rules in force while no version is active: the file of the settings, else the pack."""
    if kind == Kind.ASSIGNMENT.value:
        return settings.assignment.rules or PACKS / "assignment.yaml"
    return settings.rules or PACKS / "routing.yaml"


def rule_bindings(settings: Settings, kind: str = Kind.ROUTING.value) -> dict[str, str]:
    """What the settings bind the names in a rule file to."""
    if kind == Kind.ASSIGNMENT.value or not settings.fallback_team:
        return {}
    return {"fallback_team": settings.fallback_team}


def read_rules(settings: Settings, kind: Kind = Kind.ROUTING) -> RuleSet:
    """The rule set of the settings, whatever version may be active in a ledger."""
    bindings = rule_bindings(settings, kind.value)
    return load_rules(rule_file(settings, kind.value), bindings, kind=kind.value)


def read_autonomy(settings: Settings) -> AutonomyPolicy:
    """The levels of the settings: one for each kind, caps for the classes with most at stake."""
    given = settings.autonomy
    return AutonomyPolicy(
        kinds={
            Kind.ROUTING: given.routing,
            Kind.DECISION: given.decision,
            Kind.ASSIGNMENT: given.assignment,
        },
        caps={RiskClass.HIGH: given.high, RiskClass.TOP: given.top},
    )


def read_chain(settings: Settings) -> Chain:
    """The chain of the settings that approvals climb."""
    given = settings.escalation
    return Chain(
        levels=tuple(
            Level(name=name, after=timedelta(minutes=minutes), people=given.people.get(name, ()))
            for name, minutes in zip(given.levels, given.after_minutes, strict=True)
        )
    )


def check_sensitive(settings: Settings, teams: Sequence[str]) -> None:
    """BadInput for a team named as sensitive that is none of ``teams``: it would guard nothing."""
    known = {plain(team) for team in teams}
    for team in settings.sensitive_options:
        if plain(team) not in known:
            near = nearest(team, teams)
            raise BadInput(
                f"SIGNALBOX_SENSITIVE_OPTIONS: '{team}' is none of the teams there are",
                hint=f"did you mean '{near}'?" if near else "name teams that the model knows",
            )


def read_predictor(settings: Settings) -> Predictor | None:
    """The learned router, as it was learned; None when none is named."""
    if settings.model is None:
        return None
    from signalbox.learning.predictor import LearnedPredictor

    return LearnedPredictor.open(settings.model, online=settings.online)


def read_address_rules(settings: Settings) -> AddressRules:
    """Where events may be delivered to."""
    return AddressRules(settings.webhooks.allow_http, settings.webhooks.allow_networks)


def read_consultant(settings: Settings, ledger: Ledger | None = None) -> Consultant:
    """The language model of the settings; BadInput where they do not name a usable one."""
    llm = settings.llm
    if not llm.configured:
        return NoConsultant()
    from agents.config import configure
    from agents.opening import open_consultant
    from guardrails.redaction import redact

    limits = {
        "usd_per_million_in": llm.usd_per_million_in,
        "usd_per_million_out": llm.usd_per_million_out,
        "max_tokens": llm.max_tokens,
        "concurrency": llm.concurrency,
        "cache_size": llm.cache_size,
    }
    config = configure(
        preset=llm.preset or "custom",
        base_url=llm.base_url,
        model=llm.model,
        dialect=llm.dialect,
        api_key=llm.api_key.get_secret_value(),
        **{name: value for name, value in limits.items() if value is not None},
    )
    return open_consultant(
        config,
        ledger,
        limit_usd=llm.budget_usd_per_day,
        calibrations=llm.calibrations,
        deadline_s=llm.deadline_s,
        pending=llm.pending,
        redact=lambda text: redact(text).text,
        keep_reasoning=llm.keep_reasoning,
    )
