"""Where those are for whom a site seals its packages, and by what leave data go out of the country.

Two people of the site say it, with the fingerprint that they compared. A live site seals nothing
for a key of which nobody has said it, nothing for one outside mainland China without an approval
that still runs, and no human genetic resources unless the approval is for them too.

Source: R-PKG-04 and R-PKG-08 (Data Security Law 31, PIPL 38-39, human genetic resources rules).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import rotations, store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.ledger.rotations import NoRotation
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
CLINICAL: Final = "clinical"
GENETIC: Final = "genetic"
"""What an approval is for: clinical data, and what the definition marks ``genetic`` besides."""
SOON: Final = timedelta(days=30)
"""The end of an approval is announced so long before: the next one takes its time."""
_ASSIGNED: Final = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM "
    "ZW"
)
_COUNTRIES: Final = frozenset(_ASSIGNED.split())
"""ISO 3166-1 alpha-2, as officially assigned."""
_AT_HOME: Final = frozenset({"中国", "中国大陆", "中国内地"})
"""Words for ``CN``, as they are typed."""
_WORDS: Final = re.compile(r"[^\x00-\x1f]{4,200}")


@dataclass(frozen=True, slots=True)
class Place:
    """What two people said of a recipient.

    Attributes:
        jurisdiction: ISO 3166-1 alpha-2; ``CN`` is mainland China alone.
        purpose: what the data are for.
        approval: number of the approval to send abroad, empty without one; ``until`` its last day.
        genetic: the approval is for human genetic resources too, not for clinical data alone.
    """

    jurisdiction: str
    purpose: str
    approval: str = ""
    until: date | None = None
    genetic: bool = False

    def json(self) -> Mapping[str, JSON]:
        """As it stands in the record."""
        until = None if self.until is None else self.until.isoformat()
        scope: list[JSON] = [CLINICAL, GENETIC] if self.genetic else [CLINICAL]
        leave: JSON = (
            {"reference": self.approval, "until": until, "scope": scope} if self.approval else None
        )
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

    @property
    def lets_genes(self) -> bool:
        """Whether human genetic resources are among the data that go there."""
        return self.jurisdiction == HOME or self.genetic


@dataclass(frozen=True, slots=True)
class Said:
    """What was said last of a recipient, of which key, by whom and when (UTC).

    Attributes:
        key: id of the key of which it was said.
    """

    place: Place
    key: str
    user: str
    second: str
    at: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A recipient of a site as it stands on a day.

    Attributes:
        said: of this very key; None where nobody has said it.
        former: what was said last of a key before that signed for this one. It lets nothing go,
            and spares the two who compare the new key the typing.
    """

    pin: Pin
    said: Said | None
    today: date
    former: Said | None = None

    @property
    def lets(self) -> bool:
        """Whether a live site's data go there."""
        return self.said is not None and self.said.place.lets(self.today)

    @property
    def lets_genes(self) -> bool:
        """Whether human genetic resources are among them."""
        return self.said is not None and self.said.place.lets_genes

    @property
    def ends(self) -> date | None:
        """The last day of an approval that data go by and that ends soon, None otherwise."""
        if self.said is None or not self.lets or self.said.place.jurisdiction == HOME:
            return None
        until = self.said.place.until
        return until if until is not None and until - self.today <= SOON else None


def state(
    session: Session, key: str, place: Place, password: str, *, second: str, second_password: str
) -> Pin:
    """Say where a trusted sponsor is, for what, and by what leave; two people sign for it.

    Args:
        key: id of the key, as both have compared it with its owner.

    Raises:
        PermissionDenied: the role may not manage trust.
        PlaceRefused: no key of a sponsor that is trusted here, or something is not filled in.
        NoSecondPerson, WrongPassword, TryLater, UndertakingMissing, NotConfirmed: nothing was done.
    """
    session.require("trust.manage")
    if session.folder.kind is not FolderKind.SITE:
        raise PlaceRefused(_SITES)
    check(place)
    own = session.signer(password)
    other = witness(session, second, second_password, manages=False)
    at = session.now()
    found: list[Pin] = []

    def entries(conn: Connection) -> list[Entry]:
        held = [p for p in trust.recipients(trust.pins_on(conn)) if p.sign.id == key]
        if not held or held[0].practice:
            raise PlaceRefused(_NO_KEY)
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


def check(place: Place) -> None:
    """Refuse what is not filled in.

    Raises:
        CountryRefused, PurposeRefused, ApprovalRefused: which of it.
    """
    if place.jurisdiction not in _COUNTRIES:
        raise CountryRefused(_NO_COUNTRY)
    if _WORDS.fullmatch(place.purpose.strip()) is None:
        raise PurposeRefused(_NO_PURPOSE)
    if bool(place.approval) != (place.until is not None) or (
        place.approval and _WORDS.fullmatch(place.approval) is None
    ):
        raise ApprovalRefused(_NO_APPROVAL)
    if place.genetic and not place.approval:
        raise ApprovalRefused(_NO_SCOPE)


def jurisdiction_of(typed: str) -> str:
    """The code of a country as somebody types it; mainland China also by its name.

    Raises:
        CountryRefused: ISO 3166 has no such code.
    """
    code = HOME if typed.strip() in _AT_HOME else typed.strip().upper()
    if code not in _COUNTRIES:
        raise CountryRefused(_NO_COUNTRY)
    return code


class PlaceRefused(TrustError):
    """What is said of a recipient is not whole."""

    code = "place"
    template = Text("Not recorded: {reason_en}", "未登记：{reason_zh}")


class CountryRefused(PlaceRefused):
    """No country."""


class PurposeRefused(PlaceRefused):
    """No words."""


class ApprovalRefused(PlaceRefused):
    """Number, last day and scope belong together."""


# --- what was said ------------------------------------------------------------------------


def standings(conn: Connection, chain: str, today: date) -> tuple[Standing, ...]:
    """The recipients of a site, each with what was said of it.

    Args:
        chain: the site's own.
    """
    held = trust.recipients(trust.pins_on(conn))
    return tuple(
        Standing(pin, said_of(conn, chain, pin), today, former_of(conn, chain, pin)) for pin in held
    )


def guarded(session: Session, conn: Connection) -> tuple[Standing, ...]:
    """The recipients that the rules of this module look at: practice data leave anyhow."""
    if session.folder.training or session.folder.kind is not FolderKind.SITE:
        return ()
    return standings(conn, session.folder.chain, session.today())


def barred(found: Sequence[Standing]) -> Standing | None:
    """The first recipient to whom nothing goes today; None where data go to all."""
    return next((one for one in found if not one.lets), None)


def pressing(found: Sequence[Standing]) -> Standing | None:
    """The recipient of whom something is to be done: nothing goes there, or its approval ends."""
    ending = [one for one in found if one.ends is not None]
    return barred(found) or min(ending, key=lambda one: one.ends or date.max, default=None)


def genes_go(found: Sequence[Standing]) -> bool:
    """Whether human genetic resources go to all recipients: a package is one for all of them."""
    return all(one.lets_genes for one in found)


def said_of(conn: Connection, chain: str, pin: Pin) -> Said | None:
    """What was said last of a recipient's key; of no other key, whoever signed for this one.

    A key is changed above all because it was stolen, and who has it signs for one of his own as
    well as its owner does. So what two people said is carried over by nobody but two people.
    """
    return next((s for s in _told(conn, chain, pin) if s.key == pin.sign.id), None)


def former_of(conn: Connection, chain: str, pin: Pin) -> Said | None:
    """What was said last of a key before, along the line of those that signed for this one."""
    return next((s for s in _told(conn, chain, pin) if s.key != pin.sign.id), None)


def _told(conn: Connection, chain: str, pin: Pin) -> Iterator[Said]:
    for key, body in _line(conn, chain, pin.sign.id):
        if body.get(PLACE) is not None and body["chain"] == pin.chain:
            yield Said(
                _place(body[PLACE]), key, str(body["user"]), str(body["second"]), str(body["at"])
            )


def _line(conn: Connection, chain: str, key: str) -> Iterator[tuple[str, Mapping[str, JSON]]]:
    """The last record of a key, and of those before it that signed for their successor."""
    known: set[str] = set()
    while key not in known:
        known.add(key)
        seq = conn.exec_driver_sql("SELECT seq FROM vault_pin WHERE key = ?", (key,)).scalar()
        if seq is None:
            return
        body = store.record(conn, chain, int(seq)).body
        if body.get("key") != key or body.get("kind") != Kind.TRUST_PINNED.value:
            return  # tables and records disagree, which verification tells
        yield key, body
        signed = body.get("rotation")
        with suppress(NoRotation):
            found = rotations.read(signed if isinstance(signed, Mapping) else {})
            key = found.old.id if found.key.id == key else key


def _place(said: JSON) -> Place:
    assert isinstance(said, Mapping)
    leave = said.get("approval")
    if not isinstance(leave, Mapping):
        return Place(str(said["jurisdiction"]), str(said["purpose"]))
    return Place(
        str(said["jurisdiction"]),
        str(said["purpose"]),
        str(leave["reference"]),
        date.fromisoformat(str(leave["until"])),
        genetic(leave),
    )


def genetic(leave: Mapping[str, JSON]) -> bool:
    """Whether an approval on record names human genetic resources; one without a scope does not."""
    scope = leave.get("scope")
    return isinstance(scope, Sequence) and GENETIC in scope


_SITES: Final = Text("a site says where its sponsor is.", "由研究中心说明申办方所在地。")
_NO_KEY: Final = Text(
    "no sponsor's key with this fingerprint is trusted here. Trust the key first.",
    "本中心未信任具有此指纹的申办方密钥。请先信任该密钥。",
)
_NO_COUNTRY: Final = Text(
    "name the country or region by the two capital letters of ISO 3166, such as CN for mainland "
    "China, HK for Hong Kong or GB for the United Kingdom.",
    "请用 ISO 3166 的两个大写字母填写国家或地区，如中国大陆为 CN，香港为 HK，英国为 GB。",
)
_NO_PURPOSE: Final = Text(
    "say in a few words what the data are for (4 to 200 signs).",
    "请简要说明数据用途（4 至 200 字）。",
)
_NO_APPROVAL: Final = Text(
    "an approval has a number (4 to 200 signs) and a last day; give both.",
    "批准须填写批准号（4 至 200 字）和截止日期，二者缺一不可。",
)
_NO_SCOPE: Final = Text(
    "what an approval covers belongs to its number and last day; give these too.",
    "批准范围须连同批准号和截止日期一并填写。",
)
