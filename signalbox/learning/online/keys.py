"""Which attribute combinations get count tables of their own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

Key = tuple[int, ...]


def code_length(contexts: Sequence[tuple[str, ...]], labels: Sequence[int], n_labels: int) -> float:
    """Prequential code length in nats a row of the labels given their context.

    Each label is predicted from the counts before it, backed off to the running prior with a
    weight of one (Dawid 1984): a many-valued column is charged for every value it must learn.
    """
    prior = np.full(n_labels, 1.0 / n_labels)
    total = 1.0
    seen: dict[tuple[str, ...], dict[int, int]] = {}
    loss = 0.0
    for context, label in zip(contexts, labels, strict=True):
        cell = seen.setdefault(context, {})
        n = sum(cell.values())
        loss -= np.log((cell.get(label, 0) + prior[label] / total) / (n + 1))
        cell[label] = cell.get(label, 0) + 1
        prior[label] += 1
        total += 1
    return float(loss / max(1, len(labels)))


def choose_keys(
    rows: Sequence[tuple[str, ...]],
    labels: Sequence[int],
    n_labels: int,
    *,
    limit: int = 36,
    sample: int = 4000,
) -> list[Key]:
    """Column combinations (as column numbers) worth counting, the empty one first.

    Columns are ranked by the code length of the last ``sample`` rows; pairs come from the six
    best, triples from the five best that are not nearly unique to a row; a few wide ones join them.
    """
    keys: list[Key] = [()]
    if not rows or not rows[0]:
        return keys
    rows, labels = rows[-sample:], labels[-sample:]
    width = len(rows[0])
    distinct = [len({r[c] for r in rows}) for c in range(width)]
    lengths = {
        c: code_length([(r[c],) for r in rows], labels, n_labels)
        for c in range(width)
        if distinct[c] > 1
    }
    alone = code_length([()] * len(rows), labels, n_labels)
    ranked = sorted(lengths, key=lambda c: lengths[c])
    telling = [c for c in ranked if lengths[c] < alone - 0.005]
    best = telling[:6]
    shared = [c for c in best if distinct[c] < len(rows) / 4][:5]
    wide = [shared, telling, ranked, [c for c in telling if c in shared or c not in best]]
    keys += [(c,) for c in telling[:10]]
    keys += [tuple(sorted(w)) for w in wide if len(w) > 3]
    keys += [tuple(sorted(p)) for p in combinations(best, 2)]
    keys += [tuple(sorted(p)) for p in combinations(shared, 3)]
    return list(dict.fromkeys(keys))[:limit]
