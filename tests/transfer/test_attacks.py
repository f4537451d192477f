"""What the trail can and cannot show: twelve attacks by six controls, on a real site file.

The attacker is the coordinator with the data key, own signing key and any tool, unless collusion
is named. Each attack is carried out on a copy of the database; each control is asked alone. What is
not detected is asserted as well: it is said in docs/security.md, and a change must be noticed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.certificates import session_certificate
from mrd_desktop.ledger.chain import genesis, transaction_statement
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.record import Header, Opening, Record
from mrd_desktop.ledger.verify import CHAIN, COMMITMENTS, SIGNATURES, verify_records
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.texts import Text
from mrd_desktop.transfer.checkpoint import Slip, Verdict, compare, take_slip
from mrd_desktop.vault import accounts
from mrd_desktop.vault.database import DATA_FILE, Database
from mrd_desktop.vault.keyring import open_slot
from mrd_desktop.vault.manifest import read_manifest
from tests.clinic import Clinic, password_of
from tests.transfer.route import CONSENT, fill

HASH, CODE, SIGNED, REPLAY, TIME, OUTSIDE = (
    "chain",
    "page code",
    "signatures",
    "replay",
    "time",
    "slip",
)
LEDGER = ("ledger_header", "ledger_opening")


@dataclass
class Site:
    """The site file, what the attacker holds of it, and the slip in the binder."""

    path: Path
    chain: str
    data_key: bytes
    keys: dict[str, SigningKey]
    slip: Slip
    older: Path

    def copy(self, to: Path) -> Site:
        shutil.copytree(self.path, to)
        return replace(self, path=to)


@pytest.fixture(scope="module")
def attacked(clinic_template: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Coordinator, investigator, coordinator; the slip; investigator; coordinator."""
    root = tmp_path_factory.mktemp("attacked")
    clinic = clinic_template.copy(root / "site")
    with clinic.open("crc") as crc:
        subject = Casebook(crc).create_subject()
        fill(crc, f"{subject}/SCR/IC", CONSENT)
        fill(
            crc,
            f"{subject}/SCR/VS",
            {"PERF": "Y", "VSDAT": "2027-06-02", "WEIGHT": "61.5"},
            complete=False,
        )
    shutil.copyfile(clinic.path / DATA_FILE, root / "older.mrd")
    with clinic.open("inv") as inv:
        fill(inv, f"{subject}/SCR/VS", {"HEIGHT": "160"}, complete=False)
    with clinic.open("crc") as crc:
        fill(crc, f"{subject}/SCR/VS", {"TEMP": "36.5"}, complete=False)
        slip = take_slip(crc)
    with clinic.open("inv") as inv:
        fill(inv, f"{subject}/SCR/VS", {"PULSE": "70"}, complete=False)
    with clinic.open("crc") as crc:
        fill(crc, f"{subject}/SCR/VS", {"SYSBP": "120"}, complete=False)
        fill(crc, f"{subject}/SCR/VS", {"DIABP": "80"}, complete=False)
    manifest = read_manifest(clinic.path)
    keys, data_key = {}, b""
    for user in ("crc", "inv"):
        ring = open_slot(manifest, manifest.slot_name(user), password_of(user))
        assert ring.sign is not None
        keys[user], data_key = ring.sign, ring.data[0]
    return Site(clinic.path, manifest.chain, data_key, keys, slip, root / "older.mrd")


# --- what the attacker does ---------------------------------------------------------------


@dataclass
class Row:
    """One record taken apart."""

    header: Header
    salt: bytes
    payload: dict[str, JSON]
    signature: bytes | None

    def says(self, item: str) -> bool:
        return str(self.payload.get("address", "")).endswith("/" + item) and (
            self.payload["kind"] == "item.set"
        )


class Attacker:
    """Writes the ledger anew: links, commitments and the signatures of the sessions it can sign."""

    def __init__(self, site: Site, *users: str) -> None:
        self.site = site
        self.users = users
        self.database = Database(site.path / DATA_FILE, site.data_key)
        with self.database.reading() as conn:
            self.rows = [_apart(r) for r in store.records(conn, site.chain)]
        self.session_user = {
            r.header.session: str(r.payload["user"])
            for r in self.rows
            if r.payload["kind"] == "session.opened"
        }
        self._fresh: dict[str, SigningKey] = {}

    def last(self, found: Callable[[Row], bool]) -> Row:
        return next(r for r in reversed(self.rows) if found(r))

    def of(self, user: str) -> list[Row]:
        """What a user wrote, the beginning by the administrator apart."""
        return [r for r in self.rows if self.session_user.get(r.header.session) == user]

    def cut(self, seq: int) -> None:
        """Cut the tail behind a transaction."""
        self.rows = [r for r in self.rows if r.header.seq <= seq]

    def rebuild(self, first: int) -> None:
        """Link and sign again from a record on, as far as the attacker's keys reach."""
        seq, digest, txn, ended = 0, genesis(self.site.chain).digest, 0, True
        for row in self.rows:
            seq, txn = seq + 1, txn + ended
            changed = row.header.seq >= first or row.header.seq != seq
            if changed:
                self._again(row, seq, txn, digest)
            ended = row.header.end
            digest = _record(row).digest
            if changed and ended and row.header.session in self._fresh:
                key = self._fresh[row.header.session]
                row.signature = key.sign(transaction_statement(digest))

    def _again(self, row: Row, seq: int, txn: int, digest: bytes) -> None:
        user = self.session_user.get(row.header.session, "")
        if row.payload["kind"] == "session.opened" and user in self.users:
            key = self._fresh[row.header.session] = SigningKey.generate()
            at = str(row.payload["at"])
            cert = session_certificate(
                self.site.keys[user], self.site.chain, row.header.session,
                session_key=key.public, user=user, at=at,
            )  # fmt: skip
            row.payload |= {"session_key": key.public.to_base64(), "cert": cert}
        c = Opening(row.salt, dumps(row.payload)).commitment()
        row.header = row.header._replace(seq=seq, txn=txn, prev=digest.hex(), c=c)

    def write(self, *, tables_too: bool = True) -> None:
        """Put the rows into the file, guards lifted and set again, projections folded again."""
        with self.database.writing() as conn:
            triggers = conn.exec_driver_sql(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            ).all()
            for name, _ in triggers:
                conn.exec_driver_sql(f"DROP TRIGGER {name}")
            for table in LEDGER:
                conn.exec_driver_sql(f"DELETE FROM {table}")
            for row in self.rows:
                made = _record(row)
                head = (1, row.header.seq, made.header_bytes, row.signature)
                conn.exec_driver_sql("INSERT INTO ledger_header VALUES (?, ?, ?, ?)", head)
                body = (1, row.header.seq, row.salt, dumps(row.payload))
                conn.exec_driver_sql("INSERT INTO ledger_opening VALUES (?, ?, ?, ?)", body)
            for _, sql in triggers:
                conn.exec_driver_sql(sql)
            if tables_too:
                accounts.rebuild(conn, self.site.chain)
                projection.rebuild(conn)
        self.database.close()


def _apart(record: Record) -> Row:
    assert record.opening is not None
    payload = loads(record.opening.payload)
    assert isinstance(payload, dict)
    return Row(record.header, record.opening.salt, payload, record.signature)


def _record(row: Row) -> Record:
    return Record(row.header.to_bytes(), row.signature, Opening(row.salt, dumps(row.payload)))


def _edited(row: Row, value: str) -> None:
    row.payload["value"] = value


def _since_sign_in(attacker: Attacker, row: Row) -> int:
    """Where rewriting has to begin: the sign-in under which a row was signed."""
    return next(
        r.header.seq
        for r in attacker.rows
        if r.header.session == row.header.session and r.payload["kind"] == "session.opened"
    )


def one_row(site: Site) -> None:
    """1: edit one row, nothing rebuilt."""
    attacker = Attacker(site)
    row = attacker.last(
        lambda r: r.payload["kind"] == "session.closed" and r.header.seq < site.slip.seq
    )
    row.header = row.header._replace(at=row.header.at[:-4] + "999Z")
    attacker.write(tables_too=False)


def old_row(site: Site) -> None:
    """2: edit an old own row that others' entries follow, rebuild, sign own rows again."""
    _rewritten(site, "WEIGHT", "crc")


def below(site: Site) -> None:
    """3: cut the tail below the slip."""
    attacker = Attacker(site)
    attacker.cut(attacker.last(lambda r: r.header.end and r.header.seq < site.slip.seq).header.seq)
    attacker.write()


def above(site: Site) -> None:
    """4: cut the tail above the slip."""
    attacker = Attacker(site)
    ends = [r.header.seq for r in attacker.rows if r.header.end and r.header.seq > site.slip.seq]
    attacker.cut(ends[0])
    attacker.write()


def older_copy(site: Site) -> None:
    """5: put back an old copy of the whole file."""
    shutil.copyfile(site.older, site.path / DATA_FILE)


def own_last(site: Site) -> None:
    """6: change an own last entry after the slip, sign again."""
    _rewritten(site, "DIABP", "crc")


def others_gone(site: Site) -> None:
    """7: drop all entries of the other user, rebuild, sign own rows again."""
    attacker = Attacker(site, "crc")
    first = attacker.of("inv")[0].header.seq
    theirs = {id(r) for r in attacker.of("inv")}
    attacker.rows = [r for r in attacker.rows if id(r) not in theirs]
    attacker.rebuild(first)
    attacker.write()


def back_dated(site: Site) -> None:
    """8: append a back-dated entry."""
    _appended(site, "crc", site.keys["crc"], earlier=True)


def in_another_name(site: Site) -> None:
    """9: append an entry in the investigator's name."""
    _appended(site, "inv", SigningKey.generate(), earlier=False)


def table_only(site: Site) -> None:
    """10: edit the data table, leave the trail."""
    database = Database(site.path / DATA_FILE, site.data_key)
    with database.writing() as conn:
        changed = conn.exec_driver_sql("UPDATE p_item SET value = '99' WHERE item = 'WEIGHT'")
        assert changed.rowcount == 1
    database.close()


def all_after(site: Site) -> None:
    """11: all users collude, edit after the slip."""
    _rewritten(site, "PULSE", "crc", "inv")


def all_before(site: Site) -> None:
    """12: all users collude, edit before the slip."""
    _rewritten(site, "WEIGHT", "crc", "inv")


def _rewritten(site: Site, item: str, *users: str) -> None:
    attacker = Attacker(site, *users)
    row = attacker.last(lambda r: r.says(item))
    _edited(row, "77")
    attacker.rebuild(_since_sign_in(attacker, row))
    attacker.write()


def _appended(site: Site, user: str, key: SigningKey, *, earlier: bool) -> None:
    attacker = Attacker(site, user)
    site.keys[user] = key
    model = attacker.last(
        lambda r: r.payload["kind"] == "session.opened" and r.payload["user"] == user
    )
    value = attacker.last(lambda r: r.says("WEIGHT"))
    at = attacker.rows[-1].header.at
    first = attacker.rows[-1].header.seq + 1
    session = "a" * len(model.header.session)
    attacker.session_user[session] = user
    opened = Row(
        model.header._replace(session=session, at=at, end=True, seq=0),
        model.salt, {**model.payload, "at": at}, None,
    )  # fmt: skip
    when = str(int(at[:4]) - 1) + at[4:] if earlier else at
    entry = Row(
        value.header._replace(session=session, at=when, end=True, seq=0),
        value.salt, {**value.payload, "value": "55"}, None,
    )  # fmt: skip
    attacker.rows += [opened, entry]
    attacker.rebuild(first)
    attacker.write()


# --- what the controls say ----------------------------------------------------------------


def caught(site: Site) -> set[str]:
    """The controls that notice, each asked alone."""
    database = Database(site.path / DATA_FILE, site.data_key, read_only=True)
    try:
        found = {CODE} if database.damaged_pages() else set()
        with database.reading() as conn:
            found |= set(_walked(conn, site.chain))
            if list(projection.differences(conn)):
                found.add(REPLAY)
            slip = site.slip
            seen = compare(conn, slip.chain, slip.seq, slip.code, Text("slip", "slip"))
            if seen.verdict is not Verdict.SAME:
                found.add(OUTSIDE)
    finally:
        database.close()
    return found


def _walked(conn: Connection, chain: str) -> Iterable[str]:
    verdict = verify_records(store.records(conn, chain), chain, private=False)
    chained = verdict.check(CHAIN)
    if chained.ok is False:
        yield TIME if "is earlier than the record before it" in chained.detail.en else HASH
    if verdict.check(COMMITMENTS).ok is False:
        yield HASH
    if verdict.check(SIGNATURES).ok is False:
        yield SIGNED


TABLE: list[tuple[Callable[[Site], None], set[str]]] = [
    (one_row, {HASH, SIGNED}),
    (old_row, {SIGNED, OUTSIDE}),
    (below, {OUTSIDE}),
    (above, set()),
    (older_copy, {OUTSIDE}),
    (own_last, set()),
    (others_gone, {OUTSIDE}),
    (back_dated, {TIME}),
    (in_another_name, {SIGNED}),
    (table_only, {REPLAY}),
    (all_after, set()),
    (all_before, {OUTSIDE}),
]


def test_nothing_is_reported_where_nothing_was_done(attacked: Site, tmp_path: Path) -> None:
    site = attacked.copy(tmp_path / "site")
    attacker = Attacker(site)
    attacker.write()
    assert caught(site) == set()


@pytest.mark.parametrize(("attack", "controls"), TABLE, ids=lambda v: getattr(v, "__name__", ""))
def test_each_control_notices_what_it_can_and_no_more(
    attacked: Site, tmp_path: Path, attack: Callable[[Site], None], controls: set[str]
) -> None:
    site = replace(attacked.copy(tmp_path / "site"), keys=dict(attacked.keys))
    attack(site)
    assert caught(site) == controls
