"""Where a sponsor is: two people say it, and live data go abroad under an approval alone (E-26)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mrd_desktop.cli.desktop import main
from mrd_desktop.insight.care import care
from mrd_desktop.ledger import rotations, store
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.approval import approve
from mrd_desktop.transfer.errors import Abroad, PlaceUnsaid
from mrd_desktop.transfer.export import ExportResult, export
from mrd_desktop.vault import abroad, golive, own_key, trust
from mrd_desktop.vault.abroad import ApprovalRefused, CountryRefused, Place, PurposeRefused
from mrd_desktop.vault.activation import Ethics
from mrd_desktop.vault.errors import KeyRefused, NoSecondPerson, PermissionDenied, TrustError
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.witness import SecondPasswordWrong
from tests.cli.shell import Shell
from tests.confirmed import confirmed
from tests.transfer.route import Route
from tests.vault.live_kit import ANSWERS, HOME, PASSWORD, Live, make_live, place

AWAY = Place("DE", "analysis of the trial")
USES = ("crc", PASSWORD.format("crc"))


@pytest.fixture(scope="module")
def live_template(tmp_path_factory: pytest.TempPathFactory) -> Live:
    live = make_live(tmp_path_factory.mktemp("live-abroad"), load_study())
    with live.store.open() as boss:
        word = golive.make_activation(boss, "02", ethics=Ethics("SYN-2026-014", "2026-02-03"))
    with live.open("admin") as admin:
        golive.install(admin, word, ANSWERS)
        confirmed(admin, "crc", "passport")
    with live.open("crc") as crc:
        Casebook(crc).create_subject()
    return live


@pytest.fixture
def live(live_template: Live, tmp_path: Path) -> Live:
    return live_template.copy(tmp_path)


def send(live: Live) -> ExportResult:
    with live.open("crc") as crc:
        released = approve(crc, PASSWORD.format("crc"), Language.EN)
        return export(crc, live.path.parent / "stick", approval=released)


def key(session: Session) -> str:
    (pin,) = trust.recipients(trust.pins(session))
    return pin.sign.id


def say(session: Session, said: Place, second: str = "crc", password: str = USES[1]) -> None:
    place(session, said, second=second, password=password)


def test_live_data_go_abroad_under_an_approval_that_runs(live: Live) -> None:
    with live.open("admin") as admin:
        say(admin, AWAY)
        today = admin.today()
    with pytest.raises(Abroad) as refused:
        send(live)
    assert "Administration, Where data go" in refused.value.text.en
    assert not list((live.path.parent / "stick").glob("*.mrdpkg"))
    for until, lets in ((today - timedelta(1), False), (today, True)):
        with live.open("admin") as admin:
            say(admin, Place("DE", AWAY.purpose, "HGR-2026-0001", until))
        if lets:
            assert send(live).records
        else:
            with pytest.raises(Abroad):
                send(live)
    with live.open("admin") as admin:
        say(admin, AWAY)
    with pytest.raises(Abroad):
        send(live)
    with live.open("admin") as admin:
        say(admin, HOME)
    assert send(live).records


def test_it_takes_two_people_and_every_field(live: Live) -> None:
    with live.open("admin") as admin:
        with pytest.raises(NoSecondPerson):
            say(admin, HOME, "admin", PASSWORD.format("admin"))
        with pytest.raises(NoSecondPerson):
            say(admin, HOME, "nobody")
        with pytest.raises(SecondPasswordWrong):
            say(admin, HOME, password="wrong-password")
        for wrong, refusal in (
            (Place("cn", HOME.purpose), CountryRefused),
            (Place("China", HOME.purpose), CountryRefused),
            (Place("UK", HOME.purpose), CountryRefused),
            (Place("CN", " "), PurposeRefused),
            (Place("DE", HOME.purpose, "HGR-1"), ApprovalRefused),
            (Place("DE", HOME.purpose, "", admin.today()), ApprovalRefused),
            (Place("DE", HOME.purpose, genetic=True), ApprovalRefused),
        ):
            with pytest.raises(refusal):
                say(admin, wrong)
        with pytest.raises(TrustError):
            abroad.state(admin, "a" * 26, HOME, PASSWORD.format("admin"), second=USES[0],
                         second_password=USES[1])  # fmt: skip
        with admin.reading() as conn:
            (found,) = abroad.guarded(admin, conn)
        assert (found.said, found.lets) == (None, False)
    with live.open("crc") as crc, pytest.raises(PermissionDenied):
        say(crc, HOME, "admin", PASSWORD.format("admin"))


def test_the_record_bears_both_signatures(live: Live) -> None:
    with live.open("admin") as admin:
        say(admin, AWAY)
        with admin.reading() as conn:
            records = list(store.records(conn, admin.folder.chain))
            record = list(lineage.of_kind(conn, admin.folder.chain, Kind.TRUST_PINNED))[-1]
    assert verify_records(records, record.header.chain, private=False, complete=False).ok
    signed = record.body["signed"]
    assert isinstance(signed, list)
    assert (record.body["user"], record.body["second"]) == ("admin", "crc")
    assert len(signed) == 2


def test_what_two_said_is_not_carried_over_to_a_new_key(live: Live) -> None:
    """A stolen key signs for the thief's one: nothing leaves for it until two compare it."""
    with live.open("admin") as admin:
        say(admin, HOME)
    assert send(live).records
    with live.store.open() as boss:
        folder = boss.folder
        said = {
            "holder": trust.Holder.SPONSOR.value,
            "study": folder.study,
            "site": "",
            "training": False,
            "chain": folder.chain,
            "recipient": str(boss.age_identity().to_public()),
            "at": boss.now(),
        }
        change = rotations.made(said, boss.own_signing_key(), SigningKey.generate())
    with live.open("admin") as admin:
        with pytest.raises(TrustError) as refused:
            trust.pin(admin, change.to_bytes())
        assert change.key.id in refused.value.text.en
        trust.pin(admin, change.to_bytes(), compared=change.key.id)
        assert key(admin) == change.key.id
        with admin.reading() as conn:
            (found,) = abroad.guarded(admin, conn)
        assert found.said is None
        assert found.former is not None
        assert found.former.place == HOME
        assert care(admin).recipient == found
    with pytest.raises(PlaceUnsaid):
        send(live)
    with live.open("admin") as admin:
        say(admin, HOME)
    assert send(live).records is not None


def test_a_key_is_changed_again_where_nothing_may_leave(live: Live) -> None:
    """It was stolen twice before two people said where the sponsor is: the store follows both."""
    keys = []
    for _ in range(2):
        with live.open("crc") as crc:
            made = own_key.rotate(
                crc, "stolen laptop", PASSWORD.format("crc"),
                second="admin", second_password=PASSWORD.format("admin"),
            )  # fmt: skip
            assert own_key.standing(crc).bar is None
        keys.append(made.fingerprint)
    with live.open("admin") as admin:
        say(admin, HOME)
    with live.open("crc") as crc, pytest.raises(KeyRefused):  # now the next package tells it
        own_key.rotate(crc, "once more", PASSWORD.format("crc"), second="admin",
                       second_password=PASSWORD.format("admin"))  # fmt: skip
    (arrival,) = live.store.take(send(live).path)
    assert (arrival.fine, arrival.key) == (True, keys[-1])
    with live.store.open() as boss:
        assert [p.sign.id for p in trust.pins(boss) if p.active] == [keys[-1]]
    assert live.store.take(send(live).path)[0].fine


def test_one_person_does_not_lift_what_two_said_with_another_key(live: Live) -> None:
    """A key that the former one did not sign for: both say it again, wherever the store is."""
    with live.open("admin") as admin:
        say(admin, AWAY)
        former = key(admin)
        trust.pin(admin, _another_key(live), replace=True)
        assert key(admin) != former
        with admin.reading() as conn:
            found = abroad.barred(abroad.guarded(admin, conn))
    assert found is not None
    assert (found.pin.sign.id == former, found.said) == (False, None)
    with pytest.raises(PlaceUnsaid) as refused:
        send(live)
    assert found.pin.sign.id in refused.value.text.en
    with live.open("admin") as admin:
        say(admin, AWAY)
    with pytest.raises(Abroad):
        send(live)
    with live.open("admin") as admin:
        say(admin, HOME)
    assert send(live).records
    with live.open("admin") as admin:
        trust.pin(admin, _another_key(live), replace=True)
    with pytest.raises(PlaceUnsaid):
        send(live)


def _another_key(live: Live) -> bytes:
    """The store's public file as it would be with a key that nobody signed for."""
    known = trust.read_identity((live.store.path / trust.SPONSOR_PUB).read_bytes())
    return replace(known, sign=SigningKey.generate().public).to_bytes()


def test_practice_data_leave_wherever_the_recipient_is(
    charted_route: Route, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    site, shell = charted_route.clinic.path, Shell(capsys, tmp_path)
    (found,) = shell.desktop("recipient", site, user="admin").data
    second = shell.password_file("crc", "synthetic-crc-password")
    said = shell.desktop(
        *("recipient", site, found["key"], "--jurisdiction", "DE", "--purpose", "practice"),
        *("--second", "crc", "--second-password-file", second),
        user="admin",
    )
    assert (said.code, said.data["jurisdiction"]) == (0, "DE")
    (found,) = shell.desktop("recipient", site, user="admin").data
    assert (found["lets"], found["purpose"]) == (True, "practice")
    assert found["said_by"] == ["admin", "crc"]
    assert charted_route.carry().fine


def test_both_see_what_they_sign_before_the_password_is_typed(
    charted_route: Route, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = charted_route.clinic.path
    shown: list[str] = []
    turns = ["admin", "crc", "crc", "admin"]

    def typed(_: str) -> str:
        shown.append(capsys.readouterr().err)
        return f"synthetic-{turns.pop(0)}-password"

    monkeypatch.setattr("mrd_desktop.cli.console.getpass.getpass", typed)
    with charted_route.clinic.open("admin") as admin:
        known, before = key(admin), admin.fingerprint()
    place = ("--jurisdiction", "DE", "--purpose", "central reading", "--approval", "HGR-2026-1",
             "--until", "2099-12-31", "--genetic")  # fmt: skip
    who = ("--user", "admin", "--second", "crc")
    assert main(["recipient", str(site), known, *place, *who]) == 0
    assert len(shown) == 2
    for said in shown:
        for word in (known, "DE", "central reading", "HGR-2026-1", "2099-12-31", "genetic"):
            assert word in said
    shown.clear()
    who = ("--user", "crc", "--second", "admin")
    assert main(["rotate-key", str(site), "--reason", "stolen laptop", *who]) == 0
    assert all("stolen laptop" in said for said in shown)
    assert before in shown[-1]
