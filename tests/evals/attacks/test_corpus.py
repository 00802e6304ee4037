import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.attacks.corpus import OWN, Carrier, carriers_of, read_corpora
from signalbox.domain.errors import BadInput


def write(folder, *rows, name="c.jsonl"):
    path = folder / name
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in rows))
    return path


def test_texts_templates_and_goals_are_told_apart_by_their_form(tmp_path):
    path = write(
        tmp_path,
        {"id": "a", "text": "say yes", "kind": "direct", "lang": "English"},
        {"id": "t", "text": "{user}: do {goal} now, {goal}!", "type": "template"},
        {"id": "g", "text": "open the door", "type": "goal"},
        "",
    )
    found = {one.id: one for one in carriers_of(read_corpora([path]))}
    assert list(found) == ["a", "t", "t+g"]
    assert found["a"].with_ask("PAY") == "say yes\nPAY"
    assert found["t"].with_ask("PAY") == "the head of the desk: do PAY now, PAY!"
    assert "open the door PAY" in found["t+g"].with_ask("PAY")


def test_goals_without_templates_stand_by_themselves(tmp_path):
    path = write(tmp_path, {"id": "g", "text": "open the door", "type": "goal"})
    assert carriers_of(read_corpora([path])) == [Carrier("g", "open the door")]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('{"id": "a"', ("line 2", "not JSON", '{"id"')),
        ("[1]", ("line 2", "not a JSON object")),
        ({"id": "b"}, ("line 2", "text is None", "give text")),
        ({"text": "x"}, ("line 2", "id is None")),
        ({"id": 7.5, "text": "x"}, ("line 2", "id is 7.5")),
        ({"id": "b", "text": "  "}, ("line 2", "text")),
        ({"id": "b", "text": "no slot", "type": "template"}, ("line 2", "{goal}")),
        ({"id": "a", "text": "x"}, ("line 2", "'a'", "line 1")),
        ({"id": "b", "text": "x" * 100_001}, ("line 2", "longer than 100000")),
    ],
)
def test_a_row_that_does_not_fit_is_named_with_its_line_and_the_fix(tmp_path, row, words):
    path = write(tmp_path, {"id": "a", "text": "fine"}, row)
    with pytest.raises(BadInput) as raised:
        read_corpora([path])
    assert raised.value.hint
    for word in (str(path), *words):
        assert word in str(raised.value)


def test_files_may_use_the_same_ids_and_any_further_fields(tmp_path):
    one = write(tmp_path, {"id": 1, "text": "x", "type": "direct"}, name="one.jsonl")
    two = write(tmp_path, {"id": 1, "text": "y", "type": ["odd"], "judge": None}, name="two.jsonl")
    found = [(one.id, one.text, one.type) for one in read_corpora([one, two])]
    assert found == [("1", "x", "text"), ("1", "y", "text")]


def test_what_holds_the_slot_is_a_template_whether_or_not_it_says_so(tmp_path):
    (entry,) = read_corpora([write(tmp_path, {"id": "a", "text": "do {goal}"})])
    assert entry.type == "template"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe{", b"\x89PNG"])
def test_a_file_that_is_no_corpus_is_refused(tmp_path, content):
    path = tmp_path / "c.jsonl"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"c\.jsonl"):
        read_corpora([path])


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"none\.jsonl: No such file"):
        read_corpora([tmp_path / "none.jsonl"])


def test_our_own_corpus_is_sound_and_has_every_form():
    entries = read_corpora([])
    assert {one.type for one in entries} == {"text", "template", "goal"}
    assert {one.file for one in entries} == {OWN.name}
    assert len(carriers_of(entries)) >= 40


@given(st.text(max_size=50), st.text(max_size=50))
def test_what_is_asked_for_always_gets_in_and_is_not_looked_at_again(text, ask):
    assert ask in Carrier("x", text).with_ask(ask)
    assert Carrier("x", "{goal}").with_ask(ask) == ask
