"""An amendment is looked at, installed and taken back at the site; nothing typed is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import carrying
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.load import load_study, study_from_bytes
from mrd_desktop.transfer import amending, amendment, lineage
from mrd_desktop.transfer.amendment import install, roll_back, standing, try_out
from mrd_desktop.transfer.errors import (
    AmendmentRefused,
    NothingToInstall,
    NoWayBack,
    PackageError,
    VersionNotNewer,
)
from mrd_desktop.transfer.overview import status
from mrd_desktop.vault import definitions, schema
from mrd_desktop.vault.errors import FolderDamaged, PermissionDenied
from tests.transfer.edition import Edits, bring, edition, reply
from tests.transfer.route import Route, fill
from tests.transfer.test_receive import new_subject

PAIN = """      - oid: VS.PAIN
        en: Pain
        zh: 疼痛评分
        type: I(2)
        required: R
        show_when: "VS.PERF = 'Y'"

      - oid: VS.WEIGHT
"""
SECOND: Edits = (
    ("en: Pulse\n        zh: 脉搏", "en: Heart rate\n        zh: 心率"),
    ("      - oid: VS.WEIGHT\n", PAIN),
)
FORM = FormKey(EventKey("01-001", "SCR"), "VS")


def item(name: str) -> ItemKey:
    return ItemKey(RowKey(FORM, "A", 1), name)


@pytest.fixture(scope="module")
def told_template(route_template: Route, tmp_path_factory: pytest.TempPathFactory) -> Route:
    """A site with one subject that the sponsor knows; copy it, never change it."""
    route = route_template.copy(tmp_path_factory.mktemp("told"))
    new_subject(route)
    with route.clinic.open() as session:
        fill(session, "01-001/SCR#1/VS#1", {"PERF": "Y", "PULSE": "70"}, complete=False)
    assert route.carry().fine
    return route


@pytest.fixture(scope="module")
def offered_template(told_template: Route, tmp_path_factory: pytest.TempPathFactory) -> Route:
    """The same where version 0.2 has come with a reply and waits; copy it, never change it."""
    root = tmp_path_factory.mktemp("offered")
    route = told_template.copy(root / "route")
    assert bring(route, edition(root / "second", "0.2", VS=SECOND)).definition
    return route


@pytest.fixture
def told(told_template: Route, tmp_path: Path) -> Route:
    return told_template.copy(tmp_path / "told")


@pytest.fixture
def offered(offered_template: Route, tmp_path: Path) -> Route:
    return offered_template.copy(tmp_path / "offered")


def install_it(route: Route) -> None:
    with route.clinic.open("admin") as session:
        install(session, try_out(session).digest)


def version(route: Route, user: str = "crc") -> str:
    with route.clinic.open(user) as session:
        return session.study.version


def test_a_reply_only_brings_an_amendment_and_installing_puts_it_in_force(offered: Route) -> None:
    assert version(offered) == "0.1"
    with offered.clinic.open("admin") as session:
        found = standing(session)
        assert (found.version, found.since) == ("0.1", None)
        assert found.offer is not None
        assert (found.offer.version, found.offer.reply) == ("0.2", 1)
    install_it(offered)
    assert version(offered) == version(offered, "inv") == "0.2"
    with offered.clinic.open("admin") as session:
        found = standing(session)
        assert (found.version, found.offer, found.stays) == ("0.2", None, None)
        assert all(c.ok is not False for c in verify_folder(session))
        with session.reading() as conn:
            last = list(lineage.of_kind(conn, session.folder.chain, Kind.DEFINITION_INSTALLED))[-1]
        assert last.body["replaces"] == load_study().digest


def test_the_dry_run_tells_what_would_change_and_writes_nothing(offered: Route) -> None:
    with offered.clinic.open() as session:
        entry = Casebook(session).open(FORM)
        entry.type(item("SYSBP"), "12")
        entry.keep_draft()
    with offered.clinic.open("admin") as session:
        before = session.head()
        found = try_out(session)
        assert session.head() == before
    assert (found.version, found.forms, found.required) == ("0.2", ("VS",), ("VS.PAIN",))
    assert (found.saved, found.asks, found.subjects) == (1, 1, ("01-001",))
    assert [(d.user, d.form, d.fits) for d in found.drafts] == [("crc", FORM, True)]
    assert "Vital signs · Heart rate: English wording: “Pulse” → “Heart rate”" in {
        c.sentence.en for c in found.changes
    }
    assert [t.zh for t in (*found.form_names, *found.required_names)] == [
        "生命体征", "生命体征 · 疼痛评分",
    ]  # fmt: skip
    assert found.activation is None


def test_a_draft_goes_on_under_the_amendment(offered: Route) -> None:
    with offered.clinic.open() as session:
        entry = Casebook(session).open(FORM)
        entry.type(item("SYSBP"), "12")
        entry.keep_draft()
    install_it(offered)
    with offered.clinic.open() as session:
        entry = Casebook(session).open(FORM)
        assert entry.field(item("SYSBP")).text == "12"
        entry.type(item("PAIN"), "3")
        entry.type(item("SYSBP"), "120")
        entry.save(complete=False)
        assert entry.field(item("PULSE")).text == "70"


def test_the_way_back_sets_aside_what_only_the_amendment_can_show(offered: Route) -> None:
    install_it(offered)
    with offered.clinic.open() as session:
        entry = Casebook(session).open(FORM)
        entry.type(item("PAIN"), "3")
        entry.type(item("SYSBP"), "120")
        entry.keep_draft()
    with offered.clinic.open("admin") as session:
        assert [(k.user, k.form) for k in roll_back(session)] == [("crc", FORM)]
        assert standing(session).aside == (("crc", FORM),)
    with offered.clinic.open() as session:
        assert session.study.digest == load_study().digest
        entry = Casebook(session).open(FORM)
        assert entry.draft_at == ""
        assert entry.aside is not None
        assert (entry.aside.version, entry.aside.count, entry.aside.left) == ("0.2", 1, 1)
    install_it(offered)
    with offered.clinic.open() as session:
        entry = Casebook(session).open(FORM)
        assert entry.aside is None
        assert (entry.field(item("PAIN")).text, entry.field(item("SYSBP")).text) == ("3", "120")
        with session.reading() as conn:
            assert carrying.aside(conn) == ()


def test_what_fits_of_the_typing_set_aside_is_taken_up_and_the_rest_waits(offered: Route) -> None:
    install_it(offered)
    with offered.clinic.open() as session:
        entry = Casebook(session).open(FORM)
        entry.type(item("PAIN"), "3")
        entry.type(item("SYSBP"), "120")
        entry.keep_draft()
    with offered.clinic.open("admin") as session:
        roll_back(session)
    with offered.clinic.open() as session:
        entry = Casebook(session).open(FORM)
        entry.take_aside()
        assert entry.field(item("SYSBP")).text == "120"
        assert entry.aside is not None
        assert (entry.aside.count, entry.aside.left) == (0, 1)
        again = Casebook(session).open(FORM)
        assert (again.draft_at != "", again.field(item("SYSBP")).text) == (True, "120")
        again.save(complete=False)
    install_it(offered)
    with offered.clinic.open() as session:
        entry = Casebook(session).open(FORM)
        assert (entry.field(item("PAIN")).text, entry.field(item("SYSBP")).text) == ("3", "120")
        assert entry.aside is None


def test_there_is_no_way_back_after_the_first_save(offered: Route) -> None:
    with offered.clinic.open("admin") as session, pytest.raises(NoWayBack):
        roll_back(session)
    install_it(offered)
    with offered.clinic.open() as session:
        fill(session, "01-001/SCR#1/VS#1", {"PAIN": "2"}, complete=False)
    with offered.clinic.open("admin") as session:
        before = session.head()
        with pytest.raises(NoWayBack):
            roll_back(session)
        assert session.head() == before
    assert version(offered) == "0.2"


def test_a_session_of_before_saves_nothing_more(offered: Route) -> None:
    with offered.clinic.open("crc") as session:
        entry = Casebook(session).open(FORM)
        entry.type(item("SYSBP"), "120")
        with session.reading() as conn:
            data = next(d for k, d in definitions.kept(conn).items() if k != session.study.digest)
        session.commit([definitions.amended(study_from_bytes(data), session.study.digest)])
        with pytest.raises(SaveRefused) as caught:
            entry.save(complete=False)
        assert caught.value.cause is Cause.OLD_VERSION
        assert entry.field(item("SYSBP")).text == "120"


def test_only_who_manages_trust_installs(offered: Route) -> None:
    with offered.clinic.open("crc") as session:
        digest = try_out(session).digest
        with pytest.raises(PermissionDenied):
            install(session, digest)
        with pytest.raises(PermissionDenied):
            roll_back(session)


def test_nothing_waits_without_a_reply(told: Route) -> None:
    with told.clinic.open("admin") as session:
        assert standing(session).offer is None
        with pytest.raises(NothingToInstall):
            try_out(session)
        with pytest.raises(NothingToInstall):
            install(session, load_study().digest)


def test_an_altered_amendment_is_refused(offered: Route) -> None:
    with offered.clinic.open("admin") as session:
        digest = try_out(session).digest
        with session.writing() as conn:
            conn.exec_driver_sql(
                "UPDATE definition SET bytes = CAST(replace(CAST(bytes AS TEXT), 'Heart', 'Liver')"
                " AS BLOB) WHERE digest = ?",
                (digest,),
            )
        with pytest.raises(NothingToInstall):
            install(session, digest)
    assert version(offered) == "0.1"


def test_an_amendment_that_no_trusted_sponsor_signed_is_refused(offered: Route) -> None:
    with offered.clinic.open("admin") as session:
        digest = try_out(session).digest
        with session.writing() as conn:
            conn.exec_driver_sql("DELETE FROM vault_pin")
        with pytest.raises(NothingToInstall):
            install(session, digest)


def test_an_amendment_that_was_not_looked_at_is_refused(offered: Route) -> None:
    with offered.clinic.open("admin") as session, pytest.raises(NothingToInstall):
        install(session, load_study().digest)


def test_a_definition_altered_after_it_was_installed_opens_nothing(offered: Route) -> None:
    install_it(offered)
    with offered.clinic.open("admin") as session, session.writing() as conn:
        conn.exec_driver_sql(
            "UPDATE definition SET bytes = CAST(replace(CAST(bytes AS TEXT), 'Heart', 'Liver')"
            " AS BLOB)"
        )
    with pytest.raises(FolderDamaged):
        offered.clinic.open()


def test_a_note_of_what_is_in_force_that_the_chain_does_not_bear_opens_nothing(
    offered: Route,
) -> None:
    install_it(offered)
    with offered.clinic.open("admin") as session, session.writing() as conn:
        noted = schema.setting(conn, definitions.IN_FORCE)
        assert noted is not None
        seq, _, _ = noted.partition(" ")
        schema.put_setting(conn, definitions.IN_FORCE, f"{seq} {load_study().digest}")
    with pytest.raises(FolderDamaged):
        offered.clinic.open()


def test_verification_tells_that_the_amendment_in_force_was_hidden(offered: Route) -> None:
    install_it(offered)
    with offered.clinic.open("admin") as session:
        with session.writing() as conn:
            conn.execute(
                text("DELETE FROM vault_setting WHERE name = :n"), {"n": definitions.IN_FORCE}
            )
        (found,) = [c for c in verify_folder(session) if c.name == "definition"]
        assert found.ok is False
        assert "in force" in found.detail.en


def test_another_study_is_refused(told: Route, tmp_path: Path) -> None:
    other = edition(tmp_path / "other", "0.2", study=[("oid: NCT07132502", "oid: NCT00000000")])
    with told.store.open() as session, pytest.raises(AmendmentRefused):
        amending.amend(session, other)
    with pytest.raises(AmendmentRefused):
        amendment.check_amendment(load_study(), load_study(other, cached=False), live=False)


@pytest.mark.parametrize("number", ["0.1", "0.0"])
def test_a_version_that_is_not_newer_is_refused(told: Route, tmp_path: Path, number: str) -> None:
    with told.store.open() as session, pytest.raises(VersionNotNewer):
        amending.amend(session, edition(tmp_path / "same", number, VS=SECOND))
    with told.store.open() as session:
        assert session.study.version == "0.1"


def test_an_older_amendment_does_not_wait(offered: Route, tmp_path: Path) -> None:
    with offered.clinic.open("admin") as session:
        second = try_out(session).digest
    assert bring(offered, edition(tmp_path / "third", "0.10", VS=SECOND)).definition
    with offered.clinic.open("admin") as session:
        with pytest.raises(NothingToInstall):
            install(session, second)
        install(session, try_out(session).digest)
        assert standing(session).offer is None
        with pytest.raises(PackageError):
            install(session, second)
    assert version(offered) == "0.10"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("VS", 'unit: "mmHg"', 'unit: "kPa"'),
        ("VS", "type: I(3)", "type: I(2)"),
        ("ADJRSN", '  - {code: "SUPPLY", en: "Drug supply", zh: "药物供应"}\n', ""),
        ("DM", "        phi: Q\n", ""),
    ],
)
def test_what_data_rest_on_stays(tmp_path: Path, file: str, old: str, new: str) -> None:
    edits: dict[str, Edits] = {file: [(old, new)]}
    changed = load_study(edition(tmp_path / "bad", "0.2", **edits), cached=False)
    with pytest.raises(AmendmentRefused):
        amendment.check_amendment(load_study(), changed, live=False)


def test_a_lost_reply_is_made_good(offered: Route, tmp_path: Path) -> None:
    with offered.store.open() as session:
        amending.amend(session, edition(tmp_path / "third", "0.3", VS=SECOND))
        amending.amend(session, edition(tmp_path / "fourth", "0.4", VS=SECOND))
    reply(offered)
    install_it(offered)
    assert version(offered) == "0.4"


def test_the_store_tells_the_versions_of_a_site_and_holds_both(offered: Route) -> None:
    install_it(offered)
    with offered.clinic.open() as session:
        fill(session, "01-001/SCR#1/VS#2", {"PERF": "Y", "PAIN": "2"}, complete=False)
    assert offered.carry().fine
    with offered.store.open() as session:
        assert session.study.version == "0.2"
        (found,) = status(session)
        assert [(e.version, e.in_force) for e in found.editions] == [("0.1", False), ("0.2", True)]
        assert found.editions[1].forms == 1
        with session.reading() as conn:
            assert {e.digest for e in found.editions} <= {*definitions.kept(conn)}
