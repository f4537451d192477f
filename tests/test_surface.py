"""What the program does not reach for (E-19): no network, no code from data, no foreign process."""

from __future__ import annotations

import ast
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(p for top in ("mrd_desktop", "ui") for p in (ROOT / top).rglob("*.py"))
NETWORK = {
    "asyncio", "ftplib", "http", "imaplib", "poplib", "requests", "smtplib", "socketserver", "ssl",
    "telnetlib", "urllib.request", "xmlrpc", "PySide6.QtNetwork", "PySide6.QtWebEngineCore",
}  # fmt: skip
FROM_DATA = {"marshal", "pickle", "shelve", "dill", "code", "codeop"}
PROCESSES = {"subprocess", "multiprocessing", "pty"}
CALLS = {"eval", "exec", "compile", "__import__"}


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules that a file imports, each with its packages."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))


def called(tree: ast.AST) -> Iterator[str]:
    """Plain functions that a file calls, and those of ``os`` and ``socket``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                yield f"{node.func.value.id}.{node.func.attr}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_source_reaches_for_it(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not set(imported(tree)) & (NETWORK | FROM_DATA | PROCESSES)
    calls = set(called(tree))
    assert not calls & CALLS
    assert not {c for c in calls if c.startswith(("os.system", "os.popen", "os.exec", "os.spawn"))}
    assert {c for c in calls if c.startswith("socket.")} <= {"socket.gethostname"}


WATCHED = """
import socket, sys
asked = []
sys.addaudithook(lambda event, args: asked.append(event) if event.startswith("socket.") else None)
from mrd_desktop.cli.desktop import main
code = main(sys.argv[1:])
print(sorted({e for e in asked if e != "socket.gethostname"}))
sys.exit(code)
"""


def test_work_opens_no_socket(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("synthetic-admin-password", encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}

    def watched(*args: object) -> str:
        done = subprocess.run(
            [sys.executable, "-c", WATCHED, *map(str, args), "--password-file", str(secret)],
            cwd=tmp_path, env=env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.splitlines()[-1]

    site = tmp_path / "site"
    made = ("new", site, "--site", "01", "--name", "Synthetic", "--training", "--admin", "admin")
    assert watched(*made) == "[]"
    assert watched("backup", site, "--to", tmp_path / "kept", "--user", "admin") == "[]"
    assert watched("verify", site, "--user", "admin") == "[]"


def test_the_watch_sees_a_socket() -> None:
    line = "import socket as s; s.socket(); main = lambda _: 0\ndef _(): pass\n"
    code = WATCHED.replace("from mrd_desktop.cli.desktop import main\n", line)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "socket.__new__" in done.stdout
    assert socket.gethostname()
