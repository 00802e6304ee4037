"""What the rows of one table say together: overlaps, rows never reached, and gaps."""

from __future__ import annotations

from collections.abc import Sequence

from rules.findings import Findings
from rules.model import Definition, Group, Hit, Rule
from rules.regions import Regions, TooLarge, shown

MAX_PAIRS = 5
MAX_ALTERNATIVES = 4096
GAP_STEPS = 50_000


def lint_groups(definition: Definition, findings: Findings) -> None:
    """Errors: policies that do not go with what the rows do, overlaps, rows never reached."""
    by_id = {rule.id: rule for rule in definition.all_rules}
    for group in definition.groups:
        rules = [by_id[name] for name in dict.fromkeys(group.members) if name in by_id]
        _policy_fits(group, rules, findings)
        narrowing = [rule for rule in rules if rule.narrows and rule.clauses]
        if not _small_enough(group, rules, findings):
            continue
        if group.hit is Hit.UNIQUE:
            _overlaps(group, [rule for rule in rules if rule.clauses], definition, findings)
        elif group.hit is Hit.FIRST:
            _shadowed(group, narrowing, findings)
            _spared_by_text(narrowing, findings)
            _order_of_guards(group, rules, definition, findings)


def lint_gaps(definition: Definition, findings: Findings) -> None:
    """Warnings: combinations for which a UNIQUE or FIRST table has no row."""
    by_id = {rule.id: rule for rule in definition.all_rules}
    for group in definition.groups:
        rules = [by_id[name] for name in group.members if name in by_id]
        if not group.table or group.gaps or group.hit not in (Hit.UNIQUE, Hit.FIRST) or not rules:
            continue
        try:
            gap = Regions(rules).uncovered(range(len(rules)), steps=GAP_STEPS)
        except TooLarge:
            findings.warn(group.line, f"'{group.name}' is too large to look for gaps",
                          "split the table, or write '# gaps: why there may be some'")  # fmt: skip
            continue
        if gap is not None:
            findings.warn(
                group.line,
                f"'{group.name}' has a gap: no row for {shown(gap, definition.schema.facts)}",
                "add a row, or write '# gaps: why nothing is said there'",
            )


def _policy_fits(group: Group, rules: Sequence[Rule], findings: Findings) -> None:
    if group.hit is Hit.MOST_RESTRICTIVE and any(rule.narrows for rule in rules):
        findings.add(group.line, f"'{group.name}': MOST_RESTRICTIVE is for verdicts, and some of "
                     "it narrows the options", "use COLLECT, UNIQUE or FIRST")  # fmt: skip
    if group.name == "permits" and not group.table and group.hit is not Hit.COLLECT:
        findings.add(group.line, "permits are always collected: one permit less must grant nothing",
                     "write COLLECT, or leave it out")  # fmt: skip


def _spared_by_text(rules: Sequence[Rule], findings: Findings) -> None:
    """In a FIRST table a row keeps later ones from acting; the text may not."""
    for rule in rules[:-1]:
        for condition in (condition for clause in rule.clauses for condition in clause):
            if condition.fact.from_text:
                findings.add(rule.line, f"spares the rows after it by '{condition.fact.name}', "
                             "which comes from the text; text may only restrict",
                             "put it last, or in a table that collects", rule.id)  # fmt: skip
                break


def _small_enough(group: Group, rules: Sequence[Rule], findings: Findings) -> bool:
    parts = 0
    for rule in rules:
        size = 1
        for clause in rule.clauses:
            size *= max(len(clause), 1)
        parts += size
    if parts > MAX_ALTERNATIVES:
        findings.add(group.line, f"'{group.name}' makes {parts} combinations, too many to compare",
                     "split the table, or use COLLECT")  # fmt: skip
    return parts <= MAX_ALTERNATIVES


def _overlaps(
    group: Group, rules: Sequence[Rule], definition: Definition, findings: Findings
) -> None:
    for first, second, example in Regions(rules).overlaps()[:MAX_PAIRS]:
        findings.add(
            rules[second].line,
            f"overlaps '{rules[first].id}' in the UNIQUE '{group.name}': both fire for "
            + shown(example, definition.schema.facts),
            "narrow one of them, or use FIRST, COLLECT or MOST_RESTRICTIVE",
            rules[second].id,
        )


def _shadowed(group: Group, rules: Sequence[Rule], findings: Findings) -> None:
    regions = Regions(rules)
    for place, rule in enumerate(rules):
        if not place or not regions.possible(place):
            continue
        try:
            reached = regions.uncovered(range(place), inside=place) is not None
        except TooLarge:
            findings.warn(rule.line, "too large to tell whether the row is ever reached",
                          "split the table", rule.id)  # fmt: skip
            return
        if not reached:
            findings.add(rule.line, f"is never reached: rows before it in the FIRST '{group.name}' "
                         "fire whenever it would", "move it up, or remove it", rule.id)  # fmt: skip


def _order_of_guards(
    group: Group, rules: Sequence[Rule], definition: Definition, findings: Findings
) -> None:
    """Guards win in any order; a table that reads as if an earlier row spared one is refused."""
    judging = [rule for rule in rules if not rule.narrows and rule.clauses]
    told = 0
    for first, second, example in Regions(judging).overlaps():
        earlier, later = judging[first], judging[second]
        assert earlier.verdict is not None and later.verdict is not None
        if earlier.verdict < later.verdict and told < MAX_PAIRS:
            told += 1
            findings.add(
                later.line,
                f"fires beside '{earlier.id}' all the same, for "
                + shown(example, definition.schema.facts)
                + ": the more restrictive verdict wins in any order",
                f"put it before '{earlier.id}', or narrow one of them",
                later.id,
            )
