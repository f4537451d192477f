"""A full copy of one subject's records: values, their history, queries and signatures.

For the subject who asks for it, and for inspectors. A value that was changed after its first entry
carries a mark, and the mark leads to its history. Nothing of another subject stands on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text as sql

from mrd_desktop.insight.reports.issue import local_time, note_look
from mrd_desktop.insight.reports.model import (
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Heading,
    Report,
    Table,
    Words,
)
from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.insight.status import standing
from mrd_desktop.ledger import store
from mrd_desktop.record.casebook import Casebook, Chart, FormLine, Version
from mrd_desktop.record.manifesting import manifested
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.queries import STATE_WORDS, Queries
from mrd_desktop.record.reading import RecordedForm, recorded_forms
from mrd_desktop.record.redaction import REDACTED, REDACTION_CAUSES
from mrd_desktop.record.standin import record_as_read
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import Item, Study
from mrd_desktop.study.scene import Line
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import VaultClosed
from mrd_desktop.vault.session import Session

WHAT = "copy"
TITLE = Text("Copy of a subject's records", "受试者数据副本")
ABOUT = Text(
    "All values recorded for this subject. A value that was changed after its first entry carries "
    "a mark † with a number; the number leads to its history. What was entered is transcribed "
    "from a source record; a question with ◇ was first recorded here.",
    "本副本包含该受试者的全部记录。首次录入后修改过的数据标有 † 及编号，编号对应其修改历史。"
    "录入的数据均转录自原始记录；标有 ◇ 的项目以此处为原始记录。",
)
ORIGINAL = " ◇"
NUMBER = Text("Subject number", "受试者编号")
STATUS = Text("Status", "状态")
VERSION = Text("Study definition", "研究定义")
ZONE = Text("Local times; as of", "时区（均为当地时间）；截至")
NO_IDENTITY = Text("Identity data are not part of this copy.", "本副本不含身份信息。")
STATE = Text("State", "状态")
PAPER = Text("From paper record", "纸质记录补录")
SAVED = Text("Saved", "保存")
REMOVED = Text("removed", "已移除")
ROW = Text("record {n}", "第 {n} 条")
COLUMNS = (
    Column(Text("Item", "项目"), 1.1),
    Column(Text("Question", "问题"), 3.0),
    Column(Text("Value", "数据"), 2.6),
)
HISTORY = Text("History of changed values", "数据修改历史")
HISTORY_COLUMNS = (
    Column(Text("Mark", "编号"), 0.6),
    Column(Text("Where", "位置"), 2.4),
    Column(Text("Value", "数据"), 2.0),
    Column(Text("When", "时间"), 1.5),
    Column(Text("Who", "操作人"), 1.2),
    Column(Text("Why", "原因"), 1.8),
)
QUERIES = Text("Queries", "质疑")
QUERY_COLUMNS = (
    Column(Text("Query", "编号"), 0.8),
    Column(Text("Where", "位置"), 2.0),
    Column(Text("Question", "质疑内容"), 3.0),
    Column(Text("Answer", "回复"), 2.0),
    Column(Text("State", "状态"), 0.8),
)
NOTES = Text("Notes", "备注")
NOTE_COLUMNS = (
    Column(Text("Where", "位置"), 2.6),
    Column(Text("Note", "备注"), 4.0),
    Column(Text("When", "时间"), 1.5),
    Column(Text("Who", "操作人"), 1.2),
)
SIGNATURES = Text("Signatures", "签名")
SIGNATURE_COLUMNS = (
    Column(Text("Form", "表单"), 2.2),
    Column(Text("Who, role", "签名人、角色"), 1.8),
    Column(Text("Meaning", "签名含义"), 2.6),
    Column(Text("When", "时间"), 1.6),
    Column(Text("Key", "密钥"), 1.2),
)
CLEARED = Text("(cleared)", "（已清空）")
REDACTED_VALUE = Text("(redacted)", "（已遮蔽）")
FIRST = Text("first entry", "首次录入")
STATES = {
    FormState.EMPTY: Text("empty", "空"),
    FormState.DRAFT: Text("draft", "草稿"),
    FormState.INCOMPLETE: Text("incomplete", "未完整"),
    FormState.COMPLETE: Text("complete", "完整"),
    FormState.SIGNED: Text("signed", "已签名"),
    FormState.LOCKED: Text("locked", "已锁定"),
}
_SHORT = 12


def subject_copy(book: Casebook, subject: str, *, identity: bool = False) -> Report:
    """The copy of one subject.

    Args:
        identity: with the identity form; the look is recorded.

    Raises:
        NotFound: there is no such subject.
        PermissionDenied, VaultClosed: identity was asked for and is not open to the user.
    """
    session = book.session
    chart = book.chart(subject)
    if identity:
        session.require("identity.see")
        if not session.has_vault:
            session.deny("identity.see", VaultClosed())
        note_look(session, WHAT, subject)
    writer = _Copy(book, chart, identity=identity)
    body = tuple(writer.forms())
    blocks: list[Block] = [
        writer.head(),
        Words(ABOUT, quiet=True),
        *([] if identity else [Words(NO_IDENTITY, quiet=True)]),
        *body,
        Heading(HISTORY),
        Table(HISTORY_COLUMNS, tuple(writer.history)),
        Heading(QUERIES),
        Table(QUERY_COLUMNS, tuple(writer.queries())),
        Heading(NOTES),
        Table(NOTE_COLUMNS, tuple(writer.notes())),
        Heading(SIGNATURES),
        Table(SIGNATURE_COLUMNS, tuple(_signatures(session, writer, subject))),
    ]
    return Report(WHAT, TITLE, tuple(blocks), subject=subject, private=identity)


@dataclass
class _Copy:
    """Walks the forms and gathers the histories they point to."""

    book: Casebook
    chart: Chart
    identity: bool
    history: list[tuple[Cell, ...]] = field(default_factory=list)
    _words: dict[str | None, Study] = field(default_factory=dict)
    _marks: int = 0

    @property
    def session(self) -> Session:
        """The session that reads."""
        return self.book.session

    @property
    def study(self) -> Study:
        """The definition in force."""
        return self.book.study

    def head(self) -> Facts:
        study = self.study
        return Facts(
            (
                Fact(NUMBER, self.chart.data.subject),
                Fact(STATUS, standing(self.chart.scene).status.text),
                Fact(VERSION, f"{study.protocol} {study.version} {study.digest[:_SHORT]}"),
                Fact(ZONE, f"{self.session.clock.zone.offset} · {self.session.today()}"),
            )
        )

    def forms(self) -> Iterator[Block]:
        session = self.session
        box = session.box if self.identity else None
        with session.reading() as conn:
            recorded = recorded_forms(conn, self.chart.data.subject, box)
        lines = {line.key: line for line in self.chart.forms}
        order = [e.oid for e in self.study.events]
        kept = [f for f in recorded if f.saved_seq is not None]
        kept = [f for f in kept if self.identity or not self.study.by_form[f.key.form].private]
        kept.sort(key=lambda f: (order.index(f.key.event.event), f.key.event.repeat, f.form_id))
        for form in kept:
            yield from self._form(form, lines.get(form.key))

    def _form(self, form: RecordedForm, line: FormLine | None) -> Iterator[Block]:
        words = self.words(form.definition)
        yield Heading(place(words, form.key))
        state = REMOVED if form.removed else STATES[line.state] if line else ""
        at = local_time(self.session, form.saved_at) if form.saved_at else ""
        saved = f"{at} {form.saved_by or ''}".strip()
        kept = words.version if words.digest == form.definition else ""
        version = f"{kept} {(form.definition or '')[:_SHORT]}".strip()
        facts = [Fact(STATE, state), Fact(SAVED, saved), Fact(VERSION, version)]
        if form.paper:
            facts.append(Fact(PAPER, f"{form.paper.day} {form.paper.reference}".strip()))
        yield Facts(tuple(facts), 3)
        yield Table(COLUMNS, tuple(self._rows(form, words)))

    def words(self, digest: str | None) -> Study:
        """The definition in whose words something was recorded."""
        if digest not in self._words:
            self._words[digest] = self.book.words_at(digest)
        return self._words[digest]

    def _rows(self, form: RecordedForm, words: Study) -> Iterator[tuple[Cell, ...]]:
        definition = words.by_form[form.key.form]
        for group in definition.groups:
            rows = [RowKey(form.key, group.name)]
            if group.repeating:
                rows = sorted(r for r in form.rows if r.group == group.name)
            for row in rows:
                gone = form.rows.get(row, False)
                gone_too = gone or form.removed
                items = (*group.items, *self._later(form, words, row))
                cells = list(self._items(form, words, row, items, gone=gone_too))
                if cells and group.repeating:
                    n = ROW.filled(n=row.row)
                    name = Text(f"{group.text.en} · {n.en}", f"{group.text.zh} · {n.zh}")
                    yield Cell(""), Cell(name, strong=True), Cell(REMOVED if gone else "")
                yield from cells

    def _later(self, form: RecordedForm, words: Study, row: RowKey) -> Iterator[Item]:
        """What the program recorded under a later definition than the form was saved under."""
        known = words.by_form[form.key.form].by_group[row.group].by_name
        for item in self.study.by_form[form.key.form].by_group[row.group].items:
            if item.name not in known and ItemKey(row, item.name) in form.items:
                yield item

    def _items(
        self, form: RecordedForm, words: Study, row: RowKey, items: Sequence[Item], *, gone: bool
    ) -> Iterator[tuple[Cell, ...]]:
        derived = self._line(row)
        for item in items:
            key = ItemKey(row, item.name)
            recorded = form.items.get(key)
            answer = recorded.answer if recorded else None
            if recorded is None and item.derived and derived is not None:
                answer = derived.answer(item.oid)
            if recorded is None and answer is None:
                continue
            mark = self._mark(key, item, form, words) if recorded else ""
            said = CLEARED if answer is None else meaning(words, item, answer)
            first = ORIGINAL if item.original else ""
            asked = Cell(item.text, mark=first)
            yield Cell(item.oid, quiet=True), asked, Cell(said, mark=mark, struck=gone)

    def _line(self, row: RowKey) -> Line | None:
        scene = self.chart.scene
        return scene.line(row) or scene.line(row.form)

    def _mark(self, key: ItemKey, item: Item, form: RecordedForm, words: Study) -> str:
        """The mark of a value that was changed, its history put down; empty for a first entry."""
        recorded = form.items[key]
        box = self.session.box if self.identity else None
        with self.session.reading() as conn:
            record = record_as_read(conn, recorded.by.chain, recorded.by.seq, box)
        if record.opening is None or "was" not in record.body:
            return ""
        self._marks += 1
        mark = f"†{self._marks}"
        where = place(words, key.form)
        question = Text(f"{where.en} · {item.text.en}", f"{where.zh} · {item.text.zh}")
        for number, version in enumerate(self.book.history(key)):
            self.history.append(self._version(mark, question, key, version, first=number == 0))
        return mark

    def _version(
        self, mark: str, where: Text, key: ItemKey, version: Version, *, first: bool
    ) -> tuple[Cell, ...]:
        answer: Answer | None = version.answer
        reason = self._reason(version)
        words = self.words(version.definition)
        item = words.by_form[key.form.form].by_group[key.row.group].by_name[key.item]
        said = CLEARED if answer is None else meaning(words, item, answer)
        if version.redacted is not None:
            said = REDACTED_VALUE
            reason = REDACTION_CAUSES.get(version.redacted, REDACTED)
        return (
            Cell(mark if first else ""),
            Cell(where if first else "", quiet=True),
            Cell(said),
            Cell(local_time(self.session, version.at)),
            Cell(f"{version.user} ({version.role})"),
            Cell(FIRST if first and not (version.reason or version.redacted) else reason),
        )

    def _reason(self, version: Version) -> Text:
        given = version.reason
        if given is None:
            return Text("", "")
        known = next((r.text for r in self.study.reasons if r.code == given.code), None)
        name = known or Text(given.code, given.code)
        return Text(f"{name.en}: {given.text}", f"{name.zh}：{given.text}") if given.text else name

    def queries(self) -> Iterator[tuple[Cell, ...]]:
        subject = self.chart.data.subject
        for q in reversed(Queries(self.session).all(subject=subject)):
            yield (
                Cell(q.query, strong=True),
                Cell(q.address, quiet=True),
                Cell(q.text),
                Cell(q.answer or ""),
                Cell(STATE_WORDS[q.state]),
            )

    def notes(self) -> Iterator[tuple[Cell, ...]]:
        subject = self.chart.data.subject
        for note in Notes(self.session).of_subject(subject, identity=self.identity):
            yield (
                Cell(note.address, quiet=True),
                Cell(note.text),
                Cell(local_time(self.session, note.at)),
                Cell(f"{note.user} ({note.role})"),
            )


def place(study: Study, key: FormKey) -> Text:
    """Where a form stands, in words: ``M12 · ctDNA-MRD test``."""
    event, form = study.by_event[key.event.event], study.by_form[key.form]
    visit = f"{event.oid} {key.event.repeat}" if event.repeating else event.oid
    more = f" {key.repeat}" if form.repeating else ""
    return Text(f"{visit} · {form.text.en}{more}", f"{visit} · {form.text.zh}{more}")


def _signatures(session: Session, writer: _Copy, subject: str) -> Iterator[tuple[Cell, ...]]:
    with session.reading() as conn:
        rows = conn.execute(
            sql(
                "SELECT s.chain, s.seq FROM p_signature s JOIN p_form f ON f.form_id = s.form_id"
                " WHERE f.subject = :subject ORDER BY s.at, s.seq"
            ),
            {"subject": subject},
        ).all()
        found = [manifested(conn, store.record(conn, chain, seq)) for chain, seq in rows]
    for made in found:
        study = writer.words(made.definition)
        role = next((r.text for r in study.roles if r.oid == made.role), None)
        by = Text(f"{made.who}, {role.en}", f"{made.who}，{role.zh}") if role else made.who
        yield (
            Cell(_form_words(study, made.address)),
            Cell(by, strong=True),
            Cell(made.text),
            Cell(made.local),
            Cell(made.key[:_SHORT], quiet=True),
        )


def _form_words(study: Study, address: str) -> Text:
    key = parse_address(address)
    return place(study, key) if isinstance(key, FormKey) else Text(address, address)
