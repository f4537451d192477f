"""Files made to harm: names that lead elsewhere, archives and texts that grow. All are refused.

They are signed by the trusted key, as if a site had turned against its sponsor: what a stranger
makes is refused by its signature before any of it is read.
"""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mrd_desktop.transfer import archive
from mrd_desktop.transfer.container import PACKAGE, opened
from mrd_desktop.transfer.errors import PackageError
from tests.pace import in_time
from tests.transfer.parcel import SITE_KEY, SPONSOR, manifest, sender
from tests.vectors.package.make import (
    OUTER,
    Members,
    content,
    edited,
    entries,
    inner,
    members_of,
    outer,
    sealed,
    whole,
    zipped,
)

NAMES = (
    "../evil", "..\\evil", "../../../../tmp/evil", "a/../../evil", "/tmp/evil", "\\evil",
    "C:\\evil", "C:evil", "\\\\server\\share\\evil", "//server/share/evil", "\\\\?\\C:\\evil",
    "\\\\.\\NUL", "CON", "NUL", "nul.jsonl", "AUX.jsonl", "COM1", "LPT1.json", "PRN", "evil.",
    "evil ", " evil", "evil.jsonl.", "evil.jsonl ", "evil:stream", "evil.jsonl::$DATA",
    "headers-0001.jsonl:x", "headers-0001.jsonl\n", "headers-0001.jsonl/", "./headers-0001.jsonl",
    "headers-0001.jsonl/../x", "HEADERS-0001.JSONL", "Headers-0001.jsonl", "headers-00001.jsonl",
    "headers-1.jsonl", "headers-０００１.jsonl", "headers‐0001.jsonl", "\u202elnosj.1000-sredaeh",
    "definitions/../evil", "definitions/" + "0" * 63 + ".json", "definitions/" + "G" * 64 + ".json",
    "snapshot/csv/../../evil", "snapshot/csv/a.csv", "snapshot/csv/" + "A" * 41 + ".csv",
    "snapshot/odm/../evil", "..∕evil", "．．/evil", "evil\u0000.jsonl", "~/evil", "$HOME/evil",
    "%TEMP%\\evil", "x" * 300, "x/" * 100 + "x", ".", "..", "manifest.json/x", "MANIFEST.JSON",
    "manifest.json.bak", ".mrd-x.partial", "evil\r\nx",
)  # fmt: skip


def refused(path: Path) -> str:
    """The code of the refusal, soon and in little room."""
    tracemalloc.start()
    began = time.process_time()
    try:
        trusted = [SITE_KEY.public.raw]
        with (
            pytest.raises(PackageError) as found,
            opened(path, PACKAGE, lambda _: trusted, [SPONSOR]),
        ):
            pytest.fail("it was opened")
        assert tracemalloc.get_traced_memory()[1] < 256 << 20
    finally:
        tracemalloc.stop()
    assert in_time(time.process_time() - began, 2)
    return found.value.code


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "evil.mrdpkg"
    with_more = [(name, b"x\n"), *content()]
    path.write_bytes(whole(with_more, manifest(entries(content())).to_bytes()))
    assert refused(path) == "damaged"
    listed = manifest(entries([(name, b"x\n"), *content()])).to_bytes()
    path.write_bytes(outer(sealed(inner(content(), listed)), listed))
    assert refused(path) == "damaged"
    both = [(name, b"x\n"), *content()]  # there and listed: nothing but the name is wrong
    said = manifest(entries(both)).to_bytes()
    path.write_bytes(outer(sealed(inner(both, said)), said))
    assert refused(path) == "damaged"
    if name.isascii() and "\0" not in name:
        loose = members_of(whole(content()))
        parts = (loose["package.age"], loose["outer.json"], loose["outer.json.sig"])
        path.write_bytes(zipped(*parts, [(name, b"x")]))
        assert refused(path) == "damaged"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("site", ["../", "01/..", "C:", "0１", "01\n", "", "001"], ids=ascii)
def test_a_site_that_is_no_number_never_becomes_a_name(site: str, tmp_path: Path) -> None:
    path = tmp_path / "evil.mrdpkg"
    said = edited(site=site)
    path.write_bytes(
        outer(sealed(inner(content(), said)), said, label=lambda f: {**f, "site": site})
    )
    assert refused(path) == "damaged"


def many() -> bytes:
    return inner([(f"headers-{n:04}.jsonl", b"") for n in range(2, 10_000)] + content())


def overlapping() -> bytes:
    """Two directory entries that point at the same bytes."""
    data = bytearray(inner(content()))
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    return bytes(data)


def false_size(by: int) -> Callable[[], bytes]:
    def make() -> bytes:
        data = bytearray(inner(content()))
        at = data.index(b"PK\x01\x02") + 24
        data[at : at + 4] = struct.pack("<L", struct.unpack("<L", data[at : at + 4])[0] + by)
        return bytes(data)

    return make


def nested() -> bytes:
    data = bytes(4 << 20)
    for _ in range(5):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("headers-0001.jsonl", data)
        data = file.getvalue()
    return data


def zip64() -> bytes:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made,
        made.open("headers-0001.jsonl", "w", force_zip64=True) as member,
    ):
        member.write(b"x")
    return file.getvalue()


def claims(count: int) -> Callable[[], bytes]:
    def make() -> bytes:
        data = bytearray(inner(content()))
        data[-14:-10] = struct.pack("<HH", count, count)
        return bytes(data)

    return make


def unreadable_name() -> bytes:
    """A part whose own head says that its name is UTF-8, which it is not."""
    data = bytearray(inner(content()))
    at = data.rindex(b"PK\x03\x04", 0, data.rindex(b"PK\x03\x04"))  # the manifest's
    data[at + 7] |= 0x08
    data[at + 30] = 0xAB
    return bytes(data)


INSIDE: dict[str, Callable[[], bytes]] = {
    "more parts than allowed": many,
    "entries that overlap": overlapping,
    "a size told too large": false_size(1 << 30),
    "a size told too small": false_size(-1),
    "zips in zips": nested,
    "the 64-bit form": zip64,
    "65,535 entries told": claims(0xFFFF),
    "no entries told": claims(0),
    "zeros that unpack to much": lambda: inner([("headers-0001.jsonl", bytes(64 << 20))]),
    "a name that is no text": unreadable_name,
    "only a directory": lambda: inner(content())[-22:],
    "nothing": lambda: b"",
    "gzip": lambda: b"\x1f\x8b\x08" + bytes(4000),
    "tar": lambda: b"x" * 257 + b"ustar\x0000" + bytes(4000),
}


@pytest.mark.parametrize("what", INSIDE)
def test_an_archive_made_to_grow_is_refused(what: str, tmp_path: Path) -> None:
    path = tmp_path / "evil.mrdpkg"
    said = manifest(entries(content())).to_bytes()
    path.write_bytes(outer(sealed(INSIDE[what]()), said))
    assert refused(path) in ("damaged", "too_large")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def numbered(count: int) -> Members:
    """Parts of allowed names."""
    half = count // 2
    names = [f"{k}-{n:04}.jsonl" for k in ("headers", "openings") for n in range(1, half + 1)]
    return [(name, b"") for name in names]


@pytest.mark.parametrize(
    "members",
    [numbered(archive.MOST_PARTS), [("headers-0001.jsonl", bytes(4 << 20))]],
    ids=["parts", "zeros"],
)
def test_what_is_whole_but_too_much_is_refused(members: Members, tmp_path: Path) -> None:
    """Everything in it is as its manifest says: the limits alone refuse it."""
    path = tmp_path / "evil.mrdpkg"
    said = manifest(entries(members)).to_bytes()
    path.write_bytes(outer(sealed(inner(members, said)), said))
    assert refused(path) == "too_large"
    fewer = members[:-2] or [("headers-0001.jsonl", bytes(1 << 20))]
    said = manifest(entries(fewer)).to_bytes()
    path.write_bytes(outer(sealed(inner(fewer, said)), said))
    with opened(path, PACKAGE, lambda _: [SITE_KEY.public.raw], [SPONSOR]) as package:
        assert len(package.manifest.parts) == len(fewer)


TEXTS: dict[str, bytes] = {
    "deep": b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    "deep lists": b"[" * 60_000,
    "a long number": b'{"number":' + b"9" * 60_000 + b"}",
    "a fraction": b'{"number":1e309}',
    "a key twice": b'{"format":"mrd-package/1","format":"mrd-package/1"}',
    "no text": b"\xff\xfe\x00" * 1000,
    "half a pair": b'{"format":"\\ud800"}',
    "a list": b"[]",
    "null": b"null",
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_made_to_choke_is_refused(what: str, tmp_path: Path) -> None:
    path = tmp_path / "evil.mrdpkg"
    path.write_bytes(outer(sealed(inner(content(), TEXTS[what])), TEXTS[what]))
    assert refused(path) == "damaged"
    cipher = sealed(inner(content()))
    signature = sender().sign(OUTER, TEXTS[what]).encode()
    path.write_bytes(zipped(cipher, TEXTS[what], signature, []))
    assert refused(path) in ("damaged", "too_large")


def test_names_are_held_against_the_closed_list_only() -> None:
    allowed = [name for name in NAMES if PACKAGE.parts.fullmatch(name)]
    assert allowed == []
    assert archive.MOST_PARTS == 10_000
