"""Written shapes as the YAML files of a definition."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_NOTHING: Final = frozenset({"null", "true", "false"})
_WIDTH, _SHORT = 90, 60


def files(value: Mapping[str, Any], head: str) -> dict[str, bytes]:
    """The files of a definition by their path, each with a comment in front.

    Args:
        value: a whole definition in its written shape.
    """
    found: dict[str, Any] = {
        f"{name}.yaml": value[name]
        for name in ("study", "schedule", "checks", "derivations", "ctcae", "drugs")
        if value.get(name) or name in ("ctcae", "drugs")
    }
    for folder in ("codelists", "forms"):
        found |= {f"{folder}/{part['oid']}.yaml": part for part in value[folder]}
    return {
        name: f"# {head}\n{text(part)}".encode() for name, part in sorted(found.items())
    }  # fmt: skip


def text(value: Any) -> str:
    """A value as YAML; every text that could be read otherwise stands in quotes."""
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _entry(f"{key}:", inner, "  ")
    elif _many(value) and value:
        for inner in value:
            lines = [*_lines(inner)]
            yield f"- {lines[0]}"
            yield from (f"  {line}" for line in lines[1:])
    else:
        yield _flow(value)


def _entry(key: str, value: Any, indent: str) -> Iterator[str]:
    if _line(value):
        yield f"{key} {_flow(value)}"
    else:
        yield key
        yield from (f"{indent}{line}" for line in _lines(value))


def _line(value: Any) -> bool:
    """Whether a value stands on the line of its key."""
    if isinstance(value, Mapping):
        return all(map(_leaf, value.values())) and len(_flow(value)) < _SHORT
    return _leaf(value) or (all(map(_leaf, value)) and len(_flow(value)) < _WIDTH)


def _leaf(value: Any) -> bool:
    return not isinstance(value, Mapping) and not _many(value)


def _flow(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in value.items()) + "}"
    if _many(value):
        return "[" + ", ".join(map(_flow, value)) + "]"
    words = str(value)
    if _PLAIN.fullmatch(words) and words.casefold() not in _NOTHING:
        return words
    return json.dumps(words, ensure_ascii=False)


def _many(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
