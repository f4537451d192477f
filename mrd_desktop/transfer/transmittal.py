"""What was sent: each package with what it brought, and whether the sponsor has confirmed it.

The transfer slip of a package carries the code of its head as a day-end slip does: typed or
scanned, it is compared with the folder in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from mrd_desktop.deadlines import deadlines
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.checkpoint import code_of, in_fours, qr_modules, qr_text
from mrd_desktop.transfer.manifest import file_name
from mrd_desktop.transfer.messages import Receipt
from mrd_desktop.transfer.refusals import Refusal
from mrd_desktop.transfer.reply import receipts, refused
from mrd_desktop.vault.session import Session


@dataclass(frozen=True, slots=True)
class Transmittal:
    """One package as the site remembers it.

    Attributes:
        file: its name.
        at: local time with its zone; ``day`` its day.
        seq, code: its last record and 20 characters of that record's digest.
        records, opened, kept: headers, contents, and contents that stayed; None where an earlier
            version of the program did not note it.
        manifest: SHA-256 of its manifest, what the package is called.
        confirmed: local time at which the sponsor received it, by the sponsor's signed receipt.
        within: number of a later package that the sponsor confirmed, whose head tells that it holds
            this one's records too; None where this one is confirmed itself, or nothing is.
        refused: the sponsor did not take it, and what to do; None once something else settled it.
        waiting: days since it was made, None once the sponsor holds it.
    """

    site: str
    name: str
    chain: str
    number: int
    file: str
    at: str
    day: date
    seq: int
    code: str
    full: bool
    records: int | None
    opened: int | None
    kept: int | None
    manifest: str
    confirmed: str | None
    waiting: int | None
    within: int | None = None
    refused: Refusal | None = None

    @property
    def grouped(self) -> str:
        """The code in fours, as it is read out."""
        return in_fours(self.code)

    @property
    def fingerprint(self) -> str:
        """The digest of the manifest in fours."""
        return in_fours(self.manifest)

    @property
    def qr(self) -> str:
        """What stands in the QR code: the head, as on a day-end slip."""
        return qr_text(self.site, self.chain, self.seq, self.code)

    @property
    def overdue(self) -> bool:
        """Not confirmed within the time in which a receipt is expected."""
        return self.waiting is not None and self.waiting > deadlines().receipt

    def modules(self) -> tuple[bytes, ...]:
        """The QR code row by row, 1 for dark, without its quiet zone."""
        return qr_modules(self.qr)


def transmittals(session: Session) -> tuple[Transmittal, ...]:
    """Every package that was sealed on this chain, latest first.

    Raises:
        PermissionDenied: the role may neither export nor import.
    """
    if not session.allows("export"):
        session.require("import", reads=True)
    known = receipts(session)
    confirmed = {receipt.package: receipt for receipt in known}
    turned_away = refused(session)
    with session.reading() as conn:
        found = list(lineage.of_kind(conn, session.folder.chain, Kind.PACKAGE_SEALED))
    made = (_one(session, record, confirmed, known) for record in reversed(found))
    return tuple(
        replace(one, refused=_refusal(one, turned_away)) if one.waiting is not None else one
        for one in made
    )


def _refusal(one: Transmittal, told: Iterable[Refusal]) -> Refusal | None:
    """What was told last of this very package; of its number where no more could be read."""
    mine = [r for r in told if r.number == one.number and r.package in (one.manifest, None)]
    return max(mine, key=lambda r: r.at, default=None)


def _one(
    session: Session, record: Record, confirmed: Mapping[str, Receipt], known: Sequence[Receipt]
) -> Transmittal:
    body, folder, zone = record.body, session.folder, session.clock.zone
    number, after = _int(body["number"]), body["after"]
    assert isinstance(after, Mapping)
    made = zone.local(record.header.at)
    receipt = confirmed.get(str(body["manifest"]))
    seq = _int(after["seq"])
    # A receipt's head was compared with this chain, so that all before it is held there.
    later = min((r.number for r in known if r.head.seq >= seq), default=None)
    within = later if receipt is None else None
    withheld = body.get("withheld")
    return Transmittal(
        site=folder.site,
        name=folder.name,
        chain=folder.chain,
        number=number,
        file=file_name(folder.site, folder.chain, number),
        at=_moment(made),
        day=made.date(),
        seq=seq,
        code=code_of(bytes.fromhex(str(after["digest"]))),
        full=body.get("full") is True,
        records=_counted(body.get("records")),
        opened=_counted(body.get("opened")),
        kept=sum(map(_int, withheld.values())) if isinstance(withheld, Mapping) else None,
        manifest=str(body["manifest"]),
        confirmed=_moment(zone.local(receipt.received)) if receipt is not None else None,
        waiting=(session.today() - made.date()).days if later is None else None,
        within=within,
    )


def _moment(at: datetime) -> str:
    return at.isoformat(" ", "minutes")


def _counted(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
