"""The one error base: a stable code, an HTTP status and a hint that says what to do next."""

from __future__ import annotations


class SignalboxError(Exception):
    """Base of every error that reaches a user.

    ``code`` is stable and safe to match on, ``status`` is the HTTP status the API answers with,
    ``hint`` names the fix. ``exit_code`` is what the command line ends with.
    """

    code = "internal"
    status = 500
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class BadInput(SignalboxError):
    """The caller's data cannot be used as it stands; the message names file, line or field."""

    code = "bad-input"
    status = 422
    exit_code = 2


class BadRules(BadInput):
    """A rule set that does not parse, type-check or pass its own cases."""

    code = "bad-rules"


class BadModel(BadInput):
    """A model folder that is missing, incomplete, altered or of an unknown version."""

    code = "bad-model"


class TooLarge(BadInput):
    """More bytes, rows or labels than the stated limit."""

    code = "too-large"
    status = 413


class NotFound(SignalboxError):
    """No such task, decision or approval for this tenant."""

    code = "not-found"
    status = 404
    exit_code = 2


class Conflict(SignalboxError):
    """The state has moved on: already answered, already recorded, or a re-used key."""

    code = "conflict"
    status = 409


class OverLimit(Conflict):
    """The day's allowance does not reach for this effect; nothing was committed."""

    code = "over-limit"


class Unavailable(SignalboxError):
    """A part this answer needs is not there now."""

    code = "unavailable"
    status = 503


class MissingExtra(SignalboxError):
    """An optional dependency is asked for and not installed."""

    code = "missing-extra"
    status = 501
    exit_code = 2
