#!/usr/bin/env python3
"""The everyday commands of the project: ``python3 dev.py`` lists them.

Needs Python 3.11 and nothing else. What is missing (the environment in ``.venv``, and on Debian
as root also system packages) is installed by ``setup``, which every other command runs first and
which does nothing when nothing has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
BUNDLE_LOCK = ROOT / "bundle.lock"
FUZZ_LOCK = ROOT / "fuzz.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "setup.stamp"
BUILD = ROOT / "build"
DEMO = ROOT / "demo"
EVIDENCE = ROOT / "docs" / "evidence"
MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of our own is made there)
ROOM_IN_MEMORY = 4 << 30
FIRST_COMMIT = "1795420800"
WINDOWS = os.name == "nt"
LINUX = sys.platform.startswith("linux")

# Debian's names; other systems are told these names and find their own.
ENVIRONMENT_PACKAGES = ("python3-venv", "python3-pip")
WINDOW_PACKAGES = (
    "libgl1",
    "libegl1",
    "libglib2.0-0",
    "libdbus-1-3",
    "libfontconfig1",
    "libxkbcommon0",
    "fonts-noto-cjk",
)
DISPLAY_PACKAGES = (
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-shape0",
    "libxkbcommon-x11-0",
)
TEST_TOOLS = {
    "ssh-keygen": "openssh-client",
    "age": "age",
    "unzip": "unzip",
    "initdb": "postgresql",
    "dbus-daemon": "dbus-daemon",
    "git": "git",
}
OUTSIDE_PATH = "/usr/lib/postgresql/*/bin"
BUNDLE_TOOLS = {"objdump": "binutils"}
RELEASE_TOOLS = {"ssh-keygen": "openssh-client", "git": "git"}
SIGNERS = ROOT / "resources" / "release_signers"
RELEASE_KEY = "MRD_RELEASE_KEY"

WINDOW_PROBE = """
import sys
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication
app = QApplication([])
sys.exit(not QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese))
"""
DISPLAY_PROBE = """
import ctypes, pathlib, PySide6
plugins = pathlib.Path(PySide6.__file__).parent / "Qt" / "plugins" / "platforms"
ctypes.CDLL(str(plugins / "libqxcb.so"))
"""


LIST_FILES = """
import sys, pathlib
from mrd_desktop import __version__, installation
folder = pathlib.Path(sys.argv[1])
(folder / installation.FILE).write_bytes(
    installation.list_files(folder, __version__, sys.argv[2]))
"""


class Stop(Exception):
    """A reason to end with exit code 1, in words that say what to do."""


# -- commands ------------------------------------------------------------------------------------


def setup(_: Sequence[str] = ()) -> int:
    """make .venv from requirements.lock, with the scripts mrd-desktop and mrd-sponsor"""
    stamp = _stamp()
    if _python(VENV).exists() and STAMP.is_file() and STAMP.read_text("utf-8") == stamp:
        return 0
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        # A Python this bare sits in a system this bare: fetch everything in one go.
        tools = [p for tool, p in TEST_TOOLS.items() if not _found(tool)]
        _install((*ENVIRONMENT_PACKAGES, *WINDOW_PACKAGES, *tools), "Python cannot make a venv.")
    _make_environment(VENV)
    _install_lock(VENV, LOCK)
    _pip(VENV, "--no-build-isolation", "--editable", str(ROOT))
    _need_windows()
    STAMP.write_text(stamp, "utf-8")
    return 0


def demo(args: Sequence[str]) -> int:
    """play a month at a clinic through the real windows; leaves pictures and files in ./demo"""
    setup()
    _need_display()
    out: tuple[str, ...] = ()
    if not any(arg == "--out" or arg.startswith("--out=") for arg in args):
        remove_demo(DEMO)
        out = ("--out", str(DEMO))
    return _call(_script("mrd-desktop"), "demo", *out, *args)


def remove_demo(folder: Path) -> None:
    """Make way for a new demo; raises Stop when what is there is not one."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / "summary.json").is_file():
            raise Stop(f"{folder} holds something else than a demo. Move it away or give --out.")
        shutil.rmtree(folder)


def run(args: Sequence[str]) -> int:
    """start the application (arguments are passed on)"""
    setup()
    _need_display()
    return _call(_script("mrd-desktop"), *args)


def test(args: Sequence[str]) -> int:
    """check formatting, types and layers, then run the tests (arguments go to pytest)"""
    setup()
    _need_tools(TEST_TOOLS)
    # The static checks are one process beside the tests: together no core waits for another.
    checks = subprocess.Popen(
        [sys.executable, __file__, "lint"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    with _in_memory() as place:
        # Neighbours stay together, so that what a file of tests prepares is prepared once.
        failed = _pytest("-n", str(_workers()), "--dist", "worksteal", *args, **place)
    told, _ = checks.communicate()
    print(told, end="")
    if checks.returncode:
        print("The static checks above failed.", file=sys.stderr)
    return checks.returncode or failed


@contextmanager
def _in_memory() -> Iterator[dict[str, str]]:
    """Where tests keep their files: in memory where there is room, for each save awaits a disk."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM_IN_MEMORY:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="mrd-tests-", dir=MEMORY) as folder:
        yield {"PYTEST_DEBUG_TEMPROOT": folder}


def _workers() -> int:
    """One more than there are cores: a test of the window waits a third of its time for a job."""
    return min((os.cpu_count() or 1) + 1, 8)


def soak(args: Sequence[str]) -> int:
    """run the long counts in full; the result goes to docs/evidence/soak.md"""
    setup()
    _need_tools(TEST_TOOLS)
    patient = ("-o", "faulthandler_timeout=0", "-p", "tests.soak_page")  # a long count is no hang
    page = str(EVIDENCE / "soak.md")
    return _pytest("-m", "soak", "-n", "2", *patient, *args, MRD_SOAK="1", MRD_SOAK_PAGE=page)


def sabotage(args: Sequence[str]) -> int:
    """switch each protecting rule off and see its tests turn red; docs/evidence/sabotage.md"""
    setup()
    return _call(
        _python(VENV), "-m", "tests.sabotage", *args, "--to", str(EVIDENCE / "sabotage.md")
    )


def fuzz(args: Sequence[str]) -> int:
    """fuzz every reader, led by coverage (Linux); docs/evidence/fuzz.md, tests/fuzz/corpus"""
    setup()
    # An environment of its own: the fuzzer exists for few systems and is no part of the tests.
    environment = BUILD / "fuzz-env"
    _make_environment(environment)
    _install_lock(environment, LOCK)
    _install_lock(environment, FUZZ_LOCK)
    page = ("--to", str(EVIDENCE / "fuzz.md"))
    env = {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    return _call(_python(environment), "-m", "tests.fuzz", *page, *args, env=env)


def lint(_: Sequence[str] = ()) -> int:
    """the static checks alone: ruff, mypy, import-linter"""
    setup()
    checks = (
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("lint-imports", "--no-logo"),
    )
    failed = [_call(_script(tool), *args) for tool, *args in checks]
    return int(any(failed))


def bench(args: Sequence[str]) -> int:
    """measure the numbers to hold, as ratios"""
    setup()
    return _call(_python(VENV), "-m", "tests.benchmarks", *args)


def bundle(args: Sequence[str]) -> int:
    """build the one-folder program in dist/, let it test itself, sign it with --key FILE"""
    asked = _bundle_options(args)
    key = _release_key(asked.key)
    setup()
    if key is not None and audit(("--advisories", *asked.advisories)):
        raise Stop("No release while a known hole is past its limit; the audit stands above.")
    commit = _commit() if key is None else _clean_commit()
    if LINUX:
        _need_tools(BUNDLE_TOOLS)
    # A clean environment: PyInstaller collects from whatever else is installed.
    environment = BUILD / "bundle-env"
    _make_environment(environment, clear=True)
    _install_lock(environment, BUNDLE_LOCK)
    built = _call(
        _python(environment), "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN",
        "--distpath", str(ROOT / "dist"), "--workpath", str(BUILD / "pyinstaller"),
        str(ROOT / "build.spec"),
        env={"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": _source_date()},
    )  # fmt: skip
    if built:
        return built
    folder = ROOT / "dist" / "mrd-desktop"
    program = folder / ("mrd-desktop.exe" if WINDOWS else "mrd-desktop")
    parts = _call(
        _python(environment), str(ROOT / "sbom.py"), str(folder), str(BUNDLE_LOCK),
        str(ROOT / "pyproject.toml"), _version(), _source_date(),
    )  # fmt: skip
    if parts:
        return parts
    listed = _call(_python(environment), "-c", LIST_FILES, folder, commit)
    if listed:
        return listed
    told = subprocess.run(
        [program, "--self-test"],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    print(told.stdout, end="")
    # A program that does nothing also ends with 0.
    if told.returncode or "self-test passed" not in told.stdout:
        return told.returncode or 1
    if key is not None:  # last, so that nothing is signed that failed, or is not of the commit
        if _clean_commit() != commit:
            raise Stop("Another commit was checked out meanwhile. Build again.")
        _sign(key, "mrd-release-v1", folder / "installed.json")
    compared = _compare_bundle(program, signed=key is not None)
    if compared:
        (folder / "installed.json.sig").unlink(missing_ok=True)
    if compared or key is None or asked.notes is None:
        return compared
    back = ("--back", *asked.back) if asked.back else ()
    return _call(
        _python(environment), str(ROOT / "updatefile.py"), str(folder), str(ROOT / "dist"),
        "--key", str(key), "--notes", str(asked.notes.absolute()), "--minimum", asked.minimum,
        *back,
    )  # fmt: skip


def audit(args: Sequence[str]) -> int:
    """hold the locked parts against --advisories FILE, a copy of known holes (OSV); no network"""
    setup()
    return subprocess.run([_python(VENV), ROOT / "audit.py", *args], check=False).returncode


def release_key(args: Sequence[str]) -> int:
    """make the key that signs releases, at FILE outside the checkout; keeps its public half"""
    if len(args) != 1:
        raise Stop("dev.py release-key FILE")
    _need_tools(RELEASE_TOOLS)
    file = Path(args[0]).absolute()
    if file.resolve().is_relative_to(ROOT):
        raise Stop("The key does not belong into the checkout. Name a file on a medium of its own.")
    if file.exists():
        raise Stop(f"{file} is there already.")
    # It asks for the passphrase itself.
    if _call("ssh-keygen", "-q", "-t", "ed25519", "-C", "mrd-desktop release", "-f", file):
        raise Stop("ssh-keygen made no key; its message stands above.")
    with SIGNERS.open("a", encoding="utf-8", newline="\n") as signers:
        signers.write("release " + _public(file) + "\n")
    _say(f"commit {SIGNERS.relative_to(ROOT)}; keep {file} and its passphrase apart, and a copy")
    return 0


COMMANDS = {
    f.__name__.replace("_", "-"): f
    for f in (setup, demo, run, test, soak, sabotage, fuzz, lint, bench, bundle, audit, release_key)
}


# -- a release -----------------------------------------------------------------------------------


def _bundle_options(args: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py bundle")
    about = f"private half of a key of {SIGNERS.name} (also {RELEASE_KEY}); its .pub beside it"
    parser.add_argument("--key", type=Path, default=os.environ.get(RELEASE_KEY) or None, help=about)
    about = "with --key: a copy of known holes, for the audit that comes before a release"
    parser.add_argument("--advisories", type=Path, nargs=1, default=(), help=about)
    about = "with --key: write the update, too; a JSON file that says what is new in en and zh"
    parser.add_argument("--notes", type=Path, help=about)
    parser.add_argument("--minimum", default="0.0.1", help="the least version that it follows")
    about = "an order to go back from these versions; the notes say why_en and why_zh"
    parser.add_argument("--back", nargs="+", default=(), metavar="VERSION", help=about)
    asked = parser.parse_args(args)
    if asked.key is not None and not asked.advisories:
        parser.error("--key needs --advisories FILE")
    return asked


def _release_key(named: Path | None) -> Path | None:
    """The key that signs this build; raises Stop where the program would not trust it."""
    if named is None:
        _say("no --key: a development build, for training only")
        return None
    key = Path(named).absolute()
    if not key.is_file():
        raise Stop(f"There is no {key}.")
    if key.resolve().is_relative_to(ROOT):
        raise Stop(
            "A release key lies in the checkout. Move it out, and look whether it was committed."
        )
    _need_tools(RELEASE_TOOLS)
    words = _public(key).split()
    trusted = [x.split() for x in SIGNERS.read_text("utf-8").splitlines() if x[:1] != "#"]
    if not any(words[1] in line for line in trusted):
        raise Stop(f"{SIGNERS.name} does not name this key, so the program would not trust it.")
    return key


def _public(key: Path) -> str:
    """The public half of a key, which ssh-keygen lays beside it."""
    file = key if key.suffix == ".pub" else key.with_name(key.name + ".pub")
    try:
        return file.read_text("utf-8").strip()
    except OSError:
        raise Stop(f"{file} cannot be read: the public half stands beside the key.") from None


def _sign(key: Path, namespace: str, file: Path) -> None:
    """Lay a signature of OpenSSH beside a file; a passphrase is asked for by ssh-keygen."""
    signature = file.with_name(file.name + ".sig")
    signature.unlink(missing_ok=True)
    if _call("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", namespace, file):
        raise Stop("ssh-keygen did not sign; its message stands above.")
    # Where lines end otherwise, the one form that the program reads has LF.
    signature.write_bytes(signature.read_bytes().replace(b"\r\n", b"\n"))


def _compare_bundle(program: Path, *, signed: bool) -> int:
    """Let the program look at itself: whole, and a release if it was signed."""
    asked = subprocess.run(
        [program, "installation", "--json"], stdout=subprocess.PIPE, text=True, check=False
    )
    told = json.loads(asked.stdout or "{}")
    print(json.dumps(told, indent=1))
    return int(told.get("result") != ("as_released" if signed else "unsigned"))


# -- the environment -----------------------------------------------------------------------------


def _stamp() -> str:
    """What the environment was made from; the checkout's place is in its scripts."""
    digest = hashlib.sha256(str(ROOT).encode())
    for path in (LOCK, ROOT / "pyproject.toml", Path(__file__)):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _python(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if WINDOWS else "bin/python")


def _version() -> str:
    """The program's version, as its package says it."""
    text = (ROOT / "mrd_desktop" / "__init__.py").read_text("utf-8")
    return text.partition("__version__")[2].partition('"')[2].partition('"')[0]


def _script(name: str) -> Path:
    return VENV / (f"Scripts/{name}.exe" if WINDOWS else f"bin/{name}")


def _make_environment(path: Path, *, clear: bool = False) -> None:
    """A virtual environment with pip at ``path``; one that works is kept unless ``clear``."""
    works = (
        not clear
        and _python(path).exists()
        and not _call(_python(path), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))")
    )
    if works:
        return
    _say(f"making {path.relative_to(ROOT)}")
    base = getattr(sys, "_base_executable", None) or sys.executable
    if _call(base, "-m", "venv", "--clear", str(path)):
        raise Stop(f"{path} could not be made.")


def _install_lock(environment: Path, lock: Path) -> None:
    _say(f"installing {lock.name}")
    _pip(environment, "--require-hashes", "--only-binary", ":all:", "--requirement", str(lock))


def _pip(environment: Path, *args: str) -> None:
    options = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-deps")
    if _call(_python(environment), "-m", "pip", "install", *options, *args):
        raise Stop("pip could not install what is missing; its message stands above.")


def _need_windows() -> None:
    """See to it that Qt starts and finds a Chinese font."""
    if LINUX and not _probe(WINDOW_PROBE):
        _install(WINDOW_PACKAGES, "Qt does not start, or there is no Chinese font.")
        if not _probe(WINDOW_PROBE, silent=False):
            raise Stop("Qt still does not start with a Chinese font; its message stands above.")


def _need_display() -> None:
    """See to it that Qt can show windows where there is an X display."""
    shown = os.environ.get("DISPLAY") and "QT_QPA_PLATFORM" not in os.environ
    if LINUX and shown and not _probe(DISPLAY_PROBE):
        _install(DISPLAY_PACKAGES, "Qt lacks libraries to show windows here.")


def _found(tool: str) -> bool:
    """Whether a program is there; Debian keeps those of a database server outside the path."""
    return shutil.which(tool) is not None or any(
        (folder / tool).is_file() for folder in Path("/").glob(OUTSIDE_PATH.lstrip("/"))
    )


def _need_tools(tools: Mapping[str, str]) -> None:
    missing = [tool for tool in tools if not _found(tool)]
    if missing:
        _install([tools[tool] for tool in missing], f"Not found: {', '.join(missing)}.")


def _install(packages: Sequence[str], why: str) -> None:
    """Install Debian packages as root; tell anybody else what to do and stop."""
    install = ("apt-get", "install", "--yes", "--no-install-recommends", *packages)
    if shutil.which("apt-get") is None:
        raise Stop(f"{why} Install what your system calls: {' '.join(packages)}; then try again.")
    if os.geteuid() != 0:
        raise Stop(
            f"{why} Run this, then try again:\n  sudo apt-get update && sudo {shlex.join(install)}"
        )
    _say(f"{why} Installing {' '.join(packages)}")
    for command in (("apt-get", "update", "-qq"), (*install, "-qq", "-o", "Dpkg::Use-Pty=0")):
        if _call(*command, env={"DEBIAN_FRONTEND": "noninteractive"}):
            raise Stop(f"This command failed: {shlex.join(command)}")
    importlib.invalidate_caches()


# -- running things ------------------------------------------------------------------------------


def _say(line: str) -> None:
    print(f"dev.py: {line}", flush=True)


def _call(*command: str | Path, env: Mapping[str, str] | None = None) -> int:
    """Run a command in the checkout and give its exit code."""
    sys.stdout.flush()
    surroundings = {**os.environ, **(env or {})}
    return subprocess.run(command, cwd=ROOT, env=surroundings, check=False).returncode


def _probe(program: str, *, silent: bool = True) -> bool:
    """Whether a few lines of Python run without complaint in .venv, with no screen."""
    return not subprocess.run(
        [_python(VENV), "-c", program],
        cwd=ROOT,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.DEVNULL if silent else None,
        stderr=subprocess.DEVNULL if silent else None,
    ).returncode


def _pytest(*args: str, **more: str) -> int:
    env = {
        "QT_QPA_PLATFORM": "offscreen",
        "MRD_SCREENS": str(BUILD / "screens"),
        # Kept out of the source, and kept even where Python is told to keep nothing: each worker
        # and each program that a test starts would translate every module again.
        "PYTHONPYCACHEPREFIX": str(BUILD / "pycache"),
        "PYTHONDONTWRITEBYTECODE": "",
        **more,
    }
    return _call(_python(VENV), "-m", "pytest", *args, env=env)


def _commit() -> str:
    """The commit that is built; empty where nobody can tell."""
    if shutil.which("git") is None:
        return ""
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    return asked.stdout.strip()


def _clean_commit() -> str:
    """The commit that a release is of; raises Stop where what is built is not exactly that."""
    commit = _commit()
    if not commit:
        raise Stop("git tells no commit here. A release is built in a checkout.")
    asked = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if asked.returncode or asked.stdout.strip():
        print(asked.stdout, end="", file=sys.stderr)
        raise Stop("The checkout holds what is not committed. Commit it or take it away, then try.")
    return commit


def _source_date() -> str:
    """Seconds since 1970 that stand for the build: the commit's, so that builds are the same."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given or shutil.which("git") is None:
        return given or FIRST_COMMIT
    asked = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    return asked.stdout.strip() or FIRST_COMMIT


def main(args: Sequence[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one should be told
        print(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 1
    if not args or args[0] not in COMMANDS:
        print("python3 dev.py COMMAND\n")
        for name, command in COMMANDS.items():
            print(f"  {name:12}{command.__doc__}")
        return 0 if not args or args[0] in ("-h", "--help", "help") else 2
    try:
        return COMMANDS[args[0]](args[1:])
    except Stop as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
