"""Append, adopt, release later, erase: what a ledger file takes and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.chain import genesis
from mrd_desktop.ledger.errors import ForkError, GapError, LedgerError, SealBroken
from mrd_desktop.ledger.ids import new_chain_id
from mrd_desktop.ledger.record import BROKEN, Entry, Kind, Opening, Record, RecordClass
from mrd_desktop.ledger.verify import verify_records
from tests.ledger.kit import DRIVERS, Site, database, item, name, redaction


@pytest.fixture(params=DRIVERS, ids=lambda d: d.__name__)
def conn(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """An empty ledger."""
    with database(request.param) as conn:
        yield conn


@pytest.fixture
def site(conn: Connection) -> Site:
    """A begun chain."""
    return Site(conn)


@pytest.fixture
def other() -> Iterator[Connection]:
    """The sponsor's file."""
    with database() as conn:
        yield conn


def released(site: Site) -> list[Record]:
    """What a sponsor may see: coded openings."""
    return [
        r if r.header.cls is RecordClass.CODED else r.without_opening()
        for r in site.records(private=False)
    ]


def test_what_is_appended_is_read(site: Site) -> None:
    made = site.write(item("1"), name(), Entry(Kind.NOTE_ADDED, RecordClass.SITE, {"text": "甲"}))
    read = site.records()
    assert tuple(read[3:]) == made
    assert [r.kind for r in made] == [Kind.ITEM_SET, Kind.ITEM_SET, Kind.NOTE_ADDED]
    assert store.head(site.conn, site.chain).digest == made[-1].digest
    assert store.head(site.conn, site.chain).txn == 2
    assert store.chains(site.conn) == (site.chain,)


def test_part_of_a_chain_is_read(site: Site) -> None:
    for n in range(5):
        site.write(item(str(n)))
    some = store.records(site.conn, site.chain, after=3, upto=6)
    assert [r.header.seq for r in some] == [4, 5, 6]
    assert store.record(site.conn, site.chain, 5).body["value"] == "1"
    with pytest.raises(LedgerError):
        store.record(site.conn, site.chain, 99)
    assert list(store.records(site.conn, new_chain_id())) == []


def test_reading_goes_page_by_page_while_others_write(site: Site) -> None:
    for _ in range(110):
        site.write(*[item()] * 20)
    reading = store.records(site.conn, site.chain)
    first = next(reading)
    site.write(item("late"))
    rest = list(reading)
    assert [first.header.seq, *(r.header.seq for r in rest)] == list(range(1, 2205))


def test_a_chain_begins_with_its_creation(conn: Connection, site: Site) -> None:
    chain = new_chain_id()
    assert store.head(conn, chain) == genesis(chain)
    for entries in ([item()], []):
        with pytest.raises(LedgerError):
            store.append(conn, chain, entries, site.session, site.at, None)
    assert chain not in store.chains(conn)


def test_time_never_runs_backwards(site: Site) -> None:
    before = site.records()
    site.at = "2026-03-16T08:15:30.122Z"
    with pytest.raises(LedgerError):
        site.write(item())
    assert site.records() == before
    site.at = "2026-03-16T08:15:30.123Z"
    site.write(item())


def test_private_content_needs_the_box_and_stands_sealed(site: Site) -> None:
    with pytest.raises(LedgerError):
        store.append(site.conn, site.chain, [name()], site.session, site.at, None)
    assert len(site.records()) == 3
    site.write(name())
    assert site.records(private=False)[3].opening is None
    assert site.records()[3].body["value"] == "测试甲"
    rows = site.conn.exec_driver_sql("SELECT sealed FROM ledger_private").all()
    assert len(rows) == 1
    assert "测试甲".encode() not in rows[0][0]
    assert site.conn.exec_driver_sql("SELECT * FROM ledger_opening WHERE seq = 4").all() == []


def test_private_records_of_one_owner(site: Site) -> None:
    site.write(name("01-001"), name("01-002"), item(), name("01-001"))
    found = list(store.private_records(site.conn, "01-001", site.box))
    assert [r.header.seq for r in found] == [4, 7]
    assert store.owned(site.conn, site.chain, "01-001") == (4, 7)
    site.box.destroyed.add("01-001")
    assert list(store.private_records(site.conn, "01-001", site.box)) == []
    assert site.records()[3].opening is None


def test_an_altered_seal_is_named(site: Site) -> None:
    site.write(name())
    site.conn.exec_driver_sql("DROP TRIGGER ledger_private_update")
    site.conn.exec_driver_sql("UPDATE ledger_private SET sealed = CAST(sealed || x'00' AS BLOB)")
    assert site.records()[3].opening is BROKEN
    with pytest.raises(SealBroken):
        list(store.private_records(site.conn, "01-002", site.box))
    check = verify_records(site.records(), site.chain, True).check("private")
    assert (check.ok, check.seq) == (False, 4)


def test_a_seal_is_bound_to_its_place(site: Site) -> None:
    site.write(name(), name())
    site.conn.exec_driver_sql("DROP TRIGGER ledger_private_update")
    site.conn.exec_driver_sql(
        "UPDATE ledger_private SET sealed = (SELECT p.sealed FROM ledger_private p WHERE p.seq = 4)"
    )
    assert [r.opening is BROKEN for r in site.records()[3:]] == [False, True]


def test_adopted_records_are_the_same_bytes(site: Site, other: Connection) -> None:
    site.write(item(), name())
    sent = released(site)
    adopted = store.adopt(other, site.chain, sent)
    assert (adopted.records, adopted.openings) == (5, 4)
    assert list(store.records(other, site.chain)) == sent
    assert store.head(other, site.chain) == store.head(site.conn, site.chain)


def test_an_overlap_must_be_equal(site: Site, other: Connection) -> None:
    store.adopt(other, site.chain, released(site))
    site.write(item(), item())
    again = store.adopt(other, site.chain, released(site))
    assert (again.records, again.openings) == (2, 2)
    assert store.adopt(other, site.chain, released(site)) == store.Adopted(0, 0)
    unsigned = [*released(site)]
    unsigned[4] = Record(unsigned[4].header_bytes, bytes(64), unsigned[4].opening)
    with pytest.raises(ForkError):
        store.adopt(other, site.chain, unsigned)


def test_a_gap_is_refused_and_named(site: Site, other: Connection) -> None:
    site.write(item(), item())
    sent = released(site)
    with pytest.raises(GapError, match="record 1 "):
        store.adopt(other, site.chain, sent[1:])
    with pytest.raises(GapError, match="record 4 "):
        store.adopt(other, site.chain, [*sent[:3], sent[4]])


def test_a_branch_is_refused(site: Site, other: Connection) -> None:
    with database() as copy:
        store.adopt(copy, site.chain, site.records(private=False))
        site.write(item("here"))
        store.append(copy, site.chain, [item("there")], site.session, site.at, None)
        store.append(copy, site.chain, [item("more")], site.session, site.at, None)
        branch = list(store.records(copy, site.chain))
    store.adopt(other, site.chain, released(site))
    with pytest.raises(ForkError):
        store.adopt(other, site.chain, branch)
    with pytest.raises(ForkError):
        store.adopt(other, site.chain, branch[4:])


def test_foreign_and_unfinished_records_are_refused(site: Site, other: Connection) -> None:
    site.write(item(), item())
    sent = released(site)
    with pytest.raises(LedgerError, match="belongs to chain"):
        store.adopt(other, new_chain_id(), sent)
    with pytest.raises(LedgerError, match="inside a transaction"):
        store.adopt(other, site.chain, sent[:4])


def test_openings_must_match_and_private_ones_never_travel(site: Site, other: Connection) -> None:
    site.write(name())
    with pytest.raises(LedgerError, match="private"):
        store.adopt(other, site.chain, site.records())
    sent = released(site)
    opening = sent[0].opening
    assert opening is not None
    for wrong in (
        Opening(bytes(32), opening.payload),
        Opening(opening.salt + opening.payload[:1], opening.payload[1:]),
    ):
        with pytest.raises(LedgerError, match="commitment"):
            store.adopt(other, site.chain, [Record(sent[0].header_bytes, None, wrong), *sent[1:]])


def test_openings_released_later(site: Site, other: Connection) -> None:
    site.write(item("1"), item("2"), name())
    sent = released(site)
    store.adopt(other, site.chain, [r.without_opening() for r in sent])
    first, second, secret = sent[3].opening, sent[4].opening, site.records()[5].opening
    assert first is not None
    assert second is not None
    assert secret is not None
    assert store.open_later(other, site.chain, 4, first)
    assert not store.open_later(other, site.chain, 4, first)
    with pytest.raises(LedgerError):
        store.open_later(other, site.chain, 5, first)
    with pytest.raises(LedgerError):
        store.open_later(other, site.chain, 6, secret)
    with pytest.raises(LedgerError):
        store.open_later(other, site.chain, 99, first)
    assert store.adopt(other, site.chain, sent).openings == 4
    assert store.record(other, site.chain, 5).opening == second


def test_a_redaction_erases_here_and_at_the_sponsor(site: Site, other: Connection) -> None:
    site.write(item("typed by mistake"), name(), item("2"))
    store.adopt(other, site.chain, released(site))
    before = store.head(site.conn, site.chain)
    opening = site.records()[3].opening
    site.write(redaction(4, 5))
    assert store.record(site.conn, site.chain, 4).opening is None
    assert store.record(site.conn, site.chain, 5, site.box).opening is None
    assert store.record(site.conn, site.chain, 6).opening is not None
    assert store.redacted(site.conn, site.chain) == {4, 5}
    assert [*store.records(site.conn, site.chain)][before.seq - 1].digest == before.digest
    store.adopt(other, site.chain, released(site))
    assert store.record(other, site.chain, 4).opening is None
    assert opening is not None
    assert not store.open_later(other, site.chain, 4, opening)
    assert store.adopt(other, site.chain, released(site)) == store.Adopted(0, 0)


def test_an_old_copy_does_not_bring_erased_content_back(site: Site, other: Connection) -> None:
    site.write(item("typed by mistake"))
    old = released(site)
    site.write(redaction(4))
    store.adopt(other, site.chain, released(site))
    assert store.adopt(other, site.chain, old).openings == 0
    assert store.record(other, site.chain, 4).opening is None


@pytest.mark.parametrize("seqs", [(1,), (2,), (3,), (5,), (99,), (0,)])
def test_what_signatures_need_and_what_is_not_before_is_not_erased(
    site: Site, seqs: tuple[int, ...]
) -> None:
    site.write(item())
    site.conn.exec_driver_sql("SAVEPOINT s")
    with pytest.raises(LedgerError):
        site.write(redaction(*seqs))
    site.conn.exec_driver_sql("ROLLBACK TO s")
    assert len(site.records()) == 4


def test_what_comes_later_is_not_erased(site: Site) -> None:
    site.write(redaction(5, kind=Kind.SUBJECT_WITHHELD))
    site.write(item())
    with pytest.raises(LedgerError, match="not before it"):
        store.erase(site.conn, site.chain, 4)


def test_other_records_erase_nothing(site: Site) -> None:
    site.write(item(), Entry(Kind.NOTE_ADDED, RecordClass.CODED, {"seqs": [4]}))
    for by in (4, 5):
        with pytest.raises(LedgerError):
            store.erase(site.conn, site.chain, by)


@pytest.mark.parametrize("kind", [Kind.SUBJECT_WITHHELD, Kind.LINK_DESTROYED])
def test_other_erasures_wait_for_their_caller(site: Site, kind: Kind) -> None:
    site.write(name(), name())
    site.write(redaction(4, 5, kind=kind))
    assert site.conn.exec_driver_sql("SELECT count(*) FROM ledger_private").scalar() == 2
    assert store.erase(site.conn, site.chain, 6) == 2
    assert store.erase(site.conn, site.chain, 6) == 0
    assert site.conn.exec_driver_sql("SELECT count(*) FROM ledger_private").scalar() == 0


def test_a_destroyed_link_takes_nothing_along_that_is_not_private(site: Site) -> None:
    site.write(item(), name())
    site.write(redaction(4, 5, kind=Kind.LINK_DESTROYED))
    with pytest.raises(LedgerError, match="leads to no person"):
        store.erase(site.conn, site.chain, 6)
    assert site.records()[3].opening is not None


def test_sealed_rows_move_between_files_of_one_vault(site: Site, other: Connection) -> None:
    site.write(item(), name(), name())
    site.write(redaction(6))
    rows = list(store.sealed(site.conn, site.chain))
    assert [row.seq for row in rows] == [5]
    store.adopt(other, site.chain, released(site))
    assert store.adopt_sealed(other, site.chain, rows) == 1
    assert store.adopt_sealed(other, site.chain, rows) == 0
    assert verify_records(store.records(other, site.chain, box=site.box), site.chain, True).ok
    with pytest.raises(LedgerError):
        store.adopt_sealed(other, site.chain, [store.Sealed(4, "01-002", b"")])
    assert store.adopt_sealed(other, site.chain, [store.Sealed(6, "01-002", b"")]) == 0


def test_two_chains_live_beside_each_other(conn: Connection, site: Site) -> None:
    second = Site(conn)
    second.write(item("2"))
    site.write(item("1"))
    assert store.chains(conn) == (site.chain, second.chain)
    for one in (site, second):
        assert verify_records(one.records(), one.chain, True).ok
