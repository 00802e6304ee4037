"""Every setting in one typed object, read from ``SIGNALBOX_…`` environment variables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from guardrails.limits import Limits
from signalbox.domain.base import MAX_NAME, Name, Words
from signalbox.domain.enums import AutonomyLevel
from signalbox.domain.errors import BadInput
from signalbox.escalation_settings import EscalationSettings
from signalbox.suggest import ALIKE, nearest

PREFIX = "SIGNALBOX_"
MAX_USD = 1e9
TESTS = "SIGNALBOX_TEST_"
SLIP = 0.9
"""How much alike two names are of which one is meant for the other, of 1."""
NO_SETTING = "sets nothing: there is no such setting"


class LlmSettings(BaseModel):
    """Where a reasoning model answers, and within which bounds. No host means consult is off.

    Prices are US dollars per million tokens; without them those of DeepSeek R1's list are taken.
    ``max_tokens`` includes the reasoning. ``candidates`` is how many of the likeliest options are
    offered, ``pending`` how many cases may be under way at once.
    """

    model_config = ConfigDict(extra="forbid")

    preset: str = ""
    base_url: str = ""
    model: str = ""
    api_key: SecretStr = SecretStr("")
    dialect: str = ""
    deadline_s: float = Field(default=30.0, gt=0, le=600)
    budget_usd_per_day: float | None = Field(
        default=None, ge=0, le=MAX_USD, description="unset: no limit; 0: only what costs nothing"
    )
    usd_per_million_in: float | None = Field(default=None, ge=0, le=MAX_USD)
    usd_per_million_out: float | None = Field(default=None, ge=0, le=MAX_USD)
    max_tokens: int = Field(default=4096, ge=64)
    concurrency: int = Field(default=8, ge=1)
    pending: int = Field(default=100, ge=1)
    candidates: int = Field(default=5, ge=2, le=10)
    calibrations: Path | None = Field(default=None, description="folder `learn agent` wrote to")
    cache_size: int = Field(default=0, ge=0, description="answers kept in memory; 0: none")
    keep_reasoning: bool = Field(default=False, description="keep it, redacted, in the trace")

    @property
    def configured(self) -> bool:
        return bool(self.preset or self.base_url or self.model)


class AutonomySettings(BaseModel):
    """How far the engine may go by itself, per kind of decision and class of risk at most."""

    model_config = ConfigDict(extra="forbid")

    routing: AutonomyLevel = AutonomyLevel.AUTOMATIC
    decision: AutonomyLevel = AutonomyLevel.AUTOMATIC
    assignment: AutonomyLevel = AutonomyLevel.AUTOMATIC
    high: AutonomyLevel = AutonomyLevel.AUTOMATIC
    top: AutonomyLevel = AutonomyLevel.APPROVE_FIRST


class AssignmentSettings(BaseModel):
    """Who of a team a task is given to, where resources are registered for it."""

    model_config = ConfigDict(extra="forbid")

    rules: Path | None = Field(default=None, description="rule file; default: the shipped pack")
    policy: Path | None = Field(default=None, description="file that `learn allocation` wrote")
    activity_attribute: str = Field(
        default="", max_length=MAX_NAME, description="attribute that tells kinds of work apart"
    )
    skills_attribute: str = Field(
        default="skills", max_length=MAX_NAME, description="attribute that lists needed skills"
    )
    relax_skills_minutes: float | None = Field(
        default=None, ge=0, le=525_600, description="then skills are asked for no longer"
    )
    longest_hold_minutes: float = Field(
        default=60, ge=0, le=525_600, description="a task is not kept for somebody faster longer"
    )
    usual_hours: float = Field(
        default=1.0, gt=0, le=10_000, description="held for true until work has been seen"
    )
    cost_weight: float = Field(
        default=0.0, ge=0, le=100, description="how much the usual cost of an hour counts"
    )


class RetentionSettings(BaseModel):
    """After how many days what is no longer needed goes; unset: it is kept."""

    model_config = ConfigDict(extra="forbid")

    texts_days: float | None = Field(
        default=None, ge=1, description="texts of decided tasks are erased"
    )
    outbox_days: float | None = Field(
        default=None, ge=1, description="common events go; their places in the audit chain stay"
    )
    checkpoint_days: float | None = Field(
        default=None, ge=1, description="pauses that nobody's answer is awaited for go"
    )


class RateSettings(BaseModel):
    """Requests over HTTP, counted by each process for itself."""

    model_config = ConfigDict(extra="forbid")

    per_minute: float | None = Field(
        default=None, gt=0, le=1e6, description="of one caller; unset: no limit"
    )
    burst: int | None = Field(
        default=None, ge=1, le=1_000_000, description="at once; unset: what ten seconds allow"
    )
    failures_per_minute: float = Field(
        default=30, ge=0, le=1e6, description="keys that do not count, of one address; 0: no limit"
    )

    @property
    def at_once(self) -> float:
        """The burst in force."""
        return self.burst if self.burst is not None else max(1.0, (self.per_minute or 0) / 6)


class OidcSettings(BaseModel):
    """An OpenID Connect issuer whose tokens count beside keys. No issuer means none do.

    Claims are named as they are in the token, or by a path with dots. Nobody may be able to choose
    their own ``name_claim``: approvals are answered in that name.
    """

    model_config = ConfigDict(extra="forbid")

    issuer: str = ""
    audience: str = ""
    jwks: str = Field(default="", description="file with the issuer's keys, or https address")
    roles_claim: str = Field(default="roles", min_length=1)
    tenant_claim: str = Field(default="", description="unset: everybody is of tenant 'default'")
    name_claim: str = Field(default="sub", min_length=1)

    @property
    def configured(self) -> bool:
        return bool(self.issuer)

    @model_validator(mode="after")
    def _whole(self) -> OidcSettings:
        given = {"ISSUER": self.issuer, "AUDIENCE": self.audience, "JWKS": self.jwks}
        missing = [name for name, value in given.items() if not value]
        if missing and len(missing) < len(given):
            raise ValueError(f"{' and '.join(missing)} missing beside the others")
        return self


def _networks(value: object) -> object:
    """Networks from a variable, with commas between them."""
    if not isinstance(value, str):
        return value
    return tuple(one.strip() for one in value.split(",") if one.strip())


class WebhookSettings(BaseModel):
    """What events may be delivered to beyond public addresses over https."""

    model_config = ConfigDict(extra="forbid")

    deliver: bool = Field(default=True, description="false: this process leaves it to others")
    allow_http: bool = Field(default=False, description="also to addresses that are not loopback")
    allow_networks: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_networks)] = (
        Field(default=(), description="private networks that may be delivered to, such as a LAN")
    )
    source: str = Field(
        default="/signalbox",
        min_length=1,
        max_length=256,
        pattern=r"^[!-~]+$",
        description="the CloudEvents source; give each installation its own",
    )


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _listed(value: object) -> object:
    """Names from a variable: with commas between them, or a JSON list where one has a comma."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return tuple(name.strip() for name in value.split(",") if name.strip())


class Settings(BaseSettings):
    """Settings of one process. Times carry their unit in the name."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", env_ignore_empty=True
    )

    db: str = "sqlite:///./signalbox.db"
    model: Path | None = Field(default=None, description="folder written by `learn routing`")
    rules: Path | None = Field(default=None, description="rule file; default: the shipped pack")
    rules_check_s: float = Field(
        default=2.0, gt=0, le=3600, description="how often file and ledger are asked for new rules"
    )
    fallback_team: Annotated[Words, StringConstraints(strip_whitespace=True)] = Field(
        default="", max_length=MAX_NAME, description="team for what no model should decide"
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8400, ge=0, le=65535)
    deadline_ms: float = Field(
        default=800, gt=0, le=60_000, description="time a caller waits for an answer"
    )
    approval_hours: float = Field(
        default=168, gt=0, le=87_600, description="an approval expires to deny; at most ten years"
    )
    approval_fresh_hours: float = Field(
        default=24, ge=0, le=87_600, description="an older draft is looked at anew when approved"
    )
    approvers_top: int = Field(
        default=2, ge=1, le=20, description="people it takes to approve an action of the top class"
    )
    sensitive_options: Annotated[tuple[Name, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default=(), description="teams that only several people may choose: the top class"
    )
    escalation: EscalationSettings = EscalationSettings()
    max_body_bytes: int = Field(default=2_000_000, gt=0)
    max_batch: int = Field(default=500, gt=0)
    online: bool = Field(default=True, description="feedback moves the automatic threshold")
    named_outcomes: bool = Field(
        default=False, description="an outcome of a task somebody asked for names its reporter"
    )
    audit_key: SecretStr = Field(
        default=SecretStr(""), description="with it nobody can re-make the audit chain without it"
    )
    audit_key_since: int = Field(
        default=1, ge=1, description="first row of the chain that is made with the key"
    )
    log_level: Annotated[
        Literal["critical", "error", "warning", "info", "debug"], BeforeValidator(_lower)
    ] = "info"
    autonomy: AutonomySettings = AutonomySettings()
    limits: Limits = Field(default=Limits(), description="on what is decided automatically")
    llm: LlmSettings = LlmSettings()
    assignment: AssignmentSettings = AssignmentSettings()
    retention: RetentionSettings = RetentionSettings()

    rate: RateSettings = RateSettings()
    oidc: OidcSettings = OidcSettings()
    webhooks: WebhookSettings = WebhookSettings()
    max_streams: int = Field(
        default=100, ge=0, le=10_000, description="readers of /v1/events at once, of this process"
    )


def unknown_variables(environment: Iterable[str]) -> list[str]:
    """One sentence for each variable of our prefix that sets nothing, with the nearest that does.

    A misspelt setting is otherwise a default in force that nobody asked for.
    """
    known = {PREFIX + name for name in _names(Settings)}
    return [
        " ".join(part for part in (f"{name} {NO_SETTING};", _meant(name)) if part).rstrip(";")
        for name in sorted(environment)
        if name.upper().startswith(PREFIX)
        and not name.upper().startswith(TESTS)
        and name.upper() not in known
    ]


def refuse_slips(environment: Iterable[str]) -> None:
    """BadInput for a variable that is a letter or two away from one that sets something.

    It was meant to; a guard that somebody believes to be in force would not be.
    """
    for sentence in unknown_variables(environment):
        variable = sentence.partition(" ")[0]
        if meant := _meant(variable, alike=SLIP):
            raise BadInput(f"{variable} {NO_SETTING}", hint=meant)


def _meant(variable: str, alike: float = ALIKE) -> str:
    near = nearest(variable.upper().removeprefix(PREFIX), sorted(_names(Settings)), alike)
    return f"did you mean {PREFIX}{near}?" if near else ""


def _names(settings: type[BaseModel]) -> Iterator[str]:
    for name, field in settings.model_fields.items():
        yield name.upper()
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from (f"{name.upper()}__{part}" for part in _names(inner))


def read_settings(**overrides: object) -> Settings:
    """Settings from the environment, ``overrides`` first.

    Raises:
        BadInput: a value does not fit; the message names the variable.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except SettingsError as error:
        field = str(error).partition('"')[2].partition('"')[0] or "…"
        raise BadInput(
            f"SIGNALBOX_{field.upper()}: not the JSON object it should be",
            hint=f"set its fields one by one, such as SIGNALBOX_{field.upper()}__…",
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        variable = PREFIX + "__".join(str(part) for part in first["loc"]).upper()
        if first["type"] == "extra_forbidden":
            raise BadInput(
                f"{variable} {NO_SETTING}", hint=_meant(variable) or "unset it"
            ) from None
        raise BadInput(
            f"{variable}: {first['msg']}", hint="set it to a fitting value or unset it"
        ) from None
