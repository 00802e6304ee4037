"""``/`` and ``/_...``: what the server is, what it has seen, what it shall do."""

from __future__ import annotations

from collections.abc import Callable

from evals.scripted.answers import BadScript
from evals.scripted.dialects import DIALECTS
from evals.scripted.faults import FAULTS
from evals.scripted.reply import Reply, json_reply
from evals.scripted.request import BadRequest, Request
from evals.scripted.state import Mode, State


def is_control(path: str) -> bool:
    """Whether a path works whatever the mode, and is not counted."""
    return path == "/" or path.startswith("/_")


def control(request: Request, state: State, open_connections: int) -> Reply:
    """Answer a control request. BadRequest (404, 400) names what is wrong."""
    if (request.method, request.path) == ("GET", "/_stats"):
        return json_reply(state.stats.report(open_connections))
    if (request.method, request.path) == ("GET", "/"):
        return Reply(_about().encode(), content_type="text/plain; charset=utf-8")
    change = _CHANGES.get(request.path) if request.method == "POST" else None
    if change is None:
        raise BadRequest(404, "GET /, GET /_stats, POST /_script, /_mode or /_reset")
    try:
        change(request, state, open_connections)
    except BadScript as wrong:
        raise BadRequest(400, str(wrong)) from None
    return json_reply({"ok": True})


def _script(request: Request, state: State, open_connections: int) -> None:
    state.script = state.script.changed(request.json())
    state.turn = 0


def _mode(request: Request, state: State, open_connections: int) -> None:
    state.mode = Mode.wanted(request.json())


def _reset(request: Request, state: State, open_connections: int) -> None:
    state.reset(open_connections)


_CHANGES: dict[str, Callable[[Request, State, int], None]] = {
    "/_script": _script,
    "/_mode": _mode,
    "/_reset": _reset,
}


def _about() -> str:
    faults = "\n".join(f"  {fault.name}: {fault.says}" for fault in FAULTS.values())
    return (
        "This is a scripted model server: test equipment. There is no model behind it; every\n"
        "answer was written beforehand and nothing it says is worth acting on.\n\n"
        "POST /{dialect}/{fault}/v1/chat/completions\n\n"
        f"dialects: {', '.join(DIALECTS)}\n"
        f"faults:\n{faults}\n"
    )
