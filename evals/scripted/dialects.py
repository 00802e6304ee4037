"""How each host of DeepSeek R1 speaks: where the reasoning goes, what is refused or ignored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evals.scripted.said import Said

_JSON_TYPES = ("text", "json_object", "json_schema")


@dataclass(frozen=True, slots=True)
class Dialect:
    """One host's habits.

    ``reasoning_field`` is None where the reasoning stands in the content, up to ``</think>``;
    ``opening_tag`` says whether ``<think>`` starts it. ``limit_fields`` are the request fields
    that cap the answer, in order of precedence; others are ignored, as the host does.
    ``formats``: the ``response_format`` types it takes, None for any. ``keep_alive``: what comes
    every so often while the answer is not ready: blank lines from the host itself, or the comment
    a proxy in front of it puts in.
    """

    name: str
    model: str
    reasoning_field: str | None
    limit_fields: tuple[str, ...] = ("max_completion_tokens", "max_tokens")
    formats: tuple[str, ...] | None = _JSON_TYPES
    opening_tag: bool = True
    refuses: str = ""  # "forced tool_choice", "tools" or nothing
    flat_errors: bool = False
    keep_alive: bytes = b": keep-alive\n\n"

    def objection(self, request: Mapping[str, Any]) -> str | None:
        """Why this host answers 400 to such a request, or None."""
        if request.get("stream"):
            return "stream: the scripted server does not stream"
        choice = request.get("tool_choice")
        forced = isinstance(choice, dict) or choice == "required"
        if self.refuses == "forced tool_choice" and forced:
            return f"{self.model} does not support this tool_choice"
        if self.refuses == "tools" and (request.get("tools") or forced):
            return "tool choice requires a tool call parser, and none is set"
        form = request.get("response_format")
        kind = form.get("type") if isinstance(form, dict) else None
        if form is not None and self.formats is not None and kind not in self.formats:
            return f"response_format type {kind!r} is unavailable now"
        return None

    def limit(self, request: Mapping[str, Any]) -> int | None:
        """Most tokens of reasoning and content together, from the fields this host heeds."""
        for field in self.limit_fields:
            value = request.get(field)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value
        return None

    def message(self, said: Said) -> dict[str, Any]:
        """The assistant message that carries what was said."""
        out: dict[str, Any] = {"role": "assistant", "content": said.content}
        inline = said.inline
        if inline is None and self.reasoning_field is None:
            inline = "tags" if self.opening_tag else "closing"
        if inline is None:
            out[str(self.reasoning_field)] = said.reasoning
        elif said.content is not None:
            opening = "<think>\n" if inline == "tags" else ""
            closing = "" if said.thinking else f"\n</think>\n\n{said.content}"
            out["content"] = f"{opening}{said.reasoning}{closing}"
        return out

    def error(self, status: int, message: str, kind: str) -> dict[str, Any]:
        """The body of an error response."""
        fields = {"message": message, "type": kind, "param": None, "code": status}
        return {"object": "error", **fields} if self.flat_errors else {"error": fields}


DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "deepseek",
            "deepseek-reasoner",
            "reasoning_content",
            limit_fields=("max_tokens",),
            formats=("text", "json_object"),
            refuses="forced tool_choice",
            keep_alive=b"\n",
        ),
        Dialect("sglang", "DeepSeek-R1", "reasoning_content", flat_errors=True),
        Dialect("vllm", "DeepSeek-R1", "reasoning", refuses="tools"),
        Dialect("openrouter", "deepseek/deepseek-r1", "reasoning", keep_alive=b"\n"),
        Dialect("ollama", "deepseek-r1", "reasoning", limit_fields=("max_tokens",)),
        Dialect("together", "DeepSeek-R1", None, limit_fields=("max_tokens",)),
        Dialect("raw", "DeepSeek-R1", None, formats=None, opening_tag=False),
    )
}
