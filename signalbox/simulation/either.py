"""One event loop for two kinds of processes: which of two functions is called is compiled in.

What real processes have beyond the benchmark forms takes arrays that every call would have to hand
on. The plain form has an empty tuple in their place, and compiled code for it contains none of
what only the other needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.extending import overload

from signalbox.learning.allocation.compiled import UNCOUNTED

_OPTIONS: Any = {"forceinline": True, **UNCOUNTED}


def either(
    plain: Callable[..., Any], real: Callable[..., Any], *, makes_arrays: bool = False
) -> Callable[..., Any]:
    """A function for compiled code: ``plain`` or ``real``, by the ``extra`` of its first argument.

    That argument is a `Plant` or a `State`; ``extra`` is empty in those of the benchmark forms.
    Only where it ``makes_arrays`` may either do so.
    """

    def chosen(*arguments: Any) -> Any:
        return (real if arguments[0].extra else plain)(*arguments)

    def compiled(*types: Any) -> Callable[..., Any]:
        extra = types[0].types[types[0].fields.index("extra")]
        return real if len(extra) else plain

    overload(chosen, jit_options={"forceinline": True} if makes_arrays else _OPTIONS, strict=False)(
        compiled
    )
    return chosen
