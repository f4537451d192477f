"""A team's tables in PostgreSQL: they follow the store, and never stand between two packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from mrd_desktop.record import projection
from mrd_desktop.record.locating import locate
from mrd_desktop.transfer import team
from mrd_desktop.transfer.asking import ask
from mrd_desktop.transfer.errors import (
    TeamAddress,
    TeamContradicts,
    TeamOfAnother,
    TeamUnreachable,
)
from mrd_desktop.transfer.receive import receive
from mrd_desktop.vault import folder, users
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.transfer.route import Route, Store, fill, make_store, values
from tests.transfer.test_receive import new_subject


@pytest.fixture
def store_kind() -> str:
    return "team"


def behind(store: Store) -> int:
    """How many packages the team does not see yet."""
    with store.open() as session:
        found = team.standing(session)
    assert found is not None
    return found.behind


def agree(session: Session) -> bool:
    """Whether the team's tables, brought up to the store, tell what the ledger says."""
    team.follow(session)
    with session.reading() as conn, team.reading(session) as tables:
        return list(projection.differences(conn, tables)) == []


def test_what_went_wrong_on_the_way_is_made_good_by_the_next(charted_route: Route) -> None:
    store = charted_route.store
    with store.open() as session:  # a receiver that ends before the tables followed
        assert receive(session, [charted_route.send().path])[0].fine
        assert values(session) == {}
    assert behind(store) == 1
    new_subject(charted_route)
    assert store.take(charted_route.send().path)[0].fine
    assert behind(store) == 0
    with charted_route.clinic.open() as site, store.open() as session:
        assert values(session) == values(site)
        assert agree(session)


def test_a_fold_that_is_cut_short_leaves_the_tables_where_they_stood(
    charted_route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = charted_route.store
    with store.open() as session:
        assert receive(session, [charted_route.send().path])[0].fine
        with monkeypatch.context() as patch:
            patch.setattr(team.store, "head", _cut)
            with pytest.raises(KeyboardInterrupt):
                team.follow(session)
        assert values(session) == {}
        assert team.follow(session) is not None
        assert len(values(session)) > 100


def _cut(*_: object) -> None:
    raise KeyboardInterrupt


def test_content_that_is_taken_back_leaves_the_team_too(route: Route) -> None:
    subject = new_subject(route)
    assert route.carry().fine
    with route.store.open() as session:
        assert any(address.startswith(subject) for address in values(session))
    with route.clinic.open() as site:
        fill(site, f"{subject}/SCR/IC", {"ICDATA": "N"}, complete=False)
    assert route.carry().fine
    with route.store.open() as session:
        assert not any(address.startswith(subject) for address in values(session))
        assert agree(session)


def test_a_question_of_the_sponsor_is_seen_by_the_team(charted_route: Route) -> None:
    charted_route.carry()
    with charted_route.store.open() as session:
        asked = ask(session, locate(session.study, "01-001/SCR/DM/SEX"), "Synthetic question?")
        team.follow(session)
        with team.reading(session) as tables:
            assert tables is not None
            said = text("SELECT state, text_en FROM p_query WHERE query = :query")
            assert tables.execute(said, {"query": asked}).one() == ("open", "Synthetic question?")


def test_an_older_copy_of_the_store_writes_nothing(route: Route, tmp_path: Path) -> None:
    new_subject(route)
    route.carry()
    older = route.copy(tmp_path / "older").store
    new_subject(route)
    package = route.send().path
    assert route.store.take(package)[0].fine
    with route.store.open() as session:
        stood = values(session)
    with older.open() as session, pytest.raises(TeamContradicts):
        team.follow(session)
    with pytest.raises(TeamContradicts):  # … nor once it has as many records of its own
        older.take(package)
    with route.store.open() as session:
        assert values(session) == stood
        assert agree(session)
    with older.open() as session:
        team.rebuild(session)
        assert agree(session)
    with route.store.open() as session:  # the end of the test looks at this one
        team.rebuild(session)


def test_a_database_belongs_to_one_store(route: Route, tmp_path: Path) -> None:
    new_subject(route)
    route.carry()
    with route.store.open() as session:
        found = team.standing(session)
    assert found is not None
    other = make_store(tmp_path / "other", route.store.study)
    with other.open() as session:
        with pytest.raises(TeamOfAnother):
            team.attach(session, found.address)
        assert team.standing(session) is None
    with route.store.open() as session:
        assert agree(session)


def test_the_store_is_well_while_the_server_is_away(route: Route) -> None:
    with route.store.open() as session:
        found = team.standing(session)
        with session.writing() as conn:
            away = "postgresql+psycopg://mrd@/team?host=/nowhere/at/all"
            team.put_setting(conn, "team.address", away)
    new_subject(route)
    with pytest.raises(TeamUnreachable):
        route.carry()
    assert found is not None
    with route.store.open() as session:
        team.attach(session, found.address)
        assert len(values(session)) > 5
        assert agree(session)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://mrd@localhost/team",
        "sqlite:///team.db",
        "postgresql+psycopg://mrd@localhost",
        "postgresql+psycopg://mrd:synthetic@localhost/team",
        "postgresql+psycopg://mrd@localhost/team?password=synthetic",
        "synthetic",
    ],
)
def test_an_address_is_one_of_postgresql_and_holds_no_password(address: str) -> None:
    with pytest.raises(TeamAddress):
        team.checked_address(address)


@pytest.mark.parametrize(
    ("address", "mode"),
    [
        ("postgresql+psycopg://mrd@db.example/team", "verify-full"),
        ("postgresql+psycopg://mrd@/team?host=db.example", "verify-full"),
        ("postgresql+psycopg://mrd@db.example/team?sslmode=require", "require"),
        ("postgresql+psycopg://mrd@localhost/team", None),
        ("postgresql+psycopg://mrd@/team", None),
        ("postgresql+psycopg://mrd@/team?host=/run/postgresql", None),
    ],
)
def test_a_server_elsewhere_proves_who_it_is(address: str, mode: str | None) -> None:
    assert team.checked_address(address).query.get("sslmode") == mode


def test_what_another_program_left_is_made_anew(charted_route: Route) -> None:
    charted_route.carry()
    with charted_route.store.open() as session:
        with team.reading(session) as tables:
            assert tables is not None
            tables.execute(text("ALTER TABLE p_item DROP COLUMN source"))
        team.follow(session)
        assert agree(session)
        assert len(values(session)) > 100


def test_the_recipe_of_the_documentation_reads_the_tables(charted_route: Route) -> None:
    page = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
    part = page.partition("## A team's tables in PostgreSQL")[2].partition("\n## ")[0]
    recipe = part.partition("```sql\n")[2].partition("```")[0]
    charted_route.carry()
    with charted_route.store.open() as session, session.reading() as conn:
        team.follow(session)
        own = conn.execute(text(recipe)).all()
        with team.reading(session) as tables:
            assert tables is not None
            assert tables.execute(text(recipe)).all() == own
    assert {subject for subject, *_ in own} == {"01-001"}


def test_only_who_manages_trust_gives_a_team_its_database(route: Route) -> None:
    with route.store.open() as session:
        found = team.standing(session)
        users.add_user(session, "looker", "auditor", password="synthetic-auditor-password")
    assert found is not None
    store = route.store
    with folder.open_folder(
        store.path, "looker", "synthetic-auditor-password", study=store.study, fold=projection.fold
    ) as session:
        for act in (team.detach, team.rebuild):
            with pytest.raises(PermissionDenied):
                act(session)
        with pytest.raises(PermissionDenied):
            team.attach(session, found.address)


def test_a_team_that_was_let_go_follows_no_more(route: Route) -> None:
    with route.store.open() as session:
        found = team.standing(session)
        team.detach(session)
    new_subject(route)
    assert route.carry().fine
    assert found is not None
    with route.store.open() as session:
        assert team.standing(session) is None
        team.attach(session, found.address)
        assert agree(session)
