"""An installation held against its signed list: one changed byte, a file less or more is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mrd_desktop import installation
from mrd_desktop.cli import desktop
from mrd_desktop.installation import (
    FILE,
    SIGNATURE,
    Installation,
    InstallationUnknown,
    Seal,
    inspect,
    list_files,
)
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.sshsig import Namespace, fingerprint, public_line
from mrd_desktop.resources import resource
from tests.releasing import FILES, Releaser, releaser, started_from

CODE = "_internal/a.pyc"


@pytest.fixture
def who(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releaser:
    return releaser(tmp_path, monkeypatch)


@pytest.fixture
def installed(tmp_path: Path, who: Releaser, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the build leaves it, and a program that believes it runs from there."""
    root = who.program(tmp_path / "mrd-desktop")
    started_from(root, monkeypatch)
    return root


def test_as_released(installed: Path, who: Releaser) -> None:
    found = inspect(installed)
    assert (found.version, found.commit, found.files, found.faults) == ("9.9", "abc123", 4, ())
    assert (found.seal, found.signer) == (Seal.RELEASED, fingerprint(who.key.public.raw))
    assert found.bar is None
    assert installation.started() == ("as_released", None)
    assert (installed / FILE).read_bytes() == list_files(installed, "9.9", "abc123")


def test_what_differs_is_named(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (installed / CODE).write_bytes(b"synthetic cOde")
    (installed / "_internal" / "数据" / "study.yaml").unlink()
    (installed / "_internal" / "extra.py").write_bytes(b"")
    found = inspect(installed)
    assert found.changed == (CODE,)
    assert found.missing == ("_internal/数据/study.yaml",)
    assert found.added == ("_internal/extra.py",)
    assert CODE in installation.altered(found).zh
    assert found.bar == installation.altered(found)
    assert desktop.main(["installation", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert json.dumps(told).count("_internal/extra.py") == 1
    assert told["result"] == "altered"
    assert desktop.main(["installation"]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert f"FAIL changed {CODE}" in printed
    assert "FAIL added _internal/extra.py" in printed
    assert "PASS" not in printed


def linked_folder(root: Path) -> None:
    """A package of modules that only a link leads to."""
    (root.parent / "elsewhere").mkdir()
    (root.parent / "elsewhere" / "evil.py").write_bytes(b"")
    (root / "_internal" / "evil").symlink_to(root.parent / "elsewhere")


def linked_file(root: Path) -> None:
    """A file with the right content for now, that lies where others may write."""
    shutil.copy(root / CODE, root.parent / "copy")
    (root / CODE).unlink()
    (root / CODE).symlink_to(root.parent / "copy")


def listed_anew(root: Path) -> None:
    (root / CODE).write_bytes(b"other code")
    (root / FILE).write_bytes(list_files(root, "9.9", "abc123"))


def signed_by(key: SigningKey, namespace: str) -> Callable[[Path], None]:
    def sign(root: Path) -> None:
        text = Releaser(key).sign((root / FILE).read_bytes(), namespace)
        (root / SIGNATURE).write_text(text, encoding="ascii")

    return sign


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "linked folder": (linked_folder, "_internal/evil"),
    "linked file": (linked_file, CODE),
    "list made anew": (listed_anew, FILE),
    "key of somebody": (signed_by(SigningKey.generate(), Namespace.RELEASE), FILE),
    "no signature in it": (lambda r: (r / SIGNATURE).write_bytes(b"\xff"), FILE),
    "empty signature": (lambda r: (r / SIGNATURE).write_bytes(b""), FILE),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_list_and_its_signature_belong_together(
    installed: Path, who: Releaser, wrong: str
) -> None:
    act, named = WRONG[wrong]
    act(installed)
    found = inspect(installed)
    assert named in found.faults
    assert (found.result, found.bar) == ("altered", installation.altered(found))
    assert (found.signer == "") is (named == FILE)


def test_what_was_signed_for_an_update_is_no_release(installed: Path, who: Releaser) -> None:
    signed_by(who.key, Namespace.UPDATE)(installed)
    assert inspect(installed).changed == (FILE,)


def test_a_build_that_nobody_signed_is_for_training(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (installed / SIGNATURE).unlink()
    found = inspect(installed)
    assert (found.faults, found.seal, found.signer) == ((), Seal.UNSIGNED, "")
    assert (found.result, found.bar) == ("unsigned", installation.UNSIGNED)
    assert desktop.main(["installation"]) == 1
    told = capsys.readouterr()
    assert told.out.splitlines()[-1] == "UNSIGNED development build"
    assert "training only" in told.err or "仅可用于培训" in told.err


def test_links_of_the_build_are_part_of_it(tmp_path: Path, who: Releaser) -> None:
    root = tmp_path / "linked"
    (root / "_internal").mkdir(parents=True)
    (root / "_internal" / "b.so").symlink_to("lib/b.so")
    who.program(root)
    found = inspect(root)
    assert (found.faults, found.files) == ((), 5)
    (root / "_internal" / "b.so").unlink()
    (root / "_internal" / "b.so").symlink_to("a.pyc")
    assert inspect(root).changed == ("_internal/b.so",)
    (root / "_internal" / "b.so").unlink()
    (root / "_internal" / "b.so").write_bytes(FILES["_internal/lib/b.so"])
    assert inspect(root).changed == ("_internal/b.so",)


def test_whole_passes(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert desktop.main(["installation"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "PASS"


def test_anybody_checks_it_from_outside(installed: Path, tmp_path: Path) -> None:
    """What docs/security.md says: OpenSSH, the list and the key of the release."""
    command = ["ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "signers"), "-I", "release",
               "-n", "mrd-release-v1", "-s", str(installed / SIGNATURE)]  # fmt: skip
    raw = (installed / FILE).read_bytes()
    assert subprocess.run(command, input=raw, check=False, capture_output=True).returncode == 0
    raw = raw.replace(b"9.9", b"9.8")
    assert subprocess.run(command, input=raw, check=False, capture_output=True).returncode != 0


def test_a_signature_of_openssh_is_one_of_ours(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build signs with ssh-keygen, whose key may lie in an agent or under a passphrase."""
    key = tmp_path / "release-key"
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "synthetic", "-f", str(key)]
    subprocess.run(made, check=True)
    signers = tmp_path / "signers"
    signers.write_text("release " + key.with_suffix(".pub").read_text("utf-8"), "utf-8")
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", "mrd-release-v1"]
    (installed / SIGNATURE).unlink()
    subprocess.run([*sign, str(installed / FILE)], check=True, capture_output=True)
    assert inspect(installed).bar is None


def test_from_its_source_nothing_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert installation.place() is None
    assert installation.started() == ("source", None)
    assert desktop.main(["installation"]) == 0
    assert "source" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format":"mrd-installed/1"}', "\xff", "[" * 100_000]
)
def test_a_damaged_list_is_refused(installed: Path, text: str) -> None:
    (installed / FILE).write_text(text, encoding="latin-1")
    with pytest.raises(InstallationUnknown):
        inspect(installed)
    (installed / FILE).unlink()
    with pytest.raises(InstallationUnknown):
        inspect(installed)
    word, why = installation.started()
    assert word == "unknown"
    assert why is not None


def test_the_keys_of_this_program_can_be_read() -> None:
    assert resource("release_signers").is_file()
    for key, print_ in installation.release_keys().items():
        assert fingerprint(key) == print_


@pytest.mark.parametrize("line", ["release ssh-rsa AAAA", "release ssh-ed25519 AAAA", "release"])
def test_a_line_that_is_no_key_trusts_nobody(
    installed: Path, tmp_path: Path, line: str, who: Releaser
) -> None:
    signers = tmp_path / "signers"
    signers.write_text(f"{line}\nrelease {public_line(who.key.public.raw)}\n", "utf-8")
    assert inspect(installed).changed == (FILE,)


@pytest.fixture
def nobody() -> Iterator[None]:
    """Rights of folders hold for this process."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    yield
    os.seteuid(was)


@pytest.mark.skipif(
    os.name != "posix",
    reason="Windows has no mode bits: who may list a folder there is a list of accounts",
)
@pytest.mark.parametrize("mode", [0o000, 0o111, 0o444])
@pytest.mark.parametrize("name", ["_internal/sub", "_internal/lib"])
def test_a_folder_that_nobody_may_look_into_is_named(
    installed: Path, request: pytest.FixtureRequest, name: str, mode: int
) -> None:
    """It keeps nobody from reading, and what it hides is no release (decision 0062)."""
    for above in (installed, *installed.parents):
        if above.stat().st_mode & 0o055 != 0o055:
            above.chmod(above.stat().st_mode | 0o055)
    inside = installed / name
    inside.mkdir(exist_ok=True)
    (inside / "evil.so").write_bytes(b"synthetic")
    inside.chmod(mode)
    try:
        request.getfixturevalue("nobody")
        found = inspect(installed)
        assert name in found.added
        assert found.result == "altered"
        assert installation.started() == ("altered", found.bar)
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        inside.chmod(0o755)


def test_whatever_the_disk_refuses_is_no_fault_of_the_program(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> Installation:
        raise PermissionError

    monkeypatch.setattr(installation, "inspect", refused)
    word, bar = installation.started()
    assert word == "unknown"
    assert bar is not None


@pytest.mark.parametrize(
    "options", ['valid-before="20200101"', 'namespaces="file"', "cert-authority"]
)
def test_a_release_key_has_no_options(
    installed: Path, who: Releaser, tmp_path: Path, options: str
) -> None:
    """``ssh-keygen`` heeds them, and this program would not."""
    signers = tmp_path / "signers"
    line = public_line(who.key.public.raw, "synthetic")
    signers.write_text(f"release {options} {line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="plain key"):
        installation.release_keys()
    assert inspect(installed).seal is Seal.FORGED


def test_what_a_file_manager_left_bars_nothing(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (".DS_Store", "desktop.ini", "Thumbs.db"):
        (installed / "_internal" / name).write_bytes(b"synthetic")
    found = inspect(installed)
    assert (found.result, found.bar, len(found.stray)) == ("as_released", None, 3)
    assert desktop.main(["installation"]) == 0
    assert "NOTE stray _internal/.DS_Store" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["thumbs.db", ".DS_Store.py", "desktop.ini.so", "_DS_Store"])
def test_what_is_called_alike_does(installed: Path, name: str) -> None:
    (installed / "_internal" / name).write_bytes(b"synthetic")
    assert inspect(installed).added == (f"_internal/{name}",)


@pytest.mark.skipif(
    os.name != "posix", reason="Windows lets only administrators and developers make links"
)
def test_a_link_of_such_a_name_does(installed: Path) -> None:
    (installed / "_internal" / ".DS_Store").symlink_to(installed.parent)
    assert inspect(installed).result == "altered"
