"""What may leave the site, record by record, and why the rest stays.

Only class ``coded`` is ever considered, of kinds on a closed list. Of a subject's records leave
those that its consent covers, and human genetic resources abroad only under an approval for them;
texts and sample numbers that were found identifying stay for good, corrected or not, also once the
link to the person is destroyed and nothing could be compared any more. The decision is made anew
for every package over the whole chain, so that a consent given later, or an approval widened,
releases what was held, and one taken back or narrowed names what the sponsor must delete.

Source: section 2.13 of the forms reference; sections 2 and 7 of the formats.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Header, Kind, Record, RecordClass
from mrd_desktop.record.names import NAMED, Names
from mrd_desktop.record.owning import OPENED_ON, subject_of
from mrd_desktop.record.signing import APART
from mrd_desktop.study.checks import telling
from mrd_desktop.study.dependence import genetic, identifying
from mrd_desktop.study.load import study_from_bytes
from mrd_desktop.study.model import Kind as DataKind
from mrd_desktop.study.model import Phi, Study
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.barred import HELD, TELL_TO_DELETE, Barrier, of_the_site
from mrd_desktop.vault import definitions

FREE_TEXT_CHECK: Final = "EC-007"
SAMPLE_ID_CHECK: Final = "EC-041"
SAMPLE_ID: Final = "MRD.SAMPID"


class Reason(StrEnum):
    """Why a record's content stays at the site."""

    PRIVATE = "private"
    SITE = "site"
    CONSENT = "consent"
    WITHDRAWN = "withdrawn"
    HGR = "hgr"
    APPROVAL = HELD
    FREE_TEXT = "free_text"
    SAMPLE_ID = "sample_id"
    REDACTED = "redacted"
    GUESSED = "guessed"
    """A signature whose digest gives away a value worked out from identities."""
    LOST = "lost"


ABOUT_A_SUBJECT: Final = frozenset(
    {
        Kind.SUBJECT_CREATED,
        Kind.SUBJECT_WITHHELD,
        Kind.SUBJECT_HANDED,
        Kind.SUBJECT_RECEIVED,
        Kind.EVENT_ADDED,
        Kind.EVENT_REMOVED,
        Kind.EVENT_RESTORED,
        Kind.FORM_ADDED,
        Kind.FORM_REMOVED,
        Kind.FORM_RESTORED,
        Kind.ROW_ADDED,
        Kind.ROW_REMOVED,
        Kind.ROW_RESTORED,
        Kind.FORM_SAVED,
        Kind.FORM_FROZEN,
        Kind.FORM_LOCKED,
        Kind.FORM_UNLOCKED,
        Kind.ITEM_SET,
        Kind.ENTRY_REFUSED,
        Kind.ENTRY_SUPERSEDED,
        Kind.CHECK_OUTCOME,
        Kind.CHECK_ANSWERED,
        Kind.QUERY_OPENED,
        Kind.QUERY_ANSWERED,
        Kind.QUERY_CLOSED,
        Kind.QUERY_REOPENED,
        Kind.SDV_MARKED,
        Kind.SIGNATURE_MADE,
        Kind.NOTE_ADDED,
    }
)
"""Kinds that leave only together with a subject's consent."""

_NEVER: Final = frozenset({Kind.FILE_ATTACHED, Kind.IDENTITY_LOOKED, Kind.PRINTED})
"""Kinds that have no business outside, whatever their class."""

_ENDS_A_LINK: Final = (Kind.LINK_DESTROYED, Kind.PACKAGE_RECEIVED)
"""They may list records of their chain that name a person whose identity is gone from here."""

_Place: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a query is about."""

    subject: str
    genetic: bool


_OPEN: Final = 0
_BY_CODE: Final = tuple(Reason)
_CODES: Final[Mapping[Reason, int]] = {reason: n for n, reason in enumerate(Reason, 1)}
_KINDS: Final = tuple(Kind)
_KIND_CODES: Final[Mapping[str, int]] = {kind.value: n for n, kind in enumerate(_KINDS)}


@dataclass(frozen=True, slots=True)
class Consent:
    """What a subject agreed to, as recorded now."""

    data: bool = False
    genes: bool = False
    withdrawn: bool = False

    def refuses(self) -> Reason | None:
        """Why nothing of the subject may leave, if so."""
        if self.withdrawn:
            return Reason.WITHDRAWN
        return None if self.data else Reason.CONSENT


class GeneticPlaces:
    """The places of a study that may hold human genetic resources, as its definitions mark them.

    A form all of whose sections are marked is meant whole, its notes and queries with it, as the
    rules of Save mean it; in another form the marked sections are. What one definition marked stays
    marked: an amendment, which one person installs, lifts no bar that two people or a subject set.
    """

    def __init__(self, *studies: Study) -> None:
        marked: dict[str, set[str]] = {}
        whole: set[str] = set()
        for form in (f for study in studies for f in study.forms):
            names = marked.setdefault(form.oid, set())
            names.update(g.name for g in form.groups if g.genetic)
            if names.issuperset(g.name for g in form.groups):
                whole.add(form.oid)
        self._whole = frozenset(whole)
        self._sections = {form: frozenset(names) for form, names in marked.items() if names}

    def words_on(self, address: str) -> bool:
        """Whether words at an address may tell of genetic data: of a form as a whole they may."""
        parts = address.split("/", 4)
        whole = len(parts) == 3 and parts[2].partition("#")[0] in self._sections
        return whole or self.hold(address)

    def hold(self, address: str) -> bool:
        """Whether what stands at an address is genetic; speed counts here."""
        parts = address.split("/", 4)
        if len(parts) < 3:
            return False
        form = parts[2].partition("#")[0]
        if form in self._whole:
            return True
        sections = self._sections.get(form)
        return sections is not None and len(parts) > 3 and parts[3].partition("#")[0] in sections


def ever_in_force(conn: Connection, study: Study) -> tuple[Study, ...]:
    """Every definition that a chain held here was ever under, this one last.

    Raises:
        DefinitionError: one needs another version of the program.
    """
    chains = conn.exec_driver_sql("SELECT chain FROM ledger_chain").scalars().all()
    told = {
        str(record.body["digest"])
        for chain in chains
        for record in lineage.of_kind(conn, str(chain), Kind.DEFINITION_INSTALLED)
    }
    kept = definitions.kept(conn)
    before = sorted(told & kept.keys() - {study.digest})
    return (*(study_from_bytes(kept[digest]) for digest in before), study)


_WORDS_ON_A_FORM: Final = frozenset(
    {Kind.NOTE_ADDED, Kind.FORM_UNLOCKED, Kind.QUERY_OPENED, Kind.CHECK_ANSWERED}
)
"""What people or checks say of a form as a whole may tell of any of its sections."""


_CONSENT_ITEMS: Final = (
    ("IC", "ICDATA"),
    ("IC", "ICSENS"),
    ("IC", "ICHGR"),
    ("EOS", "DSDECOD"),
    ("EOS", "DATAUSE"),
)
_CONSENT_SQL: Final = (
    "SELECT f.subject, f.form, i.item, i.value FROM p_item i"
    " JOIN p_form f ON f.form_id = i.form_id"
    " JOIN p_event e ON e.subject = f.subject AND e.event = f.event"
    "  AND e.event_repeat = f.event_repeat"
    " WHERE f.removed = 0 AND e.removed = 0 AND f.saved_seq IS NOT NULL AND f.form IN ('IC', 'EOS')"
)


def consents(conn: Connection, study: Study) -> Mapping[str, Consent]:
    """The consent of every subject, read from the projection.

    A consent that the study does not ask for withholds nothing: it is on paper, and who releases a
    package answers for it. A withdrawal does, whatever else is asked.
    """
    answers: dict[str, dict[tuple[str, str], str | None]] = {}
    for subject, form, item, value in conn.exec_driver_sql(_CONSENT_SQL):
        if (form, item) in _CONSENT_ITEMS:
            answers.setdefault(subject, {})[form, item] = value
    unasked = {place for place in _CONSENT_ITEMS if ".".join(place) not in study.by_item}

    def given(found: Mapping[tuple[str, str], str | None], item: str) -> bool:
        return ("IC", item) in unasked or found.get(("IC", item)) == "Y"

    return {
        subject: Consent(
            data=given(found, "ICDATA") and given(found, "ICSENS"),
            genes=given(found, "ICHGR"),
            withdrawn=found.get(("EOS", "DSDECOD")) == "WITHDRAWAL OF CONSENT"
            and found.get(("EOS", "DATAUSE")) == "N",
        )
        for subject, found in answers.items()
    }


def unrecorded(study: Study) -> Consent:
    """What holds for a subject of whom no consent is recorded.

    An item once defined is never taken out of a study, so that no amendment opens what its consent
    form keeps.
    """
    asked = {item for form, item in _CONSENT_ITEMS[:3] if f"{form}.{item}" in study.by_item}
    return Consent(data=not asked & {"ICDATA", "ICSENS"}, genes="ICHGR" not in asked)


@dataclass
class Decision:
    """For every record of a chain up to a head: open, or why not."""

    verdicts: bytearray = field(default_factory=lambda: bytearray(1))
    kinds: bytearray = field(default_factory=lambda: bytearray(1))
    definitions: dict[str, int] = field(default_factory=dict)
    subjects: dict[str, array[int]] = field(default_factory=dict)
    replies: dict[int, str] = field(default_factory=dict)
    """Of a reply that is held the subject for whose sake it is."""
    barred: array[int] = field(default_factory=lambda: array("q"))
    """What could leave and stays because headers and deletions alone leave."""

    def reason(self, seq: int) -> Reason | None:
        """Why the content of a record stays; None where it may leave."""
        code = self.verdicts[seq]
        return _BY_CODE[code - 1] if code else None

    def kind(self, seq: int) -> Kind:
        """The kind of a record whose content may leave."""
        return _KINDS[self.kinds[seq]]

    def held(self, upto: int) -> Iterator[int]:
        """Coded records up to a number whose content stays."""
        never = {_OPEN, _CODES[Reason.PRIVATE], _CODES[Reason.SITE]}
        return (seq for seq in range(1, upto + 1) if self.verdicts[seq] not in never)


class Release:
    """Decides while the records of a chain go by from the first one on."""

    def __init__(
        self,
        conn: Connection,
        study: Study,
        names: Names,
        *,
        after: int = 0,
        genes: bool = True,
        barrier: Barrier | None = None,
    ) -> None:
        """Reads consents and found outcomes from the projection on this connection.

        Args:
            after: the records that go by begin after this one.
            genes: human genetic resources may go to all recipients, where a subject agrees.
            barrier: headers and deletions alone leave.
        """
        self.decision: Final = Decision(bytearray(after + 1), bytearray(after + 1))
        self._after: Final = after
        self._conn: Final = conn
        self._lost: frozenset[int] | None = None
        self._study: Final = study
        self._names: Final = names
        self._consents: Final = consents(conn, study)
        self._unrecorded: Final = unrecorded(study)
        ever = ever_in_force(conn, study)
        self._genetic: Final = GeneticPlaces(*ever)
        self._from_genes: Final = frozenset().union(*map(genetic, ever))
        self._telling: Final = frozenset(c for one in ever for c in telling(one, genetic(one)))
        self._from_identities: Final = frozenset().union(*map(identifying, ever))
        self._genes: Final = genes
        self._barrier: Final = barrier
        # Two computers of a site count their queries alike, so that an id is told by its chain.
        self._asked: Final[dict[tuple[str, str], list[_Asked]]] = {}
        self._alike: Final[dict[str, list[_Asked]]] = {}
        asked = conn.exec_driver_sql("SELECT chain, query, address, check_id FROM p_query")
        for chain, query, address, check in asked:  # redacted ones included
            self._note_query(str(chain), str(query), str(address), str(check))
        self._places: Final[dict[_Place, tuple[Reason | None, bool, bool]]] = {}
        watched = conn.exec_driver_sql(
            "SELECT DISTINCT address FROM p_outcome WHERE check_id IN (?, ?)",
            (FREE_TEXT_CHECK, SAMPLE_ID_CHECK),
        ).scalars()
        self._named: Final[set[int]] = set()
        self._watched: Final[dict[str, _Watched]] = {str(a): _Watched() for a in watched}

    def passing(self, records: Iterator[Record]) -> Iterator[Record]:
        """Hand the records on, deciding on each."""
        for record in records:
            self.step(record)
            yield record
        self.settle()

    def step(self, record: Record) -> None:
        """Decide on the next record."""
        decision, barrier = self.decision, self._barrier
        reason, kind = self._judge(record)
        if reason is None and barrier is not None and barrier.holds(record, _KINDS[kind]):
            reason = Reason.APPROVAL
            decision.barred.append(record.header.seq)
        decision.verdicts.append(_OPEN if reason is None else _CODES[reason])
        decision.kinds.append(kind)

    def settle(self) -> tuple[int, ...]:
        """Hold back what was found identifying before: by a check, or as a link was destroyed.

        Returns:
            Which.
        """
        found = []
        held = [one for watched in self._watched.values() for one in watched.held()]
        held += [(seq, Reason.FREE_TEXT) for seq in sorted(self._named)]
        for seq, reason in held:
            inside = self._after < seq < len(self.decision.verdicts)
            if inside and self.decision.verdicts[seq] == _OPEN:
                self.decision.verdicts[seq] = _CODES[reason]
                found.append(seq)
        return tuple(found)

    def _judge(self, record: Record) -> tuple[Reason | None, int]:
        header = record.header
        if header.cls is RecordClass.PRIVATE:
            return Reason.PRIVATE, 0
        if header.cls is RecordClass.SITE:
            return Reason.SITE, 0
        if record.opening is None:
            return (Reason.LOST if self._is_lost(header) else Reason.REDACTED), 0
        body: Mapping[str, JSON] = json.loads(record.opening.payload)
        name = str(body["kind"])
        code = _KIND_CODES.get(name)
        if code is None:
            return Reason.SITE, 0
        kind = _KINDS[code]
        address = body.get("address")
        if kind is Kind.QUERY_OPENED and isinstance(address, str):
            query = str(body.get("query", f"Q-{header.seq}"))
            self._note_query(header.chain, query, address, str(body.get("check")))
        if isinstance(address, str) and address in self._watched:
            self._watched[address].note(header.seq, kind, body)
        if kind in _ENDS_A_LINK and isinstance(named := body.get(NAMED), list):
            self._named.update(seq for seq in named if isinstance(seq, int))
        definition = body.get("definition")
        if kind is Kind.FORM_SAVED and isinstance(definition, str):
            self.decision.definitions[definition] = header.seq
        if kind is Kind.REPLY_ADOPTED:
            return self._reply_reason(body, header.chain, header.seq), code
        return self._subject_reason(kind, body, header.chain, header.seq), code

    def _is_lost(self, header: Header) -> bool:
        if self._lost is None:
            self._lost = lineage.lost(self._conn, header.chain)
        return header.seq in self._lost

    def _note_query(self, chain: str, query: str, address: str, check: str = "") -> None:
        """Remember whom a query is about, and whether its answers are about genetic data."""
        genetic = self._genetic.words_on(address) or check in self._telling
        one = _Asked(address.partition("/")[0], genetic)
        for found in (
            self._asked.setdefault((chain, query), []),
            self._alike.setdefault(query, []),
        ):
            if one not in found:
                found.append(one)

    def _asked_in(self, body: Mapping[str, JSON], chain: str) -> Sequence[_Asked]:
        """What the query that a record names alone is about; where its chain is unknown, all."""
        query = body.get("query")
        if not isinstance(query, str):
            return ()
        opened = body.get(OPENED_ON)
        exact = (opened if isinstance(opened, str) else chain, query)
        return self._asked.get(exact, self._alike.get(query, []))

    def subject_of(self, body: Mapping[str, JSON], chain: str) -> str | None:
        """The subject that a record of a chain is about, None where it is about none."""
        found = subject_of(body, {})
        if found is not None:
            return found
        return next((one.subject for one in self._asked_in(body, chain)), None)

    def _about_genes(self, body: Mapping[str, JSON], chain: str) -> bool:
        address = body.get("address")
        if isinstance(address, str):
            return self._told_by(body, address) or self._digest_tells(body, self._from_genes)
        return any(one.genetic for one in self._asked_in(body, chain))

    def _subject_reason(
        self, kind: Kind, body: Mapping[str, JSON], chain: str, seq: int
    ) -> Reason | None:
        if kind in TELL_TO_DELETE:
            return None
        subject = self.subject_of(body, chain)
        if kind is Kind.SIGNATURE_MADE and of_the_site(body):
            return None
        if kind in _NEVER or (subject is None and kind in ABOUT_A_SUBJECT):
            return Reason.SITE
        if subject is not None:
            self.decision.subjects.setdefault(subject, array("q")).append(seq)
            refused, barred = self._rules(subject)
            if refused is None and barred is not None and self._about_genes(body, chain):
                refused = barred
            if refused is None and self._digest_tells(body, self._from_identities):
                refused = Reason.GUESSED
            if refused is not None:
                return refused
        return self._texts(kind, body, subject)

    def _told_by(self, body: Mapping[str, JSON], address: str) -> bool:
        """Whether a record is about genetic data by its place, its words or its check."""
        kind = str(body.get("kind"))
        if self._genetic.hold(address) or body.get("check") in self._telling:
            return True
        return kind in _WORDS_ON_A_FORM and self._genetic.words_on(address)

    def _digest_tells(self, body: Mapping[str, JSON], closed: frozenset[str]) -> bool:
        """Whether the digest of a signature on a form covers calculated values of closed ones.

        They have no salt: whoever holds the rest of the form tries them until the digest fits.
        """
        address = body.get("address")
        if body.get("kind") != Kind.SIGNATURE_MADE or not isinstance(address, str):
            return False
        form = self._study.by_form.get(_form_of(address))
        left_out = body.get(APART)
        without = left_out if isinstance(left_out, list) else []
        derived = {item.oid for item in form.items if item.derived} if form else set()
        return not closed.isdisjoint(derived.difference(map(str, without)))

    def _rules(self, subject: str) -> tuple[Reason | None, Reason | None]:
        """Why nothing of a subject may leave, and why nothing genetic of it may."""
        consent = self._consents.get(subject, self._unrecorded)
        barred = None if consent.genes else Reason.HGR
        if barred is None and not self._genes:
            barred = Reason.APPROVAL
        return consent.refuses(), barred

    def _reply_reason(self, body: Mapping[str, JSON], chain: str, seq: int) -> Reason | None:
        """A reply repeats what was asked: it stays where any of its questions does."""
        said = body.get("messages")
        messages = [m for m in said if isinstance(m, Mapping)] if isinstance(said, list) else []
        for message in messages:
            query, address = message.get("query"), message.get("address")
            if isinstance(query, str) and isinstance(address, str):
                self._note_query(chain, query, address)
        for message in messages:
            found = self._asked_in(message, chain)
            if not found and message.get("text"):
                return Reason.SITE  # words of which nobody knows what they are about
            for one in found:
                refused, barred = self._rules(one.subject)
                reason = refused or (barred if one.genetic else None)
                if reason is None and self._names.in_words(Kind.QUERY_OPENED, message, one.subject):
                    reason = Reason.FREE_TEXT
                if reason is not None:
                    self.decision.subjects.setdefault(one.subject, array("q")).append(seq)
                    self.decision.replies[seq] = one.subject
                    return reason
        return self._texts(Kind.REPLY_ADOPTED, body, None)

    def _texts(self, kind: Kind, body: Mapping[str, JSON], subject: str | None) -> Reason | None:
        if kind in (Kind.ITEM_SET, Kind.ENTRY_SUPERSEDED):
            reason = self._value(kind, body, subject)
            if reason is not None:
                return reason
        return Reason.FREE_TEXT if self._names.in_words(kind, body, subject) else None

    def _value(self, kind: Kind, body: Mapping[str, JSON], subject: str | None) -> Reason | None:
        place = _place(body)
        if place not in self._places:
            self._places[place] = self._judged(place)
        refused, free_text, sample = self._places[place]
        if refused is not None:
            return refused
        superseded = body.get("check") if kind is Kind.ENTRY_SUPERSEDED else None
        value = body.get("value")
        identifying = superseded in (SAMPLE_ID_CHECK, FREE_TEXT_CHECK) or (
            free_text
            and isinstance(value, str)
            and self._names.stand_in(value, subject, sample=sample)
        )
        if not identifying:
            return None
        return Reason.SAMPLE_ID if sample else Reason.FREE_TEXT

    def _judged(self, place: _Place) -> tuple[Reason | None, bool, bool]:
        """Whether an item may leave at all, whether it is free text, whether a sample number."""
        form = self._study.by_form.get(place[0])
        group = form.by_group.get(place[1]) if form else None
        item = group.by_name.get(place[2]) if group else None
        if item is None or form is None:  # not on the list of what may leave
            return Reason.SITE, False, False
        if form.private or item.phi is Phi.DIRECT:
            return Reason.PRIVATE, False, False
        return None, item.type.kind is DataKind.TEXT, item.oid == SAMPLE_ID


class _Watched:
    """The history of one data point that a check for identifiers once found something at."""

    def __init__(self) -> None:
        self._acts: list[tuple[int, str | None, bool]] = []

    def note(self, seq: int, kind: Kind, body: Mapping[str, JSON]) -> None:
        """Remember a value (no check) or an outcome (its check and whether it fires)."""
        if kind is Kind.ITEM_SET:
            self._acts.append((seq, None, False))
        elif kind is Kind.CHECK_OUTCOME:
            self._acts.append((seq, str(body.get("check")), body.get("fires") is True))

    def held(self) -> Iterator[tuple[int, Reason]]:
        """The values at whose end a check still fired: replaced then, or standing now."""
        firing: dict[str, bool] = {}
        values: list[int] = []
        for seq, check, fires in (*self._acts, (0, None, False)):
            if check is not None:
                firing[check] = fires
                continue
            # A Save writes the value first and the outcome after it.
            for value in values:
                if firing.get(SAMPLE_ID_CHECK):
                    yield value, Reason.SAMPLE_ID
                elif firing.get(FREE_TEXT_CHECK):
                    yield value, Reason.FREE_TEXT
            values = [seq]


def _form_of(address: str) -> str:
    """The OID of the form in an address; empty where it has none."""
    parts = address.split("/", 3)
    return parts[2].partition("#")[0] if len(parts) > 2 else ""


def _place(body: Mapping[str, JSON]) -> _Place:
    """Form, group and item of an address; empty texts where it is none of an item."""
    parts = str(body.get("address")).split("/")
    if len(parts) != 5:
        return ("", "", "")
    return (parts[2].partition("#")[0], parts[3].partition("#")[0], parts[4])
