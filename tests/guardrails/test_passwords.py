"""Secrets that a sentence names, without the sentences in which nothing is told."""

import pytest

from guardrails.redaction import redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("the password is hunter2", "the password is [SECRET_1]"),
        ("my password for the mail is hunter2.", "my password for the mail is [SECRET_1]."),
        ("Password was Summer#Rain, now it fails", "Password was [SECRET_1], now it fails"),
        ("Passwort lautet Sommer2024!", "Passwort lautet [SECRET_1]!"),
        ("das Kennwort ist jetzt xK9pq", "das Kennwort ist jetzt [SECRET_1]"),
        ("mot de passe : azerty", "mot de passe : [SECRET_1]"),
        ("le mot de passe est azerty12", "le mot de passe est [SECRET_1]"),
        ("la contraseña es Verano#1", "la contraseña es [SECRET_1]"),
        ("password is 'sunshine'", "password is '[SECRET_1]'"),
        ("PIN code: 1234 and PIN is 4821", "PIN code: [SECRET_1] and PIN is [SECRET_2]"),
        ("my pin 4821 is refused", "my pin [SECRET_1] is refused"),
        ("set my pin to be 1234 please", "set my pin to be [SECRET_1] please"),
        ("password hunter2x is refused", "password [SECRET_1] is refused"),
        ("the api key is abcdefghijklmnopqrstuvwxyz", "the api key is [SECRET_1]"),
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_taken_for_one(text, redacted):
    assert redact(text).text == redacted


@pytest.mark.parametrize(
    "text",
    [
        "the password is wrong",
        "my password is expired",
        "the password is reset, is it?",
        "the password is not working since 2023",
        "password is 8 characters long",
        "password is case-sensitive",
        'it says the password is "incorrect"',
        "password is 100% correct",
        "your password was changed on 12/03/2024",
        "the password was reset yesterday at 10:30",
        "the PIN is 4 digits",
        "pin blocked after 3 attempts",
        "i need to reset my pin by 2024",
        "token expired 2024",
        "Kennwort ist falsch",
        "le mot de passe est incorrect",
        "my top-up is pending and the passport is ready",
    ],
)
def test_what_is_only_said_of_a_password_stays(text):
    assert redact(text).text == text
