"""The script of everyday commands: what it says, and what it never removes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dev
from mrd_desktop.ledger import sshsig
from tests.soak_page import VARIABLE

SCRIPT = Path(dev.__file__)


def _dev(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *args], capture_output=True, text=True, check=False
    )


def test_without_a_command_it_lists_them_all_with_a_line_of_help() -> None:
    done = _dev()
    assert done.returncode == 0
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines()[1:] if line)
    assert set(told) == {
        "setup", "demo", "run", "test", "soak", "sabotage", "fuzz", "lint", "bench", "bundle",
        "audit", "release-key",
    }  # fmt: skip


def test_an_unknown_command_is_wrong_usage() -> None:
    assert _dev("deploy").returncode == 2


def test_a_folder_that_is_no_demo_stays(tmp_path: Path) -> None:
    kept = tmp_path / "thesis.docx"
    kept.write_bytes(b"")
    with pytest.raises(dev.Stop):
        dev.remove_demo(tmp_path)
    assert kept.exists()


def test_an_earlier_demo_makes_way(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    (folder / "screens").mkdir(parents=True)
    (folder / "summary.json").write_text("{}", "utf-8")
    dev.remove_demo(folder)
    assert not folder.exists()


def test_an_empty_or_absent_folder_is_nothing_to_remove(tmp_path: Path) -> None:
    dev.remove_demo(tmp_path)
    dev.remove_demo(tmp_path / "demo")
    assert tmp_path.exists()


def test_the_soak_page_names_seed_counts_and_outcome_as_each_test_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "soak.md"
    kept.write_text(
        "| test | seed |\n|---|---|\n| faults.test_kill.test_it | 1 |\n| old.test | 2 |\n"
    )
    tests = tmp_path / "tests" / "faults"
    tests.mkdir(parents=True)
    (tests / "test_kill.py").write_text(
        "def test_it(record_property):\n"
        "    record_property('seed', 7)\n"
        "    record_property('count', 1000)\n"
        "def test_other():\n"
        f"    assert '| 7 | 1000 |' not in open({str(kept)!r}).read()\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "tests.soak_page", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, f"--rootdir={tmp_path}", "-c", os.devnull, str(tests)],
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("PYTEST_XDIST")},
            VARIABLE: str(kept),
        },
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 1, "the second test sees the row of the first one"
    lines = kept.read_text("utf-8").splitlines()
    (it,) = (x for x in lines if x.startswith("| faults.test_kill.test_it |"))
    assert re.match(r"\| faults\.test_kill\.test_it \| 7 \| 1000 \| \d+\.\d \| passed \| ", it)
    other = re.compile(r"\| faults\.test_kill\.test_other \|  \|  \| \d+\.\d \| failed \| ")
    assert any(map(other.match, lines))
    assert "| old.test | 2 |" in lines, "what was not run again stays"


@pytest.fixture
def signers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of release keys, and nobody to type a passphrase."""
    file = tmp_path / "signers"
    file.write_text("# synthetic\n", "utf-8")
    monkeypatch.setattr(dev, "SIGNERS", file)
    call = dev._call

    def quiet(*command: str | Path, **more: object) -> int:
        made = "-t" in command
        return call(*command, *(("-N", "") if made else ()), **more)  # type: ignore[arg-type]

    monkeypatch.setattr(dev, "_call", quiet)
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.delenv(dev.RELEASE_KEY, raising=False)
    return file


def test_a_release_key_lies_outside_and_only_one_that_is_trusted_signs(
    signers: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, key = signers.with_name("key"), tmp_path_factory.mktemp("medium") / "key"
    with pytest.raises(dev.Stop, match="checkout"):
        dev.release_key([str(inside)])
    assert dev.release_key([str(key)]) == 0
    line = signers.read_text("utf-8").splitlines()[-1]
    assert line == "release " + key.with_name("key.pub").read_text("utf-8").strip()
    assert not inside.exists()
    with pytest.raises(dev.Stop, match="already"):
        dev.release_key([str(key)])
    assert dev._release_key(key) == key
    monkeypatch.setenv(dev.RELEASE_KEY, str(key))
    with pytest.raises(SystemExit):
        dev._bundle_options([])
    assert dev._bundle_options(["--advisories", "all.zip"]).key == key
    listed = signers.with_name("installed.json")
    listed.write_bytes(b"{}")
    for _ in range(2):
        dev._sign(key, "mrd-release-v1", listed)
    signature = listed.with_name("installed.json.sig").read_text("ascii")
    allowed = [sshsig.public_of(line.split()[2])]
    assert sshsig.verify(signature, b"{}", "mrd-release-v1", allowed) == allowed[0]
    signers.write_text("# nobody\n", "utf-8")
    with pytest.raises(dev.Stop, match="trust"):
        dev._release_key(key)
    inside.write_bytes(key.read_bytes())
    with pytest.raises(dev.Stop, match="checkout"):
        dev._release_key(inside)
    assert dev._release_key(None) is None


def test_no_release_is_built_while_a_hole_is_past_its_limit(
    signers: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path_factory.mktemp("medium") / "key"
    dev.release_key([str(key)])
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(dev, "setup", lambda: 0)
    monkeypatch.setattr(dev, "audit", lambda args: asked.append(tuple(args)) or 1)
    monkeypatch.setattr(dev, "_make_environment", lambda *_, **__: pytest.fail("it was built"))
    with pytest.raises(dev.Stop, match="hole"):
        dev.bundle(["--key", str(key), "--advisories", "all.zip"])
    assert asked == [("--advisories", Path("all.zip"))]


def test_a_release_is_of_a_commit_and_of_nothing_else(
    signers: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, key = signers.parent, tmp_path_factory.mktemp("medium") / "key"
    dev.release_key([str(key)])
    monkeypatch.setattr(dev, "setup", lambda: 0)
    monkeypatch.setattr(dev, "audit", lambda _: 0)
    monkeypatch.setattr(dev, "_need_tools", lambda _: None)

    class Built(Exception):
        pass

    def build(*_: object, **__: object) -> None:
        raise Built

    monkeypatch.setattr(dev, "_make_environment", build)
    wanted = ["--key", str(key), "--advisories", "all.zip"]
    with pytest.raises(dev.Stop, match="no commit"):
        dev.bundle(wanted)
    git = ("git", "-C", str(root), "-c", "user.name=x", "-c", "user.email=x@example.org")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "synthetic")):
        subprocess.run([*git, *words], check=True)
    with pytest.raises(Built):
        dev.bundle(wanted)
    (root / "evil.py").write_bytes(b"")
    with pytest.raises(dev.Stop, match="not committed"):
        dev.bundle(wanted)
    with pytest.raises(Built):
        dev.bundle([])  # a development build


def _holding(root: Path, words: bytes) -> list[Path]:
    """Files of a checkout with such bytes in them; what was made beside them is not asked."""
    made = {".git", ".venv", "build", "dist", "demo"}
    tops = (top for top in root.iterdir() if top.name not in made)
    files = (file for top in tops for file in (top, *top.rglob("*")) if file.is_file())
    return [file for file in files if words in file.read_bytes()]


def test_no_private_key_is_in_the_repository(tmp_path: Path) -> None:
    words = b"BEGIN OPENSSH PRIVATE " + b"KEY"
    assert _holding(SCRIPT.parent, words) == []
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "key").write_bytes(b"-----" + words)
    assert _holding(tmp_path, words) == [tmp_path / "docs" / "key"]


@pytest.mark.parametrize(("untidy", "red", "ends"), [(0, 0, 0), (1, 0, 1), (0, 2, 2), (1, 2, 1)])
def test_checks_and_tests_run_side_by_side_and_either_fails_the_run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    untidy: int,
    red: int,
    ends: int,
) -> None:
    lint = tmp_path / "lint.py"
    lint.write_text(f"import sys\nprint('told by', *sys.argv[1:])\nsys.exit({untidy})\n")
    ran: list[str] = []
    monkeypatch.setattr(dev, "MEMORY", tmp_path)
    monkeypatch.setattr(dev, "ROOM_IN_MEMORY", 0)
    monkeypatch.setattr(dev, "__file__", str(lint))
    monkeypatch.setattr(dev, "setup", lambda: 0)
    monkeypatch.setattr(dev, "_need_tools", lambda _: None)

    def run(*args: str, PYTEST_DEBUG_TEMPROOT: str) -> int:
        assert Path(PYTEST_DEBUG_TEMPROOT).parent == tmp_path
        ran.extend(args)
        return red

    monkeypatch.setattr(dev, "_pytest", run)
    assert dev.test(["tests/some.py"]) == ends
    assert ran[-1] == "tests/some.py"
    assert [p.name for p in tmp_path.iterdir()] == ["lint.py"], "what the tests made is gone"
    told = capsys.readouterr()
    assert told.out == "told by lint\n"
    assert ("static checks" in told.err) == bool(untidy)


def test_without_room_in_memory_files_of_tests_stay_on_the_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for place, room in ((tmp_path / "absent", 0), (tmp_path, 1 << 60)):
        monkeypatch.setattr(dev, "MEMORY", place)
        monkeypatch.setattr(dev, "ROOM_IN_MEMORY", room)
        with dev._in_memory() as given:
            assert given == {}
