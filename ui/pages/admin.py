"""Administration: users, keys, the trail, backups, passwords, what this program is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mrd_desktop.closing.bundle import may_close
from mrd_desktop.closing.destruction import may_begin
from mrd_desktop.insight.reports.periodic import may_compile
from mrd_desktop.texts import Text
from mrd_desktop.vault.account_review import may_review
from mrd_desktop.vault.clock_note import may_note
from mrd_desktop.vault.data_key import may_change
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.new_sheet import may_replace
from mrd_desktop.vault.own_key import may_rotate
from mrd_desktop.vault.roles import SIGNABLE
from ui.context import Context
from ui.page import Page
from ui.pages.admin_about import AboutPart
from ui.pages.admin_accounts import NAME as ACCOUNTS
from ui.pages.admin_accounts import AccountsPart
from ui.pages.admin_clock import NAME as CLOCK
from ui.pages.admin_clock import ClockPart
from ui.pages.admin_closing import NAME as CLOSING
from ui.pages.admin_closing import ClosingPart
from ui.pages.admin_custody import CustodyPart
from ui.pages.admin_datakey import NAME as DATA_KEY
from ui.pages.admin_datakey import DataKeyPart
from ui.pages.admin_definition import NAME as DEFINITION
from ui.pages.admin_definition import DefinitionPart
from ui.pages.admin_destruction import NAME as DESTRUCTION
from ui.pages.admin_destruction import DestructionPart
from ui.pages.admin_exercises import NAME as EXERCISES
from ui.pages.admin_exercises import ExercisesPart
from ui.pages.admin_incidents import NAME as INCIDENTS
from ui.pages.admin_incidents import IncidentsPart
from ui.pages.admin_key import NAME as KEY
from ui.pages.admin_key import KeyPart
from ui.pages.admin_live import LivePart
from ui.pages.admin_loss import NAME as LOSS
from ui.pages.admin_loss import LossPart
from ui.pages.admin_milestones import NAME as MILESTONES
from ui.pages.admin_milestones import MilestonesPart
from ui.pages.admin_password import PasswordPart
from ui.pages.admin_periodic import NAME as PERIODIC
from ui.pages.admin_periodic import PeriodicPart
from ui.pages.admin_recipient import NAME as RECIPIENT
from ui.pages.admin_recipient import RecipientPart
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
from ui.pages.admin_update import NAME as UPDATE
from ui.pages.admin_update import UpdatePart
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


GROUPS = (
    (
        Text("People and keys", "人员与密钥"),
        (
            "users",
            "accounts",
            "vault",
            "trust",
            "recipient",
            "key",
            "datakey",
            "sheet",
            "undertaking",
            "password",
        ),
    ),
    (
        Text("Data and trail", "数据与稽查"),
        ("trail", "periodic", "milestones", "requests", "incidents"),
    ),
    (
        Text("Backup and checks", "备份与核对"),
        ("custody", "slip", "loss", "clock", "closing", "destruction"),
    ),
    (
        Text("Study and program", "研究与程序"),
        ("live", "definition", "exercises", "typing", "update", "about"),
    ),
)
Offered = tuple[str, Text, Callable[[Context, Desk], Page]]


class AdminPage(PartedPage):
    """Parts in groups, of which each user finds those that the role allows."""

    def __init__(self, context: Context, desk: Desk) -> None:
        made = ((key, name, part(context, desk)) for key, name, part in offered(desk))
        super().__init__(context, HEADING, made, GROUPS)


def offered(desk: Desk) -> Iterator[Offered]:
    """The parts for the user at work: key, name, and what makes it."""
    yield from _people(desk)
    yield from _custody(desk)
    yield from _receiving(desk)
    yield from _own(desk)


def _people(desk: Desk) -> Iterator[Offered]:
    """Who works here, and under which word of the sponsor."""
    session, folder = desk.session, desk.session.folder
    if session.allows("user.manage"):
        yield "users", USERS, UsersPart
    if may_review(session):
        yield "accounts", ACCOUNTS, AccountsPart
    if session.allows("trust.manage"):
        yield "trust", TRUST, TrustPart
        yield "live", LIVE, LivePart
        yield "definition", DEFINITION, DefinitionPart
    if may_rotate(session) and folder.kind is FolderKind.SITE:
        yield "key", KEY, KeyPart
    if may_change(session) and folder.kind is FolderKind.SITE:
        yield "datakey", DATA_KEY, DataKeyPart
    if folder.training and folder.kind is FolderKind.SITE:
        yield "exercises", EXERCISES, ExercisesPart


def _custody(desk: Desk) -> Iterator[Offered]:
    """What is kept, reviewed, endorsed and reported."""
    session, at_site = desk.session, desk.session.folder.kind is FolderKind.SITE
    if session.allows("audit.see"):
        yield "trail", TRAIL, TrailPart
    if may_compile(session) and at_site:
        yield "periodic", PERIODIC, PeriodicPart
    if session.allows("form.sign") and desk.study.oversight.milestones:
        yield "milestones", MILESTONES, MilestonesPart
    if session.allows("backup") or session.allows("verify"):
        yield "custody", CUSTODY, CustodyPart
    if session.allows("verify"):
        yield "slip", SLIP, SlipPart
        yield "loss", LOSS, LossPart
    if may_note(session):
        yield "clock", CLOCK, ClockPart
    if session.allows("subject.see") and at_site:
        yield "requests", REQUESTS, RequestsPart
    if session.allows("verify"):
        yield "incidents", INCIDENTS, IncidentsPart
    if may_replace(session) and at_site:
        yield "sheet", SHEET, SheetPart
    if may_close(session) and at_site:
        yield "closing", CLOSING, ClosingPart
    if may_begin(session) and at_site:
        yield "destruction", DESTRUCTION, DestructionPart


def _receiving(desk: Desk) -> Iterator[Offered]:
    """Who receives data, and who sees identities."""
    session, at_site = desk.session, desk.session.folder.kind is FolderKind.SITE
    if at_site and (session.allows("trust.manage") or session.allows("export")):
        yield "recipient", RECIPIENT, RecipientPart
    if session.has_vault:
        yield "vault", VAULT, VaultPart


def _own(desk: Desk) -> Iterator[Offered]:
    """What is one's own, and what the program is."""
    session = desk.session
    if session.allows("form.edit"):
        yield "typing", TYPING, TypingPart
    if session.duties.operations & SIGNABLE:
        yield "undertaking", UNDERTAKING, UndertakingPart
    yield "password", PASSWORD, PasswordPart
    if session.allows("user.manage"):
        yield "update", UPDATE, UpdatePart
    yield "about", ABOUT, AboutPart
