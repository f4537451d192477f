"""The delegation log: who could do what from when to when, as the records tell it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.insight.reports.model import Cell, Column, Heading, Report, Signing, Table, Words
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.texts import Text
from mrd_desktop.vault.accounts import NAMED
from mrd_desktop.vault.clock import Zone
from mrd_desktop.vault.roles import MANAGING, combined, role_table
from mrd_desktop.vault.session import Session

TITLE = Text("Delegation log (users of the program)", "授权分工表（系统用户）")
HINT = Text(
    "As recorded in the program. The signed delegation log of the study file goes before it.",
    "本表由系统记录生成；研究文件夹中经签署的授权分工表优先。",
)
COLUMNS = (
    Column(Text("User", "用户"), 1.2),
    Column(Text("Role", "角色"), 1.2),
    Column(Text("From", "开始"), 1.3),
    Column(Text("To", "结束"), 1.3),
    Column(Text("Given by", "授权人"), 1.1),
    Column(Text("Ended by, reason", "终止人、原因"), 1.6),
    Column(Text("Identity data", "身份信息权限"), 1.1),
)
ON = Text("Who had a role on {day} (UTC{zone})", "{day}（UTC{zone}）有权限的人员")
DUTIES = Text("What the roles may do", "角色权限")
DUTY_COLUMNS = (Column(Text("Role", "角色"), 1.0), Column(Text("May", "可执行"), 4.0))
HOLDS = Text("yes, since {at}", "有，自 {at}")
PERSON = Text("Principal investigator", "主要研究者")

_DAY = timedelta(days=1)
_KINDS = (
    Kind.USER_ADDED,
    Kind.ROLE_GRANTED,
    Kind.ROLE_REVOKED,
    Kind.VAULT_GRANTED,
    Kind.USER_CLOSED,
    Kind.REVIEW_NOTED,
)
OPERATIONS = {
    "subject.create": Text("give out subject numbers", "新建受试者"),
    "subject.see": Text("see subjects", "查看受试者"),
    "form.edit": Text("enter and change data", "录入和修改数据"),
    "form.sign": Text("sign forms", "签署表单"),
    "form.lock": Text("lock forms", "锁定表单"),
    "note.add": Text("write notes", "填写备注"),
    "sdv": Text("mark source data as verified", "标记原始数据核查"),
    "query.answer": Text("answer queries", "回复质疑"),
    "query.open": Text("ask queries", "提出质疑"),
    "query.close": Text("close queries", "关闭质疑"),
    "identity.see": Text("see identity data", "查看身份信息"),
    "identity.edit": Text("enter identity data", "录入身份信息"),
    "user.manage": Text("manage users", "管理用户"),
    "trust.manage": Text("trust sponsor keys", "管理信任的申办方密钥"),
    "export": Text("export packages", "导出数据包"),
    "import": Text("receive replies", "接收回复"),
    "backup": Text("make backups", "备份"),
    "restore": Text("restore backups", "恢复备份"),
    "audit.see": Text("see the audit trail", "查看稽查轨迹"),
    "audit.review": Text("sign reviews of the audit trail", "签署稽查轨迹审阅"),
    "verify": Text("verify records", "校验记录"),
}


@dataclass(frozen=True, slots=True)
class Duty:
    """One user in one role for a time; times are UTC, ``end`` None while it lasts."""

    user: str
    name: str
    role: str
    start: str
    by: str
    end: str | None = None
    ended_by: str = ""
    reason: str = ""
    vault: str | None = None
    until: str = ""


def at_moment(found: Iterable[Duty], at: str, zone: Zone) -> tuple[Duty, ...]:
    """The duties that somebody had at a moment (UTC): who could do what then.

    Args:
        zone: of the place, where the last day of an account ends at midnight.
    """
    day = zone.local(at).date().isoformat()
    return tuple(
        d for d in found
        if d.start <= at and (d.end is None or at < d.end) and (not d.until or day <= d.until)
    )  # fmt: skip


def on_day(found: Iterable[Duty], day: date, zone: Zone) -> tuple[Duty, ...]:
    """The duties that somebody had at any time of a day of the place (R-ACC-04)."""
    return tuple(
        d for d in found
        if zone.local(d.start).date() <= day
        and (d.end is None or zone.local(d.end).date() >= day)
        and (not d.until or day.isoformat() <= d.until)
    )  # fmt: skip


def spans(session: Session) -> tuple[tuple[date, date], ...]:
    """First and last days between which nobody's duty changed, up to today, the latest first.

    A day on which one did stands alone.
    """
    zone, today = session.clock.zone, session.today()
    found = duties(session)
    turns = {zone.local(at).date() for d in found for at in (d.start, d.end) if at}
    turns |= {date.fromisoformat(d.until) + _DAY for d in found if d.until and d.end is None}
    days = sorted(day for day in turns if day <= today)
    made = []
    for day, following in zip(days, (*days[1:], today + _DAY), strict=True):
        made.append((day, day))
        if following - day > _DAY:
            made.append((day + _DAY, following - _DAY))
    return tuple(reversed(made))


def delegation_log(session: Session, day: date | None = None) -> Report:
    """Everybody who ever had a role, or who had one on a day of the place.

    Raises:
        PermissionDenied: the role neither manages users nor sees the trail.
    """
    if not session.allows(MANAGING) and not session.allows("audit.see"):
        session.deny("audit.see")
    roles = role_table(session.folder.kind, session.study)
    named = {**roles, **{r.oid: r for r in combined(roles)}}
    rows = []
    zone = session.clock.zone
    for duty in duties(session) if day is None else on_day(duties(session), day, zone):
        role = named.get(duty.role)
        vault = HOLDS.filled(at=local_time(session, duty.vault)) if duty.vault else ""
        said = duty.user if duty.name == duty.user else f"{duty.user} ({duty.name})"
        rows.append(
            (
                Cell(said, strong=True),
                Cell(role.text if role else duty.role),
                Cell(local_time(session, duty.start)),
                Cell(local_time(session, duty.end) if duty.end else duty.until),
                Cell(duty.by),
                Cell(", ".join(filter(None, (duty.ended_by, duty.reason)))),
                Cell(vault),
            )
        )
    may = []
    for role in roles.values():
        texts = [t for o, t in OPERATIONS.items() if o in role.operations]
        said_all = Text(", ".join(t.en for t in texts), "、".join(t.zh for t in texts))
        may.append((Cell(role.text, strong=True), Cell(said_all)))
    head = () if day is None else (Heading(ON.filled(day=day, zone=zone.offset), 2),)
    blocks = (
        *head,
        Words(HINT, quiet=True),
        Table(COLUMNS, tuple(rows)),
        Heading(DUTIES, 2),
        Table(DUTY_COLUMNS, tuple(may)),
        Signing((PERSON,)),
    )
    about = "" if day is None else day.isoformat()
    return Report("delegation", TITLE, blocks, landscape=True, about=about)


def duties(session: Session) -> tuple[Duty, ...]:
    """Every role that a user had, in the order in which they were given."""
    found: list[Duty] = []
    names: dict[str, str] = {}
    for record in _records(session):
        body, at = record.body, record.header.at
        user, by = str(body.get("user", "")), str(body.get("by", ""))
        now = next((n for n, d in enumerate(found) if d.user == user and d.end is None), None)
        match record.kind:
            case Kind.USER_ADDED:
                names[user] = str(body.get("full_name") or body["name"])
            case Kind.REVIEW_NOTED if body.get("act") == NAMED:
                names[user] = str(body["full_name"])
                found = [replace(d, name=names[user]) if d.user == user else d for d in found]
            case Kind.ROLE_GRANTED:
                why = str(body.get("exception", ""))
                role = str(body["role"])
                until = str(body.get("until", ""))
                made = Duty(user, names.get(user, user), role, at, by, reason=why, until=until)
                if now is not None:  # another last day: one duty goes over into the next
                    made = replace(made, vault=found[now].vault)
                    found[now] = replace(found[now], end=at, ended_by=by)
                found.append(made)
            case Kind.VAULT_GRANTED if now is not None:
                found[now] = replace(found[now], vault=at)
            case Kind.ROLE_REVOKED | Kind.USER_CLOSED if now is not None:
                why = ", ".join(filter(None, (found[now].reason, str(body.get("reason", "")))))
                found[now] = replace(found[now], end=at, ended_by=by, reason=why)
            case _:
                pass
    return tuple(found)


def _records(session: Session) -> Iterator[Record]:
    chain = session.folder.chain
    with session.reading() as conn:
        seqs = conn.exec_driver_sql(
            "SELECT o.seq FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no"
            " WHERE c.chain = ? AND json_extract(CAST(o.payload AS TEXT), '$.kind')"
            " IN (SELECT value FROM json_each(?)) ORDER BY o.seq",
            (chain, json.dumps([k.value for k in _KINDS])),
        ).all()
        for (seq,) in seqs:
            yield store.record(conn, chain, int(seq))
