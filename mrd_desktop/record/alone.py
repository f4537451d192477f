"""Keys that one person confirmed with neither a second one nor a reason, as the records tell.

The program writes no such record any more where two are asked for; earlier versions did, and who
writes to a chain around the program may. It is told, and makes no chain invalid (decision 0077).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mrd_desktop.ledger.record import Kind
from mrd_desktop.vault.statements import SHEET_USED

MAKING: Final = (Kind.CHAIN_CREATED, Kind.USER_ADDED, Kind.REVIEW_NOTED)
"""Kinds besides ``user.confirmed`` that have to be shown too."""
_GIVEN: Final = frozenset({"code_issued", SHEET_USED})


class Alone:
    """Shown the records of a chain in order, tells which confirmations one person did so."""

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
