"""Gates: the figures a report must reach, judged on the cautious end of their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from signalbox.domain.errors import BadInput

LARGEST = 1e12
EXAMPLE = "write for example  accuracy: {min: 0.93}"


class _Once(yaml.SafeLoader):
    """A key that stands twice would quietly lose one of two gates."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{name[:60]!r} is given twice", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


def read_gate(path: Path) -> dict[str, dict[str, float]]:
    """``metric: {min: x}`` or ``{max: x}`` or both, in YAML or JSON. BadInput names the line."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), _Once)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise BadInput(
            f"{str(path)[:200]}: cannot be read ({reason})", hint="check --gate"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        hint = "indent with spaces, not tabs" if "'\\t'" in problem else EXAMPLE
        raise BadInput(f"{path}{where}: not valid YAML: {problem[:200]}", hint=hint) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        # PyYAML lets whatever its converters stumble over through, as for '!!bool x'.
        reason = "nested too deep" if isinstance(error, RecursionError) else f"no value: {error}"
        raise BadInput(f"{path}: {reason}", hint=EXAMPLE) from None
    if not isinstance(content, dict) or not content:
        raise BadInput(f"{path}: no gates", hint=EXAMPLE)
    return {str(name): _limits(path, str(name), limits) for name, limits in content.items()}


def judge(result: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Whether every gate holds, and each check with the value it was judged on.

    A figure that comes with an interval (``<metric>_interval``: Wilson for shares, bootstrap for
    the others) is judged on its lower end against ``min`` and on its upper end against ``max``;
    others on the figure itself. ``judged_on`` says which. A figure that is None fails.
    """
    checks = []
    for name, limits in read_gate(path).items():
        if name not in result:
            raise BadInput(
                f"{path}: no figure {name!r}; there is {', '.join(sorted(result))}",
                hint="name one of these figures",
            )
        measured = result[name]
        if measured is None and name.startswith("oos_"):
            raise BadInput(
                f"{path}: {name!r} was not measured in this run",
                hint="name the label of such rows with --out-of-scope",
            )
        if isinstance(measured, bool) or not isinstance(measured, int | float | None):
            plain = sorted(k for k, v in result.items() if isinstance(v, int | float))
            raise BadInput(f"{path}: {name!r} is no number", hint=f"one of: {', '.join(plain)}")
        for side, limit in limits.items():
            interval = result.get(f"{name}_interval")
            value = result[name]
            judged = value if interval is None else interval[0 if side == "min" else 1]
            passed = judged is not None and (judged >= limit if side == "min" else judged <= limit)
            checks.append(
                {
                    "metric": name,
                    side: limit,
                    "value": value,
                    "judged": judged,
                    "judged_on": "value" if interval is None else "interval",
                    "passed": bool(passed),
                }
            )
    return {"passed": all(check["passed"] for check in checks), "checks": checks}


def _limits(path: Path, name: str, limits: Any) -> dict[str, float]:
    if not isinstance(limits, dict) or not limits or not set(limits) <= {"min", "max"}:
        raise BadInput(
            f"{path}, field {name!r}: expected min and/or max",
            hint=f"write for example  {name}: {{min: 0.93}}",
        )
    for side, value in limits.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not -LARGEST <= value <= LARGEST:
            raise BadInput(
                f"{path}, field {name!r}.{side}: {str(value)[:40]!r} is not a number of use",
                hint="write a plain number, such as 0.93",
            )
    if limits.get("min", -LARGEST) > limits.get("max", LARGEST):
        raise BadInput(
            f"{path}, field {name!r}: min is above max, which nothing meets", hint="swap the two"
        )
    return {side: float(value) for side, value in limits.items()}
