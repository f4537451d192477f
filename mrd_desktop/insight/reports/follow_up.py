"""The follow-up letter of a monitoring visit: what was seen, what was found, what is to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mrd_desktop.insight.reports.model import (
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Heading,
    Report,
    Signing,
    Table,
    Words,
)
from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.record.editions import Editions, WordsOf
from mrd_desktop.record.locking import LOCK_WORDS, LockAct
from mrd_desktop.record.queries import STATE_WORDS, QueryLine
from mrd_desktop.record.review import Visit, VisitWork
from mrd_desktop.record.sdv import Mark, SourceValue
from mrd_desktop.study.address import FormKey, ItemKey, parse_address
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

WHAT = "follow_up"
TITLE = Text("Follow-up letter of a monitoring visit", "监查访视跟进信")
VISIT = Text("Visit", "访视日期")
MONITOR = Text("Monitor", "监查员")
SEEN = Text("Subjects seen", "查看的受试者")
NONE = Text("none", "无")
FOUND = Text("Findings", "监查发现")
COMPARED = Text("Values compared with the source", "原始数据核对")
DIFFERING = Text("Values that differ from the source", "与原始记录不一致")
ASKED = Text("Queries of this visit", "本次提出的质疑")
WAITING = Text("Other queries that are not closed", "其他未关闭的质疑")
LOCKED = Text("Forms frozen, locked or unlocked", "冻结、锁定或解锁的表单")
UNLOCKED = Text("open for entry", "已解锁")
SUBJECT, WHERE, VALUE = Text("Subject", "受试者"), Text("Where", "位置"), Text("Recorded", "录入值")
AGREED, DIFFERS = Text("Agreed", "一致"), Text("Differed", "不一致")
CHANGED = Text("Changed since", "之后已更改")
REMARK, QUESTION = Text("Remark", "说明"), Text("Question", "质疑内容")
STATE = Text("State", "状态")
PEOPLE = (Text("Monitor", "监查员"), Text("Principal investigator", "主要研究者"))


def follow_up_letter(session: Session, work: VisitWork) -> Report:
    """The letter of one visit, in the words of each form; it names subjects by number only."""
    words = Editions(session).of
    return Report(
        WHAT, TITLE, tuple(_blocks(words, work)), about=f"{work.visit.user} {days(work.visit)}"
    )


def _blocks(words: WordsOf, work: VisitWork) -> Iterator[Block]:
    visit = work.visit
    yield Facts(
        (
            Fact(VISIT, days(visit)),
            Fact(MONITOR, visit.user),
            Fact(SEEN, " ".join(visit.subjects) or NONE),
        )
    )
    yield Heading(FOUND, 2)
    for paragraph in visit.text.splitlines():
        yield Words(paragraph)
    yield Heading(COMPARED, 2)
    yield Table(
        tuple(Column(title) for title in (SUBJECT, AGREED, DIFFERS, CHANGED)),
        tuple(_counted(work.compared)),
    )
    if work.differing:
        yield Heading(DIFFERING, 2)
        yield Table(
            (Column(WHERE, 3), Column(VALUE, 2), Column(REMARK, 3)),
            tuple(_differing(words(v.key), v) for v in work.differing),
        )
    for title, queries in ((ASKED, work.asked), (WAITING, work.waiting)):
        yield Heading(title, 2)
        yield Table(
            (Column(Text("No.", "编号")), Column(WHERE, 3), Column(QUESTION, 4), Column(STATE)),
            tuple(_query(words, q) for q in queries),
        )
    if work.locks:
        yield Heading(LOCKED, 2)
        yield Table(
            (Column(WHERE, 3), Column(STATE)),
            tuple((Cell(place(words(k), k)), Cell(_lock_words(act))) for k, act in work.locks),
        )
    yield Signing(PEOPLE)


def days(visit: Visit) -> str:
    """The day of a visit, or its first and last one."""
    first, last = visit.begun.isoformat(), visit.ended.isoformat()
    return first if first == last else f"{first} – {last}"


def _counted(values: tuple[SourceValue, ...]) -> Iterator[tuple[Cell, ...]]:
    counts = Counter((v.key.subject, v.mark) for v in values)
    for subject in sorted({s for s, _ in counts}):
        marks = (Mark.VERIFIED, Mark.DIFFERS, Mark.VOID)
        yield (
            Cell(subject, strong=True),
            *(Cell(str(counts[subject, mark])) for mark in marks),
        )


def _differing(study: Study, value: SourceValue) -> tuple[Cell, ...]:
    form = study.by_form[value.key.form.form]
    item = form.by_group[value.key.row.group].by_name[value.key.item]
    said = meaning(study, item, value.answer)
    return Cell(place(study, value.key)), Cell(said), Cell(value.text)


def _query(words: WordsOf, query: QueryLine) -> tuple[Cell, ...]:
    where, state = query_place(words, query.address), STATE_WORDS[query.state]
    return Cell(query.query, strong=True), Cell(where), Cell(query.text), Cell(state)


def query_place(words: WordsOf, address: str) -> Text:
    """Where a query stands, in words."""
    key = parse_address(address)
    if isinstance(key, FormKey | ItemKey):
        return place(words(key), key)
    return Text(address, address)


def _lock_words(act: LockAct) -> Text:
    return UNLOCKED if act is LockAct.UNLOCK else LOCK_WORDS[act.value]


def place(study: Study, key: FormKey | ItemKey) -> Text:
    """Where a form or a data point stands: subject, visit, form and item in words."""
    form_key = key if isinstance(key, FormKey) else key.form
    form, event = study.by_form[form_key.form], study.by_event[form_key.event.event]
    visit = f"{event.oid} {form_key.event.repeat}" if event.repeating else event.oid
    number = f" {form_key.repeat}" if form.repeating and form_key.repeat > 1 else ""
    head = Text(
        f"{key.subject} {visit} {form.text.en}{number}",
        f"{key.subject} {visit} {form.text.zh}{number}",
    )
    if isinstance(key, FormKey):
        return head
    group = form.by_group[key.row.group]
    item = group.by_name[key.item].text
    row = f" {key.row.row}" if group.repeating else ""
    return Text(f"{head.en} · {item.en}{row}", f"{head.zh} · {item.zh}{row}")
