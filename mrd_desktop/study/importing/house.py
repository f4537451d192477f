"""What every study is conducted with here and no ODM file has: roles, reasons, two checks.

It is taken from the definition that comes with the program, so that there is one place for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from mrd_desktop.study.load import load_study, read_sources, shipped
from mrd_desktop.study.yaml_tree import read

_FUTURE, _REQUIRED = "EC-008", "EC-009"
_CONDUCT: Final = ("messages", "roles", "reasons")


@dataclass(frozen=True)
class House:
    """The parts that are lent.

    Attributes:
        study: OID of the definition that comes with the program.
        names: its forms, repeating sections and events, which the program gives a meaning.
        lists: its code lists.
        conduct: messages, roles and reasons in their written shape.
        missing: the list of reasons why a value is missing.
    """

    study: str
    names: frozenset[str]
    lists: frozenset[str]
    conduct: Mapping[str, Any]
    missing: dict[str, Any]
    _future: Mapping[str, Any]
    _required: Mapping[str, Any]

    def checks(self, forms: list[str]) -> list[dict[str, Any]]:
        """That no date lies in the future (asked only), and that what must be answered is."""
        return [
            {**self._future, "severity": "soft", "forms": forms, "items": {"types": ["D", "PD"]}},
            {**self._required, "forms": forms},
        ]


@cache
def house() -> House:
    """The parts of the definition that comes with the program."""
    sources = read_sources(shipped())
    study = load_study()
    own: Any = read(sources["study.yaml"].decode()).value
    missing: Any = read(sources["codelists/MISS.yaml"].decode()).value
    checks: Any = read(sources["checks.yaml"].decode()).value
    by_id = {c["id"]: c for c in checks}
    return House(
        study=study.oid,
        names=frozenset({*study.by_form, *study.owner, *study.by_event}),
        lists=frozenset(study.codelists),
        conduct={key: own[key] for key in _CONDUCT},
        missing=missing,
        _future=by_id[_FUTURE],
        _required=by_id[_REQUIRED],
    )
