"""What may be asked for and what has to be passed on, and in what time: data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from ruamel.yaml import YAML

from mrd_desktop.resources import resource
from mrd_desktop.texts import Text


@dataclass(frozen=True, slots=True)
class Clock:
    """Somebody who is told of an incident, within so many hours of its discovery.

    Attributes:
        personal: only where personal information is or may be affected.
    """

    oid: str
    text: Text
    hours: int
    personal: bool


@dataclass(frozen=True, slots=True)
class Rights:
    """The policy that the program ships.

    Attributes:
        answer_days: a request is answered within this time.
        requests, incidents: their kinds by code, in order.
        untimed: incidents without clocks.
    """

    answer_days: int
    requests: Mapping[str, Text]
    incidents: Mapping[str, Text]
    clocks: tuple[Clock, ...]
    untimed: frozenset[str]


@cache
def rights() -> Rights:
    """The policy that the program ships."""
    yaml = YAML(typ="safe", pure=True)
    found = yaml.load(resource("rights.yaml").read_text(encoding="utf-8"))
    return Rights(
        int(found["answer_days"]),
        {r["oid"]: Text(r["en"], r["zh"]) for r in found["requests"]},
        {r["oid"]: Text(r["en"], r["zh"]) for r in found["incidents"]},
        tuple(
            Clock(r["oid"], Text(r["en"], r["zh"]), int(r["hours"]), bool(r.get("personal")))
            for r in found["clocks"]
        ),
        frozenset(r["oid"] for r in found["incidents"] if not r.get("timed", True)),
    )
