"""What a decision takes out of the limits on automatic decisions, as the ledger is told it."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from signalbox.domain.base import Name, Value

MICROS = 1_000_000


class Take(Value):
    """One unit of a limit of ``capacity`` in ``seconds``.

    ``name`` tells the limit's row; ``told`` is the limit in words. A full limit gives ``capacity``
    units at once and is full again after ``seconds``.
    """

    name: str = Field(max_length=128)
    told: str
    capacity: int = Field(ge=1)
    seconds: int = Field(ge=1)

    @property
    def step_us(self) -> int:
        """Microseconds that one unit takes to come back; rounded up, so never too soon."""
        return -(-self.seconds * MICROS // self.capacity)

    @property
    def burst_us(self) -> int:
        """Microseconds that all units together take to come back."""
        return self.step_us * self.capacity


class Loop(Value):
    """The same subject decided ``most`` times ``within`` is held to be going in circles."""

    most: int = Field(ge=1)
    within: timedelta


class Draw(Value):
    """What one effect takes out of a day's allowance.

    ``account`` names the allowance, ``limit`` is all of it and ``amount`` this effect's part, both
    in the unit of the account, kept to a millionth. Days are of UTC.
    """

    account: Name
    amount: float = Field(ge=0, le=1e9)
    limit: float = Field(ge=0, le=1e9)


class UnderRules(Value):
    """The versions of the rules of ``kind`` one of which has to be active still.

    None among the ``digests`` stands for: none is active, and an engine goes by its file.
    """

    kind: str
    digests: frozenset[str | None]


class Checks(Value):
    """What the ledger checks, and takes, in the transaction that commits a decision."""

    rules: UnderRules | None = None
    takes: tuple[Take, ...] = ()
    draws: tuple[Draw, ...] = ()
    loop: Loop | None = None


NO_CHECKS = Checks()
