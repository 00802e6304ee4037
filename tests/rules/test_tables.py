"""Decision tables: every kind of cell, every place of a fault, and the same meaning as in YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import check_rules, load_rules, parse_rules
from rules.facts import Fact, FactType
from rules.loader import gather
from rules.model import Condition, Op
from rules.operators import holds
from rules.packs import REFUNDS
from rules.table_cell import read_cell
from rules.table_words import BadCell
from signalbox.domain.errors import BadRules

HEAD = "# name: t\n# version: 1\n# kind: test\n# owner: finance\n"
COLUMNS = "id,when:amount:decimal(2)!,when:tier:string(standard|vip),then:verdict,why\n"
AMOUNT = Fact("amount", FactType.DECIMAL, places=2)
COUNT = Fact("count", FactType.INTEGER)
WORD = Fact("word", FactType.STRING)
FLAG = Fact("flag", FactType.BOOLEAN)


def fires(cell: str, fact: Fact, value: object) -> bool:
    """Whether a cell holds for a value, by the meaning of each operator."""
    coded = None if value is None else fact.reader()(value)
    clauses = [
        [_condition(fact, op, expected) for op, expected in clause]
        for clause in read_cell(cell, fact)
    ]
    return all(any(holds(c, coded) for c in clause) for clause in clauses)


def _condition(fact: Fact, op: Op, expected: object) -> Condition:
    if op in (Op.PRESENT, Op.ABSENT):
        return Condition(fact, op)
    if isinstance(expected, list):
        return Condition(fact, op, tuple(fact.literal(one) for one in expected))
    return Condition(fact, op, fact.literal(expected))


@pytest.mark.parametrize(
    ("cell", "fact", "yes", "no"),
    [
        ("-", AMOUNT, [0, None], []),
        ("", AMOUNT, [0, None], []),
        ("10", AMOUNT, [10], [10.01, None]),
        (">=10", AMOUNT, [10], [9.99, None]),
        ("> 10.5", AMOUNT, [10.51], [10.5]),
        ("[10..20)", AMOUNT, [10, 19.99], [9.99, 20, None]),
        ("(10..20]", AMOUNT, [10.01, 20], [10, 20.01]),
        ("]10..20[", AMOUNT, [10.01, 19.99], [10, 20]),
        ("[-5..-1]", AMOUNT, [-5, -1], [-5.01, 0]),
        ("1, 2,3", COUNT, [1, 2, 3], [0, 4, None]),
        ("<5, [10..20), 30", COUNT, [4, 10, 19, 30], [5, 9, 20, 29, 31, None]),
        ("not([10..20))", COUNT, [9, 20], [10, 19, None]),
        ("not(<5, >10)", COUNT, [5, 10], [4, 11, None]),
        ("not(>=5)", COUNT, [4], [5, None]),
        ("not(3)", COUNT, [4], [3, None]),
        ("not(3, 4)", COUNT, [5], [3, 4, None]),
        ("<5, >=5", COUNT, [4, 5], [None]),
        ("<5, absent", COUNT, [4, None], [5]),
        ("[1..2], absent", COUNT, [1, 2, None], [0, 3]),
        ("absent", COUNT, [None], [1]),
        ("present", COUNT, [1], [None]),
        ("vip", WORD, ["vip"], ["VIP", None]),
        ("a b, c", WORD, ["a b", "c"], ["a", None]),
        ("not(a, b), absent", WORD, ["c", None], ["a", "b"]),
        ('"a, b"', WORD, ["a, b"], ["a"]),
        ('"absent"', WORD, ["absent"], [None]),
        ('"-"', WORD, ["-"], ["x"]),
        ("12", WORD, ["12"], ["1"]),
        ("true", FLAG, [True], [False, None]),
        ("not(true)", FLAG, [False], [True, None]),
    ],
)
def test_a_cell_means_what_it_says(
    cell: str, fact: Fact, yes: list[object], no: list[object]
) -> None:
    assert all(fires(cell, fact, value) for value in yes)
    assert not any(fires(cell, fact, value) for value in no)


@pytest.mark.parametrize(
    ("cell", "fact", "message"),
    [
        ("ten", AMOUNT, "not a number"),
        ("1,250", AMOUNT, "one number or several"),
        ("007", COUNT, "begins with a zero"),
        ("1.5", COUNT, "not a whole number"),
        ("1.555", AMOUNT, "more than 2 decimal places"),
        ("[20..10]", AMOUNT, "is empty"),
        ("[10..10)", COUNT, "is empty"),
        (">", AMOUNT, "not a number"),
        ("99999999999999999", COUNT, "not within"),
        ("not()", COUNT, "excludes nothing"),
        ("not(1), 2", COUNT, "stands with other tests"),
        ("not(1", COUNT, "not closed"),
        ("not(absent)", COUNT, "is 'present'"),
        ("not(<5, >=5)", COUNT, "nothing satisfies"),
        ("1,,2", COUNT, "is empty"),
        ("present, absent", COUNT, "are anything"),
        ("present, 5", COUNT, "says more"),
        ("yes", FLAG, "not a boolean"),
        ("true, false", FLAG, "one of two"),
        (">=a", WORD, "is for numbers"),
        ('"a', WORD, "not closed"),
        ('a"b"', WORD, "quotation mark inside"),
    ],
)
def test_a_cell_that_is_not_understood_says_what_to_write(
    cell: str, fact: Fact, message: str
) -> None:
    with pytest.raises(BadCell) as caught:
        read_cell(cell, fact)
    assert message in caught.value.message
    assert caught.value.hint


_spans = st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(sorted)


@given(st.lists(_spans, min_size=1, max_size=5), st.booleans(), st.integers(-11, 11))
def test_a_list_of_intervals_is_their_union(
    spans: list[list[int]], denied: bool, value: int
) -> None:
    cell = ", ".join(f"[{low}..{high}]" for low, high in spans)
    inside = any(low <= value <= high for low, high in spans)
    assert fires(f"not({cell})" if denied else cell, COUNT, value) is (inside is not denied)


@given(st.text(max_size=30))
def test_no_cell_makes_the_reader_fail_otherwise(cell: str) -> None:
    for fact in (AMOUNT, COUNT, WORD, FLAG):
        try:
            read_cell(cell, fact)
        except BadCell as error:
            assert error.message


def table(rows: str, columns: str = COLUMNS, head: str = HEAD) -> str:
    return head + columns + rows


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("", (1, 0), "no header", "begin with"),
        (table("a,>x,-,deny,w\n"), (6, 2), "'a' column 2 ('amount'): 'x' is not a number", ">=10"),
        (table("a,-,-,dney,w\n"), (6, 4), "unknown verdict 'dney'", "'deny'"),
        (table("a,-,vpi,deny,w\n"), (6, 3), "is not one of standard, vip", "'vip'"),
        (table("a,-,-,,w\n"), (6, 1), "no effect", "then:"),
        (table("a,-,-,deny,w\na,-,-,deny,w\n"), (7, 1), "taken by line 6", "rename"),
        (table("a,-,-,deny,w,x\n"), (6, 6), "6 cells under 5 columns", "comma"),
        (table("a,-,-,deny\n"), (6, 1), "'why' is missing", "add"),
        (table('a,-,-,deny,"w\n'), (6, 0), "not valid CSV", '""'),
        (table("a,1,-,deny,w\n", head=HEAD + "# hti: FIRST\n"), (5, 1), "setting 'hti'", "'hit'"),
        (table("a,1,-,deny,w\n", head=HEAD + "# Default: deny\n"), (5, 1), "not a setting", "##"),
        (table("a,1,-,deny,w\n", head=HEAD + "# default = deny\n"), (5, 1), "not a setting", "##"),
        (table("# default: deny\na,1,-,deny,w\n"), (6, 1), "not the id of a row", "above"),
        (table("#1042,1,-,deny,w\n"), (6, 1), "'#1042' is not the id of a row", "##"),
        (table("a,5.000,-,deny,w\n"), (6, 2), "decimal places", "round"),
        (table('a,"1,5",-,deny,w\n'), (6, 2), "one number or two", "1.5"),
        (table("a,1,-,deny,w\0w\n"), (6, 5), "U+0000", "remove"),
        (table("a,1,-,deny,\u202eyneps\n"), (6, 5), "U+202E", "remove"),
        (table("a,1,-,deny,w\n", head=HEAD + "# hit: LAST\n"), (5, 1), "hit policy", "COLLECT"),
        (table("a,1,-,deny,w\n", "id,when:amont,then:verdict,why\n"), (5, 2), "'amont'", "type"),
        (table("", "id,when:amount:money,then:verdict,why\n"), (5, 2), "'money' is no type", "dec"),
        (table("", "id,when:a:integer,then:verdct,why\n"), (5, 3), "effect 'verdct'", "'verdict'"),
        (table("", "id,wen:a,then:verdict,why\n"), (5, 2), "unknown column 'wen:a'", "'when:…'"),
        (table("", "when:a:integer,then:verdict,why\n"), (5, 0), "no column 'id'", "add 'id'"),
        (table("", "id;when:a:integer;then:verdict\n"), (5, 1), "semicolons", "by commas"),
        (table("a,1,-,deny,w\n", head="# version: 1\n"), (2, 0), "'name' is missing", "# name"),
    ],
)  # fmt: skip
def test_a_faulty_table_is_refused_with_line_column_and_fix(
    tmp_path: Path, text: str, place: tuple[int, int], message: str, hint: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, "utf-8")
    found = [one for one in check_rules(path) if message in str(one)]
    assert found, [str(one) for one in check_rules(path)]
    assert (found[0].line, found[0].column) == place
    assert hint in found[0].hint
    assert found[0].file == "t.csv"
    with pytest.raises(BadRules, match=r"t\.csv:"):
        load_rules(path)


def test_a_table_is_the_same_set_as_the_yaml_it_stands_for() -> None:
    csv = HEAD + (
        "id,when:amount:decimal(2)!,when:tier:string(standard|vip),then:forbid,then:force,why\n"
        'one,[10..20),"vip, standard","A, B",,w\n'
        'two,">=500, absent",absent,,C,w\n'
    ).replace(', absent"', '"')
    yaml = """
name: t
version: "1"
kind: test
facts:
  amount: {type: decimal, places: 2, required: true}
  tier: {type: string, enum: [standard, vip]}
rules:
  - id: one
    why: w
    owner: finance
    when: [{fact: amount, ge: 10}, {fact: amount, lt: 20}, {fact: tier, in: [vip, standard]}]
    forbid: [A, B]
  - id: two
    why: w
    owner: finance
    when: [{fact: amount, ge: 500}, {fact: tier, absent: true}]
    force: C
"""
    assert parse_rules(csv, file="t.csv").digest == parse_rules(yaml, file="t.yaml").digest


def test_a_row_that_asks_nothing_always_fires() -> None:
    rules = parse_rules(table("a,-,-,deny,w\n"), file="t.csv")
    for tier in (None, "vip"):
        assert rules.evaluate({"amount": 1, "tier": tier}, ["A"]).fired == ("a",)
    optional = parse_rules(table("a,-,-,deny,w\n", COLUMNS.replace("!", "")), file="t.csv")
    assert optional.evaluate({}, ["A"]).fired == ("a",)


def test_a_spreadsheet_may_pad_and_quote(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    padded = (
        '\ufeff# name: t,,,,,\r\n"# version: 1",,,,,\r\n# kind: test,,,,,\r\n## notes,,,,,\r\n'
        "# owner: o,,,,,\r\n"
        + COLUMNS.strip()
        + ",\r\n"
        + ',,,,,\r\na,>10,vip,deny,"two\r\nlines",\r\n'
        "## not yet,>10,vip,deny,w,\r\n"
    )
    path.write_bytes(padded.encode())
    rules = load_rules(path)
    assert [rule.id for rule in rules.definition.all_rules] == ["a"]
    assert rules.definition.guards[0].owner == "o"


def test_cases_stand_beside_the_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table("a,>10,-,deny,w\n"))
    sidecar = tmp_path / "t.cases.yaml"
    sidecar.write_text("cases:\n- {name: c, given: {amount: 10}, expect: {guard: deny}}\n")
    with pytest.raises(BadRules, match=r"t\.cases\.yaml:2: 'c' the case fails"):
        load_rules(path)
    sidecar.write_text("cases:\n- {name: c, given: {amount: 11}, expect: {guard: deny}}\n")
    assert load_rules(path).definition.cases[0].name == "c"
    sidecar.write_text("facts: {}\ncases: []\n")
    with pytest.raises(BadRules, match=r"t\.cases\.yaml:1: unknown field 'facts'"):
        load_rules(path)


YAML = """\
name: t
version: 1
kind: test
facts:
  amount: {type: decimal, places: 2, required: true}
tables: [a.csv]
cases:
  - {name: c, given: {amount: 11}, expect: {fired: [a], guard: deny}}
"""
ROW = "id,when:amount,then:verdict,why,owner\na,>10,deny,w,o\n"


def test_a_table_inside_a_yaml_file(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(YAML)
    with pytest.raises(BadRules, match=r"t\.yaml:6: there is no table 'a\.csv'"):
        load_rules(path)
    (tmp_path / "a.csv").write_text(ROW)
    assert load_rules(path).evaluate({"amount": 11}, ["A"]).guard.word == "deny"
    (tmp_path / "a.csv").write_text(ROW.replace(">10", ">ten"))
    with pytest.raises(BadRules, match=r"a\.csv:2: 'a' column 2 \('amount'\)"):
        load_rules(path)
    (tmp_path / "a.csv").write_text("# kind: other\n" + ROW)
    with pytest.raises(BadRules, match=r"a\.csv:1: the table is for the kind 'other'"):
        load_rules(path)


def test_a_set_is_gathered_with_all_it_takes_in(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROW)
    path = tmp_path / "t.yaml"
    path.write_text(YAML)
    files = gather(path)
    assert set(files) == {"t.yaml", "a.csv"}
    again = parse_rules(files["t.yaml"], file="t.yaml", beside=files.get)
    assert again.digest == load_rules(path).digest
    assert set(gather(REFUNDS)) == {"refund_approval.csv", "refund_approval.cases.yaml"}


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "a.txt", ".a.csv", "b\\a.csv"])
def test_a_table_is_only_ever_read_from_beside_the_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(YAML.replace("a.csv", name))
    with pytest.raises(BadRules, match="is not a CSV file beside this one"):
        load_rules(path)


def test_a_routing_table_knows_the_facts_the_engine_supplies() -> None:
    text = (
        "# name: t\n# version: 1\n# kind: routing\n# owner: o\n# bindings: desk=optional\n"
        "id,when:priority,when:in_scope,then:force,why\n"
        'up,"high, critical",-,$desk,w\n'
    )
    rules = parse_rules(text, file="t.csv", bindings={"desk": "A"}, kind="routing")
    assert rules.schema["priority"].enum == ("low", "normal", "high", "critical")
    assert rules.evaluate({"priority": "high", "in_scope": True}, ["A", "B"]).forced == "A"
    with pytest.raises(BadRules) as caught:
        parse_rules(text.replace("priority", "prioriti"), file="t.csv")
    assert caught.value.hint == "did you mean 'priority'?"


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 10_000),
    st.text(st.sampled_from("#,:;|!()[]<>=.\"'\n\r\t -abc0159$ahit\x00\u00e9"), max_size=12),
    st.integers(0, 40),
)
def test_a_garbled_table_is_refused_or_read_and_nothing_else(
    at: int, garbage: str, gone: int
) -> None:
    text = REFUNDS.read_text("utf-8")
    place = at % len(text)
    garbled = text[:place] + garbage + text[place + gone :]
    try:
        rules = parse_rules(garbled, file="t.csv")
    except BadRules as error:
        assert "t.csv" in error.message
    else:
        rules.evaluate({"amount": 5, "tier": "vip", "claims": 0}, ["A"])
        rules.close()
