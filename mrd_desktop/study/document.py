"""The shape of a study definition as it is written: pydantic models of the YAML files.

A :class:`Document` is the whole definition without file names: what is turned into canonical JSON,
stored, hashed and read back. Nothing here knows what an expression means or whether a code list
exists; :mod:`mrd_desktop.study.build` does.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Self, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mrd_desktop.study.model import DataType, Kind, Phi, Requirement, SecondLook, Severity

FORMAT = "mrd-study/1"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_SIZED = re.compile(r"(T|I)\(([1-9][0-9]{0,3})\)")
_DECIMAL = re.compile(r"F\(([1-9][0-9]?)\.([1-9][0-9]?)\)")
_DAY = re.compile(r"[12][0-9]{3}(-[0-9]{2}(-[0-9]{2})?)?")


def wrong(message: str) -> PydanticCustomError:
    """A mistake with the sentence the author of the definition reads."""
    return PydanticCustomError("definition", "{sentence}", {"sentence": message})


def _words(text: Any) -> str:
    if text is None or text == "":
        raise wrong("nothing stands here; write a text")
    if not isinstance(text, str):
        raise wrong("this is no text; write a text")
    if text != text.strip() or _CONTROL.search(text):
        raise wrong("the text has blanks at an end or a control character; write it on one line")
    if not unicodedata.is_normalized("NFC", text):
        raise wrong("the text is not in the composed form (NFC); type its letters again")
    return text


def _name(pattern: str, example: str) -> Any:
    shape = re.compile(pattern)

    def check(text: str) -> str:
        if not shape.fullmatch(text):
            raise wrong(f"“{text}” is no name of this kind; write it like {example}")
        return text

    return AfterValidator(check)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise wrong("this is no whole number; write digits only")
    if isinstance(value, int):
        return value
    if not _INTEGER.fullmatch(value):
        raise wrong(f"“{value}” is no whole number; write digits only, without leading zeros")
    return int(value)


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise wrong(f"“{value}” is no number; write it like 34.0")
    return Decimal(value)


def _flag(value: Any) -> bool:
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise wrong(f"“{value}” is neither true nor false; write one of the two")


def _type(value: Any) -> DataType:
    text = value if isinstance(value, str) else ""
    if found := _SIZED.fullmatch(text):
        return DataType(Kind(found[1]), int(found[2]))
    if (found := _DECIMAL.fullmatch(text)) and int(found[2]) < int(found[1]):
        return DataType(Kind.DECIMAL, int(found[1]), int(found[2]))
    if text in {"D", "PD", "TM", "C", "M"}:
        return DataType(Kind(text))
    raise wrong(f"“{value}” is no data type; write T(60), I(3), F(5.1), D, PD, TM, C or M")


def _type_text(type_: DataType) -> str:
    match type_.kind:
        case Kind.TEXT | Kind.INTEGER:
            return f"{type_.kind}({type_.length})"
        case Kind.DECIMAL:
            return f"F({type_.length}.{type_.decimals})"
        case kind:
            return str(kind)


def _one_of(choices: type[Kind | Phi | Requirement | SecondLook | Severity]) -> BeforeValidator:
    known = ", ".join(str(c) for c in choices)

    def check(value: Any) -> Any:
        if value not in [str(c) for c in choices]:
            raise wrong(f"“{value}” is not known here; write one of {known}")
        return value

    return BeforeValidator(check)


def _listed(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        raise wrong("this is no list; write it like [A, B] or as lines that begin with “- ”")
    return value


T = TypeVar("T")
Many: TypeAlias = Annotated[tuple[T, ...], BeforeValidator(_listed)]
Words = Annotated[str, BeforeValidator(_words)]
Expr = Words
Integer = Annotated[int, BeforeValidator(_integer)]
Number = Annotated[Decimal, BeforeValidator(_decimal), PlainSerializer(str)]
Flag = Annotated[bool, BeforeValidator(_flag)]
ItemType = Annotated[DataType, BeforeValidator(_type), PlainSerializer(_type_text)]
FormOid = Annotated[Words, _name(r"[A-Z][A-Z0-9]{0,7}", "MRD")]
GroupOid = Annotated[Words, _name(r"IG\.[A-Z][A-Z0-9]*(\.[A-Z][A-Z0-9]*)?", "IG.MRD.A")]
ItemOid = Annotated[Words, _name(r"[A-Z][A-Z0-9]*\.[A-Z][A-Z0-9]*", "MRD.RESULT")]
FormOrItem = Annotated[Words, _name(r"[A-Z][A-Z0-9]*(\.[A-Z][A-Z0-9]*)?", "IE or MRD.RESULT")]
ListOid = Annotated[Words, _name(r"[A-Z][A-Z0-9]*", "MRDRES")]
EventOid = Annotated[Words, _name(r"[A-Z][A-Z0-9]*", "M03")]
ParameterName = Annotated[Words, _name(r"[A-Z][A-Z0-9]*", "SCRWIN")]
Lower = Annotated[Words, _name(r"[a-z][a-z0-9_]*", "coordinator")]
Operation = Annotated[Words, _name(r"[a-z]+(\.[a-z]+)?", "form.edit")]
CheckId = Annotated[Words, _name(r"EC-[0-9]{3}", "EC-086")]
CodeText = Annotated[Words, _name(r"[^;,]{1,60}", "POSITIVE, without ; and ,")]
Version = Annotated[Words, _name(r"[0-9]+\.[0-9]+", "0.1")]
Day = Annotated[Words, _name(_DAY.pattern, "2018-12-17, 2018-12 or 2018")]


class Part(BaseModel):
    """Anything written in a definition: fixed keys, and nothing else."""

    model_config = ConfigDict(extra="ignore", frozen=True, arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise wrong("this has no keys; write it as lines of “key: value”")
        known, needed = _keys_of(cls)
        for key in data:
            if key not in known:
                raise PydanticCustomError(
                    "unknown_key",
                    "“{key}” is not known here; known are {known}",
                    {"key": key, "known": ", ".join(known)},
                )
        for key in needed:
            if data.get(key) is None:
                raise wrong(f"“{key}” is missing; add it")
        return {key: value for key, value in data.items() if value is not None}


@cache
def _keys_of(part: type[Part]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys that may stand in a part, and those that must."""
    fields = {field.alias or name: field for name, field in part.model_fields.items()}
    return tuple(fields), tuple(key for key, field in fields.items() if field.is_required())


class Bilingual(Part):
    """A text in both languages."""

    en: Words
    zh: Words


class CodePart(Bilingual):
    """A code of a list."""

    code: CodeText
    ncit: Words | None = None


class CodeListPart(Bilingual):
    """``codelists/<OID>.yaml``."""

    oid: ListOid
    cdisc: Words | None = None
    source: Words | None = None
    codes: Many[CodePart]


class ItemCheckPart(Part):
    """A range or format of one item: what is legal, and how much it matters."""

    severity: Annotated[Severity, _one_of(Severity)]
    range: tuple[Number | None, Number | None] | None = None
    legal: Expr | None = None
    en: Words | None = None
    zh: Words | None = None

    @model_validator(mode="before")
    @classmethod
    def _bounds(cls, data: Any) -> Any:
        bounds = data.get("range") if isinstance(data, dict) else None
        if bounds is not None and (
            not isinstance(bounds, (list, tuple)) or len(bounds) != 2 or bounds == [None, None]
        ):
            raise wrong("a range has two ends; write [34.0, 42.5], or null for an open end")
        return data

    @model_validator(mode="after")
    def _sense(self) -> Self:
        if (self.range is None) == (self.legal is None):
            raise wrong("a check has one of “range” and “legal”; keep one")
        if (self.en is None) != (self.zh is None):
            raise wrong("the message stands in one language; add the other")
        if self.legal and self.severity is Severity.HARD and self.en is None:
            raise wrong("a hard “legal” check has no message; add “en” and “zh”")
        if self.range:
            low, high = self.range
            if low is not None and high is not None and low > high:
                raise wrong(f"the range begins at {low} after its end {high}; swap the two")
        return self


class ReferencePart(Part):
    """The row that an item's value names: the item that names it, and what tells it apart."""

    to: ItemOid
    shows: Many[ItemOid]


class PurposePart(Bilingual):
    """What something is asked for.

    Attributes:
        protocol: OID of the part of the protocol that asks for it, of ``study.yaml``.
    """

    protocol: ListOid


class ProtocolPart(Bilingual):
    """A part of the protocol that purposes refer to."""

    oid: ListOid


class ItemPart(Bilingual):
    """An item of a form.

    Attributes:
        purpose: another one than that of its section or form.
        harmless: why it is no identifier, though its name is like one.
    """

    oid: ItemOid
    type: ItemType
    capitals: Flag = False
    unit: Words | None = None
    codelist: ListOid | None = None
    required: Annotated[Requirement, _one_of(Requirement)]
    show_when: Expr | None = None
    phi: Annotated[Phi, _one_of(Phi)] = Phi.NONE
    cdash: Words | None = None
    sdtm: Words | None = None
    guidance: Words | None = None
    carry: Flag = False
    with_year: Flag = False
    original: Flag = False
    refers: ReferencePart | None = None
    words: Many[CodePart] = ()
    checks: Many[ItemCheckPart] = ()
    purpose: PurposePart | None = None
    harmless: Bilingual | None = None


class GroupPart(Bilingual):
    """A section of a form.

    Attributes:
        expects_rows: a repeating section that hardly ever has no row: whoever declares the form
            complete without one is asked once whether that is so.
        genetic: what it holds may be human genetic resources.
    """

    oid: GroupOid
    repeating: Flag = False
    expects_rows: Flag = False
    genetic: Flag = False
    purpose: PurposePart | None = None
    items: Many[ItemPart]


class FormPart(Bilingual):
    """``forms/<OID>.yaml``."""

    oid: FormOid
    sdtm: Words | None = None
    repeating: Flag = False
    log: Flag = False
    private: Flag = False
    second_entry: Flag = False
    when: Words | None = None
    note: Words | None = None
    purpose: PurposePart | None = None
    groups: Many[GroupPart]


class MessagesPart(Part):
    """What a check of an item says where it brings no words of its own."""

    between: Bilingual
    at_least: Bilingual
    at_most: Bilingual
    unusual: Bilingual


class RolePart(Bilingual):
    """A role and what it may do."""

    oid: Lower
    vault: Flag = False
    operations: Many[Operation]


class ReasonPart(Bilingual):
    """A coded reason for change."""

    code: CodeText
    needs_text: Flag = False
    system: Flag = False


class SaveRulePart(Part):
    """A state of the subject in which Save of some forms, or of all but some, is refused.

    Attributes:
        genetic: it is about the sections that are marked so, whatever their form.
        live: it holds on live sites only.
        waits: only Save is refused; the form may be typed before.
        en, zh: why, and what to do.
    """

    cause: Lower
    forms: Many[FormOid] = ()
    excluded: Many[FormOid] = Field(default=(), alias="except")
    genetic: Flag = False
    live: Flag = False
    waits: Flag = False
    refuses: Expr
    en: Words | None = None
    zh: Words | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if bool(self.forms) + bool(self.excluded) + self.genetic != 1:
            raise wrong("a rule of Save names “forms”, “except” or “genetic”; keep one of them")
        if (self.en is None) != (self.zh is None):
            raise wrong("the sentence stands in one language; add the other")
        return self


class ReductionPart(Part):
    """A value that may leave the site only reduced."""

    item: ItemOid
    to: Words
    keeps: Many[CodeText] = ()
    above: Number | None = None


class SdvPart(Part):
    """How many subjects a monitor compares with the source whole; the seed says which."""

    percent: Integer
    seed: Words

    @model_validator(mode="after")
    def _share(self) -> Self:
        if not 0 <= self.percent <= 100:
            raise wrong(f"{self.percent} is no share of all; write a number from 0 to 100")
        return self


class MilestonePart(Bilingual):
    """When the investigator endorses: at intervals, or so long after a day that a form tells."""

    oid: ListOid
    every_days: Integer | None = None
    item: ItemOid | None = None
    within_days: Integer | None = None

    @model_validator(mode="after")
    def _when(self) -> Self:
        dated = self.item is not None and self.within_days is not None
        if dated == (self.every_days is not None) or (self.item is None) != (
            self.within_days is None
        ):
            raise wrong("a milestone has every_days: 92, or item: TC.TCDAT and within_days: 30")
        if (self.every_days or self.within_days or 0) < 1:
            raise wrong("the days of a milestone are 1 or more")
        return self


class OversightPart(Part):
    """Intervals of review, ages of passwords and records, ends of sessions, endorsements.

    The limits of ``idle_minutes`` and ``session_hours`` are those of R-SES-01, that of
    ``data_key_days`` is C.2's: no study may give its sites less than they ask for.
    ``confirmed_by_another`` is kept as it was said: nothing said stands in no canonical form, and
    means true.
    """

    accounts_days: Integer = 90
    password_days: Integer | None = None
    milestones: Many[MilestonePart] = ()
    retention_years: Integer = 25
    retain_until: Words | None = None
    idle_minutes: Integer = 5
    session_hours: Integer = 12
    confirmed_by_another: Flag | None = None
    data_key_days: Integer = 365

    @model_validator(mode="after")
    def _days(self) -> Self:
        if not 1 <= self.accounts_days <= 366:
            raise wrong("accounts_days is a number of days from 1 to 366")
        if self.password_days is not None and not 30 <= self.password_days <= 366:
            raise wrong("password_days is a number of days from 30 to 366; leave it out for none")
        if not 1 <= self.retention_years <= 100:
            raise wrong("retention_years is a number of years from 1 to 100")
        try:
            date.fromisoformat(self.retain_until or "2000-01-01")
        except ValueError:
            raise wrong('retain_until is a day like "2055-12-31"') from None
        if not 2 <= self.idle_minutes <= 15:
            raise wrong("idle_minutes is a number of minutes from 2 to 15")
        if not 1 <= self.session_hours <= 12:
            raise wrong("session_hours is a number of hours from 1 to 12")
        if not 1 <= self.data_key_days <= 366:
            raise wrong("data_key_days is a number of days from 1 to 366")
        return self


class StudyPart(Bilingual):
    """``study.yaml``."""

    oid: ListOid
    version: Version
    protocol: Words
    forms: Many[FormOid]
    parameters: dict[ParameterName, Number]
    messages: MessagesPart
    roles: Many[RolePart]
    reasons: Many[ReasonPart]
    save_rules: Many[SaveRulePart] = ()
    fixed_when_signed: Many[ItemOid] = ()
    reductions: Many[ReductionPart] = ()
    critical: Many[FormOrItem] = ()
    second_look: Annotated[SecondLook, _one_of(SecondLook)] = SecondLook.MONITOR
    sdv: SdvPart | None = None
    oversight: OversightPart = OversightPart()
    protocol_parts: Many[ProtocolPart] = ()


class TargetPart(Part):
    """How far after T0 an event is due."""

    days: Integer | None = None
    months: Integer | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.days is None) == (self.months is None):
            raise wrong("a target is in days or in months; write {days: 42} or {months: 3}")
        return self


class WindowPart(Part):
    """Days before and after the target; a number, or a parameter such as P.SCRWIN."""

    before: Annotated[Words, _name(r"0|[1-9][0-9]*|P\.[A-Z][A-Z0-9]*", "14 or P.SCRWIN")]
    after: Annotated[Words, _name(r"0|[1-9][0-9]*|P\.[A-Z][A-Z0-9]*", "14 or P.SCRWIN")]


class EventPart(Bilingual):
    """An event of ``schedule.yaml``."""

    oid: EventOid
    target: TargetPart | None = None
    window: WindowPart | None = None
    every_months: Integer | None = None
    repeating: Flag = False
    planned: Many[FormOid] = ()
    optional: Many[FormOid] = ()
    when: dict[FormOid, Expr] = {}

    @model_validator(mode="after")
    def _window(self) -> Self:
        if self.target and not self.window:
            raise wrong("the event has a target but no window; add window: {before: 7, after: 7}")
        return self


class SchedulePart(Part):
    """``schedule.yaml``."""

    events: Many[EventPart]


class TermPart(Bilingual):
    """A CTCAE term of ``ctcae.yaml``, which lists them by system organ class."""

    grades: Many[Integer]


class DosePart(Part):
    """Lowest and highest usual dose."""

    low: Number
    high: Number
    unit: Words


class DrugPart(Part):
    """A drug of ``drugs.yaml``."""

    code: CodeText
    class_: Words = Field(alias="class")
    route: CodeText
    doses: Many[DosePart] = ()
    approved: Day | None = None


class DrugsPart(Part):
    """``drugs.yaml``."""

    drugs: Many[DrugPart]


class ListedTermPart(Part):
    """A term that may be picked, and other names it is looked for by."""

    term: Words
    also: Words | None = None


class TermListPart(Part):
    """Terms that help to fill some texts."""

    items: Many[ItemOid]
    terms: Many[ListedTermPart]


class TermsPart(Part):
    """``terms.yaml``."""

    lists: Many[TermListPart] = ()


class ConversionPart(Part):
    """Units that some items may be reported in, with the factor of each."""

    items: Many[ItemOid]
    from_: dict[Words, Number] = Field(alias="from")


class UnitsPart(Part):
    """``units.yaml``."""

    conversions: Many[ConversionPart] = ()


class HeadingsPart(Part):
    """``headings.yaml``: by item, what laboratories call it at the head of a column.

    Names ``with_unit`` may mean something else too, and count only where a unit is said.
    """

    headings: dict[ItemOid, Many[Words]] = {}
    with_unit: dict[ItemOid, Many[Words]] = {}


class SelectorPart(Part):
    """Which items a check on ITEMS visits."""

    types: Many[Annotated[Kind, _one_of(Kind)]] = ()
    forms: Many[FormOid] = ()
    items: Many[ItemOid] = ()
    excluded: Many[Words] = Field(default=(), alias="except")
    phi: Many[Annotated[Phi, _one_of(Phi)]] = ()
    free_text: Flag = False


class BesidePart(Part):
    """Another item a check is told at."""

    at: ItemOid
    when: Expr


class CheckPart(Bilingual):
    """A numbered check of ``checks.yaml``."""

    id: CheckId
    severity: Annotated[Severity, _one_of(Severity)]
    forms: Many[Words]
    on: Words
    at: ItemOid | None = None
    fires: Expr
    params: dict[Lower, Expr] = {}
    vault: Flag = False
    daily: Flag = False
    at_once: Flag = False
    export: Flag = False
    items: SelectorPart = SelectorPart()
    way: Bilingual | None = None
    also: BesidePart | None = None


class DerivationPart(Part):
    """How a derived item gets its value, of ``derivations.yaml``."""

    item: ItemOid
    value: Expr
    recorded: Flag = False


class Document(Part):
    """A study definition, whole."""

    format: Words
    study: StudyPart
    schedule: SchedulePart
    codelists: tuple[CodeListPart, ...]
    forms: tuple[FormPart, ...]
    ctcae: dict[ListOid, tuple[TermPart, ...]]
    drugs: DrugsPart
    checks: Many[CheckPart] = ()
    derivations: Many[DerivationPart] = ()
    units: UnitsPart = UnitsPart()
    terms: TermsPart = TermsPart()
    headings: HeadingsPart = HeadingsPart()
