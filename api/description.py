"""The OpenAPI description, with what lets a request in."""

from __future__ import annotations

from typing import Any

from api.permissions import OPEN

SCHEME = "key"


def secured(description: dict[str, Any]) -> dict[str, Any]:
    """``description`` with the bearer's key that everything but what is open needs.

    A cookie serves as well, and where no key was ever made nothing is needed; the description is of
    a server with keys, and of clients that are programs.
    """
    schemes = description.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes[SCHEME] = {
        "type": "http",
        "scheme": "bearer",
        "description": "`signalbox keys create` shows one; or a token of the OIDC issuer",
    }
    for path, operations in description["paths"].items():
        for operation in operations.values():
            operation["security"] = [] if path in OPEN else [{SCHEME: []}]
    return description
