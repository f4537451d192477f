"""One subject seen through the definition: typed values, derived items included.

Expressions and registered rules read a :class:`Scene`; a :class:`Line` is one filled form, or one
row of a repeating group with the form around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from mrd_desktop.study.address import EventKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.data import FormData, RowData, SubjectData
from mrd_desktop.study.partial_date import PartialDate

if TYPE_CHECKING:
    from mrd_desktop.study.model import Item, Study

Typed: TypeAlias = str | Decimal | PartialDate | time | frozenset[str]
"""A value in its type: code or text, number, date, time, several codes."""


class Scene:
    """A subject's data with its study.

    Attributes:
        vault: identity items are present (the session holds the vault key).
    """

    def __init__(self, study: Study, data: SubjectData, *, vault: bool = False) -> None:
        self.study = study
        self.data = data
        self.vault = vault
        self._derived: dict[ItemKey, Answer | None] = {}
        self._lines: dict[tuple[str, str], tuple[Line, ...]] = {}
        self._by_item = _derivations(study)

    @property
    def today(self) -> date:
        """The day that counts as today."""
        return self.data.today

    def parameter(self, name: str) -> Decimal:
        """A study parameter; ``SCRWIN`` of ``P.SCRWIN``."""
        return self.study.parameters[name]

    def forms(self, oid: str) -> tuple[Line, ...]:
        """Every filled form of an OID, in creation order."""
        key = (oid, "")
        if key not in self._lines:
            self._lines[key] = tuple(Line(self, f) for f in self.data.of(oid))
        return self._lines[key]

    def form(self, oid: str) -> Line | None:
        """The first filled form of an OID (the only one where the form does not repeat)."""
        return next(iter(self.forms(oid)), None)

    def at(self, event: EventKey, oid: str) -> Line | None:
        """The first filled form of an OID at an event."""
        return next((x for x in self.forms(oid) if x.form.event == event), None)

    def rows(self, group: str) -> tuple[Line, ...]:
        """Every row of a repeating group over all forms of the subject (``PATH``, ``TAL`` …)."""
        key = ("", group)
        if key not in self._lines:
            owner = _owner(self.study, group)
            self._lines[key] = tuple(r for x in self.forms(owner) for r in x.rows(group))
        return self._lines[key]

    def derived(self, line: Line, item: Item, key: ItemKey) -> Answer | None:
        """The computed answer of a derived item, worked out once per scene."""
        if key not in self._derived:
            self._derived[key] = None  # a cycle reads as unknown; loading refuses cycles
            compute = self._by_item.get(item.oid)
            self._derived[key] = compute(line) if compute else None
        return self._derived[key]


class Line:
    """A filled form, or one row of it, read by item OID.

    Reading ``MRD.RESULT`` on a row of ``MRDV`` reads the form around it. An item that was never
    answered, or stands missing, reads as None.
    """

    __slots__ = ("form", "row", "scene")

    def __init__(self, scene: Scene, form: FormData, row: RowData | None = None) -> None:
        self.scene = scene
        self.form = form
        self.row = row

    @property
    def event(self) -> EventKey:
        """The event of the form."""
        return self.form.event

    def key(self, oid: str) -> ItemKey:
        """Where an item of this line stands."""
        item = self.scene.study.by_item[oid]
        group = self.scene.study.form_of[oid].group_of[oid]
        row = self.row.key.row if self.row and self.row.key.group == group.name else 1
        return ItemKey(RowKey(self.form.key, group.name, row), item.name)

    def answer(self, oid: str) -> Answer | None:
        """The answer of an item, recorded or derived."""
        item = self.scene.study.by_item[oid]
        key = self.key(oid)
        row = self.form.row(key.row.group, key.row.row)
        recorded = row.answers.get(item.name) if row else None
        if recorded is None and item.derived:
            return self.scene.derived(self, item, key)
        return recorded

    def missing(self, oid: str) -> str | None:
        """The missing reason of an item, if one stands there."""
        answer = self.answer(oid)
        return answer.missing if answer else None

    def __getitem__(self, oid: str) -> Typed | None:
        from mrd_desktop.study.values import typed  # noqa: PLC0415  (values knows the model)

        answer = self.answer(oid)
        if answer is None or answer.value is None:
            return None
        return typed(self.scene.study.by_item[oid].type, answer.value)

    def text(self, oid: str) -> str | None:
        """A text or one code."""
        value = self[oid]
        return value if isinstance(value, str) else None

    def number(self, oid: str) -> Decimal | None:
        """A number."""
        value = self[oid]
        return value if isinstance(value, Decimal) else None

    def date(self, oid: str) -> PartialDate | None:
        """A date, full or partial."""
        value = self[oid]
        return value if isinstance(value, PartialDate) else None

    def day(self, oid: str) -> date | None:
        """A date known to the day, else None."""
        value = self.date(oid)
        return value.earliest if value and value.full else None

    def codes(self, oid: str) -> frozenset[str]:
        """Several codes (empty when unanswered)."""
        value = self[oid]
        return value if isinstance(value, frozenset) else frozenset()

    def rows(self, group: str) -> tuple[Line, ...]:
        """The rows of a repeating group of this form."""
        return tuple(Line(self.scene, self.form, r) for r in self.form.group(group))


Compute: TypeAlias = Callable[[Line], Answer | None]


def _derivations(study: Study) -> Mapping[str, Compute]:
    from mrd_desktop.study.derivation import computations  # noqa: PLC0415  (reads scenes)

    return computations(study)


def _owner(study: Study, group: str) -> str:
    return next(f.oid for f in study.forms if group in f.by_group)
