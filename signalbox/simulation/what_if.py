"""Changes to a process, as somebody would say them: more people, more work, other skills."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from signalbox.domain.errors import BadInput
from signalbox.simulation.figures import check_able
from signalbox.simulation.process import Process
from signalbox.suggest import nearest

FORMS = {
    "staff": "staff=1.5: half as many people again, evenly over what they can do",
    "add": "add=NAME or add=NAME:2: one or two more like NAME",
    "remove": "remove=NAME: NAME leaves",
    "load": "load=1.2: a fifth more cases an hour",
    "grant": "grant=ACTIVITY:NAME or grant=ACTIVITY:NAME:HOURS: NAME may do it as well",
    "withdraw": "withdraw=ACTIVITY:NAME: NAME may no longer do it",
    "policy": "policy=spt: work is given out by another rule",
}


@dataclass(frozen=True, slots=True)
class Changed:
    """The process after all changes, and the policy where one of them names it."""

    process: Process
    policy: str | None


def change(process: Process, changes: Sequence[str]) -> Changed:
    """``process`` after the ``changes``, one after the other; each is in one of the `FORMS`.

    Raises:
        BadInput: a change that cannot be read or made, or after which some activity has nobody.
    """
    policy = None
    for text in changes:
        kind, _, rest = text.partition("=")
        if kind not in FORMS or not rest:
            raise _refuse(text, "is no change", "; ".join(FORMS.values()))
        if kind == "policy":
            policy = rest
        else:
            process = _KINDS[kind](process, text, rest)
    check_able(process)
    return Changed(process, policy)


def _refuse(text: str, wrong: str, fix: str) -> BadInput:
    return BadInput(f"--what-if {text[:80]!r}: {wrong}", hint=fix)


def _number(text: str, value: str, kind: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise _refuse(text, f"{value[:40]!r} is no number above 0", FORMS[kind])
    return number


def _load(process: Process, text: str, rest: str) -> Process:
    return process.with_load(_number(text, rest, "load"))


def _staff(process: Process, text: str, rest: str) -> Process:
    """Staff of a given multiple, to the nearest whole person.

    People are taken evenly from a list in which those of like skills stand together, so that every
    group grows or shrinks by the same share as nearly as whole people allow.
    """
    factor = _number(text, rest, "staff")
    count = len(process.resources)
    wanted = max(1, round(count * factor))
    skills = np.isfinite(process.means).T
    order = sorted(range(count), key=lambda r: (tuple(~skills[r]), r))
    each, more = divmod(wanted, count)
    copies = np.full(count, each)
    copies[[order[int((i + 0.5) * count / more)] for i in range(more)]] += 1
    changed = _with_copies(process, copies)
    if len(process.schedule):
        staff = np.rint(process.schedule * factor).astype(np.int64)
        # An hour with somebody keeps somebody.
        staff = np.where(process.schedule > 0, np.maximum(staff, 1), 0)
        changed = replace(changed, schedule=np.minimum(staff, len(changed.resources)))
    return changed


def _add(process: Process, text: str, rest: str) -> Process:
    name, count = rest, 1
    if rest not in process.resources and ":" in rest:
        name, _, number = rest.rpartition(":")
        if not number.isdecimal() or not 1 <= int(number) <= 1000:
            raise _refuse(text, f"{number[:40]!r} is no number of people", FORMS["add"])
        count = int(number)
    copies = np.ones(len(process.resources), np.int64)
    copies[_named(text, name, process.resources, "resource")] += count
    return _rescheduled(_with_copies(process, copies), process, count)


def _remove(process: Process, text: str, rest: str) -> Process:
    copies = np.ones(len(process.resources), np.int64)
    copies[_named(text, rest, process.resources, "resource")] = 0
    if not copies.any():
        raise _refuse(text, "nobody would be left", FORMS["remove"])
    return _rescheduled(_with_copies(process, copies), process, -1)


def _rescheduled(changed: Process, process: Process, more: int) -> Process:
    """With a pooled schedule ``more`` people stand on it in each hour that has staff."""
    if not len(process.schedule):
        return changed
    staff = np.where(process.schedule > 0, np.maximum(process.schedule + more, 1), 0)
    return replace(changed, schedule=np.minimum(staff, len(changed.resources)))


def _grant(process: Process, text: str, rest: str) -> Process:
    j, r, left = _pair(process, text, rest)
    means = process.means.copy()
    if process.instant[j]:
        raise _refuse(text, "that activity takes no time and nobody", "name one that takes time")
    if left:
        means[j, r] = _number(text, left, "grant")
    elif np.isinf(means[j, r]):
        means[j, r] = _usual(process.means, j, r)
    return process.with_means(means)


def _usual(means: np.ndarray, j: int, r: int) -> float:
    """What others need for ``j``, as much faster or slower as ``r`` is at what it does already."""
    logs = np.log(np.where(np.isfinite(means), means, np.nan))
    own = np.isfinite(logs[:, r]) & (np.isfinite(logs).sum(axis=1) > 1)
    pace = 0.0
    if own.any():
        pace = float(np.mean(logs[own, r] - np.nanmean(logs[own], axis=1)))
    return float(np.exp(np.nanmean(logs[j]) + pace))


def _withdraw(process: Process, text: str, rest: str) -> Process:
    j, r, left = _pair(process, text, rest)
    if left or np.isinf(process.means[j, r]):
        raise _refuse(text, "is nothing that could be withdrawn", FORMS["withdraw"])
    means = process.means.copy()
    means[j, r] = np.inf
    return process.with_means(means)


def _pair(process: Process, text: str, rest: str) -> tuple[int, int, str]:
    """(activity, resource, what follows) of ``ACTIVITY:NAME[:HOURS]``; names may hold colons."""
    parts = rest.split(":")
    for cut in range(1, len(parts)):
        activity = ":".join(parts[:cut])
        if activity not in process.activities:
            continue
        for end in range(len(parts), cut, -1):
            name = ":".join(parts[cut:end])
            if name in process.resources:
                j, r = process.activities.index(activity), process.resources.index(name)
                return j, r, ":".join(parts[end:])
        _named(text, parts[cut], process.resources, "resource")
    _named(text, parts[0], process.activities, "activity")
    raise _refuse(text, "names no resource", FORMS["grant"])


def _named(text: str, name: str, names: Sequence[str], kind: str) -> int:
    if name in names:
        return list(names).index(name)
    like = nearest(name, names)
    fix = f"did you mean {like!r}?" if like else f"use one of: {', '.join(list(names)[:8])}"
    raise _refuse(text, f"there is no {kind} {name[:60]!r}", fix)


def _with_copies(process: Process, copies: np.ndarray) -> Process:
    """The process with ``copies[r]`` of each resource; the first keeps its name."""
    taken = np.repeat(np.arange(len(copies)), copies)
    names: list[str] = []
    known = set(process.resources)
    for r in taken:
        name, number = process.resources[r], 1
        while name in names or (number > 1 and name in known):
            number += 1
            name = f"{process.resources[r]} #{number}"
        names.append(name)
    details = process.details
    if len(details.calendars):
        details = replace(details, calendars=np.ascontiguousarray(details.calendars[taken]))
    if len(details.costs):
        details = replace(details, costs=details.costs[taken])
    return replace(
        process,
        resources=tuple(names),
        means=np.ascontiguousarray(process.means[:, taken]),
        weights=process.weights[taken],
        details=details,
    )


_KINDS: Mapping[str, Callable[[Process, str, str], Process]] = {
    "staff": _staff,
    "add": _add,
    "remove": _remove,
    "load": _load,
    "grant": _grant,
    "withdraw": _withdraw,
}
