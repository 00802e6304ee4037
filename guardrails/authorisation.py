"""The interlocking: whether a drafted decision may take effect without a person.

Every part gives a verdict of its own and the most restrictive wins, so adding a part, or a
finding, can never make the answer more permissive. No text and no model-supplied field is read.
"""

from __future__ import annotations

from signalbox.domain.base import Value
from signalbox.domain.decision import GuardNote
from signalbox.domain.enums import AutonomyLevel, Reversibility, RiskClass, Source, Verdict


class Evidence(Value):
    """What authorisation goes by.

    ``certified`` means that the source's answer met the threshold in force: a certified one, or
    (``by_record``) one that the recent outcomes allow.
    ``level_reason`` says why operators have lowered the level, where they have.
    ``rule_verdict`` is the guards' own; ``problem`` what the verifier found wrong, if anything.
    """

    source: Source
    option: str | None
    certified: bool = False
    certified_bound: float | None = None
    by_record: bool = False
    uncertain_reason: str = ""
    level: AutonomyLevel = AutonomyLevel.AUTOMATIC
    level_reason: str = ""
    predictor_level: AutonomyLevel = AutonomyLevel.AUTOMATIC
    reversibility: Reversibility = Reversibility.REVERSIBLE
    risk: RiskClass | None = None
    rule_verdict: Verdict = Verdict.ALLOW
    rule_reasons: tuple[str, ...] = ()
    disagreement: bool = False
    problem: str = ""


class Authorisation(Value):
    """The verdict and, part by part, why."""

    verdict: Verdict
    notes: tuple[GuardNote, ...]

    @property
    def reason(self) -> str:
        """Why it is not simply allowed; empty when it is."""
        return "; ".join(note.reason for note in self.notes if note.verdict == self.verdict.word)


def authorise(evidence: Evidence) -> Authorisation:
    """The most restrictive verdict of all parts."""
    parts = (
        ("rules", *_rules(evidence)),
        ("verifier", *_verifier(evidence)),
        ("autonomy", *_autonomy(evidence)),
        ("certificate", *_certificate(evidence)),
        ("reversibility", *_reversibility(evidence)),
        ("risk", *_risk(evidence)),
    )
    verdict = max(part[1] for part in parts)
    notes = tuple(
        GuardNote(part=name, verdict=given.word, reason=reason) for name, given, reason in parts
    )
    return Authorisation(verdict=verdict, notes=notes)


def _rules(evidence: Evidence) -> tuple[Verdict, str]:
    if evidence.disagreement:
        return Verdict.DENY, "the two rule evaluators disagree"
    return evidence.rule_verdict, "; ".join(evidence.rule_reasons) or "no guard fired"


def _verifier(evidence: Evidence) -> tuple[Verdict, str]:
    if evidence.problem:
        return Verdict.REQUIRE_APPROVAL, evidence.problem
    if evidence.option is None:
        return Verdict.REQUIRE_APPROVAL, "nothing could be proposed"
    return Verdict.ALLOW, "the option was offered"


def _autonomy(evidence: Evidence) -> tuple[Verdict, str]:
    if evidence.level is not AutonomyLevel.AUTOMATIC:
        why = f": {evidence.level_reason}" if evidence.level_reason else ""
        return Verdict.REQUIRE_APPROVAL, f"the autonomy level is {evidence.level.value}{why}"
    from_model = evidence.source in (Source.MODEL, Source.AGENT)
    if from_model and evidence.predictor_level is not AutonomyLevel.AUTOMATIC:
        return (
            Verdict.REQUIRE_APPROVAL,
            f"the model's own level is {evidence.predictor_level.value}",
        )
    return Verdict.ALLOW, "automatic"


def _certificate(evidence: Evidence) -> tuple[Verdict, str]:
    if evidence.source in (Source.RULE, Source.FALLBACK):
        return Verdict.ALLOW, "a rule decided"
    if evidence.source is Source.POLICY:
        return Verdict.ALLOW, "nothing to be wrong about: a policy ranks what is permitted"
    if not evidence.certified:
        return Verdict.REQUIRE_APPROVAL, evidence.uncertain_reason or "no certified threshold met"
    if evidence.by_record:
        return Verdict.ALLOW, "within the error budget of the recent record"
    bound = evidence.certified_bound
    return Verdict.ALLOW, "certified" if bound is None else f"certified error <= {bound:.3f}"


def _reversibility(evidence: Evidence) -> tuple[Verdict, str]:
    if evidence.reversibility is Reversibility.REVERSIBLE:
        return Verdict.ALLOW, "reversible"
    return Verdict.REQUIRE_APPROVAL, f"the effect is {evidence.reversibility.value}"


def _risk(evidence: Evidence) -> tuple[Verdict, str]:
    if evidence.risk is RiskClass.TOP:
        return Verdict.REQUIRE_APPROVAL, "what is of the top risk class is never done alone"
    return Verdict.ALLOW, f"risk class {evidence.risk or 'unknown'}"
