"""Limits on what the engine may bring about by itself in a day."""

from __future__ import annotations

from pydantic import Field

from signalbox.domain.base import Name, Value


class Draw(Value):
    """What one effect takes out of a day's allowance.

    ``account`` names the allowance, ``limit`` is all of it and ``amount`` this effect's part, both
    in the unit of the account, kept to a millionth. Days are of UTC.
    """

    account: Name
    amount: float = Field(ge=0, le=1e9)
    limit: float = Field(ge=0, le=1e9)
