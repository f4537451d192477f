"""The periodic review in one document: is the system of this site still as it was validated?

One call reads the records of a period and makes every section (R-VAL-08; Annex 11, 11). Who looks
at it judges and signs on paper; the print is recorded with its period, and the next pack begins
on the day on which the last one ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mrd_desktop.insight.reports import periodic_parts as parts
from mrd_desktop.insight.reports.model import (
    Block,
    Break,
    Fact,
    Facts,
    Heading,
    Report,
    Signing,
    Words,
)
from mrd_desktop.insight.reports.periodic_parts import Ground, Made
from mrd_desktop.insight.reports.periodic_read import WHAT, Period
from mrd_desktop.texts import Text
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.session import Session

TITLE: Final = Text("Periodic review", "定期审查")
SEES: Final = "audit.see"
HINT: Final = Text(
    "Made by the program from the records of this site, {first} to {last}. Whoever reviews it "
    "judges whether the system is still fit for its use, writes down what follows and signs.",
    "由程序根据本中心 {first} 至 {last} 的记录生成。审查人据此判断系统是否仍适合使用，"
    "填写结论与后续措施并签名。",
)
VERDICT: Final = Text("Conclusion", "结论")
FIT: Final = Text("Still fit for its use (yes / no)", "仍适合使用（是/否）")
FOLLOWS: Final = Text("What has to be done, by whom, until when", "后续措施、责任人、期限")
REVIEWER: Final = Text("Reviewed by", "审查人")
QUALITY: Final = Text("Quality assurance", "质量保证")


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its stable code, its title, and what makes it."""

    oid: str
    text: Text
    make: Callable[[Ground], Made]


SECTIONS: Final = (
    Section("versions", Text("Versions of program and definition", "程序与研究定义版本"),
            parts.versions),
    Section("configuration", Text("Changes of configuration", "配置变更"), parts.configuration),
    Section("users", Text("Users and roles", "用户与角色"), parts.people),
    Section("sign_ins", Text("Failed sign-ins", "登录失败"), parts.sign_ins),
    Section("clock", Text("Clock", "时钟"), parts.clock),
    Section("backups", Text("Backups and restore drills", "备份与试恢复"), parts.backups),
    Section("issues", Text("Open issues of the program", "程序的未解决问题"), parts.issues),
    Section("incidents", Text("Incidents", "事件"), parts.happened),
    Section("trail", Text("Reviews of the audit trail", "稽查轨迹审阅"), parts.trail_reviews),
    Section("accounts", Text("Reviews of accounts", "账户复核"), parts.account_reviews),
)  # fmt: skip
"""What an inspector looks for, in the order of the document."""


@dataclass(frozen=True, slots=True)
class Pack:
    """What a period shows: each section with its blocks."""

    period: Period
    made: tuple[tuple[Section, Made], ...]


def may_compile(session: Session) -> bool:
    """Who sees the trail, or manages users; nothing in it is about a subject."""
    return session.allows(SEES) or session.allows(MANAGING)


def compile_pack(session: Session, period: Period) -> Pack:
    """Read the period and make every section.

    Raises:
        PermissionDenied: the role neither sees the trail nor manages users.
    """
    if not may_compile(session):
        session.deny(SEES)
    ground = parts.ground(session, period)
    return Pack(period, tuple((s, s.make(ground)) for s in SECTIONS))


def pack_report(pack: Pack) -> Report:
    """The document."""
    span = pack.period
    blocks: list[Block] = [Words(HINT.filled(first=span.first, last=span.last), quiet=True)]
    for number, (section, made) in enumerate(pack.made, 1):
        en, zh = section.text.en, section.text.zh
        blocks += [Heading(Text(f"{number}. {en}", f"{number}. {zh}"), 2), *made.blocks]
    last = len(pack.made) + 1
    blocks += [
        Break(),  # what is judged and signed stands on one page
        Heading(Text(f"{last}. {VERDICT.en}", f"{last}. {VERDICT.zh}"), 2),
        Facts((Fact(FIT), Fact(FOLLOWS)), columns=1),
        Signing((REVIEWER, QUALITY)),
    ]
    return Report(WHAT, TITLE, tuple(blocks), about=str(span), landscape=True)
