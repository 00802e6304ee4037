"""Passwords and other secrets that a text calls by name.

After a colon or an equals sign whatever comes is the secret. In a sentence ("the password is …")
it is one only if it looks like one, since most such sentences say that a password is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

# Both are matched against small letters, so that a search can begin at the few letters they
# begin with; what has to stand before a name is looked at once its letters are there.
_HELD = (
    r"(?:passwords?|passwd|passwort|passphrase|passcode|pass(?<!\wpass)|pwd|pin(?<!\wpin)"
    r"|parola d.ordine|kennwort|secret(?:[_-]?key)?|senha(?<!\wsenha)|contrase\u00f1a|contrasena"
    r"|clave(?<!\wclave)|mot de passe|mots de passe|api[ _-]?key|access[_-]?key|token|wachtwoord"
    r"|geheimzahl|cvv2?(?<!\wcvv)(?<!\wcvv2)|cvc2?(?<!\wcvc)(?<!\wcvc2)|otp(?<!\wotp)|cookie(?<!\wcookie))"
)
_KIND = r"(?:[ -]?(?:number|code|nummer))?"
_GIVEN = re.compile(
    _HELD + _KIND + r"[\"']?\s{0,3}(?:[:=\uff1a]|%3[ad])\s{0,3}(?!\[[a-z]{1,9}_\d{1,6}\](?!\w))"
    r"(?P<hide>\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|\S{1,4000}+)"
)
# "… for my account is …" needs its verb; "password hunter2" has neither.
_SAID = re.compile(
    _HELD + _KIND + r"(?:"
    r"(?:\s{1,3}(?:for|of|to|on|f\u00fcr|von|zu|zum|zur|pour|de|del|para|per|voor)"
    r"(?:\s{1,3}[^\s,.;:!?]{1,20}+){1,4}?)?"
    r"(?P<verb>\s{1,3}(?:is|was|are|(?:to\s{1,3})?be|ist|war|lautet|hei\u00dft|est|es|\u00e9|\u00e8|eh)"
    r"(?:\s{1,3}(?:now|still|currently|set\s{1,3}to|jetzt|noch|ahora|maintenant)|:)?))?\s{1,3}"
    r"(?P<hide>[\"'`\u2018\u201c\u201e\u00ab]?[^\s]{3,200}+)"
)
_BEARER = re.compile(
    r"(?:bearer(?<!\wbearer)|authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?\w{1,10})\s{1,3}"
    r"(?P<hide>[\w.~+/=-]{6,2000})"
)
_GIVEN_SIGNS = (":", "=", "\uff1a", "%3")
_SIGNS = (
    *("pass", "pwd", "pin", "secret", "key", "token", "kennwort", "senha", "contrase", "clave"),
    *("parola", "wachtwoord", "geheimzahl", "cvv", "cvc", "otp", "cookie"),
)
_BEARER_SIGNS = ("bearer", "authorization")
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_TRAIL = ".,;:!?)]}>" + _QUOTES
_AMOUNT = re.compile(r"[$\u20ac\u00a3]?\d[\d.,:/-]*[%$\u20ac\u00a3]?")
_COUNTED = re.compile(r"\d{1,3}-?(?:st|nd|rd|th|[a-z]{3,})", re.IGNORECASE)
_SYMBOL = re.compile(r"[@#$^&*=~|\\<>{}_%+]")
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")
_PLACEHOLDER = re.compile(r"\[[A-Z]{1,9}_\d{1,6}\]")
_LONG = 24
# What is said of a password in quotation marks and is no password.
_STATES = frozenset(
    {
        *("wrong", "incorrect", "invalid", "expired", "required", "missing", "empty", "null"),
        *("none", "blank", "forgotten", "locked", "disabled", "rejected", "denied", "unknown"),
        *("weak", "reset", "changed", "falsch", "ung\u00fcltig", "abgelaufen", "gesperrt"),
        *("incorrecta", "invalide", "expir\u00e9"),
    }
)


def given(text: str, small: str) -> Iterator[Span]:
    """What follows a name and a colon. ``small`` is ``text`` in small letters, here and below."""
    del text
    if any(sign in small for sign in _GIVEN_SIGNS) and any(sign in small for sign in _SIGNS):
        for match in _GIVEN.finditer(small):
            start, end = match.span("hide")
            if small[start] not in "\"'" or small[start] != small[end - 1] or end - start < 3:
                end = start + len(small[start:end].rstrip(_TRAIL))
            if end > start:
                yield start, end


def said(text: str, small: str) -> Iterator[Span]:
    """What a sentence calls a password, PIN, key or token, where it looks like one."""
    if not any(sign in small for sign in _SIGNS):
        return
    for match in _SAID.finditer(small):
        start, end = match.span("hide")
        value = text[start:end]
        bare = value.strip(_TRAIL + "([{<")
        if not bare or _PLACEHOLDER.search(value):
            continue
        pin = small.startswith(("pin", "passcode", "cvv", "cvc", "otp", "geheim"), match.start())
        if _secret(bare, said=match["verb"] is not None, quoted=value[0] in _QUOTES, pin=pin):
            begin = start + value.index(bare)
            yield begin, begin + len(bare)


def bearers(text: str, small: str) -> Iterator[Span]:
    """Credentials of an HTTP request."""
    del text
    if any(sign in small for sign in _BEARER_SIGNS):
        for match in _BEARER.finditer(small):
            yield match.span("hide")


def _secret(value: str, *, said: bool, quoted: bool, pin: bool) -> bool:
    """Whether a word looks like a secret and not like something said of one."""
    digits = sum(map(str.isdigit, value))
    if digits == len(value):
        return (3 if pin else 4) <= digits <= 12 and (said or pin)
    if _AMOUNT.fullmatch(value) or _COUNTED.fullmatch(value) or len(value) < 4:
        return False
    letters = any(map(str.isalpha, value))
    if not said:
        return digits > 0 and letters and len(value) >= 6
    if quoted and value.lower() not in _STATES:
        return True
    return bool(
        (letters and digits)
        or _SYMBOL.search(value)
        or _INNER_CAPITAL.search(value)
        or (value.isalpha() and len(value) >= _LONG)
    )
