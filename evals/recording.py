"""Recordings of a real host: what went over the wire, without the keys, to be played again.

vcrpy does it (9.4 or later, which reaches the transport of httpx2). A recording holds prompts and
answers as they were sent: the prompts redacted, the reasoning as the host gave it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from signalbox.domain.errors import BadInput, MissingExtra

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
    recorder = vcr.VCR(
        serializer="json",
        record_mode=mode,
        match_on=["question"],
        before_record_request=_lean_request,
        before_record_response=_lean_response,
        skip_patchers=_OTHERS,
    )
    recorder.register_matcher("question", _same_question)
    return recorder


def _same_question(one: Any, other: Any) -> bool:
    """By method, path and body: a recording outlives the address of its host."""
    return bool(one.method == other.method and one.path == other.path and one.body == other.body)


def _lean_request(request: Any) -> Any:
    """Named headers only, so that no key is kept under whatever name it travels."""
    for name in list(request.headers):
        if name.lower() not in _KEPT_REQUEST:
            del request.headers[name]
    return request


def _lean_response(response: dict[str, Any]) -> dict[str, Any]:
    headers = response["headers"]
    kept = {name: value for name, value in headers.items() if name.lower() in _KEPT_RESPONSE}
    return response | {"headers": kept}
