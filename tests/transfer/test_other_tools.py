"""Section 7 of docs/package.md, line by line, from a store that was really made."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from mrd_desktop.closing import own_keys
from mrd_desktop.ledger import store as ledger
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import projection
from mrd_desktop.transfer import lineage
from mrd_desktop.vault import signers, trust
from mrd_desktop.vault.errors import FolderExists, PermissionDenied, WrongPassword
from mrd_desktop.vault.folder import create_store
from tests.transfer.parcel import OTHER_KEY
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD, Route, Store, acquaint

SECTION = re.search(
    r"## 7\. Reading with other tools\n(.*?)\n## 8\.",
    (Path(__file__).parents[2] / "docs" / "package.md").read_text(encoding="utf-8"),
    re.DOTALL,
)
assert SECTION is not None
KEY, SHEET, PHRASE, READ = re.findall(r"```\n(.*?)```", SECTION[1], re.DOTALL)
PASSPHRASE = "synthetic passphrase of nobody"


def run(folder: Path, lines: str, said: str = "") -> str:
    """The lines as the document has them; any that fails ends them."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=folder, input=said, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (lines, done.stdout, done.stderr)
    return done.stdout


def run_at_terminal(folder: Path, lines: str, typed: str) -> int:
    """The same before a terminal, at which a passphrase is typed."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvp("bash", ["bash", "-euc", lines])
    seen = b""
    while b"assphrase" not in seen:
        seen += os.read(terminal, 1024)
    os.write(terminal, f"{typed}\n".encode())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def sheeted(charted_route: Route, tmp_path: Path) -> tuple[Route, str]:
    """A site with data, and a new store whose recovery sheet is at hand."""
    path = tmp_path / "new-store"
    made = create_store(
        path, training=True, admin=SPONSOR, password=SPONSOR_PASSWORD,
        study=charted_route.store.study, fold=projection.fold,
    )  # fmt: skip
    route = Route(charted_route.clinic, Store(path, charted_route.store.study), charted_route.stick)
    acquaint(route.clinic, route.store)
    return route, made.recovery_sheet


def desk(route: Route, to: Path, **how: str) -> own_keys.Keys:
    """What a person without this program has before: package, site.pub, the sealed key."""
    with route.store.open() as session:
        made = own_keys.copy_keys(session, to, SPONSOR_PASSWORD, **how)
    for name in ("archive-key.age", "verify.py"):
        shutil.copy(made.path / name, to)
    shutil.copy(route.clinic.path / trust.SITE_PUB, to)
    return made


def halves(sheet: str) -> Mapping[str, str]:
    return dict(re.findall(r"^([AB]): (.*)$", sheet, re.MULTILINE))


def test_the_document_reads_what_a_site_sent(sheeted: tuple[Route, str], tmp_path: Path) -> None:
    route, sheet = sheeted
    sent = route.send(full=True).path
    place = tmp_path / "desk"
    place.mkdir()
    made = desk(route, place)
    shutil.copy(sent, place)
    shown = run(place, KEY).split("\n")
    with route.clinic.open() as session:
        assert shown[1] == session.fingerprint()
    by_hand = (place / "allowed").read_text().split()
    listed = [line.split() for line in (made.path / "allowed").read_text().splitlines()]
    own, site = listed
    assert own[0] == "sponsor"
    assert site[:3] == by_hand
    assert site[3] in shown[0] and site[4] == shown[1]
    half = halves(sheet)
    run(place, SHEET, f"{half['A']}\n{half['B']}\n")
    assert not (place / "sheet.txt").exists()
    run(place, READ.replace("01-abcdefgh-0007.mrdpkg", sent.name))
    said = json.loads((place / "inner" / "manifest.json").read_bytes())
    sums = (place / "inner" / "SHA256SUMS").read_text().splitlines()
    assert [line.split("  ")[1] for line in sums] == [part["name"] for part in said["parts"]]
    assert any("snapshot/" in line for line in sums)
    table = (place / "inner" / "snapshot" / "csv" / "MRD.csv").read_text(encoding="utf-8")
    assert "POSITIVE" in table


@pytest.mark.parametrize("name", ["snapshot/csv/MRD.csv", "headers-0001.jsonl"])
def test_the_document_notices_a_changed_part(
    sheeted: tuple[Route, str], tmp_path: Path, name: str
) -> None:
    route, sheet = sheeted
    sent = route.send(full=True).path
    place = tmp_path / "desk"
    place.mkdir()
    desk(route, place)
    shutil.copy(sent, place)
    run(place, KEY)
    half = halves(sheet)
    run(place, SHEET, f"{half['A']}\n{half['B']}\n")
    *before, last = READ.replace("01-abcdefgh-0007.mrdpkg", sent.name).splitlines()
    run(place, "\n".join(before))
    part = place / "inner" / name
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(AssertionError, match="did NOT match"):
        run(place / "inner", last)
    (place / "allowed").write_text(signers.line("site-01", OTHER_KEY.public) + "\n")
    with pytest.raises(AssertionError, match=r"ould not verify|no principal"):
        run(place, before[1])


def test_a_passphrase_opens_it_before_a_terminal(
    sheeted: tuple[Route, str], tmp_path: Path
) -> None:
    route, _ = sheeted
    place = tmp_path / "desk"
    place.mkdir()
    made = desk(route, place, passphrase=PASSPHRASE)
    assert made.sealed == own_keys.WORDS
    assert run_at_terminal(place, PHRASE, "another passphrase") != 0
    assert run_at_terminal(place, PHRASE, PASSPHRASE) == 0
    with route.store.open() as session:
        assert (place / "key.txt").read_text() == f"{session.age_identity()}\n"


def test_the_copy_is_on_record_sealed_and_for_whom_may(
    sheeted: tuple[Route, str], tmp_path: Path
) -> None:
    route, _ = sheeted
    with route.store.open() as session:
        secret = str(session.age_identity())
        with pytest.raises(WrongPassword):
            own_keys.copy_keys(session, tmp_path, "not the password")
        assert not list(tmp_path.glob("keys-*"))
        made = own_keys.copy_keys(session, tmp_path, SPONSOR_PASSWORD)
        with pytest.raises(FolderExists):
            own_keys.copy_keys(session, tmp_path, SPONSOR_PASSWORD)
        with session.reading() as conn:
            (record,) = lineage.of_kind(conn, session.folder.chain, Kind.PRINTED)
            assert ledger.head(conn, session.folder.chain).seq == record.header.seq
        assert record.body["what"] == own_keys.WHAT
        assert record.body["sha256"] == made.sha256
        assert record.body["serial"] == session.manifest.recovery.serial
    for path in made.path.iterdir():
        assert secret.encode() not in path.read_bytes(), path
    with route.clinic.open() as session, pytest.raises(PermissionDenied):
        own_keys.copy_keys(session, tmp_path, "x")
