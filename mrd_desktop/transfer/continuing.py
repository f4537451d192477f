"""The approval of an amendment for a live site: an activation that continues the one it runs under.

A sponsor gives it once the ethics committee of the site has approved; it names the committee's
letter, the versions approved before and the new one, and the file that it follows. It travels with
a reply and is put in force together with the amendment, so that a live site is never closed by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.transfer import lineage
from mrd_desktop.vault import golive
from mrd_desktop.vault.activation import Activation, Ethics, read_activation
from mrd_desktop.vault.errors import ActivationRefused
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys


@dataclass(frozen=True, slots=True)
class Approved:
    """A file that continues the activation in force here, and what it says."""

    file: str
    activation: Activation
    ethics: Ethics


# --- the sponsor's side -------------------------------------------------------------------


def approve(
    session: Session,
    site: str,
    ethics: Ethics,
    *,
    programs: tuple[str, ...] = (),
    expires: str | None = None,
) -> Activation:
    """Approve the definition in force for a site that was activated under a former one.

    Args:
        ethics: the committee's letter about the amendment.
        programs: versions of the program approved besides those approved before.
        expires: last day on which it holds; as before where none is given.

    Raises:
        PermissionDenied: the role may not manage trust.
        ActivationRefused: the site was never activated, its activation names this version, or a
            date is none.
    """
    session.require("trust.manage")
    with session.reading() as conn:
        file = given(conn, session.folder.chain, site)
    if file is None:
        raise ActivationRefused(_NEVER.filled(site=site))
    before = read_activation(file.encode(), known_keys(session))
    version = session.study.version
    if version in before.versions:
        raise ActivationRefused(_ALREADY.filled(site=site, version=version))
    data = golive.make_activation(
        session,
        site,
        ethics=ethics,
        programs=tuple(dict.fromkeys((*before.programs, *programs))),
        versions=(*before.versions, version),
        expires=expires or before.expires,
        continues=digest(file),
    )
    return read_activation(data, [session.site_key()])


def given(conn: Connection, chain: str, site: str) -> str | None:
    """The file that the store gave to a site last."""
    found = None
    for record in lineage.of_kind(conn, chain, Kind.ACTIVATION_INSTALLED):
        if record.body.get("given") and record.body.get("site") == site:
            found = str(record.body["file"])
    return found


# --- the site's side ----------------------------------------------------------------------


def approval(
    conn: Connection, session: Session, study: Study, files: Iterable[str]
) -> Approved | None:
    """What approves an amendment here, among the files that replies brought; the last one counts.

    It is signed by a sponsor trusted here, continues exactly the activation in force, fits this
    site, computer, program and day, and names the committee's letter.
    """
    body = golive.installed_record(conn, session.folder.chain)
    if body is None:
        return None
    held, here = digest(str(body["file"])), session.here(session.fingerprint(), study)
    found = None
    for file in files:
        said = golive.signed(conn, file)
        if said is None or said.continues != held or said.ethics is None:
            continue
        if said.fault(here) is None:
            found = Approved(file, said, said.ethics)
    return found


@dataclass(frozen=True, slots=True)
class Live:
    """What an amendment means for live mode.

    Attributes:
        approved: what continues the activation under it, where the one in force does not name it.
        fault: why live mode would not be open under it.
        closes: it is open now.
    """

    approved: Approved | None = None
    fault: Text | None = None
    closes: bool = False


def live(
    conn: Connection, session: Session, study: Study, held: Study, files: Iterable[str]
) -> Live:
    """What an amendment means for live mode here; nothing on training sites.

    Args:
        held: the definition in force.
        files: activation files that replies brought.
    """
    if session.folder.training:
        return Live()
    installed = golive.installed(conn, session.folder.chain)
    if installed is None:
        return Live()
    fault = installed.fault(session.here(study=study))
    if fault is None:
        return Live()
    approved = approval(conn, session, study, files)
    if approved is not None:
        return Live(approved)
    return Live(None, fault, closes=installed.fault(session.here(study=held)) is None)


def continued(conn: Connection, session: Session, approved: Approved) -> Entry:
    """The record that puts an approval in force; the checklist of the site goes on to count."""
    body = golive.installed_record(conn, session.folder.chain)
    content: dict[str, JSON] = {
        "version": ", ".join(approved.activation.versions),
        "digest": digest(approved.file),
        "user": session.user,
        "file": approved.file,
        "ethics": {"reference": approved.ethics.reference, "date": approved.ethics.date},
        "ethics_by": "sponsor",
        "checklist": None if body is None else body["checklist"],
        "continues": approved.activation.continues,
    }
    return Entry(Kind.ACTIVATION_INSTALLED, RecordClass.CODED, content)


def digest(file: str) -> str:
    """What an activation file is known by."""
    return sha256(file.encode()).hexdigest()


_NEVER: Final = Text(
    "site {site} was never activated. Make its activation file first.",
    "中心 {site} 尚未启用，请先生成其启用文件。",
)
_ALREADY: Final = Text(
    "the activation of site {site} names version {version} already.",
    "中心 {site} 的启用文件已包含版本 {version}。",
)
