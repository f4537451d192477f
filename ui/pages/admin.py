"""Administration: users, keys, the trail, backups, passwords, what this program is."""

from __future__ import annotations

from collections.abc import Iterator

from mrd_desktop.closing.bundle import may_close
from mrd_desktop.insight.reports.periodic import may_compile
from mrd_desktop.texts import Text
from mrd_desktop.vault.account_review import may_review
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.new_sheet import may_replace
from mrd_desktop.vault.roles import SIGNABLE
from ui.context import Context
from ui.page import Page
from ui.pages.admin_about import AboutPart
from ui.pages.admin_accounts import NAME as ACCOUNTS
from ui.pages.admin_accounts import AccountsPart
from ui.pages.admin_closing import NAME as CLOSING
from ui.pages.admin_closing import ClosingPart
from ui.pages.admin_custody import CustodyPart
from ui.pages.admin_definition import NAME as DEFINITION
from ui.pages.admin_definition import DefinitionPart
from ui.pages.admin_exercises import NAME as EXERCISES
from ui.pages.admin_exercises import ExercisesPart
from ui.pages.admin_incidents import NAME as INCIDENTS
from ui.pages.admin_incidents import IncidentsPart
from ui.pages.admin_live import LivePart
from ui.pages.admin_loss import NAME as LOSS
from ui.pages.admin_loss import LossPart
from ui.pages.admin_milestones import NAME as MILESTONES
from ui.pages.admin_milestones import MilestonesPart
from ui.pages.admin_password import PasswordPart
from ui.pages.admin_periodic import NAME as PERIODIC
from ui.pages.admin_periodic import PeriodicPart
from ui.pages.admin_requests import NAME as REQUESTS
from ui.pages.admin_requests import RequestsPart
from ui.pages.admin_sheet import NAME as SHEET
from ui.pages.admin_sheet import SheetPart
from ui.pages.admin_slip import SlipPart
from ui.pages.admin_trail import NAME as TRAIL
from ui.pages.admin_trail import TrailPart
from ui.pages.admin_trust import TrustPart
from ui.pages.admin_typing import TypingPart
from ui.pages.admin_undertaking import NAME as UNDERTAKING
from ui.pages.admin_undertaking import UndertakingPart
from ui.pages.admin_users import UsersPart
from ui.pages.admin_vault import VaultPart
from ui.pages.parted import PartedPage
from ui.work import Desk

HEADING = Text("Administration", "管理")
USERS = Text("Users", "用户")
TRUST = Text("Sponsor key", "申办方密钥")
LIVE = Text("Live mode", "正式启用")
CUSTODY = Text("Backup and verification", "备份与校验")
SLIP = Text("Day-end slip", "日终核对单")
VAULT = Text("Access to identities", "身份信息授权")
TYPING = Text("Your typing", "录入习惯")
PASSWORD = Text("Your password", "我的密码")
ABOUT = Text("About", "关于")


class AdminPage(PartedPage):
    """Parts, of which each user finds those that the role allows."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context, HEADING, _parts(context, desk))


def _parts(context: Context, desk: Desk) -> Iterator[tuple[str, Text, Page]]:
    yield from _people(context, desk)
    yield from _custody(context, desk)
    yield from _own(context, desk)


def _people(context: Context, desk: Desk) -> Iterator[tuple[str, Text, Page]]:
    """Who works here, and under which word of the sponsor."""
    session, folder = desk.session, desk.session.folder
    if session.allows("user.manage"):
        yield "users", USERS, UsersPart(context, desk)
    if may_review(session):
        yield "accounts", ACCOUNTS, AccountsPart(context, desk)
    if session.allows("trust.manage"):
        yield "trust", TRUST, TrustPart(context, desk)
        yield "live", LIVE, LivePart(context, desk)
        yield "definition", DEFINITION, DefinitionPart(context, desk)
    if folder.training and folder.kind is FolderKind.SITE:
        yield "exercises", EXERCISES, ExercisesPart(context, desk)


def _custody(context: Context, desk: Desk) -> Iterator[tuple[str, Text, Page]]:
    """What is kept, reviewed, endorsed and reported."""
    session, at_site = desk.session, desk.session.folder.kind is FolderKind.SITE
    if session.allows("audit.see"):
        yield "trail", TRAIL, TrailPart(context, desk)
    if may_compile(session) and at_site:
        yield "periodic", PERIODIC, PeriodicPart(context, desk)
    if session.allows("form.sign") and desk.study.oversight.milestones:
        yield "milestones", MILESTONES, MilestonesPart(context, desk)
    if session.allows("backup") or session.allows("verify"):
        yield "custody", CUSTODY, CustodyPart(context, desk)
    if session.allows("verify"):
        yield "slip", SLIP, SlipPart(context, desk)
        yield "loss", LOSS, LossPart(context, desk)
    if session.allows("subject.see") and at_site:
        yield "requests", REQUESTS, RequestsPart(context, desk)
    if session.allows("verify"):
        yield "incidents", INCIDENTS, IncidentsPart(context, desk)
    if may_replace(session) and at_site:
        yield "sheet", SHEET, SheetPart(context, desk)
    if may_close(session) and at_site:
        yield "closing", CLOSING, ClosingPart(context, desk)
    if session.has_vault:
        yield "vault", VAULT, VaultPart(context, desk)


def _own(context: Context, desk: Desk) -> Iterator[tuple[str, Text, Page]]:
    """What is one's own, and what the program is."""
    session = desk.session
    if session.allows("form.edit"):
        yield "typing", TYPING, TypingPart(context, desk)
    if session.duties.operations & SIGNABLE:
        yield "undertaking", UNDERTAKING, UndertakingPart(context, desk)
    yield "password", PASSWORD, PasswordPart(context, desk)
    yield "about", ABOUT, AboutPart(context, desk)
