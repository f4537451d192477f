"""A redaction travels: store and datasets lose the words, whenever these had come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.ledger.trust import Trust
from mrd_desktop.record import redaction
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.incidents import Incidents
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.redaction import redactable
from mrd_desktop.record.standin import MARK
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.texts import Language
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.publish import write_datasets
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import stated
from mrd_desktop.vault.training import ATTESTED, STATEMENT
from mrd_desktop.vault.witness import witness
from tests.clinic import Clinic, password_of
from tests.record.test_entry import key
from tests.record.test_redaction import by_two, pages, sound
from tests.transfer.route import CONSENT, TYPO, Route, fill

PLACE = "01-001/SCR/IC/ICVER"
SLIP = "Synthia slip 4711"


def write(session: Session, value: str, reason: ChangeReason = TYPO) -> None:
    entry = Casebook(session).open(key(session, PLACE).form)
    entry.type(key(session, PLACE), value)
    entry.save(complete=True, reason=reason)


@pytest.fixture
def told(route: Route) -> Route:
    """A site that wrote what may not stay: as a value, a reason, a question, an answer."""
    with route.clinic.open() as session:
        Casebook(session).create_subject("01-001")
        fill(session, "01-001/SCR/IC", CONSENT)
        write(session, SLIP)
        write(session, "V1.1", ChangeReason("OTHER", SLIP))
    with route.clinic.open("cra") as session:
        Queries(session).open(str(key(session, PLACE)), SLIP)
        (asked,) = Queries(session).all()
    with route.clinic.open() as session:
        Queries(session).answer(asked.query, SLIP)
    return route


def take_out(clinic: Clinic) -> None:
    """Two people redact all of it."""
    with clinic.open("inv") as session:
        for words_only in (True, False):
            held = redactable(session, key(session, PLACE))
            found = [r for r in held if SLIP in (r.words if words_only else str(r.answer))]
            by_two(session, *(r.seq for r in found), words_only=words_only)
        assert SLIP.encode() not in pages(session)
        assert sound(session)


def written(route: Route, to: Path) -> bytes:
    """Every dataset of the store, in one."""
    with route.store.open() as session, session.reading() as conn:
        write_datasets(conn, session.study, to, ("csv", "odm", "odm2"))
    return b"".join(p.read_bytes() for p in sorted(to.rglob("*")) if p.is_file())


@pytest.mark.parametrize("before", [True, False], ids=["went_before", "same_package"])
def test_store_and_datasets_lose_the_words(told: Route, tmp_path: Path, before: bool) -> None:
    if before:
        assert told.carry().verdict is Verdict.ACCEPTED
        assert SLIP.encode() in written(told, tmp_path / "first")
    take_out(told.clinic)
    assert told.carry().verdict is Verdict.ACCEPTED
    with told.store.open() as session:
        session.compact()
        assert SLIP.encode() not in pages(session)
        (query,) = Queries(session).all()
        assert (query.text.en, query.answer, query.state) == (MARK, MARK, "answered")
        assert sound(session)
    data = written(told, tmp_path / "second")
    assert SLIP.encode() not in data
    assert b"V1.1" in data


def test_a_full_package_and_its_snapshot_tell_what_still_stands(told: Route) -> None:
    take_out(told.clinic)
    assert told.carry(full=True).verdict is Verdict.ACCEPTED
    with told.store.open() as session:
        assert sound(session)
        (query,) = Queries(session).all()
        assert query.state == "answered"


Change = Callable[[dict[str, JSON]], object]


def bare(body: dict[str, JSON]) -> object:
    return body.pop("signed")


def other_cause(body: dict[str, JSON]) -> object:
    return body.update(cause="ERASURE")


def other_content(body: dict[str, JSON]) -> object:
    gone = body["gone"]
    assert isinstance(gone, list)
    return [one.update(kept="0" * 64) for one in gone if isinstance(one, dict)]


def one_person(body: dict[str, JSON]) -> object:
    signed = body["signed"]
    assert isinstance(signed, list)
    return body.update(second=body["user"], signed=[signed[0], signed[0]])


@pytest.mark.parametrize("change", [bare, other_cause, other_content, one_person])
def test_a_redaction_that_two_people_did_not_sign_is_refused(
    told: Route, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told.carry().verdict is Verdict.ACCEPTED
    signed = redaction._signed

    def forged(*args: object) -> Entry:
        entry = signed(*args)  # type: ignore[arg-type]
        body = dict(entry.payload)
        change(body)
        return Entry(entry.kind, entry.cls, body)

    with monkeypatch.context() as patch:  # a program that judges nothing writes and sends it
        patch.setattr(redaction, "_signed", forged)
        patch.setattr(Trust, "_check_two_people", lambda *_: None)
        with told.clinic.open("inv") as session:
            (piece,) = [r for r in redactable(session, key(session, PLACE)) if r.in_force]
            by_two(session, piece.seq, words_only=True)
        package = told.send().path
    with told.clinic.open("inv") as session:
        assert not all(c.ok is not False for c in verify_folder(session))
    assert told.store.take(package)[0].verdict is Verdict.REFUSED
    with told.store.open() as session:
        assert SLIP.encode() in pages(session)


def test_what_is_told_again_otherwise_is_refused(
    told: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told.carry().verdict is Verdict.ACCEPTED
    honest = redaction.without_words

    def other(kind: Kind, body: dict[str, JSON]) -> dict[str, JSON]:
        return {**honest(kind, body), "value": "V7.7"}

    with told.clinic.open("inv") as session, monkeypatch.context() as patch:
        patch.setattr(redaction, "without_words", other)
        (piece,) = [r for r in redactable(session, key(session, PLACE)) if r.in_force]
        by_two(session, piece.seq, words_only=True)
    arrival = told.carry()
    assert arrival.verdict is Verdict.REFUSED
    assert arrival.reason is not None
    assert "otherwise" in arrival.reason.en


def test_a_redaction_of_a_withheld_subject_tells_nothing_of_it(told: Route) -> None:
    take_out(told.clinic)
    with told.clinic.open() as session:
        fill(session, "01-001/SCR/IC", {"ICDATA": "N"}, complete=False)
        export(session, told.stick)
    (package,) = told.stick.iterdir()
    assert told.store.take(package)[0].verdict is Verdict.ACCEPTED
    with told.store.open() as session:
        assert b"01-001/SCR" not in pages(session)


def test_a_stray_stand_in_is_refused(told: Route) -> None:
    with told.clinic.open() as session:
        place = str(key(session, PLACE))
        body = {"address": place, "check": "EC-001", "text": "synthetic"}
        instead = {"chain": session.folder.chain, "seq": 2}
        coded = RecordClass.CODED
        session.commit([Entry(Kind.CHECK_ANSWERED, coded, {**body, "instead": instead})])
    arrival = told.carry()
    assert arrival.verdict is Verdict.REFUSED
    assert arrival.reason is not None
    assert "no redaction" in arrival.reason.en


def coded_of(session: Session) -> list[int]:
    """Coded records about the subject that are open here."""
    with session.reading() as conn:
        return [
            r.header.seq
            for r in store.records(conn, session.folder.chain)
            if r.header.cls is RecordClass.CODED and r.opening is not None
            and str(r.body.get("address", "")).startswith("01-001")
        ]  # fmt: skip


def open_at(store_of: Route) -> int:
    """How many openings the store holds of the site."""
    with store_of.store.open() as session, session.reading() as conn:
        return int(
            conn.exec_driver_sql(
                "SELECT count(*) FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no"
                " WHERE c.chain <> ?",
                (session.folder.chain,),
            ).scalar_one()
        )


def test_a_destroyed_link_that_names_coded_records_is_refused(
    told: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed by two people and by the site's key: it is for identities alone all the same."""
    assert told.carry().verdict is Verdict.ACCEPTED
    before = open_at(told)
    with monkeypatch.context() as patch, told.clinic.open("inv") as session:
        patch.setattr(store, "_PRIVATE_ALONE", ())  # a program that judges nothing
        patch.setattr("mrd_desktop.transfer.export.disagreement", lambda _: None)
        other = witness(session, "admin", password_of("admin"))
        said: dict[str, JSON] = {"subject": "01-001", "seqs": list[JSON](coded_of(session)[:5])}
        own = session.signer(password_of("inv"))
        kind = Kind.LINK_DESTROYED
        session.commit(
            [redaction._signed(session, kind, {**said, "cause": "ERASURE"}, own, other.user,
                               other.sign)]
        )  # fmt: skip
        package = export(session, told.stick).path
    (arrival,) = told.store.take(package)
    assert (arrival.verdict, arrival.code) == (Verdict.REFUSED, "records")
    assert arrival.reason is not None
    assert "more than a link" in arrival.reason.en
    assert open_at(told) == before


@pytest.mark.parametrize("subject", ["01-002", "", "01-001"])
def test_a_site_alone_takes_back_only_what_is_about_the_subject_it_names(
    told: Route, subject: str
) -> None:
    assert told.carry().verdict is Verdict.ACCEPTED
    before = open_at(told)
    with told.clinic.open() as session:
        if subject == "01-001":  # what is about nobody is not taken back either
            at = session.clock.zone.local(session.now()).strftime("%Y-%m-%d %H:%M")
            Incidents(session).note("lost", at, "0", "Synthetic words")
            seqs = [session.head().seq]
        else:
            seqs = coded_of(session)[:5]
    if subject == "01-001":
        assert told.carry().verdict is Verdict.ACCEPTED
        before = open_at(told)
    with told.clinic.open() as session:
        session.commit([lineage.withheld(subject, "withdrawn", seqs)])
    arrival = told.carry()
    assert (arrival.verdict, arrival.code) == (Verdict.REFUSED, "records")
    assert arrival.reason is not None
    why = "was to be taken back" if subject else "has no subject that can be read"
    assert why in arrival.reason.en
    assert open_at(told) == before


def test_the_words_of_a_training_exception_stay_at_the_site(told: Route) -> None:
    words = "Synthia was trained at the bench"
    with told.clinic.open() as session:
        said: dict[str, JSON] = {"user": "crc", "role": "coordinator", "exception": words}
        sign = session.signer(password_of("crc"))
        session.commit([stated(session, sign, ATTESTED, STATEMENT, Language.EN, said)])
    assert told.carry().verdict is Verdict.ACCEPTED
    with told.store.open() as session:
        assert words.encode() not in pages(session)
