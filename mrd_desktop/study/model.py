"""The study definition as typed, frozen objects: what the YAML files say, and nothing else.

Names follow CDISC ODM: a StudyEvent plans Forms, a Form holds ItemGroups, an ItemGroup holds
Items, an Item may take its values from a CodeList. OIDs here are the short ones of the study
(``MRD.RESULT``); ODM identifiers are ``F.<form>``, ``IG.<...>``, ``I.<item>``, ``CL.<list>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mrd_desktop.texts import Text

if TYPE_CHECKING:
    from mrd_desktop.study.expression import Expression


class Kind(StrEnum):
    """Data types of an item (section 2.1 of the forms reference)."""

    TEXT = "T"
    INTEGER = "I"
    DECIMAL = "F"
    DATE = "D"
    PARTIAL_DATE = "PD"
    TIME = "TM"
    CODE = "C"
    CODES = "M"


@dataclass(frozen=True, slots=True)
class DataType:
    """A data type with its size: ``T(60)``, ``I(3)``, ``F(5.1)``, ``D``, ``C`` …

    Attributes:
        length: characters of a text, digits of a number in all; 0 where it has no meaning.
        decimals: digits after the point of a decimal.
    """

    kind: Kind
    length: int = 0
    decimals: int = 0


class Requirement(StrEnum):
    """Whether a shown item must be answered."""

    MUST = "R!"
    REQUIRED = "R"
    CONDITIONAL = "RC"
    OPTIONAL = "O"
    DERIVED = "X"


class Phi(StrEnum):
    """How near to a person an item comes."""

    NONE = "-"
    QUASI = "Q"
    DIRECT = "D"


class Severity(StrEnum):
    """Hard: the form cannot be complete. Soft: a query opens."""

    HARD = "hard"
    SOFT = "soft"


@dataclass(frozen=True, slots=True)
class Code:
    """One term of a code list."""

    code: str
    text: Text
    ncit: str | None = None


@dataclass(frozen=True)
class CodeList:
    """A CodeList; ``oid`` without the prefix ``CL.``."""

    oid: str
    text: Text
    codes: tuple[Code, ...]
    cdisc: str | None = None
    source: str = ""

    @cached_property
    def by_code(self) -> Mapping[str, Code]:
        """Its codes by code."""
        return {c.code: c for c in self.codes}


@dataclass(frozen=True, slots=True)
class Reference:
    """What an item points at: a row of the same subject elsewhere.

    Attributes:
        to: OID of the item whose value is kept of that row.
        shows: OIDs of its items that tell it from other rows.
    """

    to: str
    shows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Purpose:
    """What something is asked for.

    Attributes:
        protocol: OID of the part of the protocol that asks for it.
    """

    text: Text
    protocol: str


@dataclass(frozen=True)
class Item:
    """One data point's definition. ``oid`` is ``PREFIX.NAME``; addresses use ``name``.

    Attributes:
        capitals: a text that is typed in plain capitals, as symbols are.
        carry: a row made like another one takes the answer over; else it begins empty.
        with_year: a date that is never typed without its year, as one of birth or of the history.
        refers: its value names a row of another section.
        original: what is typed is the first record of it; else it is transcribed from one.
        words: what the values of a derived text mean, where it has no code list; several values
            are joined by ``;``.
        purpose: another one than its section's or form's (:meth:`Study.purpose_of`).
        harmless: why it is no identifier, though its name is like one.
    """

    oid: str
    text: Text
    type: DataType
    required: Requirement
    phi: Phi = Phi.NONE
    unit: str | None = None
    codelist: CodeList | None = None
    show_when: Expression | None = None
    cdash: str | None = None
    sdtm: str | None = None
    guidance: str | None = None
    capitals: bool = False
    carry: bool = False
    with_year: bool = False
    refers: Reference | None = None
    words: tuple[Code, ...] = ()
    original: bool = False
    purpose: Purpose | None = None
    harmless: Text | None = None

    @cached_property
    def name(self) -> str:
        """The part after the point."""
        return self.oid.partition(".")[2]

    @cached_property
    def meanings(self) -> Mapping[str, Code]:
        """What its values mean, by code; empty where they speak for themselves."""
        return self.codelist.by_code if self.codelist else {c.code: c for c in self.words}

    @property
    def derived(self) -> bool:
        """Set by the system, read-only."""
        return self.required is Requirement.DERIVED


@dataclass(frozen=True)
class ItemGroup:
    """A section of a form. ``name`` is the last part of its OID and stands in addresses.

    Attributes:
        expects_rows: no rows at all is unusual enough to ask whether it is so.
        genetic: what it holds may be human genetic resources, which needs a consent of its own.
    """

    oid: str
    text: Text
    repeating: bool
    items: tuple[Item, ...]
    expects_rows: bool = False
    genetic: bool = False
    purpose: Purpose | None = None

    @cached_property
    def name(self) -> str:
        """The group's part of an address: ``A`` of ``IG.MRD.A``, ``MRDV`` of ``IG.MRDV``."""
        return self.oid.rpartition(".")[2]

    @cached_property
    def by_name(self) -> Mapping[str, Item]:
        """Its items by name."""
        return {i.name: i for i in self.items}

    @cached_property
    def dates(self) -> tuple[str, ...]:
        """The names of its items that hold a date, full or partial."""
        return tuple(i.name for i in self.items if i.type.kind in (Kind.DATE, Kind.PARTIAL_DATE))


@dataclass(frozen=True)
class Form:
    """A Form; ``oid`` without the prefix ``F.``.

    Attributes:
        second_entry: a second person keys it again from paper, and the two are compared; also
            where the study asks for it of all forms with critical items.
    """

    oid: str
    text: Text
    repeating: bool
    groups: tuple[ItemGroup, ...]
    log: bool = False
    private: bool = False
    second_entry: bool = False
    sdtm: str | None = None
    when: str = ""
    note: str = ""
    purpose: Purpose | None = None

    @cached_property
    def by_group(self) -> Mapping[str, ItemGroup]:
        """Its groups by name."""
        return {g.name: g for g in self.groups}

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """All items in order."""
        return tuple(i for g in self.groups for i in g.items)

    @cached_property
    def group_of(self) -> Mapping[str, ItemGroup]:
        """The group of each item OID."""
        return {i.oid: g for g in self.groups for i in g.items}


@dataclass(frozen=True, slots=True)
class Selector:
    """Which items a check on ``ITEMS`` visits; what is left empty selects everything.

    Derived items are never visited.

    Attributes:
        types: kinds of items.
        forms: form OIDs.
        items: item OIDs.
        excluded: item or form OIDs that are left out.
        phi: how near to a person the item comes.
        free_text: only texts that are quasi-identifiers.
    """

    types: frozenset[Kind] = frozenset()
    forms: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    phi: frozenset[Phi] = frozenset()
    free_text: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """Another item that a check is told at, of a form in which the way out may lie.

    Attributes:
        when: on the line the check fires on, whether it is that item's matter.
    """

    at: str
    when: Expression


@dataclass(frozen=True, slots=True)
class Check:
    """An edit check.

    Attributes:
        id: ``EC-086``, or ``<item>.H`` / ``<item>.S`` for a range or format of one item.
        on: where it is evaluated: a form OID (each filled form), a repeating group's name
            (each row), ``SUBJECT`` (once), ``EVENTS`` (each planned event of the schedule),
            ``ALL`` (each filled form of any OID), ``ITEMS`` (each item with a value that
            ``items`` selects) or ``REQUIRED`` (each shown item that must be answered and is not).
        at: item OID the finding is shown at (first item of the form if None).
        fires: true where the check fires; unknown never fires.
        params: expressions whose values fill ``{name}`` in the message.
        vault: needs the identity vault to be evaluated.
        daily: says that something is not there yet; its query waits for the next day's first
            sign-in, so that a Save in the middle of a visit asks nothing.
        at_once: of a daily one: a value typed where it is shown is its cause, so that it is told
            there at once and not from the next day on.
        export: speaks of what leaves the site; the answer it fires on is a right one, so it keeps
            no form from being complete.
        way: what leads out of it, told below the field after the message; queries keep to the
            message.
        also: where else it is told while that form is filled; it counts where it stands alone.
    """

    id: str
    severity: Severity
    forms: tuple[str, ...]
    on: str
    at: str | None
    fires: Expression
    text: Text
    params: Mapping[str, Expression] = field(default_factory=dict)
    vault: bool = False
    daily: bool = False
    at_once: bool = False
    export: bool = False
    items: Selector = Selector()
    way: Text | None = None
    also: Beside | None = None

    @property
    def blocks(self) -> bool:
        """A form on which it fires is not complete."""
        return self.severity is Severity.HARD and not self.export


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a derived item (requirement X) gets its value.

    Attributes:
        recorded: its value is also recorded at Save: system numbers, and what derives from the
            identity vault.
    """

    item: str
    value: Expression
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Reduction:
    """A value that may leave the site only reduced (section 2.13).

    Attributes:
        keeps: values that leave as they are.
        above: numbers up to this leave as they are (None: no number does).
        to: what leaves in place of any other value.
    """

    item: str
    to: str
    keeps: frozenset[str] = frozenset()
    above: Decimal | None = None

    def reduce(self, exact: str) -> str | None:
        """What leaves in place of an exact value; None where the exact one may leave."""
        if exact in self.keeps or (self.above is not None and Decimal(exact) <= self.above):
            return None
        return self.to


class Section(NamedTuple):
    """One ItemGroup of one form; the name alone (``A``) may stand in many forms.

    Attributes:
        form: OID of the form.
        group: name of the group.
    """

    form: str
    group: str


@dataclass(frozen=True, slots=True)
class SaveRule:
    """A state of the subject in which Save of a form is refused.

    Attributes:
        cause: code of the refusal (``no_consent`` …).
        forms: OIDs of the forms it refuses.
        refuses: true where it refuses, read on the form being saved.
        sections: what it closes in forms which are not closed as a whole.
        text: why, and what to do; None where the program has words for the cause.
        live: it holds on live sites; practice data, of nobody, are taken without.
        waits: the form may be typed before, and waits as a draft; only Save is refused.
    """

    cause: str
    forms: frozenset[str]
    refuses: Expression
    sections: frozenset[Section] = frozenset()
    text: Text | None = None
    live: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class StudyEvent:
    """A planned or log event.

    Attributes:
        offset_days, offset_months: target counted from T0 (at most one is set; neither: no target).
        before, after: days the window opens before and closes after the target.
        planned: forms expected at the event; ``optional``: forms offered when needed.
        repeating: may be opened more than once (UNS, SFU).
        every_months: repeats this often once the active schedule has ended (SFU).
        when: a planned form under a condition is expected only while that holds; it reads the
            event's visit form.
    """

    oid: str
    text: Text
    planned: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    offset_days: int | None = None
    offset_months: int | None = None
    before: int = 0
    after: int = 0
    repeating: bool = False
    every_months: int | None = None
    when: Mapping[str, Expression] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drug:
    """A row of the anti-HER2 drug dictionary (section 2.6), for soft checks only."""

    code: str
    drug_class: str
    route: str
    doses: tuple[tuple[Decimal, Decimal, str], ...] = ()
    approved: str | None = None


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a value reported in another unit becomes one in the item's own unit.

    Attributes:
        unit: the reported unit, as :func:`mrd_desktop.study.units.plain_unit` writes it.
        factor: value in the item's unit = reported value x factor.
    """

    item: str
    unit: str
    factor: Decimal


@dataclass(frozen=True, slots=True)
class CtcaeTerm:
    """A CTCAE v5.0 term with the grades that exist for it."""

    text: Text
    soc: str
    grades: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ListedTerm:
    """A term that may be picked for a text, and another name it is looked for by."""

    term: str
    also: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A role and the operations it may do (names of :mod:`mrd_desktop.vault.roles`)."""

    oid: str
    text: Text
    operations: frozenset[str]
    vault: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """A coded ReasonForChange; a ``system`` one is given by the program, never chosen."""

    code: str
    text: Text
    needs_text: bool = False
    system: bool = False


class SecondLook(StrEnum):
    """Who looks at critical values besides who entered them (R-DAT-06): the risk setting.

    The monitor compares them with the source, or a second person keys their forms again from paper.
    """

    MONITOR = "monitor"
    SECOND_ENTRY = "second_entry"


@dataclass(frozen=True, slots=True)
class SdvPlan:
    """How many subjects are compared with the source whole, and by which seed they are chosen.

    Of all other subjects only the study's critical items are compared.
    """

    percent: int = 0
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Milestone:
    """When the investigator endorses what is recorded.

    Attributes:
        every_days: so long after the last endorsement; 0 where a day in a form decides.
        item: the date that a subject reaches it with, endorsed within so many days.
    """

    oid: str
    text: Text
    every_days: int = 0
    item: str = ""
    within_days: int = 0


@dataclass(frozen=True, slots=True)
class Oversight:
    """How a site looks after itself, and how long it keeps its records.

    Attributes:
        password_days: how old a password may become at a live site; 0 for any age.
        accounts_days: accounts are reviewed so long after the last review.
        retention_years: records are kept so long after the last one about a subject.
        retain_until: the last day of retention, where the sponsor has named one; it then decides.
        idle_minutes: the window locks after so long without a key or the pointer; 2 to 15.
        session_hours: the longest session, from the sign-in on; 1 to 12.
        confirmed_by_another: whose key it is that a user signs with, nobody confirms alone who made
            the account; False where the study says so.
        data_key_days: the data key is changed so long after its last change; 1 to 366.
    """

    accounts_days: int = 90
    milestones: tuple[Milestone, ...] = ()
    password_days: int = 0
    retention_years: int = 25
    retain_until: date | None = None
    idle_minutes: int = 5
    session_hours: int = 12
    confirmed_by_another: bool = True
    data_key_days: int = 365


@dataclass(frozen=True, eq=False)
class Study:
    """A MetaDataVersion of the study, whole; two loads of one version are told by ``digest``.

    Attributes:
        digest: SHA-256 (hex) of the canonical JSON of the definition: its identity.
        parameters: ``SCRWIN`` → 42 …; used in expressions as ``P.SCRWIN``.
        critical: OIDs of the items that are compared with the source in every subject.
        second_look: whether their forms are keyed twice besides.
        headings: what laboratories call an item in their reports, by item OID.
        headings_with_unit: the same, of names that mean the item only where a unit is said.
        terms: what may be picked for a text, by item OID; any other text is taken as well.
        protocol_parts: the parts of the protocol that purposes refer to, by OID.
    """

    oid: str
    name: Text
    protocol: str
    version: str
    digest: str
    forms: tuple[Form, ...]
    codelists: Mapping[str, CodeList]
    checks: tuple[Check, ...]
    derivations: tuple[Derivation, ...]
    events: tuple[StudyEvent, ...]
    parameters: Mapping[str, Decimal]
    roles: tuple[Role, ...]
    reasons: tuple[Reason, ...]
    drugs: Mapping[str, Drug]
    ctcae: tuple[CtcaeTerm, ...]
    save_rules: tuple[SaveRule, ...] = ()
    fixed_when_signed: frozenset[str] = frozenset()
    reductions: tuple[Reduction, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    critical: frozenset[str] = frozenset()
    second_look: SecondLook = SecondLook.MONITOR
    sdv: SdvPlan = SdvPlan()
    oversight: Oversight = Oversight()
    terms: Mapping[str, tuple[ListedTerm, ...]] = field(default_factory=dict)
    headings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headings_with_unit: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protocol_parts: Mapping[str, Text] = field(default_factory=dict)

    def purpose_of(self, oid: str) -> Purpose | None:
        """What an item is asked for: its own purpose, else its section's, else its form's."""
        form, group, item = self.places[oid]
        return item.purpose or group.purpose or form.purpose

    @cached_property
    def offered_reasons(self) -> tuple[Reason, ...]:
        """The reasons for change that a user may choose."""
        return tuple(r for r in self.reasons if not r.system)

    @cached_property
    def by_form(self) -> Mapping[str, Form]:
        """Forms by OID."""
        return {f.oid: f for f in self.forms}

    @cached_property
    def by_item(self) -> Mapping[str, Item]:
        """Items by OID."""
        return {i.oid: i for f in self.forms for i in f.items}

    @cached_property
    def form_of(self) -> Mapping[str, Form]:
        """The form of each item OID."""
        return {i.oid: f for f in self.forms for i in f.items}

    @cached_property
    def places(self) -> Mapping[str, tuple[Form, ItemGroup, Item]]:
        """The form, group and item of each item OID."""
        return {i.oid: (f, g, i) for f in self.forms for g in f.groups for i in g.items}

    @cached_property
    def owner(self) -> Mapping[str, str]:
        """The form OID of each repeating group by the group's name."""
        return {g.name: f.oid for f in self.forms for g in f.groups if g.repeating}

    @cached_property
    def by_derived(self) -> Mapping[str, Derivation]:
        """Derivations by item OID."""
        return {d.item: d for d in self.derivations}

    @cached_property
    def by_event(self) -> Mapping[str, StudyEvent]:
        """Events by OID."""
        return {e.oid: e for e in self.events}

    @cached_property
    def by_check(self) -> Mapping[str, Check]:
        """Checks by id."""
        return {c.id: c for c in self.checks}
