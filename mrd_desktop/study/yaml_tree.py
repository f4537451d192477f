"""YAML as plain text values that know their line.

Every scalar stays the text that was written: ``N`` is no boolean, ``012`` no number, ``2025-01-01``
no date; types are given later, in one place. Only an unquoted ``null`` (or nothing) is None. Tags,
anchors, aliases and repeated keys are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Path: TypeAlias = tuple[str | int, ...]

_CORE = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
)
_TOO_DEEP = re.compile(r"(?:[\[{]\s*){65}")
_NOTHING = frozenset({"", "~", "null"})


class YamlMistake(Exception):
    """A text that is no acceptable YAML; ``line`` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Tree:
    """A document: its value and the line of every part of it.

    Attributes:
        lines: line (from 1) by path; a mapping's entry stands where its key stands.
    """

    value: Value
    lines: Mapping[Path, int] = field(default_factory=dict)


def read(text: str) -> Tree:
    """The tree of one YAML document.

    Raises:
        YamlMistake: the text is no YAML, or uses a tag, an anchor, an alias or a key twice.
    """
    if deep := _TOO_DEEP.search(text):
        line = text.count("\n", 0, deep.start()) + 1
        raise YamlMistake(line, "lists or mappings lie too deep in each other")
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        raise YamlMistake(mark.line + 1 if mark else 1, f"this is no YAML: {e.problem}") from e
    except RecursionError as e:
        raise YamlMistake(1, "lists or mappings lie too deep in each other") from e
    except YAMLError as e:
        raise YamlMistake(1, f"this is no YAML: {e}") from e
    if node is None:
        raise YamlMistake(1, "the file is empty")
    lines: dict[Path, int] = {}
    return Tree(_value(node, (), lines, set()), lines)


def _value(node: Node, path: Path, lines: dict[Path, int], seen: set[int]) -> Value:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if node.anchor is not None or id(node) in seen:
        raise YamlMistake(line, "an anchor or alias is used; write the value out")
    seen.add(id(node))
    if str(node.tag) not in _CORE:
        raise YamlMistake(line, f"the tag {node.tag} is used; write the value without a tag")
    if isinstance(node, ScalarNode):
        plain = not node.style
        return None if plain and node.value in _NOTHING else str(node.value)
    if isinstance(node, SequenceNode):
        return [_value(n, (*path, i), lines, seen) for i, n in enumerate(node.value)]
    assert isinstance(node, MappingNode)
    found: dict[str, Value] = {}
    for key_node, value_node in node.value:
        key_line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode) or str(key_node.tag) not in _CORE:
            raise YamlMistake(key_line, "a key is no plain name; write a name")
        key = str(key_node.value)
        if key in found:
            raise YamlMistake(key_line, f"“{key}” stands twice; keep one of them")
        lines[*path, key] = key_line
        found[key] = _value(value_node, (*path, key), lines, seen)
    return found
