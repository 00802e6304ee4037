"""Who may do what: roles, the permissions they come with, and whoever a request comes from."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from pydantic import Field

from signalbox.domain.base import Identifier, Moment, Name, Value
from signalbox.domain.errors import SignalboxError

HOME = "default"
"""The tenant of those who run the installation: what concerns all tenants is theirs alone."""


class Permission(StrEnum):
    """What a request needs; every route names exactly one."""

    READ = "read"
    SUBMIT = "submit"
    APPROVE = "approve"
    ADMIN = "admin"
    INSTALLATION = "installation"
    METRICS = "metrics"


OF_ALL_TENANTS = frozenset({Permission.INSTALLATION, Permission.METRICS})
"""What concerns every tenant: only for those of ``HOME``."""


class Role(StrEnum):
    """What people and programs are to the engine."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role may do in its tenant."""
        return _GRANTS[self]


_GRANTS = {
    Role.VIEWER: frozenset({Permission.READ, Permission.METRICS}),
    Role.OPERATOR: frozenset({Permission.READ, Permission.METRICS, Permission.SUBMIT}),
    Role.APPROVER: frozenset({Permission.READ, Permission.METRICS, Permission.APPROVE}),
    Role.ADMIN: frozenset(Permission),
}


class Unauthorised(SignalboxError):
    """No key, or none that counts. Why is not told: it would help whoever guesses."""

    code = "unauthorised"
    status = 401


class Forbidden(SignalboxError):
    """The key counts, and does not allow this."""

    code = "forbidden"
    status = 403


class ApiKey(Value):
    """A key as it is stored: without its secret, of which only the digest is kept."""

    id: Identifier
    tenant: Identifier = HOME
    name: Name = Field(description="who acts with it; approvals are answered in this name")
    role: Role
    scopes: frozenset[Permission] | None = Field(default=None, description="narrows the role")
    created_at: Moment
    expires_at: Moment

    def valid(self, now: Moment) -> bool:
        """Whether it counts at ``now``."""
        return now < self.expires_at


class Principal(Value):
    """Whoever a request comes from. Without a name: somebody on this machine, before there are
    keys, who says with each request who they are."""

    tenant: Identifier = HOME
    name: Name | None = None
    role: Role = Role.ADMIN
    scopes: frozenset[Permission] | None = None
    key_id: str | None = None

    def may(self, permission: Permission) -> bool:
        """Whether role and scopes allow it. What concerns every tenant is for ``HOME`` only."""
        if permission in OF_ALL_TENANTS and self.tenant != HOME:
            return False
        narrowed = self.scopes is None or permission in self.scopes
        return narrowed and permission in self.role.permissions


class ApiKeys(Protocol):
    """Keys in the ledger. Rows are never deleted: once there was a key, requests need one."""

    def add(self, key: ApiKey, digest: str) -> None:
        """Store a key with the digest of its secret, and its event."""

    def find(self, id: str) -> tuple[ApiKey, str] | None:
        """The key of that id and the digest of its secret, valid or not."""

    def all(self) -> list[ApiKey]:
        """Oldest first, of every tenant."""
        ...

    def any(self) -> bool:
        """Whether there is, or ever was, a key."""
        ...

    def end(self, id: str, at: Moment) -> ApiKey:
        """Let it count no longer than until ``at``, with its event; never longer than before.
        NotFound."""
        ...


class Sessions(Protocol):
    """Sessions of a console, by the digest of their token."""

    def add(self, digest: str, key_id: str, expires_at: Moment, now: Moment) -> None:
        """Open a session; those past their time are forgotten."""

    def find(self, digest: str, now: Moment) -> str | None:
        """The id of the key it was opened with; None past its time."""
        ...

    def end(self, digest: str) -> None:
        """Close it."""
