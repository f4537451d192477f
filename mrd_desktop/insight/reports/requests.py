"""The register of what participants asked for."""

from __future__ import annotations

from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.insight.reports.model import Cell, Column, Report, Table, Words
from mrd_desktop.record.requests import OUTCOMES, Request, Requests
from mrd_desktop.record.rights import rights
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

TITLE = Text("Requests of participants", "受试者请求登记表")
HINT = Text(
    "It stays at the site. An answer is due within {days} days of the day it was asked, as the "
    "policy stands now; each line keeps the last day that was recorded with it.",
    "仅留存于本中心。按现行政策，答复期限为提出请求之日起 {days} 天；各行以登记时的期限为准。",
)
OPEN, LATE = Text("open", "待答复"), Text("overdue", "已逾期")
AFTER = Text("after the last day", "逾期答复")
COLUMNS = (
    Column(Text("Subject", "受试者"), 0.8),
    Column(Text("Asked for", "请求内容"), 1.4),
    Column(Text("Received", "收到"), 1.0),
    Column(Text("Answer until", "期限"), 1.0),
    Column(Text("In words", "说明"), 2.0),
    Column(Text("Answer", "答复"), 2.4),
)


def requests_report(session: Session) -> Report:
    """Every request, open ones first."""
    found = Requests(session).all()
    rows = tuple(_row(session, r) for r in found)
    hint = (Words(HINT.filled(days=rights().answer_days), quiet=True),) if found else ()
    return Report("requests", TITLE, (*hint, Table(COLUMNS, rows)))


def answer_words(session: Session, request: Request) -> Text:
    """How a request stands, in a line."""
    done = request.answer
    if done is None:
        return LATE if request.overdue(session.today()) else OPEN
    name, tail = OUTCOMES[done.outcome], f" · {done.text}" if done.text else ""
    at = local_time(session, done.at)
    if at[:10] > str(request.due):
        name = Text(f"{name.en}, {AFTER.en}", f"{name.zh}，{AFTER.zh}")
    return Text(f"{at} {name.en}{tail} ({done.user})", f"{at} {name.zh}{tail}（{done.user}）")


def _row(session: Session, request: Request) -> tuple[Cell, ...]:
    return (
        Cell(request.subject, strong=True),
        Cell(request.name),
        Cell(str(request.received)),
        Cell(str(request.due)),
        Cell(request.text),
        Cell(answer_words(session, request), strong=request.answer is None),
    )
