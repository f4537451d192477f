"""One subject seen through the definition: typed values, derived items included.

Expressions and registered rules read a :class:`Scene`; a :class:`Line` is one filled form, or one
row of a repeating group with the form around it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property

from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.catalogue import EVENT_ITEM
from mrd_desktop.study.data import FormData, RowData, SubjectData
from mrd_desktop.study.derivation import derive
from mrd_desktop.study.model import Item, Study
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.reading import READERS, Typed

__all__ = ["EVENT_ITEM", "Line", "Scene", "Typed"]


class Scene:
    """A subject's data with its study.

    Attributes:
        vault: identity items are present (the session holds the vault key).
    """

    def __init__(self, study: Study, data: SubjectData, *, vault: bool = False) -> None:
        self.study = study
        self.data = data
        self.vault = vault
        self.now = PartialDate.of(data.today)
        self._derived: dict[tuple[int, int, str], Answer | None] = {}
        self._forms: dict[str, tuple[Line, ...]] = {}
        self._rows: dict[str, tuple[Line, ...]] = {}
        self._at: dict[str, Mapping[EventKey, Line]] = {}

    @property
    def today(self) -> datetime.date:
        """The day that counts as today."""
        return self.data.today

    def parameter(self, name: str) -> Decimal:
        """A study parameter; ``SCRWIN`` of ``P.SCRWIN``."""
        return self.study.parameters[name]

    def forms(self, oid: str) -> tuple[Line, ...]:
        """Every filled form of an OID, in creation order."""
        found = self._forms.get(oid)
        if found is None:
            found = self._forms[oid] = tuple(Line(self, f) for f in self.data.of(oid))
        return found

    def form(self, oid: str) -> Line | None:
        """The first filled form of an OID (the only one where the form does not repeat)."""
        found = self.forms(oid)
        return found[0] if found else None

    def at(self, event: EventKey, oid: str) -> Line | None:
        """The first filled form of an OID at an event."""
        found = self._at.get(oid)
        if found is None:
            found = self._at[oid] = {x.event: x for x in reversed(self.forms(oid))}
        return found.get(event)

    def rows(self, group: str) -> tuple[Line, ...]:
        """Every row of a repeating group over all forms of the subject (``PATH``, ``TAL`` …)."""
        found = self._rows.get(group)
        if found is None:
            owner = self.study.owner[group]
            found = self._rows[group] = tuple(r for x in self.forms(owner) for r in x.rows(group))
        return found

    def line(self, key: FormKey | RowKey) -> Line | None:
        """The line of a filled form or of one of its rows."""
        form = self.data.by_key.get(key if isinstance(key, FormKey) else key.form)
        if form is None:
            return None
        if isinstance(key, FormKey):
            return Line(self, form)
        row = form.row(key.group, key.row)
        return Line(self, form, row) if row else None

    @cached_property
    def nowhere(self) -> Line:
        """A line on no form and at no event, for what is asked of the subject as a whole."""
        return self.during(EventKey(self.data.subject, ""))

    def during(self, event: EventKey) -> Line:
        """A line at an event, on no form."""
        return Line(self, FormData(FormKey(event, "")))

    def computed(self, line: Line, oid: str) -> Answer | None:
        """What a derived item computes to on a line, whatever is recorded there."""
        return self.derived(line, self.study.by_item[oid])

    def derived(self, line: Line, item: Item) -> Answer | None:
        """The computed answer of a derived item, worked out once per scene and row."""
        # forms live as long as the scene's data: their identity is the cheapest key
        key = (id(line.form), line.row.key.row if line.row else 1, item.oid)
        if key not in self._derived:
            self._derived[key] = None  # a cycle reads as unknown; loading refuses cycles
            self._derived[key] = derive(line, item)
        return self._derived[key]


class Line:
    """A filled form, or one row of it, read by item OID.

    Reading ``MRD.RESULT`` on a row of ``MRDV`` reads the form around it. An item that was never
    answered, or stands missing, reads as None; so does an item of another form.
    """

    __slots__ = ("form", "row", "scene")

    def __init__(self, scene: Scene, form: FormData, row: RowData | None = None) -> None:
        self.scene = scene
        self.form = form
        self.row = row

    @property
    def event(self) -> EventKey:
        """The event of the form."""
        return self.form.key.event

    @property
    def filled(self) -> bool:
        """The form was saved, or something stands in it."""
        return self.form.entered is not None or any(r.answers for r in self.form.rows)

    def beside(self, oid: str) -> Line | None:
        """The line that an item's name means here.

        This line if the item belongs to its form; else the subject's one form if the item's
        form does not repeat; else the form at the same event.
        """
        form = self.scene.study.form_of[oid]
        if form.oid == self.form.form:
            return self
        if not form.repeating:
            return self.scene.form(form.oid)
        return self.scene.at(self.event, form.oid)

    def key(self, oid: str) -> ItemKey:
        """Where an item of this line stands."""
        _, group, item = self.scene.study.places[oid]
        row = self.row.key.row if self.row and self.row.key.group == group.name else 1
        return ItemKey(RowKey(self.form.key, group.name, row), item.name)

    def answer(self, oid: str) -> Answer | None:
        """The answer of an item, recorded or derived."""
        form, group, item = self.scene.study.places[oid]
        if oid == EVENT_ITEM:
            return Answer(self.event.event) if self.event.event else None
        if form.oid != self.form.form:
            return None
        if self.row is not None and self.row.key.group == group.name:
            row: RowData | None = self.row
        else:
            row = self.form.row(group.name)
        recorded = row.answers.get(item.name) if row else None
        if recorded is None and item.derived:
            return self.scene.derived(self, item)
        return recorded

    def missing(self, oid: str) -> str | None:
        """The missing reason of an item, if one stands there."""
        answer = self.answer(oid)
        return answer.missing if answer else None

    def __getitem__(self, oid: str) -> Typed | None:
        answer = self.answer(oid)
        if answer is None or answer.value is None:
            return None
        return READERS[self.scene.study.by_item[oid].type.kind](answer.value)

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

    def day(self, oid: str) -> datetime.date | None:
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
