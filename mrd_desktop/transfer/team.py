"""The tables of a sponsor's team: the store's projection once more, in PostgreSQL.

The store's folder remains what counts: ledger, keys, accounts, packages. The team's database holds
the projection's tables alone, folded by the same code from the store's ledger, and can be thrown
away. It follows the store: what is recorded goes over in one transaction that also says how far it
has come, so that whoever stops in between leaves it standing where it stood. One database belongs
to one store; where the two contradict each other, nothing is written until somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record import owning, projection, schema, standin
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.errors import (
    TeamAddress,
    TeamContradicts,
    TeamDriver,
    TeamOfAnother,
    TeamUnreachable,
)
from mrd_desktop.transfer.refold import Subjects, refold
from mrd_desktop.vault.schema import put_setting, setting
from mrd_desktop.vault.session import Session

DRIVER: Final = "postgresql+psycopg"
_SETTING: Final = "team.address"
_WAIT_SECONDS: Final = 10
_LOCK: Final = 0x4D5244  # the letters MRD
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")

_head_table: Final = Table(
    "team_head",
    MetaData(),
    Column("chain", schema.TEXT, primary_key=True),
    Column("seq", schema.NUMBER, nullable=False),
    Column("digest", schema.TEXT, nullable=False),
)
"""How far the tables have come on each chain, and with which record."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a team's tables have come.

    Attributes:
        address: of the database, without anything secret.
        behind: packages that the store holds and the tables do not show yet.
    """

    address: str
    behind: int

    def json(self) -> Mapping[str, JSON]:
        """For the command line."""
        return {"address": self.address, "behind": self.behind}


def attach(session: Session, address: str) -> Standing:
    """Give a team a database of its own and fill it; it replaces an earlier one.

    Args:
        address: ``postgresql+psycopg://user@host/database``; the password is libpq's affair.

    Raises:
        PermissionDenied: the role may not.
        TeamAddress, TeamDriver, TeamUnreachable, TeamOfAnother, TeamContradicts: nothing changed.
    """
    session.require("trust.manage")
    checked = checked_address(address)
    with session.reading() as conn, _tables(checked) as tables:
        _follow(conn, tables, session.folder.chain)
    shown = checked.render_as_string()

    def given(conn: Connection) -> list[Entry]:
        put_setting(conn, _SETTING, shown)
        content: dict[str, JSON] = {"formats": ["postgresql"], "to": shown}
        return [Entry(Kind.DATASET_EXPORTED, RecordClass.CODED, content)]

    session.commit(given)
    return Standing(shown, 0)


def detach(session: Session) -> None:
    """Let the team's database stand as it is and follow no more.

    Raises:
        PermissionDenied: the role may not.
    """
    session.require("trust.manage")
    with session.writing() as conn:
        put_setting(conn, _SETTING, "")


def follow(session: Session) -> Standing | None:
    """Bring the team's tables up to the store; None where the store has no team.

    Raises:
        TeamUnreachable, TeamOfAnother, TeamContradicts: they stand as they did.
    """
    address = _address(session)
    if address is None:
        return None
    with session.reading() as conn, _tables(address) as tables:
        _follow(conn, tables, session.folder.chain)
    return Standing(address.render_as_string(), 0)


def rebuild(session: Session) -> Standing | None:
    """Throw the team's tables away and fold the ledger into new ones.

    Raises:
        PermissionDenied: the role may not.
        TeamUnreachable, TeamOfAnother: they stand as they did.
    """
    session.require("trust.manage")
    address = _address(session)
    if address is None:
        return None
    with session.reading() as conn, _tables(address) as tables:
        _check_owner(tables, session.folder.chain)
        _drop(tables)
        _follow(conn, tables, session.folder.chain)
    return Standing(address.render_as_string(), 0)


def standing(session: Session) -> Standing | None:
    """How far the team's tables have come, without moving them; None where there is no team."""
    address = _address(session)
    if address is None:
        return None
    own = session.folder.chain
    with session.reading() as conn, _tables(address) as tables:
        _head_table.create(tables, checkfirst=True)
        seq = _heads(tables).get(own, (0, ""))[0]
        behind = sum(1 for came in lineage.received(conn, own) if came.seq > seq)
    return Standing(address.render_as_string(), behind)


@contextmanager
def reading(session: Session) -> Iterator[Connection | None]:
    """The team's tables as they stand; None where the store has no team."""
    address = _address(session)
    if address is None:
        yield None
    else:
        with _tables(address) as tables:
            yield tables


def checked_address(address: str) -> URL:
    """The address of a database for a team.

    A server elsewhere must prove who it is, unless the address says otherwise.

    Raises:
        TeamAddress: another kind of address, or one with a password in it.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        raise TeamAddress from None
    secret = url.password is not None or "password" in url.query
    if url.drivername != DRIVER or not url.database or secret:
        raise TeamAddress
    host = url.host or url.query.get("host", "")
    local = not host or (isinstance(host, str) and (host.startswith("/") or host in _LOCAL))
    if not local and "sslmode" not in url.query:
        return url.update_query_dict({"sslmode": "verify-full"})
    return url


def _address(session: Session) -> URL | None:
    with session.reading() as conn:
        kept = setting(conn, _SETTING)
    return make_url(kept) if kept else None


@contextmanager
def _tables(address: URL) -> Iterator[Connection]:
    """One transaction on the team's database, alone with it among the stores."""
    try:
        engine = create_engine(
            address, connect_args={"connect_timeout": _WAIT_SECONDS}, hide_parameters=True
        )
    except ModuleNotFoundError:
        raise TeamDriver from None
    try:
        with engine.begin() as tables:
            tables.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _LOCK})
            yield tables
    except DBAPIError as trouble:
        # The server's own sentence may quote a value; its class does not.
        raise TeamUnreachable(type(trouble.orig).__name__) from None
    finally:
        engine.dispose()


def _follow(conn: Connection, tables: Connection, own: str) -> None:
    _check_owner(tables, own)
    _head_table.create(tables, checkfirst=True)
    if schema.outgrown(tables):
        _drop(tables)
        _head_table.create(tables)
        schema.metadata.create_all(tables)
    heads = _heads(tables)
    for chain, (seq, digest) in heads.items():
        _check_same(conn, chain, seq, digest)
    since = heads.get(own, (0, ""))[0]
    came = (r for r in lineage.received(conn, own) if r.seq > since)
    anew = frozenset(subject for r in came for subject in r.anew) if since else frozenset()
    for chain in store.chains(conn):
        fresh = standin.standing(conn, chain, heads.get(chain, (0, ""))[0])
        projection.take_in(tables, map(Subjects(anew).apart, fresh))
    if anew:
        refold(conn, anew, tables)
    if not since:
        projection.settle(tables, owning.moved(tables), conn)
    tables.execute(_head_table.delete())
    for chain in store.chains(conn):
        head = store.head(conn, chain)
        row = {"chain": chain, "seq": head.seq, "digest": head.digest.hex()}
        tables.execute(_head_table.insert(), row)


def _check_owner(tables: Connection, own: str) -> None:
    """The first chain that was ever folded is the store's own."""
    if not tables.dialect.has_table(tables, schema.head_table.name):
        return
    first = schema.head_table.select().order_by(schema.head_table.c.number)
    for row in islice(tables.execute(first), 1):
        if row.chain != own:
            raise TeamOfAnother


def _check_same(conn: Connection, chain: str, seq: int, digest: str) -> None:
    try:
        held = store.record(conn, chain, seq).digest.hex()
    except LedgerError:
        held = ""
    if held != digest:
        raise TeamContradicts(str(seq))


def _heads(tables: Connection) -> dict[str, tuple[int, str]]:
    return {r.chain: (r.seq, r.digest) for r in tables.execute(_head_table.select())}


def _drop(tables: Connection) -> None:
    schema.metadata.drop_all(tables)
    _head_table.drop(tables, checkfirst=True)
