"""Why the rules said what they said about a recorded decision, by the text they had then."""

from __future__ import annotations

from typing import Any

from signalbox.domain.approval import approval_id
from signalbox.domain.decision import Decision
from signalbox.domain.errors import NotFound
from signalbox.domain.ports import Ledger
from signalbox.shelving import load_version


def find_decision(ledger: Ledger, tenant: str, decision_id: str) -> Decision:
    """The committed decision, else the draft that waits. NotFound."""
    found = ledger.find_decision(tenant, decision_id)
    if found is not None:
        return found
    approval = ledger.find_approval(tenant, approval_id(decision_id))
    if approval is None:
        raise NotFound(f"no decision '{decision_id}'", hint="GET /v1/decisions lists them")
    return approval.draft


def explain_decision(ledger: Ledger, decision: Decision) -> dict[str, Any]:
    """Every rule of the version with its conditions on the recorded facts, as JSON.

    ``same`` is whether the stored text still has the digest that the decision carries. NotFound
    for a decision from before texts were stored.
    """
    trace = decision.trace
    version = ledger.rule_versions.find(decision.kind.value, trace.rules_digest)
    rule_set = load_version(version, version.bindings).rule_set
    verdict = rule_set.evaluate(trace.facts, trace.offered)
    return {
        "decision": decision.id,
        "subject": decision.subject,
        "digest": trace.rules_digest,
        "name": version.name,
        "version": version.label,
        "bindings": version.bindings,
        "same": rule_set.digest == trace.rules_digest,
        "guard": trace.guard,
        "facts": trace.facts,
        "rules": list(verdict.explain(everything=True)),
    }
