"""Facts from the ledger and from files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from signalbox.domain.errors import BadInput
from signalbox.domain.rule_version import RecordedFacts
from signalbox.recorded import occasions_of, read_occasions, since

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "moment"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("12h", NOW - timedelta(hours=12)),
        ("7d", NOW - timedelta(days=7)),
        ("2W", NOW - timedelta(weeks=2)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T10:00+02:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_span_or_a_date(span, moment):
    assert since(span, NOW) == moment


@pytest.mark.parametrize("span", ["", "7", "d", "-7d", "last week", "9999999d"])
def test_anything_else_is_told(span):
    with pytest.raises(BadInput, match="--since"):
        since(span, NOW)


def recorded(subject, *offered, model="m1"):
    return RecordedFacts(
        subject=subject, facts={"n": 1}, offered=offered, model_version=model, at=NOW
    )


def test_options_before_narrowing_are_all_that_was_offered_under_the_same_model():
    found = occasions_of(
        [recorded("a", "x"), recorded("b", "x", "y", "z"), recorded("c", "q", model="m2")]
    )
    assert [one.options for one in found] == [("x", "y", "z"), ("x", "y", "z"), ("q",)]
    assert found[0].at == NOW.isoformat()


def test_a_file_of_facts_or_of_whole_decisions(tmp_path):
    path = tmp_path / "facts.jsonl"
    path.write_text(
        '{"facts": {"n": 1}, "options": ["A"]}\n\n'
        '{"subject": "t2", "decided_at": "d", "trace": {"facts": {"n": 2}, "offered": ["B"]}}\n'
    )
    assert [tuple(one) for one in read_occasions(path)] == [
        ("line 1", {"n": 1}, ("A",), ""),
        ("t2", {"n": 2}, ("B",), "d"),
    ]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "facts.jsonl:2: not JSON"),
        ("[1]", "facts.jsonl:2: there are no 'facts'"),
        ('{"facts": 3}', "there are no 'facts'"),
        ('{"trace": 3}', "there are no 'facts'"),
        ('{"facts": {}, "options": "A"}', "'options' is not a list"),
        ('{"facts": {}, "options": [1]}', "'options' is not a list"),
        ('{"facts": {"n": NaN}}', "not JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, named):
    path = tmp_path / "facts.jsonl"
    path.write_text('{"facts": {}}\n' + line)
    with pytest.raises(BadInput, match=named):
        read_occasions(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read_occasions(tmp_path / "absent.jsonl")
