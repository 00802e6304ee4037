"""Approvals as an Agent Inbox shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from api.schemas import ApprovalOut
from graphs import agent_inbox


class InboxConfig(BaseModel):
    """What may be answered."""

    allow_ignore: bool
    allow_respond: bool
    allow_edit: bool
    allow_accept: bool


class InboxAction(BaseModel):
    """What would be done."""

    action: str
    args: dict[str, Any]


class InboxOut(BaseModel):
    """A ``HumanInterrupt``, with what it takes to answer it."""

    id: str
    task_id: str
    digest: str
    created_at: datetime
    expires_at: datetime
    action_request: InboxAction
    config: InboxConfig
    description: str


class InboxPage(BaseModel):
    """Oldest first."""

    approvals: list[InboxOut]


def in_inbox(shown: ApprovalOut) -> InboxOut:
    """The same approval in the older format."""
    fields = shown.model_dump(include={"id", "task_id", "digest", "created_at", "expires_at"})
    return InboxOut(**fields, **agent_inbox.interrupt(shown.request))
