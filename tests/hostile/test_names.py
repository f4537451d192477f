"""Names made to lead elsewhere, at every place where a name comes in: 60 and more at each.

Refused in plain words, or taken as words alone: nothing stands outside the folder of the test, and
a refusal shows signs that do not print by their numbers.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from mrd_desktop.errors import MrdError, printable
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import Stamp
from mrd_desktop.insight.reports.model import Fact, Facts, Report, Tongue
from mrd_desktop.record import projection
from mrd_desktop.record.importing.table import read_table
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Text
from mrd_desktop.transfer.container import PACKAGE, opened
from mrd_desktop.transfer.handover.manifest import HANDOVER
from mrd_desktop.transfer.reply import REPLY
from mrd_desktop.vault import backup, users
from mrd_desktop.vault.errors import (
    BackupError,
    FolderDamaged,
    SiteNameRefused,
    SiteNumberRefused,
    UserNameRefused,
)
from mrd_desktop.vault.folder import create_site
from mrd_desktop.vault.manifest import read_manifest
from tests.clinic import TODAY, Clinic, password_of
from tests.hostile.readers import SITE
from tests.transfer.parcel import SPONSOR
from tests.transfer.test_hostile import NAMES
from tests.vectors.handover import make as handing
from tests.vectors.package.make import entries, inner, sealed


def everything(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*")}


@contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Nothing new stands around while the names are tried."""
    before = everything(folder)
    yield
    assert everything(folder) == before


def test_there_are_sixty() -> None:
    assert len(set(NAMES)) >= 60


@pytest.mark.parametrize("layout", [PACKAGE, HANDOVER, REPLY], ids=["package", "handover", "reply"])
def test_no_part_of_any_file_may_be_called_so(layout: object) -> None:
    assert [n for n in NAMES if layout.parts.fullmatch(n)] == []  # type: ignore[attr-defined]


def test_a_hand_over_with_such_a_part_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.mrdhandover"
    path.touch()
    with unchanged(tmp_path):
        for name in NAMES:
            members = [*handing.content(), (name, b"x\n")]
            said = handing.manifest(entries(members)).to_bytes()
            plain = inner(members, said, namespace=handing.BOTH)
            path.write_bytes(
                handing.outer(sealed(plain, (handing.ARCHIVE, handing.RECEIVER)), said)
            )
            with (
                pytest.raises(MrdError) as found,
                opened(path, HANDOVER, lambda _: [SITE], [SPONSOR]),
            ):
                pytest.fail(f"{name!a} was opened")
            assert printable(found.value.text.en) == found.value.text.en


def test_a_user_name_never_leads_anywhere(clinic: Clinic) -> None:
    """Most are no names of users; the others are words, of which no file is called."""
    taken = []
    with clinic.open("admin") as session, unchanged(clinic.path):
        for name in NAMES:
            try:
                made = users.add_user(session, name, "monitor", password="synthetic-new-password")
            except UserNameRefused as refused:
                assert refused.text.en and refused.text.zh
            except MrdError as twice:  # NUL and nul are one name
                assert twice.code == "user_exists", twice
            else:
                taken.append(made)
    assert taken and not any(set(made.user) & set("/\\:*?%$~ \n\0") for made in taken)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_site_has_a_number_and_nothing_else(name: str, tmp_path: Path) -> None:
    """The number stands in the names of backups and packages."""
    with unchanged(tmp_path), pytest.raises(SiteNumberRefused) as found:
        _create(tmp_path / "site", site=name)
    assert found.value.text.en and found.value.text.zh


def test_a_folder_that_says_another_number_is_damaged(clinic: Clinic) -> None:
    path = clinic.path / "site.json"
    good = json.loads(path.read_bytes())
    for name in NAMES:
        path.write_bytes(_canonical({**good, "site": name}))
        with pytest.raises(FolderDamaged):
            read_manifest(clinic.path)
    path.write_bytes(_canonical(good))
    assert read_manifest(clinic.path).site == "01"


def test_a_printed_title_holds_words_only() -> None:
    """Names of sites and users stand in prints: escaped, and never as a way to somewhere."""
    for name in (*NAMES, "<script>x</script>", "<img src=//server/share>", "&#0;"):
        report = Report("x", Text(name, name), (Facts((Fact(name, name),)),))
        stamp = Stamp("01", name, name, name, Text(name, name), "", 1, "", "", "", training=True)
        said = to_html(report, stamp, Tongue.EN)
        assert "<title>" in said
        assert "<script>" not in said and "<img" not in said and "href" not in said
        assert html.escape(name).replace("\n", "<br>") in said or "\n" in name or "\r" in name


@pytest.mark.parametrize("name", [n for n in NAMES if printable(n) != n or "\n" in n], ids=ascii)
def test_a_name_of_a_site_that_does_not_print_is_refused(name: str, tmp_path: Path) -> None:
    with unchanged(tmp_path), pytest.raises(SiteNameRefused):
        _create(tmp_path / "site", name=name)


def test_a_backup_lists_none_of_them(tmp_path: Path) -> None:
    place = tmp_path / "b.mrdbackup"
    place.mkdir()
    (place / "backup.json").touch()
    with unchanged(tmp_path):
        for name in NAMES:
            said = {
                "format": "mrd-backup/1", "chain": "a" * 26, "seq": 1, "digest": "00" * 32,
                "at": "2027-03-10T08:00:00.000Z",
                "files": {"data.mrd": "00" * 32, name: hashlib.sha256(b"x").hexdigest()},
            }  # fmt: skip
            (place / "backup.json").write_text(json.dumps(said))
            with pytest.raises(BackupError):
                backup.restore(place, tmp_path / "restored")


def test_a_file_of_a_laboratory_may_be_called_anything(tmp_path: Path) -> None:
    """It is read under its name, or refused with words; the name is no path to something else."""
    tried = 0
    for name in NAMES:
        if "/" in name or "\0" in name or name in (".", "..") or len(name.encode()) > 255:
            continue  # no name of a file here
        path = tmp_path / name
        path.write_text("no,day\n01-001,2027-03-10\n")
        before = everything(tmp_path)
        assert read_table(path).rows
        assert everything(tmp_path) == before
        path.unlink()
        tried += 1
    assert tried >= 30


def test_a_refusal_shows_what_does_not_print() -> None:
    said = BackupError(Text("{name} is none.", "{name} 不是。").filled(name="a\u202ecod\x1b[2J"))
    assert "\u202e" not in said.text.en and "\x1b" not in said.text.zh
    assert "\\u202e" in said.text.en


def _create(path: Path, site: str = "01", name: str = "Synthetic site") -> None:
    create_site(
        path, site=site, name=name, training=True, admin="admin", password=password_of("admin"),
        study=load_study(), fold=projection.fold, now=datetime.fromisoformat(TODAY),
    )  # fmt: skip


def _canonical(value: object) -> bytes:
    from mrd_desktop.ledger.canonical import dumps

    return dumps(value) + b"\n"  # type: ignore[arg-type]
