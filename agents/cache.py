"""A bounded memory of answers, by model and prompt; off unless a size is given."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Generic, TypeVar

from agents.messages import Message

_Kept = TypeVar("_Kept")


def prompt_digest(
    messages: Sequence[Message],
    offered: Sequence[str],
    evidence_ids: Sequence[str],
    sample: int = 0,
) -> str:
    """sha256 (hex) of everything the answer may depend on, besides the model."""
    turns = [list(turn) for turn in messages]
    parts = json.dumps([turns, list(offered), list(evidence_ids), sample])
    return hashlib.sha256(parts.encode("ascii")).hexdigest()


class Cache(Generic[_Kept]):
    """Least recently used first out. A size of 0 keeps nothing."""

    def __init__(self, size: int = 0) -> None:
        self.size = size
        self.hits = 0
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, model: str, digest: str) -> _Kept | None:
        """What was kept under this model and prompt digest, or None."""
        with self._lock:
            found = self._kept.get((model, digest))
            if found is not None:
                self._kept.move_to_end((model, digest))
                self.hits += 1
            return found

    def put(self, model: str, digest: str, value: _Kept) -> None:
        """Keep a value, at the cost of the least recently used one."""
        if self.size < 1:
            return
        with self._lock:
            self._kept[model, digest] = value
            self._kept.move_to_end((model, digest))
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)
