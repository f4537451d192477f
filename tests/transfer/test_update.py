"""An update is installed whole, from who releases, beside the old version, or not at all (E-25)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import updatefile
from mrd_desktop import __version__, installation
from mrd_desktop.installation import FILE, SIGNATURE, inspect
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.texts import Text
from mrd_desktop.transfer import update, updating
from mrd_desktop.transfer.update import ARCHIVE, STATEMENT, Statement, UpdateRefused, opened
from mrd_desktop.transfer.updating import LAUNCHER, install
from tests.releasing import FILES, Releaser, assembled, parts_of, releaser, started_from

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable  # while a test makes believe that a program is installed


@dataclass(frozen=True)
class Desk:
    """A computer with an installed version, and who releases.

    Attributes:
        beside: the folder that holds versions. stick: where updates lie.
    """

    who: Releaser
    beside: Path
    stick: Path

    @property
    def old(self) -> Path:
        return self.beside / "mrd-desktop"

    def state(self) -> dict[str, bytes]:
        """Every file beside and in the version that runs."""
        files = (p for p in self.beside.rglob("*") if p.is_file())
        return {str(p.relative_to(self.beside)): p.read_bytes() for p in files}

    def refusal(self, path: Path) -> str:
        """Why an update is not installed; the old version stands as it did, and nothing else."""
        before = self.state()
        with pytest.raises(UpdateRefused) as caught, opened(path) as found:
            install(found)
        assert caught.value.text.zh != caught.value.text.en
        assert caught.value.text.en.endswith("The program that is installed stays as it is.")
        assert self.state() == before
        assert list(self.beside.iterdir()) == [self.old]
        assert inspect(self.old).bar is None
        return caught.value.reason.en


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    who = releaser(tmp_path, monkeypatch)
    made = Desk(who, tmp_path / "programs", tmp_path / "stick")
    made.stick.mkdir()
    who.program(made.old, __version__)
    started_from(made.old, monkeypatch)
    return made


# --- what goes well -----------------------------------------------------------------------


def test_a_new_version_lies_beside_the_old_one_and_is_what_starts(desk: Desk) -> None:
    before = {p: p.read_bytes() for p in desk.old.rglob("*") if p.is_file()}
    heard: list[tuple[int, int]] = []
    recorded: list[Any] = []
    with opened(desk.who.update(desk.stick)) as found:
        done = install(found, record=recorded.append, told=lambda *said: heard.append(said))
    assert done.folder == desk.beside / "mrd-desktop-0.2.0"
    assert inspect(done.folder).bar is None
    assert os.access(done.folder / "mrd-desktop", os.X_OK)
    assert not os.access(done.folder / "_internal" / "a.pyc", os.X_OK)
    assert {p: p.read_bytes() for p in desk.old.rglob("*") if p.is_file()} == before
    whole = sum(map(len, FILES.values()))
    assert heard[-1] == (whole, whole)
    (said,) = recorded
    assert (said["from"], said["version"]) == (__version__, "0.2.0")
    assert said["list"] == inspect(done.folder).digest
    assert said["key"] == inspect(done.folder).signer
    assert "back" not in said
    assert {p.name for p in desk.beside.iterdir()} == {
        "mrd-desktop", "mrd-desktop-0.2.0", done.launcher.name,
    }  # fmt: skip


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no mode bits: a file has the rights of its folder"
)
def test_what_somebody_installs_for_others_can_be_started_by_them(desk: Desk) -> None:
    former = os.umask(0o077)
    try:
        with opened(desk.who.update(desk.stick)) as found:
            done = install(found)
    finally:
        os.umask(former)
    for path in (done.launcher, done.folder, *done.folder.rglob("*")):
        runs = path.is_dir() or path.name in ("mrd-desktop", LAUNCHER)
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if runs else 0o644), path


def test_each_file_lies_on_the_disk_before_the_folder_has_its_name(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    real = os.fsync

    def fsync(handle: int) -> None:
        real(handle)
        if not (desk.beside / "mrd-desktop-0.2.0").exists():
            synced.add(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    with opened(desk.who.update(desk.stick)) as found:
        done = install(found)
    files = {p.stat().st_ino for p in done.folder.rglob("*") if p.is_file()}
    assert len(files) == len(FILES) + 2
    assert files <= synced


def test_one_installation_waits_for_the_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.who.update(desk.stick)
    real, refused = updating._sync, []

    def second() -> None:
        real()
        with pytest.raises(UpdateRefused) as caught, opened(path) as found:
            install(found)
        refused.append(caught.value.reason.en)

    monkeypatch.setattr(updating, "_sync", second)
    with opened(path) as found:
        done = install(found)
    assert "another installation is under way" in refused[0]
    assert inspect(done.folder).bar is None
    monkeypatch.setattr(updating, "_sync", real)
    with opened(path) as found:
        assert install(found).folder == done.folder


def test_what_lost_a_file_before_it_was_named_is_not_recorded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = updating._sync

    def lost() -> None:
        real()
        for left in desk.beside.glob(f"{updating._PARTIAL}*"):
            shutil.rmtree(left / "_internal")

    monkeypatch.setattr(updating, "_sync", lost)
    assert "not what was signed" in desk.refusal(desk.who.update(desk.stick))


@pytest.mark.skipif(
    sys.platform == "win32",
    reason="Windows has a launcher of its own, a .cmd file; this one is a shell script",
)
def test_the_launcher_starts_through_links(desk: Desk, tmp_path: Path) -> None:
    script = b'#!/bin/sh\necho started "$@"\n'
    root = desk.who.program(desk.stick / "made", "0.2.0", files={**FILES, "mrd-desktop": script})
    with opened(desk.who.update_of(root, desk.stick)) as found:
        launcher = install(found).launcher
    (tmp_path / "a b").mkdir()
    link, further = tmp_path / "a b" / "MRD", tmp_path / "a b" / "further"
    link.symlink_to(os.path.relpath(launcher, link.parent))
    further.symlink_to("MRD")
    for way in (link, further):
        done = subprocess.run([str(way), "x y"], capture_output=True, text=True, check=True)
        assert done.stdout == "started x y\n"


@pytest.mark.skipif(
    sys.platform == "win32",
    reason="Windows has a launcher of its own, a .cmd file; this one is a shell script",
)
def test_the_launcher_starts_the_version_installed_last_with_its_arguments(desk: Desk) -> None:
    for version in ("0.2.0", "0.3.0"):
        script = f'#!/bin/sh\necho {version} "$@"\n'.encode()
        root = desk.who.program(
            desk.stick / version, version, files={**FILES, "mrd-desktop": script}
        )
        with opened(desk.who.update_of(root, desk.stick)) as found:
            launcher = install(found).launcher
        done = subprocess.run(
            [str(launcher), "a b", "c"], capture_output=True, text=True, check=True
        )
        assert done.stdout == f"{version} a b c\n"


def test_the_windows_launcher_names_the_version(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updating, "sync_folder", lambda _: None)
    monkeypatch.setattr(updating.sys, "platform", "win32")
    launcher = updating._point(desk.beside, "mrd-desktop-0.2.0")
    assert launcher.name == f"{LAUNCHER}.cmd"
    line = '@start "" "%~dp0mrd-desktop-0.2.0\\mrd-desktop.exe" %*\r\n'
    assert launcher.read_bytes() == line.encode()


def test_links_of_a_program_come_with_it(desk: Desk) -> None:
    root = desk.stick / "linked"
    (root / "_internal").mkdir(parents=True)
    (root / "_internal" / "b.so").symlink_to("lib/b.so")
    (root / "_internal" / "all").symlink_to("../_internal/lib")
    desk.who.program(root, "0.2.0")
    with opened(desk.who.update_of(root, desk.stick)) as found:
        done = install(found)
    assert (done.folder / "_internal" / "b.so").readlink() == Path("lib/b.so")
    assert inspect(done.folder).bar is None


def test_the_same_version_is_installed_anew_where_its_files_were_altered(desk: Desk) -> None:
    path = desk.who.update(desk.stick, __version__)
    assert "the one that runs" in desk.refusal(path)
    (desk.old / "_internal" / "a.pyc").write_bytes(b"damaged")
    with opened(path) as found:
        first = install(found)
    assert first.folder.name == f"mrd-desktop-{__version__}"
    (first.folder / "_internal" / "a.pyc").write_bytes(b"damaged, too")
    with opened(path) as found:
        second = install(found)
    assert second.folder.name == f"mrd-desktop-{__version__}-1"
    assert inspect(second.folder).bar is None


def test_an_order_leads_back_from_the_versions_that_it_names(desk: Desk) -> None:
    why = Text("Synthetic fault in it.", "测试：该版本有缺陷。")
    path = desk.who.update(desk.stick, "0.0.9", back=(__version__, "9.9"), why=why)
    recorded: list[Any] = []
    with opened(path) as found:
        assert found.statement.why == why
        done = install(found, record=recorded.append)
    assert done.folder.name == "mrd-desktop-0.0.9"
    assert recorded[0]["back"] is True


def test_any_zip_tool_opens_it_and_ssh_keygen_checks_it(desk: Desk, tmp_path: Path) -> None:
    path = desk.who.update(desk.stick)
    with zipfile.ZipFile(path) as held:
        assert tuple(held.namelist()) == update.NAMES
        held.extractall(tmp_path / "open")
    told = json.loads((tmp_path / "open" / STATEMENT).read_bytes())
    for name, digest in ((FILE, told["list"]), (ARCHIVE, told["archive"])):
        held_bytes = (tmp_path / "open" / name).read_bytes()
        assert hashlib.sha256(held_bytes).hexdigest() == digest
    command = ["ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "signers"), "-I", "release",
               "-n", "mrd-update-v1", "-s", str(tmp_path / "open" / update.SIGNATURE)]  # fmt: skip
    with (tmp_path / "open" / STATEMENT).open("rb") as file:
        assert subprocess.run(command, stdin=file, capture_output=True, check=False).returncode == 0
    contents = zlib.decompress((tmp_path / "open" / ARCHIVE).read_bytes())
    assert contents == b"".join(data for _, data in sorted(FILES.items()))


def test_what_is_no_release_is_not_written_as_an_update(desk: Desk) -> None:
    root = desk.who.program(desk.stick / "mrd-desktop", "0.2.0")
    (root / SIGNATURE).unlink()
    with pytest.raises(UpdateRefused, match="development build"):
        desk.who.update_of(root, desk.stick)
    desk.who.listed(root, "0.2.0")
    (root / "_internal" / "a.pyc").write_bytes(b"other")
    with pytest.raises(UpdateRefused, match="not as they were released"):
        desk.who.update_of(root, desk.stick)


def test_the_build_writes_it_with_a_key_of_openssh(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "release-key"
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "synthetic", "-f", str(key)]
    subprocess.run(made, check=True)
    with (tmp_path / "signers").open("a", encoding="utf-8") as signers:
        signers.write("release " + key.with_suffix(".pub").read_text("utf-8"))
    root = desk.who.program(desk.stick / "mrd-desktop", "0.2.0")
    notes = desk.stick / "notes.json"
    notes.write_text('{"en": "New.", "zh": "新。"}', encoding="utf-8")
    words = [str(root), str(desk.stick), "--key", str(key), "--notes", str(notes)]
    assert updatefile.main([*words, "--minimum", "0.0.1"]) == 0
    with opened(Path(capsys.readouterr().out.strip())) as found:
        assert found.statement.notes == Text("New.", "新。")
        assert inspect(install(found).folder).bar is None
    assert updatefile.main([*words, "--minimum", "0.0.1"]) == 1, "it is there already"
    assert updatefile.main([*words, "--minimum", "0.0.1", "--back", "9.9"]) == 1, "no reason"


# --- what is refused ----------------------------------------------------------------------


def resigned(who: Releaser, parts: dict[str, bytes], **said: Any) -> dict[str, bytes]:
    """The parts with another statement, signed by who releases."""
    statement = replace(Statement.of(parts[STATEMENT]), **said).to_bytes()
    signature = who.sign(statement, Namespace.UPDATE).encode()
    return {**parts, STATEMENT: statement, update.SIGNATURE: signature}


def relisted(who: Releaser, parts: dict[str, bytes], change: Callable[[Any], object]) -> Any:
    """The parts with another list of files, signed all through by who releases."""
    value = json.loads(parts[FILE])
    change(value)
    raw = json.dumps(value).encode()
    whole = sum(f.get("bytes", 0) for f in value["files"].values())
    seal = who.sign(raw).encode()
    made = {**parts, FILE: raw, SIGNATURE: seal}
    return resigned(who, made, list=hashlib.sha256(raw).hexdigest(), whole=whole)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def moved(to: str) -> Callable[[Any], object]:
    """A file of the list goes somewhere else."""
    return lambda value: value["files"].update({to: value["files"].pop("_internal/a.pyc")})


def linked(link: str) -> Callable[[Any], object]:
    return lambda value: value["files"].update({"_internal/z": {"link": link}})


def through_a_link(value: Any) -> None:
    linked("lib")(value)
    moved("_internal/z/a.pyc")(value)


def repacked(who: Releaser, parts: dict[str, bytes], data: bytes) -> dict[str, bytes]:
    """The parts with another archive, signed."""
    made = {**parts, ARCHIVE: data}
    return resigned(who, made, archive=hashlib.sha256(data).hexdigest())


Case = Callable[[Releaser, dict[str, bytes]], dict[str, bytes]]
STRANGER = Releaser(SigningKey.generate())
UNSIGNED = "no release key that this program trusts"
DAMAGED = "damaged"
PLACE = "where none belongs"
CASES: dict[str, tuple[str, Case]] = {
    "signature of another key": (UNSIGNED, lambda who, p: resigned(STRANGER, p)),
    "a bit of the signature": (
        UNSIGNED, lambda _, p: {**p, update.SIGNATURE: flipped(p[update.SIGNATURE], 120)}),
    "signature for another purpose": (
        UNSIGNED, lambda who, p: {**p, update.SIGNATURE: who.sign(p[STATEMENT]).encode()}),
    "no signature": (UNSIGNED, lambda _, p: {**p, update.SIGNATURE: b""}),
    "statement changed": (
        UNSIGNED, lambda _, p: {**p, STATEMENT: p[STATEMENT].replace(b"0.2.0", b"0.3.0")}),
    "older version": ("older than", lambda who, p: resigned_as(who, p, version="0.0.9")),
    "order to go back from another version": (
        "older than", lambda who, p: resigned_as(who, p, version="0.0.9", back=("0.3.0",))),
    "minimum not reached": ("Install 0.1.5 first", lambda who, p: resigned(
        who, p, minimum="0.1.5")),
    "other product": (
        "update of mrd-other", lambda who, p: resigned_as(who, p, product="mrd-other")),
    "other platform": (
        "Ask for the file for", lambda who, p: resigned_as(who, p, platform="vms-vax")),
    "other version than its list": ("list of files", lambda who, p: resigned(
        who, p, version="0.3.0")),
    "list changed": ("list of files", lambda _, p: {**p, FILE: p[FILE] + b" "}),
    "list signed by nobody": (
        UNSIGNED, lambda who, p: {**p, SIGNATURE: STRANGER.sign(p[FILE]).encode()}),
    "archive changed": (DAMAGED, lambda _, p: {**p, ARCHIVE: flipped(p[ARCHIVE], 20)}),
    "archive of other contents": (
        "not the one that was signed", lambda who, p: repacked(
            who, p, zlib.compress(zlib.decompress(p[ARCHIVE]).replace(b"code", b"CODE")))),
    "archive cut": (DAMAGED, lambda who, p: repacked(who, p, p[ARCHIVE][:-9])),
    "archive with more in it": (
        DAMAGED, lambda who, p: repacked(
            who, p, zlib.compress(zlib.decompress(p[ARCHIVE]) + bytes(50 << 20)))),
    "archive with more behind it": (
        DAMAGED, lambda who, p: repacked(who, p, p[ARCHIVE] + b"more")),
    "no archive": (DAMAGED, lambda who, p: repacked(who, p, b"")),
    "path upwards": (PLACE, lambda who, p: relisted(who, p, moved("../a.pyc"))),
    "path upwards inside": (PLACE, lambda who, p: relisted(who, p, moved("_internal/../../a"))),
    "absolute path": (PLACE, lambda who, p: relisted(who, p, moved("/tmp/a.pyc"))),
    "path of a drive": (PLACE, lambda who, p: relisted(who, p, moved("C:/a.pyc"))),
    "path with a backslash": (PLACE, lambda who, p: relisted(who, p, moved("..\\a.pyc"))),
    "device of Windows": (PLACE, lambda who, p: relisted(who, p, moved("_internal/nul.pyc"))),
    "empty path": (PLACE, lambda who, p: relisted(who, p, moved(""))),
    "name that ends in a dot": (PLACE, lambda who, p: relisted(who, p, moved("mrd-desktop."))),
    "same name in other letters": (PLACE, lambda who, p: relisted(who, p, moved("MRD-desktop"))),
    "file that is a folder": (PLACE, lambda who, p: relisted(who, p, moved("_internal/lib"))),
    "folder in other letters": (PLACE, lambda who, p: relisted(who, p, moved("_Internal/a"))),
    "list in the list": (PLACE, lambda who, p: relisted(who, p, moved(FILE))),
    "link upwards": (PLACE, lambda who, p: relisted(who, p, linked("../../evil"))),
    "absolute link": (PLACE, lambda who, p: relisted(who, p, linked("/etc/passwd"))),
    "link to nothing": (PLACE, lambda who, p: relisted(who, p, linked("nowhere"))),
    "link to the whole": (PLACE, lambda who, p: relisted(who, p, linked(".."))),
    "file through a link": (PLACE, lambda who, p: relisted(who, p, through_a_link)),
    "newer form": ("newer form", lambda who, p: reformed(who, p, "mrd-update/2")),
    "other form": (DAMAGED, lambda who, p: reformed(who, p, "mrd-other/1")),
    "no statement": (DAMAGED, lambda who, p: signed_bytes(who, p, b"[]")),
}  # fmt: skip


def resigned_as(who: Releaser, parts: dict[str, bytes], **said: Any) -> dict[str, bytes]:
    """As :func:`resigned`, the list agreeing with the statement."""
    named = {k: v for k, v in said.items() if k in ("version", "product", "platform")}
    return resigned(who, relisted(who, resigned(who, parts, **said), lambda v: v.update(named)))


def signed_bytes(who: Releaser, parts: dict[str, bytes], said: bytes) -> dict[str, bytes]:
    signature = who.sign(said, Namespace.UPDATE).encode()
    return {**parts, STATEMENT: said, update.SIGNATURE: signature}


def reformed(who: Releaser, parts: dict[str, bytes], form: str) -> dict[str, bytes]:
    return signed_bytes(who, parts, parts[STATEMENT].replace(b"mrd-update/1", form.encode()))


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_refused_and_the_old_version_stays(desk: Desk, case: str) -> None:
    words, wrong = CASES[case]
    parts = wrong(desk.who, parts_of(desk.who.update(desk.stick)))
    assert words in desk.refusal(assembled(desk.stick / "wrong.mrdupdate", parts))


@pytest.mark.parametrize("kept", [0, 1, 40, 1000, -30, -1])
def test_a_cut_file_is_refused(desk: Desk, kept: int) -> None:
    path = desk.who.update(desk.stick)
    path.write_bytes(path.read_bytes()[:kept])
    assert desk.refusal(path)


def test_a_longer_file_and_another_one_are_refused(desk: Desk) -> None:
    path = desk.who.update(desk.stick)
    path.write_bytes(path.read_bytes() + b"\0")
    assert DAMAGED in desk.refusal(path)
    vector = ROOT / "tests" / "vectors" / "package" / "good-plain.mrdpkg"
    assert "no update" in desk.refusal(shutil.copy(vector, desk.stick / "a.mrdupdate"))


def test_without_room_nothing_is_laid(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.who.update(desk.stick)
    real = shutil.disk_usage(desk.beside)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: real._replace(free=60 << 20))
    assert "Make room first" in desk.refusal(path)


def test_a_disk_that_fails_on_the_way_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = desk.state()
    with opened(desk.who.update(desk.stick)) as found:

        def told(done: int, _: int) -> None:
            if done > 20:
                raise OSError(28, "No space left on device")

        with pytest.raises(UpdateRefused, match="No space"):
            install(found, told=told)
        assert desk.state() == before
        assert list(desk.beside.iterdir()) == [desk.old]


def test_what_was_written_is_read_again_before_it_counts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that keeps other bytes than it was given."""
    real = updating._unpack

    def unpack(found: update.Update, root: Path, told: Any) -> None:
        real(found, root, told)
        (root / "_internal" / "a.pyc").write_bytes(b"other bytes")

    monkeypatch.setattr(updating, "_unpack", unpack)
    assert "not what was signed" in desk.refusal(desk.who.update(desk.stick))


def test_a_record_that_cannot_be_written_leaves_the_launcher(desk: Desk) -> None:
    def record(_: object) -> None:
        raise PermissionError("nobody signed")

    path = desk.who.update(desk.stick)
    with opened(path) as found:
        with pytest.raises(PermissionError):
            install(found, record=record)
        assert not (desk.beside / LAUNCHER).exists()
        laid = desk.beside / "mrd-desktop-0.2.0"
        at = laid.stat().st_mtime_ns
        assert install(found).folder == laid  # it goes on with what lies there whole
        assert laid.stat().st_mtime_ns == at


def test_a_source_has_nothing_to_lay_it_beside(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "frozen", False)
    path = desk.who.update(desk.stick)
    assert "--to" in desk.refusal(path)
    (tmp_path / "first").mkdir()
    with opened(path) as found:
        done = install(found, tmp_path / "first")
    assert (done.former, done.folder.parent) == (None, tmp_path / "first")


KILLED = """
import os, signal, sys
from pathlib import Path
from mrd_desktop import installation
from mrd_desktop.transfer import update, updating
installation._SIGNERS = sys.argv[1]
sys.frozen, sys.executable = True, sys.argv[3]
moment, count = sys.argv[4], 0
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if moment == "named":
    updating.sync_folder = die
elif moment == "recorded":
    updating._point = die
elif moment == "synced":
    updating._sync = die
def told(done, whole):
    global count
    count += 1
    if moment == str(count):
        die()
with update.opened(Path(sys.argv[2])) as found:
    updating.install(found, told=told)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
@pytest.mark.parametrize("moment", ["1", "3", "4", "synced", "named", "recorded"])
def test_a_power_cut_leaves_the_old_version_and_the_file_installs_on(
    desk: Desk, tmp_path: Path, moment: str
) -> None:
    path = desk.who.update(desk.stick)
    before = {p: p.read_bytes() for p in desk.old.rglob("*") if p.is_file()}
    done = subprocess.run(
        [PYTHON, "-c", KILLED, str(tmp_path / "signers"), str(path),
         str(desk.old / "mrd-desktop"), moment],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert {p: p.read_bytes() for p in desk.old.rglob("*") if p.is_file()} == before
    assert inspect(desk.old).bar is None
    assert not (desk.beside / LAUNCHER).exists(), "nothing new starts"
    with opened(path) as found:
        assert inspect(install(found).folder).bar is None
    names = {p.name for p in desk.beside.iterdir()}
    assert names == {"mrd-desktop", "mrd-desktop-0.2.0", LAUNCHER}


def test_a_former_launcher_starts_the_former_version_until_the_end(desk: Desk) -> None:
    with opened(desk.who.update(desk.stick)) as found:
        launcher = install(found).launcher
    kept = launcher.read_bytes()
    path = desk.who.update(desk.stick, "0.3.0")
    parts = repacked(desk.who, parts_of(path), parts_of(path)[ARCHIVE][:-9])
    with (
        pytest.raises(UpdateRefused),
        opened(assembled(desk.stick / "cut.mrdupdate", parts)) as found,
    ):
        install(found)
    assert launcher.read_bytes() == kept


def test_a_bomb_is_not_unpacked(desk: Desk) -> None:
    """A gibibyte of zeros behind what the list says: no more is unpacked than was promised."""
    parts = parts_of(desk.who.update(desk.stick))
    packer = zlib.compressobj(9)
    bomb = packer.compress(zlib.decompress(parts[ARCHIVE]))
    for _ in range(1024):
        bomb += packer.compress(bytes(1 << 20))
    made = repacked(desk.who, parts, bomb + packer.flush())
    begun = time.process_time()
    assert DAMAGED in desk.refusal(assembled(desk.stick / "bomb.mrdupdate", made))
    assert time.process_time() - begun < 5


def test_every_platform_has_a_name() -> None:
    assert installation.here().partition("-")[0] in ("linux", "windows", "macos")
