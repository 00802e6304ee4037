"""Workflow soundness: whether a plan can always complete and keeps what it must. Pure."""

from guardrails.soundness.checking import Checker, check
from guardrails.soundness.editing import EditDoesNotApply, applied
from guardrails.soundness.finding import Code, Finding, Soundness

__all__ = ["Checker", "Code", "EditDoesNotApply", "Finding", "Soundness", "applied", "check"]
