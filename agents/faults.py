"""What a host's refusal means: HTTP statuses and error objects to typed failures."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from agents.failures import ConsultFailed, FailureKind, one_line

RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})
MAX_RETRY_AFTER_S = 86_400.0


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds of a ``Retry-After`` header (RFC 9110, 10.2.3: seconds or a date), or None.

    Never negative and at most a day; what cannot be read counts as absent.
    """
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def status_failure(
    status: int, headers: Mapping[str, str], body: bytes, *, secrets: tuple[str, ...] = ()
) -> ConsultFailed:
    """The failure that an HTTP status other than 2xx stands for."""
    said = _said(body, secrets)
    wait = retry_after(headers.get("retry-after"), datetime.now(UTC))
    return ConsultFailed(
        _kind(status),
        f"HTTP {status}{said}",
        retry_after_s=wait,
        retryable=status in RETRY_STATUSES,
        # An error that reports usage was charged for; others never reached the model.
        billable=b'"usage"' in body[:20_000],
    )


def error_failure(error: Any, *, secrets: tuple[str, ...] = ()) -> ConsultFailed:
    """The failure of an error object that came with status 200.

    Hosts that route to others put the status into ``code``; it is no status of ours, so that only
    the message is taken from it and the kind stays ``protocol``.
    """
    said = error.get("message") if isinstance(error, Mapping) else error
    text = one_line(str(said), secrets=secrets, limit=160)
    return ConsultFailed(
        FailureKind.PROTOCOL, f"an error object with status 200: {text}", billable=True
    )


def _kind(status: int) -> FailureKind:
    if status == 401:
        return FailureKind.AUTH
    if status == 403:
        # Routers answer so when moderation flags the text: one text must not open the breaker.
        return FailureKind.REFUSED
    if status == 402:
        return FailureKind.PAYMENT
    if status == 429:
        return FailureKind.RATE_LIMITED
    if status >= 500:
        return FailureKind.SERVER_ERROR
    if 400 <= status < 500:
        return FailureKind.BAD_REQUEST
    return FailureKind.PROTOCOL


def _said(body: bytes, secrets: tuple[str, ...]) -> str:
    """``: message`` of an error body, or nothing. HTML and the like are left out."""
    try:
        found = json.loads(body[:20_000])
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    error = found.get("error", found)
    message = error.get("message") if isinstance(error, dict) else error
    if not isinstance(message, str) or not message.strip():
        return ""
    return ": " + one_line(message, secrets=secrets, limit=160)
