"""Where those are for whom a site seals its packages, and by what leave data go out of the country.

Two people of the site say it, with the fingerprint that they compared. Data of a live site do not
leave mainland China unless an approval is on record that still runs.

Source: R-PKG-04 and R-PKG-08 (Data Security Law 31, PIPL 38-39, human genetic resources rules).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.texts import Text
from mrd_desktop.vault import trust
from mrd_desktop.vault.errors import TrustError
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import Pin
from mrd_desktop.vault.witness import witness

HOME: Final = "CN"
PLACE: Final = "place"
"""The field of ``trust.pinned`` that says it."""
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_WORDS: Final = re.compile(r"[^\x00-\x1f]{4,200}")
_PLACES: Final = (
    "SELECT o.payload FROM ledger_chain c JOIN ledger_opening o ON o.chain_no = c.no"
    " WHERE c.chain = ? AND json_extract(CAST(o.payload AS TEXT), '$.kind') = 'trust.pinned'"
    " AND json_extract(CAST(o.payload AS TEXT), '$.place') IS NOT NULL ORDER BY o.seq"
)


@dataclass(frozen=True, slots=True)
class Place:
    """What two people said of a recipient.

    Attributes:
        jurisdiction: ISO 3166-1 alpha-2; ``CN`` is mainland China alone.
        purpose: what the data are for.
        approval: number of the approval to send abroad, empty without one; ``until`` its last day.
    """

    jurisdiction: str
    purpose: str
    approval: str = ""
    until: date | None = None

    def json(self) -> Mapping[str, JSON]:
        """As it stands in the record."""
        until = None if self.until is None else self.until.isoformat()
        leave: JSON = {"reference": self.approval, "until": until} if self.approval else None
        return {
            "jurisdiction": self.jurisdiction,
            "purpose": self.purpose,
            "approval": leave,
        }

    def lets(self, today: date) -> bool:
        """Whether data go there today."""
        if self.jurisdiction == HOME:
            return True
        return bool(self.approval) and self.until is not None and today <= self.until


def state(
    session: Session, key: str, place: Place, password: str, *, second: str, second_password: str
) -> Pin:
    """Say where a trusted sponsor is, for what, and by what leave; two people sign for it.

    Args:
        key: id of the key, as both have compared it with its owner.

    Raises:
        PermissionDenied: the role may not manage trust.
        TrustError: no key of a sponsor that is trusted here, or something is not filled in.
        NoSecondPerson, WrongPassword, TryLater, UndertakingMissing, NotConfirmed: nothing was done.
    """
    session.require("trust.manage")
    if session.folder.kind is not FolderKind.SITE:
        raise TrustError(_SITES)
    _check(place)
    own = session.signer(password)
    other = witness(session, second, second_password, manages=False)
    at = session.now()
    found: list[Pin] = []

    def entries(conn: Connection) -> list[Entry]:
        held = [p for p in trust.recipients(trust.pins_on(conn)) if p.sign.id == key]
        if not held or held[0].practice:
            raise TrustError(_NO_KEY)
        pin = held[0]
        found.append(pin)
        content: dict[str, JSON] = {
            "holder": pin.holder.value,
            "site": pin.site,
            "chain": pin.chain,
            "key": pin.sign.id,
            "public": pin.sign.to_base64(),
            "recipient": pin.age,
            "replaces": None,
            PLACE: place.json(),
            "user": session.user,
            "second": other.user,
            "at": at,
        }
        statement = dumps({"kind": Kind.TRUST_PINNED.value, **content})
        signed: list[JSON] = []
        for user, sign in ((session.user, own), (other.user, other.sign)):
            signature, name = sign(statement)
            raw = base64.b64encode(signature).decode()
            signed.append({"user": user, "key": name, "signature": raw})
        return [Entry(Kind.TRUST_PINNED, RecordClass.CODED, {**content, "signed": signed})]

    session.commit(entries)
    return found[-1]


def _check(place: Place) -> None:
    if _COUNTRY.fullmatch(place.jurisdiction) is None:
        raise TrustError(_NO_COUNTRY)
    if _WORDS.fullmatch(place.purpose.strip()) is None:
        raise TrustError(_NO_PURPOSE)
    if bool(place.approval) != (place.until is not None) or (
        place.approval and _WORDS.fullmatch(place.approval) is None
    ):
        raise TrustError(_NO_APPROVAL)


@dataclass(frozen=True, slots=True)
class Bar:
    """Why data do not go to a recipient today.

    Attributes:
        unsaid: where it is was said of another key of the same store only, and no key signed for
            the next one. Otherwise it is outside mainland China without an approval that runs.
    """

    pin: Pin
    unsaid: bool


def place_of(conn: Connection, chain: str, pin: Pin) -> Place | None:
    """What was said last of a recipient; of the key before where that signed for this one.

    Args:
        chain: the site's own.
    """
    return _place(conn, chain, pin, _said(conn, chain))


def bar_of(conn: Connection, chain: str, pin: Pin, today: date) -> Bar | None:
    """Why nothing goes to one recipient today; None where it may.

    What two people said of a store is not undone by one who puts another key in its place: they
    say it again of the new one.
    """
    said = _said(conn, chain)
    place = _place(conn, chain, pin, said)
    if place is not None:
        return None if place.lets(today) else Bar(pin, unsaid=False)
    return Bar(pin, unsaid=True) if any(of == pin.chain for of, _ in said) else None


def barred(conn: Connection, chain: str, pins: tuple[Pin, ...], today: date) -> Bar | None:
    """The first recipient to whom data must not go today; None where they may to all.

    Of whom nobody has said anything, nothing is known, and nothing is held back.
    """
    return next(filter(None, (bar_of(conn, chain, pin, today) for pin in pins)), None)


def _said(conn: Connection, chain: str) -> dict[tuple[str, str], Place]:
    """What was said last, by the recipient's chain and public key in base64."""
    said: dict[tuple[str, str], Place] = {}
    for payload in conn.exec_driver_sql(_PLACES, (chain,)).scalars():
        body = json.loads(payload)
        place, leave = body[PLACE], body[PLACE]["approval"]
        said[str(body["chain"]), str(body["public"])] = Place(
            str(place["jurisdiction"]),
            str(place["purpose"]),
            "" if leave is None else str(leave["reference"]),
            None if leave is None else date.fromisoformat(leave["until"]),
        )
    return said


def _place(
    conn: Connection, chain: str, pin: Pin, said: Mapping[tuple[str, str], Place]
) -> Place | None:
    line = trust.ancestors(conn, chain, pin.sign.raw)
    names = ((pin.chain, base64.b64encode(raw).decode()) for raw in line)
    return next((said[name] for name in names if name in said), None)


_SITES: Final = Text("a site says where its sponsor is.", "由研究中心说明申办方所在地。")
_NO_KEY: Final = Text(
    "no sponsor's key with this fingerprint is trusted here. Trust the key first.",
    "本中心未信任具有此指纹的申办方密钥。请先信任该密钥。",
)
_NO_COUNTRY: Final = Text(
    "name the country by two capital letters, such as CN for mainland China or DE.",
    "请用两个大写字母填写国家或地区，如中国大陆为 CN，德国为 DE。",
)
_NO_PURPOSE: Final = Text("say in a few words what the data are for.", "请简要说明数据用途。")
_NO_APPROVAL: Final = Text(
    "an approval has a number and a last day; give both.",
    "批准须填写批准号和截止日期，二者缺一不可。",
)
