"""The accounts as they are reviewed: who is here, since when unseen, what keeps whom from work."""

from __future__ import annotations

from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.insight.reports.model import Cell, Column, Report, Signing, Table, Words
from mrd_desktop.texts import Text
from mrd_desktop.vault.account_review import Line, standing, survey
from mrd_desktop.vault.readiness import WORDS
from mrd_desktop.vault.roles import combined, role_table
from mrd_desktop.vault.session import Session

TITLE = Text("Review of accounts", "账户复核表")
COLUMNS = (
    Column(Text("User", "用户"), 1.2),
    Column(Text("Role", "角色"), 1.2),
    Column(Text("State", "状态"), 1.6),
    Column(Text("Last day", "最后一天"), 0.9),
    Column(Text("Last sign-in", "最近登录"), 1.2),
    Column(Text("Training", "培训确认"), 1.2),
    Column(Text("Stays? Remarks", "保留？备注"), 1.6),
)
ACTIVE = Text("active", "使用中")
BY_ONE = Text("key confirmed by one person", "密钥由一人确认")
NEVER = Text("Not reviewed yet; due {due}.", "尚未复核；应于 {due} 前完成。")
LAST = Text(
    "Last review: {at}, {user}; next one due {due}.",
    "上次复核：{at}，{user}；下次应于 {due} 前完成。",
)
WHO = Text("Site administrator or investigator", "中心管理员或研究者")


def accounts_report(session: Session) -> Report:
    """Every account on paper.

    Raises:
        PermissionDenied: the role neither manages users nor signs.
    """
    table = role_table(session.folder.kind, session.study)
    roles = {r.oid: r.text for r in (*table.values(), *combined(table))}
    rows = []
    for line in survey(session).lines:
        account = line.account
        said = account.user if account.name == account.user else f"{account.user} ({account.name})"
        rows.append(
            (
                Cell(said, strong=True),
                Cell(roles.get(account.role, account.role)),
                Cell(state_words(line)),
                Cell(str(line.until or "")),
                Cell(local_time(session, line.last_sign_in) if line.last_sign_in else ""),
                Cell(local_time(session, line.trained_at) if line.trained_at else ""),
                Cell(""),
            )
        )
    found = standing(session)
    if found.last is None:
        last = NEVER.filled(due=found.due)
    else:
        at = local_time(session, found.last.at)
        last = LAST.filled(at=at, user=found.last.user, due=found.due)
    blocks = (Words(last, quiet=True), Table(COLUMNS, tuple(rows)), Signing((WHO,)))
    return Report("accounts", TITLE, blocks, landscape=True)


def state_words(line: Line) -> Text:
    """All that keeps a person from work, or that nothing does; and an exception made for one."""
    words = [WORDS[bar] for bar in line.bars] or [ACTIVE]
    words += [BY_ONE] if line.alone else []
    return Text(", ".join(w.en for w in words), "、".join(w.zh for w in words))
