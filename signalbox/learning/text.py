"""TF-IDF over words, characters and word pairs, fitted and applied without scikit-learn."""

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
PAIR_WINDOW = 9
_PAIRED_WORDS = 400
_STEM = 4


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


def stem(word: str) -> str:
    """What most inflections of a word share: its first letters, or the word less a plural s."""
    if len(word) > _STEM + 1:
        return word[:_STEM]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def stem_pairs(text: str) -> set[str]:
    """Pairs of stems no further than ``PAIR_WINDOW`` words apart, in alphabetical order.

    What is asked of a thing ("card … arrived", "arrival of my card") shows in which words stand
    together, whatever is between them and in whichever order (orthogonal sparse bigrams, Siefkes
    et al. 2004, without the order).
    """
    stems = [stem(word) for word in _TOKEN.findall(text)[:_PAIRED_WORDS]]
    return {
        f"{a} {b}" if a < b else f"{b} {a}"
        for i, a in enumerate(stems)
        for b in stems[i + 1 : i + PAIR_WINDOW]
        if a != b
    }


@dataclass
class TextVectorizer:
    """Words 1–2, characters 2–5 within words, and stem pairs, each block scaled to unit length.

    Sublinear term frequency 1 + ln tf, smoothed inverse document frequency
    ln((1 + n) / (1 + df)) + 1 (Salton and Buckley 1988). ``vocabulary`` maps ``w``, ``c`` or
    ``p`` plus the term to its column. Only the first ``MAX_CHARS`` characters of a text are read,
    and pairs formed from its first words only, so that one long mail cannot hold up the rest.
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
        cls, texts: Sequence[str], *, min_rows: int = 2, max_features: int = 200_000
    ) -> TextVectorizer:
        """Learn columns and weights; the most frequent are kept when there are too many.

        ``min_rows`` is asked of character n-grams and pairs. Pairs get at most a third of
        ``max_features``: long texts hold so many that they would crowd the words out.
        """
        words: Counter[str] = Counter()
        grams: Counter[str] = Counter()
        pairs: Counter[str] = Counter()
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
            pairs.update(stem_pairs(low))
        joint = [(count, "p" + term) for term, count in pairs.items() if count >= min_rows]
        joint = _most_frequent(joint, max_features // 3)
        rows = [(count, "w" + term) for term, count in words.items()]
        rows += [(count, "c" + term) for term, count in grams.items() if count >= min_rows]
        rows = _most_frequent(rows, max_features - len(joint)) + joint
        rows.sort(key=lambda r: r[1])
        n = len(texts)
        idf = [log((1 + n) / (1 + count)) + 1 for count, _ in rows]
        return cls({term: i for i, (_, term) in enumerate(rows)}, np.asarray(idf, dtype=np.float32))

    def transform(self, texts: Sequence[str]) -> SparseRows:
        """(n, width) rows; each of the three blocks has length sqrt(1/3), or nothing in it."""
        return SparseRows.pack([self._row(text) for text in texts], self.width)

    def _row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        low = text[:MAX_CHARS].lower()
        get = self.vocabulary.get
        words = Counter(i for g in word_ngrams(low) if (i := get("w" + g)) is not None)
        chars: Counter[int] = Counter()
        for word in low.split():
            chars.update(self._columns(word))
        pairs = Counter(i for g in stem_pairs(low) if (i := get("p" + g)) is not None)
        blocks = [self._weigh(words), self._weigh(chars), self._weigh(pairs)]
        return (
            np.concatenate([indices for indices, _ in blocks]),
            np.concatenate([values for _, values in blocks]),
        )

    def _weigh(self, counts: Counter[int]) -> tuple[np.ndarray, np.ndarray]:
        indices = np.fromiter(counts.keys(), dtype=np.int32, count=len(counts))
        frequency = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        values = (1 + np.log(frequency)) * self.idf[indices]
        length = sqrt(float(values @ values)) * sqrt(3)
        return indices, values / length if length else values

    def _columns(self, word: str) -> list[int]:
        known = self._words.get(word)
        if known is None:
            get = self.vocabulary.get
            known = [i for g in char_ngrams(word) if (i := get("c" + g)) is not None]
            if len(self._words) < _CACHE:
                self._words[word] = known
        return known


def _most_frequent(rows: list[tuple[int, str]], limit: int) -> list[tuple[int, str]]:
    if len(rows) <= limit:
        return rows
    return sorted(rows, key=lambda r: (-r[0], r[1]))[:limit]
