"""While nothing may leave for a recipient: a refusal, or a package of headers and deletions alone.

An approval to send abroad ends, and participants go on taking back what was sent. So where packages
went before, one may still leave that carries every header, by which the line of packages goes on,
and content only of what tells the recipient to delete, of what its reader needs to believe that
(sessions, keys, releases), and of the packages themselves. Nothing else that was recorded since the
last package is opened; what was held before stays held. The next whole package brings it.

Source: R-PKG-08; decision 0059.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import TRUST_KINDS, Kind, Record
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.errors import Abroad, NothingBarred, PlaceUnsaid
from mrd_desktop.transfer.manifest import Manifest
from mrd_desktop.vault import abroad
from mrd_desktop.vault.abroad import PLACE, Standing
from mrd_desktop.vault.trust import Pin

TELL_TO_DELETE: Final = frozenset({Kind.SUBJECT_WITHHELD, Kind.REDACTION_DONE})
"""Kinds that tell the receiver what to delete: they hold numbers only and go in any case."""

_GO: Final = (
    TELL_TO_DELETE
    | (TRUST_KINDS - {Kind.SIGNATURE_MADE})
    | {Kind.PACKAGE_BEGUN, Kind.PACKAGE_SEALED, Kind.PACKAGE_VOIDED}
)


HELD: Final = "approval"
"""How what a recipient's place holds back is counted."""


def of_the_site(body: Mapping[str, JSON]) -> bool:
    """A signature that names no subject and holds no words: on the trail, a loss, a package."""
    return "address" not in body and any(what in body for what in ("review", "loss", "package"))


@dataclass(frozen=True, slots=True)
class Barrier:
    """What a package of headers and deletions alone holds back besides what always stays.

    Attributes:
        after: the last record that was sent.
        held: records up to there whose content was not sent.
    """

    after: int
    held: frozenset[int] = frozenset()

    @classmethod
    def of(cls, former: lineage.Sent) -> Barrier:
        """Behind what was sent."""
        assert former.after is not None
        return cls(former.after.seq, former.held)

    def holds(self, record: Record, kind: Kind) -> bool:
        """Whether the content of a record stays that could leave but for the recipient."""
        seq = record.header.seq
        if seq <= self.after:
            return seq in self.held
        return kind not in _GO and not (kind is Kind.SIGNATURE_MADE and of_the_site(record.body))


def may_be_alone(manifest: Manifest) -> bool:
    """Whether a package may be one of headers and deletions alone, by what its manifest counts.

    A whole one that holds all that is new for want of an approval looks the same; its last record
    says up to which subject number there are participants, that of these does not.
    """
    opened = {Kind.SIGNATURE_MADE.value, *(kind.value for kind in _GO)}
    held = manifest.counts.withheld.get(HELD, 0)
    return not manifest.full and held > 0 and opened.issuperset(manifest.counts.kinds)


def refuse(found: Sequence[Standing]) -> None:
    """Refuse for the sake of the first recipient to whom nothing goes today.

    Raises:
        PlaceUnsaid: two people have not said where it is.
        Abroad: it is outside mainland China, without an approval that still runs.
    """
    away = abroad.barred(found)
    if away is not None:
        raise (PlaceUnsaid if away.said is None else Abroad)(key=away.pin.sign.id)


def require(conn: Connection, chain: str, found: Sequence[Standing]) -> None:
    """Go on only where a package of headers and deletions alone is the one that may leave.

    Raises:
        NothingBarred: a whole package may leave.
        PlaceUnsaid, Abroad: a recipient got nothing that could have to be deleted.
    """
    if abroad.barred(found) is None:
        raise NothingBarred
    if not may_be_told(conn, chain, found):
        refuse(found)


def may_be_told(conn: Connection, chain: str, found: Sequence[Standing]) -> bool:
    """Whether every recipient has what it could be told to delete.

    Each got packages, and its key is one that two people compared or that packages were sealed for:
    to a key that somebody put in place since, not even this goes.

    Args:
        chain: the site's own.
    """
    if lineage.sent(conn, chain).after is None:
        return False
    if lineage.owes_all(conn, chain, [one.pin.chain for one in found]):
        return False
    return all(one.said is not None or _sealed_for(conn, chain, one.pin) for one in found)


def _sealed_for(conn: Connection, chain: str, pin: Pin) -> bool:
    """Whether a package was sealed since a key was put in place last."""
    found = False
    for record in lineage.of_kind(conn, chain, Kind.TRUST_PINNED, Kind.PACKAGE_SEALED):
        if record.kind is Kind.PACKAGE_SEALED:
            found = True
        elif record.body["key"] == pin.sign.id and record.body.get(PLACE) is None:
            found = False
    return found


def genes_stand(found: Sequence[Standing]) -> bool:
    """Whether genetic data that were sent may stay with all recipients.

    An approval that is over takes nothing back by itself, nor does it that nobody has said where
    a recipient is: one that was narrowed does.
    """
    return abroad.genes_go([one for one in found if one.said is not None])
