"""What names mean: items, aliases, parameters, sources of quantifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from mrd_desktop.study.catalogue import EVENT_ITEM, Catalogue, Place
from mrd_desktop.study.expression.closures import Source, elsewhere, own
from mrd_desktop.study.expression.parts import FREE, ITEM, LINE, VALUE, Frame, Part, Run
from mrd_desktop.study.expression.tokens import refused
from mrd_desktop.study.expression.tree import Name
from mrd_desktop.study.expression.types import BY_KIND, Type

if TYPE_CHECKING:
    from mrd_desktop.study.scene import Line


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands.

    Attributes:
        form: OID of the current form; None where it is not known before evaluation.
        group: name of the repeating group whose row is the current line.
        event: the current line has an event.
        dynamic: the current form is known only when evaluated.
        value: static type of VALUE; None where there is none.
        item: an item stands behind VALUE.
    """

    form: str | None = None
    group: str | None = None
    event: bool = True
    dynamic: bool = False
    value: Type | None = None
    item: bool = False


@dataclass(frozen=True, slots=True)
class _Alias:
    slot: int
    form: str
    group: str | None


class Names:
    """Resolves the names of one expression; ``reads`` and ``slots`` are filled meanwhile.

    Attributes:
        scope: where the expression stands.
        reads: item OIDs, form OIDs and group names met so far.
        slots: size of the frame that the names need.
    """

    def __init__(self, catalogue: Catalogue, scope: Scope) -> None:
        self.catalogue = catalogue
        self.scope = scope
        self.reads: set[str] = set()
        self.slots = FREE
        self._aliases: dict[str, _Alias] = {}

    @contextmanager
    def alias(self, name: str, column: int, form: str, group: str | None) -> Iterator[int]:
        """Give a quantifier's alias a meaning while its body is compiled; yields its slot."""
        if name in self._aliases:
            raise refused(column, f"{name!r} is in use; take another letter")
        slot = self.slots
        self.slots += 1
        self._aliases[name] = _Alias(slot, form, group)
        yield slot
        del self._aliases[name]

    def part(self, node: Name) -> Part:
        """The part of a name.

        Raises:
            ExpressionError: it means nothing here.
        """
        head, point, tail = node.text.partition(".")
        if not point:
            return self._word(node)
        if head == "P":
            value = self.catalogue.parameters.get(tail)
            if value is None:
                raise refused(node.column, f"there is no parameter {node.text}")
            return Part(Type.NUMBER, lambda frame: value)
        if head in self._aliases:
            alias = self._aliases[head]
            if tail == "EVENT":
                return self._event(alias.slot)
            place = self._inside(alias, tail, node.column)
            return self._item(place, own(place, alias.slot))
        place = self.place(node)
        return self._item(place, self.reach(place, node))

    def _word(self, node: Name) -> Part:
        if node.text == "TODAY":
            return Part(Type.DATE, lambda frame: frame[LINE].scene.now)
        if node.text == "EVENT":
            self.need_event(node.column)
            return self._event(LINE)
        if node.text == "VALUE" and self.scope.item:
            if self.scope.value is None:
                raise refused(
                    node.column, "VALUE has no single type here; select items of one type"
                )
            return Part(self.scope.value, lambda frame: frame[VALUE])
        if node.text == "ITEM" and self.scope.item:
            return Part(Type.TEXT, lambda frame: frame[ITEM])
        if node.text in _ABOUT:
            return _ABOUT[node.text]
        if node.text in self._aliases:
            slot = self._aliases[node.text].slot
            return Part(Type.LINE, lambda frame: frame[slot])
        raise refused(node.column, f"there is nothing named {node.text!r} here")

    def _event(self, slot: int) -> Part:
        visit = self.catalogue.places.get(EVENT_ITEM)
        return Part(
            Type.CODE,
            lambda frame: frame[slot].event.event,
            codes=self.catalogue.events,
            codelist=visit.codelist if visit else None,
        )

    def holder(self, name: Name) -> tuple[Place, Callable[[Frame], Line | None]]:
        """An item with the line it stands on, for what is asked of its answer, not its value."""
        head, _, tail = name.text.partition(".")
        if head in self._aliases:
            alias = self._aliases[head]
            place = self._inside(alias, tail, name.column)
            self.reads.add(place.oid)
            return place, lambda frame: frame[alias.slot]
        place = self.place(name)
        self.reach(place, name)
        self.reads.add(place.oid)
        return place, lambda frame: frame[LINE].beside(place.oid)

    def need_event(self, column: int) -> None:
        """Refuse what only makes sense at an event where there is none."""
        if not (self.scope.event or self.scope.dynamic):
            raise refused(column, "there is no current event here")

    def _inside(self, alias: _Alias, name: str, column: int) -> Place:
        place = self.catalogue.inside(alias.form, alias.group, name)
        if place is None:
            raise refused(column, f"{alias.group or alias.form} has no item {name}")
        return place

    def place(self, node: Name) -> Place:
        """The item of a full name."""
        place = self.catalogue.places.get(node.text)
        if place is None:
            raise refused(node.column, f"there is no item {node.text}")
        return place

    def _item(self, place: Place, run: Run) -> Part:
        self.reads.add(place.oid)
        kind = BY_KIND[place.type.kind]
        return Part(kind, run, codes=place.codes, codelist=place.codelist)

    def reach(self, place: Place, node: Name) -> Run:
        """How an item is read from the current line; see the package's docstring."""
        scope = self.scope
        if place.oid == EVENT_ITEM and (scope.event or scope.dynamic):
            return lambda frame: frame[LINE].event.event
        if place.group_repeats and not (place.form == scope.form and place.group == scope.group):
            raise refused(
                node.column,
                f"{place.oid} stands in rows; write any(r in {place.group}: r.{place.name} ...)",
            )
        if place.form == scope.form:
            return own(place, LINE)
        if not place.form_repeats:
            return elsewhere(place, lambda line: line.scene.form(place.form))
        if scope.dynamic:
            return elsewhere(
                place,
                lambda line: (
                    line if line.form.form == place.form else line.scene.at(line.event, place.form)
                ),
            )
        if not scope.event:
            raise refused(
                node.column,
                f"a subject may have several {place.form}; write any(f in {place.form}: "
                f"f.{place.name} ...)",
            )
        return elsewhere(place, lambda line: line.scene.at(line.event, place.form))

    def source(self, name: Name) -> tuple[Source, str, str | None]:
        """The lines a quantifier goes through, their form and, for rows, their group."""
        head, point, tail = name.text.partition(".")
        catalogue, scope = self.catalogue, self.scope
        what = tail if point else head
        if point and head not in ("this", "others") and head not in self._aliases:
            raise refused(name.column, f"{head!r} is no alias; write this.{tail} or others.{tail}")
        if what not in catalogue.forms and what not in catalogue.groups:
            raise refused(name.column, f"there is no form or repeating section {what}")
        self.reads.add(what)
        if what in catalogue.forms:
            if point and head != "others":
                raise refused(name.column, f"{what} is a form, not a section of one")
            if not point:
                return (lambda frame: frame[LINE].scene.forms(what)), what, None
            if scope.form != what:
                raise refused(name.column, f"the current form is not {what}")
            return (
                lambda frame: [
                    x for x in frame[LINE].scene.forms(what) if x.form is not frame[LINE].form
                ],
                what,
                None,
            )
        form = catalogue.groups[what]
        if not point:
            return (lambda frame: frame[LINE].scene.rows(what)), form, what
        if head in self._aliases:
            alias = self._aliases[head]
            if alias.form != form:
                raise refused(name.column, f"{what} is no section of {alias.form}")
            return (lambda frame: frame[alias.slot].rows(what)), form, what
        if head == "this":
            if scope.form != form:
                raise refused(name.column, f"{what} is no section of the current form")
            return (lambda frame: frame[LINE].rows(what)), form, what
        if scope.group != what:
            raise refused(name.column, f"the current line is no row of {what}")
        return (
            lambda frame: [x for x in frame[LINE].scene.rows(what) if x.row is not frame[LINE].row],
            form,
            what,
        )


_ABOUT: Mapping[str, Part] = {
    "SUBJECT": Part(Type.TEXT, lambda frame: frame[LINE].form.key.subject),
    "SITE": Part(Type.TEXT, lambda frame: frame[LINE].scene.data.site),
    "REPEAT": Part(Type.NUMBER, lambda frame: Decimal(frame[LINE].form.key.repeat)),
    "ROW": Part(
        Type.NUMBER,
        lambda frame: Decimal(frame[LINE].row.key.row if frame[LINE].row else 1),
    ),
}
"""Names of the line itself."""
