"""A close-out bundle checked by the program; its own script says the same with Python alone."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final

from mrd_desktop.closing.errors import NotCloseout
from mrd_desktop.closing.layout import FORMAT, LIST, MISSING, SIGNATURE, SUMS, of_a_system
from mrd_desktop.errors import MrdError
from mrd_desktop.foreign import first_bytes
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.ids import ID, key_id
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.ledger.verify import SIGNATURES, Verdict, verify_records
from mrd_desktop.record.retold import Retold
from mrd_desktop.record.verifying import NAMES, WELL, Checked
from mrd_desktop.texts import Text
from mrd_desktop.transfer.container import PACKAGE, label
from mrd_desktop.transfer.errors import Damaged
from mrd_desktop.transfer.lines import joined
from mrd_desktop.transfer.messages import Receipt
from mrd_desktop.vault.trust import SITE_PUB, read_identity

LARGEST_LIST: Final = 8 << 20
LONGEST_LINE: Final = 16 << 20
_BESIDE: Final = frozenset({LIST, SIGNATURE, SUMS})
_SIGNED: Final = Text(
    "signed with the site's key {key}; compare it with what the sponsor knows",
    "由中心密钥 {key} 签名；请与申办方所知核对",
)
_FOREIGN: Final = Text("the list is not signed by the site's key", "清单不是由中心密钥签名")
_OTHER: Final = Text(
    "it is not the key trusted here for site {site}", "不是此处信任的中心 {site} 的密钥"
)
_INCOMPLETE: Final = Text("incomplete: {what}", "不完整：{what}")


_CANNOT: Final = Text("a file that it names cannot be read", "所列文件无法读取")
_UNREADABLE: Final = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What comes of a file that holds anything but what it should."""


def is_closeout(path: Path) -> bool:
    """Whether a folder is a close-out bundle."""
    return (path / LIST).is_file()


def check_bundle(place: Path, known: Mapping[str, bytes] | None = None) -> tuple[Checked, ...]:
    """Every check that a bundle allows, by the names of ``verify``.

    Args:
        known: keys trusted by whoever checks, by chain; without them the bundle's own key is told.

    Raises:
        NotCloseout: no bundle, or a list that cannot be read.
    """
    try:
        data = first_bytes(place / LIST, LARGEST_LIST)
        if len(data) > LARGEST_LIST:
            raise NotCloseout(place.name)
        said = json.loads(data)
        if said["format"] != FORMAT:
            raise NotCloseout(place.name)
        identity = read_identity(first_bytes(place / "keys" / SITE_PUB))
        found = {
            "signatures": _signature(place, data, identity.sign.raw, said, known),
            "manifest": _named("manifest", [*_files(place, said)]),
            **_chains(place, said),
            "definition": _named("definition", [*_definitions(place)]),
            "lineage": _judged("lineage", lambda: _lineage(place, said)),
        }
    except _UNREADABLE:
        raise NotCloseout(place.name) from None
    not_here = Text("does not apply here", "此处不适用")
    return tuple(found.get(n, Checked(n, None, not_here)) for n in NAMES)


def _judged(name: str, make: Callable[[], Checked]) -> Checked:
    """A check whose files may be missing or hold anything."""
    try:
        return make()
    except MrdError as refused:
        return Checked(name, False, refused.text)
    except _UNREADABLE:
        return Checked(name, False, _CANNOT)


def _signature(
    place: Path, data: bytes, key: bytes, said: Any, known: Mapping[str, bytes] | None
) -> Checked:
    try:
        sshsig.verify(
            first_bytes(place / SIGNATURE).decode("ascii"), data, Namespace.CLOSEOUT, [key]
        )
    except (MrdError, UnicodeDecodeError):
        return Checked("signatures", False, _FOREIGN)
    if known is not None and known.get(str(said["chain"])) != key:
        return Checked("signatures", False, _OTHER.filled(site=said["site"]))
    return Checked("signatures", True, _SIGNED.filled(key=key_id(key)))


def _files(place: Path, said: Any) -> Iterator[str]:
    here = {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()} - _BESIDE
    listed = {str(f["name"]): str(f["sha256"]) for f in said["files"]}
    stray = (name for name in sorted(here - listed.keys()) if not of_a_system(name))
    yield from (f"{name} is not listed" for name in stray)
    for name, digest in sorted(listed.items()):
        if name not in here:
            yield f"{name} is missing"
        elif (place / name).is_symlink():
            yield f"{name} is a link"
        elif _digest(place / name) != digest:
            yield f"{name} was changed"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chains(place: Path, said: Any) -> dict[str, Checked]:
    """The walk of every chain, the worst of each check; where the lists end."""
    worst: dict[str, Checked] = {}
    wrong: list[str] = []
    for head in said["heads"]:
        try:
            verdict, faults = _walked(
                place, _chain(head["chain"]), complete=head["chain"] == said["chain"]
            )
        except MrdError as refused:  # lines that are no records
            worst["chain"] = Checked("chain", False, refused.text)
            continue
        for check in verdict.checks:
            before = worst.get(check.name)
            if before is None or (before.ok is not False and check.ok is False):
                worst[check.name] = Checked(check.name, check.ok, check.detail)
        end = verdict.head
        if (end.seq, end.digest.hex()) != (head["seq"], head["digest"]):
            wrong.append(f"{head['chain']}: it does not end as the list says")
        wrong += faults[:1]
    worst["heads"] = _named("heads", wrong)
    return {name: check for name, check in worst.items() if name != SIGNATURES or not check.ok}


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines without their ends, none longer than a package has them."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise Damaged("a line of records")
        yield line.removesuffix(b"\n")


def _inside(place: Path, name: str) -> Path:
    """The path of a file that the list names: it lies in the bundle."""
    if ".." in PurePosixPath(name).parts or "\\" in name or PurePosixPath(name).is_absolute():
        raise ValueError(name)
    return place / name


def _walked(place: Path, chain: str, *, complete: bool) -> tuple[Verdict, list[str]]:
    faults: list[str] = []
    with (
        (place / "ledger" / f"headers.{chain}.jsonl").open("rb") as headers,
        (place / "ledger" / f"openings.{chain}.jsonl").open("rb") as openings,
    ):
        records = joined(
            _lines(headers),
            _lines(openings),
        )
        passed = Retold().passing(records, faults)
        return verify_records(passed, chain, private=False, complete=complete), faults


def _chain(value: object) -> str:
    """The id of a chain, which names files."""
    if not isinstance(value, str) or ID.fullmatch(value) is None:
        raise ValueError(value)
    return value


def _definitions(place: Path) -> Iterator[str]:
    for path in sorted((place / "definitions").glob("[!.]*.json")):
        if _digest(path) != path.stem:
            yield f"{path.name} is not what its name says"


def incomplete(missing: Sequence[str]) -> Text:
    """What is said of a bundle that lacks something and has no other fault."""
    texts = [MISSING[code] for code in missing]
    what = Text("; ".join(t.en for t in texts), "；".join(t.zh for t in texts))
    return _INCOMPLETE.filled(what=what)


def _lineage(place: Path, said: Any) -> Checked:
    """The last full package, the receipts, the keys; what lacks makes the bundle incomplete."""
    missing = [str(code) for code in said["missing"]]
    missing += [] if said["keys"] is not None else ["keys"]
    missing += [] if said["package"] is not None else ["package"]
    faults = [*_receipts(place, said["package"])]
    faults += _keys(place, said) if said["keys"] is not None else []
    if said["package"] is not None and "archive" not in missing:
        faults += _package(place, _chain(said["chain"]), said["package"])
    if faults or not missing:
        return _named("lineage", faults)
    return Checked("lineage", False, incomplete(tuple(dict.fromkeys(missing))))


def _package(place: Path, chain: str, last: Any) -> Iterator[str]:
    own = read_identity(first_bytes(place / "keys" / SITE_PUB)).sign.raw
    try:
        outer, _ = label(
            _inside(place, str(last["file"])), PACKAGE, lambda _: [own, *_keys_of(place, chain)]
        )
    except MrdError as refused:
        yield f"{last['file']}: {refused.text.en}"
        return
    if outer.manifest != last["manifest"]:
        yield f"{last['file']} is another package"


def _receipts(place: Path, last: Any) -> Iterator[str]:
    sponsors = [
        base64.b64decode(json.loads(first_bytes(p))["sign"])
        for p in sorted((place / "keys").glob("sponsor-*.pub"))
    ]
    for path in sorted((place / "receipts").glob("[!.]*.json")):
        signature = first_bytes(path.with_name(f"{path.name}.sig")).decode("ascii")
        try:
            sshsig.verify(signature, first_bytes(path), Namespace.RECEIPT, sponsors)
        except MrdError as refused:
            yield f"{path.name}: {refused.text.en}"
    if last is None or last["receipt"] is None:
        return
    receipt = Receipt.from_bytes(first_bytes(_inside(place, str(last["receipt"]))))
    if receipt.package != last["manifest"]:
        yield f"{last['receipt']} confirms another package"


def _keys_of(place: Path, chain: str) -> Iterator[bytes]:
    """The keys that the chain tells of, which the walk verified: the site's own, if replaced."""
    with (place / "ledger" / f"openings.{chain}.jsonl").open("rb") as file:
        for line in _lines(file):
            if b'"chain.created"' in line or b'"key.rotated"' in line:
                said = json.loads(line)["payload"]
                first = said.get("kind") == "chain.created"
                key = said.get("sign" if first else "key")
                if isinstance(key, str) and (first or "folder" in said):
                    yield base64.b64decode(key)


def _keys(place: Path, said: Any) -> Iterator[str]:
    """The record that the list names is a statement about the keys; the walk verified it."""
    chain, seq = _chain(said["chain"]), int(said["keys"]["seq"])
    with (place / "ledger" / f"openings.{chain}.jsonl").open("rb") as file:
        found = next((o for o in map(json.loads, _lines(file)) if o["seq"] == seq), None)
    body = found["payload"] if found else {}
    if body.get("kind") != "signature.made" or body.get("meaning") != "keys":
        yield "no signed record says where the keys are"


def _named(name: str, faults: list[str]) -> Checked:
    told = "; ".join(faults[:5])
    return Checked(name, not faults, Text(told, told) if faults else WELL)
