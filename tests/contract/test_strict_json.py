from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.strict_json import NotJson, read_json

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(PLAIN)
def test_reads_what_a_json_library_wrote(value: object) -> None:
    assert read_json(json.dumps(value)) == value


@given(st.text(alphabet='{}[]":,0123456789.eE+-truefalsn \\u\n', max_size=60))
def test_whatever_the_text_it_is_a_value_or_not_json(text: str) -> None:
    try:
        value = read_json(text)
    except NotJson as error:
        assert error.message and error.hint
    else:
        assert json.loads(text) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1, "a": 1}', "'a' stands twice"),
        ("NaN", "NaN is not JSON"),
        ("1" * 401, "401 digits"),
        ("-1e400", "too large"),
        ("[" * 50_000, "too deep"),
        ('{\n"a": b}', "line 2, column 6"),
        ("{'a'}", "character 2"),
    ],
)
def test_names_the_place_and_the_fix(text: str, says: str) -> None:
    with pytest.raises(NotJson, match=says) as caught:
        read_json(text)
    assert caught.value.hint
