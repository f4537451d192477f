"""Destruction: not before its day, by two, whole or not at all, and provable to the sponsor."""

from __future__ import annotations

import errno
import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from mrd_desktop.closing import destruction
from mrd_desktop.closing.bundle import close_out
from mrd_desktop.closing.checking import check_bundle
from mrd_desktop.closing.destruction import condemn, destroy, plan, read_certificate
from mrd_desktop.closing.errors import (
    CertificatePlace,
    CertificateRefused,
    NotCloseout,
    TooEarly,
)
from mrd_desktop.closing.keys import Handing, hand_keys
from mrd_desktop.closing.retention import retention
from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.record import projection
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.vault import backup, destroyed, folder, rota, users
from mrd_desktop.vault.crypto import Unopened
from mrd_desktop.vault.errors import (
    NoSecondPerson,
    NotAFolder,
    NotTrained,
    PasswordStale,
    PermissionDenied,
    SiteDestroyed,
    StorageFault,
    WrongPassword,
)
from mrd_desktop.vault.keyring import open_slot
from mrd_desktop.vault.manifest import Manifest, read_manifest
from mrd_desktop.vault.passwords import normal
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import undertake
from mrd_desktop.vault.witness import SecondPasswordWrong, Witness
from tests.clinic import Clinic, password_of
from tests.confirmed import confirmed
from tests.transfer.conftest import (  # noqa: F401  (fixtures)
    charted_route,
    charted_route_template,
)
from tests.transfer.route import Route
from tests.vault.live_kit import PASSWORD, make_live, train

YEARS = timedelta(days=366 * 26)
PEOPLE = {"second": "admin", "second_password": password_of("admin")}


def over(session: Session) -> Session:
    """The same session when the retention is over."""
    session.clock.shift += YEARS
    return session


@pytest.fixture
def ended(charted_route: Route, tmp_path: Path) -> Route:  # noqa: F811
    """A site that was sent whole, with backups at both places and one on a stick that is away."""
    charted_route.carry(full=True)
    (tmp_path / "media").mkdir()
    with charted_route.clinic.open() as session:
        backup.backup(session, session.folder.backups)
        rota.choose_target(session, tmp_path / "media")
        backup.backup(session, tmp_path / "media")
    (tmp_path / "safe").mkdir()
    return charted_route


def end(route: Route, tmp_path: Path) -> destruction.Certificate:
    with route.clinic.open("inv") as session:
        return destroy(over(session), tmp_path / "safe", password_of("inv"), **PEOPLE)


def left(place: Path) -> set[str]:
    return {p.name for p in place.iterdir()}


def slots_open(manifest: Manifest) -> bool:
    """Whether any password still opens anything of a manifest that somebody kept in memory."""
    for user in ("crc", "inv", "admin"):
        try:
            open_slot(manifest, manifest.slot_name(user), normal(password_of(user)))
        except (WrongPassword, Unopened):
            continue
        return True
    return False


def test_before_its_day_it_is_refused_and_nothing_happens(ended: Route, tmp_path: Path) -> None:
    before = {p: p.read_bytes() for p in ended.clinic.path.rglob("*.json")}
    with ended.clinic.open("inv") as session:
        kept = retention(session)
        assert (kept.years, kept.until.year) == (25, kept.last.year + 25)
        with pytest.raises(TooEarly, match=str(kept.until)):
            condemn(session, tmp_path / "safe", password_of("inv"), **PEOPLE)
        session.clock.shift += timedelta(days=(kept.until - session.today()).days)
        with pytest.raises(TooEarly):  # the last day still counts
            condemn(session, tmp_path / "safe", password_of("inv"), **PEOPLE)
        assert not destroyed.marked(session.folder.path)
    assert left(tmp_path / "safe") == set()
    assert {p: p.read_bytes() for p in before} == before
    with ended.clinic.open("crc"):
        pass


def test_the_policy_may_name_the_day(clinic: Clinic) -> None:
    from dataclasses import replace
    from datetime import date

    with clinic.open("inv") as session:
        named = replace(session.study.oversight, retain_until=date(2031, 1, 31))
        object.__setattr__(session.study, "oversight", named)
        try:
            found = retention(session)
        finally:
            object.__setattr__(session.study, "oversight", replace(named, retain_until=None))
    assert found.until == date(2031, 1, 31)
    assert not found.over(date(2031, 1, 31))
    assert found.over(date(2031, 2, 1))


def test_afterwards_no_slot_opens_and_the_files_are_gone(ended: Route, tmp_path: Path) -> None:
    site = ended.clinic.path
    assert slots_open(read_manifest(site))
    made = end(ended, tmp_path)
    assert left(site) == {destroyed.MARK}
    assert left(tmp_path / "media") == set()
    for user in ("inv", "crc", "admin"):
        with pytest.raises(SiteDestroyed):
            ended.clinic.open(user)
    (site / destroyed.MARK).unlink()
    with pytest.raises(NotAFolder):
        ended.clinic.open("inv")
    assert left(tmp_path / "safe") == {made.path.name}


def test_the_sponsor_verifies_the_certificate(ended: Route, tmp_path: Path) -> None:
    made = end(ended, tmp_path)
    with ended.store.open() as store:
        found = read_certificate(store, made.path)
        assert (found.text("user"), found.text("second")) == ("inv", "admin")
        assert found.said["retained_until"] < found.text("at")[:10]  # type: ignore[operator]
        whole = made.path.read_bytes()
        body = json.loads(whole)
        for old, new in (("inv", "crc"), ('"subjects":1', '"subjects":0')):
            body["statement"] = json.loads(whole)["statement"].replace(old, new)
            made.path.write_bytes(json.dumps(body, separators=(",", ":"), sort_keys=True).encode())
            with pytest.raises(CertificateRefused):
                read_certificate(store, made.path)
        made.path.write_bytes(b"{}")
        with pytest.raises(CertificateRefused):
            read_certificate(store, made.path)


def test_one_person_with_the_sites_key_makes_no_certificate(
    ended: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = Witness("admin", "", lambda _: (b"", ""))
    monkeypatch.setattr(destruction, "witness", lambda *_: nobody)
    made = end(ended, tmp_path)
    with ended.store.open() as store, pytest.raises(CertificateRefused, match="two people"):
        read_certificate(store, made.path)


@pytest.mark.parametrize(("first", "second"), [("inv", "crc"), ("crc", "admin"), ("admin", "inv")])
def test_two_people_who_may_not_make_no_certificate_and_no_end(
    ended: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    """A changed program asks nobody; both signatures are genuine."""

    def anybody(session: Session, name: str, password: str) -> Witness:
        return Witness(name, "", session.signer_of(name, password))

    secret = password_of(second)
    with ended.clinic.open(first) as session, monkeypatch.context() as patch:
        patch.setattr(destruction, "witness", anybody)
        patch.setattr(Session, "require", lambda *_args, **_named: None)
        made = condemn(
            over(session), tmp_path / "safe", password_of(first),
            second=second, second_password=secret,
        ).certificate  # fmt: skip
    with ended.store.open() as store, pytest.raises(CertificateRefused, match="investigator"):
        read_certificate(store, made.path)
    with ended.clinic.open("crc") as session:
        assert session.head().seq


def test_a_store_that_does_not_know_the_site_takes_no_certificate(
    ended: Route, tmp_path: Path, once: object
) -> None:
    from tests.transfer.route import make_store

    other = make_store(tmp_path / "other", ended.clinic.study)
    made = end(ended, tmp_path)
    with other.open() as store, pytest.raises(CertificateRefused):
        read_certificate(store, made.path)


def test_a_live_site_of_which_the_activation_is_gone_is_destroyed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A denial would be recorded in the year of the destruction, and the clock goes back after.
    monkeypatch.setattr(Session, "_note_denial", lambda *_: None)
    live = make_live(tmp_path, load_study())
    with live.open("admin") as session:
        code = users.add_user(session, "pi", "investigator").code
    assert code is not None
    folder.set_first_password(
        live.path, "pi", code, PASSWORD.format("pi"), study=live.study, fold=projection.fold
    ).close()
    with live.open("admin") as session:
        confirmed(session, "pi", "id_card")
    with live.open("pi") as session:
        undertake(session, PASSWORD.format("pi"), Language.EN)
        assert not session.allows("form.sign"), "nobody activated it"
    (tmp_path / "safe").mkdir()
    other = {"second": "admin", "second_password": PASSWORD.format("admin")}
    with live.open("pi") as session:
        with pytest.raises(NotTrained):  # all but the activation is asked
            destroy(over(session), tmp_path / "safe", PASSWORD.format("pi"), **other)
        handing = Handing(session.manifest.recovery.serial, "Synthetic A", "Synthetic B", "there")
        with pytest.raises(NotTrained):
            hand_keys(session, handing, PASSWORD.format("pi"), language=Language.EN)
    train(live, "pi")
    with live.open("pi") as session:
        session.stale_password = True
        with pytest.raises(PasswordStale):
            destroy(over(session), tmp_path / "safe", PASSWORD.format("pi"), **other)
        with pytest.raises(PasswordStale):
            hand_keys(session, handing, PASSWORD.format("pi"), language=Language.EN)
    assert left(tmp_path / "safe") == set()
    with live.open("pi") as session:
        assert hand_keys(session, handing, PASSWORD.format("pi"), language=Language.EN).valid
        with pytest.raises(TooEarly):
            condemn(session, tmp_path / "safe", PASSWORD.format("pi"), **other)
        destroy(over(session), tmp_path / "safe", PASSWORD.format("pi"), **other)
    assert left(live.path) == {destroyed.MARK}, "the reserve is gone too"


def test_two_people_or_nobody(ended: Route, tmp_path: Path) -> None:
    safe = tmp_path / "safe"
    with ended.clinic.open("inv") as session:
        over(session)
        for second, secret, refusal in (
            ("inv", password_of("inv"), NoSecondPerson),
            ("crc", password_of("crc"), NoSecondPerson),
            ("admin", "synthetic wrong", SecondPasswordWrong),
        ):
            with pytest.raises(refusal):
                condemn(session, safe, password_of("inv"), second=second, second_password=secret)
        with pytest.raises(WrongPassword):
            condemn(session, safe, "synthetic wrong", **PEOPLE)
        for place in (session.folder.path, session.folder.backups, tmp_path / "nowhere"):
            with pytest.raises(CertificatePlace):
                condemn(session, place, password_of("inv"), **PEOPLE)
    for user in ("crc", "admin", "cra"):
        with ended.clinic.open(user) as session, pytest.raises(PermissionDenied):
            condemn(over(session), safe, password_of(user), **PEOPLE)
    assert left(safe) == set()
    with ended.clinic.open("inv"):
        pass


def test_what_lies_elsewhere_is_listed_for_people(ended: Route, tmp_path: Path) -> None:
    with ended.clinic.open("inv") as session:
        close_out(session, tmp_path, language=Language.EN)
        found = plan(over(session))
        assert {p.parent for p in found.backups} == {session.folder.backups, tmp_path / "media"}
        assert found.bundles == 1
        assert "keys" in found.missing
        (away,) = found.elsewhere  # the bundle's
        assert (away.backups, away.medium) == (1, backup.medium_of(tmp_path))


def test_a_backup_that_is_not_found_is_listed_on_whatever_medium(
    ended: Route, tmp_path: Path
) -> None:
    """All media of this computer are one disk, and that is at hand: so is not what lies on it."""
    docs, media = tmp_path / "docs", tmp_path / "media"
    docs.mkdir()
    with ended.clinic.open("inv") as session:
        assert plan(over(session)).elsewhere == ()
    with ended.clinic.open() as session:
        made = backup.backup(session, docs)
    with ended.clinic.open("inv") as session:
        (away,) = plan(over(session)).elsewhere
        assert (away.backups, away.medium) == (1, made.medium)
    (one,) = media.iterdir()
    report = json.loads((one / "backup.json").read_bytes())
    del report["signature"]
    (one / "backup.json").write_bytes(dumps(report))
    with ended.clinic.open("inv") as session:  # known by its bytes
        assert plan(over(session)).elsewhere[0].backups == 1
        with (one / "data.mrd").open("ab") as file:
            file.write(b"-")
        assert plan(session).elsewhere[0].backups == 2
    certificate = end(ended, tmp_path)
    assert [e["backups"] for e in certificate.said["elsewhere"]] == [2]  # type: ignore[index, union-attr, call-overload]
    assert len(left(docs)) == 1


def test_a_backup_that_made_room_for_later_ones_is_not_looked_for(
    ended: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rota, "keeps", lambda days: frozenset([len(list(days)) - 1]))
    (before,) = left(tmp_path / "media")
    with ended.clinic.open() as session:
        session.clock.shift += timedelta(days=2)
        assert rota.back_up_if_due(session)
    assert len(left(tmp_path / "media") - {before}) == 1
    with ended.clinic.open("inv") as session:
        assert plan(over(session)).elsewhere == ()


class Cut(Exception):
    """The power fails."""


def cuts(route: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> bool:
    """Destroy, cut off before the nth file goes; whether it came to its end before that."""
    seen = 0
    real = destroyed.shred

    def shred(path: Path) -> None:
        nonlocal seen
        if path.is_file():
            seen += 1
            if seen == at:
                raise Cut
        real(path)

    with monkeypatch.context() as patch:
        patch.setattr(destroyed, "shred", shred)
        try:
            end(route, tmp_path)
        except Cut:
            return False
    return True


def test_cut_off_anywhere_it_is_finished_at_the_next_sign_in(
    ended: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, at, whole = ended.clinic.path, 0, False
    for name in ("site", "media"):
        shutil.copytree(tmp_path / name if name == "media" else site, tmp_path / f"kept-{name}")
    opened = swept = 0
    while not whole:
        at += 1
        for name, place in (("site", site), ("media", tmp_path / "media")):
            shutil.rmtree(place)
            shutil.copytree(tmp_path / f"kept-{name}", place)
        for file in (tmp_path / "safe").iterdir():
            file.unlink()
        whole = cuts(ended, tmp_path, monkeypatch, at)
        certificate = next((tmp_path / "safe").iterdir())
        with ended.store.open() as store:
            assert read_certificate(store, certificate)
        if not whole and (site / "site.json").is_file():
            opened += 1
            before = all_files(site, tmp_path / "media")
            with pytest.raises(WrongPassword):  # who does not know a password finishes nothing
                open_as(ended.clinic, "inv", "synthetic wrong")
            assert all_files(site, tmp_path / "media") == before
            with pytest.raises(SiteDestroyed):
                ended.clinic.open("crc")
        elif not whole:  # nobody can sign in any more: whatever is typed
            swept += 1
            assert left(tmp_path / "media") == set()
            with pytest.raises(SiteDestroyed):
                open_as(ended.clinic, "inv", "synthetic wrong")
        assert left(site) == {destroyed.MARK}, at
        assert left(tmp_path / "media") == set(), at
    assert opened > 4
    assert swept > 1


def open_as(clinic: Clinic, user: str, password: str) -> Session:
    return folder.open_folder(clinic.path, user, password, study=clinic.study, fold=projection.fold)


def all_files(*places: Path) -> dict[Path, bytes]:
    """Every file but what a sign-in leaves: its lock, and the note of one that failed."""
    beside = {"folder.lock", "signin.log"}
    return {
        p: p.read_bytes()
        for place in places
        for p in place.rglob("*")
        if p.is_file() and p.name not in beside
    }


def test_cut_off_before_the_mark_the_site_is_whole(
    ended: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: Path, data: bytes) -> None:
        if path.name == destroyed.MARK:
            raise Cut
        path.write_bytes(data)

    with ended.clinic.open("inv") as session, monkeypatch.context() as patch:
        patch.setattr(destruction, "write_atomically", write)
        with pytest.raises(Cut):
            condemn(over(session), tmp_path / "safe", password_of("inv"), **PEOPLE)
    with ended.clinic.open("inv") as session:
        assert session.database.damaged_pages() == ()
    assert len(list((tmp_path / "media").iterdir())) == 1
    assert left(tmp_path / "safe") == set()


@pytest.mark.skipif(
    not hasattr(os, "fork"), reason="kills a copy of this process, and Windows cannot copy one"
)
def test_a_certificate_of_an_act_cut_off_before_the_mark_proves_nothing(
    ended: Route, tmp_path: Path
) -> None:
    """Killed where nothing can be tidied: the site goes on, and the sponsor is not told it went."""
    safe, write = tmp_path / "safe", destruction.write_atomically

    def killed(path: Path, data: bytes) -> None:
        if path.name == destroyed.MARK:
            os._exit(9)
        write(path, data)

    if (pid := os.fork()) == 0:
        try:
            destruction.write_atomically = killed
            with ended.clinic.open("inv") as session:
                condemn(over(session), safe, password_of("inv"), **PEOPLE)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    (file,) = safe.iterdir()
    with ended.store.open() as store, pytest.raises(CertificateRefused):
        read_certificate(store, file)
    renamed = file.rename(safe / "destruction.json")
    with ended.store.open() as store:  # nothing tells it apart until the next package
        assert read_certificate(store, renamed)
    assert ended.carry().fine
    with ended.store.open() as store, pytest.raises(CertificateRefused, match="came after"):
        read_certificate(store, renamed)
    renamed.rename(file)
    made = end(ended, tmp_path)
    assert left(safe) == {made.path.name}
    with ended.store.open() as store:
        assert read_certificate(store, made.path)


@pytest.mark.parametrize("away", [False, True])
def test_cut_off_behind_the_mark_the_certificate_gets_its_name_later(
    ended: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, away: bool
) -> None:
    safe, site = tmp_path / "safe", ended.clinic.path

    def cut(_: object) -> None:
        raise Cut

    with ended.clinic.open("inv") as session, monkeypatch.context() as patch:
        patch.setattr(destroyed, "hand_out", cut)
        with pytest.raises(Cut):
            condemn(over(session), safe, password_of("inv"), **PEOPLE)
    (file,) = safe.iterdir()
    assert file.name.endswith(destroyed.PENDING)
    if away:
        safe.rename(tmp_path / "gone")
    with pytest.raises(SiteDestroyed):
        ended.clinic.open("crc")
    assert left(site) == {destroyed.MARK}
    named = site / destroyed.MARK if away else safe / file.name.removesuffix(destroyed.PENDING)
    with ended.store.open() as store:
        assert read_certificate(store, named).text("user") == "inv"


def test_a_mark_that_stands_though_the_disk_refused_is_the_end(
    ended: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renamed, and then the folder could not be made durable: nobody goes on working here."""
    write = destruction.write_atomically

    def unsure(path: Path, data: bytes) -> None:
        write(path, data)
        if path.name == destroyed.MARK:
            raise StorageFault("EIO")

    with monkeypatch.context() as patch:
        patch.setattr(destruction, "write_atomically", unsure)
        made = end(ended, tmp_path)
    assert left(ended.clinic.path) == {destroyed.MARK}
    assert left(tmp_path / "safe") == {made.path.name}


@pytest.mark.parametrize("forge", ["garbage", "unsigned", "other_site"])
def test_a_mark_that_the_site_did_not_sign_condemns_nothing(
    ended: Route, tmp_path: Path, forge: str
) -> None:
    mark = ended.clinic.path / destroyed.MARK
    if forge == "garbage":
        mark.write_bytes(b"{}")
    elif forge == "unsigned":
        chain = read_manifest(ended.clinic.path).chain
        said = json.loads(destroyed.content(chain, "", (), Path("-")))
        mark.write_text(json.dumps({**said, "signature": "-"}))
    else:
        other = Clinic(tmp_path / "twin", ended.clinic.study)
        folder.create_site(
            other.path, site="02", name="Synthetic", training=True, admin="admin",
            password=password_of("admin"), study=other.study, fold=projection.fold,
        )  # fmt: skip
        with other.open("admin") as session:
            content = destroyed.content(read_manifest(ended.clinic.path).chain, "", (), Path("-"))
            armored = session.sign_as_site(Namespace.DESTRUCTION, content)
            mark.write_text(json.dumps({**json.loads(content), "signature": armored}))
    with ended.clinic.open("inv") as session:
        assert session.head().seq


def test_backups_of_another_site_stay(ended: Route, tmp_path: Path) -> None:
    stranger = tmp_path / "media" / "09-20270630T090000-aaaa.mrdbackup"
    stranger.mkdir()
    (stranger / "backup.json").write_text('{"chain":"synthetic"}')
    nameless = tmp_path / "media" / "09-20270630T090000-bbbb.mrdbackup"
    nameless.mkdir()
    (nameless / "data.mrd").write_bytes(b"synthetic")
    end(ended, tmp_path)
    assert left(tmp_path / "media") == {stranger.name, nameless.name}


# --- a mark that somebody laid here ----------------------------------------------------------


def lay(
    place: Path, chain: str, places: tuple[Path, ...], key: SigningKey, certificate: str = "{}"
) -> None:
    """A mark of destruction under a key of one's own choice."""
    content = destroyed.content(chain, certificate, places, Path("-"))
    armored = sshsig.make(Namespace.DESTRUCTION, content, key.public.raw, key.sign)
    (place / destroyed.MARK).write_bytes(dumps({**json.loads(content), "signature": armored}))


def other_pub(site: Path, key: SigningKey) -> None:
    pub = json.loads((site / "site.pub").read_bytes())
    (site / "site.pub").write_bytes(dumps({**pub, "sign": key.public.to_base64()}))


@pytest.mark.parametrize("pub", ["kept", "missing", "replaced"])
def test_a_mark_laid_by_a_stranger_destroys_no_byte(ended: Route, tmp_path: Path, pub: str) -> None:
    site, media, key = ended.clinic.path, tmp_path / "media", SigningKey.generate()
    if pub == "missing":
        (site / "site.pub").unlink()
    elif pub == "replaced":
        other_pub(site, key)
    lay(site, read_manifest(site).chain, (media, site / "backups"), key)
    before = all_files(site, media)
    read_manifest(site)
    with pytest.raises(WrongPassword):
        open_as(ended.clinic, "inv", "synthetic wrong")
    assert all_files(site, media) == before
    with ended.clinic.open("inv") as session:
        assert session.head().seq
    assert all_files(media) == {p: before[p] for p in all_files(media)} != {}


def test_a_store_obeys_no_mark(ended: Route, tmp_path: Path) -> None:
    place = ended.store.path
    chain, media = read_manifest(place).chain, tmp_path / "media"
    for key in (SigningKey.generate(), None):
        if key is not None:
            lay(place, chain, (media,), key)
        else:  # by its own key
            with ended.store.open() as store:
                content = destroyed.content(chain, "{}", (media,), Path("-"))
                armored = store.sign_as_site(Namespace.DESTRUCTION, content)
            said = {**json.loads(content), "signature": armored}
            (place / destroyed.MARK).write_bytes(dumps(said))
        before = all_files(place, media)
        read_manifest(place)
        with ended.store.open() as store:
            assert store.head().seq
        assert all_files(place, media).keys() >= before.keys()


@pytest.mark.parametrize("slots", ["site.json", "store.json", "backup.json", ""])
def test_a_folder_of_somebody_else_takes_nothing_elsewhere(
    ended: Route, tmp_path: Path, slots: str
) -> None:
    site, media, key = ended.clinic.path, tmp_path / "media", SigningKey.generate()
    chain = read_manifest(site).chain
    evil = tmp_path / "evil"
    evil.mkdir()
    if slots:
        (evil / slots).write_bytes(dumps({"chain": chain}))
    lay(evil, chain, (media, site / "backups"), key)
    (evil / "site.pub").write_bytes(dumps({"sign": key.public.to_base64()}))
    before = all_files(site, media)
    with pytest.raises(SiteDestroyed if not slots else MrdError):
        read_manifest(evil)
    assert all_files(site, media) == before
    assert not slots or left(evil) == {destroyed.MARK, "site.pub", slots}


def test_without_slots_only_the_rest_of_this_folder_goes_and_by_its_own_key(
    ended: Route, tmp_path: Path
) -> None:
    site, media, key = ended.clinic.path, tmp_path / "media", SigningKey.generate()
    chain = read_manifest(site).chain
    (site / "site.json").unlink()
    lay(site, chain, (media,), key)
    before = all_files(site, media)
    with pytest.raises(NotAFolder):  # the key beside the data did not sign it
        read_manifest(site)
    (site / "site.pub").unlink()
    (site / "folder.lock").unlink(missing_ok=True)
    with pytest.raises(NotAFolder):
        read_manifest(site)
    del before[site / "site.pub"]
    assert all_files(site, media) == before


@pytest.mark.parametrize("what", ["bare", "one_person", "replayed", "later"])
def test_the_sites_own_key_alone_condemns_nothing(
    ended: Route, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the site's key still lacks the two people, for these records."""
    site, media = ended.clinic.path, tmp_path / "media"
    with ended.clinic.open("inv") as session, monkeypatch.context() as patch:
        if what == "one_person":
            patch.setattr(destruction, "witness", lambda *_: Witness("admin", "", _unsigned))
        if what != "bare":
            condemn(over(session), tmp_path / "safe", password_of("inv"), **PEOPLE)
        if what == "replayed":  # a certificate of another folder of this site
            certificate = json.loads((site / destroyed.MARK).read_bytes())["certificate"]
            certificate = certificate.replace(session.folder.chain, "a" * 26)
        elif what == "later":
            session.note_denial("restore")
        if what in ("bare", "replayed"):
            said = destroyed.content(
                session.folder.chain, "{}" if what == "bare" else certificate, (media,), Path("-")
            )
            armored = session.sign_as_site(Namespace.DESTRUCTION, said)
            mark = dumps({**json.loads(said), "signature": armored})
            (site / destroyed.MARK).write_bytes(mark)
    with ended.clinic.open("crc") as session:
        assert session.database.damaged_pages() == ()
    assert len(left(media)) == 1


def _unsigned(_: bytes) -> tuple[bytes, str]:
    return b"", ""


def test_the_key_beside_the_data_may_be_gone_when_the_end_begins(
    ended: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep that is cut off is known again, whatever lay there as the public key."""
    site, real = ended.clinic.path, destroyed.shred
    other_pub(site, SigningKey.generate())

    def shred(path: Path) -> None:
        if path == site / "data.mrd":
            raise Cut
        real(path)

    with monkeypatch.context() as patch:
        patch.setattr(destroyed, "shred", shred)
        with pytest.raises(Cut):
            end(ended, tmp_path)
    assert not (site / "site.json").exists()
    assert len(left(site)) > 2
    with pytest.raises(SiteDestroyed):
        read_manifest(site)
    assert left(site) == {destroyed.MARK}


# --- links, and files that are nested without end ---------------------------------------------

NESTED = b"[" * 200_000


def test_a_folder_of_backups_that_is_a_link_goes_as_well(ended: Route, tmp_path: Path) -> None:
    site, disk, apart = ended.clinic.path, tmp_path / "big disk", tmp_path / "apart"
    (site / "backups").rename(disk)
    (site / "backups").symlink_to(disk)
    (own,) = disk.iterdir()
    own.rename(apart)
    own.symlink_to(apart)
    (tmp_path / "foreign").write_bytes(b"synthetic")
    (site / "outbox" / "link").symlink_to(tmp_path / "foreign")
    (site / "archive" / "link").symlink_to(tmp_path / "foreign")
    (site / "archive" / "dead").symlink_to(tmp_path / "nowhere")
    end(ended, tmp_path)
    assert left(site) == {destroyed.MARK}
    assert left(disk) == left(tmp_path / "media") == set()
    assert not apart.exists(), "the backup that the link led to"
    assert (tmp_path / "foreign").read_bytes() == b"synthetic"


def test_whatever_the_disk_refuses_is_told_and_tried_again(
    ended: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> None:
        raise OSError(errno.ENOTEMPTY, "synthetic", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(destroyed.shutil, "rmtree", refused)
        with pytest.raises(StorageFault, match="ENOTEMPTY"):
            end(ended, tmp_path)
        with pytest.raises(StorageFault, match="ENOTEMPTY"):
            read_manifest(ended.clinic.path)
    with pytest.raises(SiteDestroyed):
        read_manifest(ended.clinic.path)
    assert left(ended.clinic.path) == {destroyed.MARK}


def test_files_nested_without_end_are_what_they_are(ended: Route, tmp_path: Path) -> None:
    site = ended.clinic.path
    (site / destroyed.MARK).write_bytes(NESTED)
    with ended.clinic.open("inv") as session:
        assert session.head().seq
    for name in ("statement", "outer"):
        file = tmp_path / name
        file.write_bytes(
            NESTED if name == "outer" else dumps({"statement": NESTED.decode(), "signature": ""})
        )
        with ended.store.open() as store, pytest.raises(CertificateRefused):
            read_certificate(store, file)
    (tmp_path / "closeout.json").write_bytes(NESTED)
    with pytest.raises(NotCloseout):
        check_bundle(tmp_path)
    odd = tmp_path / "media" / "09-20270630T090000-cccc.mrdbackup"
    odd.mkdir()
    (odd / "backup.json").write_bytes(NESTED)
    end(ended, tmp_path)
    assert left(site) == {destroyed.MARK}
    assert left(tmp_path / "media") == {odd.name}
