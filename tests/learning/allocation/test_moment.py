"""The index on arrays is the index of the compiled event loop."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from signalbox.learning.allocation.beliefs import believe
from signalbox.learning.allocation.index import by_index
from signalbox.learning.allocation.moment import Moment, pools_of, rank
from signalbox.learning.allocation.parameters import AHEAD, DOWNSTREAM, GLOBALS, HOLD, LEAVING, LONG
from signalbox.learning.allocation.view import View


@given(seed=st.integers(0, 10_000), kinds=st.integers(1, 4), people=st.integers(1, 6))
@settings(max_examples=150, deadline=None)
def test_both_choose_the_same_pair(seed: int, kinds: int, people: int) -> None:
    random = np.random.default_rng(seed)
    means = random.lognormal(0, 1.2, (kinds, people))
    means[random.random((kinds, people)) < 0.25] = np.inf
    means[:, 0] = random.lognormal(0, 1.2, kinds)  # nothing that nobody could do
    beliefs = believe(
        means,
        np.zeros((kinds, kinds)),
        np.ones(kinds),
        np.zeros(0, int),
        np.ones(people),
        np.ones(people, bool),
    )
    parameters = random.normal(0.3, 0.7, GLOBALS + 3 * kinds)
    # Of a running engine nobody knows what follows, nor who is sent home when.
    parameters[[DOWNSTREAM, LEAVING, LONG, AHEAD, HOLD]] = 0.0
    # How many kinds somebody could do is counted over all, or over what waits.
    waiting = random.integers(1, 4, kinds)
    arrived = random.uniform(0, 9, kinds)
    idle = np.flatnonzero(random.random(people) < 0.7)
    present = np.ones(people, bool)
    speeds = np.where(np.isfinite(means), 1 / means, 0.0)
    view = View(
        waiting=waiting.astype(np.int64),
        arrived=arrived,
        since=arrived.copy(),
        idle=np.concatenate([idle, np.zeros(people - len(idle), int)]).astype(np.int64),
        rate=speeds.sum(axis=1),
        counts=np.array([len(idle), people, waiting.sum(), 0]),
        clock=np.array([10.0]),
    )
    compiled = by_index(view, beliefs, parameters)

    at = np.flatnonzero(waiting)
    pools = pools_of(np.log(means), present)
    moment = Moment(
        logs=np.log(means)[np.ix_(at, idle)],
        idle=idle,
        pools=type(pools)(pools.typical[at], pools.rate[at], pools.best[at]),
        blocks=parameters[GLOBALS:].reshape(3, kinds).T[at],
        ages=(10.0 - arrived[at]) / beliefs.scale,
        waiting=waiting[at],
        bonus=np.zeros(len(at)),
        burden=np.zeros(len(idle)),
        price=np.zeros(len(idle)),
        backlog=int(waiting.sum()),
        staff=people,
    )
    ranking = rank(moment, parameters[:GLOBALS])
    value = np.where(ranking.refused, -np.inf, ranking.value)
    if not value.size or not np.isfinite(value).any():
        assert compiled == (-1, -1)
        return
    line, column = np.unravel_index(np.argmax(value), value.shape)
    assert compiled == (at[line], idle[column])
