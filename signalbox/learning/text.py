"""TF-IDF over words and characters, fitted and applied without scikit-learn."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log, sqrt

import numpy as np

from signalbox.learning.sparse import SparseRows

_TOKEN = re.compile(r"\w+")
_CACHE = 50_000
MAX_CHARS = 20_000


def char_ngrams(word: str, low: int = 2, high: int = 5) -> list[str]:
    """Character n-grams of one word padded by a blank on either side (scikit-learn's char_wb)."""
    padded = f" {word} "
    grams = []
    for n in range(low, high + 1):
        if len(padded) <= n:
            grams.append(padded)
            break
        grams.extend(padded[i : i + n] for i in range(len(padded) - n + 1))
    return grams


def word_ngrams(text: str) -> list[str]:
    """Words, then pairs of neighbouring words; digits are kept: job numbers carry the route."""
    words = _TOKEN.findall(text)
    return words + [f"{a} {b}" for a, b in itertools.pairwise(words)]


@dataclass
class TextVectorizer:
    """Words 1–2 and characters 2–5 within words, each block scaled to unit length.

    Sublinear term frequency 1 + ln tf, smoothed inverse document frequency
    ln((1 + n) / (1 + df)) + 1 (Salton and Buckley 1988). ``vocabulary`` maps ``w`` or ``c`` plus
    the n-gram to its column. Only the first ``MAX_CHARS`` characters of a text are read, so that
    one long mail cannot hold up the rest.
    """

    vocabulary: dict[str, int]
    idf: np.ndarray
    _words: dict[str, list[int]] = field(default_factory=dict, repr=False)

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.vocabulary)

    @classmethod
    def fit(
        cls, texts: Sequence[str], *, char_min_rows: int = 2, max_features: int = 200_000
    ) -> TextVectorizer:
        """Learn columns and weights; the most frequent are kept when there are too many."""
        words: Counter[str] = Counter()
        grams: Counter[str] = Counter()
        by_word: dict[str, list[str]] = {}
        for text in texts:
            low = text[:MAX_CHARS].lower()
            words.update(set(word_ngrams(low)))
            seen: set[str] = set()
            for word in set(low.split()):
                known = by_word.get(word)
                if known is None:
                    known = by_word[word] = char_ngrams(word)
                seen.update(known)
            grams.update(seen)
        rows = [(count, "w" + term) for term, count in words.items()]
        rows += [(count, "c" + term) for term, count in grams.items() if count >= char_min_rows]
        if len(rows) > max_features:
            rows.sort(key=lambda r: (-r[0], r[1]))
            rows = rows[:max_features]
        rows.sort(key=lambda r: r[1])
        n = len(texts)
        idf = [log((1 + n) / (1 + count)) + 1 for count, _ in rows]
        return cls({term: i for i, (_, term) in enumerate(rows)}, np.asarray(idf, dtype=np.float32))

    def transform(self, texts: Sequence[str]) -> SparseRows:
        """(n, width) rows; each of the two blocks has length sqrt(1/2), or nothing in it."""
        return SparseRows.pack([self._row(text) for text in texts], self.width)

    def _row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        low = text[:MAX_CHARS].lower()
        get = self.vocabulary.get
        words = Counter(i for g in word_ngrams(low) if (i := get("w" + g)) is not None)
        chars: Counter[int] = Counter()
        for word in low.split():
            chars.update(self._columns(word))
        blocks = [self._weigh(words), self._weigh(chars)]
        return (
            np.concatenate([indices for indices, _ in blocks]),
            np.concatenate([values for _, values in blocks]),
        )

    def _weigh(self, counts: Counter[int]) -> tuple[np.ndarray, np.ndarray]:
        indices = np.fromiter(counts.keys(), dtype=np.int32, count=len(counts))
        frequency = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        values = (1 + np.log(frequency)) * self.idf[indices]
        length = sqrt(float(values @ values)) * sqrt(2)
        return indices, values / length if length else values

    def _columns(self, word: str) -> list[int]:
        known = self._words.get(word)
        if known is None:
            get = self.vocabulary.get
            known = [i for g in char_ngrams(word) if (i := get("c" + g)) is not None]
            if len(self._words) < _CACHE:
                self._words[word] = known
        return known
