"""The walk finds every alteration it can find, and says honestly what it cannot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.certificates import key_enrolled, key_rotated
from mrd_desktop.ledger.errors import CanonicalError, LedgerError
from mrd_desktop.ledger.ids import new_chain_id
from mrd_desktop.ledger.keys import WEAK_KEYS, SigningKey, to_base64
from mrd_desktop.ledger.record import Entry, Kind, Opening, Record, RecordClass
from mrd_desktop.ledger.verify import Verdict, Watermark, verify_records
from mrd_desktop.texts import Language
from tests.ledger.kit import (
    AT,
    Forger,
    SessionKey,
    Site,
    User,
    database,
    esignature,
    item,
    name,
    redaction,
)

LATER = "2026-03-16T09:00:00.000Z"
CLOSED = Entry(Kind.USER_CLOSED, RecordClass.CODED, {"user": "a"})
SIGNED_OUT = Entry(Kind.SESSION_CLOSED, RecordClass.CODED, {})


@pytest.fixture
def conn() -> Iterator[Connection]:
    """An empty ledger."""
    with database() as conn:
        yield conn


@pytest.fixture
def site(conn: Connection) -> Site:
    """A begun chain of three records."""
    return Site(conn)


def walk(site: Site, *, private: bool = True) -> Verdict:
    return verify_records(site.records(private=private), site.chain, private)


def failed(verdict: Verdict) -> dict[str, int | None]:
    return {c.name: c.seq for c in verdict.checks if c.ok is False}


def small() -> tuple[str, list[Record]]:
    """A chain with coded, site and private records and an e-signature, all opened."""
    with database() as conn:
        site = Site(conn)
        site.write(item("1"), name(), Entry(Kind.NOTE_ADDED, RecordClass.SITE, {"text": "甲"}))
        site.write(esignature(site.user))
        return site.chain, site.records()


CHAIN, SMALL = small()


def test_a_sound_chain() -> None:
    verdict = verify_records(SMALL, CHAIN, True)
    assert verdict.ok
    assert [(c.name, c.ok) for c in verdict.checks] == [
        ("chain", True), ("commitments", True), ("signatures", True), ("private", True),
    ]  # fmt: skip
    assert (verdict.records, verdict.head.seq, verdict.missing) == (7, 7, 0)
    assert verdict.head.digest == SMALL[-1].digest


@given(st.data())
def test_any_altered_byte_is_found(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(SMALL) - 1))
    record = SMALL[n]
    assert record.opening is not None
    parts = [record.header_bytes, record.signature or b"", *record.opening]
    which = data.draw(st.sampled_from([i for i, part in enumerate(parts) if part]))
    at = data.draw(st.integers(0, len(parts[which]) - 1))
    flip = data.draw(st.integers(1, 255))
    altered = bytearray(parts[which])
    altered[at] ^= flip
    parts[which] = bytes(altered)
    changed = Record(parts[0], parts[1] or None, Opening(parts[2], parts[3]))
    records = [*SMALL[:n], changed, *SMALL[n + 1 :]]
    verdict = verify_records(records, CHAIN, True)
    assert not verdict.ok
    assert verdict.watermark is None
    assert any(c.seq is not None and c.seq in (n + 1, n + 2, 7) for c in verdict.checks)


@pytest.mark.parametrize("n", range(len(SMALL)))
def test_a_record_left_out_doubled_or_moved_is_found(n: int) -> None:
    rest = [*SMALL[:n], *SMALL[n + 1 :]]
    if n == len(SMALL) - 1:
        # The last transaction cut off whole: no walk can know. Heads outside can (docs/ledger.md).
        assert verify_records(rest, CHAIN, True).ok
    else:
        assert failed(verify_records(rest, CHAIN, True))["chain"] == n + 2
    twice = [*SMALL[: n + 1], *SMALL[n:]]
    assert failed(verify_records(twice, CHAIN, True))["chain"] == n + 1
    moved = [*rest, SMALL[n]]
    assert n == len(SMALL) - 1 or not verify_records(moved, CHAIN, True).ok


def test_a_salt_is_not_moved_into_the_payload() -> None:
    opening = SMALL[3].opening
    assert opening is not None
    salt, payload = opening
    shifted = Opening(salt[:31], salt[31:] + payload)
    assert shifted.commitment() == SMALL[3].header.c
    records = [*SMALL[:3], Record(SMALL[3].header_bytes, None, shifted), *SMALL[4:]]
    assert failed(verify_records(records, CHAIN, True))["commitments"] == 4


def test_a_salt_of_another_length() -> None:
    for length in (0, 31, 33):
        forger = begun()
        forger.add(item(), salt=bytes(length))
        assert judge(forger) == {"commitments": 4}


def test_a_chain_that_stops_inside_a_transaction() -> None:
    assert failed(verify_records(SMALL[:4], CHAIN, True)) == {"chain": 4}


def test_an_empty_chain_and_another_chain() -> None:
    assert failed(verify_records([], CHAIN, False)) == {"chain": 1}
    assert failed(verify_records(SMALL, new_chain_id(), True))["chain"] == 1


def test_a_source_that_breaks_off_is_told_and_not_raised() -> None:
    def source() -> Iterator[Record]:
        yield from SMALL[:3]
        raise LedgerError("the page is torn")

    assert failed(verify_records(source(), CHAIN, True)) == {"chain": 4}


def test_the_detail_names_the_record_in_both_languages() -> None:
    check = verify_records(SMALL[:4], CHAIN, True).check("chain")
    assert "record 4" in check.detail.say(Language.EN)
    assert "记录 4" in check.detail.say(Language.ZH)
    assert check.seq == 4


def test_without_the_vault_key_private_is_not_judged(site: Site) -> None:
    site.write(name())
    verdict = walk(site, private=False)
    assert verdict.ok
    assert verdict.check("private").ok is None


# --- openings that are not there ---------------------------------------------------------


@pytest.mark.parametrize(("entry", "check"), [(item(), "commitments"), (name(), "private")])
def test_a_lost_opening_is_named_unless_it_was_redacted(
    site: Site, entry: Entry, check: str
) -> None:
    site.write(entry)
    site.write(item())
    lost = site.records()
    lost[3] = lost[3].without_opening()
    assert failed(verify_records(lost, site.chain, True)) == {check: 4}
    site.write(redaction(4))
    assert walk(site).ok
    assert walk(site).missing == 1


def test_a_redaction_excuses_only_what_stands_before_it(site: Site) -> None:
    site.write(item())
    site.write(redaction(4))
    site.write(item())
    records = site.records()
    forged = Forger(store.head(site.conn, site.chain), site.session)
    forged.add(redaction(6, 8, 9))
    forged.add(item())
    cut = [r if r.header.seq not in (6, 8) else r.without_opening() for r in records]
    tail = [forged.records[0], forged.records[1].without_opening()]
    assert failed(verify_records([*cut, *tail], site.chain, True)) == {"commitments": 8}


def test_a_subject_withheld_excuses_nothing_at_the_site(site: Site) -> None:
    site.write(item())
    site.write(redaction(4, kind=Kind.SUBJECT_WITHHELD))
    records = site.records()
    records[3] = records[3].without_opening()
    assert failed(verify_records(records, site.chain, True)) == {"commitments": 4}
    assert verify_records(records, site.chain, False, complete=False).ok


def test_a_destroyed_link_is_legal_where_it_was_recorded(site: Site) -> None:
    site.write(name(), name("01-003"))
    site.box.destroyed.add("01-002")
    assert failed(walk(site)) == {"private": 4}
    seqs = store.owned(site.conn, site.chain, "01-002")
    site.write(redaction(*seqs, kind=Kind.LINK_DESTROYED))
    assert walk(site).ok


def test_a_destroyed_link_excuses_no_coded_content(site: Site) -> None:
    site.write(item())
    site.write(redaction(4, kind=Kind.LINK_DESTROYED))
    records = site.records()
    records[3] = records[3].without_opening()
    assert failed(verify_records(records, site.chain, True)) == {"commitments": 4}


def test_a_sponsor_judges_what_was_released() -> None:
    released = [r if r.header.seq not in (5, 6) else r.without_opening() for r in SMALL]
    assert verify_records(released, CHAIN, False, complete=False).ok
    assert failed(verify_records(released, CHAIN, False)) == {"commitments": 6}
    blind = [r.without_opening() for r in SMALL]
    assert failed(verify_records(blind, CHAIN, False, complete=False)) == {"signatures": 3}


# --- who may sign ----------------------------------------------------------------------------


def begun(*, user: User | None = None, session: SessionKey | None = None) -> Forger:
    """A chain of three records, open for forgery."""
    who = user or User("a")
    signer = session or SessionKey(who)
    forger = Forger.fresh(new_chain_id(), signer)
    forger.add(Entry(Kind.CHAIN_CREATED, RecordClass.CODED, {}), end=False)
    forger.add(key_enrolled(forger.head.chain, who.name, who.key), end=False)
    forger.add(signer.opened(forger.head.chain))
    return forger


def judge(forger: Forger) -> dict[str, int | None]:
    return failed(verify_records(forger.records, forger.head.chain, True))


def test_the_forger_can_write_a_sound_chain() -> None:
    forger = begun()
    forger.add(item())
    assert judge(forger) == {}


def test_attack_1_edited_and_nothing_rebuilt() -> None:
    opening = SMALL[3].opening
    assert opening is not None
    edited = opening.payload.replace(b'"value":"1"', b'"value":"2"')
    assert edited != opening.payload
    record = Record(SMALL[3].header_bytes, None, Opening(opening.salt, edited))
    assert failed(verify_records([*SMALL[:3], record, *SMALL[4:]], CHAIN, True)) == {
        "commitments": 4
    }


def test_attack_2_an_own_old_record_edited_under_others_signatures() -> None:
    """The later record of another user witnesses what went before."""
    mine, yours = User("a"), User("b")
    session, witness = SessionKey(mine), SessionKey(yours)

    def write(value: str) -> Forger:
        forger = begun(user=mine, session=session)
        forger.add(key_enrolled(forger.head.chain, "b", yours.key))
        forger.add(item(value))
        forger.session = witness
        forger.add(witness.opened(forger.head.chain))
        return forger

    honest = write("1")
    assert judge(honest) == {}
    chain = honest.head.chain
    forged = Forger.fresh(chain, session)
    for old in honest.records[:4]:
        assert old.opening is not None
        forged.add(old.opening.payload, end=old.header.end, salt=old.opening.salt, at=old.header.at)
    forged.add(item("2"))
    last = honest.records[-1]
    assert last.opening is not None
    forged.session = witness
    forged.add(last.opening.payload, salt=last.opening.salt, signed=False)
    forged.records[-1] = Record(forged.records[-1].header_bytes, last.signature, last.opening)
    assert failed(verify_records(forged.records, chain, True)) == {"signatures": 6}


def test_attack_4_and_6_are_not_found_after_the_last_outside_head() -> None:
    """The honest cells of the attack table."""
    forger = begun()
    forger.add(item("1"))
    cut = verify_records(forger.records[:-1], forger.head.chain, True)
    assert cut.ok
    again = Forger(cut.head, forger.session)
    again.add(item("2"))
    assert verify_records([*forger.records[:-1], *again.records], forger.head.chain, True).ok


def test_attack_8_back_dated() -> None:
    forger = begun()
    forger.add(item(), at=LATER)
    forger.add(item(), at=AT)
    assert judge(forger) == {"chain": 5}


def test_attack_9_in_another_users_name() -> None:
    forger = begun()
    forger.add(key_enrolled(forger.head.chain, "investigator", SigningKey.generate()))
    pretended = SessionKey(User("investigator"))
    forger.session = pretended
    forger.add(pretended.opened(forger.head.chain))
    assert judge(forger)["signatures"] == 5


@pytest.mark.parametrize("field", ["user", "at", "session_key", "user_key", "cert"])
def test_every_field_of_a_certificate_counts(field: str) -> None:
    forger = begun()
    other = SessionKey(User("b"))
    wrong = {
        "user": "b",
        "at": "2026-03-16T08:15:30.122Z",
        "session_key": other.key.public.to_base64(),
        "user_key": other.user.key.public.id,
        "cert": to_base64(bytes(64)),
    }
    second = SessionKey(forger.session.user)
    forger.session = second
    forger.add(second.opened(forger.head.chain, changed={field: wrong[field]}))
    assert judge(forger) == {"signatures": 4}


@pytest.mark.parametrize("field", ["user", "at", "session_key", "cert", "program"])
def test_an_incomplete_session_opens_nothing(field: str) -> None:
    forger = begun()
    forger.session = SessionKey(forger.session.user)
    forger.add(forger.session.opened(forger.head.chain, changed={field: None}))
    assert judge(forger) == {"signatures": 4}


def test_a_certificate_of_another_chain_or_a_later_time() -> None:
    for chain, at in ((new_chain_id(), AT), (None, LATER)):
        forger = begun()
        forger.session = SessionKey(forger.session.user)
        forger.add(forger.session.opened(chain or forger.head.chain, at))
        assert judge(forger) == {"signatures": 4}


def test_a_session_is_opened_once() -> None:
    forger = begun()
    forger.add(forger.session.opened(forger.head.chain))
    assert judge(forger) == {"signatures": 4}


def test_a_session_that_nobody_opened() -> None:
    forger = begun()
    forger.session = SessionKey(forger.session.user)
    forger.add(item())
    assert judge(forger) == {"signatures": 4}


def test_a_closed_session_signs_its_end_and_nothing_more() -> None:
    forger = begun()
    forger.add(SIGNED_OUT)
    assert judge(forger) == {}
    forger.add(item())
    assert judge(forger) == {"signatures": 5}


def test_a_closed_user_signs_nothing_more_and_gets_no_key() -> None:
    forger = begun()
    forger.add(CLOSED)
    assert judge(forger) == {}
    forger.add(item())
    assert judge(forger) == {"signatures": 5}
    forger = begun()
    forger.add(CLOSED, end=False)
    forger.add(key_enrolled(forger.head.chain, "a", SigningKey.generate()))
    assert judge(forger) == {"signatures": 5}


def test_a_second_key_needs_a_rotation() -> None:
    forger = begun()
    forger.add(key_enrolled(forger.head.chain, "a", SigningKey.generate()))
    assert judge(forger) == {"signatures": 4}


@pytest.mark.parametrize("consents", [True, False])
def test_a_rotation_closes_the_old_key_and_its_sessions(*, consents: bool) -> None:
    forger = begun()
    user = forger.session.user
    new = User("a")
    chain = forger.head.chain
    forger.add(
        key_rotated(
            chain, "a", user.key.public, new.key, reason="reset",
            consent=user.key if consents else None,
        )
    )  # fmt: skip
    assert judge(forger) == {}
    old_session, forger.session = forger.session, SessionKey(new)
    forger.add(forger.session.opened(chain))
    forger.add(item())
    assert judge(forger) == {}
    forger.session = old_session
    forger.add(item())
    assert judge(forger) == {"signatures": 7}


def test_rotations_that_do_not_hold() -> None:
    user, new, other = User("a"), SigningKey.generate(), SigningKey.generate()
    for user_name, old, consent in (
        ("a", other, None), ("a", user.key, other), ("b", user.key, None),
    ):  # fmt: skip
        forger = begun(user=user)
        forger.add(
            key_rotated(
                forger.head.chain, user_name, old.public, new, reason="reset", consent=consent
            )
        )
        assert judge(forger) == {"signatures": 4}


@pytest.mark.parametrize("raw", sorted(WEAK_KEYS), ids=lambda raw: raw.hex()[:12])
def test_weak_keys_neither_enrol_nor_open_sessions(raw: bytes) -> None:
    proof = to_base64((1).to_bytes(32, "little") + bytes(32))
    forger = begun()
    weak = {"user": "b", "key": to_base64(raw), "proof": proof}
    forger.add(Entry(Kind.KEY_ENROLLED, RecordClass.CODED, weak))
    assert judge(forger) == {"signatures": 4}
    forger = begun()
    forger.session = SessionKey(forger.session.user)
    forger.add(forger.session.opened(forger.head.chain, changed={"session_key": to_base64(raw)}))
    assert judge(forger) == {"signatures": 4}


@pytest.mark.parametrize("proof", [None, "", "!", to_base64(bytes(64))])
def test_a_key_without_proof_of_possession(proof: str | None) -> None:
    forger = begun()
    key = SigningKey.generate().public.to_base64()
    entry = Entry(Kind.KEY_ENROLLED, RecordClass.CODED, {"user": "b", "key": key, "proof": proof})
    forger.add(entry)
    assert judge(forger) == {"signatures": 4}


def test_a_proof_is_bound_to_chain_and_user() -> None:
    key = SigningKey.generate()
    for chain, user in ((new_chain_id(), "b"), (None, "c")):
        forger = begun()
        entry = key_enrolled(chain or forger.head.chain, user, key)
        forger.add(Entry(entry.kind, entry.cls, {**entry.payload, "user": "b"}))
        assert judge(forger) == {"signatures": 4}


@pytest.mark.parametrize("field", ["user", "meaning", "content", "key", "signature", "added"])
def test_every_field_of_an_esignature_counts(field: str) -> None:
    forger = begun()
    forger.add(esignature(forger.session.user))
    assert judge(forger) == {}
    forger.add(esignature(forger.session.user, {field: "b"}))
    assert judge(forger) == {"signatures": 5}


def test_an_esignature_is_by_the_signed_in_user() -> None:
    forger = begun()
    other = User("b")
    forger.add(key_enrolled(forger.head.chain, "b", other.key))
    forger.add(esignature(other))
    assert judge(forger) == {"signatures": 5}


def test_an_esignature_does_not_name_somebody_else() -> None:
    forger = begun()
    pretended = User("b", forger.session.user.key)
    forger.add(esignature(pretended))
    assert judge(forger) == {"signatures": 4}


def test_signatures_stand_exactly_at_the_end() -> None:
    forger = begun()
    forger.add(item(), signed=False)
    assert judge(forger) == {"signatures": 4}
    forger = begun()
    forger.add(item(), end=False, signed=True)
    forger.add(item())
    assert judge(forger) == {"signatures": 4}


# --- order ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"seq": 5}, {"seq": 3}, {"txn": 3}, {"txn": 1}, {"prev": "0" * 64},
        {"chain": "a" * 26}, {"at": "2026-03-16T08:15:30.122Z"},
        {"at": "2026-06-31T08:15:30.122Z"},
    ],
    ids=str,
)  # fmt: skip
def test_every_rule_of_the_chain(changed: dict[str, object]) -> None:
    forger = begun()
    chain = forger.head.chain
    forger.add(item(), **changed)  # type: ignore[arg-type]
    assert failed(verify_records(forger.records, chain, True)).keys() == {"chain"}


def test_a_transaction_stays_in_one_session_and_keeps_its_number() -> None:
    forger = begun()
    second = SessionKey(forger.session.user)
    first, forger.session = forger.session, second
    forger.add(second.opened(forger.head.chain))
    forger.add(item(), end=False)
    forger.session = first
    forger.add(item())
    assert judge(forger) == {"chain": 6}
    forger = begun()
    forger.add(item(), end=False)
    forger.add(item(), txn=3)
    assert judge(forger) == {"chain": 5}


def test_a_chain_begins_with_its_creation() -> None:
    user = User("a")
    forger = Forger.fresh(new_chain_id(), SessionKey(user))
    forger.add(key_enrolled(forger.head.chain, "a", user.key), end=False)
    forger.add(forger.session.opened(forger.head.chain))
    assert judge(forger) == {"chain": 1}


# --- versions and bytes ----------------------------------------------------------------------


def test_an_unknown_kind_names_the_program_that_reads_it() -> None:
    forger = begun()
    forger.add(dumps({"kind": "surgery.planned"}))
    verdict = verify_records(forger.records, forger.head.chain, True)
    assert failed(verdict) == {"chain": 4}
    told = verdict.check("chain").detail
    assert "surgery.planned" in told.en
    assert "9.9.9" in told.en
    assert "9.9.9" in told.zh


@pytest.mark.parametrize("changed", [{"v": 2}, {"suite": 2}])
def test_a_newer_major_is_named(changed: dict[str, int]) -> None:
    forger = begun()
    forger.add(item(), **changed)  # type: ignore[arg-type]
    verdict = verify_records(forger.records, forger.head.chain, True)
    assert failed(verdict) == {"chain": 4}
    assert "mrd-ledger/2" in verdict.check("chain").detail.en


@pytest.mark.parametrize(
    "payload",
    [
        b'{"kind": "item.set"}', b'{"kind":"item.set","a":1}',
        b'{"kind":"item.set","kind":"item.set"}',
        b'{"a":1.0,"kind":"item.set"}', b'{"a":9007199254740992,"kind":"item.set"}',
        b'{"a":-0,"kind":"item.set"}', b'{"a":"\\u0041","kind":"item.set"}',
        b'{"a":NaN,"kind":"item.set"}',
        b'{"a":"\xff","kind":"item.set"}', b"[]", b"", b'{"kind":"item.set"}\n',
    ],
)  # fmt: skip
def test_payloads_that_are_not_canonical(payload: bytes) -> None:
    forger = begun()
    forger.add(payload)
    assert failed(verify_records(forger.records, forger.head.chain, True)) == {"commitments": 4}


def test_a_header_written_otherwise() -> None:
    for old, new in ((b'{"at"', b'{ "at"'), (b'"seq":4', b'"seq":4.0')):
        forger = begun()
        raw = Forger(forger.head, forger.session).add(item()).header_bytes
        assert old in raw
        forger.add(item(), raw=raw.replace(old, new))
        assert failed(verify_records(forger.records, forger.head.chain, True))["chain"] == 4


# --- going on from a watermark -----------------------------------------------------------


def test_a_watermark_carries_on(site: Site) -> None:
    site.write(item())
    first = walk(site)
    assert first.watermark is not None
    mark = Watermark.from_bytes(first.watermark.to_bytes())
    assert mark == first.watermark
    site.write(item())
    second = SessionKey(site.user)
    site.write(second.opened(site.chain), by=second)
    rest = list(store.records(site.conn, site.chain, after=mark.head.seq, box=site.box))
    verdict = verify_records(rest, site.chain, True, start=mark)
    assert verdict.ok
    assert verdict.records == 2
    assert verdict.watermark == walk(site).watermark
    nothing = verify_records([], site.chain, True, start=mark)
    assert nothing.ok
    assert nothing.watermark == mark
    assert not verify_records(rest[1:], site.chain, True, start=mark).ok


def test_a_watermark_remembers_who_is_closed(site: Site) -> None:
    site.write(SIGNED_OUT)
    mark = walk(site).watermark
    assert mark is not None
    mark = Watermark.from_bytes(mark.to_bytes())
    forger = Forger(mark.head, site.session)
    forger.add(item())
    verdict = verify_records(forger.records, site.chain, True, start=mark)
    assert failed(verdict) == {"signatures": 5}
    again = Forger(mark.head, site.session)
    again.add(site.session.opened(site.chain))
    verdict = verify_records(again.records, site.chain, True, start=mark)
    assert failed(verdict) == {"signatures": 5}


def test_a_watermark_is_canonical() -> None:
    with pytest.raises(CanonicalError):
        Watermark.from_bytes(b"{ }")
