"""A recurrent network that tells, after every event of a case, which of some classes is to come.

Gated recurrent units (Cho et al. 2014) over the events so far, as in the LSTMs of Tax et al. (2017)
for the same tasks. Imports PyTorch: only ``sequence`` imports it, and only where it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from signalbox.learning.durations.model import Arrays, Progress
from signalbox.learning.durations.stretches import padded

WIDTH = 64
BATCH = 64
ROUNDS = 25
MOST_STEPS = 3_000
RATE = 3e-3
DECAY = 1e-2
DROPPED = 0.2
_READ = 512

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Network(nn.Module):
    """Logits of ``classes`` after each step, from rows of ``features`` and an activity each."""

    def __init__(self, features: int, activities: int, classes: int) -> None:
        super().__init__()
        self.activity = nn.Embedding(activities + 1, 8)
        self.inward = nn.Linear(features + 8, WIDTH)
        self.memory = nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.between = nn.Linear(2 * WIDTH, WIDTH)
        self.outward = nn.Linear(WIDTH, classes)
        self.dropped = nn.Dropout(DROPPED)

    def forward(self, X: torch.Tensor, activity: torch.Tensor) -> torch.Tensor:
        """(b, steps, classes) from (b, steps, features) and (b, steps)."""
        step = torch.cat([X, self.activity(activity)], dim=-1)
        step = self.dropped(torch.relu(self.inward(step)))
        # What the units remember, beside what the last event alone tells.
        memory, _ = self.memory(step)
        told = self.dropped(torch.cat([step, memory], dim=-1))
        logits: torch.Tensor = self.outward(self.dropped(torch.relu(self.between(told))))
        return logits


def train(
    network: Network,
    X: np.ndarray,
    activity: np.ndarray,
    parts: np.ndarray,
    loss: Loss,
    seed: int,
    progress: Progress,
) -> None:
    """Fit ``network`` to the rows; ``loss`` takes logits (m, classes) and their row numbers (m,).

    A fixed number of steps, at most ``MOST_STEPS``: how long it takes is known, and the same seed
    gives the same network, which a limit in seconds would not.
    """
    rows, activities = torch.from_numpy(X), torch.from_numpy(activity)
    rng = np.random.default_rng(seed)
    steps = min(max(1, ROUNDS * len(parts) // BATCH), MOST_STEPS)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 1)
    network.train()
    waiting = np.empty(0, dtype=int)
    for step in range(steps):
        if len(waiting) < BATCH:
            waiting = np.concatenate([waiting, rng.permutation(len(parts))])
        taken, waiting = waiting[:BATCH], waiting[BATCH:]
        at, there = _placed(parts[taken])
        error = loss(network(rows[at], activities[at])[there], at[there])
        optimiser.zero_grad()
        torch.autograd.backward([error])
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        progress("training the network", (step + 1) / steps)
    network.eval()


def probabilities(
    network: Network, X: np.ndarray, activity: np.ndarray, parts: np.ndarray, classes: int
) -> np.ndarray:
    """(n, classes) for each row, from the rows of its part up to it."""
    rows, activities = torch.from_numpy(X), torch.from_numpy(activity)
    found = np.zeros((len(X), classes))
    with torch.inference_mode():
        for begin in range(0, len(parts), _READ):
            at, there = _placed(parts[begin : begin + _READ])
            logits = network(rows[at], activities[at])[there].double()
            found[at[there].numpy()] = torch.softmax(logits, dim=-1).numpy()
    return found


def _placed(parts: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    places = torch.from_numpy(padded(parts))
    there = places >= 0
    return places.clamp(min=0), there


@contextmanager
def quiet(seed: int) -> Iterator[None]:
    """Seeded, on one thread, and nothing of it left behind for others who use PyTorch.

    Sums come out the same whatever number of cores there is; steps as small as these gain nothing
    from a second one.
    """
    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)


def weights_of(network: Network) -> Arrays:
    """The weights by name."""
    return {f"network.{name}": value.numpy() for name, value in network.state_dict().items()}


def with_weights(network: Network, arrays: Mapping[str, np.ndarray]) -> Network:
    """``network`` with the weights of ``weights_of``; KeyError or ValueError where none fit."""
    wanted = network.state_dict()
    found = {name: arrays[f"network.{name}"] for name in wanted}
    for name, value in found.items():
        if value.dtype != np.float32 or value.shape != tuple(wanted[name].shape):
            raise ValueError(f"the weights {name} have another shape")
        if not np.isfinite(value).all():
            raise ValueError(f"the weights {name} are not all numbers")
    network.load_state_dict({name: torch.from_numpy(value) for name, value in found.items()})
    return network.eval()
