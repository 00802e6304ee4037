"""Looking the settings over without starting anything: for `serve`, and for the doctor."""

from __future__ import annotations

from pathlib import Path

from signalbox.app import REPLAYED_OUTCOMES
from signalbox.domain.enums import Kind
from signalbox.domain.errors import SignalboxError
from signalbox.domain.ports import Consultant
from signalbox.parts import read_consultant, read_ledger, read_predictor, read_rules
from signalbox.settings import Settings


def check_settings(settings: Settings) -> None:
    """Read rules and model once before anything starts, so that a mistake is told at once."""
    read_rules(settings)
    read_consultant(settings)
    if settings.llm.configured:
        _calibrated(settings)
    if settings.model is not None:
        from signalbox.learning.manifest import verify_model

        verify_model(settings.model)
    # Last: a database that is not there yet is made by opening it.
    read_ledger(settings).close()


def try_rules(settings: Settings) -> tuple[str, str]:
    """For the doctor: (state, detail) of the rule set."""
    try:
        rules = read_rules(settings)
    except SignalboxError as error:
        return "fail", str(error)
    return "ok", f"{rules.name}, digest {rules.digest[:12]}"


def try_ledger(settings: Settings) -> tuple[str, str]:
    """For the doctor: (state, detail) of the database, without creating one."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(settings.db)
    except (ArgumentError, ValueError):
        return "fail", "the database URL cannot be read (SIGNALBOX_DB=sqlite:///./signalbox.db)"
    if url.drivername.startswith("sqlite") and not Path(url.database or "").is_file():
        return "note", f"{url.database} is not there yet; `serve` creates it"
    try:
        ledger = read_ledger(settings)
        active = ledger.rule_versions.standing(Kind.ROUTING.value).active
        ledger.close()
    except SignalboxError as error:
        return "fail", str(error)
    rules = f"; rules {active[:12]} are active in it, in place of any file" if active else ""
    return "ok", url.render_as_string(hide_password=True) + rules


def try_model(settings: Settings) -> tuple[str, str]:
    """For the doctor: (state, detail) of the model."""
    if settings.model is None:
        return "note", "none named: tasks wait for people until SIGNALBOX_MODEL names a folder"
    try:
        predictor = read_predictor(settings)
    except SignalboxError as error:
        return "fail", str(error)
    assert predictor is not None
    return "ok", f"{len(predictor.options)} teams, version {predictor.version[:12]}"


def try_language_model(settings: Settings) -> tuple[str, str]:
    """For the doctor: (state, detail) of the language model; nothing is sent to it."""
    try:
        consultant = read_consultant(settings)
    except SignalboxError as error:
        return "fail", str(error)
    if not settings.llm.configured:
        return "note", consultant.status
    llm = settings.llm
    try:
        trust = _calibrated(settings)
    except SignalboxError as error:
        return "fail", str(error)
    limit = llm.budget_usd_per_day
    budget = "no limit a day" if limit is None else f"at most {limit:g} USD a day"
    if limit is not None and limit < (least := _least_usd(settings)):
        budget += f", below the {least:.2g} USD set aside for one question: nothing will be asked"
    state, record = _record(settings, consultant)
    return state, f"{consultant.status}; {budget}; {trust}{record}"


def _record(settings: Settings, consultant: Consultant) -> tuple[str, str]:
    """What the recorded outcomes say of the language model's certificates."""
    if try_ledger(settings)[0] != "ok":
        return "ok", ""
    ledger = read_ledger(settings)
    try:
        for decision, outcome in ledger.outcomes(None, REPLAYED_OUTCOMES, promised=True):
            consultant.feed_back(decision, outcome)
    finally:
        ledger.close()
    suspended = consultant.report().get("suspended")
    if not suspended:
        return "ok", ""
    return "note", f"; of its certificates {len(suspended)} suspended by outcomes"


def _calibrated(settings: Settings) -> str:
    """What may be trusted, in words. BadModel where a calibration or the folder is not sound."""
    folder = settings.llm.calibrations
    if folder is None:
        return "not calibrated: what it proposes goes to a person (`signalbox learn agent`)"
    from agents.opening import check_calibrations

    found = check_calibrations(folder)
    models = ", ".join(sorted({repr(one.key.model) for one in found}))
    count = f"{len(found)} calibration{'' if len(found) == 1 else 's'} in {folder}"
    if not found:
        return f"{count}: what it proposes goes to a person (`signalbox learn agent`)"
    return f"{count}, for {models}"


def _least_usd(settings: Settings) -> float:
    """What is set aside for the answer to one question, in US dollars; the prompt is on top."""
    from agents.config import configure

    price = settings.llm.usd_per_million_out
    if price is None:
        price = configure(base_url="http://127.0.0.1/v1", model="any").usd_per_million_out
    return settings.llm.max_tokens * price / 1e6
