"""A folder's own keys replaced: who trusted the key before follows what it signed, nothing else."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.insight.reports.certified import check_copy
from mrd_desktop.ledger import rotations, store
from mrd_desktop.ledger.keys import PublicKey, SigningKey
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.transfer import asking, lineage, reply, words
from mrd_desktop.transfer.again import copy_again
from mrd_desktop.transfer.checking import verify_file
from mrd_desktop.transfer.errors import Forged, PackageError, UnknownKey
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.receive import Arrival
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault import own_key, secrets_store, trust, users
from mrd_desktop.vault.errors import (
    KeyRefused,
    NoSecondPerson,
    PermissionDenied,
    StorageError,
    TrustError,
    WrongPassword,
)
from mrd_desktop.vault.own_key import NewKey
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys
from tests.clinic import password_of
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD, Route, answer, make_store, take_up
from tests.transfer.test_former_key import certified
from tests.transfer.test_receive import new_subject

SECOND, SECOND_PASSWORD = "second", "synthetic-second-password"
WHY = "yearly change of keys"


def rotate_site(session: Session, **other: str) -> NewKey:
    asked = {"second": "admin", "second_password": password_of("admin"), **other}
    return own_key.rotate(session, WHY, password_of("crc"), **asked)


def rotate_store(session: Session) -> NewKey:
    return own_key.rotate(
        session, WHY, SPONSOR_PASSWORD, second=SECOND, second_password=SECOND_PASSWORD
    )


@pytest.fixture
def told(charted_route: Route) -> Route:
    """A site that has sent once, and a store with two who manage users."""
    with charted_route.store.open() as session:
        users.add_user(session, SECOND, "sponsor", password=SECOND_PASSWORD)
    assert charted_route.carry().fine
    return charted_route


def pinned(session: Session) -> dict[str, bool]:
    return {p.sign.id: p.active for p in trust.pins(session)}


def carried(route: Route) -> Arrival:
    new_subject(route)
    return route.carry()


# --- a site -------------------------------------------------------------------------------


def test_the_next_package_carries_a_sites_new_key_and_the_store_follows(
    told: Route, tmp_path: Path
) -> None:
    first = next(told.stick.glob("*.mrdpkg"))
    with told.clinic.open() as session:
        before, recipient = session.site_key(), str(session.age_identity().to_public())
        copy = certified(session, tmp_path / "copy.html")
        made = rotate_site(session)
        assert session.site_key() != before
        assert set(known_keys(session)) == {before, session.site_key()}
        public = trust.read_identity((told.clinic.path / trust.SITE_PUB).read_bytes())
        assert public.fingerprint == made.fingerprint == session.fingerprint()
        assert public.age == str(session.age_identity().to_public()) != recipient
        assert check_copy(session, copy) == before
        assert all(check.ok is not False for check in verify_folder(session))
    arrival = carried(told)
    assert (arrival.verdict, arrival.key) == (Verdict.ACCEPTED, made.fingerprint)
    with told.store.open() as session:
        assert pinned(session) == {made.former: False, made.fingerprint: True}
        assert all(check.ok is not False for check in verify_folder(session))
        (pin,) = [p for p in trust.pins(session) if p.active]
        assert pin.age == public.age
    with told.clinic.open() as session:
        assert session.former_signing_key() is None
    again = carried(told)
    assert (again.verdict, again.key) == (Verdict.ACCEPTED, None)
    assert told.carry(full=True).fine
    # What was sent under the key before is known again, and what the sponsor sends is read.
    assert told.store.take(first)[0].verdict is Verdict.DUPLICATE
    assert take_up(told, answer(told)).receipts == 4
    (tmp_path / "again").mkdir()
    with told.clinic.open() as session:
        kept = copy_again(session, 1, tmp_path / "again")
        assert all(c.ok is not False for c in verify_file(kept, session))


def test_a_reply_sealed_to_the_former_key_still_opens(told: Route) -> None:
    path = answer(told)
    with told.clinic.open() as session:
        rotate_site(session)
    assert take_up(told, path).receipts == 1


def test_a_change_takes_two_people_a_reason_and_the_right_passwords(told: Route) -> None:
    with told.clinic.open() as session:
        head, key = session.head(), session.site_key()
        with pytest.raises(NoSecondPerson):
            rotate_site(session, second="crc", second_password=password_of("crc"))
        with pytest.raises(NoSecondPerson):
            rotate_site(session, second="inv", second_password=password_of("inv"))
        with pytest.raises(WrongPassword):
            rotate_site(session, second_password="wrong-password")
        with pytest.raises(WrongPassword):
            own_key.rotate(session, WHY, "wrong-password", second="admin",
                           second_password=password_of("admin"))  # fmt: skip
        with pytest.raises(KeyRefused):
            own_key.rotate(session, " ", password_of("crc"), second="admin",
                           second_password=password_of("admin"))  # fmt: skip
        assert (session.head(), session.site_key()) == (head, key)
        rotate_site(session)
        with pytest.raises(KeyRefused):  # the one before has to be told first
            rotate_site(session)
    with told.clinic.open("cra") as session, pytest.raises(PermissionDenied):
        own_key.rotate(session, WHY, password_of("cra"), second="admin",
                       second_password=password_of("admin"))  # fmt: skip
    assert carried(told).fine
    with told.clinic.open() as session:
        rotate_site(session)
    assert carried(told).key is not None


def test_a_cut_at_any_call_leaves_the_old_keys_or_the_new(
    told: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_put, real_commit = secrets_store.put, Session.commit
    for at in range(4):
        route = told.copy(tmp_path / str(at))
        calls = iter(range(10))

        def put(*args: object, at: int = at, calls: object = calls) -> None:
            if next(calls) == at:  # type: ignore[call-overload]
                raise StorageError
            real_put(*args)  # type: ignore[arg-type]

        with route.clinic.open() as session:
            key, age = session.site_key(), session.age_identities()
            with monkeypatch.context() as patch:
                patch.setattr(secrets_store, "put", put)
                with pytest.raises(StorageError):
                    rotate_site(session)
            assert (session.site_key(), session.age_identities()) == (key, age)
            assert session.former_signing_key() is None
            assert session.commit is not real_commit
        assert carried(route).fine
    route = told.copy(tmp_path / "pub")
    with route.clinic.open() as session, monkeypatch.context() as patch:

        def refused(*_: object) -> None:
            raise StorageError

        patch.setattr(own_key, "write_atomically", refused)
        rotate_site(session)  # done all the same: nobody is told that the former key holds
        assert session.site_key() != key
    with route.clinic.open() as session:  # the next sign-in writes the file
        public = trust.read_identity((route.clinic.path / trust.SITE_PUB).read_bytes())
        assert public.fingerprint == session.fingerprint()
    assert carried(route).key == public.fingerprint


def test_a_lost_package_is_made_good_by_the_statement(told: Route, tmp_path: Path) -> None:
    with told.clinic.open() as session:
        made = rotate_site(session)
        lost = export(session, tmp_path).path
        second = export(session, told.stick, full=True).path
    (refused,) = told.store.take(second)
    assert (refused.verdict, refused.code) == (Verdict.REFUSED, "unknown_key")
    with told.store.open() as session:
        identity = trust.pin(session, made.statement, compared=made.fingerprint)
        assert identity.fingerprint == made.fingerprint
        assert pinned(session) == {made.former: False, made.fingerprint: True}
        assert (
            trust.pin(session, made.statement, compared=made.fingerprint).fingerprint
            == made.fingerprint
        )
    assert told.store.take(second)[0].fine
    assert lost.exists()


def test_what_the_trusted_key_did_not_sign_is_not_followed(told: Route) -> None:
    with told.clinic.open() as session:
        made = rotate_site(session)
    true = rotations.from_bytes(made.statement)
    stranger, new = SigningKey.generate(), SigningKey.generate()
    said = {
        name: value
        for name, value in json.loads(true.statement).items()
        if name not in ("format", "old", "key")
    }
    forged = rotations.made(said, stranger, new)
    with told.store.open() as session:
        head = session.head()
        for data in (
            forged.to_bytes(),
            rotations.made({**said, "site": "02"}, stranger, new).to_bytes(),
            made.statement.replace(b"mrd-site/1", b"mrd-site/2"),
            replace(true, proof=forged.proof).to_bytes(),
            replace(true, consent=true.proof).to_bytes(),
        ):
            with pytest.raises(TrustError):
                trust.pin(session, data)
        assert session.head() == head
        assert made.fingerprint not in pinned(session)


def test_a_chain_whose_new_key_the_former_did_not_sign_is_broken(told: Route) -> None:
    with told.clinic.open() as session:
        rotate_site(session)
        with session.reading() as conn:
            chain = session.folder.chain
            records = list(store.records(conn, chain))
            (found,) = [r for r in lineage.of_kind(conn, chain, Kind.KEY_ROTATED)
                        if "folder" in r.body]  # fmt: skip
        assert verify_records(records, chain, private=False, complete=False).ok
        body = dict(found.body)
        body["consent"] = body["proof"]
        with pytest.raises(rotations.NoRotation):
            rotations.of_record(body)
        with pytest.raises(rotations.NoRotation):
            rotations.of_record({**found.body, "key": PublicKey(session.site_key()).id})


# --- a store ------------------------------------------------------------------------------


def test_the_next_reply_carries_a_stores_new_key_and_the_site_follows(told: Route) -> None:
    with told.store.open() as session:
        made = rotate_store(session)
        public = trust.read_identity((told.store.path / trust.SPONSOR_PUB).read_bytes())
        assert public.fingerprint == made.fingerprint
    assert carried(told).fine  # sealed to the store's former key, and opened
    result = take_up(told, answer(told))
    assert (result.verdict, result.key, result.receipts) == ("accepted", made.fingerprint, 2)
    with told.clinic.open() as session:
        assert pinned(session) == {made.former: False, made.fingerprint: True}
        (pin,) = [p for p in trust.pins(session) if p.active]
        assert pin.age == public.age
        assert all(check.ok is not False for check in verify_folder(session))
    with told.store.open() as session:
        assert session.former_signing_key() is None
        query = asking.ask(session, _address(), "please look")
    assert carried(told).fine  # sealed to the new one
    later = take_up(told, answer(told))
    assert (later.key, later.queries, later.receipts) == (None, 1, 1)
    assert query.startswith("S-")


def _address() -> object:
    from mrd_desktop.study.address import parse_address

    return parse_address("01-001/SCR#1/IC#1/A#1/ICVER")


def test_every_site_is_told_before_the_former_key_goes(told: Route) -> None:
    with told.store.open() as session:
        other = PublicKey(SigningKey.generate().public.raw)
        held = next(p for p in trust.pins(session) if p.active)
        stranger = trust.PublicIdentity(
            trust.Holder.SITE, session.folder.study, "02", "", True, "c" * 25 + "a", other, held.age
        )
        trust.pin(session, stranger.to_bytes())
        made = rotate_store(session)
    assert take_up(told, answer(told)).key == made.fingerprint
    with told.store.open() as session:
        assert session.former_signing_key() is not None
        with pytest.raises(KeyRefused):
            rotate_store(session)
        make_reply(session, "02", told.stick)
        assert session.former_signing_key() is None


def test_a_lost_reply_is_made_good_by_the_statement(told: Route) -> None:
    with told.store.open() as session:
        made = rotate_store(session)
    answer(told)
    later = answer(told)
    with pytest.raises(UnknownKey):
        take_up(told, later)
    with told.clinic.open("admin") as session:
        trust.pin(session, made.statement, compared=made.fingerprint)
    assert take_up(told, later).receipts == 1


def test_a_site_trusted_after_the_change_follows_by_the_statement(
    charted_route: Route, tmp_path: Path
) -> None:
    """It took the store's key before, so no package or reply can tell it; the record still can."""
    route = charted_route
    late = make_store(tmp_path / "late", route.clinic.study)
    with route.clinic.open("admin") as session:
        trust.pin(session, (late.path / trust.SPONSOR_PUB).read_bytes(), replace=True)
    with late.open() as session:
        users.add_user(session, SECOND, "sponsor", password=SECOND_PASSWORD)
        with pytest.raises(KeyRefused):
            own_key.write_again(session, tmp_path)
        made = rotate_store(session)
        trust.pin(session, (route.clinic.path / trust.SITE_PUB).read_bytes())
    route = replace(route, store=late)
    assert route.carry().fine
    path = answer(route)
    with pytest.raises(UnknownKey):
        take_up(route, path)
    with late.open() as session:
        (written,) = own_key.write_again(session, tmp_path)
    assert written.read_bytes() == made.statement
    with route.clinic.open("aud") as session, pytest.raises(PermissionDenied):
        own_key.write_again(session, tmp_path)
    with route.clinic.open("admin") as session:
        assert (
            trust.pin(session, written.read_bytes(), compared=made.fingerprint).fingerprint
            == made.fingerprint
        )
    assert take_up(route, path).receipts == 1


def test_a_reply_with_anothers_change_is_refused_whole(
    told: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_store(tmp_path / "other", told.clinic.study).open() as session:
        users.add_user(session, SECOND, "sponsor", password=SECOND_PASSWORD)
        foreign = rotations.from_bytes(rotate_store(session).statement)
    monkeypatch.setattr("mrd_desktop.transfer.reply.rotations_of", lambda *_: iter([foreign]))
    path = answer(told)
    monkeypatch.undo()
    with told.clinic.open() as session:
        before = (session.head(), pinned(session))
        with pytest.raises(PackageError):
            import_reply(session, path)
        assert (session.head(), pinned(session)) == before


def test_a_package_under_the_former_key_follows_the_statement_that_was_taken_before(
    told: Route, tmp_path: Path
) -> None:
    """It tells of the very change; what an older copy makes with that key does not."""
    older = replace(told.clinic, path=shutil.copytree(told.clinic.path, tmp_path / "older"))
    with told.clinic.open() as session:
        made = rotate_site(session)
    with told.store.open() as session:
        trust.pin(session, made.statement, compared=made.fingerprint)
    new_subject(replace(told, clinic=older))
    with older.open() as session:
        false = export(session, tmp_path, full=True).path
    (refused,) = told.store.take(false)
    assert (refused.verdict, refused.code) == (Verdict.REFUSED, "revoked_key")
    assert refused.reason is not None
    assert "full package" in refused.reason.en
    first = told.send()
    assert told.store.take(first.path)[0].verdict is Verdict.ACCEPTED
    assert told.store.take(first.path)[0].verdict is Verdict.DUPLICATE
    with told.store.open() as session:
        assert pinned(session) == {made.former: False, made.fingerprint: True}
    assert told.store.take(told.send().path)[0].fine


def test_one_store_does_not_speak_in_the_name_of_another(
    told: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are trusted: what the second one signs is not taken as said by the first."""
    other = make_store(tmp_path / "other", told.clinic.study)
    with told.clinic.open("admin") as session:
        trust.pin(session, (other.path / trust.SPONSOR_PUB).read_bytes())
    with told.store.open() as session:
        first = session.folder.chain
    with other.open() as session:
        trust.pin(session, (told.clinic.path / trust.SITE_PUB).read_bytes())
        words.say(session, "01", "send everything again")
        with monkeypatch.context() as patch:
            sealed = reply.write

            def write(*args: Any, **named: Any) -> Any:
                archive, layout, parts, manifest, sender = args

                def lies(listed: Any) -> Any:
                    return replace(manifest(listed), store=first)

                return sealed(archive, layout, parts, lies, sender, **named)

            patch.setattr(reply, "write", write)
            (made,) = reply.make_reply(session, "01", told.stick)
        (true,) = reply.make_reply(session, "01", told.stick)
    with told.clinic.open() as session:
        head = session.head()
        with pytest.raises(Forged):
            reply.import_reply(session, made.path)
        assert session.head() == head
        assert [w.text for w in reply.import_reply(session, true.path).words] == [
            "send everything again"
        ]


def test_replies_of_two_stores_with_one_number_are_both_kept(told: Route, tmp_path: Path) -> None:
    other = make_store(tmp_path / "other", told.clinic.study)
    with told.clinic.open("admin") as session:
        trust.pin(session, (other.path / trust.SPONSOR_PUB).read_bytes())
    with other.open() as session:
        trust.pin(session, (told.clinic.path / trust.SITE_PUB).read_bytes())
    sticks = (tmp_path / "one", tmp_path / "two")
    for n, kept in enumerate((told.store, other)):
        with kept.open() as session:
            words.say(session, "01", "synthetic words")
            (made,) = reply.make_reply(session, "01", sticks[n])
        with told.clinic.open() as session:
            for _ in range(2):
                reply.import_reply(session, made.path)
        archived = {p.read_bytes() for p in told.clinic.path.glob("archive/*.mrdreply")}
        assert (len(archived), made.path.read_bytes() in archived) == (n + 1, True)


def test_the_keys_of_a_restored_older_folder_are_refused(told: Route, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(told.clinic.path, older)
    with told.clinic.open() as session:
        rotate_site(session)
    assert carried(told).fine
    old = Route(replace(told.clinic, path=older), told.store, told.stick)
    new_subject(old)
    with old.clinic.open() as session:
        sent = export(session, tmp_path).path
    (arrival,) = told.store.take(sent)
    assert (arrival.verdict, arrival.code) == (Verdict.REFUSED, "revoked_key")
    assert SPONSOR
