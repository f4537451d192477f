"""Tables beside those of the forms: the visits, the queries, and an extract of the audit trail.

Rows come as they are read, so memory does not grow with the study. Form ID and direct identifiers
are in none of them; of a subject whose data stay at its site, or were taken back, nothing is.

Source: section 2.13 (2, 5) of the forms reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record, RecordClass
from mrd_desktop.record.entries import answer_of
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.model import Item, Study
from mrd_desktop.study.schedule import window
from mrd_desktop.texts import Text
from mrd_desktop.transfer.datasets import DECODE, MISS, Source
from mrd_desktop.transfer.release import ABOUT_A_SUBJECT
from mrd_desktop.transfer.trail import places, shown, transactions

FOLDER: Final = "listings"
"""Below the folder of the tables, so that no form of a study can have the name of a listing."""

_SUBJECT: Final = (
    ("STUDYID", Text("Study", "研究")),
    ("SITEID", Text("Site", "研究中心")),
    ("USUBJID", Text("Subject, unique in the study", "受试者唯一编号")),
    ("SUBJID", Text("Subject", "受试者编号")),
    ("EVENT", Text("Visit", "访视")),
    ("EVENTREP", Text("Which of several visits", "第几次访视")),
)
_PLACE: Final = (
    *_SUBJECT,
    ("FORM", Text("Form", "表单")),
    ("FORMREP", Text("Which of several forms", "第几份表单")),
    ("GROUP", Text("Section", "部分")),
    ("ROWNO", Text("Row", "行号")),
    ("ITEM", Text("Question", "项目")),
)
_VISIT_COLUMNS: Final = (
    *_SUBJECT,
    (f"EVENT{DECODE}", Text("Name of the visit", "访视名称")),
    ("STAT", Text("State of the visit (SV.STAT)", "访视状态（SV.STAT）")),
    (f"STAT{DECODE}", Text("The state in words", "访视状态说明")),
    ("VISDAT", Text("Date of the visit (SV.VISDAT)", "访视日期（SV.VISDAT）")),
    (f"VISDAT{MISS}", Text("Why there is no date", "无日期的原因")),
    ("TARGET", Text("Target day", "目标日期")),
    ("WINLO", Text("First day of the window", "窗口期首日")),
    ("WINHI", Text("Last day of the window", "窗口期末日")),
    ("FORMS", Text("Forms saved", "已保存表单数")),
    ("COMPLETE", Text("… of them as complete", "其中保存为完整的")),
    ("LOCKED", Text("… of them locked", "其中已锁定的")),
    ("OPENQ", Text("Queries not closed", "未关闭的质疑数")),
)
_QUERY_COLUMNS: Final = (
    *_PLACE,
    ("QUERY", Text("Number of the query", "质疑编号")),
    ("CHECK", Text("Check that asked", "提出质疑的核查规则")),
    ("STATE", Text("State: open, answered, closed", "状态：open、answered、closed")),
    ("TEXT_EN", Text("Question, English", "质疑内容（英文）")),
    ("TEXT_ZH", Text("Question, Chinese", "质疑内容（中文）")),
    ("ANSWER", Text("Last answer", "最近的回复")),
    ("OPENED", Text("Asked at (UTC)", "提出时间（UTC）")),
    ("OPENEDBY", Text("Asked by", "提出人")),
    ("CHANGED", Text("Last act at (UTC)", "最近处理时间（UTC）")),
    ("CHANGEDBY", Text("Last act by", "最近处理人")),
    ("CHAIN", Text("Chain of the record that asked", "提出质疑的记录所在链")),
    ("SEQ", Text("Number of the record that asked", "提出质疑的记录序号")),
)
_AUDIT_COLUMNS: Final = (
    *_PLACE,
    ("AT", Text("When (UTC)", "时间（UTC）")),
    ("OFFSET", Text("Time zone of the computer", "计算机时区")),
    ("PLACE", Text("Site, or SPONSOR", "研究中心，或 SPONSOR（申办方）")),
    ("USER", Text("Who", "操作人")),
    ("ROLE", Text("In which role", "角色")),
    ("WHAT", Text("Kind of the record (docs/ledger.md)", "记录种类（见 docs/ledger.md）")),
    ("VALUE", Text("Value", "数值")),
    (f"VALUE{DECODE}", Text("The value in words", "数值说明")),
    (f"VALUE{MISS}", Text("Reason in place of a value", "缺失原因")),
    ("FORMER", Text("Value before", "修改前数值")),
    (f"FORMER{MISS}", Text("Reason before", "修改前缺失原因")),
    ("REASON", Text("Reason for the change", "修改原因")),
    ("REASONTX", Text("The reason in words", "修改原因说明")),
    ("SOURCE", Text("How the value came: typed, derived, …", "数值来源：录入、推导等")),
    ("STATE", Text("What else the record says in a code", "记录的其他代码")),
    ("CHECK", Text("Check", "核查规则")),
    ("QUERY", Text("Number of the query", "质疑编号")),
    ("TEXT", Text("Words", "文字")),
    ("VERSION", Text("Version of the study definition", "研究定义版本")),
    ("CHAIN", Text("Chain of the record", "记录所在链")),
    ("SEQ", Text("Number of the record", "记录序号")),
)

_Row: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """One table.

    Attributes:
        columns: each with what it means.
    """

    name: str
    columns: Sequence[tuple[str, Text]]
    rows: Callable[[Source], Iterator[_Row]]

    @property
    def heading(self) -> _Row:
        """The names of the columns."""
        return tuple(name for name, _ in self.columns)


# -- visits ------------------------------------------------------------------------------------

_DAY_ZERO: Final = ("TC", "TCDAT")
_VISIT: Final = "SV"
_VISITS: Final = (
    "SELECT e.subject, e.event, e.event_repeat,"
    " count(f.form_id), coalesce(sum(f.declared), 0), coalesce(sum(f.lock = 'locked'), 0)"
    " FROM p_event e LEFT JOIN p_form f ON f.subject = e.subject AND f.event = e.event"
    "  AND f.event_repeat = e.event_repeat AND f.removed = 0 AND f.saved_seq IS NOT NULL"
    "  AND f.form NOT IN ({private})"
    " WHERE e.removed = 0 GROUP BY e.subject, e.event, e.event_repeat"
    " ORDER BY e.subject, e.event, e.event_repeat"
)
_ANSWERS: Final = (
    "SELECT f.event, f.event_repeat, f.form, i.item, i.value, i.missing"
    " FROM p_form f JOIN p_item i ON i.form_id = f.form_id"
    " WHERE f.subject = ? AND f.removed = 0 AND f.saved_seq IS NOT NULL"
    " AND ((f.form = 'SV' AND i.item IN ('STAT', 'VISDAT'))"
    " OR (f.form = 'TC' AND i.item = 'TCDAT'))"
)
_OPEN: Final = "SELECT address FROM p_query WHERE subject = ? AND state <> 'closed'"


def _visits(source: Source) -> Iterator[_Row]:
    """A row for each visit that was opened and stands."""
    study = source.study
    private = [form.oid for form in study.forms if form.private]
    marks = ", ".join("?" * len(private)) or "NULL"
    states = study.codelists.get("SVSTAT")
    words = {c.code: c.text.say(source.language) for c in states.codes} if states else {}
    visit: _Visits | None = None
    for subject, event, repeat, forms, complete, locked in source.conn.exec_driver_sql(
        _VISITS.format(private=marks), tuple(private)
    ):
        if visit is None or visit.subject != subject:
            visit = _Visits(source, str(subject))
        stat, day, missing = visit.said(str(event), int(repeat))
        planned = study.by_event.get(str(event))
        yield (
            *_subject(study, str(subject)), str(event), str(repeat),
            planned.text.say(source.language) if planned else "",
            stat, words.get(stat, ""), day, missing, *visit.window(str(event)),
            str(forms), str(complete), str(locked), str(visit.questions(str(event), int(repeat))),
        )  # fmt: skip


class _Visits:
    """What one subject's visits say, asked in two questions."""

    def __init__(self, source: Source, subject: str) -> None:
        self.subject: Final = subject
        self._study: Final = source.study
        self._said: Final[dict[tuple[str, int, str], tuple[str, str]]] = {}
        self._zero: date | None = None
        for event, repeat, form, item, value, missing in source.conn.exec_driver_sql(
            _ANSWERS, (subject,)
        ):
            if (form, item) == _DAY_ZERO:
                self._zero = _day(value)
            elif form == _VISIT:
                self._said[str(event), int(repeat), str(item)] = value or "", missing or ""
        self._asked: Final[dict[tuple[str, int], int]] = {}
        for (address,) in source.conn.exec_driver_sql(_OPEN, (subject,)):
            key = _key(str(address))
            at = _event(key)
            if at is not None and shown(self._study, key):
                self._asked[at.event, at.repeat] = self._asked.get((at.event, at.repeat), 0) + 1

    def said(self, event: str, repeat: int) -> tuple[str, str, str]:
        """State, date, and why there is none."""
        day, missing = self._said.get((event, repeat, "VISDAT"), ("", ""))
        return self._said.get((event, repeat, "STAT"), ("", ""))[0], day, missing

    def window(self, event: str) -> tuple[str, str, str]:
        """Target, first and last day; empty where the visit has none or T0 is not known."""
        planned = self._study.by_event.get(event)
        due = window(planned, self._zero) if planned and self._zero else None
        if due is None:
            return "", "", ""
        return due.target.isoformat(), due.opens.isoformat(), due.closes.isoformat()

    def questions(self, event: str, repeat: int) -> int:
        """Queries about the visit that nobody closed."""
        return self._asked.get((event, repeat), 0)


# -- queries -----------------------------------------------------------------------------------

_QUERIES: Final = (
    "SELECT address, query, check_id, state, text_en, text_zh, answer, opened_at, opened_by,"
    " changed_at, changed_by, chain, seq FROM p_query"
    " WHERE subject IN (SELECT subject FROM p_subject) ORDER BY subject, opened_at, chain, seq"
)


def _queries(source: Source) -> Iterator[_Row]:
    """A row for each query, as it stands; also where what it asks about was removed since."""
    for address, *told in source.conn.exec_driver_sql(_QUERIES):
        key = _key(str(address))
        if shown(source.study, key):
            cells = ("" if cell is None else str(cell) for cell in told)
            yield (*_place(source.study, key), *cells)


# -- the audit trail ---------------------------------------------------------------------------

_NOT_TOLD: Final = (Kind.SUBJECT_WITHHELD,)
"""It is about a subject of which nothing stays."""
_SESSIONS: Final = 'SELECT session, "user", role, "offset" FROM p_session'
_ASKED: Final = "SELECT address FROM p_query WHERE query = ? AND (chain = ? OR ?)"
_BY_SPONSOR: Final = "S-"
"""Numbers of the sponsor's queries begin so and are unique; a site's are in their chain."""
_STATES: Final = ("declared", "meaning", "verified", "fires", "cause", "to", "from")


def _audit(source: Source) -> Iterator[_Row]:
    """A row for each record about a subject's data whose content is here, in the order of time."""
    conn = source.conn
    trail = _Trail(source, places(conn))
    for study, records in transactions(source):
        for record in records:
            if record.opening is not None and record.header.cls is RecordClass.CODED:
                row = trail.row(record, study)
                if row is not None:
                    yield row


class _Trail:
    def __init__(self, source: Source, where: Mapping[str, str]) -> None:
        self._source: Final = source
        self._conn: Final[Connection] = source.conn
        self._where: Final = where
        rows = source.conn.exec_driver_sql(_SESSIONS)
        self._sessions: Final = {str(s): (str(u), str(r), str(o)) for s, u, r, o in rows}

    def row(self, record: Record, study: Study) -> _Row | None:
        """The row of a record; None where it has none."""
        kind, body, header = record.kind, record.body, record.header
        if kind not in ABOUT_A_SUBJECT or kind in _NOT_TOLD:
            return None
        address = self._address(body, header.chain)
        if address is None or not shown(study, key := _key(address)):
            return None
        user, role, offset = self._sessions.get(header.session, ("", "", ""))
        actor = body.get("actor")
        item = _item(study, key)
        reason = body.get("reason")
        code, words = (
            (str(reason.get("code", "")), str(reason.get("text", "")))
            if isinstance(reason, Mapping)
            else ("", "")
        )
        return (
            *_place(study, key), header.at, offset, self._where[header.chain],
            str(actor or user), "" if actor else role, kind.value,
            *_value(body, item, self._source), *self._former(body), code, words,
            str(body.get("source", "")), _state(body), str(body.get("check") or ""),
            self._query(kind, record), _text(body, self._source), study.version,
            header.chain, str(header.seq),
        )  # fmt: skip

    def _address(self, body: Mapping[str, JSON], chain: str) -> str | None:
        """What a record is about: an address, or a subject alone."""
        for name in ("address", "subject"):
            found = body.get(name)
            if isinstance(found, str):
                return found
        name = str(body.get("query"))
        at = (name, str(body.get("chain") or chain), name.startswith(_BY_SPONSOR))
        asked = self._conn.exec_driver_sql(_ASKED, at).scalar()
        return None if asked is None else str(asked)

    def _former(self, body: Mapping[str, JSON]) -> tuple[str, str]:
        """Value and reason that the record replaced, where they are still here."""
        was = body.get("was")
        if not isinstance(was, Mapping):
            return "", ""
        former = store.record(self._conn, str(was["chain"]), int(str(was["seq"])))
        if former.opening is None:
            return "", ""
        answer = answer_of(former.body)
        return (";".join(answer.codes), answer.missing or "") if answer else ("", "")

    @staticmethod
    def _query(kind: Kind, record: Record) -> str:
        named = record.body.get("query")
        if isinstance(named, str):
            return named
        return f"Q-{record.header.seq}" if kind is Kind.QUERY_OPENED else ""


def _value(body: Mapping[str, JSON], item: Item | None, source: Source) -> tuple[str, str, str]:
    """Value, the value in words, reason."""
    if not {"value", "missing", "cleared"} & body.keys():
        return "", "", ""
    answer = answer_of(body)
    if answer is None:
        return "", "", ""
    words = ""
    if item is not None and item.codelist is not None:
        known = item.codelist.by_code
        found = (known[c].text.say(source.language) if c in known else "" for c in answer.codes)
        words = ";".join(found)
    return ";".join(answer.codes), words, answer.missing or ""


def _state(body: Mapping[str, JSON]) -> str:
    for name in _STATES:
        said = body.get(name)
        if isinstance(said, bool):
            return "Y" if said else "N"
        if isinstance(said, str):
            return said
    return ""


def _text(body: Mapping[str, JSON], source: Source) -> str:
    if "en" in body and "zh" in body:
        return Text(str(body["en"]), str(body["zh"])).say(source.language)
    said = body.get("text")
    return said if isinstance(said, str) else ""


# -- places ------------------------------------------------------------------------------------


def _subject(study: Study, subject: str) -> tuple[str, str, str, str]:
    return study.oid, subject.partition("-")[0], f"{study.oid}-{subject}", subject


def _place(study: Study, key: Key) -> _Row:
    """The cells of :data:`_PLACE`; empty below what the key names."""
    if isinstance(key, str):
        return (*_subject(study, key), *("",) * 7)
    row = key.row if isinstance(key, ItemKey) else key
    form = row.form if isinstance(row, RowKey) else row
    event = form.event if isinstance(form, FormKey) else form
    cells = [*_subject(study, event.subject), event.event, str(event.repeat)]
    cells += [form.form, str(form.repeat)] if isinstance(form, FormKey) else ["", ""]
    cells += [row.group, str(row.row)] if isinstance(row, RowKey) else ["", ""]
    item = _item(study, key)
    return (*cells, item.oid if item else "")


def _item(study: Study, key: Key) -> Item | None:
    if not isinstance(key, ItemKey):
        return None
    return study.by_form[key.form.form].by_group[key.row.group].by_name[key.item]


def _day(value: str | None) -> date | None:
    """A whole day; an imported study may ask for something else under the same name."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None


def _event(key: Key) -> EventKey | None:
    if isinstance(key, str):
        return None
    if isinstance(key, EventKey):
        return key
    if isinstance(key, FormKey):
        return key.event
    return key.form.event


def _key(address: str) -> Key:
    return parse_address(address)


VISITS: Final = Listing("visits", _VISIT_COLUMNS, _visits)
QUERIES: Final = Listing("queries", _QUERY_COLUMNS, _queries)
AUDIT: Final = Listing("audit", _AUDIT_COLUMNS, _audit)
