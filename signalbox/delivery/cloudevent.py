"""An event as others read it: CloudEvents 1.0 in structured mode."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from signalbox.domain.base import canonical_json
from signalbox.domain.outcome import Event

MEDIA_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "dev.signalbox."
SOURCE = "/signalbox"


def event_id(event: Event) -> str:
    """The same for every attempt and every reader: what a receiver tells repeats by."""
    return f"evt_{event.id}"


def cloudevent(event: Event, source: str = SOURCE) -> dict[str, Any]:
    """The JSON object. ``source`` and ``id`` together are unique; ``tenant`` is an extension."""
    return {
        "specversion": "1.0",
        "id": event_id(event),
        "source": source,
        "type": TYPE_PREFIX + event.type,
        "subject": event.subject,
        "time": event.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "tenant": event.tenant,
        "data": event.data,
    }


def body_of(event: Event, source: str = SOURCE) -> bytes:
    """The body of a delivery: the same bytes for every attempt."""
    return canonical_json(cloudevent(event, source)).encode("utf-8")
