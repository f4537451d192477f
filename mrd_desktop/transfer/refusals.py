"""Packages that a store did not take, told to the site that sent them.

The store notes a refusal in its own chain, once for each number and reason; its next reply carries
what still stands, and the site shows it with the way out. Only a package whose label (or, where the
file is too damaged to have one, whose name) names a chain that is trusted here can be told of: of
any other nobody knows to whom.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.texts import Text
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.container import PACKAGE, claimed
from mrd_desktop.transfer.errors import Damaged, PackageError
from mrd_desktop.transfer.fields import ANY, DIGEST, TIME, Fields
from mrd_desktop.transfer.messages import Receipt
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import Holder, Pin, pins_on

FORMAT: Final = "mrd-refusals/1"
WHAT: Final = "refused"
"""What ``incident.noted`` says of such a record."""
FIELD: Final = "refusals"
"""Of ``reply.adopted``: what the reply told, as it came."""
FORK: Final = "fork"
"""Reason code of what contradicts what is held."""
ROLLED_BACK: Final = "rolled_back"
"""The same, of a site that has signed for what its older copy lacks."""
CONTRADICTING: Final = frozenset({FORK, ROLLED_BACK})
_REFUSING: Final = frozenset({Verdict.GAP, Verdict.FORK, Verdict.REFUSED})
_NAME: Final = re.compile(r"([0-9]{2})-([a-z2-7]{8})-(?!0000)([0-9]{4})(?![0-9]).*\.mrdpkg$")
_AHEAD: Final = 200
"""A number so far past the last one that came is a mistake of the label or name."""
_MOST: Final = 200
"""Refusals told at once, the latest; they are of few numbers, each with few reasons."""

_WORDS: Final[Mapping[str, Text]] = {
    "gap": Text(
        "Package {n} could not be taken, for packages before it have not arrived: {missing}. Hand "
        "those files over again (the site's folder keeps a copy of each under archive), or export "
        "a full package.",
        "第 {n} 号数据包未被接收：此前的数据包尚未到达（{missing}）。"
        "请重新交付这些文件（中心文件夹的 archive 中有副本），或导出完整包。",
    ),
    "fork": Text(
        "Package {n} contradicts records of this site that arrived before: a copy of the site's "
        "folder or an old backup was used. Stop entering, keep every copy of the folder, and call "
        "the sponsor.",
        "第 {n} 号数据包与此前到达的本中心记录相互矛盾：可能使用过中心文件夹的副本或旧备份。"
        "请暂停录入，保留全部副本，并联系申办方。",
    ),
    "rolled_back": Text(
        "Package {n} comes from an older copy of the site's folder, for whose missing records "
        "somebody signed. The sponsor holds those records. Stop entering, keep every copy of the "
        "folder and every backup, and call the sponsor.",
        "第 {n} 号数据包出自中心文件夹的较旧副本，其缺失记录已有人签署负责；申办方保存有这些记录。"
        "请暂停录入，保留全部副本和备份，并联系申办方。",
    ),
    "damaged": Text(
        "The file of package {n} arrived damaged. Hand it over again, copied anew from the folder "
        "archive of the site.",
        "第 {n} 号数据包的文件到达时已损坏。请从中心文件夹的 archive 中重新复制并再次交付。",
    ),
    "too_large": Text(
        "Package {n} passes a limit on size. Call the sponsor before the next export.",
        "第 {n} 号数据包超出大小限制。请在下次导出前联系申办方。",
    ),
    "newer_format": Text(
        "Package {n} was written by a newer version of the program than the sponsor has. Keep the "
        "file and hand it over again when the sponsor asks for it.",
        "第 {n} 号数据包由较新版本的程序生成，申办方的版本尚不支持。"
        "请保留文件，待申办方通知后再次交付。",
    ),
    "newer_definition": Text(
        "Package {n} holds forms under a study definition that only a newer version of the program "
        "reads than the sponsor has. Keep the file and hand it over again when the sponsor asks "
        "for it.",
        "第 {n} 号数据包中的表单采用较新的研究定义，申办方的程序版本尚不能读取。"
        "请保留文件，待申办方更新程序并通知后再次交付。",
    ),
    "unreadable_definition": Text(
        "Package {n} brings a study definition that the sponsor's program cannot read. Let the "
        "site administrator verify the folder under Administration, Backup and check, tell the "
        "sponsor which version of the program the site has, and keep the file.",
        "第 {n} 号数据包附带的研究定义无法由申办方的程序读取。"
        "请中心管理员在“管理 › 备份与校验”中校验文件夹，将中心的程序版本告知申办方，并保留文件。",
    ),
    "unknown_key": Text(
        "Package {n} is signed with a key that the sponsor does not trust for this site. Hand over "
        "the site's file site.pub, read its fingerprint to the sponsor by telephone, then hand "
        "over the package again.",
        "第 {n} 号数据包的签名密钥未被申办方信任。请交付中心的 site.pub 文件，"
        "电话核对密钥指纹后再次交付该数据包。",
    ),
    "revoked_key": Text(
        "Package {n} is signed with a key of this site that was replaced: an old copy of the "
        "folder made it. Find out on which computer, export from the folder with the new key, and "
        "tell the sponsor.",
        "第 {n} 号数据包使用了本中心已被替换的密钥签名，即由旧的文件夹副本生成。"
        "请查明是哪台电脑，改用持有新密钥的文件夹导出，并告知申办方。",
    ),
    "forged": Text(
        "What is in package {n} is not what was signed. Keep the file for the data manager, and "
        "hand the package over again, copied anew from the folder archive of the site.",
        "第 {n} 号数据包的内容与签名不符。请为数据管理员保留该文件，"
        "并从中心文件夹的 archive 中重新复制、再次交付。",
    ),
    "not_for_us": Text(
        "Package {n} was not encrypted for this sponsor. Let the site administrator compare the "
        "sponsor's key under Administration, Sponsor key, then export a full package.",
        "第 {n} 号数据包不是加密给该申办方的。"
        "请中心管理员在“管理 › 申办方密钥”中核对申办方密钥，然后导出完整包。",
    ),
    "records": Text(
        "The records in package {n} do not verify. Let the site administrator verify the folder "
        "under Administration, Backup and check, tell the sponsor, and export a full package.",
        "第 {n} 号数据包内的记录未通过校验。"
        "请中心管理员在“管理 › 备份与校验”中校验文件夹，告知申办方，并导出完整包。",
    ),
}
_OTHER: Final = Text(
    "Package {n} was not taken ({code}). Call the sponsor before the next export.",
    "第 {n} 号数据包未被接收（{code}）。请在下次导出前联系申办方。",
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A package that a store did not take.

    Attributes:
        seq: of the store's own record.
        number, package: its number and the SHA-256 of its manifest, as its label says; where only
            the file's name could be read, package is None.
        code: stable reason code, as :class:`receive.Arrival` has it.
        missing: numbers of the packages that must come first.
        at: when it was refused, UTC.
        text: what happened and what to do, in the words of the store that refused it.
    """

    seq: int
    number: int
    package: str | None
    verdict: Verdict
    code: str
    missing: tuple[int, ...]
    at: str
    text: Text

    def json(self) -> Mapping[str, JSON]:
        """As it travels."""
        return {
            "seq": self.seq,
            "number": self.number,
            "package": self.package,
            "verdict": self.verdict.value,
            "code": self.code,
            "missing": self.missing,
            "at": self.at,
            "en": self.text.en,
            "zh": self.text.zh,
        }

    @classmethod
    def of(cls, fields: Fields) -> Refusal:
        """Reads the inverse of :meth:`json`; raises Damaged."""
        verdict = fields.text("verdict")
        if verdict not in _REFUSING:
            raise Damaged("a refusal: verdict")
        missing = fields.list("missing")
        numbers = tuple(n for n in missing if isinstance(n, int) and not isinstance(n, bool))
        if len(numbers) != len(missing):
            raise Damaged("a refusal: missing")
        refusal = cls(
            seq=fields.number("seq", 1),
            number=fields.number("number", 1),
            package=fields.text_or_none("package", DIGEST),
            verdict=Verdict(verdict),
            code=fields.text("code"),
            missing=numbers,
            at=fields.text("at", TIME),
            text=Text(fields.text("en", ANY), fields.text("zh", ANY)),
        )
        fields.done()
        return refusal


def notice(refusals: Sequence[Refusal]) -> bytes:
    """What a reply carries: canonical JSON."""
    return dumps({"format": FORMAT, FIELD: [r.json() for r in refusals]})


def read(data: bytes) -> tuple[Refusal, ...]:
    """Reads the inverse of :func:`notice`.

    Raises:
        Damaged, NewerFormat: it is none.
    """
    fields = Fields.of(data, "a notice", FORMAT)
    found = tuple(Refusal.of(Fields(one, "a refusal")) for one in fields.list(FIELD))
    fields.done()
    return found


# --- the sponsor's side -------------------------------------------------------------------


def note(
    session: Session, path: Path, verdict: Verdict, code: str, missing: Sequence[int] = ()
) -> None:
    """Keep that a package was refused, where it is known whose it says it is.

    What was refused for the same reason before, and has not come since, is not noted again; nor is
    a damaged copy of what has come.
    """
    if verdict is Verdict.ROLLED_BACK:
        verdict = Verdict.FORK  # sites know a closed list of verdicts; the code tells them apart
    if verdict not in _REFUSING:
        return

    def entries(conn: Connection) -> list[Entry]:
        claim = _claim(path, [p for p in pins_on(conn) if p.holder is Holder.SITE])
        if claim is None:
            return []
        came = lineage.received(conn, session.folder.chain, claim.chain)
        last = max((c.number for c in came), default=0)
        if verdict is Verdict.REFUSED and claim.number > last + _AHEAD:
            return []
        if _held(claim.number, claim.package, code, came):
            return []
        told = standing(conn, session.folder.chain, claim.chain)
        if any((r.number, r.package, r.code) == (claim.number, claim.package, code) for r in told):
            return []
        return [_entry(session.user, claim, verdict, code, missing)]

    session.commit(entries)


class _Claim(NamedTuple):
    """What a file says of itself, proven by nothing."""

    site: str
    chain: str
    number: int
    package: str | None


def _claim(path: Path, pins: Iterable[Pin]) -> _Claim | None:
    try:
        label = claimed(path, PACKAGE)
        site, chain, number, package = label.site, label.chain, label.number, label.manifest
    except (PackageError, OSError):
        named = _NAME.match(path.name)
        if named is None or not path.is_file():
            return None
        site, chain, number, package = named[1], named[2], int(named[3]), None
    whose = {p.chain for p in pins if p.site == site and p.chain.startswith(chain)}
    return _Claim(site, whose.pop(), number, package) if len(whose) == 1 else None


def _entry(user: str, claim: _Claim, verdict: Verdict, code: str, missing: Sequence[int]) -> Entry:
    refused: dict[str, JSON] = {
        **claim._asdict(),
        "verdict": verdict.value,
        "code": code,
        "missing": list(missing),
    }
    content: dict[str, JSON] = {"what": WHAT, "text": "", "user": user, WHAT: refused}
    return Entry(Kind.INCIDENT_NOTED, RecordClass.CODED, content)


def every(conn: Connection, own: str, chain: str) -> Iterator[Refusal]:
    """Every refusal of a chain's packages, in order."""
    return (_of_record(r) for r in lineage.of_kind(conn, own, Kind.INCIDENT_NOTED) if _is(r, chain))


def standing(conn: Connection, own: str, chain: str) -> tuple[Refusal, ...]:
    """The refusals of a chain's packages after which nothing of that number or later came."""
    came = lineage.received(conn, own, chain)
    open_ = (
        r
        for r in every(conn, own, chain)
        if not any(c.seq > r.seq and c.number >= r.number for c in came)
        and not _held(r.number, r.package, r.code, came)
    )
    return tuple(open_)[-_MOST:]


def _held(
    number: int,
    package: str | None,
    code: str,
    came: Sequence[lineage.Received] | Sequence[Receipt],
) -> bool:
    """Whether a refused file is a copy of what came: by its manifest, or damaged, by its number."""
    damaged = package is None or code == Damaged.code
    return any(c.package == package or (damaged and c.number >= number) for c in came)


def _is(record: Record, chain: str) -> bool:
    refused = record.body.get(WHAT)
    return isinstance(refused, Mapping) and refused.get("chain") == chain


def _of_record(record: Record) -> Refusal:
    said = record.body[WHAT]
    assert isinstance(said, Mapping)
    number, code, missing = said["number"], str(said["code"]), said["missing"]
    package = said["package"]
    assert isinstance(number, int) and isinstance(missing, list)
    numbers = tuple(int(str(n)) for n in missing)
    return Refusal(
        record.header.seq,
        number,
        None if package is None else str(package),
        Verdict(str(said["verdict"])),
        code,
        numbers,
        record.header.at,
        words(code, number, numbers),
    )


def words(code: str, number: int, missing: Sequence[int] = ()) -> Text:
    """What happened to a package and what its site can do, said to the site."""
    named = ", ".join(f"{n:04}" for n in missing)
    listed = "、".join(f"{n:04}" for n in missing)
    said = _WORDS.get(code, _OTHER)
    return Text(
        said.en.format(n=number, missing=named, code=code),
        said.zh.format(n=number, missing=listed, code=code),
    )


# --- the site's side ----------------------------------------------------------------------


def told(conn: Connection, own: str, store: str | None = None) -> Iterator[tuple[int, Refusal]]:
    """Every refusal that replies have told, in order; of one store only where it is named.

    Yields:
        The number of the record that adopted the reply, and the refusal.
    """
    seen: set[tuple[str, int]] = set()
    for record in lineage.of_kind(conn, own, Kind.REPLY_ADOPTED):
        sender = str(record.body["store"])
        if store is not None and sender != store:
            continue
        listed = record.body.get(FIELD, ())
        assert isinstance(listed, Sequence)
        for one in listed:
            refusal = Refusal.of(Fields(one, "a refusal"))
            if (sender, refusal.seq) not in seen:
                seen.add((sender, refusal.seq))
                yield record.header.seq, refusal


def unsettled(
    refusals: Iterable[tuple[int, Refusal]], confirmed: Iterable[tuple[int, Receipt]]
) -> tuple[Refusal, ...]:
    """Those after which the sponsor has confirmed nothing of that number or later.

    What contradicts is settled by a later reply only: else nobody would read a decision that came
    together with the receipt of what was sent since.

    Args:
        refusals, confirmed: each with the number of the record that adopted its reply.
    """
    came = tuple(confirmed)

    def settled(adopted: int, r: Refusal) -> bool:
        later = [c for at, c in came if r.code not in CONTRADICTING or at > adopted]
        return any(c.number >= r.number and c.received > r.at for c in later) or _held(
            r.number, r.package, r.code, [c for _, c in came]
        )

    return tuple(r for adopted, r in refusals if not settled(adopted, r))
