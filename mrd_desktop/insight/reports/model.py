"""What stands on a printed report, apart from how it is drawn.

A report is a list of blocks. HTML (:mod:`.html`) and paper (``ui.print``) draw the same blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeAlias

from mrd_desktop.insight.figures.sheet import Sheet
from mrd_desktop.texts import Language, Text


class Tongue(StrEnum):
    """The language of a print, or both side by side."""

    ZH = "zh"
    EN = "en"
    BOTH = "both"

    @property
    def language(self) -> Language:
        """The language of what exists in one only: dates in words, separators."""
        return Language.EN if self is Tongue.EN else Language.ZH


Said: TypeAlias = Text | str
"""Words in both languages, or what is the same in both (codes, dates, names)."""


def lines(said: Said, tongue: Tongue) -> tuple[str, ...]:
    """The words in the language of the print; with both, Chinese first, then English."""
    if isinstance(said, str):
        return (said,) if said else ()
    if tongue is not Tongue.BOTH:
        return (said.say(tongue.language),)
    return (said.zh,) if said.zh == said.en else (said.zh, said.en)


def line(said: Said, tongue: Tongue) -> str:
    """The words in one line."""
    return " / ".join(lines(said, tongue))


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 begins a part, level 2 a section of it."""

    text: Said
    level: int = 1


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    text: Said
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what stands there; an empty value leaves a line to write on."""

    name: Said
    value: Said = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts in columns."""

    facts: tuple[Fact, ...]
    columns: int = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; shares of all columns are relative to each other."""

    title: Said
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of a table.

    Attributes:
        mark: footnote sign after the text.
        struck: the value no longer stands.
    """

    text: Said = ""
    strong: bool = False
    quiet: bool = False
    mark: str = ""
    struck: bool = False


NONE = Text("None.", "无。")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under titles, which are repeated on each page.

    Attributes:
        tall: rows leave room to write in.
        empty: stands in place of rows where there are none.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    tall: bool = False
    empty: Text = NONE


class Hand(StrEnum):
    """How a blank is filled by hand."""

    LINE = "line"
    BOXES = "boxes"
    OPTIONS = "options"
    LIST = "list"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice with the key that is typed for it."""

    key: str
    text: Text


@dataclass(frozen=True, slots=True)
class Blank:
    """One data point to be filled by hand.

    Attributes:
        code: OID of the item, by which it is found on the screen.
        boxes: for BOXES, a pattern: ``#`` a box, anything else as it is (``####-##-##``).
        rows: lines to write on, for LINE.
        many: more than one option may be ticked.
        list: for LIST, the name of the code list in the appendix.
        missing: a missing reason may stand in its place.
        only: when it is asked at all.
    """

    code: str
    text: Text
    hand: Hand
    unit: Said = ""
    boxes: str = ""
    rows: int = 1
    options: tuple[Option, ...] = ()
    many: bool = False
    list: str = ""
    missing: bool = False
    only: Text | None = None
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Blanks:
    """Data points one below the other."""

    blanks: tuple[Blank, ...]


@dataclass(frozen=True, slots=True)
class Codes:
    """A code list of the appendix, in columns."""

    name: str
    text: Text
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Signing:
    """Lines for name, signature and date, one for each of these people."""

    people: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands on a day of a calendar."""

    sign: str
    text: Said
    strong: bool = False


@dataclass(frozen=True, slots=True)
class DayBox:
    """A day of a month's sheet."""

    day: date
    inside: bool
    today: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Weeks:
    """A month's sheet: weeks of seven days, Monday first."""

    weeks: tuple[tuple[DayBox, ...], ...]


class Inset(Protocol):
    """A picture that a report holds; it is laid out for the room it gets."""

    def inset(self, wide: float, language: Language) -> Sheet:
        """The picture in so many pixels."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture across the page."""

    picture: Inset


@dataclass(frozen=True, slots=True)
class Break:
    """What follows stands on a new page."""


Block: TypeAlias = (
    Heading | Words | Facts | Table | Blanks | Codes | Signing | Weeks | Drawing | Break
)


@dataclass(frozen=True, slots=True)
class Report:
    """A report.

    Attributes:
        what: stable code of its kind; stands in the record of its print.
        about: which one of its kind (a visit, a form, a month); copies are counted by it.
        subject: subject number, empty where it is about none or several.
        discreet: given to a patient and seen by others: names no study, hospital or disease.
        private: holds identity data.
        each: stands over every page after the first, so that a loose one finds its way back.
    """

    what: str
    title: Text
    blocks: tuple[Block, ...]
    subject: str = ""
    about: str = ""
    landscape: bool = False
    discreet: bool = False
    private: bool = False
    each: Said = ""
