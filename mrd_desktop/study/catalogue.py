"""What names an expression may use: the items, forms, events, parameters and rules of a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from mrd_desktop.study.model import DataType, Form

if TYPE_CHECKING:
    from mrd_desktop.study.rules.registry import Rule


EVENT_ITEM = "SV.VISIT"
"""Reads as the OID of the line's event, whether or not the visit form is filled."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands and what it holds.

    Attributes:
        form_repeats, group_repeats: the subject may have several of them.
        codes: the codes it may hold, None where it has no code list.
        codelist: OID of that list.
    """

    oid: str
    type: DataType
    form: str
    group: str
    form_repeats: bool = False
    group_repeats: bool = False
    derived: bool = False
    codes: frozenset[str] | None = None
    codelist: str | None = None

    @property
    def name(self) -> str:
        """The part of the OID after the point."""
        return self.oid.partition(".")[2]


@dataclass(frozen=True)
class Catalogue:
    """The names of one study definition.

    Attributes:
        forms: form OID → whether a subject may have several.
        groups: name of a repeating group → OID of its form.
    """

    places: Mapping[str, Place]
    forms: Mapping[str, bool]
    groups: Mapping[str, str]
    parameters: Mapping[str, Decimal]
    events: frozenset[str]
    rules: Mapping[str, Rule]

    @classmethod
    def of(
        cls,
        forms: Iterable[Form],
        *,
        parameters: Mapping[str, Decimal],
        events: Iterable[str],
        rules: Mapping[str, Rule],
    ) -> Catalogue:
        """The catalogue of some forms, whose own expressions need not be compiled yet."""
        forms = tuple(forms)
        places = {
            item.oid: Place(
                item.oid,
                item.type,
                form.oid,
                group.name,
                form.repeating,
                group.repeating,
                item.derived,
                frozenset(item.codelist.by_code) if item.codelist else None,
                item.codelist.oid if item.codelist else None,
            )
            for form in forms
            for group in form.groups
            for item in group.items
        }
        return cls(
            places,
            {f.oid: f.repeating for f in forms},
            {g.name: f.oid for f in forms for g in f.groups if g.repeating},
            dict(parameters),
            frozenset(events),
            dict(rules),
        )

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str | None, str], Place]:
        found = {}
        for place in self.places.values():
            found[place.form, place.group if place.group_repeats else None, place.name] = place
        return found

    def inside(self, form: str, group: str | None, name: str) -> Place | None:
        """The item that a line of a form, or of a repeating group, knows by its short name."""
        return self._by_name.get((form, group, name)) or self._by_name.get((form, None, name))

    def within(self, name: str) -> frozenset[str]:
        """The items of a form or repeating group, with the name itself; or just that item."""
        if name in self.forms:
            return frozenset(p.oid for p in self.places.values() if p.form == name) | {name}
        if name in self.groups:
            form = self.groups[name]
            return frozenset(
                p.oid for p in self.places.values() if p.form == form and p.group == name
            ) | {name}
        return frozenset({name} if name in self.places else ())
