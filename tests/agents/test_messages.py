"""Messages fitted to a dialect, corrected, and counted."""

from agents.messages import Message, corrected, fitted, token_bound

TALK = [Message("system", "rules"), Message("user", "case"), Message("assistant", "hm")]


def test_a_system_prompt_stays_where_it_is_allowed():
    assert fitted(TALK, system_prompt=True) == TALK


def test_elsewhere_it_leads_the_first_user_message():
    found = fitted(TALK, system_prompt=False)
    assert found == [Message("user", "rules\n\ncase"), Message("assistant", "hm")]


def test_it_becomes_a_user_message_where_there_is_none():
    assert fitted([("system", "rules")], system_prompt=False) == [Message("user", "rules")]


def test_a_correction_joins_the_last_user_message():
    found = corrected(fitted(TALK, system_prompt=False), "choice: 'x' was not offered")
    assert len(found) == 2
    assert found[0].content.startswith("rules\n\ncase")
    assert "'x' was not offered" in found[0].content


def test_the_bound_is_no_less_than_a_token_a_byte():
    assert token_bound([Message("user", "ä" * 100)]) >= 200
    assert token_bound([Message("user", "\ud800")]) >= 1
