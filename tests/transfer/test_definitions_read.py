"""A definition that comes with a file is read before it is kept: else no table is made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.ledger import store as ledger
from mrd_desktop.ledger.record import Kind
from mrd_desktop.study import load
from mrd_desktop.transfer import inspect, lineage, overview, refusals
from mrd_desktop.transfer.errors import NewerDefinition, PackageError, UnreadableDefinition
from mrd_desktop.transfer.publish import write_datasets
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault import definitions
from tests.clinic import Clinic
from tests.transfer.pair import Pair, taken
from tests.transfer.route import Route
from tests.transfer.test_receive import content, new_subject, same_tables


def altered(clinic: Clinic, **changed: object) -> bytes:
    """The definition of a site, some members of it changed."""
    data = definitions.shipped_bytes(clinic.study)
    assert data is not None
    value = {**json.loads(data), **changed}
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def newer(clinic: Clinic) -> bytes:
    study = json.loads(altered(clinic))["study"]
    return altered(clinic, format="mrd-study/2", study={**study, "version": "9.9.9"})


def working_under(clinic: Clinic, data: bytes, patch: pytest.MonkeyPatch) -> Clinic:
    """The same site with a program that reads such a definition."""
    digest = hashlib.sha256(data).hexdigest()
    real = definitions.shipped_bytes
    patch.setattr(definitions, "shipped_bytes", lambda s: data if s.digest == digest else real(s))
    with clinic.open() as session, session.database.writing() as conn:
        definitions.keep(conn, digest, data)
    return Clinic(clinic.path, replace(clinic.study, digest=digest))


UNREADABLE: dict[str, tuple[Callable[[Clinic], bytes], str]] = {
    "newer": (newer, "newer_definition"),
    "newer without a version": (
        lambda c: altered(c, format="mrd-study/12", study=[]), "newer_definition",
    ),
    "garbage": (lambda _: b"garbage", "unreadable_definition"),
    "no document": (lambda _: b"[]", "unreadable_definition"),
    "another kind": (lambda c: altered(c, format="mrd-words/1"), "unreadable_definition"),
    "a member more": (lambda c: altered(c, weather="fine"), "unreadable_definition"),
    "very deep": (lambda _: b"[" * 100_000, "unreadable_definition"),
    "very large": (
        lambda c: altered(c) + bytes(Random(1).choices(b" \n\t", k=8 << 20)),
        "unreadable_definition",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("made", "code"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_package_with_a_definition_that_is_not_read_is_refused_and_nothing_changes(
    route: Route,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    made: Callable[[Clinic], bytes],
    code: str,
) -> None:
    new_subject(route)
    assert route.carry().fine
    with monkeypatch.context() as patch:
        clinic = working_under(route.clinic, made(route.clinic), patch)
        other = Route(clinic, route.store, route.stick)
        new_subject(other)
        sent = other.send()
    before, kept = content(route), sorted((route.store.path / "archive").iterdir())
    with route.store.open() as session, session.reading() as conn:
        held = definitions.kept(conn)
    (arrival,) = route.store.take(sent.path)
    assert (arrival.verdict, arrival.code) == (Verdict.REFUSED, code)
    assert arrival.reason is not None and "install" in arrival.reason.en.lower()
    assert content(route) == before
    assert sorted((route.store.path / "archive").iterdir()) == kept
    with route.store.open() as session:
        with session.reading() as conn:
            assert definitions.kept(conn) == held
            write_datasets(conn, session.study, tmp_path / "tables", ["csv", "odm"])
            (told,) = refusals.standing(conn, session.folder.chain, sent_chain(route))
        assert (told.code, told.number) == (code, sent.number)
        assert overview.status(session)
        checks = {check.name: check for check in inspect.verify_package(sent.path, session)}
        assert checks["definition"].ok is False
    assert same_tables(route)


def sent_chain(route: Route) -> str:
    with route.clinic.open() as session:
        return session.folder.chain


def test_the_version_is_named(route: Route, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        clinic = working_under(route.clinic, newer(route.clinic), patch)
        other = Route(clinic, route.store, route.stick)
        new_subject(other)
        path = other.send().path
    (arrival,) = route.store.take(path)
    assert arrival.reason is not None
    for words in (arrival.reason.en, arrival.reason.zh):
        assert "9.9.9" in words and "mrd-study/2" in words


def test_the_same_package_is_taken_after_an_update_of_the_program(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_subject(route)
    sent = route.send()
    with monkeypatch.context() as before:
        before.setattr(load, "FORMAT", "mrd-study/0")  # what an earlier program knows
        load.study_from_bytes.cache_clear()
        assert route.store.take(sent.path)[0].code == "newer_definition"
    load.study_from_bytes.cache_clear()
    assert route.store.take(sent.path)[0].verdict is Verdict.ACCEPTED
    with route.store.open() as session, session.reading() as conn:
        assert refusals.standing(conn, session.folder.chain, sent_chain(route)) == ()
    assert same_tables(route)


@pytest.mark.parametrize(
    ("made", "refusal"), [(newer, NewerDefinition), (lambda _: b"garbage", UnreadableDefinition)]
)
def test_another_computer_of_the_site_refuses_it_too(
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    made: Callable[[Clinic], bytes],
    refusal: type[PackageError],
) -> None:
    with monkeypatch.context() as patch:
        clinic = working_under(pair.a, made(pair.a), patch)
        new_subject(Route(clinic, pair.store, pair.stick))
        path = pair.hand(clinic, pair.b).path
    before = held(pair.b)
    with pytest.raises(refusal):
        taken(pair.b, path)
    assert held(pair.b) == before


def held(clinic: Clinic) -> tuple[list[str], list[str], int]:
    """The chains and definitions that a computer holds, and how many files it has taken."""
    with clinic.open("crc") as session, session.reading() as conn:
        own = session.folder.chain
        came = sum(1 for _ in lineage.of_kind(conn, own, Kind.PACKAGE_RECEIVED))
        return sorted(ledger.chains(conn)), sorted(definitions.kept(conn)), came
