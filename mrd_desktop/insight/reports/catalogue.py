"""What can be printed, by whom, and what has to be chosen for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Flag, auto

from mrd_desktop.insight.calendar import month, occasions
from mrd_desktop.insight.care import care
from mrd_desktop.insight.overview import everything, overview
from mrd_desktop.insight.reports import (
    accounts,
    appointment,
    blank_form,
    delay,
    delegation,
    follow_up,
    identification,
    inventory,
    query_list,
    sae,
    screening,
    story_table,
    subject_copy,
)
from mrd_desktop.insight.reports import (
    incidents as incidents_sheet,
)
from mrd_desktop.insight.reports import (
    month as month_sheet,
)
from mrd_desktop.insight.reports import (
    periodic as periodic_pack,
)
from mrd_desktop.insight.reports import (
    requests as requests_sheet,
)
from mrd_desktop.insight.reports import (
    second as agreement_sheet,
)
from mrd_desktop.insight.reports import (
    tasks as task_sheet,
)
from mrd_desktop.insight.reports.errors import ChoiceWanted, NotDefined, NoVisitNoted
from mrd_desktop.insight.reports.model import Report
from mrd_desktop.insight.reports.periodic_read import WHAT as PERIODIC
from mrd_desktop.insight.reports.periodic_read import period
from mrd_desktop.insight.worklist import mine
from mrd_desktop.record.casebook import Casebook, Chart
from mrd_desktop.record.editions import Editions
from mrd_desktop.record.errors import NotFound
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.review import Reviews
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.vault.account_review import may_review
from mrd_desktop.vault.session import Session


class Needs(Flag):
    """What has to be chosen before a report can be made, or may be."""

    NOTHING = 0
    SUBJECT = auto()
    MAYBE_SUBJECT = auto()
    EVENT = auto()
    MAYBE_EVENT = auto()
    FORM = auto()
    EVENT_NUMBER = auto()
    REVIEW = auto()
    MAYBE_DAY = auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """What was chosen.

    Attributes:
        number: repeat number of a serious adverse event's form; of a follow-up letter the record
            number of the monitoring visit, 0 for the latest one.
        day: a day of the month that a calendar shows; of the delegation log the day it is about.
        identity: with identity data, for the copy of a subject's records.
    """

    subject: str = ""
    event: str = ""
    form: str = ""
    number: int = 0
    day: date | None = None
    identity: bool = False


Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Printable:
    """One kind of report.

    Attributes:
        allows: whether a session may print it.
        reads: items without which there is nothing to print; a study that does not define them all
            is not offered it.
    """

    what: str
    text: Text
    hint: Text
    needs: Needs
    allows: Callable[[Session], bool]
    make: Callable[[Casebook, Wish, Progress], Report]
    reads: frozenset[str] = frozenset()

    def defined(self, study: Study) -> bool:
        """Whether a study has what it is about."""
        return self.reads <= study.by_item.keys()


def printables(session: Session) -> tuple[Printable, ...]:
    """What this user may print."""
    return tuple(p for p in ALL if p.defined(session.study) and p.allows(session))


def find(what: str) -> Printable:
    """One of them.

    Raises:
        ChoiceWanted: there is none of that name.
    """
    found = next((p for p in ALL if p.what == what), None)
    if found is None:
        raise ChoiceWanted(", ".join(p.what for p in ALL))
    return found


def make(
    book: Casebook, what: str, wish: Wish, progress: Progress = lambda done, total: None
) -> Report:
    """Make a report.

    Raises:
        ChoiceWanted: something has to be named first.
        NotDefined: the study has nothing of the kind.
        PermissionDenied, VaultClosed: it is not open to this user.
        NotFound, PrintRefused: there is nothing to print.
    """
    printable = find(what)
    if not printable.defined(book.study):
        raise NotDefined(", ".join(sorted(printable.reads - book.study.by_item.keys())))
    wanted = (
        (Needs.SUBJECT, "--subject", wish.subject),
        (Needs.EVENT, "--visit", wish.event),
        (Needs.FORM, "--form", wish.form),
        (Needs.EVENT_NUMBER, "--number", wish.number),
    )
    for need, name, given in wanted:
        if need in printable.needs and not given:
            raise ChoiceWanted(name)
    if wish.event and wish.event not in book.study.by_event:
        raise NotFound(wish.event)
    if wish.form and wish.form not in book.study.by_form:
        raise NotFound(wish.form)
    return printable.make(book, wish, progress)


def charts(book: Casebook, progress: Progress) -> Sequence[Chart]:
    """Every subject, read one after the other."""
    subjects = book.subjects()
    found = []
    for done, line in enumerate(subjects, 1):
        found.append(book.chart(line.subject))
        progress(done, len(subjects))
    return found


def _see(session: Session) -> bool:
    return session.allows("subject.see")


def _verify(session: Session) -> bool:
    return session.allows("verify")


def _requests(book: Casebook, _wish: Wish, _progress: Progress) -> Report:
    return requests_sheet.requests_report(book.session)


def _inventory(book: Casebook, _wish: Wish, _progress: Progress) -> Report:
    return inventory.inventory(book.study)


def _incidents(book: Casebook, _wish: Wish, _progress: Progress) -> Report:
    return incidents_sheet.incidents_report(book.session)


def _anyone(session: Session) -> bool:
    return True


def _identity(session: Session) -> bool:
    return session.allows("identity.see") and session.has_vault


def _trail(session: Session) -> bool:
    return session.allows("audit.see") or session.allows("user.manage")


def _visit(book: Casebook, wish: Wish, progress: Progress) -> Report:
    scene = book.chart(wish.subject).scene if wish.subject else None
    return blank_form.blank_visit(book.study, wish.event, scene)


def _form(book: Casebook, wish: Wish, progress: Progress) -> Report:
    scene = book.chart(wish.subject).scene if wish.subject else None
    return blank_form.blank_form(book.study, wish.form, wish.event, scene)


def _slip(book: Casebook, wish: Wish, progress: Progress) -> Report:
    return appointment.appointment_slip(book.chart(wish.subject), wish.event)


def _tasks(book: Casebook, wish: Wish, progress: Progress) -> Report:
    session = book.session
    seen = [overview(book.study, c) for c in charts(book, progress)]
    found = mine(everything(seen, care(session)), session.allows)
    return task_sheet.worklist_report(found, session.today())


def _month(book: Casebook, wish: Wish, progress: Progress) -> Report:
    today = book.session.today()
    words = Editions(book.session).of
    found = [o for c in charts(book, progress) for o in occasions(book.study, c, words)]
    return month_sheet.month_report(month(wish.day or today, found), today)


def _sae(book: Casebook, wish: Wish, progress: Progress) -> Report:
    key = FormKey(EventKey(wish.subject, "LOG"), "AE", wish.number)
    return sae.sae_report(Editions(book.session).of, book.chart(wish.subject), key)


def _screening(book: Casebook, wish: Wish, progress: Progress) -> Report:
    return screening.screening_log(book.study, charts(book, progress))


def _delay(book: Casebook, wish: Wish, progress: Progress) -> Report:
    return delay.delay_report(book.study, charts(book, progress))


def _agreement(book: Casebook, wish: Wish, progress: Progress) -> Report:
    return agreement_sheet.second_report(book)


def _copy(book: Casebook, wish: Wish, progress: Progress) -> Report:
    return subject_copy.subject_copy(book, wish.subject, identity=wish.identity)


def _queries(book: Casebook, wish: Wish, progress: Progress) -> Report:
    found = Queries(book.session).all(subject=wish.subject or None)
    waiting = [q for q in found if q.state != "closed"]
    return query_list.query_list(book.session, waiting, wish.subject)


def _letter(book: Casebook, wish: Wish, progress: Progress) -> Report:
    reviews = Reviews(book.session)
    visits = [v for v in reviews.all() if wish.number in (0, v.seq)]
    if not visits:
        raise NoVisitNoted(str(wish.number or book.session.folder.site))
    return follow_up.follow_up_letter(book.session, reviews.work(visits[0]))


def _story(book: Casebook, wish: Wish, progress: Progress) -> Report:
    return story_table.story_report(book.chart(wish.subject))


def _delegation(book: Casebook, wish: Wish, progress: Progress) -> Report:
    return delegation.delegation_log(book.session, wish.day)


def _accounts(book: Casebook, wish: Wish, progress: Progress) -> Report:
    return accounts.accounts_report(book.session)


def _periodic(book: Casebook, wish: Wish, progress: Progress) -> Report:
    session = book.session
    return periodic_pack.pack_report(
        periodic_pack.compile_pack(session, period(session, None, None))
    )


def _identities(book: Casebook, wish: Wish, progress: Progress) -> Report:
    return identification.identification_list(book)


ALL: tuple[Printable, ...] = (
    Printable(
        "visit",
        Text("Paper forms of a visit", "一次访视的纸质表单"),
        Text("all forms planned for a visit, to write on", "该访视计划填写的全部空白表单"),
        Needs.EVENT | Needs.MAYBE_SUBJECT,
        _anyone,
        _visit,
    ),
    Printable(
        "form",
        Text("One paper form", "单张纸质表单"),
        Text("one form, to write on", "一张空白表单"),
        Needs.FORM | Needs.MAYBE_SUBJECT | Needs.MAYBE_EVENT,
        _anyone,
        _form,
    ),
    Printable(
        "worklist",
        task_sheet.TITLE,
        Text("what is to be done, with boxes to tick", "待办事项，可逐项勾选"),
        Needs.NOTHING,
        _see,
        _tasks,
    ),
    Printable(
        "calendar",
        Text("Calendar of a month", "月历"),
        Text("visit windows and what is due", "访视窗口与到期事项"),
        Needs.NOTHING,
        _see,
        _month,
    ),
    Printable(
        "appointment",
        Text("Appointment slip", "复诊预约单"),
        Text("for the patient; names no study and no disease", "交给患者；不含研究名称和诊断"),
        Needs.SUBJECT | Needs.MAYBE_EVENT,
        _see,
        _slip,
    ),
    Printable(
        "sae",
        sae.TITLE,
        Text("with its 24-hour clock, from the event's form", "含 24 小时时限，取自不良事件表"),
        Needs.SUBJECT | Needs.EVENT_NUMBER,
        _see,
        _sae,
        reads=frozenset({"AE.SER"}),
    ),
    Printable(
        "inventory",
        inventory.TITLE,
        Text("every item, its class, who receives it", "每个项目的分类、存放与接收方"),
        Needs.NOTHING,
        _anyone,
        _inventory,
    ),
    Printable(
        "requests",
        requests_sheet.TITLE,
        Text("what participants asked for, until when, and the answer", "受试者的请求、期限与答复"),
        Needs.NOTHING,
        _see,
        _requests,
    ),
    Printable(
        "incidents",
        incidents_sheet.TITLE,
        Text("what happened, who was told and when", "事件经过、告知对象与时间"),
        Needs.NOTHING,
        _verify,
        _incidents,
    ),
    Printable(
        "screening",
        screening.TITLE,
        Text("every number given out and what became of it", "全部受试者编号及其去向"),
        Needs.NOTHING,
        _see,
        _screening,
        reads=frozenset({"IE.IEYN", "EOS.DSDECOD", "IC.RFICDAT"}),
    ),
    Printable(
        delay.WHAT,
        delay.TITLE,
        Text("visits entered late, forms keyed from paper", "延迟录入的访视、纸质补录的表单"),
        Needs.NOTHING,
        _see,
        _delay,
        reads=frozenset({"SV.VISDAT"}),
    ),
    Printable(
        agreement_sheet.WHAT,
        agreement_sheet.TITLE,
        Text("second entries by form, item and person", "第二次录入，按表单、项目和录入人"),
        Needs.NOTHING,
        agreement_sheet.asked,
        _agreement,
    ),
    Printable(
        subject_copy.WHAT,
        subject_copy.TITLE,
        Text("values, history, queries, signatures", "数据、修改历史、质疑与签名"),
        Needs.SUBJECT,
        _see,
        _copy,
    ),
    Printable(
        query_list.WHAT,
        query_list.TITLE,
        Text("open and answered ones, with room to write", "待回复与已回复的质疑，留有填写处"),
        Needs.MAYBE_SUBJECT,
        _see,
        _queries,
    ),
    Printable(
        follow_up.WHAT,
        follow_up.TITLE,
        Text("what the monitor saw, found and asked", "监查员查看、发现和提出的内容"),
        Needs.REVIEW,
        _see,
        _letter,
    ),
    Printable(
        story_table.WHAT,
        story_table.TITLE,
        Text("every dated result in order, with its day from T0", "按日期排列的全部结果及距T0天数"),
        Needs.SUBJECT,
        _see,
        _story,
    ),
    Printable(
        "accounts",
        accounts.TITLE,
        Text("who is here, last sign-in, training, to be signed", "账户、最近登录、培训，供签署"),
        Needs.NOTHING,
        may_review,
        _accounts,
    ),
    Printable(
        "delegation",
        delegation.TITLE,
        Text("users, roles, from when to when; or on one day", "用户、角色及起止时间，可选某一天"),
        Needs.MAYBE_DAY,
        _trail,
        _delegation,
    ),
    Printable(
        PERIODIC,
        periodic_pack.TITLE,
        Text("the system since the last pack, in one document", "上次审查以来系统状况，合为一份"),
        Needs.NOTHING,
        periodic_pack.may_compile,
        _periodic,
    ),
    Printable(
        identification.WHAT,
        identification.TITLE,
        Text("names behind the numbers; each look is recorded", "编号对应的姓名；每次查看均有记录"),
        Needs.NOTHING,
        _identity,
        _identities,
        reads=frozenset({"ID.PATNAME"}),
    ),
)
