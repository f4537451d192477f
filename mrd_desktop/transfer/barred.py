"""While nothing may leave for a recipient: a refusal, or a package of headers and deletions alone.

An approval to send abroad ends, and participants go on taking back what was sent. So where packages
went before, one may still leave that carries every header, by which the line of packages goes on,
and content only of what tells the recipient to delete, of what its reader needs to believe that
(sessions, keys, releases with the names of who signed), and of the packages themselves. Nothing
else that was recorded since the last package is opened; what was held before stays held. The next
whole package brings it.

Source: R-PKG-08; decision 0059.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import TRUST_KINDS, Kind, Record
from mrd_desktop.record.numbering import GIVEN
from mrd_desktop.transfer import lineage, messages
from mrd_desktop.transfer.errors import (
    Abroad,
    AbroadMeanwhile,
    AbroadUntold,
    NothingBarred,
    PlaceUnsaid,
    PlaceUnsaidMeanwhile,
    PlaceUnsaidUntold,
)
from mrd_desktop.transfer.manifest import Manifest, Point
from mrd_desktop.transfer.messages import Receipt, ReceiptMessage
from mrd_desktop.vault import abroad
from mrd_desktop.vault.abroad import PLACE, Standing
from mrd_desktop.vault.trust import Pin

TELL_TO_DELETE: Final = frozenset({Kind.SUBJECT_WITHHELD, Kind.REDACTION_DONE, Kind.LINK_DESTROYED})
"""Kinds that tell what was deleted: they hold numbers and who did it, and go in any case.

A link that was destroyed is told also of a participant of whom nothing else leaves: who puts an
older copy back and takes the records back from packages would else have the link again.
"""

_GO: Final = (
    TELL_TO_DELETE
    | (TRUST_KINDS - {Kind.SIGNATURE_MADE, Kind.USER_CLOSED})
    | {Kind.PACKAGE_BEGUN, Kind.PACKAGE_SEALED, Kind.PACKAGE_VOIDED}
)
"""That an account was closed stays: why is said in free words. No other record needs it to be
believed, and a store judges a chain anew once it comes (``receive``)."""


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
        if kind is Kind.SIGNATURE_MADE:
            return not of_the_site(record.body)
        if kind is Kind.PACKAGE_BEGUN:  # of a whole package that was cut off
            return GIVEN in record.body
        return kind not in _GO


def may_be_alone(manifest: Manifest) -> bool:
    """Whether a package may be one of headers and deletions alone, by what its manifest counts.

    A whole one that holds all that is new for want of an approval looks the same; its last record
    says up to which subject number there are participants, that of these does not.
    """
    opened = {Kind.SIGNATURE_MADE.value, *(kind.value for kind in _GO)}
    held = manifest.counts.withheld.get(HELD, 0)
    return not manifest.full and held > 0 and opened.issuperset(manifest.counts.kinds)


def refuse(conn: Connection, chain: str, found: Sequence[Standing]) -> None:
    """Refuse for the sake of the first recipient to whom nothing goes today.

    Args:
        chain: the site's own.

    Raises:
        PlaceUnsaid: two people have not said where it is.
        Abroad: it is outside mainland China, without an approval that still runs.
    """
    away = abroad.barred(found)
    if away is None:
        return
    refusal: type[Abroad | PlaceUnsaid]
    if told(conn, chain, found):
        refusal = PlaceUnsaidMeanwhile if away.said is None else AbroadMeanwhile
    else:
        refusal = PlaceUnsaid if away.said is None else Abroad
    raise refusal(key=away.pin.sign.id)


def require(conn: Connection, chain: str, found: Sequence[Standing]) -> tuple[Standing, ...]:
    """Go on only where a package of headers and deletions alone is the one that may leave.

    Returns:
        The recipients that it is sealed for.

    Raises:
        NothingBarred: a whole package may leave.
        PlaceUnsaid, Abroad: nobody may be told.
    """
    away = abroad.barred(found)
    if away is None:
        raise NothingBarred
    whom = told(conn, chain, found)
    if not whom:
        raise (PlaceUnsaidUntold if away.said is None else AbroadUntold)(key=away.pin.sign.id)
    return whom


def told(conn: Connection, chain: str, found: Sequence[Standing]) -> tuple[Standing, ...]:
    """The recipients that may be told what to delete; empty where nobody may.

    One that got no package is left out: it has nothing to delete, and the first whole package
    begins at the start for its sake. The key of every other one has to be one that two people
    compared or that packages were sealed for: to a key that somebody put in place since, not even
    this goes, and without it the line of its packages would break.

    Args:
        chain: the site's own.
    """
    if lineage.sent(conn, chain).after is None:
        return ()
    had = tuple(one for one in found if not lineage.owes_all(conn, chain, [one.pin.chain]))
    known = all(one.said is not None or _sealed_for(conn, chain, one.pin) for one in had)
    return had if known else ()


def _sealed_for(conn: Connection, chain: str, pin: Pin) -> bool:
    """Whether a package was sealed since a key was put in place last."""
    found = False
    for record in lineage.of_kind(conn, chain, Kind.TRUST_PINNED, Kind.PACKAGE_SEALED):
        if record.kind is Kind.PACKAGE_SEALED:
            found = True
        elif record.body["key"] == pin.sign.id and record.body.get(PLACE) is None:
            found = False
    return found


def begins(
    conn: Connection,
    chain: str,
    former: lineage.Sent,
    whom: Sequence[Standing],
    leaves: Callable[[int], bool],
) -> Point:
    """Behind which record a package of headers and deletions alone begins.

    It repeats what its recipients have not confirmed, where packages of its kind alone were sealed
    since: one that was lost on its way needs no copy, which a new key could not open.

    Args:
        whom: its recipients.
        leaves: whether the content of a record up to the last one sent may leave with it.
    """
    assert former.after is not None
    held = {
        store_chain: Receipt.from_bytes(message.receipt.encode()).head
        for _, store_chain, message in messages.adopted(conn, chain)
        if isinstance(message, ReceiptMessage)
    }
    if not {one.pin.chain for one in whom} <= held.keys():
        return former.after
    first = min((held[one.pin.chain] for one in whom), key=lambda point: point.seq)
    if first.seq >= former.after.seq:
        return former.after
    since = Barrier(first.seq, former.held)
    between = store.records(conn, chain, first.seq, former.after.seq)
    if any(leaves(r.header.seq) and since.holds(r, r.kind) for r in between):
        return former.after
    return first


def genes_stand(found: Sequence[Standing]) -> bool:
    """Whether genetic data that were sent may stay with all of these recipients.

    An approval that is over takes nothing back by itself, nor does it that nobody has said where
    a recipient is: one that was narrowed does.
    """
    return abroad.genes_go([one for one in found if one.said is not None])
