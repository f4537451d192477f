"""Notes at a data point: what somebody at the site wants remembered about a value.

A note is a record like any other and never changes. It is as open as the value it stands at: at an
identity item it is sealed under the vault key, at a value that leaves only reduced it stays at the
site, anywhere else it travels. Such an open note may hold nothing that tells who the person is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import writable
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record import entries
from mrd_desktop.record.errors import NotFound, RecordError
from mrd_desktop.record.names import HalfCharacter
from mrd_desktop.record.projection import form_id_of
from mrd_desktop.record.reading import subject_data
from mrd_desktop.study.address import FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.study.model import Phi, Study
from mrd_desktop.study.rules.identity import holds_identifier
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

LONGEST = 500
"""Characters of a note."""


class NoteRefused(RecordError):
    """A note that cannot be taken; nothing was recorded."""

    code = "note"
    template = Text("{reason_en}", "{reason_zh}")

    def __init__(self, words: Text) -> None:
        super().__init__(reason_en=words.en, reason_zh=words.zh)


EMPTY = Text("Write a few words first.", "请先填写备注内容。")
TOO_LONG = Text(
    f"A note has at most {LONGEST} characters. Write two.", f"备注最多 {LONGEST} 字，请分两条填写。"
)
NOT_THERE = Text(
    "Nothing is saved here yet, or it was removed. Save or restore it, then write the note.",
    "此处尚未保存或已移除，请先保存或恢复，再写备注。",
)
NAMES_A_PERSON = Text(
    "A note travels with the data and may not name the patient. Leave out names, numbers of "
    "identity or record, and telephones.",
    "备注会随数据传出，不能包含可识别患者的信息。请去掉姓名、证件号、病历号或电话后再保存。",
)


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it is shown."""

    address: str
    text: str
    at: str
    user: str
    role: str


class Notes:
    """The notes of one open site."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def of_form(self, key: FormKey) -> Mapping[ItemKey, tuple[Note, ...]]:
        """The notes of a filled form by data point, oldest first; sealed ones with the vault."""
        session = self.session
        session.require("subject.see")
        private = session.study.by_form[key.form].private
        with session.reading() as conn:
            found = _open(conn, key.subject)
            if session.allows("identity.see"):
                found += _sealed(conn, key.subject, session.box if session.has_vault else None)
        by_item: dict[ItemKey, tuple[Note, ...]] = {}
        for note in sorted(found, key=lambda n: n.at):
            place = parse_address(note.address)
            if isinstance(place, ItemKey) and place.form == key:
                by_item[place] = (*by_item.get(place, ()), note)
        return by_item if not private or session.allows("identity.see") else {}

    def of_subject(self, subject: str, *, identity: bool = False) -> tuple[Note, ...]:
        """Every note of a subject, oldest first.

        Args:
            identity: with the sealed ones, for who holds the vault key.
        """
        self.session.require("subject.see")
        with self.session.reading() as conn:
            found = _open(conn, subject)
            if identity:
                self.session.require("identity.see")
                found += _sealed(conn, subject, self.session.box)
        return tuple(sorted(found, key=lambda n: n.at))

    def add(self, key: ItemKey, words: str) -> None:
        """Write a note at a data point.

        Raises:
            PermissionDenied: the role writes no notes, or may not see the form.
            NotFound: there is no such subject or item.
            NoteRefused: it is empty, too long, broken, or names a person; or its place is not
                saved yet or was removed.
        """
        session = self.session
        session.require("note.add")
        session.require("identity.see" if _private(session.study, key) else "subject.see")
        said = words.strip()
        if not said or len(said) > LONGEST:
            raise NoteRefused(TOO_LONG if said else EMPTY)
        if not writable(said):
            raise NoteRefused(HalfCharacter.template)
        cls = note_class(session.study, key)
        if cls is not RecordClass.PRIVATE and self.names_a_person(key.subject, said):
            raise NoteRefused(NAMES_A_PERSON)

        def build(conn: Connection) -> list[Entry]:
            if not _stands(conn, session.study, key):
                raise NoteRefused(NOT_THERE)
            return [entries.note_added(key, said, cls)]

        session.commit(build)

    def takes(self, key: ItemKey) -> bool:
        """A note may be written here: its place is saved and not removed."""
        with self.session.reading() as conn:
            return _stands(conn, self.session.study, key)

    def names_a_person(self, subject: str, said: str) -> bool:
        """Whether words hold what tells who a subject is; with the vault also its own entries.

        Raises:
            NotFound: there is no such subject.
        """
        session = self.session
        box = session.box if session.has_vault else None
        with session.reading() as conn:
            known = conn.execute(_SUBJECT, {"subject": subject}).first()
            if known is None:
                raise NotFound(subject)
            data = subject_data(conn, session.study, subject, session.today(), box, samples=())
        scene = Scene(session.study, data, vault=session.has_vault)
        return holds_identifier(scene.nowhere, said) is True


def note_class(study: Study, key: ItemKey) -> RecordClass:
    """How open a note is: as open as the value it stands at.

    Raises:
        NotFound: the definition has no such item.
    """
    if _private(study, key):
        return RecordClass.PRIVATE
    oid = study.by_form[key.form.form].by_group[key.row.group].by_name[key.item].oid
    reduced = any(r.item == oid for r in study.reductions)
    return RecordClass.SITE if reduced else RecordClass.CODED


def _private(study: Study, key: ItemKey) -> bool:
    form = study.by_form.get(key.form.form)
    group = form.by_group.get(key.row.group) if form else None
    item = group.by_name.get(key.item) if group else None
    if form is None or item is None:
        raise NotFound(str(key))
    return form.private or item.phi is Phi.DIRECT


def _stands(conn: Connection, study: Study, key: ItemKey) -> bool:
    """Whether visit, form and row of a data point are recorded and not removed."""
    form_id = form_id_of(conn, key.form)
    place = {"form_id": form_id, "grp": key.row.group, "row": key.row.row}
    if form_id is None or conn.execute(_FORM, place).first() is None:
        return False
    if not study.by_form[key.form.form].by_group[key.row.group].repeating:
        return key.row == RowKey(key.form, key.row.group)
    return conn.execute(_ROW, place).first() is not None


_FORM = text(
    "SELECT 1 FROM p_form f JOIN p_event e ON e.subject = f.subject AND e.event = f.event"
    " AND e.event_repeat = f.event_repeat"
    " WHERE f.form_id = :form_id AND f.removed = 0 AND e.removed = 0"
)
_ROW = text(
    "SELECT 1 FROM p_row WHERE form_id = :form_id AND grp = :grp AND row = :row AND removed = 0"
)
_SUBJECT = text("SELECT 1 FROM p_subject WHERE subject = :subject")
_OPEN = text(
    "SELECT n.address, n.text, n.at, s.user, s.role FROM p_note n"
    " LEFT JOIN p_session s ON s.session = n.session WHERE n.subject = :subject"
)
_WHO = text("SELECT user, role FROM p_session WHERE session = :session")


def _open(conn: Connection, subject: str) -> list[Note]:
    rows = conn.execute(_OPEN, {"subject": subject})
    return [Note(r.address, r.text, r.at, r.user or "", r.role or "") for r in rows]


def _sealed(conn: Connection, subject: str, box: store.PrivateBox | None) -> list[Note]:
    found: list[Note] = []
    if box is None:
        return found
    for record in store.private_records(conn, subject, box):
        if record.kind is Kind.NOTE_ADDED:
            who = conn.execute(_WHO, {"session": record.header.session}).one_or_none()
            user, role = (who.user, who.role) if who else ("", "")
            body = record.body
            found.append(
                Note(str(body["address"]), str(body["text"]), record.header.at, user, role)
            )
    return found
