"""Half an hour of work in the real window leaves nothing readable, wherever one looks (E-16).

The process is one of its own, with home, temporary folder and working directory of the test, and
may reach for no network (E-19). It ends as a crash does, in the middle of a form.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import crypto, secrets_store
from mrd_desktop.vault.folder import open_folder
from mrd_desktop.vault.keyring import open_slot
from mrd_desktop.vault.manifest import read_manifest
from mrd_desktop.vault.passwords import normal
from mrd_desktop.vault.session import Session
from tests.conftest import SOAK
from tests.faults.offline import can_forbid, forbid
from tests.faults.processes import ROOT
from tests.faults.seeded import (
    forms_of_key,
    forms_of_text,
    password,
    person,
    searched,
)

LOCALES = ("zh_CN.UTF-8", "en_US.UTF-8", "C")
PEOPLE, FEW = 36, 2
"""Some 15 strings are typed of each; 36 are as many as a good half hour of typing takes."""
KEYS_A_MINUTE = 100
"""A practised coordinator types from paper some 6,000 keys an hour, looking things up included."""
STRINGS = 500
ELSEWHERE = (
    "/tmp", "/var/tmp", "/dev/shm", "/var/crash", "/var/lib/systemd/coredump", "/var/spool",
    "~/.cache", "~/.config", "~/.local/share",
)  # fmt: skip
"""Where programs leave things on a computer like this one: new files there are looked through."""
_DEEP, _LARGE = 3, 1 << 26

pytestmark = pytest.mark.skipif(
    not can_forbid(), reason="needs Linux, which shuts a process off from every network"
)


@pytest.mark.soak
@pytest.mark.parametrize("spoken", LOCALES if SOAK else LOCALES[:1])
def test_half_an_hour_in_the_window_leaves_nothing_readable(
    spoken: str,
    tmp_path: Path,
    seed: int,
    fraction: Callable[[int, int], int],
    record_property: Callable[[str, object], None],
) -> None:
    chance = Random(seed)
    people = [person(chance) for _ in range(fraction(PEOPLE, FEW))]
    passwords = {user: password(chance) for user in ("crc", "inv", "admin", "sponsor")}
    wrong = [password(chance) for _ in range(5)]
    told = {"people": [asdict(p) for p in people], "passwords": passwords, "wrong": wrong}
    begun = time.time()
    numbers = half_hour(tmp_path, spoken, told)
    assert numbers["copied"] >= 1
    assert numbers["left"] == 0, "what was copied outlived the lock"

    work = tmp_path / "work"
    texts = {w for p in people for w in p.strings()} | {*passwords.values(), *wrong}
    keys = dict(all_keys(work / "site", passwords))
    forms = {w: forms_of_text(w) for w in texts} | {n: forms_of_key(k) for n, k in keys.items()}
    hits, size = searched([tmp_path, *left_elsewhere(begun, tmp_path)], forms)
    assert hits == set()
    for what in (len(texts), len(keys), numbers["keys"], size):
        record_property("count", what)
    if SOAK:
        assert len(texts) >= STRINGS
        assert numbers["keys"] >= 30 * KEYS_A_MINUTE

    with opened(work / "site", "crc", passwords["crc"]) as session:
        held = set(answers(session))
    assert {w for p in people[:-1] for w in p.identity.values()} <= held, "it was really typed"
    assert {f.suffix for f in (work / "stick").iterdir()} == {".mrdpkg"}
    assert any((work / "site" / "backups").iterdir())
    helped = {f.parent.name: f.read_text("utf-8") for f in (work / "support").rglob("*.json")}
    assert set(helped) == {"at-work", "locked"}
    assert all('"ValueError"' in said for said in helped.values()), "faults are told"
    control = tmp_path / "control"
    control.write_bytes(people[-1].staff.encode("utf-16-le") + keys["data key"].hex().encode())
    found, _ = searched([control], forms)
    assert len(found) == 2, "the search finds what there is to find"


def half_hour(place: Path, spoken: str, told: dict[str, Any]) -> dict[str, int]:
    """Run it; the numbers it told. Its two outputs are kept beside what it wrote."""
    folders = {n: place / n for n in ("home", "temporary", "here", "work")}
    for folder in folders.values():
        folder.mkdir()
    kept = ("PATH", "MRD_SABOTAGE", "LD_LIBRARY_PATH")
    env = {n: os.environ[n] for n in kept if n in os.environ} | {
        "LC_ALL": spoken,
        "HOME": str(folders["home"]),
        "XDG_RUNTIME_DIR": str(folders["home"]),
        "TMPDIR": str(folders["temporary"]),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "QT_QPA_PLATFORM": "offscreen",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.half_hour"],
        input=json.dumps({**told, "place": str(folders["work"])}).encode(),
        cwd=folders["here"], env=env, preexec_fn=forbid, capture_output=True, check=False,
    )  # fmt: skip
    (place / "stdout").write_bytes(done.stdout)
    (place / "stderr").write_bytes(done.stderr)
    assert done.returncode == -signal.SIGABRT, done.stderr.decode("utf-8", "replace")[-3000:]
    numbers: dict[str, int] = json.loads(done.stdout)
    return numbers


def all_keys(site: Path, passwords: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Every key of a training site and of its users, by what it is."""
    manifest = read_manifest(site)
    for user in ("crc", "inv", "admin"):
        slot_name = manifest.slot_name(user)
        slot, typed = manifest.slots[slot_name], normal(passwords[user])
        derived = crypto.derive(typed, slot.salt, slot.kdf)
        for name in ("data", "vault", "sign"):
            yield f"{user}: derived for {name}", getattr(derived, name)
        ring = open_slot(manifest, slot_name, typed)
        assert ring.sign is not None
        assert ring.box is not None
        yield f"{user}: signing key", ring.sign.to_bytes()
        yield f"{user}: box key", ring.box
    with opened(site, "crc", passwords["crc"]) as session:
        data, vault = session.with_keys()
        assert vault is not None
        yield "data key", data
        yield "vault key", vault
        with session.reading() as conn:
            for name in (secrets_store.SIGN, secrets_store.AGE, secrets_store.LOG):
                yield f"site: {name}", secrets_store.get(conn, data, name)


def opened(site: Path, user: str, secret: str) -> Session:
    """Sign in without a window."""
    return open_folder(site, user, secret, study=load_study(), fold=projection.fold)


def answers(session: Session) -> Iterator[str]:
    """Everything that stands in the forms."""
    book = Casebook(session)
    for line in book.subjects():
        data = book.data(line.subject)
        for form in (f for known in session.study.forms for f in data.of(known.oid)):
            yield from (a.text for _, a in form.answers())


def left_elsewhere(begun: float, ours: Path) -> Iterator[Path]:
    """Files that came or changed since then where programs leave things, not in the tests' own."""
    for root in (Path(place).expanduser() for place in ELSEWHERE):
        for folder, folders, names in os.walk(root):
            inside = Path(folder)
            if len(inside.relative_to(root).parts) >= _DEEP:
                folders.clear()
            folders[:] = [n for n in folders if not n.startswith("pytest-") and inside / n != ours]
            for path in (inside / n for n in names):
                try:
                    found = path.lstat()
                except OSError:
                    continue
                if found.st_mtime >= begun and found.st_size < _LARGE:
                    yield path
