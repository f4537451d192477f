"""Of several backups the one that knows most, by lists that somebody else may have laid there."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.transfer import lineage
from mrd_desktop.vault import backup, own_key, trust
from mrd_desktop.vault.backup import BackupReport
from mrd_desktop.vault.errors import BackupError
from tests.cli.shell import Shell
from tests.clinic import Clinic, password_of
from tests.transfer.route import Route

FORGED = 999_999


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


def kept(site: Clinic, stick: Path) -> BackupReport:
    with site.open() as session:
        return backup.backup(session, stick)


def rewritten(
    of: Path, name: str, change: Callable[[dict[str, Any]], None], key: SigningKey | None = None
) -> Path:
    """A backup as somebody else would lay it beside another one, signed with his own key."""
    path = of.with_name(f"{name}{backup.SUFFIX}")
    shutil.copytree(of, path)
    report = json.loads((path / "backup.json").read_bytes())
    change(report)
    if key is not None:
        public = replace(trust.read_identity((path / "site.pub").read_bytes()), sign=key.public)
        (path / "site.pub").write_bytes(public.to_bytes())
        report["files"]["site.pub"] = hashlib.sha256(public.to_bytes()).hexdigest()
        report.pop("signature", None)
        report["signature"] = sshsig.make(Namespace.BACKUP, dumps(report), key.public.raw, key.sign)
    (path / "backup.json").write_bytes(dumps(report))
    return path


def ahead(report: dict[str, Any]) -> None:
    report["seq"] = FORGED


def unsigned(report: dict[str, Any]) -> None:
    del report["signature"]


def both(report: dict[str, Any]) -> None:
    ahead(report)
    unsigned(report)


@pytest.mark.parametrize("change", [ahead, both])
def test_a_list_that_no_key_signed_is_not_chosen(
    clinic: Clinic, stick: Path, change: Callable[[dict[str, Any]], None], tmp_path: Path
) -> None:
    genuine = kept(clinic, stick)
    forged = rewritten(genuine.path, "zz-forged", change)
    found = backup.find_backup(stick)
    assert (found.path, found.newer, found.doubt) == (genuine.path, None, None)
    assert backup.restore(found.path, tmp_path / "whole").signed
    named = backup.find_backup(forged)
    assert (named.head.seq, named.newer, named.doubt) == (FORGED, None, backup.UNSIGNED)


def test_a_list_signed_with_somebody_elses_key_is_not_chosen(clinic: Clinic, stick: Path) -> None:
    genuine = kept(clinic, stick)
    forged = rewritten(genuine.path, "zz-forged", ahead, SigningKey.generate())
    with pytest.raises(BackupError, match="different keys"):
        backup.find_backup(stick)
    for path in (genuine.path, forged):
        named = backup.find_backup(path)
        assert (named.path, named.newer, named.doubt) == (path, None, backup.STRANGE)
    other = rewritten(forged, "zz-other-slots", lambda _: None)
    (other / "site.json").write_bytes((other / "site.json").read_bytes() + b" ")
    assert backup.report_of(other).seq == FORGED
    shutil.rmtree(forged)
    assert backup.find_backup(stick).path == genuine.path, "its list tells of another site.json"


def test_backups_of_old_versions_are_found_and_doubted(clinic: Clinic, stick: Path) -> None:
    first = rewritten(kept(clinic, stick / "new").path, "01-old", unsigned)
    last = rewritten(kept(clinic, stick / "new").path, "01-older", unsigned)
    old = stick / "old"
    old.mkdir()
    for path in (first, last):
        path.rename(old / path.name)
    found = backup.find_backup(old)
    assert (found.path.name, found.doubt) == (last.name, backup.UNSIGNED)
    newer = backup.find_backup(old / first.name).newer
    assert newer is not None
    assert newer.seq == found.head.seq


def test_a_new_key_goes_on_where_the_former_one_signed_for_it(
    clinic: Clinic, stick: Path, tmp_path: Path
) -> None:
    before = kept(clinic, stick)
    with clinic.open() as session:
        own_key.rotate(session, "yearly change", password_of("crc"), second="admin",
                       second_password=password_of("admin"))  # fmt: skip
    after = kept(clinic, stick)
    found = backup.find_backup(stick)
    assert (found.path, found.doubt) == (after.path, None)
    earlier = backup.find_backup(before.path)
    assert (earlier.doubt, earlier.newer) == (None, backup.report_of(after.path))
    late = rewritten(before.path, "zz-late", ahead)
    assert backup.find_backup(late).doubt == backup.UNSIGNED
    assert backup.find_backup(stick).path == after.path
    cut = rewritten(after.path, "zz-cut", lambda report: report.update(rotations=[]))
    assert backup.find_backup(cut).doubt == backup.UNSIGNED


def test_a_store_tells_its_own_key(route: Route, stick: Path) -> None:
    with route.store.open() as session:
        made = backup.backup(session, stick)
    assert backup.find_backup(stick).doubt is None
    (made.path / "sponsor.pub").unlink()
    assert backup.find_backup(stick).doubt == backup.UNSIGNED


def test_the_record_of_a_restore_names_what_the_data_hold(
    clinic: Clinic, stick: Path, tmp_path: Path
) -> None:
    """A list that nobody signed does not get its number into the record of the restore."""
    genuine = kept(clinic, stick)
    forged = rewritten(genuine.path, "zz-forged", ahead)
    restored = backup.restore(forged, tmp_path / "again")
    assert (restored.head.seq, restored.signed) == (FORGED, False)
    with replace(clinic, path=restored.path).open() as session:
        session.come_in()
        with session.reading() as conn:
            record = list(lineage.of_kind(conn, session.folder.chain, Kind.RESTORE_DONE))[-1]
    head = record.body["head"]
    assert isinstance(head, dict)
    assert (head["seq"], head["digest"]) == (genuine.head.seq, genuine.head.digest.hex())


def test_the_command_says_what_nobody_signed(
    clinic: Clinic, stick: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    forged = rewritten(kept(clinic, stick).path, "zz-forged", ahead)
    shell = Shell(capsys, tmp_path)
    said = shell.desktop("restore", forged, "--to", tmp_path / "again")
    assert (said.code, said.data["signed"]) == (0, False)
