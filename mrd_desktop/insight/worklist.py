"""The worklist: what is to be done, most pressing first, for those who may do it.

Every line leads to one place. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from mrd_desktop.insight.after_conversion import after_conversion
from mrd_desktop.insight.care import Care
from mrd_desktop.insight.drawn import drawn
from mrd_desktop.insight.heart import heart_task
from mrd_desktop.insight.places import item_key, place_words
from mrd_desktop.insight.second_due import second_tasks
from mrd_desktop.insight.status import standing
from mrd_desktop.insight.task import SOON, Task, Urgency, by_day, order
from mrd_desktop.insight.unsettled import unsettled
from mrd_desktop.record.casebook import Chart, form_of
from mrd_desktop.record.closing import closed_before
from mrd_desktop.record.incidents import WRITE, Incident
from mrd_desktop.record.milestones import Standing as Milestone
from mrd_desktop.record.second.standing import SecondPlace
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, parse_address
from mrd_desktop.study.model import Study
from mrd_desktop.study.schedule import Window, follow_up_end, follow_up_windows, windows
from mrd_desktop.texts import Text
from mrd_desktop.vault.abroad import Standing

AHEAD: Final = timedelta(days=30)
"""A milestone is announced so long before its last day."""

NEEDS: Final = {
    **dict.fromkeys(
        (
            *("visit", "missed", "report", "conversion", "confirm", "imaging", "lvef", "consent"),
            *("screening", "unsettled", "choice", "draft", "incomplete", "unsigned", "second"),
        ),
        ("form.edit",),
    ),
    "query": ("query.answer",),
    "answered": ("query.close",),
    "recipient": ("export", "trust.manage"),
    "package": ("export",),
    "newkey": ("export",),
    "receipt": ("import",),
    "refused": ("import",),
    "words": ("import",),
    "backup": ("backup",),
    "drill": ("backup",),
    "trail": ("audit.review",),
    "milestone": ("form.sign",),
    "accounts": ("form.sign", "user.manage"),
    "roster": ("user.manage",),
    "datakey": ("user.manage",),
    "request": ("form.edit",),
    "samples": ("form.edit",),
    "incident": (WRITE,),
}
"""Which operations each kind of work asks for, one of them; :func:`mine` says who may do it."""

_ENTRY: Final = frozenset(
    {"visit", "missed", "report", "conversion", "confirm", "imaging", "lvef", "choice"}
    | {"incomplete"}
)
"""Work that nobody can do where consent closes the form: it is not asked for."""

OVERDUE = Text(
    "{visit} is overdue, its window closed {closes}", "{visit}访视逾期，窗口已于{closes}关闭"
)
MISSED = Text(
    "{visit} was missed, its window closed {closes}: record it as missed or enter its day",
    "{visit}访视已错过，窗口已于{closes}关闭：请登记为缺失，或补录访视日期",
)
VISITS: Final = {
    Urgency.OVERDUE: OVERDUE,
    Urgency.DUE: Text(
        "{visit} is due, its window closes {closes}", "{visit}访视在窗口内，{closes}关闭"
    ),
    Urgency.SOON: Text("{visit}: its window opens {opens}", "{visit}访视窗口{opens}开启"),
}
SURVIVAL = Text("Survival follow-up, target {target}", "生存随访，目标日期{target}")
REPORT_LATE = Text("MRD report of {taken} is overdue", "{taken}采样的MRD报告逾期未回")
REPORT = Text("MRD report of {taken} is awaited", "{taken}采样的MRD报告待回报")
SCREENING = Text("Screening is longer than planned", "筛选期超过方案规定时间")
CHOICE = Text("Eligible: record the treatment choice", "已合格：请记录治疗选择")
UNSETTLED = Text("The choice is not valid yet: {finding}", "治疗选择尚未生效：{finding}")
SCOPE = Text(
    "Consent withdrawn: ask whether the data collected so far may be used, and answer it. Until it "
    "is answered they still leave with packages",
    "已撤回知情同意：请确认已收集数据可否继续使用并填写；填写之前，这些数据仍会随数据包外发",
)
DRAFT = Text("{place}: unsaved draft", "{place}：有未保存的草稿")
DRAFT_CLOSED = Text(
    "{place}: unsaved draft in a form that is closed now; open it to discard the draft",
    "{place}：有未保存的草稿，但表单现已关闭；打开后可放弃草稿",
)
INCOMPLETE = Text("{place}: incomplete", "{place}：未完整")
ASKED = Text("{place}: {question}", "{place}：{question}")
ASKED_OF_ALL = Text("{question}", "{question}")
ANSWERED = Text("{place}: answered, “{answer}”", "{place}：已回复“{answer}”")
UNSIGNED = Text("{n} complete forms wait for a signature", "{n} 张完整表单待签名")
CHANGED = Text(
    "{n} complete forms wait for a signature, {changed} of them changed since they were signed",
    "{n} 张完整表单待签名，其中 {changed} 张签名后有更改",
)
PACKAGE = Text("The last package is {n} days old: export", "距上次导出已 {n} 天：请导出")
NO_PACKAGE = Text("Nothing has been exported yet", "尚未导出过传输包")
NEW_KEY = Text(
    "The site has a new key: export a package, which tells the sponsor of it",
    "本中心已更换密钥：请导出数据包，以告知申办方",
)
RECEIPT = Text(
    "The sponsor has not confirmed a package for {n} days: ask for a reply",
    "有数据包 {n} 天未获申办方确认：请索取回复",
)
WORDS = Text("The sponsor wrote: {n} not read here yet", "申办方留言 {n} 条，本中心尚未阅读")
UNSAID = Text(
    "No data can leave until two people have confirmed the sponsor's key and where it is",
    "须由两人确认申办方密钥及其所在地，否则数据不能导出",
)
AWAY = Text(
    "No data can leave: the sponsor is outside mainland China, and no approval runs. "
    "Export says whether deletions can be sent meanwhile",
    "数据不能导出：申办方位于中国大陆境外，且没有有效的出境批准。可否先发送删除通知，见“导出”",
)
ENDING = Text(
    "The approval to send data abroad ends on {until}: get the next one and record it",
    "数据出境批准将于 {until} 到期：请取得新的批准并登记",
)
REFUSED = Text(
    "The sponsor did not take package {n}: see why and what to do",
    "申办方未接收第 {n} 号数据包：请查看原因和处理办法",
)
BACKUP = Text("The last backup is {n} days old: back up", "距上次备份已 {n} 天：请备份")
NEW_KEY = Text(
    "There is no backup under the new data key yet: back up",
    "数据密钥更换后尚未备份：请备份",
)
TRAIL = Text(
    "The audit trail was last reviewed {n} days ago: review it",
    "距上次审阅稽查轨迹已 {n} 天：请审阅",
)
NO_TRAIL = Text("The audit trail has never been reviewed", "稽查轨迹尚未审阅过")
NO_BACKUP = Text("There is no backup yet", "尚未备份")
DRILL = Text(
    "The last restore drill was {n} days ago: try a backup out",
    "距上次试恢复已 {n} 天：请用备份做一次试恢复",
)
NO_DRILL = Text("No backup has been tried out yet", "尚未用备份做过试恢复")
ACCOUNTS = Text("Review the accounts and sign", "请复核账户并签名")
DATA_KEY = Text("Change the data key", "请更换数据密钥")
NOT_LISTED = Text(
    "Account {user} is not on the sponsor’s delegation log: find out whose it is",
    "账户 {user} 不在申办方的授权分工表中：请查明归属",
)
OTHER_ROSTER = Text(
    "The sponsor compared another list of accounts than this computer’s: call the sponsor",
    "申办方核对的账户清单与本机不一致：请致电申办方",
)
MILESTONE = Text(
    "Milestone “{name}”: endorse what is recorded", "里程碑“{name}”：请确认已记录的数据"
)
REACHED = Text(
    "Milestone “{name}”: endorse the data of {n} subjects", "里程碑“{name}”：请确认 {n} 例的数据"
)
REQUEST = Text("Request of {received}: {what}; answer it", "{received}收到的请求“{what}”待答复")
OWED = Text("Incident “{what}”: {step} is not recorded", "事件“{what}”：尚未记录“{step}”")
CLOSE = Text("Incident “{what}”: close it", "事件“{what}”：待结案")
SUPERSEDED = Text(
    "Milestone “{name}”: data of {n} subjects changed after they were endorsed, endorse them anew",
    "里程碑“{name}”：{n} 例的数据确认后有更改，请重新确认",
)


def tasks(study: Study, chart: Chart) -> tuple[Task, ...]:
    """What is to be done for one subject, whoever does it."""
    heart = heart_task(chart)
    found = [
        *_visits(chart),
        *_survival(chart),
        *_reports(chart),
        *after_conversion(chart),
        *((heart,) if heart else ()),
        *_screening(chart),
        *_scope(chart),
        *drawn(chart.scene),
        *_forms(study, chart),
        *_queries(study, chart),
        *_unsigned(study, chart),
        *second_tasks(study, chart),
    ]
    return tuple(sorted((t for t in found if not _in_vain(chart, t)), key=order))


def _in_vain(chart: Chart, task: Task) -> bool:
    """It asks for entries in a form that refused or withdrawn consent closes."""
    key = form_of(task.place) if not isinstance(task.place, str | SecondPlace) else None
    return task.kind in _ENTRY and key is not None and _closed(chart, key)


def _closed(chart: Chart, key: FormKey) -> bool:
    return closed_before(chart.scene, key, live=False) is not None


def site_tasks(care: Care) -> Iterator[Task]:
    """What is to be done for the site as a whole."""
    for kind, late, days, old, never in (
        ("package", care.package_late, care.package_days, PACKAGE, NO_PACKAGE),
        ("backup", care.backup_late, care.backup_days, BACKUP, NO_BACKUP),
    ):
        if late:
            text = never if days is None else old.filled(n=days)
            overdue = kind == "package" and care.package_overdue
            yield Task(kind, Urgency.OVERDUE if overdue else Urgency.DUE, "", text, None, "")
    if not care.key_saved and not care.backup_late:
        yield Task("backup", Urgency.DUE, "", NEW_KEY, None, "")
    yield from _with_sponsor(care)
    if care.review_late:
        text = TRAIL.filled(n=care.review_days) if care.reviewed else NO_TRAIL
        yield Task("trail", Urgency.DUE, "", text, None, "")
    if care.drill_late:
        text = DRILL.filled(n=care.drill_days) if care.drilled else NO_DRILL
        yield Task("drill", Urgency.DUE, "", text, None, "")
    due = care.accounts_due
    if due is not None and due - care.today <= SOON:
        yield Task("accounts", by_day(due, care.today), "", ACCOUNTS, due, "")
    due = care.key_due
    if due is not None and due - care.today <= SOON:
        yield Task("datakey", by_day(due, care.today), "", DATA_KEY, due, "")
    yield from _roster(care)
    for asked in care.requests:
        text = REQUEST.filled(what=asked.name, received=asked.received)
        urgency, about = by_day(asked.due, care.today), f"{asked.by.chain} {asked.by.seq}"
        yield Task("request", urgency, asked.subject, text, asked.due, asked.subject, about)
    for incident in care.incidents:
        yield _incident(incident, care)
    for one in care.milestones:
        if one.due is not None and one.due - care.today <= AHEAD:
            yield _milestone(one, one.due, care.today)


def _with_sponsor(care: Care) -> Iterator[Task]:
    """What goes to and fro beside the packages that are due."""
    if care.recipient is not None:
        yield _recipient(care.recipient, care.today)
    if care.key_waits:
        yield Task("newkey", Urgency.DUE, "", NEW_KEY, None, "")
    if care.refused is not None:
        yield Task("refused", Urgency.DUE, "", REFUSED.filled(n=care.refused), None, "")
    elif care.receipt_late:
        yield Task("receipt", Urgency.DUE, "", RECEIPT.filled(n=care.receipt_days), None, "")
    if care.words:
        yield Task("words", Urgency.DUE, "", WORDS.filled(n=care.words), None, "")


def _roster(care: Care) -> Iterator[Task]:
    """Accounts that the sponsor does not find on the delegation log; nothing is done by itself."""
    for found in care.accounts:
        if not found.same:
            yield Task("roster", Urgency.DUE, "", OTHER_ROSTER, None, "")
        for unknown in found.open:
            text = NOT_LISTED.filled(user=unknown.user)
            yield Task("roster", Urgency.DUE, "", text, None, "", unknown.user)


def _recipient(found: Standing, today: date) -> Task:
    if found.ends is not None:
        text, urgency = ENDING.filled(until=found.ends), by_day(found.ends, today)
        return Task("recipient", urgency, "", text, found.ends, "")
    text, urgency = (UNSAID, Urgency.DUE) if found.said is None else (AWAY, Urgency.OVERDUE)
    return Task("recipient", urgency, "", text, None, "")


def _incident(found: Incident, care: Care) -> Task:
    """The clock that ends first; what remains is to close it."""
    about = f"{found.by.chain} {found.by.seq}"
    if not found.owed:
        return Task("incident", Urgency.DUE, "", CLOSE.filled(what=found.name), None, "", about)
    first = found.owed[0]
    urgency = Urgency.OVERDUE if first.overdue(care.now) else Urgency.DUE
    text = OWED.filled(what=found.name, step=first.clock.text)
    until = care.zone.local(first.until).date() if care.zone else None
    return Task("incident", urgency, "", text, until, "", about)


def _milestone(one: Milestone, due: date, today: date) -> Task:
    name, waiting = one.milestone.text, len(one.waiting)
    if one.milestone.every_days:
        text = MILESTONE.filled(name=name)
    elif one.waiting:
        text = REACHED.filled(name=name, n=waiting)
    else:
        text = SUPERSEDED.filled(name=name, n=len(one.superseded))
    return Task("milestone", by_day(due, today), "", text, due, "", one.milestone.oid)


def mine(found: Iterable[Task], allows: Callable[[str], bool]) -> tuple[Task, ...]:
    """The tasks of somebody who may do these operations, most pressing first."""
    kinds = {kind for kind, operations in NEEDS.items() if any(map(allows, operations))}
    return tuple(sorted((t for t in found if t.kind in kinds), key=order))


def _visits(chart: Chart) -> Iterator[Task]:
    scene, today, subject = chart.scene, chart.data.today, chart.data.subject
    if follow_up_end(scene) < today:
        return
    due = sorted(windows(scene), key=lambda v: v.window.target)
    for visit, following in pairwise([*due, None]):
        assert visit is not None
        w, name = visit.window, visit.event.text
        if visit.done or visit.event.oid == "SCR" or w.opens - SOON > today:
            continue
        if _recorded_missed(chart, visit.event.oid):
            continue
        urgency = _urgency(w, today)
        place = FormKey(EventKey(subject, visit.event.oid), "SV")
        text = VISITS[urgency].filled(visit=name, closes=w.closes, opens=w.opens)
        late = urgency is Urgency.OVERDUE
        if late and following is not None and following.window.opens <= today:
            text = MISSED.filled(visit=name, closes=w.closes)
            status = item_key(scene.study, place, "SV.STAT")
            yield Task("missed", urgency, subject, text, w.closes, status)
        else:
            yield Task("visit", urgency, subject, text, w.closes, place)


def _urgency(window: Window, today: date) -> Urgency:
    if today > window.closes:
        return Urgency.OVERDUE
    return Urgency.DUE if today >= window.opens else Urgency.SOON


def _recorded_missed(chart: Chart, event: str) -> bool:
    visit = chart.scene.at(EventKey(chart.data.subject, event), "SV")
    return visit is not None and visit.text("SV.STAT") == "MISSED"


def _survival(chart: Chart) -> Iterator[Task]:
    today, subject = chart.data.today, chart.data.subject
    contacts = [d for x in chart.scene.forms("SS") if (d := x.day("SS.SSDAT"))]
    for number, w in enumerate(follow_up_windows(chart.scene), 1):
        if w.opens - SOON > today or any(w.opens <= c <= w.closes for c in contacts):
            continue
        text = SURVIVAL.filled(target=w.target)
        place = FormKey(EventKey(subject, "SFU", number), "SS")
        yield Task("visit", _urgency(w, today), subject, text, w.closes, place)


def _reports(chart: Chart) -> Iterator[Task]:
    samples = chart.scene.forms("MRD")
    limit = int(chart.scene.parameter("MRDTAT")) if samples else 0
    for mrd in samples:
        taken = mrd.day("MRD.SAMPDAT")
        if taken is None or mrd.missing("MRD.RESULT") != "PEND":
            continue
        until = taken + timedelta(days=limit)
        late = chart.data.today > until
        text = (REPORT_LATE if late else REPORT).filled(taken=taken)
        urgency = Urgency.OVERDUE if late else Urgency.OPEN
        yield Task("report", urgency, chart.data.subject, text, until, mrd.key("MRD.RESULT"))


def _screening(chart: Chart) -> Iterator[Task]:
    subject = chart.data.subject
    state = standing(chart.scene)
    if any(flag.name == "OVERDUE" for flag in state.flags):
        yield Task("screening", Urgency.OVERDUE, subject, SCREENING, None, subject)
    if (refused := unsettled(chart.scene)) and isinstance(refused.key, ItemKey):
        text = UNSETTLED.filled(finding=refused.told)
        yield Task("unsettled", Urgency.OVERDUE, subject, text, None, refused.key)
    if state.status.name == "ELIGIBLE":
        place = FormKey(EventKey(subject, "C0"), "TC")
        yield Task("choice", Urgency.DUE, subject, CHOICE, None, place)


def _scope(chart: Chart) -> Iterator[Task]:
    """A withdrawal that does not say yet whether what was collected may be used."""
    end, items = chart.scene.form("EOS"), chart.scene.study.by_item
    if end is None or not {"EOS.DSDECOD", "EOS.DATAUSE"} <= items.keys():
        return
    withdrawn = end.text("EOS.DSDECOD") == "WITHDRAWAL OF CONSENT"
    if withdrawn and end.text("EOS.DATAUSE") is None:
        place = end.key("EOS.DATAUSE")
        yield Task("consent", Urgency.OVERDUE, chart.data.subject, SCOPE, None, place)


def _forms(study: Study, chart: Chart) -> Iterator[Task]:
    blocked: dict[FormKey, ItemKey] = {}
    for finding in chart.findings:
        if finding.check.blocks and isinstance(finding.key, ItemKey):
            blocked.setdefault(finding.key.form, finding.key)
    for line in chart.forms:
        if line.removed:
            continue
        words = place_words(study, line.key)
        if line.drafted:
            text = (DRAFT_CLOSED if _closed(chart, line.key) else DRAFT).filled(place=words)
            yield Task("draft", Urgency.DUE, line.key.subject, text, None, line.key)
        if line.state is FormState.INCOMPLETE:
            text = INCOMPLETE.filled(place=words)
            place: Key = blocked.get(line.key, line.key)
            yield Task("incomplete", Urgency.OPEN, line.key.subject, text, None, place)


def _queries(study: Study, chart: Chart) -> Iterator[Task]:
    """One line for each query that waits: for its answer, or for who asked it."""
    for query in chart.queries:
        place = parse_address(query.address)
        words = place_words(study, place)
        if query.state == "answered":
            kind, text = "answered", ANSWERED.filled(place=words, answer=query.answer or "")
        else:
            asked = ASKED if words.en else ASKED_OF_ALL
            kind, text = "query", asked.filled(place=words, question=query.text)
        yield Task(kind, Urgency.OPEN, query.subject, text, None, place, query.query)


def _unsigned(study: Study, chart: Chart) -> Iterator[Task]:
    """One line for all of a subject: they are signed together."""
    waiting = [
        line
        for line in chart.forms
        if line.state is FormState.COMPLETE
        and not (line.removed or line.drafted or study.by_form[line.key.form].private)
    ]
    if waiting:
        changed = sum(line.superseded for line in waiting)
        text = (CHANGED if changed else UNSIGNED).filled(n=len(waiting), changed=changed)
        subject = chart.data.subject
        yield Task("unsigned", Urgency.OPEN, subject, text, None, subject)
