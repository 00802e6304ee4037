"""The sections of a file: rules that narrow, guards, and permits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rules.condition_parser import parse_when
from rules.facts import FactSchema
from rules.findings import Findings, nearest
from rules.kinds import CHOSEN
from rules.model import MAX_RULES, Condition, Op, Rule
from rules.reading import Reading
from rules.source import Block
from signalbox.domain.enums import Verdict

_FIELDS = {
    "rules": ("id", "why", "owner", "when", "force", "forbid", "fallback"),
    "guards": ("id", "why", "owner", "when", "verdict"),
    "permits": ("id", "why", "owner", "when", "options", "unbounded"),
}
_VERDICTS = {v.word: v for v in (Verdict.REQUIRE_APPROVAL, Verdict.DENY)}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(slots=True)
class Sections:
    """Reads section after section of one file; ids are its own across all of them."""

    schema: FactSchema
    bindings: Mapping[str, bool]
    findings: Findings
    seen: dict[str, int] = field(default_factory=dict)

    def parse(self, section: str, blocks: Sequence[Block]) -> tuple[Rule, ...]:
        """The entries of ``section`` (rules, guards or permits) among the blocks given."""
        return tuple([self._rule(section, block) for block in blocks[:MAX_RULES]])

    def _rule(self, section: str, block: Block) -> Rule:
        reading = Reading(self.findings, block, str(block.get("id", "")))
        reading.only(_FIELDS[section])
        name = reading.text("id", required=True)
        if name and not _ID.fullmatch(name):
            reading.bad("id", f"'{name}' is not an id", "use letters, digits, '.', '_' and '-'")
        if name in self.seen:
            reading.bad("id", f"the id '{name}' is taken by line {int(self.seen[name])}",
                        "rename one")  # fmt: skip
        self.seen.setdefault(name, block.line)
        clauses = parse_when(reading, self.schema)
        why, owner = reading.text("why", required=True), reading.text("owner", required=True)
        rule = Rule(name, clauses, why, owner, line=block.line)
        if section == "guards":
            return _guard(reading, rule)
        if section == "permits":
            return self._permit(reading, rule)
        return _narrowing(reading, rule, self.bindings)

    def _permit(self, reading: Reading, rule: Rule) -> Rule:
        """``options`` limits what is permitted, by one condition more on the drafted option."""
        options = reading.words("options", "options")
        clauses = rule.clauses
        for option in options:
            if option.startswith("$"):
                reading.bad("options", f"'{option}': a permit does not go by what is bound",
                            "name the option itself")  # fmt: skip
        if options:
            op, expected = (Op.EQ, options[0]) if len(options) == 1 else (Op.IN, options)
            clauses = (*clauses, (Condition(self.schema[CHOSEN], op, expected),))
        return Rule(rule.id, clauses, rule.why, rule.owner, verdict=Verdict.ALLOW,
                    line=rule.line, unbounded=reading.text("unbounded"))  # fmt: skip


def _guard(reading: Reading, rule: Rule) -> Rule:
    word = reading.text("verdict", required=True)
    if word and word not in _VERDICTS:
        hint = nearest(word, _VERDICTS)
        if word == Verdict.ALLOW.word:
            hint = "what allows is a permit: write it under 'permits:'"
        reading.bad("verdict", f"unknown verdict '{word}'", hint)
    verdict = _VERDICTS.get(word, Verdict.DENY)
    return Rule(rule.id, rule.clauses, rule.why, rule.owner, verdict=verdict, line=rule.line)


def _narrowing(reading: Reading, rule: Rule, bindings: Mapping[str, bool]) -> Rule:
    block = reading.block
    if not {"force", "forbid", "fallback"} & set(block):
        reading.bad("id", "the rule has no effect", "add force, forbid or fallback")
    force = reading.text("force", required=True, longest=256) if "force" in block else None
    fallback = reading.text("fallback", required=True, longest=256) if "fallback" in block else None
    forbid = reading.words("forbid", "options") if "forbid" in block else ()
    if force is not None and force in forbid:
        reading.bad("force", f"the rule forces and forbids '{force}'", "keep one of the two")
    for option in (force, fallback, *forbid):
        if option is None or not option.startswith("$"):
            continue
        if option[1:] not in bindings:
            key = "force" if option == force else "fallback" if option == fallback else "forbid"
            reading.bad(key, f"'{option}' is not a binding", nearest(option[1:], bindings)
                        or f"declare it: 'bindings: {{{option[1:]}: optional}}'")  # fmt: skip
        elif option in forbid and not bindings[option[1:]]:
            reading.bad("forbid", f"'{option}' may be unbound, and then nothing would be forbidden",
                        f"declare 'bindings: {{{option[1:]}: required}}'")  # fmt: skip
    return Rule(rule.id, rule.clauses, rule.why, rule.owner, force or None, forbid,
                fallback or None, line=rule.line)  # fmt: skip
