"""A computer of a site changes its key: the others follow what the key known here signed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mrd_desktop.cli.desktop import main
from mrd_desktop.ledger import rotations, sshsig
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.rotations import Rotation
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.load import load_study
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.container import PACKAGE, Outer, Sender, claimed
from mrd_desktop.transfer.errors import (
    ComputerKeyReplaced,
    ComputerKeyUnknown,
    Damaged,
    PackageError,
    RecordsRefused,
)
from mrd_desktop.transfer.handover import giving
from mrd_desktop.transfer.handover.manifest import HANDOVER
from mrd_desktop.transfer.handover.taking import take
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault import computers, golive, own_key, trust
from mrd_desktop.vault.computers import Computer
from mrd_desktop.vault.errors import TrustError
from mrd_desktop.vault.own_key import NewKey
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import Holder, PublicIdentity
from tests.clinic import Clinic, password_of
from tests.confirmed import confirmed
from tests.transfer.pair import SUBJECT, Pair, chain_of, introduce, make_second, owned, taken
from tests.transfer.parcel import CHAIN, OTHER_KEY, SITE_KEY, SPONSOR, recipient
from tests.transfer.test_rotation_of_keys import rotate_site
from tests.vault.live_kit import PASSWORD, another, make_live
from tests.vault.test_activation import ETHICS, activated
from tests.vectors.handover.make import card, statement


def changed(clinic: Clinic) -> NewKey:
    with clinic.open("crc") as session:
        return rotate_site(session)


def known(clinic: Clinic, other: Clinic) -> Computer:
    with clinic.open("crc") as session, session.reading() as conn:
        found = computers.computers(conn, session.folder.chain)
    return next(c for c in found if c.chain == chain_of(other))


def untouched(clinic: Clinic, path: Path, refusal: type[PackageError]) -> PackageError:
    """A file is refused, and nothing of it stays."""
    with clinic.open("crc") as session:
        before = (session.head(), trust.pins(session))
        with pytest.raises(refusal) as caught:
            take(session, path)
        assert (session.head(), trust.pins(session)) == before
    assert caught.value.text.zh != caught.value.text.en
    return caught.value


def sound(clinic: Clinic) -> None:
    with clinic.open("crc") as session:
        assert all(check.ok is not False for check in verify_folder(session))
        with session.reading() as conn:
            assert list(projection.differences(conn)) == []


def said_of(change: Rotation) -> dict[str, JSON]:
    told = json.loads(change.statement)
    return {k: v for k, v in told.items() if k not in ("format", "old", "key")}


def own_secret(clinic: Clinic) -> SigningKey:
    with clinic.open("crc") as session:
        return session.own_signing_key()


# --- they follow --------------------------------------------------------------------------


def test_a_file_brings_the_new_key_and_both_ways_go_on(pair: Pair) -> None:
    before = known(pair.b, pair.a)
    made = changed(pair.a)
    came = pair.move(pair.a, pair.b, SUBJECT)
    assert (came.verdict, came.subjects) == (Verdict.ACCEPTED, (SUBJECT,))
    assert came.keys == ((chain_of(pair.a), made.fingerprint),)
    now = known(pair.b, pair.a)
    assert (now.fingerprint, now.vault, now.numbers) == (
        made.fingerprint, before.vault, before.numbers,
    )  # fmt: skip
    assert now.age != before.age
    with pair.b.open("crc") as session:
        mine = [p for p in trust.pins(session) if p.chain == chain_of(pair.a)]
        assert [(p.sign.id, p.active) for p in mine] == [
            (made.former, False), (made.fingerprint, True),
        ]  # fmt: skip
        with session.reading() as conn:
            pinned = lineage.of_kind(conn, session.folder.chain, Kind.TRUST_PINNED)
            (told,) = [r for r in pinned if r.body.get("rotation")]
        assert told.body["replaces"] == made.former
    sound(pair.b)
    # Back again: sealed to the new key, and what follows needs no word of it.
    back = pair.move(pair.b, pair.a, SUBJECT)
    assert (back.subjects, back.keys) == ((SUBJECT,), ())
    assert pair.move(pair.a, pair.b, SUBJECT).keys == ()
    assert owned(pair.b) == chain_of(pair.b)
    sound(pair.a)


def test_what_was_sealed_to_the_former_key_still_opens(pair: Pair) -> None:
    path = pair.hand(pair.a, pair.b, SUBJECT).path
    made = changed(pair.b)
    assert taken(pair.b, path).subjects == (SUBJECT,)
    # The one that changed tells it with its next file, subject or not.
    came = pair.move(pair.b, pair.a)
    assert came.keys == ((chain_of(pair.b), made.fingerprint),)
    assert came.subjects == ()
    sound(pair.a)


def test_two_changes_since_the_last_file_are_followed_in_order(pair: Pair) -> None:
    first = changed(pair.a)
    pair.send(pair.a)
    second = changed(pair.a)
    assert pair.move(pair.a, pair.b, SUBJECT).keys == (
        (chain_of(pair.a), first.fingerprint), (chain_of(pair.a), second.fingerprint),
    )  # fmt: skip
    assert known(pair.b, pair.a).fingerprint == second.fingerprint
    sound(pair.b)


def test_both_change_before_they_meet(pair: Pair) -> None:
    one, other = changed(pair.a), changed(pair.b)
    there = pair.move(pair.a, pair.b, SUBJECT)
    assert (there.subjects, there.keys) == (
        (SUBJECT,), ((chain_of(pair.a), one.fingerprint),),
    )  # fmt: skip
    back = pair.move(pair.b, pair.a, SUBJECT)
    assert (back.subjects, back.keys) == (
        (SUBJECT,), ((chain_of(pair.b), other.fingerprint),),
    )  # fmt: skip
    for clinic in (pair.a, pair.b):
        sound(clinic)
        pair.send(clinic)  # the sponsor follows each by its own package


def test_a_third_computer_passes_it_on(pair: Pair, tmp_path: Path) -> None:
    third = make_second(tmp_path / "third", pair.a.study, "301-400")
    introduce((pair.a, pair.b, third))
    made = changed(third)
    told = ((chain_of(third), made.fingerprint),)
    assert pair.move(third, pair.b).keys == told
    assert pair.move(pair.b, pair.a).keys == told
    assert pair.move(third, pair.a).keys == ()
    assert known(pair.a, third).fingerprint == made.fingerprint
    assert known(pair.a, third).numbers == known(pair.b, third).numbers is not None
    sound(pair.a)


def test_a_change_alone_waits_for_no_package_where_only_computers_are_known(
    tmp_path: Path, pair: Pair
) -> None:
    third, fourth = (
        make_second(tmp_path / name, pair.a.study, block)
        for name, block in (("third", "301-400"), ("fourth", "401-500"))
    )
    introduce((third, fourth))
    changed(third)
    last = changed(third)
    assert pair.move(third, fourth).keys[-1][1] == last.fingerprint


def test_a_card_and_the_statement_lead_as_the_file_does(pair: Pair, tmp_path: Path) -> None:
    before = known(pair.b, pair.a)
    made = changed(pair.a)
    with pair.a.open("crc") as session:
        data = computers.card(session)
        (path,) = own_key.write_again(session, tmp_path)
    copy = pair.copy(tmp_path / "copy")
    for clinic, told in ((pair.b, data), (copy.b, path.read_bytes())):
        for _ in range(2):  # once more changes nothing
            with clinic.open("admin") as session:
                found = computers.add(session, told, compared=made.fingerprint)
            assert found.identity.fingerprint == made.fingerprint
            now = known(clinic, pair.a)
            assert (now.fingerprint, now.vault) == (made.fingerprint, before.vault)
        with clinic.open("admin") as session:
            assert sum(p.active for p in trust.pins(session) if p.chain == found.identity.chain)
        sound(clinic)
    assert pair.move(pair.a, pair.b, SUBJECT).subjects == (SUBJECT,)


def test_a_card_after_many_changes_is_read(pair: Pair) -> None:
    for _ in range(9):
        changed(pair.a)
        pair.send(pair.a)
    with pair.a.open("crc") as session:
        data = computers.card(session)
    with pair.b.open("admin") as session:
        with pytest.raises(TrustError):  # its line begins after the key that is known here
            computers.add(session, data)
        found = computers.add(session, data, replace=True)
    assert len(found.changes) == 8
    assert pair.move(pair.a, pair.b, SUBJECT).subjects == (SUBJECT,)


def test_the_command_line_says_it(
    pair: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(password_of("crc"), encoding="utf-8")
    made = changed(pair.a)
    path = pair.hand(pair.a, pair.b, SUBJECT).path
    command = ("subject", str(pair.b.path), "take", str(path))
    who = ("--user", "crc", "--password-file", str(secret))
    copy = tmp_path / "b"
    shutil.copytree(pair.b.path, copy)
    assert main([*command, *who]) == 0
    assert made.fingerprint in capsys.readouterr().out
    again = tmp_path / "again"
    shutil.copytree(copy, again)
    statement = tmp_path / "a.mrdrotation"
    statement.write_bytes(made.statement)
    admin = tmp_path / "admin"
    admin.write_text(password_of("admin"), encoding="utf-8")
    asked = ("--user", "admin", "--password-file", str(admin), "--json")
    assert main(["trust", str(again), str(statement), *asked]) == 1
    assert made.fingerprint in json.loads(capsys.readouterr().out)["error"]["message_en"]
    asked = (*asked, "--compared", made.fingerprint)
    assert main(["trust", str(again), str(statement), *asked]) == 0
    assert json.loads(capsys.readouterr().out)["fingerprint"] == made.fingerprint
    command = ("subject", str(copy), "take", str(path))
    assert main([*command, *who, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["keys"] == [{"computer": chain_of(pair.a), "fingerprint": made.fingerprint}]


# --- what is not followed -----------------------------------------------------------------


def test_what_the_former_key_alone_signed_is_followed_only_once_it_was_compared(
    pair: Pair,
) -> None:
    """Who stole the former key signs for one of his own as the computer itself does."""
    former = own_secret(pair.a)
    true = rotations.from_bytes(changed(pair.a).statement)
    thief = rotations.made(said_of(true), former, SITE_KEY)
    with pair.a.open("crc") as session:
        whole = json.loads(computers.card(session))
    content = json.loads(whole["statement"])
    of_thief = trust.identity_after(thief).to_bytes().decode()
    told = {**content, "identity": of_thief, computers.CHANGES: [thief.signed()]}
    with pair.b.open("admin") as session:
        head = session.head()
        for data in (thief.to_bytes(), card(dumps(told), key=SITE_KEY)):
            for said in (None, true.key.id, "x"):
                with pytest.raises(TrustError) as refused:
                    computers.add(session, data, compared=said)
                assert thief.key.id in refused.value.text.en
        assert session.head() == head
        computers.add(session, true.to_bytes(), compared=true.key.id)
    assert pair.move(pair.a, pair.b, SUBJECT).subjects == (SUBJECT,)


def test_a_statement_that_was_followed_before_says_so_and_an_unknown_one_asks_for_the_card(
    pair: Pair, tmp_path: Path
) -> None:
    changed(pair.a)
    pair.send(pair.a)
    last = changed(pair.a)
    with pair.a.open("crc") as session:
        written = own_key.write_again(session, tmp_path)
    told = [rotations.from_bytes(path.read_bytes()) for path in written]
    third = make_second(tmp_path / "third", pair.a.study, "301-400")
    introduce((pair.a, third))
    changed(third)
    with third.open("crc") as session:
        (other,) = own_key.write_again(session, tmp_path)
    with pair.b.open("admin") as session:
        for change in told:
            computers.add(session, change.to_bytes(), compared=change.key.id)
        for change in told:
            computers.add(session, change.to_bytes())
        with pytest.raises(TrustError) as refused:
            computers.add(session, other.read_bytes())
    assert ".mrdcomputer" in refused.value.text.en
    assert known(pair.b, pair.a).fingerprint == last.fingerprint


def test_a_file_under_the_former_key_is_refused_once_the_new_one_is_known(
    pair: Pair, tmp_path: Path
) -> None:
    pair.move(pair.a, pair.b)
    older = tmp_path / "older"
    shutil.copytree(pair.a.path, older)
    first = pair.hand(pair.a, pair.b).path
    kept = tmp_path / "kept.mrdhandover"
    shutil.copy(first, kept)
    assert taken(pair.b, kept).verdict is not Verdict.REFUSED
    late = pair.hand(pair.a, pair.b, SUBJECT)
    changed(pair.a)
    came = pair.move(pair.a, pair.b)  # the subject is on its way, and goes with this one too
    assert came.subjects == (SUBJECT,)
    untouched(pair.b, late.path, ComputerKeyReplaced)
    untouched(pair.b, pair.hand(Clinic(older, pair.a.study), pair.b, SUBJECT).path,
              ComputerKeyReplaced)  # fmt: skip


def test_a_file_that_was_taken_under_the_former_key_is_a_duplicate(pair: Pair) -> None:
    path = pair.hand(pair.a, pair.b, SUBJECT).path
    assert taken(pair.b, path).subjects == (SUBJECT,)
    changed(pair.a)
    assert pair.move(pair.a, pair.b).keys
    assert taken(pair.b, path).verdict is Verdict.DUPLICATE


Forge = Callable[[Rotation, SigningKey], tuple[Sequence[Rotation], SigningKey]]


def _by_a_stranger(true: Rotation, _: SigningKey) -> tuple[Sequence[Rotation], SigningKey]:
    return [rotations.made(said_of(true), OTHER_KEY, SITE_KEY)], SITE_KEY


def _of_another_chain(true: Rotation, former: SigningKey) -> tuple[Sequence[Rotation], SigningKey]:
    return [rotations.made({**said_of(true), "chain": CHAIN}, former, SITE_KEY)], SITE_KEY


def _with_a_gap(true: Rotation, former: SigningKey) -> tuple[Sequence[Rotation], SigningKey]:
    between = SigningKey.generate()
    rotations.made(said_of(true), former, between)  # which is left out
    return [rotations.made(said_of(true), between, SITE_KEY)], SITE_KEY


def _without_any(_: Rotation, former: SigningKey) -> tuple[Sequence[Rotation], SigningKey]:
    return [], SITE_KEY


@pytest.mark.parametrize("forge", [_by_a_stranger, _of_another_chain, _with_a_gap, _without_any])
def test_a_label_that_does_not_lead_from_the_known_key_is_refused(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, forge: Forge
) -> None:
    former = own_secret(pair.a)
    true = rotations.from_bytes(changed(pair.a).statement)
    told, key = forge(true, former)
    path = forged(pair, monkeypatch, told, key)
    untouched(pair.b, path, ComputerKeyUnknown)
    assert pair.move(pair.a, pair.b, SUBJECT).subjects == (SUBJECT,)


def test_a_key_of_which_the_records_do_not_tell_is_refused_whole(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the former key signs for one of his own; the records inside know another."""
    former = own_secret(pair.a)
    true = rotations.from_bytes(changed(pair.a).statement)
    thief = [rotations.made(said_of(true), former, SITE_KEY)]
    for told, key in ((thief, SITE_KEY), ([true], former)):
        untouched(pair.b, forged(pair, monkeypatch, told, key), RecordsRefused)
    assert pair.move(pair.a, pair.b, SUBJECT).subjects == (SUBJECT,)


def forged(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, told: Sequence[Rotation], key: SigningKey
) -> Path:
    """A whole file of A for B, with other words on the label and another signature."""
    real = giving.sender_of

    def sender_of(session: Session) -> Sender:
        def sign(namespace: str, data: bytes) -> str:
            return sshsig.make(namespace, data, key.public.raw, key.sign)

        return replace(real(session), sign=sign, public=key.public.raw)

    with monkeypatch.context() as patch:
        patch.setattr(giving, "sender_of", sender_of)
        patch.setattr(giving, "rotations_of", lambda *_: iter(told))
        return pair.hand(pair.a, pair.b, full=True).path


def test_statements_stand_on_no_other_label_and_only_as_they_are_written(pair: Pair) -> None:
    changed(pair.a)
    path = pair.hand(pair.a, pair.b).path
    label = claimed(path, HANDOVER)
    assert len(label.changes) == 1
    said = json.loads(label.to_bytes())
    assert Outer.from_bytes(dumps(said), HANDOVER.format, tells=True) == label
    one = said["rotations"][0]
    for told in ([], [{}], [one, {**one, "more": 1}], [{**one, "proof": one["consent"]}], "x",
                 [one] * 17, ["x"], None):  # fmt: skip
        with pytest.raises(Damaged):
            Outer.from_bytes(dumps({**said, "rotations": told}), HANDOVER.format, tells=True)
    with pytest.raises(Damaged):
        Outer.from_bytes(dumps({**said, "format": PACKAGE.format}), PACKAGE.format)


def test_a_statement_that_the_known_key_did_not_sign_is_not_taken(pair: Pair) -> None:
    former = own_secret(pair.a)
    true = rotations.from_bytes(changed(pair.a).statement)
    said, new = said_of(true), SigningKey.generate()
    with pair.b.open("admin") as session:
        head = session.head()
        for made in (
            rotations.made(said, OTHER_KEY, new),
            rotations.made({**said, "chain": CHAIN}, former, new),
            rotations.made({**said, "site": "02"}, former, new),
            rotations.made({**said, "study": "OTHER"}, former, new),
            rotations.made({**said, "training": False}, former, new),
            rotations.made({**said, "holder": Holder.SPONSOR.value}, former, new),
        ):
            with pytest.raises(TrustError):
                computers.add(session, made.to_bytes(), compared=new.public.id)
            assert session.head() == head
        computers.add(session, true.to_bytes(), compared=true.key.id)
        with pytest.raises(TrustError):  # the former key has said its last word
            late = rotations.made(said, former, new)
            computers.add(session, late.to_bytes(), compared=new.public.id)


def test_a_card_whose_statements_are_no_line_to_its_key_is_refused(pair: Pair) -> None:
    former = own_secret(pair.a)
    true = rotations.from_bytes(changed(pair.a).statement)
    said, now = said_of(true), own_secret(pair.a)
    other = rotations.made({**said, "chain": CHAIN}, former, now)
    with pair.a.open("crc") as session:
        whole = json.loads(computers.card(session))
    content = json.loads(whole["statement"])
    lines: Sequence[JSON] = (
        [rotations.made(said, former, OTHER_KEY).signed()],
        [other.signed()],
        [true.signed(), true.signed()],
        [{**true.signed(), "consent": true.proof}],
        ["x"],
        "x",
    )
    with pair.b.open("admin") as session:
        for line in lines:
            text = dumps({**content, computers.CHANGES: line})
            with pytest.raises(TrustError):
                computers.add(session, card(text, key=now), compared=now.public.id)
    with pair.b.open("admin") as session:
        computers.add(session, card(dumps(content), key=now), compared=now.public.id)


# --- a live site --------------------------------------------------------------------------


def test_a_live_site_adds_the_card_that_leads_from_the_key_the_sponsor_named(
    tmp_path: Path,
) -> None:
    live = make_live(tmp_path, load_study())
    former, now = SITE_KEY, OTHER_KEY
    with live.store.open() as sponsor:
        trust.pin(sponsor, _identity(live.study.oid, former).to_bytes())
        trust.pin(sponsor, (live.path / trust.SITE_PUB).read_bytes())
        word = golive.make_activation(sponsor, "02", ethics=ETHICS)
    activated(live, word)
    said: dict[str, JSON] = {
        "holder": Holder.SITE.value, "study": live.study.oid, "site": "02", "training": False,
        "chain": CHAIN, "recipient": recipient(SPONSOR), "at": "2026-03-16T08:15:30.123Z",
    }  # fmt: skip
    leads = rotations.made(said, former, now)
    stranger = rotations.made(said, SigningKey.generate(), now)
    text = _identity(live.study.oid, now).to_bytes().decode()
    with live.open("admin") as admin:
        for line in ([], [stranger.signed()]):
            data = card(dumps({**_content(text), computers.CHANGES: line}), key=now)
            with pytest.raises(TrustError, match="names another key of this computer"):
                computers.add(admin, data)
        data = card(dumps({**_content(text), computers.CHANGES: [leads.signed()]}), key=now)
        assert computers.add(admin, data).identity.fingerprint == now.public.id
        with admin.reading() as conn:
            (found,) = computers.computers(conn, admin.folder.chain)
        assert found.fingerprint == now.public.id
    # From here on it is followed without another activation file.
    later = SigningKey.generate()
    with live.open("admin") as admin:
        told = rotations.made(said, now, later).to_bytes()
        computers.add(admin, told, compared=later.public.id)
        with admin.reading() as conn:
            (found,) = computers.computers(conn, admin.folder.chain)
        assert found.fingerprint == later.public.id


def test_live_computers_follow_without_a_new_activation_file(tmp_path: Path) -> None:
    one = make_live(tmp_path, load_study())
    other = another(one, tmp_path / "other")
    with one.store.open() as sponsor:
        word = golive.make_activation(sponsor, "02", ethics=ETHICS)
    cards = []
    for live in (one, other):
        activated(live, word)
        with live.open("admin") as admin:
            confirmed(admin, "crc", "passport")
        with live.open("crc") as crc:
            cards.append(computers.card(crc))
    for live, theirs in ((one, cards[1]), (other, cards[0])):
        with live.open("admin") as admin:
            computers.add(admin, theirs)
    with one.open("crc") as crc:
        own = PASSWORD.format("crc")
        made = own_key.rotate(
            crc, "yearly change", own, second="admin", second_password=PASSWORD.format("admin")
        )
        subject = Casebook(crc).create_subject()
        with crc.reading() as conn:
            (to,) = computers.computers(conn, crc.folder.chain)
        path = giving.hand_over(crc, to.chain, tmp_path, [subject]).path
    with other.open("crc") as crc:
        came = take(crc, path)
        assert (came.subjects, [key for _, key in came.keys]) == ((subject,), [made.fingerprint])
        assert crc.activation is not None
        assert made.former in crc.activation.computers.values()
        with crc.reading() as conn:
            (known,) = computers.computers(conn, crc.folder.chain)
        assert known.fingerprint == made.fingerprint


def _identity(study: str, key: SigningKey) -> PublicIdentity:
    return PublicIdentity(
        Holder.SITE, study, "02", "Synthetic live", False, CHAIN, key.public, recipient(SPONSOR)
    )


def _content(identity: str) -> dict[str, JSON]:
    return dict(statement(identity=identity))
