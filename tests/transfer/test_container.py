"""The container: what is written opens again and with stock tools; what fails leaves nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import resource
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mrd_desktop.ledger import sshsig
from mrd_desktop.transfer import archive, container, stored
from mrd_desktop.transfer.archive import Part
from mrd_desktop.transfer.container import PACKAGE, copy, for_whom, label, opened, write
from mrd_desktop.transfer.errors import (
    Damaged,
    NoRecipient,
    NotForUs,
    PackageError,
    TooLarge,
    UnknownKey,
    WriteFailed,
)
from mrd_desktop.transfer.manifest import Manifest, PartEntry
from tests.transfer.parcel import (
    ARCHIVE,
    OTHER_KEY,
    SITE_KEY,
    SPONSOR,
    manifest,
    packed,
    parts,
    recipient,
    sender,
)

STRANGER = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
TRUSTED = [SITE_KEY.public.raw]


def run(folder: Path, *command: str, **how: object) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True, **how)  # type: ignore[call-overload]
    return str(done.stdout.decode())


def test_sponsor_and_site_both_open_what_was_written(tmp_path: Path) -> None:
    done = packed(tmp_path)
    assert done.path.name == "01-aaaaaaaa-0001.mrdpkg"
    for identity in (SPONSOR, ARCHIVE):
        with opened(done.path, PACKAGE, lambda _: TRUSTED, [identity]) as package:
            assert package.manifest == done.manifest
            assert package.sha256 == done.sha256 == package.outer.manifest
            assert package.signer == SITE_KEY.public.raw
            assert list(package.lines("headers")) == [
                b'{"header":{"seq":1}}',
                b'{"header":{"seq":2}}',
            ]


def test_the_whole_file_is_checked_with_stock_tools(tmp_path: Path) -> None:
    done = packed(tmp_path)
    (tmp_path / "key.txt").write_text(SPONSOR + "\n")
    line = sshsig.public_line(SITE_KEY.public.raw, "site 01")
    (tmp_path / "allowed").write_text(f"site-01 {line}\n")
    verify = ["ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "site-01"]

    run(tmp_path, "unzip", "-q", done.path.name)
    outer = (tmp_path / "outer.json").read_bytes()
    run(tmp_path, *verify, "-n", "mrd-package-outer-v1", "-s", "outer.json.sig", input=outer)
    digest = run(tmp_path, "sha256sum", "package.age").split()[0]
    assert digest == json.loads(outer)["sha256"]
    run(tmp_path, "age", "-d", "-i", "key.txt", "-o", "inner.zip", "package.age")
    run(tmp_path, "unzip", "-q", "-d", "inner", "inner.zip")
    said = (tmp_path / "inner" / "manifest.json").read_bytes()
    run(
        tmp_path / "inner",
        *[("../allowed" if part == "allowed" else part) for part in verify],
        *("-n", "mrd-package-inner-v1", "-s", "manifest.json.sig"),
        input=said,
    )
    assert hashlib.sha256(said).hexdigest() == json.loads(outer)["manifest"] == done.sha256
    sums = "".join(f"{p['sha256']}  {p['name']}\n" for p in json.loads(said)["parts"])
    run(tmp_path / "inner", "sha256sum", "--check", "--strict", "-", input=sums.encode())


def test_equal_content_is_the_same_package_whatever_its_encryption(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = packed(tmp_path / "a"), packed(tmp_path / "b")
    assert first.sha256 == second.sha256
    assert first.path.read_bytes() != second.path.read_bytes()


def test_any_changed_byte_is_refused(tmp_path: Path) -> None:
    done = packed(tmp_path)
    good = done.path.read_bytes()
    places = random.Random(7).sample(range(len(good)), 400)
    for at in places:
        done.path.write_bytes(good[:at] + bytes([good[at] ^ (1 << at % 8)]) + good[at + 1 :])
        with pytest.raises(PackageError), opened(done.path, PACKAGE, lambda _: TRUSTED, [SPONSOR]):
            pytest.fail(f"byte {at} was changed unnoticed")


def test_any_cut_is_refused(tmp_path: Path) -> None:
    done = packed(tmp_path)
    good = done.path.read_bytes()
    for length in range(0, len(good), 37):
        done.path.write_bytes(good[:length])
        with pytest.raises(PackageError), opened(done.path, PACKAGE, lambda _: TRUSTED, [SPONSOR]):
            pytest.fail(f"cut at {length} unnoticed")


def test_a_courier_checks_the_outside_without_a_key_to_read(tmp_path: Path) -> None:
    done = packed(tmp_path)
    outer, signer = label(done.path, PACKAGE, lambda _: TRUSTED)
    assert (outer.site, outer.number, signer) == ("01", 1, SITE_KEY.public.raw)
    with pytest.raises(UnknownKey):
        label(done.path, PACKAGE, lambda _: [OTHER_KEY.public.raw])


def test_only_recipients_open_it_and_only_if_the_sender_named_them(tmp_path: Path) -> None:
    done = packed(tmp_path)
    with pytest.raises(NotForUs), opened(done.path, PACKAGE, lambda _: TRUSTED, [STRANGER]):
        pytest.fail("a stranger read it")
    with opened(done.path, PACKAGE, lambda _: TRUSTED, [SPONSOR]) as package:
        for_whom(package, recipient(SPONSOR))
        with pytest.raises(NotForUs):
            for_whom(package, recipient(STRANGER))


def test_nobody_to_send_to_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoRecipient):
        write(tmp_path, PACKAGE, parts(), manifest, sender(), recipients=[])


def test_a_manifest_naming_other_recipients_is_not_written(tmp_path: Path) -> None:
    def lying(entries: tuple[PartEntry, ...]) -> Manifest:
        named = tuple(sorted((recipient(ARCHIVE), recipient(STRANGER))))
        return replace(manifest(entries), recipients=named)

    with pytest.raises(WriteFailed):
        packed(tmp_path, make=lying)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_parts_are_made_leaves_no_file(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def lines() -> Iterator[bytes]:
        yield os.urandom(1 << 20)
        raise Stopped

    with pytest.raises(Stopped):
        packed(tmp_path, [Part("headers-0001.jsonl", lines())])
    assert list(tmp_path.iterdir()) == []


def test_a_full_medium_leaves_no_file_and_says_so(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, hard))
    try:
        with pytest.raises(WriteFailed):
            packed(tmp_path, [Part("headers-0001.jsonl", [os.urandom(4 << 20)])])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_medium_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(WriteFailed):
        packed(tmp_path / "gone")


def test_a_killed_writer_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    program = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from mrd_desktop.transfer.archive import Part\n"
        "from tests.transfer.parcel import packed\n"
        "def lines():\n"
        "    for n in range(10_000):\n"
        "        yield os.urandom(1 << 16) + b'\\n'\n"
        "        if n == 40: print('writing', flush=True)\n"
        "        time.sleep(0.001)\n"
        "packed(Path(sys.argv[1]), [Part('headers-0001.jsonl', lines())])\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"writing\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    left = [p.name for p in tmp_path.iterdir()]
    assert all(name.endswith(".partial") for name in left)
    assert left, "the writer was killed before it wrote"
    assert packed(tmp_path).path.exists()


def test_a_medium_that_gives_back_other_bytes_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def spoiling(handle: int) -> None:
        real(handle)
        if os.fstat(handle).st_size > 500:
            os.pwrite(handle, b"\x00\x00\x00", 400)

    monkeypatch.setattr(os, "fsync", spoiling)
    with pytest.raises(PackageError):
        packed(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_copies_are_the_same_bytes_and_failing_ones_leave_nothing(tmp_path: Path) -> None:
    done = packed(tmp_path)
    (tmp_path / "archive").mkdir()
    again = copy(done.path, tmp_path / "archive")
    assert again.read_bytes() == done.path.read_bytes()
    with pytest.raises(WriteFailed):
        copy(done.path, tmp_path / "gone")


def test_parts_of_other_names_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        packed(tmp_path, [Part("../evil", [b"x"])])
    assert list(tmp_path.iterdir()) == []


def test_lists_are_split_into_parts_and_read_as_one(tmp_path: Path) -> None:
    lines = [b"%06d" % n * 100 + b"\n" for n in range(5000)]
    pieces = archive.split("headers", iter(lines), limit=1 << 20)
    done = packed(tmp_path, pieces)
    names = [part.name for part in done.manifest.parts]
    assert names == ["headers-0001.jsonl", "headers-0002.jsonl", "headers-0003.jsonl"]
    assert all(part.size <= 1 << 20 for part in done.manifest.parts)
    with opened(done.path, PACKAGE, lambda _: TRUSTED, [SPONSOR]) as package:
        assert [line + b"\n" for line in package.lines("headers")] == lines


def test_more_than_a_file_may_hold_is_refused_while_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "LARGEST", 1 << 20)
    with pytest.raises(TooLarge):
        packed(tmp_path, [Part("headers-0001.jsonl", [os.urandom(2 << 20)])])
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_tells_another_order_is_refused() -> None:
    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    sink = OneWay()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name in ("headers-0001.jsonl", "openings-0001.jsonl"):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100600 << 16
            info.create_system = 3
            made.writestr(info, name)
        whole = list(made.filelist)
        made.filelist.reverse()
    with pytest.raises(Damaged):
        archive.Archive(io.BytesIO(sink.getvalue()))
    assert len(whole) == 2


def test_what_was_decrypted_has_no_name_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setattr(container, "_IN_MEMORY", 1 << 20)
    big = (os.urandom(1 << 20) for _ in range(4))
    done = packed(tmp_path, [Part("headers-0001.jsonl", big)])
    with opened(done.path, PACKAGE, lambda _: TRUSTED, [SPONSOR], work):
        assert list(work.iterdir()) == []


def test_memory_stays_flat_while_writing_and_reading(tmp_path: Path) -> None:
    program = (
        "import sys, resource\n"
        "from pathlib import Path\n"
        "from mrd_desktop.transfer.archive import split\n"
        "from mrd_desktop.transfer.container import PACKAGE, opened\n"
        "from tests.transfer.parcel import SITE_KEY, SPONSOR, packed\n"
        "import hashlib\n"
        "def rss(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "packed(Path(sys.argv[1]))\n"
        "idle = rss()\n"
        "lines = (hashlib.sha256(b'%d' % n).hexdigest().encode() * 5 + b'\\n'"
        " for n in range(400_000))\n"
        "done = packed(Path(sys.argv[1]), split('headers', lines))\n"
        "with opened(done.path, PACKAGE, lambda _: [SITE_KEY.public.raw], [SPONSOR]) as p:\n"
        "    assert sum(1 for _ in p.lines('headers')) == 400_000\n"
        "print((rss() - idle) // 1024)\n"
    )
    more = run(Path(__file__).parents[2], sys.executable, "-c", program, str(tmp_path))
    assert int(more) < 150, "MiB over the idle program"
