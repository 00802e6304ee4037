"""A template as plain values and as YAML, in the short form that people read."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from signalbox.domain.errors import BadInput
from signalbox.domain.template import ARROW, Flow, Template


def plain(template: Template) -> dict[str, Any]:
    """``template`` as values of JSON, flows in a row as chains; ``Template`` reads it back."""
    content: dict[str, Any] = {
        "name": template.name,
        "version": template.version,
        "activities": [
            one.model_dump(mode="json", exclude_defaults=True) for one in template.activities
        ],
        "gateways": [one.model_dump(mode="json") for one in template.gateways],
        "flows": _chains(template.flows),
    }
    return {key: value for key, value in content.items() if value != []}


def as_yaml(template: Template, comments: Sequence[str] = ()) -> str:
    """``template`` as a YAML document, with ``comments`` as its first lines."""
    above = "".join(f"# {line}\n" for line in comments)
    return above + yaml.safe_dump(
        plain(template), sort_keys=False, allow_unicode=True, width=100, default_flow_style=None
    )


def refuse_place(path: Path) -> None:
    """BadInput where ``path`` is no place for a file."""
    if path.is_dir() or not path.parent.is_dir():
        raise BadInput(
            f"{str(path)[:200]}: {'is a folder' if path.is_dir() else 'its folder is not there'}",
            hint="name a file in a folder that exists",
        )


def write_yaml(path: Path, template: Template, comments: Sequence[str] = ()) -> None:
    """Write it to ``path``, whole or not at all; what is there is replaced.

    Raises BadInput where that is no place for a file.
    """
    refuse_place(path)
    with tempfile.TemporaryDirectory(prefix=f".{path.name[:100]}.", dir=path.parent) as folder:
        draft = Path(folder) / "draft"
        draft.write_text(as_yaml(template, comments), encoding="utf-8")
        draft.replace(path)


def _chains(flows: Sequence[Flow]) -> list[str | dict[str, Any]]:
    """Flows that can be followed one after the other as one chain; bounded ones by themselves."""
    left = [flow for flow in flows if flow.at_most is None]
    chains: list[str | dict[str, Any]] = []
    while left:
        flow: Flow | None = left.pop(0)
        assert flow is not None
        chain = [flow.source]
        while flow:
            chain.append(flow.target)
            end = flow.target
            flow = next((one for one in left if one.source == end), None)
            if flow:
                left.remove(flow)
        chains.append(f" {ARROW} ".join(chain))
    bounded = [flow for flow in flows if flow.at_most is not None]
    return chains + [flow.model_dump(mode="json") for flow in bounded]
