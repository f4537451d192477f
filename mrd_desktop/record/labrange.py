"""Reference ranges of laboratories: kept as records, looked up to fill the limits of a form.

A range belongs to one laboratory, one measured item, a sex or both, an age and a span of days.
``labrange.set`` says it; a later one that names it by ``was`` replaces it (with a reason), or
withdraws it. Nothing but empty limits is ever offered, and only where exactly one range fits for
certain: where sex or age matters and is not known, nothing is offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record.entries import ChangeReason, Reference
from mrd_desktop.record.errors import Cause, RangeRefused, SaveRefused
from mrd_desktop.record.saving import good_reason, standing_refusal
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import Form, Item, ItemGroup, Study
from mrd_desktop.study.scene import Line
from mrd_desktop.study.units import converted, factor
from mrd_desktop.study.values import parse_text
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

OLDEST: Final = 150


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured item with the limits that stand beside it, and what tells whose limits they are.

    Items are known by name: in the group of ``<X>VAL`` stand ``<X>LLN`` and ``<X>ULN``; the
    laboratory is ``LABNAM`` and the day ``LBDAT`` of the same form.
    """

    group: ItemGroup
    item: Item
    low: Item | None
    high: Item | None
    laboratory: Item
    day: Item


@dataclass(frozen=True, slots=True)
class LabRange:
    """What one laboratory calls normal.

    Attributes:
        item: OID of the measured item.
        sex: code of the study's item for the sex, ``""`` for both.
        age_from, age_to: completed years, both included; None: no limit.
        valid_from, valid_to: sampling days, both included; None: still in force.
        low, high: numbers as text in ``unit``; at least one of them.
    """

    laboratory: str
    item: str
    valid_from: date
    unit: str
    low: str | None = None
    high: str | None = None
    sex: str = ""
    age_from: int | None = None
    age_to: int | None = None
    valid_to: date | None = None

    def payload(self) -> dict[str, JSON]:
        """As it stands in a record; what is not limited is left out."""
        whole: dict[str, JSON] = {
            "laboratory": self.laboratory,
            "item": self.item,
            "valid_from": self.valid_from.isoformat(),
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "sex": self.sex or None,
            "age_from": self.age_from,
            "age_to": self.age_to,
            "valid_to": self.valid_to.isoformat() if self.valid_to else None,
        }
        return {k: v for k, v in whole.items() if v is not None}


@dataclass(frozen=True, slots=True)
class KnownRange:
    """A range in force and the record that set it."""

    by: Reference
    range: LabRange


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that may be filled in: of which item, which text, from which range."""

    group: str
    item: str
    text: str
    known: KnownRange

    @property
    def source(self) -> Text:
        """Where it comes from, in words."""
        lab, since = self.known.range.laboratory, self.known.range.valid_from
        return Text(f"range of {lab}, from {since}", f"{lab} 参考范围，{since} 起")


@lru_cache(maxsize=64)
def measured(form: Form) -> tuple[Measured, ...]:
    """The measured items of a form that have limits; empty where no laboratory is named."""
    named = {i.name: i for g in form.groups if not g.repeating for i in g.items}
    laboratory, day = named.get("LABNAM"), named.get("LBDAT")
    if laboratory is None or day is None:
        return ()
    found = []
    for group in form.groups:
        for item in group.items:
            stem = item.name.removesuffix("VAL")
            low, high = group.by_name.get(f"{stem}LLN"), group.by_name.get(f"{stem}ULN")
            if stem != item.name and not group.repeating and (low or high):
                found.append(Measured(group, item, low, high, laboratory, day))
    return tuple(found)


def measured_items(study: Study) -> dict[str, Measured]:
    """Every measured item of a study by OID."""
    return {m.item.oid: m for f in study.forms for m in measured(f)}


SEX: Final = "DM.SEX"
BORN: Final = "DM.BRTHYR"
"""Where a study tells whose limits they are; one that does not has ranges for everybody alone."""


def sexes(study: Study) -> Mapping[str, Text]:
    """The sexes for which ranges can differ, by code; empty in a study that does not ask."""
    item = study.by_item.get(SEX)
    return {c.code: c.text for c in item.codelist.codes} if item and item.codelist else {}


def known_ranges(conn: Connection) -> tuple[KnownRange, ...]:
    """Every range in force, by laboratory and item."""
    rows = conn.execute(text("SELECT * FROM p_labrange ORDER BY laboratory, item, valid_from, seq"))
    return tuple(
        KnownRange(
            Reference(r.chain, r.seq),
            LabRange(
                laboratory=r.laboratory,
                item=r.item,
                valid_from=date.fromisoformat(r.valid_from),
                unit=r.unit,
                low=r.low,
                high=r.high,
                sex=r.sex,
                age_from=r.age_from,
                age_to=r.age_to,
                valid_to=date.fromisoformat(r.valid_to) if r.valid_to else None,
            ),
        )
        for r in rows
    )


def limits(line: Line, ranges: Sequence[KnownRange]) -> Iterator[Limit]:
    """The limits that the ranges give for a form as it stands, whatever its limits say now."""
    study = line.scene.study
    for m in measured(study.by_form[line.form.form]):
        laboratory, day = line.text(m.laboratory.oid), line.day(m.day.oid)
        if laboratory is None or day is None:
            continue
        known = _fitting(line, [k for k in ranges if k.range.item == m.item.oid], laboratory, day)
        if known is None:
            continue
        for item, value in ((m.low, known.range.low), (m.high, known.range.high)):
            if item is not None and value is not None:
                said = converted(study, item, value, known.range.unit)
                yield Limit(m.group.name, item.name, said, known)


def _fitting(
    line: Line, ranges: Sequence[KnownRange], laboratory: str, day: date
) -> KnownRange | None:
    """The one range that fits for certain; None where none does or another might."""
    known = line.scene.study.by_item
    person = line.scene.form("DM")
    sex = person.text(SEX) if person and SEX in known else None
    born = person.number(BORN) if person and BORN in known else None
    possible = [
        k
        for k in ranges
        if same_laboratory(k.range.laboratory, laboratory)
        and k.range.valid_from <= day
        and (k.range.valid_to is None or day <= k.range.valid_to)
        and (not k.range.sex or sex is None or k.range.sex == sex)
        and _age_fits(k.range, day, born) is not False
    ]
    if len(possible) != 1:
        return None
    only = possible[0]
    certain = (not only.range.sex or sex is not None) and _age_fits(only.range, day, born)
    return only if certain else None


def _age_fits(range_: LabRange, day: date, born: Decimal | None) -> bool | None:
    """Whether the age on a day lies in the range; None where the year of birth cannot tell."""
    if range_.age_from is None and range_.age_to is None:
        return True
    if born is None:
        return None
    low, high = range_.age_from or 0, OLDEST if range_.age_to is None else range_.age_to
    ages = (day.year - int(born) - 1, day.year - int(born))
    inside = [low <= age <= high for age in ages]
    return inside[0] if inside[0] == inside[1] else None


def same_laboratory(a: str, b: str) -> bool:
    """Whether two names mean one laboratory: case and blanks do not count."""
    return "".join(a.split()).casefold() == "".join(b.split()).casefold()


class LabRanges:
    """Acts on the reference ranges of an open site."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def all(self) -> tuple[KnownRange, ...]:
        """Every range in force."""
        self.session.require("subject.see")
        with self.session.reading() as conn:
            return known_ranges(conn)

    def laboratories(self) -> tuple[str, ...]:
        """The names of the laboratories that have ranges."""
        return tuple(dict.fromkeys(k.range.laboratory for k in self.all()))

    def set(
        self,
        range_: LabRange,
        *,
        replaces: Reference | None = None,
        reason: ChangeReason | None = None,
    ) -> KnownRange:
        """Record a range, or a change of one.

        Args:
            replaces: the range that changes; asks for a reason.

        Raises:
            RangeRefused: it makes no sense, or overlaps another range; the sentence says where.
            SaveRefused: no permission, or no good reason.
        """
        self._may(replaces, reason)
        checked = checked_range(self.session.study, range_)

        def build(conn: Connection) -> list[Entry]:
            known = known_ranges(conn)
            if replaces and all(k.by != replaces for k in known):
                raise RangeRefused(_GONE)
            if any(k.by != replaces and _overlap(k.range, checked) for k in known):
                raise RangeRefused(_OVERLAPS)
            return [_entry(checked.payload(), replaces, reason)]

        record = self.session.commit(build)[-1]
        return KnownRange(Reference(record.header.chain, record.header.seq), checked)

    def withdraw(self, by: Reference, reason: ChangeReason) -> None:
        """Take a range out of force; values filled from it stay as they are.

        Raises:
            RangeRefused: it is not in force.
            SaveRefused: no permission, or no good reason.
        """
        self._may(by, reason)

        def build(conn: Connection) -> list[Entry]:
            if all(k.by != by for k in known_ranges(conn)):
                raise RangeRefused(_GONE)
            return [_entry({"withdrawn": True}, by, reason)]

        self.session.commit(build)

    def _may(self, replaces: Reference | None, reason: ChangeReason | None) -> None:
        cause = standing_refusal(self.session, None, None)
        if cause is Cause.PERMISSION:
            self.session.note_denial("form.edit")
        if cause is not None:
            raise SaveRefused(cause)
        if replaces and not good_reason(self.session, reason):
            raise SaveRefused(Cause.NO_REASON)


def checked_range(study: Study, range_: LabRange) -> LabRange:
    """The range with its texts in their kept form.

    Raises:
        RangeRefused: something is missing or cannot be.
    """
    found = measured_items(study).get(range_.item)
    laboratory = " ".join(range_.laboratory.split())
    if not laboratory:
        raise RangeRefused(_NO_LABORATORY)
    if found is None:
        raise RangeRefused(_NO_ITEM)
    if len(laboratory) > found.laboratory.type.length:
        raise RangeRefused(_LONG_NAME)
    if range_.sex and range_.sex not in sexes(study):
        raise RangeRefused(_NO_SEX)
    try:
        factor(study, found.item, range_.unit)
        low = _number(study, found.low, range_.low, range_.unit)
        high = _number(study, found.high, range_.high, range_.unit)
    except ValueRefused as refused:
        raise RangeRefused(refused.reason) from None
    if low is None and high is None:
        raise RangeRefused(_NO_LIMIT)
    if low is not None and high is not None and Decimal(low) >= Decimal(high):
        raise RangeRefused(_CROSSED)
    if range_.valid_to and range_.valid_to < range_.valid_from:
        raise RangeRefused(_DAYS)
    ages = (range_.age_from or 0, OLDEST if range_.age_to is None else range_.age_to)
    if not 0 <= ages[0] <= ages[1] <= OLDEST:
        raise RangeRefused(_AGES)
    return replace(range_, laboratory=laboratory, low=low, high=high)


def _number(study: Study, item: Item | None, typed: str | None, unit: str) -> str | None:
    """A limit as it is kept, in the range's own unit; what it converts to must fit the item."""
    if not typed or not typed.strip():
        return None
    if item is None:
        raise RangeRefused(_NO_LOWER)
    plain = parse_text(item, typed, today=date.min)
    assert plain is not None
    parse_text(item, converted(study, item, plain.text, unit), today=date.min)
    return plain.text


def _overlap(a: LabRange, b: LabRange) -> bool:
    """Whether some sample could fall under both."""
    return (
        a.item == b.item
        and same_laboratory(a.laboratory, b.laboratory)
        and (not a.sex or not b.sex or a.sex == b.sex)
        and (a.valid_to is None or b.valid_from <= a.valid_to)
        and (b.valid_to is None or a.valid_from <= b.valid_to)
        and (a.age_from or 0) <= (OLDEST if b.age_to is None else b.age_to)
        and (b.age_from or 0) <= (OLDEST if a.age_to is None else a.age_to)
    )


def _entry(
    payload: dict[str, JSON], replaces: Reference | None, reason: ChangeReason | None
) -> Entry:
    if replaces:
        payload["was"] = replaces.payload()
    if replaces and reason:
        payload["reason"] = reason.payload()
    return Entry(Kind.LABRANGE_SET, RecordClass.CODED, payload)


_GONE: Final = Text(
    "This range was changed meanwhile. Look at the list again.",
    "该参考范围已变更，请重新查看列表。",
)
_OVERLAPS: Final = Text(
    "Another range of this laboratory covers some of these samples. End that one first.",
    "该实验室已有参考范围与此重叠，请先为原范围填写截止日期。",
)
_NO_LABORATORY: Final = Text("Name the laboratory.", "请填写实验室名称。")
_LONG_NAME: Final = Text("The name of the laboratory is too long.", "实验室名称过长。")
_NO_ITEM: Final = Text("Choose a test from the list.", "请从列表中选择检验项目。")
_NO_SEX: Final = Text("Choose a sex from the list, or leave it open.", "请选择性别，或留空。")
_NO_LIMIT: Final = Text("Give at least one limit.", "请至少填写一个限值。")
_NO_LOWER: Final = Text("This test has no lower limit on its form.", "该项目的表单没有参考下限。")
_CROSSED: Final = Text("The lower limit must be below the upper limit.", "参考下限应低于上限。")
_DAYS: Final = Text("The last day lies before the first one.", "截止日期早于起始日期。")
_AGES: Final = Text("Ages go from 0 to 150, the lower one first.", "年龄应为 0–150，由小到大。")
