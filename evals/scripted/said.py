"""What the scripted model said, before a dialect puts it on the wire."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

CHARACTERS_PER_TOKEN = 4  # a rough count; the script has no tokenizer


@dataclass(frozen=True, slots=True)
class Said:
    """``inline`` puts the reasoning into the content whatever the dialect does.

    "tags" is ``<think>`` and ``</think>``, "closing" the closing tag alone. ``whole`` exempts the
    answer from the request's token limit, where the fault is its size. ``thinking`` is set where
    the tokens ran out before the reasoning ended.
    """

    reasoning: str
    content: str | None
    finish_reason: str = "stop"
    inline: Literal["tags", "closing"] | None = None
    whole: bool = False
    thinking: bool = False

    @property
    def reasoning_tokens(self) -> int:
        return _tokens(self.reasoning)

    @property
    def tokens(self) -> int:
        return self.reasoning_tokens + _tokens(self.content or "")

    def capped(self, limit: int | None) -> Said:
        """Cut to ``limit`` tokens, reasoning first, as a model that runs out of them is cut."""
        if limit is None or self.whole or self.tokens <= limit:
            return self
        room = limit * CHARACTERS_PER_TOKEN
        left = max(0, room - self.reasoning_tokens * CHARACTERS_PER_TOKEN)
        return replace(
            self,
            reasoning=self.reasoning[:room],
            content=(self.content or "")[:left],
            finish_reason="length",
            thinking=left == 0,
        )


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)
