"""From parsed YAML to a Definition: every field typed, every name known, or a finding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from rules.case_parser import parse_cases
from rules.condition_parser import parse_when
from rules.facts import MAX_PLACES, MAX_STRING, Fact, FactSchema, FactType
from rules.findings import Findings, nearest
from rules.kinds import SUPPLIED
from rules.model import MAX_RULES, Definition, Rule
from rules.reading import Reading
from rules.source import Block
from signalbox.domain.enums import Verdict

_TOP = (
    "name", "version", "kind", "bindings", "facts", "rules", "guards", "baseline", "cases",
)  # fmt: skip
_RULE = ("id", "why", "owner", "when", "force", "forbid", "fallback")
_GUARD = ("id", "why", "owner", "when", "verdict")
_FACT = ("type", "required", "enum", "max_length", "places")
_VERDICTS = {v.word: v for v in (Verdict.REQUIRE_APPROVAL, Verdict.DENY)}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def parse_definition(top: Block, findings: Findings) -> Definition:
    """Read a whole file; what is wrong is added to ``findings``."""
    reading = Reading(findings, top)
    reading.only(_TOP)
    kind = reading.text("kind", required=True)
    schema = _facts(reading, kind, findings)
    bindings = _bindings(reading)
    seen: dict[str, int] = {}
    rules = _rules(reading, "rules", schema, bindings, seen, findings)
    guards = _rules(reading, "guards", schema, bindings, seen, findings)
    if not rules and not guards:
        reading.bad("rules", "there are neither rules nor guards", "add at least one")
    return Definition(
        name=reading.text("name", required=True, longest=128),
        version=reading.text("version", required=True, longest=64),
        kind=kind,
        schema=schema,
        rules=rules,
        guards=guards,
        bindings=bindings,
        cases=parse_cases(reading, schema, bindings, seen, findings),
        file=findings.file,
    )


def _facts(reading: Reading, kind: str, findings: Findings) -> FactSchema:
    block = reading.mapping("facts")
    if not block:
        reading.bad("facts", "no facts are declared", "add 'facts:' with the facts rules may read")
    facts = []
    supplied = SUPPLIED[kind].by_name if kind in SUPPLIED else None
    for name, declared in block.items():
        if not isinstance(declared, Block):
            findings.add(block.line_of(name), f"fact '{name}' has no type", "write {type: string}")
            continue
        fact = _fact(Reading(findings, declared), name)
        if fact is None:
            continue
        facts.append(fact)
        line = block.line_of(name)
        if not _NAME.fullmatch(name):
            findings.add(line, f"'{name}' is not a fact name", "use a-z, 0-9 and _, at most 64")
        if supplied is not None and name not in supplied:
            message = f"unknown fact '{name}': kind '{kind}' does not supply it"
            findings.add(line, message, nearest(name, supplied))
        elif supplied is not None and supplied[name].type is not fact.type:
            message = f"fact '{name}' is declared {fact.type}, the engine supplies a "
            findings.add(line, message + supplied[name].type, f"write type: {supplied[name].type}")
        elif supplied is not None and supplied[name].enum and not fact.enum:
            # What the engine could not read must fit no declaration, so the words are closed.
            facts[-1] = replace(fact, enum=supplied[name].enum)
    return FactSchema(tuple(facts))


def _fact(reading: Reading, name: str) -> Fact | None:
    reading.only(_FACT)
    written = reading.text("type", required=True)
    if written not in list(FactType):
        if written:
            known = [kind.value for kind in FactType]
            reading.bad("type", f"unknown type '{written}' of '{name}'", nearest(written, known))
        return None
    kind = FactType(written)
    for key, owner in (("enum", FactType.STRING), ("max_length", FactType.STRING),
                       ("places", FactType.DECIMAL)):  # fmt: skip
        if key in reading.block and kind is not owner:
            reading.bad(key, f"'{key}' does not go with {kind} ('{name}')", f"remove '{key}'")
            return None
    if kind is FactType.DECIMAL and "places" not in reading.block:
        reading.bad("type", f"decimal '{name}' does not say its places", "add 'places: 2'")
    enum = reading.words("enum", "strings")
    longest = max((len(word) for word in enum), default=0)
    if longest > MAX_STRING:
        reading.bad("enum", f"'enum' holds a word over {MAX_STRING} characters", "shorten it")
    return Fact(
        name,
        kind,
        reading.flag("required"),
        enum,
        _bounded(reading, "max_length", 1, MAX_STRING, MAX_STRING),
        _bounded(reading, "places", 0, MAX_PLACES, 0),
    )


def _bounded(reading: Reading, key: str, low: int, high: int, default: int) -> int:
    value = reading.block.get(key, default)
    if type(value) is not int or not low <= value <= high:
        reading.bad(key, f"'{key}' has to be a whole number from {low} to {high}")
        return default
    return value


def _bindings(reading: Reading) -> dict[str, bool]:
    bindings = {}
    block = reading.mapping("bindings")
    for name, how in block.items():
        if not _NAME.fullmatch(name) or how not in ("required", "optional"):
            reading.bad("bindings", f"binding '{name}: {how}' is not understood",
                        "write 'name: required' or 'name: optional'")  # fmt: skip
        bindings[name] = how == "required"
    return bindings


def _rules(
    top: Reading,
    section: str,
    schema: FactSchema,
    bindings: Mapping[str, bool],
    seen: dict[str, int],
    findings: Findings,
) -> tuple[Rule, ...]:
    blocks = top.blocks(section)
    if len(blocks) > MAX_RULES:
        top.bad(section, f"more than {MAX_RULES} {section}", "split the rule set")
        return ()
    guards = section == "guards"
    rules = []
    for block in blocks:
        reading = Reading(findings, block, str(block.get("id", "")))
        reading.only(_GUARD if guards else _RULE)
        name = reading.text("id", required=True)
        if name and not _ID.fullmatch(name):
            reading.bad("id", f"'{name}' is not an id", "use letters, digits, '.', '_' and '-'")
        if name in seen:
            reading.bad("id", f"the id '{name}' is taken by line {seen[name]}", "rename one")
        seen.setdefault(name, block.line)
        clauses = parse_when(reading, schema)
        why, owner = reading.text("why", required=True), reading.text("owner", required=True)
        if guards:
            word = reading.text("verdict", required=True)
            if word and word not in _VERDICTS:
                reading.bad("verdict", f"unknown verdict '{word}'", nearest(word, _VERDICTS))
            verdict = _VERDICTS.get(word, Verdict.DENY)
            rules.append(Rule(name, clauses, why, owner, verdict=verdict, line=block.line))
        else:
            rules.append(_narrowing(reading, Rule(name, clauses, why, owner, line=block.line),
                                    bindings))  # fmt: skip
    return tuple(rules)


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
