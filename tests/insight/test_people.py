"""Finding people: in memory, nothing kept, a look recorded only when a name is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.insight import people
from mrd_desktop.insight.people import find_people, may_find, reveal_name
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.vault.errors import PermissionDenied, VaultClosed
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic

NAME = "测试乙"
"""The name of synthetic subject 01-002."""


@pytest.fixture(scope="module")
def loaded(both_template: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return both_template.copy(tmp_path_factory.mktemp("people") / "site")


def looks(session: Session) -> list[dict[str, object]]:
    with session.reading() as conn:
        records = list(store.records(conn, session.folder.chain))
    return [dict(r.body) for r in records if r.opening and r.kind is Kind.IDENTITY_LOOKED]


def everything(session: Session) -> str:
    """Every row of every table, as text."""
    with session.reading() as conn:
        tables = [
            t for (t,) in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        rows = [tuple(r) for t in tables for r in conn.exec_driver_sql(f'SELECT * FROM "{t}"')]
    return repr(rows)


@pytest.mark.parametrize(
    ("typed", "by"),
    [
        (NAME, "ID.PATNAME"),
        (NAME[1:], "ID.PATNAME"),
        ("syn0002", "ID.MRN"),
        ("ＳＹＮ０００２", "ID.MRN"),
        ("1300 000-0000", "ID.MOBILE"),
    ],
)
def test_a_person_is_found_by_name_record_number_and_telephone(
    loaded: Clinic, typed: str, by: str
) -> None:
    with loaded.open("crc") as crc:
        found = {p.subject: p.by for p in find_people(crc, typed)}
    assert "01-002" in found
    assert loaded.study.by_item[by].text in found["01-002"]


def test_only_the_number_comes_back_and_no_look_is_recorded(loaded: Clinic) -> None:
    with loaded.open("crc") as crc:
        before, head = looks(crc), crc.head()
        found = find_people(crc, NAME)
        assert NAME not in repr(found)
        assert looks(crc) == before
        assert crc.head() == head


def test_a_name_that_is_shown_is_a_recorded_look(loaded: Clinic) -> None:
    with loaded.open("crc") as crc:
        before = len(looks(crc))
        assert reveal_name(crc, "01-002") == NAME
        (look,) = looks(crc)[before:]
        assert (look["what"], look["subject"]) == ("search", "01-002")


def test_the_look_is_recorded_before_the_name_is_read(
    loaded: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionDenied(role="coordinator", operation="identity.see")

    monkeypatch.setattr(people, "note_look", refused)
    with loaded.open("crc") as crc, pytest.raises(PermissionDenied):
        reveal_name(crc, "01-002")


def test_no_name_comes_to_rest_on_disk(loaded: Clinic, tmp_path: Path) -> None:
    clinic = loaded.copy(tmp_path / "site")
    with clinic.open("crc") as crc:
        find_people(crc, NAME)
        reveal_name(crc, "01-002")
        held = everything(crc)
    assert NAME not in held
    assert "13000000000" not in held
    for file in (p for p in clinic.path.rglob("*") if p.is_file()):
        assert NAME.encode() not in file.read_bytes(), file


def test_a_monitor_cannot_find_people(loaded: Clinic) -> None:
    with loaded.open("cra") as cra:
        assert not may_find(cra)
        with pytest.raises(PermissionDenied):
            find_people(cra, NAME)
        with pytest.raises(PermissionDenied):
            reveal_name(cra, "01-002")


def test_without_the_vault_key_nobody_can(loaded: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    with loaded.open("crc") as crc:
        monkeypatch.setattr(type(crc), "has_vault", property(lambda _: False))
        with pytest.raises(VaultClosed):
            find_people(crc, NAME)


def test_one_character_fits_nobody(loaded: Clinic) -> None:
    with loaded.open("crc") as crc:
        assert not find_people(crc, "测")
        assert not find_people(crc, " - ")
