"""What every route needs, in one table. A route that is not in it is refused to everybody."""

from __future__ import annotations

import re

from signalbox.domain.access import Permission
from signalbox.domain.errors import NotFound, SignalboxError


class NotAllowed(SignalboxError):
    """The path is there, and not with this method."""

    code = "method-not-allowed"
    status = 405

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"no {method} here", hint=f"it takes {', '.join(methods(path))}")


OPEN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("/", "/healthz", "/readyz"), ("GET",)),
    **dict.fromkeys(("/docs", "/docs/oauth2-redirect", "/redoc", "/openapi.json"), ("GET", "HEAD")),
    "/v1/session": ("DELETE", "POST"),
}
"""Answered without a key: they tell nothing of tasks, or are how one gets in."""

PERMISSIONS: dict[tuple[str, str], Permission] = {
    ("POST", "/v1/tasks"): Permission.SUBMIT,
    ("POST", "/v1/tasks/batch"): Permission.SUBMIT,
    ("GET", "/v1/tasks/{task_id}"): Permission.READ,
    ("DELETE", "/v1/tasks/{task_id}"): Permission.ADMIN,
    ("POST", "/v1/tasks/{task_id}/outcome"): Permission.SUBMIT,
    ("POST", "/v1/tasks/{task_id}/assignment"): Permission.SUBMIT,
    ("GET", "/v1/resources"): Permission.READ,
    ("PUT", "/v1/resources/{resource_id}"): Permission.ADMIN,
    ("GET", "/v1/resources/{resource_id}"): Permission.READ,
    ("DELETE", "/v1/resources/{resource_id}"): Permission.ADMIN,
    ("GET", "/v1/decisions"): Permission.READ,
    ("GET", "/v1/decisions/{decision_id}"): Permission.READ,
    ("GET", "/v1/approvals"): Permission.READ,
    ("GET", "/v1/approvals/{approval_id}"): Permission.READ,
    ("POST", "/v1/approvals/{approval_id}"): Permission.APPROVE,
    ("POST", "/v1/approvals/{approval_id}/claim"): Permission.APPROVE,
    ("DELETE", "/v1/approvals/{approval_id}/claim"): Permission.APPROVE,
    ("GET", "/v1/delegations"): Permission.READ,
    ("POST", "/v1/delegations"): Permission.APPROVE,
    ("DELETE", "/v1/delegations/{delegation_id}"): Permission.APPROVE,
    ("GET", "/v1/autonomy"): Permission.READ,
    ("POST", "/v1/autonomy"): Permission.INSTALLATION,
    ("GET", "/v1/rules"): Permission.INSTALLATION,
    ("GET", "/v1/rules/{digest}"): Permission.INSTALLATION,
    ("GET", "/metrics"): Permission.METRICS,
    ("GET", "/v1/events"): Permission.READ,
    ("GET", "/v1/webhooks"): Permission.ADMIN,
    ("POST", "/v1/webhooks"): Permission.ADMIN,
    ("GET", "/v1/webhooks/{webhook_id}"): Permission.ADMIN,
    ("DELETE", "/v1/webhooks/{webhook_id}"): Permission.ADMIN,
    ("GET", "/v1/webhooks/{webhook_id}/deliveries"): Permission.ADMIN,
    ("POST", "/v1/webhooks/{webhook_id}/rotate"): Permission.ADMIN,
    ("POST", "/v1/webhooks/{webhook_id}/replay"): Permission.ADMIN,
}


_PATTERNS = [
    (re.compile("[^/]+".join(map(re.escape, re.split(r"\{[a-z_]+\}", path)))), path)
    # Words before placeholders: /v1/tasks/batch is no task called "batch".
    for path in sorted({path for _, path in PERMISSIONS}, key=lambda path: path.count("{"))
]


def needed(method: str, path: str) -> Permission:
    """What a request needs.

    Raises NotFound or NotAllowed for what is not in the table, whether or not a route answers it:
    one that nobody has thought about is shut.
    """
    allowed = _methods(path)
    if not allowed:
        raise NotFound("Not Found", hint="/openapi.json lists what is here")
    found = allowed.get("GET" if method == "HEAD" else method)
    if found is None:
        raise NotAllowed(method, path)
    return found


def methods(path: str) -> tuple[str, ...]:
    """The methods that a path is there with, for the header Allow."""
    return tuple(sorted(_methods(path))) or OPEN.get(path, ())


def template(path: str) -> str:
    """The path as it stands in the tables, with placeholders; "other" for what is in neither."""
    if path in OPEN:
        return path
    return next((one for pattern, one in _PATTERNS if pattern.fullmatch(path)), "other")


def _methods(path: str) -> dict[str, Permission]:
    for pattern, template in _PATTERNS:
        if pattern.fullmatch(path):
            return {
                method: found for (method, one), found in PERMISSIONS.items() if one == template
            }
    return {}
