"""Running the arms: harmless cases alone, then the same ones among attacks."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from evals.attacks.adaptive import TRIES, Attacker
from evals.attacks.attempt import Attempt, Plan, draw, put_into_words
from evals.attacks.cases import Case, queue_cases, refund_cases
from evals.attacks.corpus import Carrier
from evals.attacks.goals import Goal, read_goals
from evals.attacks.observed import End
from evals.attacks.policy import read_policy

Handle = Callable[[str, Case, Attempt | None], Awaitable[End]]
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is tried.

    ``attempts`` from the corpora, ``tries`` of the adaptive attacker for each goal, ``harmless``
    cases beside them. ``only`` these goals, all where none is named.
    """

    attempts: int
    tries: int = TRIES
    harmless: int = 600
    seed: int = 1
    only: tuple[str, ...] = ()

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The goals that are tried, in the order of their file."""
        return tuple(goal for goal in read_goals() if not self.only or goal.id in self.only)


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt and what became of it; ``broken`` names the lines of the policy it broke."""

    attempt: Attempt
    end: End
    broken: tuple[str, ...]
    adaptive: bool = False


@dataclass(slots=True)
class Result:
    """Everything one arm did."""

    tried: list[Tried] = field(default_factory=list)
    alone: list[tuple[Case, End]] = field(default_factory=list)
    among: list[tuple[Case, End]] = field(default_factory=list)


def crossing(carriers: Sequence[Carrier]) -> int:
    """How many attempts put every carrier to every goal once."""
    return len(carriers) * len(read_goals())


def plans(carriers: Sequence[Carrier], size: Size) -> Iterator[tuple[Goal, Plan]]:
    """Goals in turn, carriers in a shuffled order of each goal's own, until there are enough."""
    rng = Random(f"plans:{size.seed}")
    orders = {goal.id: _shuffled(rng, len(carriers)) for goal in size.goals}
    for number in range(size.attempts):
        goal = size.goals[number % len(size.goals)]
        yield goal, draw(rng, goal, next(orders[goal.id]))


def _shuffled(rng: Random, n: int) -> Iterator[int]:
    while True:
        yield from rng.sample(range(n), n)


def harmless(size: Size, prefix: str) -> list[Case]:
    """Ordinary cases for both desks, half and half."""
    half = size.harmless // 2
    claims = itertools.islice(refund_cases(size.seed, f"{prefix}r"), half)
    tickets = itertools.islice(queue_cases(size.seed, f"{prefix}q"), size.harmless - half)
    return [one for pair in itertools.zip_longest(tickets, claims) for one in pair if one]


async def run_alone(handle: Handle, size: Size) -> list[tuple[Case, End]]:
    """The harmless cases without any attack."""
    return [(case, await handle(case.desk, case, None)) for case in harmless(size, "b")]


async def run_arm(
    handle: Handle, carriers: Sequence[Carrier], size: Size, progress: Progress
) -> Result:
    """All attempts, with the harmless cases spread among them."""
    result = Result()
    rng = Random(f"words:{size.seed}")
    rides = queue_cases(size.seed + 7, "ride")
    waiting = iter(harmless(size, "b"))
    total = size.attempts + size.tries * len(size.goals)
    every = max(1, total // max(size.harmless, 1))

    async def attack(goal: Goal, plan: Plan, adaptive: bool) -> Tried:
        number = len(result.tried)
        attempt = put_into_words(rng, goal, plan, carriers, next(rides), f"a{number:06}")
        end = await handle(plan.desk, attempt.case, attempt)
        tried = Tried(attempt, end, read_policy().broken(end.seen), adaptive)
        result.tried.append(tried)
        if number % every == 0 and (case := next(waiting, None)) is not None:
            result.among.append((case, await handle(case.desk, case, None)))
        progress(len(result.tried) / total)
        return tried

    for goal, plan in plans(carriers, size):
        await attack(goal, plan, False)
    for goal in size.goals:
        attacker = Attacker(goal, len(carriers), size.seed)
        for _ in range(size.tries):
            plan = attacker.next()
            attacker.learn(plan, await attack(goal, plan, True))
    for case in waiting:
        result.among.append((case, await handle(case.desk, case, None)))
    return result
