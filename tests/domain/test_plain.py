import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.domain.plain import apart, name_problem, same_name


@pytest.mark.parametrize(
    "other",
    ["ann lee", "ANN LEE", " Ann  Lee ", "Ann\u00a0Lee", "A\u200bnn Lee", "Ａｎｎ Lee",
     "Аnn Lee", "Αnn Lee", "Ann Lее", "ANN LЕЕ", "Ann Łee", "Ann Lєє", "Ann ʟee", "Ann Iee",
     "Ann Lǝǝ"],
)  # fmt: skip
def test_spellings_that_look_alike_are_one_name(other):
    assert same_name("Ann Lee", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann `Lee`", "Аnn `Lee`"),
        ("Ζέτα Lee", "ΖΈΤΑ LЕЕ"),
        ("η Lee", "Η LEЕ"),
        ("Захар Lee", "ЗАХАР LЕE"),
    ],
)
def test_capitals_and_lookalikes_together_are_seen_through(one, other):
    assert same_name(one, other)
    assert same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Łukasz", "Lukasz"), ("Søren", "Soren"), ("Đoko", "Doko"), ("Ħugo", "Hugo"),
     ("Müller", "Mueller"), ("MÜLLER", "mueller")],
)  # fmt: skip
def test_who_writes_without_strokes_and_dots_is_the_same(one, other):
    assert same_name(one, other) and same_name(other, one)


def test_a_name_that_turns_what_is_read_is_none():
    assert "turns the direction" in name_problem("\u202eeeL nnA")


@pytest.mark.parametrize("other", ["Anna Lee", "Ann Leer", "Bob", "Анна Ли"])
def test_another_name_is_another_name(other):
    assert not same_name("Ann Lee", other)


def test_a_name_wholly_in_another_alphabet_is_still_itself():
    assert same_name("Ольга Петрова", "ОЛЬГА петрова")
    assert not same_name("Ольга Петрова", "Олег Петров")


@given(st.text(max_size=30))
def test_every_name_is_its_own(name):
    assert same_name(name, name)
    assert same_name(name, name.upper().lower().upper()) == same_name(
        name.upper().lower().upper(), name
    )


def test_people_are_counted_once_however_they_are_spelt():
    assert apart([["Ann Lee"], ["ann lee"], ["Аnn Lee"], ["Bob"]]) == 2
    assert apart([["Ann", "Bob"], ["Bob"], ["Cleo"], ["Dan", "ann"]]) == 2
    assert apart([]) == 0


@pytest.mark.parametrize(
    "other", ["AnnLee", "ann  lee", "Ann-Lee", "a n n l e e", "Ann.Lee", "ann\ue000 lee", "Ánn Lee"]
)
def test_what_stands_between_letters_makes_nobody_else(other):
    assert same_name("Ann Lee", other)


@pytest.mark.parametrize("other", ["Ann Leo", "Ann Lee 2", "Anna Lee", "--", ""])
def test_other_letters_do(other):
    assert not same_name("Ann Lee", other)


def test_names_without_letters_are_told_apart():
    assert not same_name("--", "++")
