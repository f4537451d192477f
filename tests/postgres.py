"""A PostgreSQL server of the tests' own: started once a run, on a socket in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import make_url

DEBIAN = Path("/usr/lib/postgresql")
PEOPLE = "nobody"
"""Whose process the server is where the tests run as root, for whom it refuses to run."""
MISSING = "PostgreSQL is missing: sudo apt-get install --no-install-recommends postgresql"
# Nothing here must survive a crash of the machine.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Server:
    """A running server; trust is by the rights on the folder of its socket."""

    folder: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new_database(self) -> str:
        """Make an empty database; its address as a store takes it."""
        name = f"team_{next(self.numbers)}"
        self._do(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://mrd@/{name}?host={self.folder}"

    def drop_database(self, address: str) -> None:
        """Take a database away again."""
        self._do(f"DROP DATABASE {make_url(address).database}")

    def _do(self, statement: str) -> None:
        line = f"host={self.folder} user=mrd dbname=postgres"
        with contextlib.closing(psycopg.connect(line, autocommit=True)) as conn:
            conn.execute(statement)


def program(name: str) -> Path:
    """A program of PostgreSQL; Debian keeps the server's outside the path."""
    found = [*DEBIAN.glob(f"*/bin/{name}")]
    path = shutil.which(name) if not found else max(found, key=lambda p: int(p.parts[-3]))
    assert path, MISSING
    return Path(path)


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server in ``folder`` until the end of the block; it listens on no network at all."""
    folder.mkdir(mode=0o700)
    who: dict[str, str] = {}
    if os.geteuid() == 0:
        who = {"user": PEOPLE}
        shutil.chown(folder, PEOPLE)
    data = folder / "data"
    log = folder / "log"

    def run(name: str, *args: object) -> None:
        line = [str(program(name)), *map(str, args)]
        done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False, **who)
        told = log.read_text() if log.exists() else ""
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}{told}"

    run("initdb", "--no-sync", "--auth=trust", "--username=mrd", "--locale=C.UTF-8", "-D", data)
    settings = {**QUICK, "listen_addresses": "", "unix_socket_directories": folder}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    run("pg_ctl", "start", "--wait", "-D", data, "-l", log, "-o", options)
    try:
        yield Server(folder)
    finally:
        run("pg_ctl", "stop", "--mode=immediate", "-D", data)
