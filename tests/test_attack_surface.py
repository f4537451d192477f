"""The attack surface, check by check (E-19): what the program opens, loads, runs and asks for.

``test_surface`` looks at each source file for what it reaches for; here stand the 25 checks of E-19
in one table. Not here: the rights of an installer and signed programs, for there is no installer.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from mrd_desktop.cli import desktop, sponsor
from mrd_desktop.study.errors import OdmRefused
from mrd_desktop.study.importing import xml_tree
from mrd_desktop.study.yaml_tree import YamlMistake, read
from mrd_desktop.vault.database import Database
from mrd_desktop.vault.errors import StorageError
from tests.clinic import make_clinic
from tests.faults.offline import DEATH, can_forbid, forbid
from tests.test_surface import (
    CALLS,
    FROM_DATA,
    NETWORK,
    PROCESSES,
    ROOT,
    SOURCES,
    called,
    imported,
)

Check = Callable[[Path], Iterable[object]]
"""Given an empty folder; what it finds is wrong."""

ENVIRONMENT = {
    "LC_ALL", "LANG", "LOCALAPPDATA", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
    "DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR",
}  # fmt: skip
"""What the program reads of its surroundings: the language, where a cache stands, and whether the
system says there when it sleeps or locks."""
SET_FOR_QT = {"QT_QPA_PLATFORM", "TZ", "DISPLAY", "WAYLAND_DISPLAY"}
"""What the demo, the self-test and headless figures look at or set for Qt."""
WINDOWS_CALLS = {"SetErrorMode", "WerAddExcludedApplication", "GetDriveTypeW",
                 "WTSRegisterSessionNotification"}  # fmt: skip
REACHING_QT = {
    "QNetworkAccessManager", "QTcpServer", "QLocalServer", "QLocalSocket", "QUdpSocket",
    "QProcess", "QDesktopServices", "QSettings", "QPluginLoader", "QLibrary", "QQmlEngine",
    "QWebEngineView", "QDBusConnection",
}  # fmt: skip
SYNTHETIC = {"synthetic.py", "samples.py"}
"""Modules that make up data for training, or draw a bootstrap from a fixed seed."""
INSTALLERS = {".bat", ".cmd", ".desktop", ".iss", ".nsi", ".plist", ".ps1", ".reg", ".service",
              ".vbs", ".wxs"}  # fmt: skip
LOOKED_AT = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
SPEC = (ROOT / "build.spec").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def trees() -> Iterator[ast.AST]:
    return (tree(path) for path in SOURCES)


@cache
def walked(paths: tuple[Path, ...]) -> tuple[ast.AST, ...]:
    return tuple(n for path in paths for n in ast.walk(tree(path)) if isinstance(n, LOOKED_AT))


def nodes(*kinds: type[ast.AST]) -> Iterator[ast.AST]:
    return (n for n in walked(tuple(SOURCES)) if isinstance(n, kinds))


def names() -> Iterator[str]:
    """Every name and attribute that the sources use."""
    for node in nodes(ast.Name, ast.Attribute):
        yield node.id if isinstance(node, ast.Name) else node.attr  # type: ignore[attr-defined]


def calls() -> Iterator[ast.Call]:
    return (n for n in nodes(ast.Call) if isinstance(n, ast.Call))


def reaching(forbidden: set[str]) -> list[str]:
    return [name for one in trees() for name in imported(one) if name in forbidden]


# --- sources ------------------------------------------------------------------------------


def no_network_module(_: Path) -> Iterable[object]:
    return reaching(NETWORK)


def no_code_from_data(_: Path) -> Iterable[object]:
    return reaching(FROM_DATA)


def no_other_process(_: Path) -> Iterable[object]:
    return reaching(PROCESSES)


def no_evaluation(_: Path) -> Iterable[object]:
    return [name for one in trees() for name in called(one) if name in CALLS]


def no_shell(_: Path) -> Iterable[object]:
    parts = ("os.system", "os.popen", "os.exec", "os.spawn", "os.startfile", "os.posix_spawn")
    yield from (name for one in trees() for name in called(one) if name.startswith(parts))
    yield from (k.arg for c in calls() for k in c.keywords if k.arg == "shell")


def yaml_is_safe(_: Path) -> Iterable[object]:
    made = [c for c in calls() if isinstance(c.func, ast.Name) and c.func.id == "YAML"]
    for call in made:
        kinds = [k.value for k in call.keywords if k.arg == "typ"]
        if [k.value for k in kinds if isinstance(k, ast.Constant)] != ["safe"]:
            yield ast.dump(call)
    if not made:
        yield "the check finds no reader of YAML"
    try:
        yield read("a: !!python/object/apply:os.system ['true']")
    except YamlMistake:
        return


def xml_fetches_nothing(_: Path) -> Iterable[object]:
    named = {"XMLParser", "iterparse", "fromstring", "parse", "XSLT", "HTMLParser"}
    for call in calls():
        where = call.func
        if not isinstance(where, ast.Attribute) or not isinstance(where.value, ast.Name):
            continue
        if where.value.id in ("etree", "ElementTree") and where.attr in named:
            yield ast.dump(call)
    hostile = b'<!DOCTYPE ODM [<!ENTITY x SYSTEM "file:///etc/passwd">]><ODM>&x;</ODM>'
    try:
        yield xml_tree.read_xml(hostile)
    except OdmRefused:
        return


def no_unpickling_reader(_: Path) -> Iterable[object]:
    yield from (n for n in names() if n in {"read_pickle", "to_pickle", "memmap", "fromfile"})
    yield from (k.arg for c in calls() for k in c.keywords if k.arg == "allow_pickle")


def no_guessable_temporary_name(_: Path) -> Iterable[object]:
    return (n for n in names() if n in {"mktemp", "tmpnam", "tempnam"})


def no_chance_but_the_systems(_: Path) -> Iterable[object]:
    """``random`` is for the synthetic data of training alone."""
    for path in SOURCES:
        found = {"random", "numpy.random", "uuid.uuid1"} & set(imported(tree(path)))
        if found and path.name not in SYNTHETIC:
            yield path.name


def libraries_by_no_bare_name(_: Path) -> Iterable[object]:
    """No library of one's own choice is loaded, and of Windows only its own, which are known."""
    loading = {"CDLL", "WinDLL", "LoadLibrary", "find_library", "cdll", "add_dll_directory"}
    yield from (n for n in names() if n in loading)
    for node in nodes(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        inner = node.value
        if not isinstance(inner, ast.Attribute) or not isinstance(inner.value, ast.Attribute):
            continue
        if inner.value.attr == "windll" and node.attr not in WINDOWS_CALLS:
            yield node.attr


def the_search_path_is_left_alone(_: Path) -> Iterable[object]:
    for node in nodes(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        of_system = isinstance(node.value, ast.Name) and node.value.id == "sys"
        if of_system and node.attr in {"path", "meta_path", "path_hooks", "settrace", "setprofile"}:
            yield node.attr


def qt_reaches_for_nothing(_: Path) -> Iterable[object]:
    yield from (n for n in names() if n in REACHING_QT - {"QDBusConnection"})
    # One module hears what the system says of sleep and lock; it calls nobody and offers nothing.
    for path in SOURCES:
        allowed = {"systemBus", "sessionBus"} if path.name == "away.py" else set()
        for node in walked((path,)):
            if (
                isinstance(node, ast.Attribute)
                and ast.unparse(node.value) == "QDBusConnection"
                and node.attr not in allowed
            ):
                yield f"{path.name}: QDBusConnection.{node.attr}"


def surroundings_switch_nothing(_: Path) -> Iterable[object]:
    """No variable of the environment is a hidden switch."""
    asked = set()
    for call in calls():
        words = ast.unparse(call.func)
        if words in ("os.getenv", "os.environ.get", "os.environ.setdefault") and call.args:
            asked.add(ast.literal_eval(call.args[0]))
    for node in nodes(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        if ast.unparse(node.value) == "os.environ":
            asked.add(ast.literal_eval(node.slice))
    yield from asked - ENVIRONMENT - SET_FOR_QT
    if not asked:
        yield "the check finds no variable at all"


def commands_are_all_told(_: Path) -> Iterable[object]:
    """No command and no option that ``--help`` does not show."""
    waiting: list[argparse.ArgumentParser] = [desktop.parser(), sponsor.parser()]
    while waiting:
        for action in waiting.pop()._actions:
            if action.help == argparse.SUPPRESS and action.dest != "help":
                yield action.dest
            if isinstance(action, argparse._SubParsersAction):
                told = {c.dest for c in action._choices_actions}
                yield from set(action.choices) - told
                waiting += action.choices.values()


def no_switch_for_debugging(_: Path) -> Iterable[object]:
    told = {o for p in (desktop.parser(), sponsor.parser()) for o in p._option_string_actions}
    yield from told & {"--debug", "--trace", "--verbose", "-d", "-v"}
    yield from (n for n in names() if n in {"set_trace", "breakpoint", "echo_pool"})
    yield from (k.arg for c in calls() for k in c.keywords if k.arg in {"echo_pool", "debug"})
    yield from reaching({"pdb", "cProfile", "logging.config", "faulthandler", "tracemalloc"})


# --- what is built ------------------------------------------------------------------------


def the_bundle_is_no_debug_build(_: Path) -> Iterable[object]:
    return re.findall(r"debug\s*=\s*True|\bpdb\b|bootloader_ignore_signals|argv_emulation", SPEC)


def the_bundle_unpacks_nothing_to_run(_: Path) -> Iterable[object]:
    """One folder: no library is loaded from a temporary one that others could prepare."""
    if "COLLECT(" not in SPEC or "exclude_binaries=True" not in SPEC:
        yield "not one folder"
    yield from re.findall(r"runtime_tmpdir|onefile", SPEC)


def the_bundle_asks_for_no_rights(_: Path) -> Iterable[object]:
    return re.findall(r"uac_admin|uac_uiaccess|entitlements", SPEC)


def the_bundle_holds_no_tools(_: Path) -> Iterable[object]:
    excluded = set(re.findall(r'"([\w.]+)"', SPEC.partition("excludes=[")[2].partition("]")[0]))
    return {"_pytest", "pytest", "hypothesis", "mypy", "pip", "setuptools"} - excluded


def doors_are_two(_: Path) -> Iterable[object]:
    known = {"mrd-desktop": "ui.main:main", "mrd-sponsor": "mrd_desktop.cli.sponsor:main"}
    yield from set(PROJECT["project"]["scripts"].items()) ^ set(known.items())
    yield from {"gui-scripts", "entry-points"} & set(PROJECT["project"])


def nothing_starts_it_unquoted(_: Path) -> Iterable[object]:
    """No service, shortcut or script of an installer, so no path in one without quotes."""
    ours = (p for top in ("mrd_desktop", "ui", "resources") for p in (ROOT / top).rglob("*"))
    yield from (p for p in (*ROOT.iterdir(), *ours) if p.suffix.lower() in INSTALLERS)
    for node in ast.walk(ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "shell":
            yield "dev.py starts a shell"


# --- at work ------------------------------------------------------------------------------


def the_database_loads_no_code(place: Path) -> Iterable[object]:
    database = Database(place / "data.mrd", bytes(32), create=True)
    if database.pragmas()["trusted_schema"] != 0:
        yield "a schema that was altered could call functions"
    for words in ("SELECT load_extension('x')", "SELECT writefile('x', 'y')", "SELECT edit('x')"):
        try:
            with database.writing() as conn:
                yield conn.exec_driver_sql(words).all()
        except (StorageError, Exception) as refused:
            if "not authorized" not in str(refused) and "no such function" not in str(refused):
                yield refused
    database.close()


def files_are_no_programs(place: Path) -> Iterable[object]:
    """What a site consists of cannot be run, and nobody else may write it."""
    site = make_clinic(place / "site").path
    for path in (p for p in site.rglob("*") if p.is_file()):
        mode = path.stat().st_mode
        if mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH | stat.S_ISUID | stat.S_IWOTH):
            yield f"{path.name} {mode:o}"


PLANTED = ("argparse", "json", "sqlite3", "cryptography", "sitecustomize", "usercustomize", "lxml")
START = "from ui.main import main; import sys; sys.exit(main(['installation']))"
WINDOW = """
import os
from PySide6.QtCore import QCoreApplication
from ui.app import compose
from PySide6.QtWidgets import QApplication
app = QApplication([])
compose().shell.show()
app.processEvents()
print("\\n".join(QCoreApplication.libraryPaths()))
print("--")
for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
    try:
        print(os.readlink(f"/proc/self/fd/{name}"))
    except OSError:
        pass
"""


def started(place: Path, words: str) -> subprocess.CompletedProcess[str]:
    """A script like the installed one, started from another folder; no network to be had."""
    script, here = place / "bin" / "mrd-desktop", place / "here"
    script.parent.mkdir()
    here.mkdir(exist_ok=True)
    script.write_text(words, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [sys.executable, str(script)], cwd=here, env=env, capture_output=True, text=True,
        check=False, preexec_fn=forbid if can_forbid() else None,
    )  # fmt: skip


def nothing_is_loaded_from_where_it_is_started(place: Path) -> Iterable[object]:
    """Modules and libraries that lie in the working folder, as on a stick, are not taken."""
    here = place / "here"
    here.mkdir()
    for name in PLANTED:
        (here / f"{name}.py").write_text(f"open({str(place / name)!r}, 'w')", encoding="utf-8")
    for name in ("libcrypto.so.3", "libsqlcipher.so.0", "libQt6Core.so.6", "version.dll"):
        (here / name).write_bytes(b"no library")
    (here / "qt.conf").write_text("[Paths]\nPlugins=./planted\n", encoding="utf-8")
    done = started(place, START)
    if done.returncode:
        yield done.stderr
    yield from (name for name in PLANTED if (place / name).exists())


@cache
def window() -> tuple[str, list[str], list[str]]:
    """What a process with the window open is started in, loads plugins from, and has open."""
    with tempfile.TemporaryDirectory() as made:
        done = started(Path(made), WINDOW)
    assert done.returncode == 0, done.stderr
    places, _, handles = done.stdout.partition("--\n")
    return made, places.splitlines(), handles.splitlines()


def qt_plugins_come_from_qt(_: Path) -> Iterable[object]:
    where, found, _handles = window()
    if not found:
        yield "no place at all"
    yield from (p for p in found if not Path(p).is_absolute() or Path(p).is_relative_to(where))


def no_socket_while_the_window_is_open(_: Path) -> Iterable[object]:
    """Handles of a process with the window open; test_demo and test_half_hour work without any."""
    _where, _places, handles = window()
    if sys.platform.startswith("linux") and not handles:
        yield "the check finds no handle at all"
    yield from (line for line in handles if line.startswith("socket:"))


CHECKS: tuple[Check, ...] = (
    no_network_module,
    no_socket_while_the_window_is_open,
    no_code_from_data,
    no_evaluation,
    no_other_process,
    no_shell,
    yaml_is_safe,
    xml_fetches_nothing,
    no_unpickling_reader,
    no_guessable_temporary_name,
    no_chance_but_the_systems,
    libraries_by_no_bare_name,
    the_search_path_is_left_alone,
    nothing_is_loaded_from_where_it_is_started,
    qt_plugins_come_from_qt,
    qt_reaches_for_nothing,
    nothing_starts_it_unquoted,
    surroundings_switch_nothing,
    commands_are_all_told,
    no_switch_for_debugging,
    the_bundle_is_no_debug_build,
    the_bundle_unpacks_nothing_to_run,
    the_bundle_asks_for_no_rights,
    the_bundle_holds_no_tools,
    doors_are_two,
    the_database_loads_no_code,
    files_are_no_programs,
)


NAMES = [f"E-19.{n} {check.__name__}" for n, check in enumerate(CHECKS, 1)]


@pytest.mark.parametrize("check", CHECKS, ids=NAMES)
def test_nothing_is_found(check: Check, tmp_path: Path) -> None:
    assert list(check(tmp_path)) == []


def test_there_are_as_many_checks_as_the_reference_asks_for() -> None:
    assert len(CHECKS) >= 25


REACHING = {
    "by name": "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "the newer one": "import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
    "by Qt": "from PySide6.QtNetwork import QTcpSocket; QTcpSocket().connectToHost('127.0.0.1', 9)",
    "listening": "import socket; s = socket.socket(socket.AF_UNIX); s.bind('x'); s.listen()",
}


@pytest.mark.skipif(
    not can_forbid(), reason="needs Linux, which shuts a process off from every network"
)
@pytest.mark.parametrize("how", REACHING)
def test_the_shut_door_is_shut(how: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", REACHING[how]], cwd=tmp_path, preexec_fn=forbid, check=False
    )
    assert done.returncode == -DEATH


FOUND: tuple[tuple[Check, str], ...] = (
    (no_network_module, "import urllib.request"),
    (no_network_module, "from PySide6.QtNetwork import QTcpSocket"),
    (no_code_from_data, "import pickle"),
    (no_evaluation, "eval('1')"),
    (no_other_process, "from subprocess import run"),
    (no_shell, "import os\nos.system('x')"),
    (no_shell, "run('x', shell=True)"),
    (yaml_is_safe, "YAML(typ='unsafe')"),
    (yaml_is_safe, "YAML()"),
    (xml_fetches_nothing, "etree.fromstring(b'')"),
    (no_unpickling_reader, "pd.read_pickle('x')"),
    (no_unpickling_reader, "np.load('x', allow_pickle=True)"),
    (no_guessable_temporary_name, "tempfile.mktemp()"),
    (no_chance_but_the_systems, "import random"),
    (libraries_by_no_bare_name, "ctypes.CDLL('x')"),
    (libraries_by_no_bare_name, "ctypes.windll.shell32.ShellExecuteW()"),
    (the_search_path_is_left_alone, "import sys\nsys.path.insert(0, '.')"),
    (qt_reaches_for_nothing, "QDesktopServices.openUrl('x')"),
    (qt_reaches_for_nothing, "QDBusConnection.sessionBus()"),
    (surroundings_switch_nothing, "os.environ.get('MRD_DEBUG')"),
    (no_switch_for_debugging, "breakpoint()"),
)


@pytest.mark.parametrize(("check", "words"), FOUND, ids=[words for _, words in FOUND])
def test_what_should_not_be_there_is_found(
    check: Check, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(words, encoding="utf-8")
    monkeypatch.setattr(sys.modules[__name__], "SOURCES", [bad])
    assert list(check(tmp_path)) != []


def test_what_is_planted_would_be_loaded_from_a_path_that_has_it(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(7)", encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", "import json"], cwd=tmp_path, check=False)
    assert done.returncode == 7
