"""Archives and texts made to fill memory, disk or time, one of each kind for each reader.

What can be signed is signed by a key that is trusted: what a stranger makes is refused by its
signature before any of it is read.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from mrd_desktop import installation
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.texts import Text
from mrd_desktop.transfer import update
from tests.hostile.readers import RELEASER
from tests.releasing import assembled
from tests.transfer import test_hostile as small
from tests.transfer.parcel import manifest, sender
from tests.vectors.handover import make as handing
from tests.vectors.package.make import OUTER as PURPOSE
from tests.vectors.package.make import content, entries, inner, outer, sealed, whole, zipped

_ZEROS: Final = 64 << 20
_TIMES: Final = 160  # ten gibibytes
_DEEP: Final = 100_000
_HOLE: Final = 10 << 30


class Bomb(NamedTuple):
    """A file for a reader; ``make`` writes it into a folder and says where it is."""

    name: str
    reader: str
    make: Callable[[Path], Path]


def _file(name: str, data: Callable[[], bytes]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data())
        return path

    return make


def _hole(name: str, begins: bytes = b"", size: int = _HOLE) -> Callable[[Path], Path]:
    """A file of much that takes no room on the disk."""

    def make(folder: Path) -> Path:
        path = folder / name
        with path.open("wb") as file:
            file.write(begins)
            file.truncate(size)
        return path

    return make


def _deep(name: str, before: bytes = b"") -> Callable[[Path], Path]:
    return _file(name, lambda: before + b'{"a":' * _DEEP + b"1" + b"}" * _DEEP)


def _number(name: str, size: int) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        with path.open("wb") as file:
            file.write(b'{"records":')
            for _ in range(size >> 20):
                file.write(b"9" * (1 << 20))
            file.write(b"}")
        return path

    return make


# --- archives


def _zeros() -> bytes:
    return inner([("headers-0001.jsonl", bytes(_ZEROS))])


def _gzip() -> bytes:
    """Ten gibibytes of zeros, in as many members as it takes."""
    return gzip.compress(bytes(_ZEROS), 9) * _TIMES


def deflated(block: bytes, times: int) -> bytes:
    """A block again and again in one deflate stream, made without packing all of it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    one = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return one * times + packer.flush(zlib.Z_FINISH)


def _tar_of_links() -> bytes:
    """A million symbolic links, packed."""
    head = bytearray(512)
    head[:8] = b"evil/../"
    head[100:108] = b"0000777\0"
    head[156:157] = b"2"
    head[157:168] = b"/etc/passwd"
    head[257:263] = b"ustar\0"
    return gzip.compress(bytes(head) * 1000) * 1000


def _sparse_tar() -> bytes:
    head = bytearray(512)
    head[:4] = b"evil"
    head[124:136] = b"\x80" + (1 << 40).to_bytes(11, "big")
    head[156:157] = b"S"
    head[257:263] = b"ustar\0"
    return bytes(head) + bytes(1024)


def _entry(
    name: bytes, packed: bytes, size: int, at: int, *, method: int = 8
) -> tuple[bytes, bytes]:
    """A part and its line in the directory, whatever it says of itself."""
    fields = (20, 0, 8, 0, 33, 0, len(packed), size, len(name), 0)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", *fields) + name + packed
    line = struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 20, *fields, 0, 0, 0, 0, at
    ) + name  # fmt: skip
    return local, line


def _archive(parts: Iterator[tuple[bytes, bytes, int]]) -> bytes:
    body, lines, count = bytearray(), bytearray(), 0
    for name, packed, size in parts:
        local, line = _entry(name, packed, size, len(body))
        body += local
        lines += line
        count += 1
    at = len(body)
    end = b""
    if count > 0xFFFF:
        end = struct.pack(
            "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(lines), at
        ) + struct.pack("<4sLQL", b"PK\x06\x07", 0, at + len(lines), 1)  # fmt: skip
    few = min(count, 0xFFFF)
    where = at if count <= 0xFFFF else 0xFFFFFFFF
    end += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, few, few, len(lines), where, 0)
    return bytes(body + lines) + end


def _million() -> bytes:
    empty = deflated(b"", 0)
    return _archive((b"x%07d" % n, empty, 0) for n in range(1_000_001))


def _false_ten() -> bytes:
    """A part that is said to hold a mebibyte and holds ten gibibytes."""
    packed = deflated(bytes(_ZEROS), _TIMES)
    return _archive(iter([(b"headers-0001.jsonl", packed, 1 << 20)]))


def _packed(inside: Callable[[], bytes]) -> Callable[[Path], Path]:
    """As the sealed content of a package that is signed well."""
    said = manifest(entries(content())).to_bytes()
    return _file("evil.mrdpkg", lambda: outer(sealed(inside()), said))


def _long_line() -> bytes:
    """One line of 40 MiB; chance, lest the ratio refuses it."""
    noise = os.urandom(20 << 20).hex().encode()
    return whole([("headers-0001.jsonl", noise)])


def _deep_definition() -> bytes:
    deep = b"[" * _DEEP + b"]" * _DEEP
    digest = hashlib.sha256(deep).hexdigest()
    return whole([*content()[:2], (f"definitions/{digest}.json", deep)])


def _deep_label() -> bytes:
    deep = b"[" * 60_000
    return zipped(sealed(inner(content())), deep, sender().sign(PURPOSE, deep).encode(), [])


def _deep_manifest() -> bytes:
    deep = b'{"a":' * _DEEP + b"1" + b"}" * _DEEP
    return outer(sealed(inner(content(), deep)), deep)


def _handed(inside: Callable[[], tuple[bytes, bytes]]) -> Callable[[Path], Path]:
    def data() -> bytes:
        plain, said = inside()
        return handing.outer(sealed(plain, (handing.ARCHIVE, handing.RECEIVER)), said)

    return _file("evil.mrdhandover", data)


def _zeros_handed() -> tuple[bytes, bytes]:
    members = [("headers.aaaaaaaaaaaaaaaaaaaaaaaaaa-0001.jsonl", bytes(64 << 20))]
    said = handing.manifest(entries(members)).to_bytes()
    return inner(members, said, namespace=handing.BOTH), said


def _deep_handed() -> tuple[bytes, bytes]:
    deep = b"[" * _DEEP + b"]" * _DEEP
    return inner(handing.content(), deep, namespace=handing.BOTH), deep


def _reply_of(plain: Callable[[], bytes]) -> Callable[[Path], Path]:
    """Its label is a package's: a reply under the store's key that holds something else."""

    from mrd_desktop.transfer.container import Outer
    from tests.vectors.reply import make as replying

    def data() -> bytes:
        said = b"{}"
        cipher = sealed(plain(), (replying.SITE, replying.STORE))
        label = Outer(
            "mrd-reply/1", replying.STUDY, "01", replying.CHAIN, True, 1,
            hashlib.sha256(said).hexdigest(), len(cipher), hashlib.sha256(cipher).hexdigest(),
        ).to_bytes()  # fmt: skip
        from mrd_desktop.transfer.reply import REPLY

        return zipped(cipher, label, replying.signed(REPLY.outer, label).encode(), [])

    return _file("evil.mrdreply", data)


# --- folders


def _backup(fill: Callable[[Path], object]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "evil.mrdbackup"
        path.mkdir()
        said = {
            "format": "mrd-backup/1", "chain": "a" * 26, "seq": 1, "digest": "00" * 32,
            "at": "2027-03-10T08:00:00.000Z", "files": {"data.mrd": "00" * 32},
        }  # fmt: skip
        (path / "backup.json").write_text(json.dumps(said))
        (path / "data.mrd").write_bytes(bytes(4096))
        fill(path)
        return path

    return make


def _bundle(fill: Callable[[Path], object], **said: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "closeout"
        for name in ("keys", "ledger", "definitions", "receipts"):
            (path / name).mkdir(parents=True)
        from tests.fuzz.targets import _site

        key = (_site() / "site.pub").read_bytes()
        (path / "keys" / "site.pub").write_bytes(key)
        usual = {
            "format": "mrd-closeout/1", "chain": "a" * 26, "site": "01", "files": [], "heads": [],
            "missing": [], "keys": None, "package": None,
        }  # fmt: skip
        (path / "closeout.json").write_text(json.dumps({**usual, **said}))
        (path / "closeout.json.sig").write_text("x")
        fill(path)
        return path

    return make


def _listed(path: Path) -> None:
    said = json.loads((path / "closeout.json").read_text())
    one = [{"name": f"f{n}", "sha256": "0" * 64} for n in range(1_000_001)]
    (path / "closeout.json").write_text(json.dumps({**said, "files": one}))


def _definition(fill: Callable[[Path], object]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "definition"
        path.mkdir()
        fill(path)
        return path

    return make


# --- tables


def _workbook(sheet: bytes, strings: bytes = b"") -> bytes:
    """A workbook of one sheet, written by hand."""
    import openpyxl

    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.append(["no", "day"])
    held = io.BytesIO()
    book.save(held)
    made = io.BytesIO()
    with zipfile.ZipFile(held) as good, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as bad:
        for name in good.namelist():
            if name == "xl/worksheets/sheet1.xml":
                bad.writestr(name, sheet)
            elif name == "[Content_Types].xml" and strings:
                kinds = good.read(name).replace(b"</Types>", _SHARED + b"</Types>")
                bad.writestr(name, kinds)
            else:
                bad.writestr(name, good.read(name))
        if strings:
            bad.writestr("xl/sharedStrings.xml", strings)
    return made.getvalue()


_SHARED: Final = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
    b'officedocument.spreadsheetml.sharedStrings+xml"/>'
)
_HEAD: Final = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
_TAIL: Final = b"</sheetData></worksheet>"
_TWO: Final = (
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>no</t></is></c>'
    b'<c r="B1" t="inlineStr"><is><t>day</t></is></c></row>'
)


def _sheet(rows: Callable[[], bytes], before: bytes = b"") -> Callable[[], bytes]:
    return lambda: _workbook(before + _HEAD + _TWO + rows() + _TAIL)


def _entities(levels: int = 9) -> bytes:
    lines = b'<!DOCTYPE a [<!ENTITY e0 "' + b"x" * 1000 + b'">'
    for n in range(1, levels + 1):
        lines += b'<!ENTITY e%d "' % n + b"&e%d;" % (n - 1) * 10 + b'">'
    return lines + b"]>"


_EXTERNAL: Final = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'


def _cell(said: bytes) -> bytes:
    return (
        b'<row r="2"><c r="A2" t="inlineStr"><is><t>' + said + b"</t></is></c>"
        b'<c r="B2" t="inlineStr"><is><t>x</t></is></c></row>'
    )


def _strings() -> bytes:
    """A quarter of a gibibyte of texts in a workbook of a megabyte."""
    one = b"<si><t>" + b"x" * 1000 + b"</t></si>"
    head = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return _workbook(_HEAD + _TWO + _cell(b"y") + _TAIL, head + one * 200_000 + b"</sst>")


def _short_strings() -> bytes:
    one = b"<si><t>x</t></si>"
    head = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return _workbook(_HEAD + _TWO + _cell(b"y") + _TAIL, head + one * 5_000_000 + b"</sst>")


def _false_sheet() -> bytes:
    """Ten gibibytes of blanks in a sheet that says that it is a mebibyte."""
    data = _workbook(_HEAD + _TWO + _TAIL)
    blanks = deflated(b" " * _ZEROS, _TIMES)
    with zipfile.ZipFile(io.BytesIO(data)) as good:
        parts = []
        for name in good.namelist():
            member = good.read(name)
            packed = deflated(member, 1)
            if name == "xl/worksheets/sheet1.xml":
                parts.append((name.encode(), blanks, 1 << 20))
            else:
                parts.append((name.encode(), packed, len(member)))
    return _archive(iter(parts))


def _nested_books() -> bytes:
    data = bytes(4 << 20)
    for _ in range(5):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("xl/workbook.xml", data)
        data = held.getvalue()
    return data


def odm() -> bytes:
    from tests.fuzz.targets import _ODM

    return _ODM


def _odm(inside: Callable[[], bytes], before: bytes = b"") -> Callable[[], bytes]:
    return lambda: before + odm().replace(b"</MetaDataVersion>", inside() + b"</MetaDataVersion>")


def _stories() -> bytes:
    return b'{"subject":"01-001","records":[' + b"{}," * 5_000_000 + b"{}]}"


def _aliases(path: Path) -> None:
    lines = ["a0: &a0 [" + "x, " * 9 + "x]"]
    lines += [f"a{n}: &a{n} [" + f"*a{n - 1}, " * 9 + f"*a{n - 1}]" for n in range(1, 12)]
    (path / "study.yaml").write_text("\n".join(lines))


def _attribute(size: int) -> bytes:
    return b'<a b="' + b"x" * size + b'"/>'


def _attributes(count: int) -> bytes:
    return b"<a " + b" ".join(b'a%d="x"' % n for n in range(count)) + b"/><"


def _slots(path: Path) -> None:
    from tests.fuzz.targets import _site

    (path / "site.json").write_bytes((_site() / "site.json").read_bytes())


def _few(count: int) -> bytes:
    """As many entries as twenty mebibytes hold."""
    return _archive((b"x%06d" % n, b"\x03\x00", 0) for n in range(count))


_LISTED: Final = {"mrd-desktop": {"sha256": hashlib.sha256(b"synthetic").hexdigest(), "bytes": 9}}


def _program(
    archive: Callable[[], bytes] = lambda: b"x",
    files: Callable[[], bytes] = lambda: json.dumps(_LISTED).encode(),
    said: bytes | None = None,
    whole: int = 9,
) -> Callable[[Path], Path]:
    """An update of these parts, signed all through."""

    def make(folder: Path) -> Path:
        packed, raw = archive(), _list_of(files())
        words = Text("x", "x")
        statement = said or update.Statement(
            "mrd-desktop", "9.9", installation.here(), "abc", "0.0.1", (), words, words,
            hashlib.sha256(raw).hexdigest(), hashlib.sha256(packed).hexdigest(), whole,
            "2026-11-29T08:00:00.000Z",
        ).to_bytes()  # fmt: skip
        signature = RELEASER.sign(statement, Namespace.UPDATE).encode()
        parts = (statement, signature, raw, RELEASER.sign(raw).encode(), packed)
        path = folder / "evil.mrdupdate"
        return assembled(path, dict(zip(update.NAMES, parts, strict=True)))

    return make


def _list_of(files: bytes) -> bytes:
    said = {"format": "mrd-installed/2", "product": "mrd-desktop", "version": "9.9",
            "commit": "abc", "platform": installation.here(), "files": None}  # fmt: skip
    return json.dumps(said).encode().replace(b"null", files)


def _behind() -> bytes:
    """Zeros at a ratio of a thousand behind what the list says."""
    packer = zlib.compressobj(9)
    made = packer.compress(b"synthetic")
    for _ in range(_ZEROS >> 18):
        made += packer.compress(bytes(1 << 20))
    return made + packer.flush()


def _many_files() -> bytes:
    return b"{" + b",".join(b'"f%d":{"link":"a"}' % n for n in range(150_000)) + b"}"


BOMBS: Final = (
    Bomb("zips in zips", "package", _packed(small.nested)),
    Bomb("zeros at a ratio of a thousand", "package", _packed(_zeros)),
    Bomb("a million entries", "package", _packed(_million)),
    Bomb("a million entries outside", "package", _file("evil.mrdpkg", _million)),
    Bomb("entries that overlap", "package", _packed(small.overlapping)),
    Bomb("a false size, ten gibibytes", "package", _packed(_false_ten)),
    Bomb("a size told too large", "package", _packed(small.false_size(1 << 30))),
    Bomb("the 64-bit form", "package", _packed(small.zip64)),
    Bomb("gzip of zeros", "package", _file("evil.mrdpkg", _gzip)),
    Bomb("gzip of zeros inside", "package", _packed(_gzip)),
    Bomb("a sparse tar", "package", _file("evil.mrdpkg", _sparse_tar)),
    Bomb("a tar of a million links", "package", _packed(_tar_of_links)),
    Bomb("a long line", "package", _file("evil.mrdpkg", _long_line)),
    Bomb("a deep label", "package", _file("evil.mrdpkg", _deep_label)),
    Bomb("a deep manifest", "package", _file("evil.mrdpkg", _deep_manifest)),
    Bomb("a deep definition", "package", _file("evil.mrdpkg", _deep_definition)),
    Bomb("a file of ten gibibytes", "package", _hole("evil.mrdpkg", b"PK\x03\x04")),
    Bomb("a false size, ten gibibytes", "reply", _reply_of(_false_ten)),
    Bomb("a million entries", "reply", _reply_of(_million)),
    Bomb("zeros at a ratio of a thousand", "hand-over", _handed(_zeros_handed)),
    Bomb("a deep manifest", "hand-over", _handed(_deep_handed)),
    Bomb("deep", "activation", _deep("a.json")),
    Bomb("a number of a gibibyte", "activation", _number("a.json", 1 << 30)),
    Bomb("a file of ten gibibytes", "activation", _hole("a.json", b'{"format":"')),
    Bomb("deep", "certificate", _deep("c.json")),
    Bomb("a text of ten gibibytes", "certificate", _hole("c.json", b'{"statement":"')),
    Bomb("deep", "card", _deep("a.mrdcomputer")),
    Bomb("a text of ten gibibytes", "card", _hole("a.mrdcomputer", b'{"statement":"')),
    Bomb("deep", "public key", _deep("site.pub")),
    Bomb("a deep list", "backup", _backup(_deep("backup.json"))),
    Bomb("a list of ten gibibytes", "backup", _backup(_hole("backup.json"))),
    Bomb("key slots of ten gibibytes", "backup", _backup(_hole("site.json"))),
    Bomb("data without end", "backup", _backup(lambda p: (
        _hole("data.mrd", size=8 << 40)(p), _slots(p)))),
    Bomb("a deep list", "close-out", _bundle(_deep("closeout.json"))),
    Bomb("a list of ten gibibytes", "close-out", _bundle(_hole("closeout.json"))),
    Bomb("a list of a million files", "close-out", _bundle(_listed)),
    Bomb("a line of ten gibibytes", "close-out", _bundle(
        lambda p: (_hole(f"ledger/headers.{'a' * 26}.jsonl", b"x")(p),
                   (p / f"ledger/openings.{'a' * 26}.jsonl").touch()),
        heads=[{"chain": "a" * 26, "seq": 1, "digest": "0" * 64}])),
    Bomb("a key of ten gibibytes", "close-out", _bundle(_hole("keys/site.pub"))),
    Bomb("a signature of ten gibibytes", "close-out", _bundle(_hole("closeout.json.sig"))),
    Bomb("columns without end", "table", _file("t.csv", lambda: b"a,b\n" + b"," * (19 << 20))),
    Bomb("rows without end", "table", _file("t.csv", lambda: b"a,b\n" + b"1\n" * (9 << 20))),
    Bomb("empty rows without end", "table", _file("t.csv", lambda: b"a,b\n" + b"\n" * (19 << 20))),
    Bomb("a cell of 19 MiB", "table", _file("t.csv", lambda: b'a,b\n1,"' + b"x" * (19 << 20))),
    Bomb("a file of ten gibibytes", "table", _hole("t.csv", b"a,b\n")),
    Bomb("long shared texts", "table", _file("t.xlsx", _strings)),
    Bomb("many shared texts", "table", _file("t.xlsx", _short_strings)),
    Bomb("a million entries", "table", _file("t.xlsx", lambda: _few(200_000))),
    Bomb("zips in zips", "table", _file("t.xlsx", _nested_books)),
    Bomb("a false size, ten gibibytes", "table", _file("t.xlsx", _false_sheet)),
    Bomb("entities", "table", _file("t.xlsx", _sheet(lambda: _cell(b"&e9;"), _entities()))),
    Bomb("an outer entity", "table", _file("t.xlsx", _sheet(lambda: _cell(b"&b;"), _EXTERNAL))),
    Bomb("deep elements", "table", _file("t.xlsx", _sheet(lambda: b"<a>" * 1_000_000))),
    Bomb("a huge attribute", "table", _file("t.xlsx", _sheet(lambda: _attribute(60 << 20)))),
    Bomb("a row far away", "table", _file("t.xlsx", _sheet(
        lambda: b'<row r="20990"><c r="XFD20990"><v>1</v></c></row>'))),
    Bomb("wide rows", "table", _file("t.xlsx", _sheet(
        lambda: b'<row><c r="SG2"><v>1</v></c></row>' * 20_000))),
    Bomb("entities", "metadata", _file("m.xml", _odm(lambda: b"&e9;", _entities()))),
    Bomb("an outer entity", "metadata", _file("m.xml", _odm(lambda: b"&b;", _EXTERNAL))),
    Bomb("deep elements", "metadata", _file("m.xml", _odm(lambda: b"<a>" * 1_000_000))),
    Bomb("a huge attribute", "metadata", _file("m.xml", _odm(lambda: _attribute(15 << 20) + b"<"))),
    Bomb("many attributes", "metadata", _file("m.xml", _odm(lambda: _attributes(900_000)))),
    Bomb("many elements", "metadata", _file("m.xml", _odm(lambda: b"<a/>" * 3_000_000))),
    Bomb("a long text", "metadata", _file("m.xml", _odm(lambda: b"x" * (15 << 20) + b"<"))),
    Bomb("a file of ten gibibytes", "metadata", _hole("m.xml", b"<ODM>")),
    Bomb("deep", "definition", _definition(
        lambda p: (p / "study.yaml").write_bytes(b"[" * _DEEP + b"]" * _DEEP))),
    Bomb("deep blocks", "definition", _definition(
        lambda p: (p / "study.yaml").write_bytes(b"- " * _DEEP + b"1"))),
    Bomb("aliases", "definition", _definition(_aliases)),
    Bomb("a file of ten gibibytes", "definition", _definition(_hole("study.yaml", b"a: "))),
    Bomb("a long list", "definition", _definition(
        lambda p: (p / "study.yaml").write_bytes(b"a:\n" + b"- 1\n" * 1_000_000))),
    Bomb("deep", "story", _deep("s.json", b'{"records":')),
    Bomb("a number of a gibibyte", "story", _number("s.json", 1 << 30)),
    Bomb("a file of ten gibibytes", "story", _hole("s.json", b'{"records":"')),
    Bomb("records without end", "story", _file("s.json", _stories)),
    Bomb("deep", "mapping", _deep("m.json")),
    Bomb("a file of ten gibibytes", "mapping", _hole("m.json", b'{"name":"')),
    Bomb("a file of ten gibibytes", "update", _hole("evil.mrdupdate", b"PK\x03\x04")),
    Bomb("zeros at a ratio of a thousand", "update", _program(_behind)),
    Bomb("a size of eight gibibytes", "update", _program(
        _behind, lambda: b'{"a":{"sha256":"","bytes":8589934592}}', whole=8 << 30)),
    Bomb("a list of many files", "update", _program(files=_many_files)),
    Bomb("a deep list", "update", _program(files=lambda: b'{"a":' * _DEEP + b"1" + b"}" * _DEEP)),
    Bomb("a deep statement", "update", _program(said=b'{"a":' * 40_000 + b"1" + b"}" * 40_000)),
)  # fmt: skip


if __name__ == "__main__":
    bomb = BOMBS[int(sys.argv[1])]
    bomb.make(Path(sys.argv[2]))
    print(json.dumps([bomb.name, bomb.reader]))
