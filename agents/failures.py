"""How asking a reasoning model can fail: a small closed set, one typed error."""

from __future__ import annotations

import re
from enum import StrEnum

from signalbox.domain.errors import SignalboxError

MESSAGE_CHARS = 240

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
# Keys, bearer tokens, addresses and long numbers: a host may quote the request in its error.
_SECRET = re.compile(
    r"(?i:bearer)\s+\S{1,400}"
    r"|\b(?:sk|pk|fw|hf|tgp|key)[-_][-_A-Za-z0-9]{8,200}"
    r"|\beyJ[\w-]{8,2000}(?:\.[\w-]{0,4000}){0,2}"
    r"|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
    r"|//[^/\s@]{1,200}@"
    r"|\b\d(?:[ -]?\d){8,40}\b"
)


class FailureKind(StrEnum):
    """Every way in which no answer is had. Decisions record it, metrics count it."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    AUTH = "auth"
    PAYMENT = "payment"
    BAD_REQUEST = "bad_request"
    SERVER_ERROR = "server_error"
    PROTOCOL = "protocol"
    TRUNCATED = "truncated"
    BLANK = "blank"
    INVALID_JSON = "invalid_json"
    INVALID_SCHEMA = "invalid_schema"
    NOT_OFFERED = "not_offered"
    REFUSED = "refused"
    BUDGET = "budget"
    BREAKER_OPEN = "breaker_open"
    BUSY = "busy"
    CANCELLED = "cancelled"


# The host is down, overloaded or will not serve us: evidence against the host itself.
HOST_FAILURES = frozenset(
    {
        FailureKind.TIMEOUT,
        FailureKind.UNREACHABLE,
        FailureKind.RATE_LIMITED,
        FailureKind.AUTH,
        FailureKind.PAYMENT,
        FailureKind.SERVER_ERROR,
        FailureKind.PROTOCOL,
    }
)
# Nothing was learned about the host: no request of ours was answered or refused by it.
UNINFORMATIVE = frozenset(
    {FailureKind.BUDGET, FailureKind.BREAKER_OPEN, FailureKind.BUSY, FailureKind.CANCELLED}
)
# The model answered and got the form wrong: worth one more question that says what was wrong.
CORRECTABLE = frozenset(
    {
        FailureKind.BLANK,
        FailureKind.INVALID_JSON,
        FailureKind.INVALID_SCHEMA,
        FailureKind.NOT_OFFERED,
    }
)


def one_line(text: str, *, secrets: tuple[str, ...] = (), limit: int = MESSAGE_CHARS) -> str:
    """``text`` on one printable line of at most ``limit`` characters, without secrets.

    ``secrets`` are taken out literally; what looks like a key, an address or a long number goes
    too, since hosts quote requests in their errors.
    """
    text = text[: limit * 8]
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "[secret]")
    text = _SECRET.sub("[redacted]", _CONTROL.sub(" ", text))
    text = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


class ConsultFailed(SignalboxError):
    """No answer was had, and why.

    ``attempts`` counts requests sent; ``retry_after_s`` is what the host asked for, or None.
    ``billable`` says whether the model may have worked (and charged) for the failed request,
    ``retryable`` whether the same request may be sent again; ``cost_usd`` is what was spent.
    """

    code = "consult-failed"
    status = 503

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        attempts: int = 0,
        retry_after_s: float | None = None,
        billable: bool = False,
        retryable: bool = False,
        cost_usd: float = 0.0,
    ) -> None:
        super().__init__(one_line(message))
        self.kind = kind
        self.attempts = attempts
        self.retry_after_s = retry_after_s
        self.billable = billable
        self.retryable = retryable
        self.cost_usd = cost_usd

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.message}"
