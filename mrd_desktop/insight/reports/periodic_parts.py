"""The sections of a periodic review, each made from the records alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from mrd_desktop import __version__, installation
from mrd_desktop.insight.audit.limits import limits
from mrd_desktop.insight.audit.rules import flagged_words
from mrd_desktop.insight.reports.delegation import duties
from mrd_desktop.insight.reports.incidents import clock_words, persons_words
from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.insight.reports.model import Block, Cell, Column, Said, Table, Words
from mrd_desktop.insight.reports.periodic_read import Line, Period, day_of, lines, within
from mrd_desktop.insight.reports.trail_words import KINDS, NOTES, PRESENT, STATEMENTS, UNWRITTEN
from mrd_desktop.known_issues import known_issues
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import incidents
from mrd_desktop.record.incidents import Incident
from mrd_desktop.texts import Text
from mrd_desktop.vault import abroad, account_review, faultlog, presence
from mrd_desktop.vault.confirming import DOCUMENTS
from mrd_desktop.vault.data_key import REASONS
from mrd_desktop.vault.new_sheet import CAUSES
from mrd_desktop.vault.roles import combined, role_table
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import Holder


@dataclass(frozen=True, slots=True)
class Ground:
    """What sections are made from.

    Attributes:
        all: records about the system up to the last day of the period.
        here: those of the period itself.
    """

    session: Session
    period: Period
    all: tuple[Line, ...]
    here: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A section as it was made: its blocks, and how many entries they hold."""

    blocks: tuple[Block, ...]
    entries: int


def ground(session: Session, period: Period) -> Ground:
    """Read what the sections need."""
    found = lines(session, period.last)
    return Ground(session, period, found, tuple(within(session, found, period)))


WHEN, WHO, WHAT = Text("Local time", "当地时间"), Text("User", "用户"), Text("Act", "操作")
ABOUT, WORDS = Text("Details", "内容"), Text("In words", "说明")
NOTHING = Text("Nothing in this period.", "本期间没有记录。")

# --- versions ---------------------------------------------------------------------------

PROGRAM, FIRST, LAST = (
    Text("Program", "程序"),
    Text("First used", "首次使用"),
    Text("Last used", "最近使用"),
)
SIGN_INS = Text("Sign-ins", "登录次数")
DEFINITION, FORCE = Text("Study definition", "研究定义"), Text("In force from", "启用时间")
BACK = Text("the former one put back", "恢复先前版本")
FROM_SOURCE = Text(
    "The program that makes this pack is {version}; it runs from its source and has no list of "
    "installed files.",
    "制作本报告的程序版本为 {version}，由源代码运行，没有安装文件清单。",
)  # fmt: skip
AS_RELEASED = Text(
    "The program that makes this pack is {version}; its {n} files are as released (list {digest}).",
    "制作本报告的程序版本为 {version}，{n} 个文件与发布时一致（清单 {digest}）。",
)

BUILDS = {
    "source": Text("{version}, from its source", "{version}（从源代码运行）"),
    "unsigned": Text("{version}, development build", "{version}（开发版本）"),
    "altered": Text("{version}, files altered", "{version}（文件有改动）"),
    "unknown": Text("{version}, no list of files", "{version}（无文件清单）"),
}


def versions(g: Ground) -> Made:
    """Programs that wrote records, definitions that were in force, what is installed now."""
    used: dict[tuple[str, str], list[str]] = {}
    for line in g.here:
        if line.kind is Kind.SESSION_OPENED:
            used.setdefault((line.said("program"), line.said("build")), []).append(line.at)
    programs = tuple(
        (Cell(_built(*v), strong=True), Cell(_at(g, at[0])), Cell(_at(g, at[-1])),
         Cell(str(len(at))))
        for v, at in used.items()
    )  # fmt: skip
    installed = [x for x in g.all if x.kind is Kind.DEFINITION_INSTALLED]
    fresh = {x.seq for x in g.here}
    # The one in force when the period began counts as well.
    shown = [x for n, x in enumerate(installed) if x.seq in fresh or _goes_on(installed, n, fresh)]
    definitions = tuple(
        (
            Cell(f"{x.said('version')} {x.said('digest')[:12]}", strong=True),
            Cell(_at(g, x.at)), Cell(x.user), Cell(BACK if x.body.get("back") else ""),
        )
        for x in shown
    )  # fmt: skip
    share = Column(PROGRAM, 2), Column(FIRST), Column(LAST), Column(SIGN_INS)
    forced = Column(DEFINITION, 2), Column(FORCE), Column(WHO), Column(WORDS)
    blocks = (Words(_installed()), Table(share, programs), Table(forced, definitions))
    return Made(blocks, len(programs) + len(definitions))


def _built(version: str, build: str) -> Said:
    """A version; and where its build was no whole release, that it was none."""
    return BUILDS[build].filled(version=version) if build in BUILDS else version


def _goes_on(installed: list[Line], n: int, fresh: set[int]) -> bool:
    following = installed[n + 1 : n + 2]
    return not following or following[0].seq in fresh


def _installed() -> Text:
    place = installation.place()
    if place is None:
        return FROM_SOURCE.filled(version=__version__)
    try:
        found = installation.inspect(place)
    except installation.InstallationUnknown as unknown:
        return unknown.text
    if found.bar is not None:
        return found.bar
    return AS_RELEASED.filled(version=found.version, n=found.files, digest=found.digest[:12])


# --- configuration ----------------------------------------------------------------------

_CONFIGURING: Final = (
    Kind.CHAIN_CREATED, Kind.CHAIN_CONTINUED, Kind.GENERATION_CHANGED, Kind.DEFINITION_INSTALLED,
    Kind.ACTIVATION_INSTALLED, Kind.TRUST_PINNED, Kind.LABRANGE_SET,
)  # fmt: skip
HOLDERS: Final = {
    Holder.SPONSOR.value: Text("sponsor", "申办方"),
    Holder.SITE.value: Text("another computer of the site", "本中心另一台电脑"),
}
PINNED = Text("{holder}, key {key}", "{holder}，密钥 {key}")
PLACED = Text(
    "{what}: in {code}, for {purpose}; {approval}; with {second}",
    "{what}：位于 {code}，用途 {purpose}；{approval}；第二人 {second}",
)
LEAVE = Text("approval {number} until {until}, {scope}", "批准 {number} 截至 {until}，{scope}")
NO_LEAVE = Text("no approval", "无出境批准")
WITH_GENES = Text("genetic data too", "含遗传数据")
NO_GENES = Text("clinical data only", "仅临床数据")
INSTEAD = Text("{what}; instead of {old}", "{what}；替换 {old}")
NEW_KEY = Text("data key {n}: {why}", "第 {n} 代数据密钥：{why}")
NEW_SHEET = Text(
    "data key {n}; recovery sheet {new} instead of {old}: {cause}; with {second}",
    "第 {n} 代数据密钥；恢复单 {new} 替换 {old}：{cause}；第二人 {second}",
)
SHEET = Text("sheet {serial} is the one in force", "恢复单 {serial} 有效")
VERSION = Text("version {version}, {digest}", "版本 {version}，{digest}")
RANGE = Text("{item}, {laboratory}, from {day}", "{item}，{laboratory}，自 {day} 起")
BEGUN = Text("site {site}, {name}", "中心 {site}，{name}")


def configuration(g: Ground) -> Made:
    """What was changed in keys, definition, approval, laboratory ranges, recovery sheet."""
    return _acts(g, (x for x in g.here if x.kind in _CONFIGURING or _note(x, "sheet_checked")))


def _configured(x: Line) -> Said:
    match x.kind:
        case Kind.TRUST_PINNED:
            return _pinned(x)
        case Kind.GENERATION_CHANGED:
            return _new_key(x)
        case Kind.DEFINITION_INSTALLED | Kind.ACTIVATION_INSTALLED:
            return VERSION.filled(version=x.said("version"), digest=x.said("digest")[:12])
        case Kind.LABRANGE_SET:
            day = x.said("valid_from")
            return RANGE.filled(item=x.said("item"), laboratory=x.said("laboratory"), day=day)
        case Kind.REVIEW_NOTED:
            return SHEET.filled(serial=x.said("serial"))
        case _:
            return BEGUN.filled(site=x.said("site"), name=x.said("name"))


def _pinned(x: Line) -> Text:
    holder = HOLDERS.get(x.said("holder"), Text(x.said("holder"), x.said("holder")))
    said = PINNED.filled(holder=holder, key=x.said("key"))
    place, old = x.body.get("place"), x.said("replaces")
    if isinstance(place, Mapping):
        return _placed(said, place, x.said("second"))
    return INSTEAD.filled(what=said, old=old) if old else said


def _placed(what: Text, place: Mapping[str, JSON], second: str) -> Text:
    """Where two people said that a recipient is, and by what leave."""
    leave = place.get("approval")
    approval = NO_LEAVE
    if isinstance(leave, Mapping):
        scope = WITH_GENES if abroad.genetic(leave) else NO_GENES
        approval = LEAVE.filled(number=leave["reference"], until=leave["until"], scope=scope)
    told = {"code": place["jurisdiction"], "purpose": place["purpose"], "second": second}
    return PLACED.filled(what=what, approval=approval, **told)


def _new_key(x: Line) -> Text:
    n = x.said("generation")
    if "recovery" not in x.body:
        return NEW_KEY.filled(n=n, why=REASONS.get(x.said("reason"), x.said("reason")))
    cause = CAUSES.get(x.said("cause"), Text(x.said("cause"), x.said("cause")))
    return NEW_SHEET.filled(
        n=n, new=x.said("recovery"), old=x.said("replaces"), cause=cause, second=x.said("second")
    )


# --- users ------------------------------------------------------------------------------

_PEOPLE: Final = (
    Kind.USER_ADDED, Kind.USER_CONFIRMED, Kind.USER_CLOSED, Kind.KEY_ENROLLED, Kind.KEY_ROTATED,
    Kind.ROLE_GRANTED, Kind.ROLE_REVOKED, Kind.VAULT_GRANTED,
)  # fmt: skip
_STATED: Final = frozenset({"training", "undertaking"})
ROLE, FROM, TO = Text("Role", "角色"), Text("From", "开始"), Text("To", "结束")
GIVEN = Text("Given by", "授权人")
ONGOING = Text("goes on", "仍有效")


def people(g: Ground) -> Made:
    """Who had which role in the period, and what was done to accounts."""
    roles, held = _roles(g.session), []
    for duty in duties(g.session):
        begins = day_of(g.session, duty.start)
        ends = None if duty.end is None else day_of(g.session, duty.end)
        if begins > g.period.last or (ends is not None and ends < g.period.first):
            continue
        until: Said = local_time(g.session, duty.end) if duty.end else duty.until or ONGOING
        role: Said = roles.get(duty.role, duty.role)
        said = duty.user if duty.name == duty.user else f"{duty.user} ({duty.name})"
        held.append(
            (
                Cell(said, strong=True), Cell(role), Cell(local_time(g.session, duty.start)),
                Cell(until), Cell(duty.by),
            )
        )  # fmt: skip
    columns = Column(WHO, 1.4), Column(ROLE, 1.4), Column(FROM), Column(TO), Column(GIVEN)
    acts = _acts(g, (x for x in g.here if _of_people(x)))
    return Made((Table(columns, tuple(held)), *acts.blocks), len(held) + acts.entries)


def _of_people(x: Line) -> bool:
    stated = x.kind is Kind.SIGNATURE_MADE and x.said("meaning") in _STATED
    return x.kind in _PEOPLE or stated or _note(x, "code_issued") or _note(x, "sheet_used")


WITH = Text("with {second}", "与 {second} 共同")


def _told_of_person(g: Ground, x: Line) -> Said:
    about = x.body.get(x.said("meaning"))
    user = str(about.get("user", "")) if isinstance(about, dict) else x.said("user")
    role = x.said("role") if x.kind is not Kind.SIGNATURE_MADE else ""
    known: Said = _roles(g.session).get(role, role)
    looked: Said = DOCUMENTS.get(x.said("document"), x.said("document"))
    reasons = x.said("exception"), x.said("reason"), x.said("delegation")
    second: Said = WITH.filled(second=x.said("second")) if x.said("second") else ""
    rest = [r for r in (known, looked, *reasons, second) if r]
    return Text(
        ", ".join((user, *(r if isinstance(r, str) else r.en for r in rest))),
        "，".join((user, *(r if isinstance(r, str) else r.zh for r in rest))),
    )


# --- sign-ins and clock -----------------------------------------------------------------

DAY, TRIES = Text("Day", "日期"), Text("Failed tries", "失败次数")
UNKNOWN = Text("name not known here", "未知用户名")
GAP = Text(
    "lines of the log are missing: {expected} expected, {found} found",
    "登录日志缺行：应为 {expected}，实为 {found}",
)
LATER = Text("Recorded later", "事后补记")
DAMAGED = Text("the line cannot be read", "该行无法读取")
UNREAD = Text("the log could not be read", "日志无法读取")
UNANSWERED = {
    "account_ended": Text("the account had ended", "账户已到期"),
    "other_user": Text("typed at the lock of somebody else", "在他人的锁定界面输入"),
    "wrong_password": Text("the account was closed", "账户已关闭"),
}
"""Why a right password let nobody in, or a sign-in failed that asked for none."""


def sign_ins(g: Ground) -> Made:
    """Sign-ins that failed, by day and user, and lines of their log that are gone."""
    counted: Counter[tuple[str, str, str]] = Counter()
    odd: list[tuple[Cell, ...]] = []
    for x in g.here:
        if x.kind is not Kind.SIGNIN_FAILED:
            continue
        if x.body.get("gap"):
            odd.append((Cell(str(day_of(g.session, x.at))), Cell(""), Cell(""), Cell(_gap(x))))
            continue
        # The clock of a training folder may be a chosen one; the log has the computer's.
        at = x.at if g.session.folder.training else x.said("at") or x.at
        day = str(day_of(g.session, at))
        if x.body.get("damaged"):
            odd.append((Cell(day), Cell(""), Cell("1"), Cell(DAMAGED)))
        else:
            counted[day, x.said("user"), x.said("cause")] += 1
    rows = [
        (
            Cell(day), Cell(user or UNKNOWN, strong=True), Cell(str(n)),
            Cell(UNANSWERED.get(cause, "")),
        )
        for (day, user, cause), n in sorted(counted.items())
    ]  # fmt: skip
    columns = Column(DAY), Column(WHO, 1.4), Column(TRIES), Column(WORDS, 3)
    table = Table(columns, (*rows, *odd), empty=NOTHING)
    later = tuple(_later(g, x) for x in g.here if _note(x, presence.ACT))
    beside = (Table((Column(WHEN), Column(WHO, 1.4), Column(LATER, 4)), later),) if later else ()
    return Made((table, *beside), sum(counted.values()) + len(odd) + len(later))


def _gap(x: Line) -> Text:
    """What is missing of a log."""
    if x.body.get("damaged"):
        return UNREAD
    return GAP.filled(expected=x.said("expected"), found=x.said("found"))


def _later(g: Ground, x: Line) -> tuple[Cell, ...]:
    """Who came, went or was denied while no record was written."""
    if x.body.get("gap"):
        return Cell(_at(g, x.at)), Cell(""), Cell(_gap(x))
    what, why = PRESENT.get(x.said("what"), DAMAGED), UNWRITTEN.get(x.said("why"))
    said = what if why is None else Text(f"{what.en} ({why.en})", f"{what.zh}（{why.zh}）")
    return Cell(_at(g, x.said("at") or x.at)), Cell(x.said("user")), Cell(said)


WALL, LATEST = Text("Clock showed", "时钟显示"), Text("Last record", "末条记录")
ZONE_MOVED = Text("zone {old} became {new}", "时区由 {old} 变为 {new}")
QUALITIES = {
    "noted": Text("a session began while the clock was behind", "时钟落后时开始会话"),
    "ahead": Text("a session began after the clock was put forward", "时钟被向前调整后开始会话"),
    "unconfirmed": Text(
        "a session began long after the last record; nobody said that the date is right",
        "距末条记录已久，会话开始时无人确认日期",
    ),
    "confirmed": Text("somebody said that the date is right", "已有人确认日期正确"),
}


def clock(g: Ground) -> Made:
    """Clocks found behind, and zones that changed between sessions."""
    rows = []
    opened = [x for x in g.all if x.kind is Kind.SESSION_OPENED]
    zones = {b.seq: (a.said("offset"), b.said("offset")) for a, b in pairwise(opened)}
    for x in g.here:
        wall, last, said = "", "", Text("", "")
        if x.kind is Kind.CLOCK_NOTED:
            wall, last = _at(g, x.said("wall")), _at(g, x.said("last"))
            said = Text(x.said("reason"), x.said("reason"))
        elif x.kind is Kind.SESSION_OPENED and x.said("time_quality") in QUALITIES:
            said = QUALITIES[x.said("time_quality")]
        elif x.kind is Kind.SESSION_OPENED and len(set(zones.get(x.seq, ()))) > 1:
            old, new = zones[x.seq]
            said = ZONE_MOVED.filled(old=old, new=new)
        else:
            continue
        rows.append((Cell(_at(g, x.at)), Cell(x.user), Cell(wall), Cell(last), Cell(said)))
    columns = Column(WHEN), Column(WHO), Column(WALL), Column(LATEST), Column(WORDS, 2)
    return Made((Table(columns, tuple(rows), empty=NOTHING),), len(rows))


# --- backups ----------------------------------------------------------------------------

MONTH, MADE = Text("Month", "月份"), Text("Backups", "备份数")
AWAY, MEDIA = Text("On another disk", "在其他磁盘"), Text("Media", "介质数")
LONGEST = Text(
    "Longest time without a backup on another disk: {days} days.",
    "没有其他磁盘备份的最长间隔：{days} 天。",
)
DRILL, RESTORED = Text("restore drill", "试恢复"), Text("restored", "恢复备份")
BEHIND = Text("up to record {seq}; records since: {n}", "至记录 {seq}；其后新增 {n} 条")
UPTO = Text("up to record {seq}", "至记录 {seq}")


def backups(g: Ground) -> Made:
    """Backups by month, the longest time without one, restores and drills one by one."""
    months: dict[str, list[Line]] = {}
    for x in g.here:
        if x.kind is Kind.BACKUP_MADE:
            months.setdefault(str(day_of(g.session, x.at))[:7], []).append(x)
    rows = tuple(
        (
            Cell(month, strong=True), Cell(str(len(made))),
            Cell(str(sum(bool(x.body.get("apart")) for x in made))),
            Cell(str(len({x.said("medium") for x in made if x.said("medium")}))),
        )
        for month, made in months.items()
    )  # fmt: skip
    done = [x for x in g.here if x.kind is Kind.RESTORE_DONE]
    restores = tuple(
        (
            Cell(_at(g, x.at)), Cell(x.user), Cell(DRILL if x.body.get("drill") else RESTORED),
            Cell(_restored(x)),
        )
        for x in done
    )  # fmt: skip
    blocks = (
        Table((Column(MONTH), Column(MADE), Column(AWAY), Column(MEDIA)), rows, empty=NOTHING),
        Words(LONGEST.filled(days=_without(g))),
        Table((Column(WHEN), Column(WHO), Column(WHAT), Column(ABOUT, 2)), restores, empty=NOTHING),
    )
    return Made(blocks, sum(len(x) for x in months.values()) + len(done))


def _restored(x: Line) -> Said:
    head, missing = x.body.get("head"), x.body.get("missing")
    seq = head.get("seq") if isinstance(head, dict) else ""
    return UPTO.filled(seq=seq) if missing is None else BEHIND.filled(seq=seq, n=missing)


def _without(g: Ground) -> int:
    """Days: between backups on another disk, the edges of the period included."""
    apart = (x for x in g.here if x.kind is Kind.BACKUP_MADE and x.body.get("apart"))
    days = [g.period.first, *(day_of(g.session, x.at) for x in apart), g.period.last]
    return max((b - a).days for a, b in pairwise(days))


# --- issues and incidents ---------------------------------------------------------------

ISSUE, SINCE = Text("Issue", "问题"), Text("Since", "始于")
RISK, WAY = Text("Risk", "风险"), Text("Way round", "应对办法")


INCIDENT, FAULT = Text("Number", "编号"), Text("Fault", "错误")
PROGRAM = Text("Program", "程序版本")
REPORTED = Text("Reported by users", "用户报告的问题")
NO_REPORTS = Text("Users reported no problem.", "用户未报告问题。")
NO_FAULTS = Text("The program met no fault in this period.", "本期间程序未出错。")


def issues(g: Ground) -> Made:
    """What is known to be wrong in the program that makes the pack, faults that it met, and
    problems that users reported in the period or that are still open."""
    rows = tuple(
        (
            Cell(x.oid, strong=True), Cell(str(x.since)), Cell(x.text), Cell(x.risk),
            Cell(x.workaround),
        )
        for x in known_issues()
    )  # fmt: skip
    columns = Column(ISSUE, 0.8), Column(SINCE), Column(ABOUT, 2), Column(RISK, 2), Column(WAY, 2)
    met = tuple(
        (
            Cell(_at(g, x.said("at"))), Cell(x.said("number"), strong=True),
            Cell(x.said("program")), Cell(f"{x.said('fault')} {_places(x)}"),
        )
        for x in g.here
        if _note(x, faultlog.ACT)
    )  # fmt: skip
    told = Column(WHEN), Column(INCIDENT), Column(PROGRAM), Column(FAULT, 3)
    reported = tuple(
        (
            Cell(_at(g, x.at)), Cell(str(x.number), strong=True), Cell(x.user), Cell(x.text),
            _closed(g, x), Cell(x.closed.text if x.closed else ""),
        )
        for x in _incidents(g) if x.what == incidents.PROGRAM
    )  # fmt: skip
    by = (
        Column(WHEN), Column(INCIDENT, 0.6), Column(WHO), Column(REPORTED, 3), Column(CLOSED),
        Column(FOLLOWED, 2),
    )  # fmt: skip
    blocks = (
        Table(columns, rows),
        Table(told, met, empty=NO_FAULTS),
        Table(by, reported, empty=NO_REPORTS),
    )
    return Made(blocks, len(rows) + len(met) + len(reported))


def _incidents(g: Ground) -> Iterator[Incident]:
    """Those of the period, and those that were open in it."""
    with g.session.reading() as conn:
        found = incidents.standing(conn)
    for i in found:
        known = g.period.holds(day_of(g.session, i.at)) or (
            i.closed is None or g.period.holds(day_of(g.session, i.closed.at))
        )
        if known and day_of(g.session, i.at) <= g.period.last:
            yield i


def _closed(g: Ground, found: Incident) -> Cell:
    ended: Said = local_time(g.session, found.closed.at) if found.closed else OPEN
    return Cell(ended, strong=found.closed is None)


def _places(x: Line) -> str:
    places = x.body.get("places")
    return "; ".join(str(p) for p in places) if isinstance(places, list) else ""


DISCOVERED, HAPPENED = Text("Discovered", "发现时间"), Text("What", "事件")
PERSONS, TOLD = Text("Persons affected", "受影响人数"), Text("Who was told", "告知情况")
CLOSED, OPEN = Text("Closed", "结案"), Text("not closed", "未结案")
FOLLOWED = Text("What was found and done", "调查结果与措施")
LOSS = Text("records that are missing here", "缺失的记录")
LOSSES = Text("at least {n} records; signed by {user}", "至少 {n} 条；{user} 签名")


def happened(g: Ground) -> Made:
    """Incidents of the period and those still open, and losses that were signed for.

    Problems with the program stand in their own section.
    """
    rows: list[tuple[Cell, ...]] = []
    for i in _incidents(g):
        if i.what == incidents.PROGRAM:
            continue
        told = [(d.clock.text, clock_words(g.session, d)) for d in i.clocks]
        said = Text(
            "; ".join(f"{t.en}: {w if isinstance(w, str) else w.en}" for t, w in told),
            "；".join(f"{t.zh}：{w if isinstance(w, str) else w.zh}" for t, w in told),
        )
        rows.append(
            (
                Cell(str(i.number), strong=True), Cell(local_time(g.session, i.discovered)),
                Cell(i.name, strong=True), Cell(persons_words(i)), Cell(said), _closed(g, i),
                Cell(i.text),
            )
        )  # fmt: skip
    for x in g.here:
        if x.kind is Kind.SIGNATURE_MADE and x.said("meaning") == "loss":
            loss = x.body.get("loss")
            n = loss.get("missing", 0) if isinstance(loss, dict) else 0
            signed = LOSSES.filled(n=n, user=x.said("user"))
            cells = (str(x.seq), _at(g, x.at), LOSS, "", "", _at(g, x.at), signed)
            rows.append(tuple(Cell(c) for c in cells))
    columns = (
        Column(INCIDENT, 0.6), Column(DISCOVERED), Column(HAPPENED, 1.4), Column(PERSONS, 0.8),
        Column(TOLD, 2),
        Column(CLOSED), Column(WORDS, 2),
    )  # fmt: skip
    return Made((Table(columns, tuple(rows), empty=NOTHING),), len(rows))


# --- sign-offs --------------------------------------------------------------------------

RECORDS, FLAGGED = Text("Records", "记录"), Text("Flagged", "标记")
FLAGGED_NONE = Text("none", "无")
EVERY = Text("Reviews of the trail are due every {days} days.", "稽查轨迹每 {days} 天审阅一次。")
LATELY = Text("The last one before this period: {at}.", "本期间之前最近一次：{at}。")
NEVER = Text("There is none before this period.", "本期间之前没有。")


def trail_reviews(g: Ground) -> Made:
    """Signed reviews of the trail, with the words that stand at them."""
    words = {x.seq: x.said("text") for x in g.all if "trail" in x.body}
    rows = []
    signed = [x for x in g.here if x.kind is Kind.SIGNATURE_MADE and x.said("meaning") == "trail"]
    for x in signed:
        review = x.body.get("review")
        assert isinstance(review, dict)
        flagged = flagged_words(dict(review["flagged"]))
        rows.append(
            (
                Cell(_at(g, x.at)), Cell(x.said("user")),
                Cell(f"{int(str(review['after'])) + 1}–{review['upto']}"),
                Cell(flagged if flagged.en else FLAGGED_NONE), Cell(words.get(x.seq - 1, "")),
            )
        )  # fmt: skip
    columns = Column(WHEN), Column(WHO), Column(RECORDS), Column(FLAGGED, 2), Column(WORDS, 2)
    hint = EVERY.filled(days=limits().every.days)
    blocks = (_before(g, hint, "trail"), Table(columns, tuple(rows), empty=NOTHING))
    return Made(blocks, len(rows))


OPENED, SHUT = Text("Open accounts", "使用中账户"), Text("Closed accounts", "已关闭账户")
ACCOUNTS_EVERY = Text("Accounts are reviewed every {days} days.", "账户每 {days} 天复核一次。")


def account_reviews(g: Ground) -> Made:
    """Signed reviews of accounts, with the words that stand at them."""
    words = {x.seq: x.said("text") for x in g.all if _note(x, account_review.MEANING)}
    signed = [
        x
        for x in g.here
        if x.kind is Kind.SIGNATURE_MADE and x.said("meaning") == account_review.MEANING
    ]
    rows = []
    for x in signed:
        said = x.body.get(account_review.MEANING)
        assert isinstance(said, dict)
        opened = said.get("open")
        here = [str(o["user"]) for o in opened if isinstance(o, dict)] if isinstance(
            opened, list) else []  # fmt: skip
        rows.append(
            (
                Cell(_at(g, x.at)), Cell(x.said("user")), Cell(", ".join(here)),
                Cell(str(said.get("closed", ""))), Cell(words.get(x.seq - 1, "")),
            )
        )  # fmt: skip
    columns = Column(WHEN), Column(WHO), Column(OPENED, 2), Column(SHUT), Column(WORDS, 2)
    hint = ACCOUNTS_EVERY.filled(days=g.session.study.oversight.accounts_days)
    blocks = (
        _before(g, hint, account_review.MEANING),
        Table(columns, tuple(rows), empty=NOTHING),
    )
    return Made(blocks, len(rows))


def _before(g: Ground, every: Text, meaning: str) -> Words:
    fresh = {x.seq for x in g.here}
    earlier = [
        x.at
        for x in g.all
        if x.kind is Kind.SIGNATURE_MADE and x.said("meaning") == meaning and x.seq not in fresh
    ]
    last = LATELY.filled(at=_at(g, earlier[-1])) if earlier else NEVER
    return Words(Text(f"{every.en} {last.en}", f"{every.zh}{last.zh}"), quiet=True)


# --- shared -----------------------------------------------------------------------------


def _acts(g: Ground, found: Iterable[Line]) -> Made:
    """Acts one by one: when, who, what, and what it was about."""
    rows = tuple(
        (
            Cell(_at(g, x.at)), Cell(x.user), Cell(_act(x), strong=True),
            Cell(_told_of_person(g, x) if _of_people(x) else _configured(x)),
        )
        for x in found
    )  # fmt: skip
    columns = Column(WHEN), Column(WHO), Column(WHAT, 1.4), Column(ABOUT, 2.4)
    return Made((Table(columns, rows, empty=NOTHING),), len(rows))


def _act(x: Line) -> Text:
    if x.kind is Kind.SIGNATURE_MADE:
        return STATEMENTS[x.said("meaning")]
    return NOTES[x.said("act")] if x.kind is Kind.REVIEW_NOTED else KINDS[x.kind]


def _note(x: Line, act: str) -> bool:
    return x.kind is Kind.REVIEW_NOTED and x.said("act") == act


def _roles(session: Session) -> dict[str, Text]:
    table = role_table(session.folder.kind, session.study)
    return {r.oid: r.text for r in (*table.values(), *combined(table))}


def _at(g: Ground, at: str) -> str:
    try:
        datetime.fromisoformat(at)
    except ValueError:  # a field of an older program that holds no time
        return at
    return local_time(g.session, at)
