"""Live mode: the sponsor makes an activation, a site installs it, a session asks whether it holds.

What was installed is a record with the sponsor's signed bytes; a session checks their signature
anew, so that no table can open live mode.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.texts import Text
from mrd_desktop.vault import initiation, schema, trust
from mrd_desktop.vault.accounts import ACTIVATION_SEQ
from mrd_desktop.vault.activation import Activation, Ethics, file_bytes, read_activation
from mrd_desktop.vault.errors import ActivationRefused
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import Holder


@dataclass(frozen=True, slots=True)
class LiveState:
    """Whether a site takes clinical data now.

    Attributes:
        fault: why not; None where it does.
        activation: what was installed last; None where nothing was, and on training sites.
        ethics: the approval, as the sponsor or else the site stated it.
    """

    fault: Text | None
    activation: Activation | None
    ethics: Ethics | None


# --- the sponsor's side -------------------------------------------------------------------


def make_activation(
    session: Session,
    site: str,
    *,
    ethics: Ethics | None = None,
    programs: tuple[str, ...] = (),
    versions: tuple[str, ...] = (),
    expires: str | None = None,
    continues: str | None = None,
) -> bytes:
    """The activation file for a site, recorded in the store.

    Args:
        programs, versions: approved versions of program and definition; this program's own and
            the one in force where none are given.
        expires: last day on which it holds.
        continues: digest of the file that it follows (:mod:`mrd_desktop.transfer.continuing`).

    Raises:
        PermissionDenied: the role may not manage trust.
        ActivationRefused: no key of this site is trusted, or a date or text is none.
    """
    session.require("trust.manage")
    folder = session.folder
    if folder.kind is not FolderKind.STORE:
        raise ActivationRefused(_SPONSORS)
    held = [p for p in trust.pins(session) if p.active and p.holder is Holder.SITE]
    computers = {p.chain: p.sign.id for p in held if p.site == site}
    if not computers:
        raise ActivationRefused(_UNKNOWN_SITE.filled(site=site))
    activation = Activation(
        study=folder.study,
        site=site,
        training=folder.training,
        computers=computers,
        protocol=session.study.protocol,
        versions=versions or (session.study.version,),
        programs=programs or (__version__,),
        ethics=ethics,
        expires=_day(expires),
        store=folder.chain,
        issued=session.now(),
        continues=continues,
    )
    statement = activation.to_bytes()
    data = file_bytes(activation, session.sign_as_site(Namespace.ACTIVATION, statement))
    read_activation(data, [session.site_key()])
    content: dict[str, JSON] = {
        "given": True,
        "version": ", ".join(activation.versions),
        "digest": sha256(data).hexdigest(),
        "site": site,
        "user": session.user,
        "file": data.decode(),
    }
    if continues is not None:
        content["continues"] = continues
    session.commit([Entry(Kind.ACTIVATION_INSTALLED, RecordClass.CODED, content)])
    return data


# --- the site's side ----------------------------------------------------------------------


def look(session: Session, data: bytes) -> Activation:
    """What a file would bind, checked as :func:`install` does; nothing is written.

    Raises:
        ActivationRefused: it does not activate this site now; the reason is named.
    """
    if session.folder.kind is not FolderKind.SITE:
        raise ActivationRefused(_SITES)
    with session.reading() as conn:
        active = [p.sign.raw for p in trust.pins_on(conn) if p.active and _sponsor(p)]
        sponsors = [k for key in active for k in trust.ancestors(conn, session.folder.chain, key)]
    activation = read_activation(data, sponsors)
    fault = activation.fault(session.here(session.fingerprint()))
    if fault is None and activation.continues is not None:
        with session.reading() as conn:
            before = installed_record(conn, session.folder.chain)
        if before is None or before["digest"] != activation.continues:
            fault = _NO_FORMER
    if fault is not None:
        raise ActivationRefused(fault)
    return activation


def install(
    session: Session,
    data: bytes,
    answers: Mapping[str, str],
    *,
    ethics: Ethics | None = None,
) -> Activation:
    """Put an activation in force.

    Args:
        answers: to the site initiation checklist, by question.
        ethics: the approval, where the sponsor's file leaves it to the site.

    Raises:
        PermissionDenied: the role may not manage trust.
        ActivationRefused: the file, the checklist or the approval; nothing was recorded.
    """
    session.require("trust.manage")
    activation = look(session, data)
    stated = activation.ethics or ethics
    if stated is None:
        raise ActivationRefused(_NO_ETHICS)
    _day(stated.date)
    checklist = initiation.answered(answers)
    content: dict[str, JSON] = {
        "version": ", ".join(activation.versions),
        "digest": sha256(data).hexdigest(),
        "user": session.user,
        "file": data.decode(),
        "ethics": {"reference": stated.reference, "date": stated.date},
        "ethics_by": "sponsor" if activation.ethics else "site",
        "checklist": checklist,
    }
    if activation.continues is not None:
        content["continues"] = activation.continues
    session.commit([Entry(Kind.ACTIVATION_INSTALLED, RecordClass.CODED, content)])
    session.activation = activation
    return activation


def state(session: Session) -> LiveState:
    """Whether this site takes clinical data now, and by which activation."""
    with session.reading() as conn:
        body = installed_record(conn, session.folder.chain)
    if body is None or session.activation is None:
        return LiveState(session.not_live, None, None)
    said = body.get("ethics")
    ethics = (
        Ethics(str(said["reference"]), str(said["date"])) if isinstance(said, Mapping) else None
    )
    return LiveState(session.not_live, session.activation, ethics)


def installed(conn: Connection, chain: str) -> Activation | None:
    """The activation that was installed last, its signature checked anew; None without one."""
    body = installed_record(conn, chain)
    if body is None:
        return None
    return signed(conn, str(body.get("file", "")))


def signed(conn: Connection, file: str) -> Activation | None:
    """What a file says that is on record here; None where no sponsor trusted here signed it.

    Whoever was trusted when it came: a replaced key closes no running site.
    """
    sponsors = [p.sign.raw for p in trust.pins_on(conn) if _sponsor(p)]
    try:
        return read_activation(file.encode(), sponsors)
    except ActivationRefused:
        return None


def installed_record(conn: Connection, chain: str) -> Mapping[str, JSON] | None:
    """The record of the activation that was installed last; None without one."""
    seq = schema.setting(conn, ACTIVATION_SEQ)
    if seq is None:
        return None
    try:
        record = store.record(conn, chain, int(seq))
    except LedgerError:
        return None
    if record.opening is None or record.kind is not Kind.ACTIVATION_INSTALLED:
        return None
    return record.body


def _sponsor(pin: trust.Pin) -> bool:
    return pin.holder is Holder.SPONSOR


def _day(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ActivationRefused(_NO_DAY.filled(day=text)) from None


_SPONSORS: Final = Text(
    "it is made in a sponsor's store, not at a site.", "启用文件由申办方库生成，不在中心生成。"
)
_SITES: Final = Text("it is installed at a site.", "启用文件应在研究中心安装。")
_UNKNOWN_SITE: Final = Text(
    "no key of site {site} is trusted. Compare and trust its site.pub first.",
    "尚未信任中心 {site} 的密钥，请先核对并信任其 site.pub。",
)
_NO_DAY: Final = Text(
    "“{day}” is no date. Write 2026-03-16.", "“{day}”不是日期，请写作 2026-03-16。"
)
_NO_FORMER: Final = Text(
    "it continues another activation than the one in force here. Ask the sponsor for a new file.",
    "它接续的并非本中心现行的启用文件，请向申办方索取新文件。",
)
_NO_ETHICS: Final = Text(
    "the file leaves the ethics approval to the site. State its reference and date.",
    "文件未注明伦理批件，请填写批件号和日期。",
)
