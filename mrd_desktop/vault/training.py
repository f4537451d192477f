"""Training before live work: who manages users signs that a person has done the exercises.

The normal way is the certificate of a training site. Where there is none, or where somebody must
answer for oneself because nobody else manages users, words are asked for and the record says that
it is an exception. It holds for one version of the exercises and for one role. Decision 0037.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.accounts import Account, folded
from mrd_desktop.vault.errors import CertificateRefused, TrainingRefused, UserUnknown
from mrd_desktop.vault.exercises import (
    ATTESTED,
    Certificate,
    plan,
    read_certificate,
    trained,
)
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.roles import MANAGING, TRAINED, role_of
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import stated
from mrd_desktop.vault.users import list_users, others_manage

STATEMENT: Final = Text(
    "I have made sure that this person did the exercises for the role on a training site, or was "
    "trained as stated.",
    "本人已核实该人员在培训中心完成了其角色的练习，或已按所述方式接受培训。",
)
_SHORTEST: Final = 4


def needs(session: Session, account: Account) -> bool:
    """Whether an account waits for somebody to sign for its training."""
    if session.folder.training or session.folder.kind is not FolderKind.SITE:
        return False
    if account.closed or not account.role:
        return False
    if not role_of(session.folder.kind, session.study, account.role).operations & TRAINED:
        return False
    with session.reading() as conn:
        return not trained(conn, session.folder.chain, account)


def attest(
    session: Session,
    name: str,
    password: str,
    *,
    language: Language,
    certificate: bytes | None = None,
    words: str = "",
) -> None:
    """Sign that a user is trained for the own role.

    Args:
        certificate: the file that the training site gave out.
        words: how the person was trained, where there is no certificate; why nobody else signs,
            where one signs for oneself; why a certificate with another name is this person's.

    Raises:
        PermissionDenied: the role may not manage users.
        UserUnknown: no open account.
        CertificateRefused: it does not hold, or not for this study, version, role or person.
        TrainingRefused: words are missing, or somebody else has to sign.
        UndertakingMissing, WrongPassword, TryLater: nothing was signed.
    """
    _sign(session, [_attestation(session, name, certificate, words)], password, language)


def attest_all(
    session: Session, names: Sequence[str], password: str, *, language: Language, words: str
) -> None:
    """Sign for several people at once, each with a signature of its own, all or none.

    Args:
        words: how they were trained; the same for each.

    Raises:
        As :func:`attest`; TrainingRefused: nobody is named.
    """
    if not names:
        raise TrainingRefused(_NAMELESS)
    _sign(session, [_attestation(session, n, None, words) for n in names], password, language)


def _sign(
    session: Session, said: Sequence[Mapping[str, JSON]], password: str, language: Language
) -> None:
    sign = session.signer(password)
    session.commit([stated(session, sign, ATTESTED, STATEMENT, language, one) for one in said])
    if any(one["user"] == session.user for one in said):
        session.trained = True


def _attestation(
    session: Session, name: str, certificate: bytes | None, words: str
) -> dict[str, JSON]:
    """What is signed for one person."""
    session.require(MANAGING, signs=True)
    if session.folder.training or session.folder.kind is not FolderKind.SITE:
        raise TrainingRefused(_LIVE)
    why, user = words.strip(), folded(name)
    account = next((a for a in list_users(session) if a.user == user and not a.closed), None)
    if account is None:
        raise UserUnknown(name)
    held = None if certificate is None else _fitting(session, account, certificate)
    own = account.user == session.user
    if own and others_manage(session):
        raise TrainingRefused(_ANOTHER)
    if (own or held is None or folded(held.user) != account.user) and len(why) < _SHORTEST:
        raise TrainingRefused(_OWN if own else _NO_WORDS if held is None else _NAMED)
    said: dict[str, JSON] = {
        "user": account.user,
        "role": account.role,
        "version": plan().version,
        "certificate": None if held is None else held.digest,
        "chain": None if held is None else held.chain,
        "signer": None if held is None else held.signer,
    }
    if why:
        said["exception"] = why
    return said


def _fitting(session: Session, account: Account, data: bytes) -> Certificate:
    held = read_certificate(data)
    if held.study != session.folder.study:
        raise CertificateRefused(_STUDY)
    if held.version != plan().version:
        raise CertificateRefused(_VERSION.filled(version=held.version, now=plan().version))
    asked = plan().of(account.role)
    short = [e for e in asked if held.exercises.get(e.oid, 0) < e.times]
    if short:
        raise CertificateRefused(
            Text(
                _ROLE.en.format(left=", ".join(e.text.en for e in short)),
                _ROLE.zh.format(left="、".join(e.text.zh for e in short)),
            )
        )
    return held


_LIVE: Final = Text("training is signed for at a live site.", "培训确认应在正式中心进行。")
_ANOTHER: Final = Text(
    "another person who manages users has to sign for you.", "须由另一位管理用户的人员为您确认。"
)
_OWN: Final = Text(
    "nobody else manages users here. Say why you sign for yourself.",
    "本中心没有其他管理用户的人员，请说明由本人确认的原因。",
)
_NAMELESS: Final = Text("nobody is chosen.", "尚未选择人员。")
_NO_WORDS: Final = Text(
    "choose the certificate from the training site, or say how the person was trained.",
    "请选择培训中心的证书，或说明培训方式。",
)
_NAMED: Final = Text(
    "the certificate names another user. Say why it is this person's.",
    "证书上的用户名不同，请说明为何属于此人。",
)
_STUDY: Final = Text("it is for another study.", "它属于另一项研究。")
_VERSION: Final = Text(
    "it is for version {version} of the exercises, now version {now} counts. Do them again.",
    "它对应第 {version} 版练习，现行为第 {now} 版，请重新完成练习。",
)
_ROLE: Final = Text("exercises of this role are missing: {left}.", "缺少该角色的练习：{left}。")
