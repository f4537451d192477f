"""Names that only Windows reads otherwise, and links: refused on every system, before anything.

What a folder of ours holds has names that mean the same everywhere; what came from somebody else is
kept under the name that it says itself, whatever the file was called on the way; and nothing that
is written into a folder lands outside it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from mrd_desktop.errors import MrdError, printable
from mrd_desktop.insight.figures import catalogue
from mrd_desktop.insight.figures.files import names as figure_names
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.portable import DEVICES, NameUnfit, is_device, is_portable
from mrd_desktop.record import projection
from mrd_desktop.study.document import FormOid
from mrd_desktop.study.importing.naming import FORM, Names
from mrd_desktop.study.load import load_study
from mrd_desktop.transfer import publish
from mrd_desktop.transfer.archive import Part
from mrd_desktop.transfer.container import opened
from mrd_desktop.transfer.export import ready
from mrd_desktop.transfer.medium import look_at
from mrd_desktop.transfer.reply import REPLY, import_reply, make_reply
from mrd_desktop.vault import backup, rota
from mrd_desktop.vault.errors import FolderDamaged, LinkInside
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.folder import create_site, create_store
from tests.clinic import TODAY, Clinic, password_of
from tests.hostile.test_names import everything, unchanged
from tests.transfer.parcel import ARCHIVE
from tests.transfer.route import Route
from tests.transfer.test_hostile import NAMES
from tests.transfer.test_receive import new_subject
from tests.vectors.reply import make as replying

SINGLE = tuple(
    n for n in NAMES
    if "/" not in n and "\0" not in n and n not in (".", "..") and len(n.encode()) <= 255
)  # fmt: skip
"""Those that this system takes for the name of one file."""
UNFIT = (
    *(n for n in SINGLE if not is_portable(n)),
    "CON", "con.txt", "Nul.tar.gz", "COM1.mrdpkg", "lpt9", "COM¹", "CONIN$", "conout$.x",
    "aux .x",
    "a<b", "a>b", 'a"b', "a|b", "a?b", "a*b", "a\tb", "a\x1fb", "end.", "end ", "end. .", "C:",
    "x:y",
    "x::$INDEX_ALLOCATION", "\\\\?\\UNC\\server\\share", "\\\\.\\PhysicalDrive0",
)  # fmt: skip
FIT = (
    "site-01",
    "中心 01",
    "console",
    "COM10",
    "auxiliary.txt",
    "nul-1",
    ".hidden",
    "a.b.c",
    "COM",
)


def test_there_are_sixty_of_them() -> None:
    assert len({*UNFIT, *NAMES}) >= 60
    assert len(set(UNFIT)) >= 40


def test_what_names_one_file_everywhere() -> None:
    assert [n for n in FIT if not is_portable(n)] == []
    assert [n for n in UNFIT if is_portable(n)] == []
    assert [
        n for n in NAMES if ("/" in n or "\0" in n or n in (".", "..")) and is_portable(n)
    ] == []
    assert all(map(is_portable, ("x" * 255, "中" * 85)))
    assert not any(map(is_portable, ("", "x" * 256, "中" * 86)))


@pytest.mark.parametrize("name", UNFIT, ids=ascii)
def test_nothing_is_written_under_such_a_name(name: str, tmp_path: Path) -> None:
    """Files that somebody names, and folders that are made for packages, tables, sites, stores."""
    place = tmp_path / name
    study = load_study()
    acts: tuple[Callable[[], object], ...] = (
        lambda: write_atomically(place, b"x"),
        lambda: ready(place),
        lambda: create_site(
            place, site="01", name="x", training=True, admin="admin",
            password=password_of("admin"), study=study, fold=projection.fold,
            now=datetime.fromisoformat(TODAY),
        ),
        lambda: create_store(
            place, training=True, admin="admin", password=password_of("admin"), study=study,
            fold=projection.fold, now=datetime.fromisoformat(TODAY),
        ),
        lambda: backup.restore(tmp_path / "no.mrdbackup", place),
    )  # fmt: skip
    with unchanged(tmp_path):
        for act in acts:
            with pytest.raises(NameUnfit) as found:
                act()
            for said in (found.value.text.en, found.value.text.zh):
                assert printable(said) == said
        assert look_at(place, tmp_path, 1).problem == NameUnfit(name=name).text


def test_tables_are_laid_into_no_folder_of_such_a_name(charted_route: Route) -> None:
    route = charted_route
    with route.clinic.open() as session, unchanged(route.stick):
        for name in UNFIT:
            with pytest.raises(NameUnfit):
                publish.publish(session, route.stick / name)


def test_what_we_name_ourselves_is_fit(clinic: Clinic) -> None:
    study = clinic.study
    tables = {f.oid for f in study.forms} | {
        f"{f.oid}_{g.name}" for f in study.forms for g in f.groups
    }
    assert all(is_portable(f"{t}.csv") for t in tables)
    assert len({t.casefold() for t in tables}) == len(tables)
    for name in catalogue.NAMES:
        assert all(map(is_portable, figure_names(name, "svg", 12)))
    with clinic.open() as session:
        assert is_portable(session.folder.path.name)


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_no_form_of_a_study_is_a_device(name: str) -> None:
    """Tables are files of the forms' names; a study that brings such a form gets another name."""
    assert is_device(name)  # what is refused: tests/study/test_naming.py
    given = Names(FORM, "F", DEVICES).give(name)
    assert given not in DEVICES
    assert TypeAdapter(FormOid).validate_python(given) == given


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_reply_with_such_a_part_is_refused(name: str, tmp_path: Path) -> None:
    """As a file that the trusted store signed, listed in its manifest and lying in the archive."""
    anything = replace(REPLY, parts=re.compile(r".+", re.DOTALL))
    good = replying.lines([])
    path = tmp_path / "evil.mrdreply"
    path.write_bytes(replying.reply(good, Part(name, [b"x\n"]), layout=anything))
    with (
        unchanged(tmp_path),
        pytest.raises(MrdError) as found,
        opened(path, REPLY, lambda _: [replying.STORE_KEY.public.raw], [ARCHIVE]),
    ):
        pytest.fail("it was opened")
    assert found.value.code == "damaged"
    assert printable(found.value.text.en) == found.value.text.en


def test_what_came_is_kept_under_the_name_that_it_says_itself(charted_route: Route) -> None:
    """A stick may call a package or reply anything, also like another one that is kept."""
    route = charted_route
    first = route.send()
    assert route.store.take(first.path)[0].fine
    archive = route.store.path / "archive"
    kept = {first.package: first.path.read_bytes()}
    names = [first.package, *SINGLE]
    for name in names[:6] + names[-6:]:
        new_subject(route)
        made = route.send()
        carried = route.stick / "carried"
        shutil.rmtree(carried, ignore_errors=True)
        carried.mkdir()
        path = carried / name
        shutil.copyfile(made.path, path)
        assert route.store.take(path)[0].fine, name
        kept[made.package] = made.path.read_bytes()
        assert {p.name for p in archive.glob("*")} == set(kept)
    assert {p.name: p.read_bytes() for p in archive.glob("*")} == kept
    with route.store.open() as session:
        (reply,) = make_reply(session, "01", route.stick)
    path = route.stick / "AUX.mrdreply"
    reply.path.replace(path)
    with route.clinic.open() as session:
        import_reply(session, path)
        assert (session.folder.archive / reply.path.name).is_file()
        assert all(is_portable(p.name) for p in session.folder.archive.iterdir())


def test_a_store_that_says_another_name_is_not_opened(charted_route: Route) -> None:
    """And no name of a file begins with it: what a store backs up begins with one word."""
    store = charted_route.store
    file = store.path / "store.json"
    good = file.read_bytes()
    said = json.loads(good)
    for name in UNFIT:
        file.write_bytes(dumps({**said, "name": name}) + b"\n")
        with pytest.raises(FolderDamaged):
            store.open()
    file.write_bytes(good)
    with store.open() as session:
        made = backup.backup(session, charted_route.stick)
    assert made.path.parent == charted_route.stick
    assert made.path.name.startswith("sponsor-")


WRITTEN = (
    "folder.lock", "data.mrd", "site.json", "signin.log", "faults.log", "reserve.bin", "archive",
    "inbox",
    "outbox", "somewhere", "stray.txt", "archive/branches", "outbox/a/b",
)  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_a_folder_with_a_link_in_it_is_not_opened(
    name: str, clinic: Clinic, tmp_path: Path
) -> None:
    """Whoever hands a folder over could have its owner write to any file of his own."""
    outside = tmp_path / "outside"
    outside.mkdir()
    inside = clinic.path / name
    inside.parent.mkdir(parents=True, exist_ok=True)
    target = outside / inside.name
    if inside.exists():
        shutil.move(inside, target)
    elif "." in inside.name:
        target.write_bytes(b"mine\n")
    else:
        target.mkdir()
    inside.symlink_to(target, target_is_directory=target.is_dir())
    before = {p: p.read_bytes() for p in outside.rglob("*") if p.is_file()}
    with unchanged(tmp_path), pytest.raises(LinkInside) as found:
        clinic.open()
    assert name in found.value.text.en and name in found.value.text.zh
    assert {p: p.read_bytes() for p in outside.rglob("*") if p.is_file()} == before


def test_a_link_in_the_place_of_a_file_to_come_is_replaced(route: Route, tmp_path: Path) -> None:
    """What is sent and received takes its name at the end; what a link led to stays as it was."""
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine\n")
    name = Route(route.clinic.copy(tmp_path / "copied"), route.store, route.stick).send().package
    for place in (route.clinic.path, route.store.path):
        (place / "archive" / name).symlink_to(mine)
    assert route.carry().fine
    for place in (route.clinic.path, route.store.path):
        assert not (place / "archive" / name).is_symlink()
    assert mine.read_bytes() == b"mine\n"


def test_backups_may_lie_on_another_disk(clinic: Clinic, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    (clinic.path / "backups").rename(disk)
    (clinic.path / "backups").symlink_to(disk, target_is_directory=True)
    with clinic.open() as session:
        made = backup.backup(session, session.folder.backups)
    assert (disk / made.path.name).is_dir()


@pytest.mark.parametrize("name", ["folder.lock", "data.mrd", "site.json", "signin.log"])
def test_a_file_with_a_second_name_is_not_opened(name: str, clinic: Clinic, tmp_path: Path) -> None:
    target = tmp_path / "mine"
    inside = clinic.path / name
    if inside.exists():
        os.link(inside, target)
    else:
        target.write_bytes(b"mine\n")
        os.link(target, inside)
    before = target.read_bytes()
    with pytest.raises(LinkInside):
        clinic.open()
    assert target.read_bytes() == before
    target.unlink()
    if before != b"mine\n":
        clinic.open().close()


def test_a_link_in_the_place_of_backups_is_left_alone(clinic: Clinic, tmp_path: Path) -> None:
    """What makes room for later backups follows no link, and is not stopped by one."""
    target, other = tmp_path / "stick", tmp_path / "other"
    target.mkdir()
    other.mkdir()
    with clinic.open() as session:
        kept = backup.backup(session, other)
        (target / kept.path.name).symlink_to(kept.path, target_is_directory=True)
        made = backup.backup(session, target)
        assert rota.make_room(session, target, made) == ()
    assert (target / kept.path.name).is_symlink()
    assert everything(kept.path)
