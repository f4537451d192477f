"""What one person does alone at a site where elsewhere two do, as the records of its chain tell.

With a reason it is an exception. A key that one person confirmed with neither a second one nor a
reason is none: the program writes no such record any more where two are asked for, but earlier
versions did, and who writes to a chain around the program may. It is told, and makes no chain
invalid (decision 0077).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.vault.statements import SHEET_USED

KINDS: Final = (
    Kind.CHAIN_CREATED,
    Kind.USER_ADDED,
    Kind.USER_CONFIRMED,
    Kind.USER_CLOSED,
    Kind.KEY_ROTATED,
    Kind.ROLE_GRANTED,
    Kind.ROLE_REVOKED,
    Kind.REVIEW_NOTED,
)
"""The records that :func:`lone_acts` has to be shown."""
NO_REASON: Final = "no reason on record"
_GIVEN: Final = frozenset({"code_issued", SHEET_USED})


class What(StrEnum):
    """What one person does alone."""

    ROLE = "role"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class LoneAct:
    """What stands of it now.

    Attributes:
        user: who holds a combined role, or whose key one person confirmed.
        of: the role; or who confirmed the key.
        why: the reason on record, or :data:`NO_REASON`.
    """

    user: str
    what: What
    of: str
    why: str


def lone_acts(
    records: Iterable[Record], users: Mapping[str, str], *, asked: bool
) -> tuple[LoneAct, ...]:
    """What stands at the end of a chain, in the order in which it came about.

    Args:
        records: of :data:`KINDS` at least, in order.
        users: by session, who was signed in.
        asked: the study asks for two people.
    """
    alone, now = Alone(asked=asked), dict[tuple[str, What], LoneAct]()
    for record in records:
        kind, body, by = record.kind, record.body, users.get(record.header.session, "")
        user, why = str(body.get("user")), body.get("exception")
        if alone.sees(kind, body, by):
            why = NO_REASON
        if kind in (Kind.ROLE_GRANTED, Kind.ROLE_REVOKED, Kind.USER_CLOSED):
            now.pop((user, What.ROLE), None)
        new_key = kind is Kind.KEY_ROTATED and not body.get("consent")
        if new_key or kind in (Kind.USER_CONFIRMED, Kind.USER_CLOSED):
            now.pop((user, What.KEY), None)
        if why and kind is Kind.ROLE_GRANTED:
            now[user, What.ROLE] = LoneAct(user, What.ROLE, str(body["role"]), str(why))
        elif why and kind is Kind.USER_CONFIRMED:
            now[user, What.KEY] = LoneAct(user, What.KEY, by, str(why))
    return tuple(now.values())


class Alone:
    """Shown the records of a chain in order, tells the confirmations by one person and no reason.

    Of :data:`KINDS` it needs those that make an account or give out a code, and confirmations.
    """

    def __init__(self, *, asked: bool) -> None:
        """Takes whether the study asks for two people at all."""
        self._asked = asked
        self._makers: dict[str, set[str]] = {}
        self._by_sheet: set[str] = set()
        self._seen: set[str] = set()

    def sees(self, kind: Kind, body: Mapping[str, Any], by: str) -> bool:
        """Whether this record is such a confirmation.

        Args:
            by: who was signed in, which no record can say otherwise.
        """
        user = str(body.get("user"))
        if kind is Kind.CHAIN_CREATED and body.get("training") is True:
            self._asked = False
        made = kind is Kind.USER_ADDED
        if made or (kind is Kind.REVIEW_NOTED and body.get("act") in _GIVEN):
            self._makers.setdefault(user, set()).add(by)
            if "serial" in body:
                self._by_sheet.add(user)
        return kind is Kind.USER_CONFIRMED and self._asked and self._confirmed(user, body, by)

    def _confirmed(self, user: str, body: Mapping[str, Any], by: str) -> bool:
        # Who makes a folder is its first user, and nobody else is there.
        founder = self._makers.get(user) == {user} and user not in self._by_sheet | self._seen
        self._seen.add(user)
        if body.get("second"):
            self._by_sheet.discard(user)
            return False
        if body.get("exception") or founder:
            return False
        return by in (user, *self._makers.get(user, ())) or user in self._by_sheet
