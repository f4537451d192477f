"""Two people take content out of the record: it is gone, and the chain still holds."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from sqlalchemy import text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.certificates import SIG_TAG
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.errors import NotFound
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.reading import private_items
from mrd_desktop.record.redaction import (
    Erased,
    InForce,
    LinkGoneAlready,
    NoCause,
    NothingToRedact,
    destroy_link,
    has_link,
    may_redact,
    redact,
    redactable,
)
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.vault import accounts, users
from mrd_desktop.vault.database import Database
from mrd_desktop.vault.errors import (
    DiskFull,
    LinkGone,
    NoSecondPerson,
    PermissionDenied,
    WrongPassword,
)
from mrd_desktop.vault.schema import setting
from mrd_desktop.vault.session import COMPACT_SETTING, Session
from tests.clinic import Clinic, password_of
from tests.record.test_entry import TYPO, form, key

PLACE = "01-001/SCR/IC/ICVER"
SLIP = "Synthia Name 4711"
PAGE, RESERVED = 4096, 80


@pytest.fixture
def slipped(charted: Clinic) -> Clinic:
    """A site where a name was typed in a coded field, and corrected."""
    with charted.open() as session:
        for words in (SLIP, "V1.0"):
            entry = Casebook(session).open(key(session, PLACE).form)
            entry.type(key(session, PLACE), words)
            entry.save(complete=True, reason=TYPO)
    return charted


def slip(session: Session) -> int:
    """The record that holds it."""
    held = redactable(session, key(session, PLACE))
    found = [r.seq for r in held if SLIP in str(r.answer)]
    assert len(found) == 1
    return found[0]


def by_two(
    session: Session,
    *seqs: int,
    place: str = PLACE,
    cause: str = "IDENTITY",
    second: str = "admin",
    password: str = "",
    words_only: bool = False,
) -> Erased:
    return redact(
        session, key(session, place), seqs, cause, password_of(session.user),
        second=second, second_password=password or password_of(second),
        words=seqs if words_only else (),
    )  # fmt: skip


def unlink(session: Session, subject: str = "01-001", second: str = "admin") -> Erased:
    return destroy_link(
        session, subject, "WITHDRAWN", password_of(session.user),
        second=second, second_password=password_of(second),
    )  # fmt: skip


def pages(session: Session) -> bytes:
    """Every byte of the database file and its log, decrypted page by page with the raw key."""
    key_, _ = session.with_keys()
    data, log = session.folder.data, session.folder.data.with_name("data.mrd-wal")
    frames = log.read_bytes()[32:] if log.exists() else b""
    sheets = [(data.read_bytes()[n : n + PAGE]) for n in range(0, data.stat().st_size, PAGE)]
    sheets += [frames[n + 24 : n + 24 + PAGE] for n in range(0, len(frames), PAGE + 24)]
    plain = []
    for number, sheet in enumerate(sheets):
        body = sheet[16 if number == 0 else 0 : PAGE - RESERVED]
        turn = Cipher(AES(key_), CBC(sheet[PAGE - RESERVED : PAGE - RESERVED + 16])).decryptor()
        plain.append(turn.update(body) + turn.finalize())
    return b"".join(plain)


def sound(session: Session) -> bool:
    """Whether everything verifies, and the tables agree with the records."""
    with session.reading() as conn:
        agreeing = list(projection.differences(conn)) == []
    return agreeing and all(c.ok is not False for c in verify_folder(session))


def test_what_two_people_redact_is_gone_from_the_file_and_the_chain_holds(slipped: Clinic) -> None:
    with slipped.open("inv") as session:
        seq, before = slip(session), session.head()
        assert SLIP.encode() in pages(session)
        done = by_two(session, seq)
        assert (done.records, done.compacted) == (1, True)
        assert SLIP.encode() not in pages(session)
        with session.reading() as conn:
            gone = store.record(conn, before.chain, seq)
            last = store.record(conn, before.chain, before.seq)
        assert gone.opening is None
        assert last.digest == before.digest
        assert sound(session)
        with pytest.raises(NothingToRedact):
            by_two(session, seq)


def test_the_history_shows_who_wrote_what_is_gone_and_what_stood_before(slipped: Clinic) -> None:
    with slipped.open("inv") as session:
        before = Casebook(session).history(key(session, PLACE))
        by_two(session, slip(session))
        after = Casebook(session).history(key(session, PLACE))
    assert [v.redacted for v in after] == [None, "IDENTITY", None]
    assert [(v.seq, v.at, v.user) for v in after] == [(v.seq, v.at, v.user) for v in before]
    assert after[1].answer is None
    assert [after[0], after[2]] == [before[0], before[2]]


def test_one_statement_is_signed_by_both(slipped: Clinic) -> None:
    with slipped.open("inv") as session:
        done = by_two(session, slip(session))
        with session.reading() as conn:
            body = dict(store.record(conn, session.folder.chain, done.seq).body)
            known = {a.user: a.key for a in accounts.accounts(conn)}
    signed = body.pop("signed")
    assert isinstance(signed, list)
    assert [s["user"] for s in signed if isinstance(s, dict)] == ["inv", "admin"]
    for one in signed:
        assert isinstance(one, dict)
        public = PublicKey.from_base64(known[str(one["user"])])
        assert public.verify(base64.b64decode(str(one["signature"])), SIG_TAG + dumps(body))


def test_the_value_in_force_is_corrected_first(slipped: Clinic) -> None:
    with slipped.open("inv") as session:
        held = redactable(session, key(session, PLACE))
        assert [r.in_force for r in held] == [False, False, True]
        head = session.head()
        with pytest.raises(InForce):
            by_two(session, slip(session), held[-1].seq)
        assert session.head() == head


@pytest.mark.parametrize("second", ["inv", "crc", "cra", "aud", "nobody", "?"])
def test_nobody_is_the_second_person_but_another_who_manages_users(
    slipped: Clinic, second: str
) -> None:
    with slipped.open("inv") as session:
        head = session.head()
        with pytest.raises(NoSecondPerson):
            by_two(session, slip(session), second=second)
        with pytest.raises(NoSecondPerson):
            unlink(session, second=second)
        assert session.head() == head


def test_the_second_person_gives_the_own_password(slipped: Clinic) -> None:
    with slipped.open("inv") as session:
        head = session.head()
        with pytest.raises(WrongPassword):
            by_two(session, slip(session), password=password_of("inv"))
        assert session.head() == head


def test_a_closed_account_confirms_nothing(slipped: Clinic) -> None:
    with slipped.open("admin") as session:
        users.add_user(session, "adm2", "siteadmin", password=password_of("adm2"))
        users.close_user(session, "adm2", "left")
    with slipped.open("inv") as session, pytest.raises(NoSecondPerson):
        by_two(session, slip(session), second="adm2")


@pytest.mark.parametrize("user", ["crc", "cra", "aud", "admin"])
def test_only_the_investigator_asks(slipped: Clinic, user: str) -> None:
    with slipped.open(user) as session:
        assert not may_redact(session)
        for act in (
            lambda: redactable(session, key(session, PLACE)),
            lambda: by_two(session, 1, second="inv"),
            lambda: unlink(session, second="inv"),
        ):
            with pytest.raises(PermissionDenied):
                act()


def test_a_cause_of_the_list_and_a_record_of_the_place_are_needed(slipped: Clinic) -> None:
    with slipped.open("inv") as session:
        head = session.head()
        with pytest.raises(NoCause):
            by_two(session, slip(session), cause="because")
        with pytest.raises(NothingToRedact):
            by_two(session)
        for seq in (0, 1, head.seq, head.seq + 1):
            with pytest.raises((NothingToRedact, InForce)):
                by_two(session, seq)
        with pytest.raises(NothingToRedact):
            by_two(session, slip(session), place="01-001/SCR/IC/ICSTAFF")
        assert session.head() == head


def test_a_note_is_redacted(slipped: Clinic) -> None:
    with slipped.open("inv") as session:
        where = key(session, PLACE)
        Notes(session).add(where, f"spoke to the son of {SLIP[:7]} twice")
        (note,) = [r for r in redactable(session, where) if r.words]
        by_two(session, note.seq)
        assert where not in Notes(session).of_form(where.form)
        assert b"spoke to the son" not in pages(session)
        assert sound(session)


def test_a_destroyed_link_leaves_coded_data_and_the_chain(slipped: Clinic) -> None:
    with slipped.open("inv") as session:
        before = session.head()
        with session.reading() as conn:
            assert session.box is not None
            names = {str(v.answer) for v in private_items(conn, "01-001", session.box).values()}
            assert names
            coded = conn.execute(text("SELECT count(*) FROM p_item")).scalar()
        assert has_link(session, "01-001")
        done = unlink(session)
        assert done.records >= len(names)
        assert done.compacted
        assert not has_link(session, "01-001")
        with session.reading() as conn:
            assert private_items(conn, "01-001", session.box) == {}
            assert conn.execute(text("SELECT count(*) FROM p_item")).scalar() == coded
            kept = conn.execute(text("SELECT wrapped FROM vault_key WHERE subject = '01-001'"))
            assert kept.scalar() == b""
            assert store.record(conn, before.chain, before.seq).digest == before.digest
        assert sound(session)
        with pytest.raises(LinkGoneAlready):
            unlink(session)
        with pytest.raises(NotFound):
            unlink(session, "01-999")
    with slipped.open("crc") as session:
        entry = Casebook(session).open(form(session, "01-001/SCR/ID"))
        entry.type(key(session, "01-001/SCR/ID/PATNAME"), "合成甲")
        with pytest.raises(LinkGone):
            entry.save(complete=False, reason=TYPO)


def test_typing_of_identity_goes_with_the_link(slipped: Clinic) -> None:
    with slipped.open("crc") as session:
        entry = Casebook(session).open(form(session, "01-001/SCR/ID"))
        entry.type(key(session, "01-001/SCR/ID/PATNAME"), "合成乙")
        entry.keep_draft()
    with slipped.open("inv") as session:
        unlink(session)
        with session.reading() as conn:
            left = conn.execute(text("SELECT address FROM draft")).scalars().all()
        assert not [a for a in left if "/ID#" in a]


def test_a_file_that_could_not_be_compacted_is_compacted_at_the_next_sign_in(
    slipped: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Database) -> None:
        raise DiskFull

    with slipped.open("inv") as session, monkeypatch.context() as patch:
        patch.setattr(Database, "compact", full)
        assert not by_two(session, slip(session)).compacted
    with slipped.open("aud") as session:
        assert SLIP.encode() not in pages(session)
        with session.reading() as conn:
            assert not setting(conn, COMPACT_SETTING)
