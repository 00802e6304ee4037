"""How a consult may end: a proposal, or one failure out of a small closed set."""

from __future__ import annotations

PROPOSAL = "proposal"

FAILURES = frozenset(
    {
        "timeout",  # the deadline passed
        "unreachable",  # no connection, or it was reset
        "rate_limited",  # 429, as long as the deadline allowed to wait
        "auth",  # 401
        "payment",  # 402
        "bad_request",  # 400, 404, 422
        "server_error",  # 5xx
        "protocol",  # not the chat-completions wire: HTML, nothing, no choices, a cut body
        "truncated",  # finish reason "length", absent or unknown
        "blank",  # no content beside the reasoning
        "invalid_json",  # not exactly one JSON object once the reasoning is gone
        "invalid_schema",  # one JSON object of the wrong shape
        "not_offered",  # names an option that was not offered
        "refused",  # content filter
        "budget",
        "breaker_open",
        "busy",
        "cancelled",
    }
)

RESULTS = FAILURES | {PROPOSAL}
