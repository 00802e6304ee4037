"""What is said to the model: role and text, fitted to a dialect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Role = Literal["system", "user", "assistant"]


class Message(NamedTuple):
    """One turn of a conversation."""

    role: Role
    content: str


def fitted(messages: Sequence[Message], *, system_prompt: bool) -> list[Message]:
    """The messages as a dialect takes them.

    Where no system prompt is allowed (R1's model card advises against one), its text goes to the
    front of the first user message, which is made when there is none.
    """
    messages = [Message(*message) for message in messages]
    if system_prompt:
        return messages
    head = [message.content for message in messages if message.role == "system"]
    rest = [message for message in messages if message.role != "system"]
    if not head:
        return rest
    first = next((i for i, message in enumerate(rest) if message.role == "user"), None)
    if first is None:
        return [Message("user", "\n\n".join(head)), *rest]
    rest[first] = Message("user", "\n\n".join([*head, rest[first].content]))
    return rest


def corrected(messages: Sequence[Message], error: str) -> list[Message]:
    """The same question with what was wrong with the last answer, for the one re-ask.

    The note is added to the last user message, since some chat templates refuse two user turns in
    a row; the bad answer itself is not sent back.
    """
    turns = list(messages)
    note = (
        f"Your previous answer was not accepted: {error}\n"
        "Answer again with exactly one JSON object and nothing around it."
    )
    last = max((i for i, turn in enumerate(turns) if turn.role == "user"), default=None)
    if last is None:
        return [*turns, Message("user", note)]
    turns[last] = Message("user", f"{turns[last].content}\n\n{note}")
    return turns


def token_bound(messages: Sequence[Message]) -> int:
    """No fewer tokens than the prompt can have: byte-level encodings use at most one a byte."""
    return sum(len(text.encode("utf-8", "replace")) + 16 for _, text in messages) + 16
