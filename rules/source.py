"""YAML with line numbers: plain values, no anchors, no duplicate keys, bounded in size."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import yaml

from rules.place import Place
from signalbox.domain.errors import BadRules, TooLarge

MAX_BYTES = 1_048_576
MAX_DEPTH = 12
_INTEGER, _FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
_DECIMAL = re.compile(r"[+-]?(0|[1-9][0-9]{0,29})")
_FRACTION = re.compile(r"[+-]?([0-9]{1,30}\.[0-9]{0,30}([eE][+-]?[0-9]{1,3})?|\.(inf|nan))", re.I)


class Block(dict[str, Any]):
    """A YAML mapping; ``line`` is where it starts, ``lines`` where each key is."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def put(self, key: str, value: Any, line: int) -> None:
        self[key], self.lines[key] = value, line

    @classmethod
    def of(cls, line: int, **values: Any) -> Block:
        """A block made up here, all of it at one place."""
        block = cls(line)
        for key, value in values.items():
            block.put(key, value, line)
        return block

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)


class Items(list[Any]):
    """A YAML sequence; ``lines`` is where each item starts."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []

    def put(self, item: Any, line: int) -> None:
        self.append(item)
        self.lines.append(line)

    @classmethod
    def of(cls, line: int, values: Iterable[Any]) -> Items:
        """A sequence made up here, all of it at one place."""
        items = cls(line)
        for value in values:
            items.put(value, line)
        return items


def read_text(path: Path) -> str:
    """The file as text. BadRules when it cannot be read, TooLarge above 1 MiB."""
    try:
        if path.exists() and not path.is_file():
            # A pipe would be waited for, a device read without end.
            raise BadRules(f"{path}: not a file", hint="name a rule file that can be read")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadRules(f"{path}: {reason}", hint="name a rule file that can be read") from error
    if len(data) > MAX_BYTES:
        raise TooLarge(f"{path}: larger than {MAX_BYTES} bytes", hint="split the rule set")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadRules(f"{path}:{line}: not UTF-8", hint="save the file as UTF-8") from error


def parse_yaml(text: str, file: str) -> Block:
    """The top mapping of ``text``. BadRules with file and line for whatever is not plain YAML."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise TooLarge(f"{file}: larger than {MAX_BYTES} bytes", hint="split the rule set")
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        value = _Reader(loader, file).read(node, 0) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = str(error.problem or error.context)[:300]
        raise BadRules(
            f"{file}:{line}: not valid YAML: {problem}",
            hint="indent with spaces: YAML takes no tabs"
            if "'\\t'" in problem
            else "check indentation, colons and quotes on that line",
        ) from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise BadRules(
            f"{file}:{line}: not valid YAML: the character U+{int(error.character):04X}",
            hint="remove it",
        ) from error
    except yaml.YAMLError as error:
        first = str(error).splitlines()[0]
        raise BadRules(f"{file}: not valid YAML: {first}", hint="remove it") from error
    except (ValueError, IndexError, OverflowError) as error:
        # The scanner itself stumbles over what stands for no character or number.
        mark = loader.get_mark()
        raise BadRules(
            f"{file}:{mark.line + 1}: not valid YAML: {error}"[:300],
            hint="look at the escapes and tags on that line",
        ) from error
    except RecursionError as error:
        raise BadRules(f"{file}: nested too deep", hint="a rule file is at most 6 deep") from error
    if not isinstance(value, Block):
        raise BadRules(
            f"{file}:1: a rule file is a mapping", hint="begin with 'name: …' and 'rules:'"
        )
    return value


class _Reader:
    def __init__(self, loader: yaml.SafeLoader, file: str) -> None:
        self._loader = loader
        self._file = file
        self._seen: set[int] = set()

    def read(self, node: yaml.Node, depth: int) -> Any:
        line = self._place(node)
        if depth > MAX_DEPTH:
            raise self._bad(line, "nested too deep", "a rule file is at most 6 deep")
        if id(node) in self._seen:
            raise self._bad(line, "anchors and aliases are not allowed", "write it out")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            items = Items(line)
            for child in node.value:
                items.put(self.read(child, depth + 1), self._place(child))
            return items
        written = str(node.value)
        if node.tag == _INTEGER and not _DECIMAL.fullmatch(written):
            # 010 is eight to YAML, and 1:30 ninety.
            raise self._bad(
                line,
                f"'{written[:40]}' is not a whole number in plain decimal digits",
                "write it without leading zeros, separators and colons, or quote it",
            )
        if node.tag == _FLOAT and not _FRACTION.fullmatch(written):
            raise self._bad(line, f"'{written[:40]}' is not a plain number", "write such as 12.5")
        try:
            return self._loader.construct_object(node)
        except (ValueError, AttributeError, KeyError, TypeError, IndexError) as error:
            # PyYAML lets whatever its converters stumble over through, as for '!!bool x'.
            raise self._bad(line, f"not a value: {error}", "quote it") from error

    def _mapping(self, node: yaml.MappingNode, depth: int) -> Block:
        block = Block(self._place(node))
        for key_node, value_node in node.value:
            line = self._place(key_node)
            key: Hashable = (
                self.read(key_node, depth + 1) if isinstance(key_node, yaml.ScalarNode) else None
            )
            if not isinstance(key, str):
                raise self._bad(line, "a key is not text", "quote the key")
            if key in block:
                raise self._bad(line, f"the key '{key}' is given twice", "remove one of them")
            block.put(key, self.read(value_node, depth + 1), line)
        return block

    def _bad(self, line: int, message: str, hint: str) -> BadRules:
        return BadRules(f"{self._file}:{line}: {message}", hint=hint)

    def _place(self, node: yaml.Node) -> Place:
        return Place(node.start_mark.line + 1, node.start_mark.column + 1, self._file)
