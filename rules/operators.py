"""What each operator means: the reference every evaluator is held to."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from rules.facts import Coded
from rules.model import Condition, Op

_TESTS: dict[Op, Callable[[Any, Any], bool]] = {
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.IN: lambda got, expected: got in expected,
    Op.NOT_IN: lambda got, expected: got not in expected,
    Op.PRESENT: lambda got, expected: True,
    Op.ABSENT: lambda got, expected: False,
}


def holds(condition: Condition, got: Coded | None) -> bool:
    """Whether ``condition`` holds for a coded value; None is a missing fact."""
    if got is None:
        return condition.op is Op.ABSENT
    listed = condition.op in (Op.IN, Op.NOT_IN)
    return _TESTS[condition.op](got, condition.members if listed else condition.expected)
