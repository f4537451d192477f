"""Two histories of one computer: told, decided by two, kept, and said to the site."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.locating import locate
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import ItemKey
from mrd_desktop.transfer import branches, lineage, overview
from mrd_desktop.transfer.branches import Branch, Decision, compare, hold
from mrd_desktop.transfer.errors import (
    BranchDecided,
    BranchRefused,
    BranchUnknown,
    NoBranch,
    PackageError,
    UnknownKey,
)
from mrd_desktop.transfer.export import ExportResult
from mrd_desktop.transfer.reply import import_reply, make_reply, refused
from mrd_desktop.vault import users
from mrd_desktop.vault.errors import NoSecondPerson, PermissionDenied, WrongPassword
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.witness import SecondPasswordWrong
from tests.clinic import Clinic
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD, Route, values
from tests.transfer.test_receive import new_subject

WHY = "Synthetic: the old backup was put back by mistake"
SECOND, SECOND_PASSWORD = "lead", "synthetic-lead-password"


@pytest.fixture
def forked(route: Route, tmp_path: Path) -> tuple[Route, Route]:
    """A site whose folder was copied; both copies went on, and the first one was received."""
    new_subject(route)
    assert route.carry().fine
    (tmp_path / "stick2").mkdir()
    other = Route(route.clinic.copy(tmp_path / "copied"), route.store, tmp_path / "stick2")
    new_subject(route)
    new_subject(route)
    assert route.carry().fine
    new_subject(other)
    with route.store.open() as session:
        users.add_user(session, SECOND, "sponsor", password=SECOND_PASSWORD)
    return route, other


def contradicting(other: Route) -> ExportResult:
    """What the other copy sends, refused as a fork."""
    sent = other.send(full=True)
    (arrival,) = other.store.take(sent.path)
    assert arrival.code == "fork"
    return sent


def decide(session: Session, path: Path, **other: str) -> Decision:
    asked = {"second": SECOND, "second_password": SECOND_PASSWORD, **other}
    return hold(session, path, WHY, SPONSOR_PASSWORD, **asked)


def test_both_histories_stand_side_by_side(forked: tuple[Route, Route]) -> None:
    route, other = forked
    sent = contradicting(other)
    with route.store.open() as session:
        before = session.head()
        found = compare(session, sent.path)
        assert session.head() == before, "looking writes nothing"
    assert found.package == sent.manifest_sha256
    assert (found.held[0].seq, found.other[0].seq) == (found.common.seq + 1, found.common.seq + 1)
    assert found.held[0] != found.other[0]

    def created(told: tuple[branches.Told, ...]) -> list[str]:
        return [t.address for t in told if t.kind == "subject.created"]

    assert (len(created(found.held)), len(created(found.other))) == (2, 1)
    assert {t.user for t in found.other if t.kind} == {"crc"}
    assert found.head.seq == found.other[-1].seq


def test_the_decision_is_on_record_with_both_signatures_and_the_file_is_kept(
    forked: tuple[Route, Route],
) -> None:
    route, other = forked
    sent = contradicting(other)
    with route.store.open() as session:
        tables, held = values(session), overview.status(session)[0].head
        made = decide(session, sent.path)
        assert (made.user, made.second, made.reason) == (SPONSOR, SECOND, WHY)
        assert made.held == held
        assert values(session) == tables, "what is held stands as it stood"
        (fork,) = overview.status(session)[0].forks
        assert fork.decision == made
        assert fork.package == sent.manifest_sha256
        assert json.loads(json.dumps(fork.json()))["decision"]["reason"] == WHY
        kept = branches.kept_file(session, sent.manifest_sha256)
        assert kept is not None
        assert kept.read_bytes() == sent.path.read_bytes()
        again = compare(session, kept)
        assert isinstance(again, Branch)
        assert again.other, "both versions stay to be looked at"
        assert all(c.ok is not False for c in verify_folder(session))
        with session.reading() as conn:
            own = session.folder.chain
            (record,) = lineage.of_kind(conn, own, Kind.BRANCH_RESOLVED)
        signed = record.body["signed"]
        assert isinstance(signed, list)
        assert [s["user"] for s in signed] == [SPONSOR, SECOND]  # type: ignore[index,call-overload]
        assert dumps({k: v for k, v in record.body.items() if k != "signed"})


def test_the_site_goes_on_and_is_told(forked: tuple[Route, Route]) -> None:
    route, other = forked
    sent = contradicting(other)

    def answer() -> None:
        with route.store.open() as store:
            (reply,) = make_reply(store, "01", route.stick)
        with route.clinic.open() as session:
            import_reply(session, reply.path)

    answer()
    with route.clinic.open() as session:
        (told,) = refused(session)
        assert "call the sponsor" in told.text.en
    with route.store.open() as session:
        decide(session, sent.path)
    answer()
    with route.clinic.open() as session:
        (told,) = refused(session)
        assert told.text == branches.DECIDED.filled(n=told.number)
    new_subject(route)
    assert route.carry().fine, "the history that is held goes on"
    (arrival,) = route.store.take(sent.path)
    assert arrival.code == "fork", "the other one is refused as before"
    answer()
    with route.clinic.open() as session:
        assert refused(session) == ()


def told_to(route: Route, clinic: Clinic) -> tuple[str, ...]:
    """What a copy of the site's folder shows after the next reply."""
    with route.store.open() as store:
        (reply,) = make_reply(store, "01", route.stick)
    with clinic.open() as session:
        import_reply(session, reply.path)
        return tuple(r.text.en for r in refused(session))


def decided(number: int) -> str:
    return branches.DECIDED.filled(n=number).en


def test_the_site_hears_of_a_decision_also_after_it_has_gone_on(
    forked: tuple[Route, Route],
) -> None:
    route, other = forked
    sent = contradicting(other)
    new_subject(route)
    assert route.carry().fine, "a later number came before anybody decided"
    with route.store.open() as session:
        decide(session, sent.path)
    assert told_to(route, route.clinic) == (decided(sent.number),)


def test_a_receipt_in_the_same_reply_does_not_hide_a_decision(
    forked: tuple[Route, Route],
) -> None:
    route, other = forked
    sent = contradicting(other)
    with route.store.open() as session:
        decide(session, sent.path)
    new_subject(route)
    assert route.carry().fine
    assert told_to(route, route.clinic) == (decided(sent.number),)
    new_subject(route)
    assert route.carry().fine
    assert told_to(route, route.clinic) == (), "a later receipt settles it"


def test_a_decision_about_what_was_compared_only_is_told(forked: tuple[Route, Route]) -> None:
    route, other = forked
    sent = other.send(full=True)
    with route.store.open() as session:
        decide(session, sent.path)
    assert told_to(route, route.clinic) == (decided(sent.number),)


def test_two_people_decide_with_a_reason_and_once(forked: tuple[Route, Route]) -> None:
    route, other = forked
    sent = contradicting(other)
    with route.store.open() as session:
        before = session.head()
        for asked, refusal in (
            ({"second": SPONSOR, "second_password": SPONSOR_PASSWORD}, NoSecondPerson),
            ({"second": "nobody"}, NoSecondPerson),
            ({"second_password": "synthetic wrong"}, SecondPasswordWrong),
        ):
            with pytest.raises(refusal):
                decide(session, sent.path, **asked)
        for reason, password, refusal in (
            ("  short  ", SPONSOR_PASSWORD, BranchRefused),
            (WHY, "synthetic wrong", WrongPassword),
        ):
            with pytest.raises(refusal):
                hold(
                    session, sent.path, reason, password, second=SECOND,
                    second_password=SECOND_PASSWORD,
                )  # fmt: skip
        assert session.head() == before
        assert branches.kept_file(session, sent.manifest_sha256) is None
        decide(session, sent.path)
        with pytest.raises(BranchDecided):
            decide(session, sent.path)


def test_who_may_not_receive_decides_nothing(
    forked: tuple[Route, Route], monkeypatch: pytest.MonkeyPatch
) -> None:
    route, other = forked
    sent = contradicting(other)
    with route.store.open() as session:
        monkeypatch.setattr(session, "allows", lambda o, *, at_end=False: o != "import")
        with pytest.raises(PermissionDenied):
            compare(session, sent.path)


def test_a_value_that_was_decided_against_can_still_be_traced(
    forked: tuple[Route, Route],
) -> None:
    route, other = forked
    new_subject(other, ICVER="V9.9")
    sent = contradicting(other)
    with route.store.open() as session:
        key = locate(session.study, "01-003/SCR/IC/ICVER")
        assert isinstance(key, ItemKey)
        assert branches.values_at(session, key) == ()
        made = decide(session, sent.path)
        (aside,) = branches.values_at(session, key)
        assert (aside.value, aside.user, aside.decision) == ("V9.9", "crc", made.seq)
        assert aside.number == sent.number
        assert [t.value for t in overview.trace(session, key)] == ["V1.0"], "what is held"


def test_what_contradicts_nothing_is_told_so(forked: tuple[Route, Route]) -> None:
    route, other = forked
    new_subject(route)
    whole = route.send(full=True)
    with route.store.open() as session, pytest.raises(NoBranch):
        compare(session, whole.path)
    part = other.send()  # after the one that both copies sent: it shows where they part
    with route.store.open() as session:
        assert compare(session, part.path).common.seq > 1
    new_subject(other)
    later = other.send()
    with route.store.open() as session, pytest.raises(BranchUnknown):
        compare(session, later.path)


def test_a_forged_history_is_no_history(forked: tuple[Route, Route], tmp_path: Path) -> None:
    route, other = forked
    sent = contradicting(other)
    data = sent.path.read_bytes()
    sent.path.write_bytes(data[:2000] + bytes([data[2000] ^ 1]) + data[2001:])
    with route.store.open() as session, pytest.raises(PackageError):
        compare(session, sent.path)
    from mrd_desktop.ledger.keys import SigningKey
    from mrd_desktop.vault import trust

    sent.path.write_bytes(data)
    held = trust.read_identity((route.clinic.path / trust.SITE_PUB).read_bytes())
    with route.store.open() as session:
        trust.pin(
            session, replace(held, sign=SigningKey.generate().public).to_bytes(), replace=True
        )
        with pytest.raises(UnknownKey):
            compare(session, sent.path)
