"""What the metadata of every version of ODM are made of: facts of the definition, and elements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from mrd_desktop.study.expression import Expression
from mrd_desktop.study.model import (
    Check,
    CodeList,
    Item,
    Kind,
    Requirement,
    Severity,
    Study,
    StudyEvent,
)
from mrd_desktop.texts import Text

XML: Final = "http://www.w3.org/XML/1998/namespace"
ENGLISH, CHINESE = "en", "zh-CN"
PARAMETER, TARGET, WINDOW, EVERY = "Parameter", "Target", "Window", "Every"
"""Contexts of aliases for what ODM has no element for."""

TYPES: Final = {
    Kind.TEXT: "text",
    Kind.INTEGER: "integer",
    Kind.DECIMAL: "decimal",
    Kind.DATE: "date",
    Kind.PARTIAL_DATE: "partialDate",
    Kind.TIME: "partialTime",  # hours and minutes; ODM's time needs seconds
    Kind.CODE: "text",
    Kind.CODES: "text",
}
"""ODM's type of each kind of item."""

_LANGUAGE: Final = f"{{{XML}}}lang"
_BOUND: Final = re.compile(r"\S+ ([<>]) (-?[0-9.]+)")


class Writer(Protocol):
    """The incremental writer that ``lxml.etree.xmlfile`` opens."""

    def element(
        self, tag: str, attrib: Mapping[str, str] | None = None, /, **more: Any
    ) -> AbstractContextManager[Any]:
        """An open element."""

    def write(self, content: str, /) -> None:
        """Text inside the open element."""


Lists: TypeAlias = Callable[[Study], Iterable[CodeList]]
"""The code lists that a file needs beside those of a study."""


def no_lists(_: Study) -> Iterable[CodeList]:
    """None besides."""
    return ()


class Elements:
    """The elements of one version of ODM.

    Attributes:
        nsmap: prefixes for the root element; the incremental writer does not know ``xml`` itself.
    """

    def __init__(self, namespace: str, *, typed_text: bool = False) -> None:
        """For a namespace; ``typed_text`` where a text says its media type, as from 2.0 on."""
        self.namespace: Final = namespace
        self.nsmap: Final = {None: namespace, "xml": XML}
        self._typed: Final = {"Type": "text/plain"} if typed_text else {}

    def tag(self, name: str) -> str:
        """An element's name in the namespace."""
        return f"{{{self.namespace}}}{name}"

    def texts(self, xf: Writer, name: str, text: Text) -> None:
        """A text in both languages."""
        self.said(xf, name, {ENGLISH: text.en, CHINESE: text.zh})

    def said(self, xf: Writer, name: str, words: Mapping[str, str]) -> None:
        """A text by language."""
        with xf.element(self.tag(name)):
            for language, text in words.items():
                head = {_LANGUAGE: language, **self._typed}
                with xf.element(self.tag("TranslatedText"), head):
                    xf.write(text)

    def alias(self, xf: Writer, context: str, name: str) -> None:
        """What something is called elsewhere."""
        self.empty(xf, "Alias", Context=context, Name=name)

    def leaf(self, xf: Writer, name: str, words: str, **attributes: str) -> None:
        """An element with text alone."""
        with xf.element(self.tag(name), attributes):
            xf.write(words)

    def empty(self, xf: Writer, name: str, **attributes: str) -> None:
        """An element with attributes alone."""
        with xf.element(self.tag(name), attributes):
            pass


def study_oid(study: Study) -> str:
    """OID of the ``Study`` element, to be named by clinical data."""
    return f"ST.{study.oid}"


def version_oid(study: Study) -> str:
    """OID of the ``MetaDataVersion``, to be named by clinical data."""
    return f"MDV.{study.version}"


class Condition(NamedTuple):
    """A condition under which something is collected."""

    oid: str
    when: Expression


Conditions: TypeAlias = Mapping[str, Condition]
"""By the text of the expression."""


def conditions(study: Study) -> Conditions:
    """Each different condition of a definition."""
    found = [i.show_when for i in study.by_item.values() if i.show_when]
    found += [when for event in study.events for when in event.when.values()]
    different = {when.source: when for when in reversed(found)}
    sources = dict.fromkeys(when.source for when in found)
    return {s: Condition(f"COND.{n:03}", different[s]) for n, s in enumerate(sources, start=1)}


def excepted(source: str) -> Text:
    """What a condition means as one under which nothing is collected."""
    return Text(f"Not collected unless: {source}", f"除非满足以下条件，否则不采集：{source}")


def exception(known: Conditions, when: Expression | None) -> dict[str, str]:
    """The attribute that names the condition under which something is *not* collected."""
    return {"CollectionExceptionConditionOID": known[when.source].oid} if when else {}


def targeted(event: StudyEvent) -> bool:
    """Whether an event is due at a day of its own."""
    return event.offset_days is not None or event.offset_months is not None


def event_type(event: StudyEvent) -> str:
    """Of the standard's three."""
    if targeted(event) or event.every_months:
        return "Scheduled"
    return "Unscheduled" if event.repeating else "Common"


def dates(event: StudyEvent) -> Iterator[tuple[str, str]]:
    """When an event is due, by context of an alias."""
    if event.offset_days is not None:
        yield TARGET, f"{event.offset_days} days"
    if event.offset_months is not None:
        yield TARGET, f"{event.offset_months} months"
    if event.before or event.after or targeted(event):
        yield WINDOW, f"{event.before} {event.after}"
    if event.every_months is not None:
        yield EVERY, f"{event.every_months} months"


def needed(item: Item) -> bool:
    """Whether data without it are incomplete."""
    return item.required not in (Requirement.OPTIONAL, Requirement.DERIVED)


def checks_of_items(study: Study) -> Mapping[str, list[Check]]:
    """The ranges and formats of each item, by its OID."""
    found: dict[str, list[Check]] = {}
    for check in study.checks:
        if check.at and check.id.startswith(f"{check.at}."):
            found.setdefault(check.at, []).append(check)
    return found


class Side(NamedTuple):
    """One end of a range, as the standard compares: what is legal."""

    comparator: str
    value: str


def sides(check: Check) -> tuple[Side, ...]:
    """The ends of a range; none where the check is no range and stands as its expression."""
    bounds = [_BOUND.fullmatch(side) for side in check.fires.source.split(" or ")]
    found = tuple(Side("GE" if b[1] == "<" else "LE", b[2]) for b in bounds if b)
    return found if len(found) == len(bounds) else ()


def legal(check: Check) -> str:
    """What is legal: a format fires where it is not, ODM states what is."""
    return check.fires.source.removeprefix("not (").removesuffix(")")


def strength(check: Check) -> str:
    """Of the standard's two."""
    return "Hard" if check.severity is Severity.HARD else "Soft"


def place(number: int, mandatory: str) -> dict[str, str]:
    """The attributes of a reference in a list."""
    return {"OrderNumber": str(number), "Mandatory": mandatory}


def yes(holds: bool) -> str:
    """As the standard says it."""
    return "Yes" if holds else "No"
