"""Amendments at a site: what came with a reply, what it would change, installing it, the way back.

A reply only brings an amendment. It comes into force when somebody at the site installs it, after
the sponsor's signature over its digest has been checked anew from the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, Record
from mrd_desktop.ledger.sshsig import Namespace, SignatureRefused
from mrd_desktop.record import carrying
from mrd_desktop.record.carrying import Kept
from mrd_desktop.study import minimal
from mrd_desktop.study.address import FormKey
from mrd_desktop.study.compare import diff, newer
from mrd_desktop.study.impact import affected_forms, newly_required
from mrd_desktop.study.load import study_from_bytes
from mrd_desktop.study.model import Study
from mrd_desktop.study.naming import require_names
from mrd_desktop.study.telling import Told, named, tell
from mrd_desktop.texts import Text
from mrd_desktop.transfer import continuing, lineage
from mrd_desktop.transfer.continuing import Approved, Live
from mrd_desktop.transfer.errors import (
    AmendmentRefused,
    NotApproved,
    NothingToInstall,
    NoWayBack,
    VersionNotNewer,
)
from mrd_desktop.transfer.reply import ReplyManifest
from mrd_desktop.vault import definitions
from mrd_desktop.vault.activation import Activation
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import Holder, pins_on

_NAMED: Final = 5
_FIRST: Final = Text("no amendment is installed.", "尚未安装任何修订。")
_BACK: Final = Text("it is back already.", "原定义已恢复。")
_SAVED: Final = Text("forms have been saved under the amendment.", "已有表单按修订后的定义保存。")
_LOST: Final = Text("it is not kept here.", "本机未保存原定义。")


@dataclass(frozen=True, slots=True)
class Offer:
    """An amendment that waits to be installed.

    Attributes:
        reply: number of the reply that brought it; ``at`` when that was received.
    """

    digest: str
    version: str
    reply: int
    at: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Which definition a folder works under, and what could be done about it.

    Attributes:
        since: when the amendment in force was installed, ``by`` whom; None without one.
        offer: the newest amendment received that comes after the one in force.
        stays: why the former definition cannot come back; None where it can.
        aside: drafts that only another definition can show: whose, and the form.
    """

    version: str
    digest: str
    since: str | None
    offer: Offer | None
    stays: Text | None
    aside: tuple[tuple[str, FormKey], ...]

    def json(self) -> dict[str, JSON]:
        """For the command line."""
        offer = self.offer
        return {
            "version": self.version,
            "digest": self.digest,
            "since": self.since,
            "offer": None
            if offer is None
            else {"version": offer.version, "digest": offer.digest, "reply": offer.reply},
            "can_roll_back": self.stays is None,
            "drafts_aside": [{"user": u, "form": str(f)} for u, f in self.aside],
        }


@dataclass(frozen=True, slots=True)
class DryRun:
    """What an amendment would change here; nothing is written.

    Attributes:
        study: the amendment itself.
        changes: every difference to the definition in force, in words.
        forms: the forms that it touches, in the order of the study.
        required: items that must be answered and need not be so far.
        saved: how many saved forms are of those that it touches.
        asks: how many of them would lack a new required item.
        subjects: whose forms those are.
        drafts: unsaved typing, each with whether it goes on as it is.
        approved: what lets a live site go on under it; None where its activation names it, or
            on training sites.
        activation: why live mode would close; None where it stays as it is.
        held_back: it cannot be installed before the sponsor's approval has come.
    """

    study: Study
    changes: tuple[Told, ...]
    forms: tuple[str, ...]
    required: tuple[str, ...]
    saved: int
    asks: int
    subjects: tuple[str, ...]
    drafts: tuple[Kept, ...]
    approved: Approved | None
    activation: Text | None
    held_back: bool

    @property
    def version(self) -> str:
        """Its version."""
        return self.study.version

    @property
    def digest(self) -> str:
        """What it is installed by."""
        return self.study.digest

    @property
    def form_names(self) -> tuple[Text, ...]:
        """The forms by name."""
        return tuple(self.study.by_form[oid].text for oid in self.forms)

    @property
    def required_names(self) -> tuple[Text, ...]:
        """The newly required items by name, each with its form."""
        return tuple(named(self.study, oid) for oid in self.required)

    def json(self) -> dict[str, JSON]:
        """For the command line."""
        return {
            "version": self.version,
            "digest": self.digest,
            "changes": [c.as_json() for c in self.changes],
            "forms": list(self.forms),
            "required": list(self.required),
            "forms_saved": self.saved,
            "forms_asked_again": self.asks,
            "subjects": list(self.subjects),
            "drafts": [{"user": d.user, "form": str(d.form), "fits": d.fits} for d in self.drafts],
            "activation": None if self.activation is None else self.activation.en,
            "approved": None
            if self.approved is None
            else {
                "ethics": self.approved.ethics.reference,
                "date": self.approved.ethics.date,
                "versions": list(self.approved.activation.versions),
            },
            "held_back": self.held_back,
        }


def check_amendment(held: Study, study: Study, *, live: bool) -> None:
    """Go on only where a definition may follow the one in force.

    Args:
        live: of a live site or store.

    Raises:
        DefinitionForPractice: it does not say what each item is asked for, or holds an identifier,
            and the one in force did.
        DefinitionError: a new form is named like a device.
        AmendmentRefused: it is of another study, or changes what must never change.
        VersionNotNewer: its version does not come after.
    """
    if study.oid != held.oid:
        raise AmendmentRefused(study.oid)
    forbidden = [c for c in diff(held, study) if c.forbidden]
    if forbidden:
        raise AmendmentRefused("; ".join(str(c) for c in forbidden[:_NAMED]))
    if not newer(study.version, held.version):
        raise VersionNotNewer(study.version, held=held.version)
    require_names(study, held)
    if live:
        minimal.require(study, held)


def standing(session: Session) -> Standing:
    """Which definition is in force, what waits, and whether there is a way back."""
    chain = session.folder.chain
    with session.reading() as conn:
        held = definitions.in_force(conn, chain, session.study)
        record = definitions.latest(conn, chain)
        return Standing(
            held.version,
            held.digest,
            None if record is None else record.header.at,
            _offer(conn, chain, held),
            _stays(conn, chain, record),
            carrying.aside(conn) if session.folder.kind is FolderKind.SITE else (),
        )


def try_out(session: Session) -> DryRun:
    """What the waiting amendment would change, told in advance.

    Raises:
        NothingToInstall: none waits.
        AmendmentRefused: it could not be installed.
    """
    chain = session.folder.chain
    with session.reading() as conn:
        held = definitions.in_force(conn, chain, session.study)
        study = _proven(session, conn, _waiting(conn, chain, held))
        check_amendment(held, study, live=not session.folder.training)
        changes = tuple(diff(held, study))
        forms = affected_forms(study, changes)
        required = newly_required(held, study)
        asking = {f.oid for f in study.forms for i in f.items if i.oid in required}
        saved = [(s, f) for s, f in _saved(conn, chain) if f in forms]
        live = _live(session, conn, study, held)
        return DryRun(
            study,
            tell(held, study, changes),
            forms,
            required,
            len(saved),
            sum(form in asking for _, form in saved),
            tuple(sorted({subject for subject, _ in saved})),
            carrying.fates(conn, study, held),
            live.approved,
            live.fault,
            live.closes,
        )


def install(session: Session, digest: str) -> None:
    """Put the waiting amendment in force; sessions from the next sign-in on work under it.

    Args:
        digest: of the amendment that was looked at.

    Raises:
        PermissionDenied: the role may not.
        NothingToInstall: it is not what waits, or not what the sponsor signed.
        AmendmentRefused, VersionNotNewer: it cannot follow the definition in force.
        NotApproved: this live site would be closed by it.
    """
    session.require("trust.manage")
    chain = session.folder.chain
    approved: list[Activation] = []

    def entries(conn: Connection) -> list[Entry]:
        held = definitions.in_force(conn, chain, session.study)
        offer = _waiting(conn, chain, held)
        if offer.digest != digest:
            raise NothingToInstall
        study = _proven(session, conn, offer)
        check_amendment(held, study, live=not session.folder.training)
        live = _live(session, conn, study, held)
        if live.closes and live.fault is not None:
            raise NotApproved(live.fault, version=study.version)
        definitions.keep(conn, held.digest, definitions.shipped_bytes(held))
        carrying.set_aside(conn, study, held)
        carrying.bring_back(conn, study)
        made = [definitions.amended(study, held.digest)]
        if live.approved is not None:
            made.append(continuing.continued(conn, session, live.approved))
            approved[:] = [live.approved.activation]
        return made

    session.commit(entries)
    if approved:
        session.activation = approved[0]


def roll_back(session: Session) -> tuple[Kept, ...]:
    """Put the former definition back, while nothing was saved under the amendment.

    Returns:
        The drafts that were set aside; they come back when the amendment is installed again.

    Raises:
        PermissionDenied: the role may not.
        NoWayBack: a form was saved, or there is no former definition.
    """
    session.require("trust.manage")
    chain = session.folder.chain
    gone: list[Kept] = []

    def entries(conn: Connection) -> list[Entry]:
        record = definitions.latest(conn, chain)
        reason = _stays(conn, chain, record)
        if reason is not None or record is None:
            raise NoWayBack(reason or _FIRST)
        held = definitions.in_force(conn, chain, session.study)
        former = study_from_bytes(definitions.kept(conn)[str(record.body["replaces"])])
        gone[:] = carrying.set_aside(conn, former, held)
        carrying.bring_back(conn, former)
        return [definitions.amended(former, held.digest, back=True)]

    session.commit(entries)
    return tuple(gone)


def _saved(conn: Connection, chain: str) -> Iterator[tuple[str, str]]:
    rows = conn.exec_driver_sql(
        "SELECT subject, form FROM p_form WHERE chain = ? AND saved_seq IS NOT NULL"
        " AND removed = 0",
        (chain,),
    )
    return ((str(subject), str(form)) for subject, form in rows)


def _live(session: Session, conn: Connection, study: Study, held: Study) -> Live:
    files = (
        str(m["file"])
        for record in _bringing(session, conn)
        for m in _messages(record)
        if m.get("type") == "activation"
    )
    return continuing.live(conn, session, study, held, files)


def _stays(conn: Connection, chain: str, record: Record | None) -> Text | None:
    if record is None:
        return _FIRST
    if record.body.get("back"):
        return _BACK
    if str(record.body["replaces"]) not in definitions.kept(conn):
        return _LOST
    saved = conn.exec_driver_sql(
        "SELECT 1 FROM p_form WHERE chain = ? AND definition = ? LIMIT 1",
        (chain, record.body["digest"]),
    ).first()
    return None if saved is None else _SAVED


def _offer(conn: Connection, chain: str, held: Study) -> Offer | None:
    """The newest amendment that the sponsor's replies brought and that is not in force."""
    best: Offer | None = None
    for record in lineage.of_kind(conn, chain, Kind.REPLY_ADOPTED):
        for said in _messages(record):
            if said.get("type") != "definition":
                continue
            version = str(said["version"])
            if newer(version, best.version if best else held.version):
                number = int(str(record.body["number"]))
                best = Offer(str(said["digest"]), version, number, record.header.at)
    return best


def _messages(record: Record) -> Iterator[Mapping[str, JSON]]:
    said = record.body["messages"]
    assert isinstance(said, list)
    return (m for m in said if isinstance(m, Mapping))


def _waiting(conn: Connection, chain: str, held: Study) -> Offer:
    offer = _offer(conn, chain, held)
    if offer is None:
        raise NothingToInstall
    return offer


def _proven(session: Session, conn: Connection, offer: Offer) -> Study:
    """The amendment itself, once the sponsor's signature and the digest hold.

    Raises:
        NothingToInstall: they do not.
    """
    data = definitions.kept(conn).get(offer.digest)
    if data is None or hashlib.sha256(data).hexdigest() != offer.digest:
        raise NothingToInstall(": altered")
    if not any(_vouches(session, conn, r, offer.digest) for r in _bringing(session, conn)):
        raise NothingToInstall(": unsigned")
    study = study_from_bytes(data)
    if study.version != offer.version:
        raise NothingToInstall(f": {offer.version}, {study.version}")
    return study


def _bringing(session: Session, conn: Connection) -> Iterator[Record]:
    return lineage.of_kind(conn, session.folder.chain, Kind.REPLY_ADOPTED)


def _vouches(session: Session, conn: Connection, record: Record, digest: str) -> bool:
    """Whether a sponsor's key trusted here signed a reply that holds this definition.

    A key that was replaced since still counts: it was trusted when the reply was received.
    """
    signed = str(record.body["manifest"]).encode()
    keys = [p.sign.raw for p in pins_on(conn) if p.holder is Holder.SPONSOR]
    try:
        sshsig.verify(str(record.body["signature"]), signed, Namespace.REPLY, keys)
    except SignatureRefused:
        return False
    manifest = ReplyManifest.from_bytes(signed)
    folder = session.folder
    meant = (manifest.study, manifest.site, manifest.chain, manifest.training)
    part = f"definitions/{digest}.json"
    return meant == (folder.study, folder.site, folder.chain, folder.training) and any(
        p.name == part and p.sha256 == digest for p in manifest.parts
    )
