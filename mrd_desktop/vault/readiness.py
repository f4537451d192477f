"""Why a person cannot work here, and what is to be done about it: told for every account."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

from mrd_desktop.texts import Text
from mrd_desktop.vault import training, undertaking
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.roles import SIGNABLE, role_of
from mrd_desktop.vault.session import Session


class Bar(StrEnum):
    """What keeps a person from work, most important first."""

    CLOSED = "closed"
    ENDED = "ended"
    NO_KEY = "no_key"
    UNCONFIRMED = "unconfirmed"
    NO_UNDERTAKING = "no_undertaking"
    UNTRAINED = "untrained"


WORDS: Final = {
    Bar.CLOSED: Text("closed", "已关闭"),
    Bar.ENDED: Text("last day is over", "已过最后一天"),
    Bar.NO_KEY: Text("waits for the first sign-in", "待首次登录"),
    Bar.UNCONFIRMED: Text("key to be confirmed", "密钥待确认"),
    Bar.NO_UNDERTAKING: Text("undertaking not signed", "未签署承诺书"),
    Bar.UNTRAINED: Text("not trained yet", "未确认培训"),
}
WAY_OUT: Final = {
    Bar.CLOSED: Text(
        "The account is closed for good. Add a new one under another name where it is needed.",
        "账户已永久关闭。如需使用，请以新用户名添加账户。",
    ),
    Bar.ENDED: Text(
        "Nobody signs in after the last day. Set another one under Last day, or close the account.",
        "过了最后一天不能登录。请在“最后一天”中重新设定，或关闭账户。",
    ),
    Bar.NO_KEY: Text(
        "The person signs in with the one-time code and sets a password. Reset gives a new code.",
        "请本人用一次性代码登录并设置密码。“重置密码”可重新生成代码。",
    ),
    Bar.UNCONFIRMED: Text(
        "Nothing can be signed yet. Meet the person, look at a document and the delegation log, "
        "and confirm the key.",
        "暂不能签名。请当面核对证件并查阅授权分工表，然后点“确认密钥”。",
    ),
    Bar.NO_UNDERTAKING: Text(
        "Nothing can be signed yet. The person signs it at the next sign-in, or under "
        "Administration, Undertaking.",
        "暂不能签名。请本人在下次登录时签署，或在“管理 → 签名承诺”中签署。",
    ),
    Bar.UNTRAINED: Text(
        "Nothing can be entered or signed yet. Sign for the training under Training.",
        "暂不能录入和签名。请点“培训”确认其培训。",
    ),
}


def bars(session: Session, account: Account, until: date | None) -> tuple[Bar, ...]:
    """What keeps a person from the work of the own role; nothing where all is in order.

    Args:
        until: the last day of the account.
    """
    if account.closed:
        return (Bar.CLOSED,)
    found = []
    if until is not None and session.today() > until:
        found.append(Bar.ENDED)
    if not account.key:
        return (*found, Bar.NO_KEY)
    if not account.confirmed:
        found.append(Bar.UNCONFIRMED)
    if _undertaking_wanted(session, account):
        found.append(Bar.NO_UNDERTAKING)
    if training.needs(session, account):
        found.append(Bar.UNTRAINED)
    return tuple(found)


def _undertaking_wanted(session: Session, account: Account) -> bool:
    if not undertaking.asked_of(session.manifest) or not account.role:
        return False
    duties = role_of(session.folder.kind, session.study, account.role)
    if not duties.operations & SIGNABLE:
        return False
    with session.reading() as conn:
        return not undertaking.given(conn, session.folder.chain, account)
