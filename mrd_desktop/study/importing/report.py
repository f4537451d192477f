"""What an import changed, added or could not carry over: each with its place in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mrd_desktop.study.importing.xml_tree import Element
from mrd_desktop.texts import Text


class Fate(StrEnum):
    """What became of a part of the file."""

    LEFT = "left"
    CHANGED = "changed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that the definition does not say as the file says it.

    Attributes:
        at: the element and its OID: ``ItemDef I.6 / RangeCheck``.
        line: line of the file; 0 where the definition needs something the file does not have.
        to: what it became here: the OID of a form, item, list …; empty where nothing did.
    """

    fate: Fate
    code: str
    at: str
    line: int
    to: str
    text: Text

    def as_json(self) -> dict[str, object]:
        """As the report's file holds it."""
        return {
            "fate": str(self.fate),
            "code": self.code,
            "at": self.at,
            "line": self.line,
            "to": self.to,
            "message_en": self.text.en,
            "message_zh": self.text.zh,
        }

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        to = f" → {self.to}" if self.to else ""
        return f"{self.fate}: {where}{self.at}{to}: {self.text.en}"


@dataclass(frozen=True)
class Report:
    """The remarks of one import, in the order they were made."""

    all: list[Remark] = field(default_factory=list)

    def left(
        self, code: str, at: Element | None, text: Text, to: str = "", inside: str = ""
    ) -> None:
        """Something is not carried over."""
        self._add(Fate.LEFT, code, at, text, to, inside)

    def changed(
        self, code: str, at: Element | None, text: Text, to: str = "", inside: str = ""
    ) -> None:
        """Something is carried over otherwise than it stands in the file."""
        self._add(Fate.CHANGED, code, at, text, to, inside)

    def added(self, code: str, at: Element | None, text: Text, to: str = "") -> None:
        """Something stands in the definition that the file does not have."""
        self._add(Fate.ADDED, code, at, text, to, "")

    def _add(
        self, fate: Fate, code: str, at: Element | None, text: Text, to: str, inside: str
    ) -> None:
        place = named(at) if at is not None else "ODM"
        if inside:
            place = f"{place} / {inside}"
        remark = Remark(fate, code, place, at.line if at is not None else 0, to, text)
        if remark not in self.all[-40:]:
            self.all.append(remark)


def named(element: Element) -> str:
    """An element as people find it: its name and what identifies it."""
    oid = element.get(
        "OID", "ItemOID", "ItemGroupOID", "FormOID", "StudyEventOID", "CodedValue", "ID"
    )
    return f"{element.name} {shortened(oid, 60)}".strip()


def shortened(text: str, length: int) -> str:
    """A text of at most so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"
