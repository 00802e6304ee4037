"""How hosts of DeepSeek R1 differ on the wire: dialects, and the hosts known by name.

R1 is served by many hosts behind one API shape, and they differ in four things that decide
whether an answer is read rightly: where the reasoning appears, how JSON is asked for, whether a
system prompt is allowed, and which field limits the tokens. Sources: the model card (no system
prompt, temperature 0.6, top-p 0.95) and the hosts' documentation of reasoning outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from signalbox.domain.errors import BadInput
from signalbox.suggest import nearest

Reasoning = Literal["reasoning_content", "reasoning", "inline"]
JsonMode = Literal["json_object", "json_schema", "prompt"]
_Known = TypeVar("_Known")


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of speaking the chat-completions API.

    ``token_field`` is sent through ``extra_body``: the name langchain-openai would send,
    ``max_completion_tokens``, is ignored by most of these hosts. ``opening_tag`` says whether
    inline reasoning starts with ``<think>``; the original R1 template has it in the prompt, so
    that only the closing tag comes back.
    """

    name: str
    reasoning: Reasoning
    json_mode: JsonMode = "prompt"
    system_prompt: bool = False
    token_field: str = "max_tokens"
    temperature: float | None = 0.6
    top_p: float | None = 0.95
    opening_tag: bool = False


# A grammar from the first token on would forbid the thought, so hosts without a reasoning parser
# (and those whose parser and grammar are known to quarrel) are asked in the prompt alone.
DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect("deepseek", "reasoning_content", "json_object", system_prompt=True),
        Dialect("sglang", "reasoning_content", "json_object"),
        Dialect("vllm", "reasoning", "json_schema"),
        Dialect("openrouter", "reasoning"),
        Dialect("ollama", "reasoning"),
        Dialect("together", "inline", opening_tag=True),
        Dialect("raw", "inline"),
    )
}


@dataclass(frozen=True, slots=True)
class Preset:
    """A host known by name: what is assumed when a setting is left out.

    An empty ``model`` or ``base_url`` has to be given. ``key_needed`` is False for hosts that one
    runs oneself.
    """

    name: str
    base_url: str
    dialect: str
    model: str
    key_needed: bool


PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        # No model: the alias for R1 was retired there, and what replaces it has to be chosen.
        Preset("deepseek", "https://api.deepseek.com/v1", "deepseek", "", True),
        Preset("vllm", "http://127.0.0.1:8000/v1", "vllm", "deepseek-ai/DeepSeek-R1", False),
        Preset("sglang", "http://127.0.0.1:30000/v1", "sglang", "deepseek-ai/DeepSeek-R1", False),
        Preset("ollama", "http://127.0.0.1:11434/v1", "ollama", "deepseek-r1", False),
        Preset(
            "together", "https://api.together.xyz/v1", "together", "deepseek-ai/DeepSeek-R1", True
        ),
        Preset(
            "fireworks",
            "https://api.fireworks.ai/inference/v1",
            "together",
            "accounts/fireworks/models/deepseek-r1",
            True,
        ),
        Preset(
            "openrouter",
            "https://openrouter.ai/api/v1",
            "openrouter",
            "deepseek/deepseek-r1",
            True,
        ),
        Preset("custom", "", "raw", "", False),
    )
}


def dialect_named(name: str) -> Dialect:
    """The dialect of that name.

    Raises:
        BadInput: there is none; the hint names those there are.
    """
    return _named(name, DIALECTS, "dialect", "SIGNALBOX_LLM__DIALECT")


def preset_named(name: str) -> Preset:
    """The preset of that name. Raises BadInput as ``dialect_named`` does."""
    return _named(name, PRESETS, "preset", "SIGNALBOX_LLM__PRESET")


def _named(name: str, known: Mapping[str, _Known], what: str, setting: str) -> _Known:
    found = known.get(name.strip().lower())
    if found is not None:
        return found
    like = nearest(name.strip().lower(), known)
    guess = f"did you mean '{like}'? " if like else ""
    raise BadInput(
        f"{setting}: there is no {what} '{name[:40]}'", hint=f"{guess}known: {', '.join(known)}"
    )
