"""The model that learns on: members propose labels, boosted trees weigh each candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signalbox.learning.online import counts, neighbours, recency
from signalbox.learning.online.arrays import Bools, Floats, Ints
from signalbox.learning.online.counts import CountTables
from signalbox.learning.online.forest import Forest
from signalbox.learning.online.keys import Key
from signalbox.learning.online.labels import LabelIndex
from signalbox.learning.online.linear import OnlineLinear
from signalbox.learning.online.neighbours import Neighbours
from signalbox.learning.online.recency import Recency
from signalbox.learning.online.row import Row
from signalbox.learning.online.vectors import Features, Vectoriser


@dataclass(frozen=True, slots=True)
class Look:
    """The candidates for one row before its label is known.

    ``table`` is (candidates, features), ``blend`` the members' plain average per candidate and
    ``novelty`` the share of attribute combinations never met (0 where there are no attributes).
    """

    candidates: Ints
    table: Floats
    blend: Floats
    novelty: float
    agreement: float
    features: Features


class Members:
    """Counts, linear model, neighbours and recency over one growing label index."""

    def __init__(self, labels: LabelIndex, keys: Sequence[Key], *, text: bool, seed: int) -> None:
        buckets = 1 << (16 if text else 15)
        self.labels = labels
        self.counts = CountTables(keys)
        self.recency = Recency()
        self.vectoriser = Vectoriser(keys, buckets)
        self.linear = OnlineLinear(buckets, seed=seed)
        self.by_text = Neighbours() if text else None
        self.by_meaning = Neighbours() if text else None

    def look(self, row: Row, n_candidates: int) -> Look:
        """What the members say of ``row``, from rows before it only."""
        n = len(self.labels)
        features = self.vectoriser.features(row)
        counted, score, known = self.counts.look(row.values, n)
        chance = self.linear.look(features, n)
        score = score / score.sum()
        opinions = [chance]
        blocks = [chance[:, None], np.log(chance / chance.max() + 1e-6)[:, None]]
        for member, vector in ((self.by_text, features.sketch), (self.by_meaning, features.dense)):
            if member is not None:
                near = member.look(vector, n)
                blocks.append(near)
                if not np.isnan(near[0, 1]):
                    opinions.append(near[:, 1])
        if len(self.counts.keys) > 1:
            opinions.append(score)
        blend = np.mean(opinions, axis=0)
        c = min(n_candidates, n)
        top = np.argpartition(-blend, c - 1)[:c]
        top = top[np.argsort(-blend[top])]
        flat = counted[:, top].transpose(1, 0, 2).reshape(c, -1)
        recent = self.recency.look(row, n)
        # Counting the votes once over the candidates lets the trees see the margin to the rest.
        extra = np.stack([score[top], blend[top], blend[top] / blend[top[0]]], axis=1)
        row_wide = np.array([known, blend[top[0]], blend[top[1]] if c > 1 else 0.0])
        table = np.concatenate(
            [flat, *[b[top] for b in blocks], recent[top], extra, np.tile(row_wide, (c, 1))], axis=1
        )
        total = len(self.counts.keys)
        votes = [int(np.argmax(o)) for o in opinions]
        return Look(
            candidates=top.astype(np.int64),
            table=table.astype(np.float32),
            blend=blend[top].astype(np.float32),
            novelty=1 - known / total if total > 1 else 0.0,
            agreement=max(votes.count(v) for v in votes) / len(votes),
            features=features,
        )

    def add(self, row: Row, label: int, features: Features) -> None:
        """Learn the true label of ``row``."""
        self.counts.add(row.values, label)
        self.recency.add(row, label)
        self.vectoriser.count(features)
        self.linear.add(features, label, len(self.labels))
        for member, vector in ((self.by_text, features.sketch), (self.by_meaning, features.dense)):
            if member is not None:
                member.add(vector, label)


def candidate_width(keys: int, text: bool) -> int:
    """Columns of :attr:`Look.table`."""
    return keys * counts.WIDTH + 2 + (2 * neighbours.WIDTH if text else 0) + recency.WIDTH + 3 + 3


def weigh(look: Look, forest: Forest | None) -> Floats:
    """P(correct) of each candidate, normalised where the trees hand out more than certainty."""
    if forest is None:
        return look.blend
    chance = forest.probability(look.table)
    return np.asarray(chance / max(1.0, float(chance.sum())), np.float32)


@dataclass(slots=True)
class TrainingRows:
    """Candidate tables with what proved correct, the newest ``limit`` rows, for the next fit."""

    limit: int
    tables: list[NDArray[np.float16]]
    hits: list[Bools]

    def add(self, look: Look, label: int) -> None:
        self.tables.append(look.table.astype(np.float16))
        self.hits.append(look.candidates == label)
        if len(self.tables) > self.limit:
            del self.tables[: -self.limit], self.hits[: -self.limit]

    def stacked(self, start: int = 0, stop: int | None = None) -> tuple[Floats, Bools]:
        """All rows end to end."""
        tables = np.concatenate(self.tables[start:stop]).astype(np.float32)
        return tables, np.concatenate(self.hits[start:stop])
