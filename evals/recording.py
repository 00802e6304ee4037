"""Recordings of a real host: what went over the wire, without the keys, to be played again.

vcrpy does it (9.4 or later, which reaches the transport of httpx2). A recording holds prompts and
answers as they were sent, but for a key that either of them quotes, and the reasoning redacted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.envelope import REASONING_FIELDS
from guardrails.redaction import redact
from signalbox.domain.errors import BadInput, MissingExtra

KEY = "[KEY]"
CASSETTE = "agent.json"
_KEPT_REQUEST = frozenset({"host", "content-type", "accept"})
_KEPT_RESPONSE = frozenset(
    {"content-type", "retry-after", "server", "date", "x-signalbox-scripted"}
)
# The one that carries our questions; the others belong to whoever else is in this process.
_OTHERS = (
    "httplib", "requests", "boto3", "urllib3", "httplib2", "tornado", "aiohttp", "httpx",
)  # fmt: skip


@contextmanager
def recorded(folder: Path) -> Iterator[None]:
    """Write every exchange with the host to ``folder``, when the block is left in any way.

    Raises:
        BadInput: there is a recording already, or none can be written.
        MissingExtra: vcrpy is not installed.
    """
    path = folder / CASSETTE
    if path.exists():
        raise BadInput(f"{path}: there is a recording already", hint="name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"{folder}: cannot be created ({error.strerror})", hint="name another folder"
        ) from None
    with _vcr("all").use_cassette(str(path)):
        yield


@contextmanager
def replayed(folder: Path) -> Iterator[None]:
    """Answer from the recording in ``folder``; nothing goes out, and what it lacks is a failure.

    Each recorded answer is given once, in the order they came.

    Raises:
        BadInput: there is no recording, or it cannot be read.
        MissingExtra: vcrpy is not installed.
    """
    path = folder / CASSETTE
    if not path.is_file():
        raise BadInput(f"{path}: no recording is there", hint="make one with --record")
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        count = len(held["interactions"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: not a recording ({error})", hint="record it again") from None
    if not count:
        raise BadInput(f"{path}: an empty recording", hint="record it again")
    with _vcr("none").use_cassette(str(path)):
        yield


def _vcr(mode: str) -> Any:
    try:
        import vcr
    except ImportError:
        raise MissingExtra("recordings need vcrpy", hint="pip install 'signalbox[evals]'") from None
    scrub = _Scrub()
    recorder = vcr.VCR(
        serializer="json",
        record_mode=mode,
        match_on=["question"],
        before_record_request=scrub.request,
        before_record_response=scrub.response,
        skip_patchers=_OTHERS,
    )
    recorder.register_matcher("question", _same_question)
    return recorder


def _same_question(one: Any, other: Any) -> bool:
    """By method, path and body: a recording outlives the address of its host."""
    return bool(one.method == other.method and one.path == other.path and one.body == other.body)


class _Scrub:
    """Keeps named headers only, and no key: hosts quote it when they refuse it.

    The key is taken from the requests themselves, so that it is the one that was sent.
    """

    def __init__(self) -> None:
        self._keys: set[bytes] = set()

    def request(self, request: Any) -> Any:
        for name in list(request.headers):
            if name.lower() == "authorization":
                key = str(request.headers[name]).rpartition(" ")[2]
                self._keys |= {form.encode() for form in _written(key) if form}
            if name.lower() not in _KEPT_REQUEST:
                del request.headers[name]
        if request.body:
            request.body = self._without_keys(request.body)
        return request

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        headers = response["headers"]
        kept = {name: value for name, value in headers.items() if name.lower() in _KEPT_RESPONSE}
        body = dict(response["body"])
        content = body.get("string") or b""
        content = content.encode() if isinstance(content, str) else content
        body["string"] = _without_persons(self._without_keys(content))
        return response | {"headers": kept, "body": body}

    def _without_keys(self, content: bytes) -> bytes:
        for key in sorted(self._keys, key=len, reverse=True):
            content = content.replace(key, KEY.encode())
        return content


def _written(key: str) -> set[str]:
    """The key as it is and as JSON may spell it."""
    return {key, json.dumps(key)[1:-1], json.dumps(key)[1:-1].replace("/", "\\/")}


def _without_persons(content: bytes) -> bytes:
    """The reasoning redacted; what the answer is read from stays as it was said."""
    try:
        found = json.loads(content)
        messages = [choice["message"] for choice in found["choices"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return content
    changed = False
    for message in messages:
        for name in REASONING_FIELDS:
            told = message.get(name) if isinstance(message, dict) else None
            if isinstance(told, str) and (safe := redact(told)).count:
                message[name], changed = safe.text, True
    return json.dumps(found).encode() if changed else content
