"""One HTTP response, the chat completion it usually carries, and faults in either."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from evals.scripted.dialects import Dialect
from evals.scripted.said import Said

Payload = dict[str, Any]
PayloadFault = Callable[[Payload, Dialect], Payload]
ReplyFault = Callable[["Reply"], "Reply"]

_MARKED = (("server", "signalbox-scripted"), ("x-signalbox-scripted", "true"))


@dataclass(frozen=True, slots=True)
class Reply:
    """A response whole in memory; ``headers`` beside content type and length, and the mark."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()

    def head(self, *, chunked: bool = False, keep: bool = True) -> bytes:
        """Status line and headers; ``chunked`` where the length is not known beforehand."""
        phrase = HTTPStatus(self.status).phrase
        sized = ("transfer-encoding", "chunked") if chunked else ("content-length", self._length)
        lines = [
            ("content-type", self.content_type),
            sized,
            ("connection", "keep-alive" if keep else "close"),
            *_MARKED,
            *self.headers,
        ]
        text = "".join(f"{name}: {value}\r\n" for name, value in lines)
        return f"HTTP/1.1 {self.status} {phrase}\r\n{text}\r\n".encode("latin-1")

    @property
    def _length(self) -> str:
        return str(len(self.body))


def json_reply(payload: Any, status: int = 200, **headers: str) -> Reply:
    """``retry_after="1"`` becomes the header ``retry-after: 1``."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(json.dumps(payload).encode(), status, headers=named)


def error_reply(dialect: Dialect, status: int, message: str, **headers: str) -> Reply:
    """An error as this host words it; the message says that it is scripted."""
    kind = HTTPStatus(status).phrase.replace(" ", "").removesuffix("Error") + "Error"
    return json_reply(dialect.error(status, f"scripted: {message}", kind), status, **headers)


def completion(said: Said, dialect: Dialect, number: int, prompt_tokens: int) -> Payload:
    """A chat completion of one choice, marked as scripted in model and fingerprint."""
    return {
        "id": f"chatcmpl-scripted-{number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": f"scripted/{dialect.model}",
        "system_fingerprint": "scripted",
        "choices": [
            {
                "index": 0,
                "message": dialect.message(said),
                "finish_reason": said.finish_reason,
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": said.tokens,
            "total_tokens": prompt_tokens + said.tokens,
            "completion_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
        },
    }


def http_date_in(seconds: float) -> str:
    """An HTTP date at least so far ahead; the format knows whole seconds only."""
    return formatdate(int(time.time() + seconds) + 1, usegmt=True)


def no_choices(payload: Payload, dialect: Dialect) -> Payload:
    return payload | {"choices": []}


def no_finish_reason(payload: Payload, dialect: Dialect) -> Payload:
    """Null from hosts with a reasoning field; the others leave the key out."""
    choice = dict(payload["choices"][0], finish_reason=None)
    if dialect.reasoning_field is None:
        del choice["finish_reason"]
    return payload | {"choices": [choice]}


def no_usage(payload: Payload, dialect: Dialect) -> Payload:
    return {key: value for key, value in payload.items() if key != "usage"}


def absurd_usage(payload: Payload, dialect: Dialect) -> Payload:
    counts = {"prompt_tokens": -1_000_000, "completion_tokens": 10**15, "total_tokens": -1}
    return payload | {"usage": counts}


def error_object(payload: Payload, dialect: Dialect) -> Payload:
    """What a gateway answers when the host behind it failed after the status line was sent."""
    return dialect.error(502, "scripted: the provider returned an error", "ProviderError")


def html(reply: Reply) -> Reply:
    page = b"<!doctype html><title>scripted</title><h1>Just a moment (scripted page)</h1>"
    return replace(reply, body=page, content_type="text/html; charset=utf-8")


def empty(reply: Reply) -> Reply:
    return replace(reply, body=b"")


def plain_text(reply: Reply) -> Reply:
    return replace(reply, content_type="text/plain; charset=utf-8")
