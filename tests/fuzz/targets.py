"""The readers of what comes from outside: each takes any bytes, and answers or refuses with words.

A target goes behind the checks that random bytes never pass: what is signed or encrypted is read as
if it had been signed rightly, because a stolen key must not crash a reader either.
"""

from __future__ import annotations

import base64
import io
import json
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import openpyxl

from mrd_desktop import installation
from mrd_desktop.closing import layout
from mrd_desktop.closing.checking import check_bundle
from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import canonical, rotations, sshsig
from mrd_desktop.ledger.record import KINDS, Header, Kind
from mrd_desktop.ledger.trust import SIGNED_KINDS, Mistrust, Trust
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record import shapes
from mrd_desktop.record.entries import answer_of
from mrd_desktop.record.importing.mapping import read_mapping
from mrd_desktop.record.importing.table import read_table
from mrd_desktop.record.story import read_story
from mrd_desktop.study import load
from mrd_desktop.study.address import parse_address
from mrd_desktop.study.dates import parse_date
from mrd_desktop.study.expression.parser import parse
from mrd_desktop.study.importing.importer import import_odm
from mrd_desktop.study.importing.xml_tree import read_xml
from mrd_desktop.study.load import definition_bytes, study_from_bytes
from mrd_desktop.study.yaml_tree import YamlMistake, read
from mrd_desktop.texts import Text
from mrd_desktop.transfer import (
    age,
    container,
    delegation,
    lines,
    messages,
    refusals,
    stored,
    update,
)
from mrd_desktop.transfer.archive import Archive
from mrd_desktop.transfer.handover.manifest import HANDOVER, HandoverManifest
from mrd_desktop.transfer.manifest import Manifest, Point
from mrd_desktop.transfer.reply import REPLY, ReplyManifest, notices, rosters, written
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault import (
    activation,
    attempts,
    backup,
    computers,
    condemned,
    destroyed,
    exercises,
    faultlog,
    manifest,
    recovery,
    trust,
)
from tests.clinic import make_clinic
from tests.ledger.test_vectors import record
from tests.transfer.parcel import SITE_KEY

ROOT: Final = Path(__file__).parents[2]
VECTORS: Final = ROOT / "tests" / "vectors"
PACKAGES: Final = VECTORS / "package"
HANDOVERS: Final = VECTORS / "handover"
REPLIES: Final = VECTORS / "reply"
KEYS: Final = json.loads((PACKAGES / "vectors.json").read_text("utf-8"))["keys"]
SITE: Final = bytes.fromhex(KEYS["site"])
_LIMIT: Final = 1 << 22
_SMALL: Final = 300
_LARGE: Final = 1 << 14


@dataclass(frozen=True, slots=True)
class Target:
    """A reader.

    Attributes:
        seeds: what coverage begins with.
        also: refusals beside MrdError that its docstring names.
        largest: bytes an input has at most.
    """

    name: str
    read: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    also: tuple[type[Exception], ...] = ()
    largest: int = 4096

    def run(self, data: bytes) -> None:
        """Read the bytes; a refusal with words is an answer, anything else is a fault."""
        try:
            self.read(data)
        except (MrdError, *self.also):
            pass


@cache
def _folder() -> Path:
    """Where a reader of files finds its input; in memory where the system has such a place."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory if memory.is_dir() else None))


def _on_disk(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def run(data: bytes) -> object:
        path = _folder() / name
        path.write_bytes(data)
        return read(path)

    return run


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", "replace"))


def _archive(data: bytes) -> None:
    held = Archive(io.BytesIO(data))
    try:
        for name in held.names:
            held.read(name, _LIMIT)
    finally:
        held.close()


def _age(data: bytes) -> None:
    age.recipients_count(io.BytesIO(data))
    age.decrypt(io.BytesIO(data), io.BytesIO(), [KEYS["sponsor"]], _LIMIT)


def _package(path: Path) -> None:
    trusted = [SITE]
    with container.opened(path, container.PACKAGE, lambda _: trusted, [KEYS["sponsor"]]) as opened:
        list(opened.lines("headers"))


def _chain(data: bytes) -> None:
    headers, _, openings = data.partition(b"\n\n")
    records = lines.joined(headers.split(b"\n"), openings.split(b"\n"))
    verify_records(records, _vector()["chain"], private=False, complete=False)


def _trust(data: bytes) -> None:
    """What a record says whose commitment holds: somebody with a key may write anything there."""
    body = canonical.loads(data)
    kind = KINDS.get(str(body.get("kind"))) if isinstance(body, dict) else None
    if kind is not None and isinstance(body, dict):
        state = Trust.from_json(_vector()["chain"], _state())
        state.learn(kind, Header.from_bytes(_vector()["records"][-1]["header"].encode()), body)
        state.end_transaction()


def _shape(data: bytes) -> None:
    """Any payload is judged; one that passes is read the way a copy of a value is read."""
    body = canonical.loads(data)
    kind = KINDS.get(str(body.get("kind"))) if isinstance(body, dict) else None
    if kind is None or not isinstance(body, dict):
        return
    if not shapes.fault_of(kind, body) and kind in (Kind.ITEM_SET, Kind.ENTRY_SUPERSEDED):
        parse_address(str(body["address"]))
        answer_of(body)


def _line(data: bytes) -> None:
    _, header, _ = lines.read_header(data)
    Header.from_bytes(header)


def _by_the_site(namespace: sshsig.Namespace, data: bytes) -> str:
    return sshsig.make(namespace, data, SITE_KEY.public.raw, SITE_KEY.sign)


def _certificate(text: str) -> None:
    key = base64.b64encode(SITE_KEY.public.raw).decode()
    signature = _by_the_site(sshsig.Namespace.TRAINING, text.encode())
    whole: dict[str, canonical.JSON] = {"statement": text, "signature": signature, "key": key}
    exercises.read_certificate(canonical.dumps(whole))


def _card(text: str) -> None:
    whole: dict[str, canonical.JSON] = {
        "format": computers.FORMAT,
        "statement": text,
        "signature": _by_the_site(sshsig.Namespace.COMPUTER, text.encode()),
    }
    computers.read_card(canonical.dumps(whole))


def _leading(outer: container.Outer) -> tuple[bytes, ...]:
    return rotations.reached([SITE], outer.changes, outer.chain)


def _handover(path: Path) -> None:
    with container.opened(path, HANDOVER, _leading, [KEYS["sponsor"]]) as opened:
        list(opened.lines("headers"))


def _reply(path: Path) -> None:
    """As a site takes it up: label, messages, and what is told beside them."""
    keys = _reply_keys()
    with container.opened(path, REPLY, lambda _: [keys.store], [keys.site]) as opened:
        for line in opened.lines("messages"):
            messages.read(line)
        notices(opened, {})
        written(opened, {})
        rosters(opened, {})


def _signature(data: bytes) -> None:
    sshsig.verify(data.decode("latin-1"), b"synthetic", sshsig.Namespace.ACTIVATION, [SITE])


def _address(text: str) -> None:
    assert parse_address(str(parse_address(text))) == parse_address(text)


def _date(text: str) -> None:
    today = date(2027, 3, 10)
    for partial in (True, False):
        parse_date(text, today=today, visit_date=today, partial=partial)


def _backup(path: Path) -> None:
    """What is asked of a backup before its database is: its head, and who signed for it."""
    backup.signed_report(path.parent)
    backup.report_of(path.parent)


def _bundle(path: Path) -> None:
    _bundle_beside(path.parent)
    check_bundle(path.parent)


@cache
def _bundle_beside(place: Path) -> None:
    """What the list of a bundle names; its signature is of other bytes, which is told."""
    for folder in ("keys", "ledger"):
        (place / folder).mkdir()
    (place / "keys" / "site.pub").write_bytes((_site() / "site.pub").read_bytes())
    (place / layout.SIGNATURE).write_text(_by_the_site(sshsig.Namespace.CLOSEOUT, b"synthetic"))
    headers, _, openings = next(_chains()).partition(b"\n\n")
    for name, lines_ in (("headers", headers), ("openings", openings)):
        (place / "ledger" / f"{name}.{_vector()['chain']}.jsonl").write_bytes(lines_ + b"\n")


def _destruction(text: str) -> None:
    """What a site's key has signed, whatever it says."""
    signature = _by_the_site(sshsig.Namespace.DESTRUCTION, text.encode())
    whole: dict[str, canonical.JSON] = {"format": condemned.FORMAT, "statement": text,
                                        "signature": signature}  # fmt: skip
    condemned.head_of(condemned.read(canonical.dumps(whole), [SITE_KEY.public.raw]))


def _mark(path: Path) -> None:
    destroyed.marked(path.parent)


def _attempts(path: Path) -> None:
    for attempt in attempts.SealedLog(path).read():
        if attempt.sealed is not None:
            list(attempts.since((attempt,), attempts.Mark(), b"s" * 32))


def _faults(path: Path) -> None:
    faultlog.after(path.parent, "")


# --- seeds


def _good() -> Iterator[Path]:
    yield from sorted(PACKAGES.glob("good-*.mrdpkg"))


def _files() -> Iterator[bytes]:
    return (path.read_bytes() for path in _good())


def _labels() -> Iterator[bytes]:
    for path in _good():
        yield container.claimed(path, container.PACKAGE).to_bytes()


def _sealed() -> Iterator[bytes]:
    for path in _good():
        outer = container.claimed(path, container.PACKAGE)
        whole = path.read_bytes()
        at = whole.index(b"age-encryption.org")
        yield whole[at : at + outer.size]


def _plain(sealed: bytes) -> bytes:
    into = io.BytesIO()
    age.decrypt(io.BytesIO(sealed), into, [KEYS["sponsor"]], _LIMIT)
    return into.getvalue()


def _archives() -> Iterator[bytes]:
    for sealed in _sealed():
        try:
            yield _plain(sealed)
        except MrdError:  # a vector under other keys
            continue


def _parts(ending: str) -> Iterator[bytes]:
    for data in _archives():
        held = Archive(io.BytesIO(data))
        yield from (held.read(n, _LIMIT) for n in held.names if n.endswith(ending))
        held.close()


def _bundles(stem: str) -> Iterator[bytes]:
    for data in _archives():
        held = Archive(io.BytesIO(data))
        for name in held.names:
            if name.startswith(stem):
                yield from held.read(name, _LIMIT).splitlines(keepends=True)[:20]
        held.close()


def _receipts() -> Iterator[bytes]:
    point = Point(7, "0" * 64)
    yield messages.Receipt(
        "NCT07132502", "01", "a" * 26, True, 1, "1" * 64, point, 7, 3, "2027-03-10T08:00:00.000Z",
        "b" * 26,
    ).to_bytes()  # fmt: skip


def _messages() -> Iterator[bytes]:
    for message in (
        messages.ReceiptMessage("{}", "signature"),
        messages.Settled(4, "S-3", "closed", "synthetic"),
        messages.Amendment(5, "0" * 64, "1.1"),
    ):
        yield messages.line(message).rstrip(b"\n")


def _notices() -> Iterator[bytes]:
    yield refusals.notice(
        [
            refusals.Refusal(
                5, 3, "0" * 64, Verdict.GAP, "gap", (2,), "2027-03-10T08:00:00.000Z",
                refusals.words("gap", 3, (2,)),
            ),
        ]
    )  # fmt: skip


def _handovers() -> Iterator[bytes]:
    return (path.read_bytes() for path in sorted(HANDOVERS.glob("good-*.mrdhandover")))


@dataclass(frozen=True, slots=True)
class _ReplyKeys:
    store: bytes
    site: str


@cache
def _reply_keys() -> _ReplyKeys:
    keys = json.loads((REPLIES / "vectors.json").read_text("utf-8"))["keys"]
    return _ReplyKeys(bytes.fromhex(keys["store"]), keys["site"])


def _replies() -> Iterator[bytes]:
    return (path.read_bytes() for path in sorted(REPLIES.glob("*.mrdreply")))


def _changed() -> Iterator[bytes]:
    for path in sorted(HANDOVERS.glob("good-*.mrdhandover")):
        yield container.claimed(path, HANDOVER).to_bytes()


def _handed() -> Iterator[bytes]:
    for path in sorted(HANDOVERS.glob("good-*.mrdhandover")):
        outer = container.claimed(path, HANDOVER)
        whole = path.read_bytes()
        at = whole.index(b"age-encryption.org")
        try:
            held = Archive(io.BytesIO(_plain(whole[at : at + outer.size])))
        except MrdError:  # a vector under other keys
            continue
        yield held.read(container.MANIFEST, _LIMIT)
        held.close()


def _cards() -> Iterator[bytes]:
    for path in sorted(HANDOVERS.glob("good-*.mrdcomputer")):
        yield json.loads(path.read_bytes())["statement"].encode()


def _certificates() -> Iterator[bytes]:
    yield canonical.dumps(
        {
            "format": exercises.FORMAT, "study": "NCT07132502", "chain": "a" * 26,
            "training": True, "user": "synthetic", "name": "Synthetic", "role": "crc",
            "version": "1", "at": "2027-03-10T08:00:00.000Z", "done": {"entry": 2},
        }
    )  # fmt: skip


@cache
def _vector() -> Any:
    """A small chain that is well."""
    chains = json.loads((VECTORS / "ledger" / "chains-good.json").read_text("utf-8"))
    return min(chains, key=lambda c: abs(len(c["records"]) - 8))


def _chains() -> Iterator[bytes]:
    records = [record(one) for one in _vector()["records"]]
    contents = (lines.opening_line(r.header.seq, r.opening) for r in records if r.opening)
    heads = b"".join(map(lines.header_line, records))
    yield heads + b"\n" + b"".join(contents).rstrip(b"\n")


@cache
def _state() -> Mapping[str, canonical.JSON]:
    """Keys and sessions at the end of that chain."""
    records = map(record, _vector()["records"])
    mark = verify_records(records, _vector()["chain"], private=False, complete=False).watermark
    assert mark is not None
    return mark.trust


def _claims() -> Iterator[bytes]:
    chains = json.loads((VECTORS / "ledger" / "chains-good.json").read_text("utf-8"))
    for one in (record(r) for chain in chains for r in chain["records"]):
        if one.opening and one.kind in SIGNED_KINDS:
            yield one.opening.payload


def _payloads() -> Iterator[bytes]:
    """One of each kind that the vectors hold, and some whose shape is rich."""
    ref: dict[str, canonical.JSON] = {"chain": "a" * 26, "seq": 3}
    form, item = "01-001/SCR#1/PS#1", "01-001/SCR#1/PS#1/A#1/ECOG"
    made: tuple[dict[str, canonical.JSON], ...] = (
        {"kind": "item.set", "address": item, "value": ["1", "2"], "was": ref,
         "reason": {"code": "TYPO"}},
        {"kind": "entry.superseded", "address": item, "check": "SECOND", "cleared": True,
         "second": {"result": "differs", "keyer": "crc"}},
        {"kind": "note.added", "address": form, "text": "", "second": {
            "compared": [{"user": "crc", "items": {"ECOG": 1}}]}},
        {"kind": "form.saved", "address": form, "declared": "complete", "definition": "0",
         "paper": {"date": "2027-06-01"}},
        {"kind": "labrange.set", "laboratory": "x", "item": "WBCVAL", "valid_from": "2027-06-01",
         "unit": "u", "low": "1.5"},
        {"kind": "redaction.done", "seqs": [3], "gone": [{"seq": 3, "c": "0", "of": "item.set"}]},
        {"kind": "incident.noted", "what": "lost", "text": "x", "incident": {
            "of": ref, "clock": "closed", "told": "2027-06-01T08:00:00.000Z"}},
    )  # fmt: skip
    yield from map(canonical.dumps, made)
    chains = json.loads((VECTORS / "ledger" / "chains-good.json").read_text("utf-8"))
    told = (record(r) for chain in chains for r in chain["records"])
    yield from {r.kind: r.opening.payload for r in told if r.opening}.values()


def _studies() -> Iterator[bytes]:
    yield _ODM
    for path in sorted((VECTORS / "odm").glob("*.xml")):
        yield path.read_bytes()[:_LARGE]


def _stories() -> Iterator[bytes]:
    for path in sorted((VECTORS / "stories").glob("*.json")):
        story = json.loads(path.read_bytes())
        yield json.dumps({**story, "records": story["records"][:4]}).encode()


def _yaml() -> Iterator[bytes]:
    for path in sorted((ROOT / "resources" / "study").glob("**/*.yaml")):
        yield path.read_bytes()[:_SMALL]


@cache
def _site() -> Path:
    """A synthetic training site."""
    return make_clinic(_folder() / "site").path


def _approval() -> activation.Activation:
    """A statement of a synthetic sponsor."""
    return activation.Activation(
        "NCT07132502", "01", True, {"a" * 26: "b" * 26}, "1", ("1.0",), ("1.0.0",),
        activation.Ethics("SYN-1", "2027-01-01"), "2030-01-01", "c" * 26,
        "2027-03-10T08:00:00.000Z",
    )  # fmt: skip


def _tables() -> Iterator[bytes]:
    yield "受试者,采样日期,WBC\n01-001,2027-03-10,5.1\n".encode()
    yield "受试者;采样日期;WBC\n01-001;2027-03-10;5,1\n".encode("gb18030")
    yield b'"a","b"\n"1 ""x""","2\n3"\n'


def _workbooks() -> Iterator[bytes]:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["no", "day", "WBC"])
    sheet.append(["01-001", date(2027, 3, 10), 5.1])
    held = io.BytesIO()
    book.save(held)
    yield held.getvalue()


@cache
def _own_parts_once() -> None:
    """What an import writes into every definition is read back once, not a million times."""
    load.read = lru_cache(maxsize=64)(load.read)


def _imported(data: bytes) -> object:
    _own_parts_once()
    return import_odm(data)


@cache
def _own_manifest() -> manifest.Manifest:
    return manifest.read_manifest(_site())


def _recovery(text: str) -> None:
    recovery.read_sheet(text, _own_manifest())


EXPRESSIONS: Final = (
    b"DM.SEX = 'F' and age(DM.BRTHDAT, today) >= 18",
    b"count(rows('AE') where AE.GRADE > 2) + 1.5",
    b"not (LAB.WBCVAL in (1, 2)) or empty(LAB.WBCVAL)",
)

_SHEET: Final = """MRD Desktop
No. 0000
A: aaaa bbbb cccc dddd eeee ffff gggg
No. 0000
B: aaaa bbbb cccc dddd eeee ffff 2222
"""
_ODM: Final = b"""<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileOID="S" ODMVersion="1.3.2">
<Study OID="S"><GlobalVariables><StudyName>S</StudyName></GlobalVariables>
<MetaDataVersion OID="V" Name="V"><Protocol><StudyEventRef StudyEventOID="E" Mandatory="Yes"/>
</Protocol><StudyEventDef OID="E" Name="E" Repeating="No" Type="Scheduled">
<FormRef FormOID="F" Mandatory="Yes"/></StudyEventDef><FormDef OID="F" Name="F" Repeating="No">
<ItemGroupRef ItemGroupOID="G" Mandatory="Yes"/></FormDef><ItemGroupDef OID="G" Name="G"
 Repeating="No"><ItemRef ItemOID="I" Mandatory="Yes"/></ItemGroupDef><ItemDef OID="I" Name="I"
 DataType="integer" Length="3"><RangeCheck Comparator="GE" SoftHard="Soft">
<CheckValue>1</CheckValue></RangeCheck><CodeListRef CodeListOID="C"/></ItemDef>
<CodeList OID="C" Name="C" DataType="integer">
<CodeListItem CodedValue="1"><Decode><TranslatedText xml:lang="en">One</TranslatedText></Decode>
</CodeListItem></CodeList></MetaDataVersion></Study></ODM>"""
_MAPPING: Final = b'{"name":"x","form":"LAB","subject":"no","date":"day"}'
_ADDRESSES: Final = (b"01-001/M06#1/TM#1/B#1/CA153VAL", b"01-001/SCR#1/DM#1", b"01-001")
_DATES: Final = (b"2027-03-10", b"260316", b"+13w", b"=", b"t", b"UN", b"2027-03")


def _label(data: bytes) -> object:
    return container.Outer.from_bytes(data, container.PACKAGE.format)


def _told(data: bytes) -> object:
    """A label that may tell how the key of its sender was changed."""
    return container.Outer.from_bytes(data, HANDOVER.format, tells=True).to_bytes()


def _statement(data: bytes) -> object:
    return activation._activation(activation._object(data))


def _signed(data: bytes) -> object:
    return activation.read_activation(data, [SITE])


def _folder_file(path: Path) -> object:
    return manifest.read_manifest(path.parent)


def _manifests() -> Iterator[bytes]:
    return _parts("manifest.json")


_PROGRAM: Final = bytes(range(200)) * 20


def _unpacked(path: Path) -> None:
    """An archive that is signed, whatever it holds: no more is unpacked than the list says."""
    with path.open("rb") as file:
        stream = update._Stream(file, stored.Member("", 0, path.stat().st_size, 0))
        assert sum(map(len, stream.take(len(_PROGRAM)))) == len(_PROGRAM)
        stream.done()


def _listed(data: bytes) -> None:
    found = installation.read_list(data)
    assert update.misplaced(found) not in ("mrd-desktop", "_internal/a.pyc")


def _program_list() -> bytes:
    files = {
        "mrd-desktop": {"sha256": "0" * 64, "bytes": 9, "runs": True},
        "_internal/lib/b.so": {"sha256": "1" * 64, "bytes": 9},
        "_internal/b.so": {"link": "lib/b.so"},
    }
    said = {"format": "mrd-installed/2", "product": "mrd-desktop", "version": "0.2.0",
            "commit": "abc", "platform": "linux-x86_64", "files": files}  # fmt: skip
    return json.dumps(said).encode()


def _order() -> update.Statement:
    words = Text("Synthetic.", "测试。")
    return update.Statement(
        "mrd-desktop", "0.2.0", "linux-x86_64", "abc", "0.1.0", ("0.3.0",), words, words,
        "0" * 64, "1" * 64, 9, "2026-11-29T08:00:00.000Z",
    )  # fmt: skip


def _update(data: bytes) -> None:
    found = update.Statement.of(data)
    found.fault()
    assert update.Statement.of(found.to_bytes()) == found


def _backups() -> Iterator[bytes]:
    said = {"format": "mrd-backup/1", "chain": "a" * 26, "seq": 7, "digest": "0" * 64,
            "at": "2027-03-10T08:00:00.000Z", "files": {"data.mrd": "0" * 64}}  # fmt: skip
    yield json.dumps(said).encode()
    plain = canonical.dumps({k: v for k, v in said.items() if k != "files"})
    signature = _by_the_site(sshsig.Namespace.BACKUP, plain)
    yield json.dumps({**said, "rotations": [{}], "signature": signature}).encode()


def _bundles_said() -> Iterator[bytes]:
    chain = _vector()["chain"]
    head = {"chain": chain, "seq": 7, "digest": "0" * 64}
    keys = {"seq": 5, "user": "inv", "at": "2027-03-10T08:00:00.000Z"}
    last = {"number": 2, "manifest": "0" * 64, "file": "archive/a.mrdpkg", "receipt": "r.json"}
    files = [{"name": "a", "size": 1, "sha256": "0"}]
    said = {"format": layout.FORMAT, "study": "NCT07132502", "site": "01", "chain": chain,
            "heads": [head], "missing": [], "files": files}  # fmt: skip
    yield json.dumps({**said, "keys": keys, "package": last}).encode()
    yield json.dumps({**said, "keys": None, "package": None, "heads": []}).encode()


def _certified() -> Iterator[bytes]:
    yield canonical.dumps(
        {
            "format": condemned.FORMAT, "study": "NCT07132502", "site": "01", "chain": "a" * 26,
            "user": "inv", "second": "admin", "seq": 7, "digest": "0" * 64,
            "head": {"seq": 7, "digest": "0" * 64}, "at": "2027-03-10T08:00:00.000Z",
        }
    )  # fmt: skip


def _marks() -> Iterator[bytes]:
    yield canonical.dumps(
        {"format": destroyed.FORMAT, "chain": "a" * 26, "certificate": "{}", "file": "/tmp/c",
         "places": ["/tmp/a"], "signature": "s"}
    )  # fmt: skip


def _side_log() -> Iterator[bytes]:
    row = {"n": 1, "slot": "a", "at": "2027-03-10T08:00:00.000Z", "sealed": None}
    sealed = {**row, "n": 2, "sealed": base64.b64encode(b"s" * 90).decode()}
    yield b"".join(json.dumps(r).encode() + b"\n" for r in (row, sealed))


def _fault_log() -> Iterator[bytes]:
    row = {"number": "F-0001", "at": "2027-03-10T08:00:00.000Z", "program": "0.1.0",
           "fault": "ValueError", "places": ["mrd_desktop.texts:10 say"]}  # fmt: skip
    yield json.dumps(row).encode() + b"\n"


def _comparisons() -> Iterator[bytes]:
    said = delegation.Comparison(
        4, "2027-03-10T08:00:00.000Z", "dm", 7, "0" * 64, (delegation.Unknown("x", "who?"),)
    )
    yield delegation.notice(said)


def _small_study() -> bytes:
    return definition_bytes(import_odm(_ODM).files)


TARGETS: Final = (
    Target("activation", _signed, lambda: [activation.file_bytes(_approval(), "synthetic")]),
    Target("activation-statement", _statement, lambda: [_approval().to_bytes()]),
    Target("account-comparison", delegation.read, _comparisons),
    Target("address", _text(_address), lambda: _ADDRESSES, largest=128),
    Target("backup-report", _on_disk("backup.json", _backup), _backups),
    Target("canonical-json", canonical.loads, _labels),
    Target("closeout-list", _on_disk(layout.LIST, _bundle), _bundles_said),
    Target("computer-card", _text(_card), _cards),
    Target("date", _text(_date), lambda: _DATES, largest=32),
    Target(
        "definition-json", study_from_bytes.__wrapped__, lambda: [_small_study()], largest=_LARGE
    ),
    Target("definition-yaml", _text(read), _yaml, (YamlMistake,), _SMALL),
    Target(
        "destruction",
        _text(_destruction),
        _certified,
        (OSError, ValueError, KeyError, TypeError, AssertionError),
    ),
    Target("destruction-mark", _on_disk(destroyed.MARK, _mark), _marks),
    Target("expression", _text(parse), lambda: EXPRESSIONS, largest=512),
    Target("fault-log", _on_disk(faultlog.LOG_FILE, _faults), _fault_log),
    Target("handover-file", _on_disk("fuzz.mrdhandover", _handover), _handovers, largest=_LARGE),
    Target("handover-label", _told, _changed),
    Target("handover-manifest", HandoverManifest.from_bytes, _handed),
    Target("odm-metadata", _imported, lambda: [_ODM], largest=2048),
    Target("odm-xml", read_xml, _studies, largest=_LARGE),
    Target("package-age", _age, _sealed, largest=1 << 16),
    Target("package-archive", _archive, _archives, largest=1 << 16),
    Target("package-file", _on_disk("fuzz.mrdpkg", _package), _files, largest=1 << 16),
    Target("package-label", _label, _labels),
    Target("package-manifest", Manifest.from_bytes, _manifests),
    Target("public-identity", trust.read_identity, lambda: [(_site() / "site.pub").read_bytes()]),
    Target("receipt", messages.Receipt.from_bytes, _receipts),
    Target("record-chain", _chain, _chains, largest=_LARGE),
    Target("record-header", _line, lambda: _bundles("headers")),
    Target("record-opening", lines.read_opening, lambda: _bundles("openings")),
    Target("record-shape", _shape, _payloads),
    Target("record-trust", _trust, _claims, (Mistrust,)),
    Target("recovery-sheet", _text(_recovery), lambda: [_SHEET.encode()]),
    Target("reply-file", _on_disk("fuzz.mrdreply", _reply), _replies, largest=_LARGE),
    Target("reply-manifest", ReplyManifest.from_bytes, _manifests),
    Target("reply-message", messages.read, _messages),
    Target("reply-notice", refusals.read, _notices),
    Target("report-csv", _on_disk("fuzz.csv", read_table), _tables),
    Target("report-mapping", _on_disk("fuzz.json", read_mapping), lambda: [_MAPPING]),
    Target("report-xlsx", _on_disk("fuzz.xlsx", read_table), _workbooks, largest=_LARGE),
    Target("side-log", _on_disk(attempts.LOG_FILE, _attempts), _side_log),
    Target("story", _on_disk("fuzz.json", read_story), _stories, largest=_LARGE),
    Target("training-certificate", _text(_certificate), _certificates),
    Target("update-archive", _on_disk("fuzz.zlib", _unpacked), lambda: [zlib.compress(_PROGRAM)]),
    Target("update-list", _listed, lambda: [_program_list()]),
    Target("update-statement", _update, lambda: [_order().to_bytes()]),
    Target("signature", _signature, lambda: _parts(".sig")),
    Target(
        "site-manifest",
        _on_disk("site.json", _folder_file),
        lambda: [(_site() / "site.json").read_bytes()],
        largest=_LARGE,
    ),
)
BY_NAME: Final = {t.name: t for t in TARGETS}
