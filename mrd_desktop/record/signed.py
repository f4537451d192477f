"""Whether each signature on a form is about what stood there when it was made.

The walk along the chain shows who signed a statement. Here the statement itself is held against the
records: the form as it stood at that record is folded again and its content digest worked out anew.
Source: formats of the project, section 7; R-SIG-02; 21 CFR 11.70.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record, RecordClass
from mrd_desktop.record import owning, projection, schema
from mrd_desktop.record.editions import edition
from mrd_desktop.record.reading import recorded_forms, subject_data
from mrd_desktop.record.signing import APART, content_of, records_digest
from mrd_desktop.record.standin import placed, stand_ins
from mrd_desktop.study.address import FormKey, parse_address
from mrd_desktop.study.errors import AddressError
from mrd_desktop.study.model import Study
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Language

Body = Mapping[str, JSON]


@dataclass
class _Chain:
    """What one chain tells besides its records.

    Attributes:
        sessions: body of ``session.opened`` by session.
        gone: transactions of which some content is not held; ``gaps`` whether there is any.
    """

    sessions: dict[str, Body] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    created: Body = field(default_factory=dict)


def faults(conn: Connection, held: Study) -> Iterator[str]:
    """Name each signature on a form that is not about what stood there.

    Not judged is one whose form is not held here whole (withheld, reduced or redacted), and one on
    a form with derived values by another version of the program, which may derive otherwise, in
    so far as no digest of the records alone stands in it.

    Args:
        held: the definition in force.
    """
    chains, subjects = _read(conn)
    with schema.in_memory(chains) as fresh:
        judge = _Judge(conn, fresh, chains, held)
        for subject, records in subjects.items():
            if any(r.kind is Kind.SIGNATURE_MADE for r in records):
                yield from judge.subject(subject, records)


def _read(conn: Connection) -> tuple[dict[str, _Chain], dict[str, list[Record]]]:
    """Every chain, and the open records of every subject as people read them."""
    chains: dict[str, _Chain] = {}
    subjects: dict[str, list[Record]] = defaultdict(list)
    for chain in store.chains(conn):
        told = chains[chain] = _Chain()
        place = placed(stand_ins(conn, chain))
        queries: dict[str, str] = {}
        for record in store.records(conn, chain):
            header = record.header
            if header.cls is RecordClass.PRIVATE:
                continue
            if record.opening is None:
                told.gone.add(header.txn)
            read = place(record)
            if read.opening is None:
                continue
            body = read.body
            if header.seq == 1:
                told.created = body
            if read.kind is Kind.SESSION_OPENED:
                told.sessions[header.session] = body
            subject = owning.subject_of(body, queries)
            if subject is not None:
                subjects[subject].append(read)
    return chains, subjects


class _Judge:
    def __init__(
        self, conn: Connection, fresh: Connection, chains: Mapping[str, _Chain], held: Study
    ) -> None:
        self._conn: Final = conn
        self._fresh: Final = fresh
        self._chains: Final = chains
        self._held: Final = held
        self._editions: dict[str | None, Study] = {}

    def subject(self, subject: str, records: Sequence[Record]) -> Iterator[str]:
        """Fold the records of a subject one after the other and stop at each signature."""
        segments = owning.standing_of(self._conn, subject).segments
        place = owning.placing_in(segments)
        within = [
            r
            for r in records
            if len(segments) < 2 or place(r.header.chain, r.header.seq)[0] < len(segments)
        ]
        within.sort(key=lambda r: place(r.header.chain, r.header.seq))
        run = projection.Folding(self._fresh)
        written: dict[str, set[tuple[str, int]]] = defaultdict(set)
        for record in within:
            body, header = record.body, record.header
            address = body.get("address")
            if record.kind is Kind.SIGNATURE_MADE and isinstance(address, str):
                run.flush()
                wrong = self._wrong(record, body, written)
                if wrong:
                    yield f"record {header.seq}: what {body['user']} signed at {address} {wrong}"
            if isinstance(address, str):
                form = "/".join(address.split("/")[:3])
                written[form].add((header.chain, header.txn))
            run.take(record)
        run.flush()

    def _wrong(
        self, record: Record, body: Body, written: Mapping[str, set[tuple[str, int]]]
    ) -> str:
        """What is wrong with a signature, as the records before it are folded; else empty."""
        told = self._chains[record.header.chain]
        wrong = self._beside(record, body, told)
        if wrong:
            return wrong
        key = _form(str(body["address"]))
        if key is None:
            return "names no form"
        whole = all(txn not in self._chains[c].gone for c, txn in written[str(key)])
        fits = self._fits(record, body, key, whole=whole)
        return "" if fits or (fits is None and not whole) else "is not about what stood there"

    def _fits(self, record: Record, body: Body, key: FormKey, *, whole: bool) -> bool | None:
        """Whether its digests are those of the form; None where that cannot be worked out here."""
        opened = self._chains[record.header.chain].sessions.get(record.header.session, {})
        study = self._edition(str(opened.get("definition", "")))
        forms = {f.key: f for f in recorded_forms(self._fresh, key.subject)}
        form = forms.get(key)
        if form is None or form.saved_seq is None or key.form not in study.by_form:
            return None
        if whole and body.get("records", "") not in ("", records_digest(self._conn, form)):
            return False
        words = self._edition(form.definition, study)
        at, offset = str(body.get("at", "")), str(opened.get("offset", "+00:00"))
        day = date.fromisoformat(projection.local_day(at or record.header.at, offset))
        seen = tuple(forms.values())
        data = subject_data(self._fresh, study, key.subject, day, None, seen, samples=())
        language = Language(str(body["language"]))
        scene, left_out = Scene(study, data), body.get(APART, ())
        without = left_out if isinstance(left_out, Sequence) else ()
        content = content_of(self._conn, form, scene, words, language, frozenset(map(str, without)))
        if (body.get("content"), body.get("definition")) == (content, words.digest):
            return True
        if not whole:
            return None
        derives = any(item.derived for item in words.by_form[key.form].items)
        other = opened.get("program") != __version__ or any(c.gone for c in self._chains.values())
        return derives and other

    def _beside(self, record: Record, body: Body, told: _Chain) -> str:
        """What the statement says of its place, where it says anything."""
        header = record.header
        for name, is_so in (
            ("chain", header.chain),
            ("study", told.created.get("study")),
            ("site", told.created.get("site")),
        ):
            if name in body and is_so is not None and body[name] != is_so:
                return f"was made for another {name}"
        head = body.get("head")
        if isinstance(head, Mapping):
            seq = head.get("seq")
            if not isinstance(seq, int) or not 0 < seq < header.seq:
                return "names no record before it"
            if store.record(self._conn, header.chain, seq).digest.hex() != head.get("digest"):
                return "was made on another history"
        return ""

    def _edition(self, digest: str | None, held: Study | None = None) -> Study:
        if digest not in self._editions:
            self._editions[digest] = edition(self._conn, digest, held or self._held)
        return self._editions[digest]


def _form(address: str) -> FormKey | None:
    try:
        key = parse_address(address)
    except AddressError:
        return None
    return key if isinstance(key, FormKey) else None
