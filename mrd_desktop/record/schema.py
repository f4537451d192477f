"""The projection's tables: what the ledger folds into. They can be thrown away and rebuilt.

A filled form is known inside the database by ``form_id``, made from chain number and sequence
number of the record that added it, so that every rebuild gives the same numbers. Identity items
are in no table here: they are opened from the ledger with the vault key when needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    inspect,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable

TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Texts are sorted by their bytes in every database, whatever language its server speaks."""

NUMBER: Final = Integer().with_variant(BigInteger(), "postgresql")
"""``form_id`` needs more than 32 bits."""

metadata: Final = MetaData()

session_table: Final = Table(
    "p_session",
    metadata,
    Column("session", TEXT, primary_key=True),
    Column("chain", TEXT, nullable=False),
    Column("user", TEXT, nullable=False),
    Column("role", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("offset", TEXT, nullable=False),
)

subject_table: Final = Table(
    "p_subject",
    metadata,
    Column("subject", TEXT, primary_key=True),
    Column("chain", TEXT, nullable=False),
    Column("seq", NUMBER, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("user", TEXT, nullable=False),
)

handing_table: Final = Table(
    "p_handing",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("subject", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("other", TEXT, nullable=False),
    Column("other_seq", NUMBER, nullable=False),
    Column("digest", TEXT, nullable=False),
    Column("forced", NUMBER, nullable=False),
    Column("since", NUMBER, nullable=False),
    Index("p_handing_subject", "subject"),
)
"""What says which computer owns a subject: see :mod:`mrd_desktop.record.owning`."""

apart_table: Final = Table(
    "p_apart",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("subject", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Index("p_apart_subject", "subject"),
)
"""What a computer recorded about a subject that was another one's: held, and in no other table."""

event_table: Final = Table(
    "p_event",
    metadata,
    Column("subject", TEXT, primary_key=True),
    Column("event", TEXT, primary_key=True),
    Column("event_repeat", NUMBER, primary_key=True),
    Column("chain", TEXT, nullable=False),
    Column("seq", NUMBER, nullable=False),
    Column("removed", NUMBER, nullable=False, default=0),
)

form_table: Final = Table(
    "p_form",
    metadata,
    Column("form_id", NUMBER, primary_key=True, autoincrement=False),
    Column("subject", TEXT, nullable=False),
    Column("event", TEXT, nullable=False),
    Column("event_repeat", NUMBER, nullable=False),
    Column("form", TEXT, nullable=False),
    Column("form_repeat", NUMBER, nullable=False),
    Column("chain", TEXT, nullable=False),
    Column("entered", TEXT),
    Column("saved_chain", TEXT),
    Column("saved_seq", NUMBER),
    Column("saved_at", TEXT),
    Column("saved_by", TEXT),
    Column("declared", NUMBER, nullable=False, default=0),
    Column("definition", TEXT),
    Column("lock", TEXT, nullable=False, default=""),
    Column("removed", NUMBER, nullable=False, default=0),
    Index("p_form_oid", "form"),
    Index("p_form_key", "subject", "event", "event_repeat", "form", "form_repeat", unique=True),
)

row_table: Final = Table(
    "p_row",
    metadata,
    Column("form_id", NUMBER, primary_key=True),
    Column("grp", TEXT, primary_key=True),
    Column("row", NUMBER, primary_key=True),
    Column("chain", TEXT, nullable=False),  # of its latest record: added, removed or restored
    Column("seq", NUMBER, nullable=False),
    Column("removed", NUMBER, nullable=False, default=0),
)

item_table: Final = Table(
    "p_item",
    metadata,
    Column("form_id", NUMBER, primary_key=True),
    Column("grp", TEXT, primary_key=True),
    Column("row", NUMBER, primary_key=True),
    Column("item", TEXT, primary_key=True),
    Column("value", TEXT),  # several codes as a JSON array; see ``many``
    Column("many", NUMBER, nullable=False),
    Column("missing", TEXT),
    Column("chain", TEXT, nullable=False),
    Column("seq", NUMBER, nullable=False),
    Column("source", TEXT, nullable=False),
)

query_table: Final = Table(
    "p_query",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("query", TEXT, nullable=False),
    Column("subject", TEXT, nullable=False),
    Column("address", TEXT, nullable=False),
    Column("check_id", TEXT),
    Column("text_en", TEXT, nullable=False),
    Column("text_zh", TEXT, nullable=False),
    Column("about_chain", TEXT),
    Column("about_seq", NUMBER),
    Column("state", TEXT, nullable=False),
    Column("opened_at", TEXT, nullable=False),
    Column("opened_by", TEXT, nullable=False),
    Column("answer", TEXT),
    Column("changed_at", TEXT, nullable=False),
    Column("changed_by", TEXT, nullable=False),
    Index("p_query_subject", "subject", "state"),
    Index("p_query_id", "query"),
)

outcome_table: Final = Table(
    "p_outcome",
    metadata,
    Column("check_id", TEXT, primary_key=True),
    Column("address", TEXT, primary_key=True),
    Column("subject", TEXT, nullable=False),
    Column("fires", NUMBER, nullable=False),
    Column("chain", TEXT, nullable=False),
    Column("seq", NUMBER, nullable=False),
    Index("p_outcome_subject", "subject"),
)

signature_table: Final = Table(
    "p_signature",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("form_id", NUMBER, nullable=False),
    Column("user", TEXT, nullable=False),
    Column("meaning", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Index("p_signature_form", "form_id"),
)

lock_table: Final = Table(
    "p_lock",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("form_id", NUMBER, nullable=False),
    Column("verb", TEXT, nullable=False),
    Column("code", TEXT),
    Column("text", TEXT),
    Column("at", TEXT, nullable=False),
    Column("user", TEXT, nullable=False),
    Index("p_lock_form", "form_id"),
)

sdv_table: Final = Table(
    "p_sdv",
    metadata,
    Column("form_id", NUMBER, primary_key=True),
    Column("grp", TEXT, primary_key=True),
    Column("row", NUMBER, primary_key=True),
    Column("item", TEXT, primary_key=True),
    Column("of_chain", TEXT, nullable=False),  # the record of the value that was compared
    Column("of_seq", NUMBER, nullable=False),
    Column("verified", NUMBER, nullable=False),
    Column("text", TEXT, nullable=False),
    Column("chain", TEXT, nullable=False),
    Column("seq", NUMBER, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("user", TEXT, nullable=False),
)

paper_table: Final = Table(
    "p_paper",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("form_id", NUMBER, nullable=False),
    Column("day", TEXT, nullable=False),
    Column("reference", TEXT, nullable=False),
    Index("p_paper_form", "form_id"),
)
"""Saves that transcribed a paper record, with the day on it."""

note_table: Final = Table(
    "p_note",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("subject", TEXT, nullable=False),
    Column("address", TEXT, nullable=False),
    Column("text", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("session", TEXT, nullable=False),
    Index("p_note_subject", "subject"),
)
"""Notes that are open; those at identity items are read from the ledger with the vault key."""

matter_table: Final = Table(
    "p_matter",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("kind", TEXT, nullable=False),
    Column("subject", TEXT),
    Column("text", TEXT, nullable=False),
    Column("body", TEXT, nullable=False),  # the record's object as JSON
    Column("at", TEXT, nullable=False),
    Column("session", TEXT, nullable=False),
    Index("p_matter_kind", "kind", "subject"),
)
"""Requests of participants and incidents, and what became of them."""

review_table: Final = Table(
    "p_review",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("begun", TEXT, nullable=False),
    Column("ended", TEXT, nullable=False),
    Column("subjects", TEXT, nullable=False),  # a JSON array of subject numbers
    Column("text", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("user", TEXT, nullable=False),
)

trail_review_table: Final = Table(
    "p_trail_review",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),  # of the signature
    Column("txn", NUMBER, nullable=False),
    Column("after", NUMBER, nullable=False),
    Column("upto", NUMBER, nullable=False),
    Column("records", NUMBER, nullable=False),
    Column("flagged", TEXT, nullable=False),  # a JSON object: how many by flag
    Column("at", TEXT, nullable=False),
    Column("user", TEXT, nullable=False),
)
"""Signed reviews of the audit trail: which records, and what was flagged in them."""

trail_note_table: Final = Table(
    "p_trail_note",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("txn", NUMBER, primary_key=True),
    Column("text", TEXT, nullable=False),
)
"""What a reviewer of the trail wrote, by the transaction of the signature."""

labrange_table: Final = Table(
    "p_labrange",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("laboratory", TEXT, nullable=False),
    Column("item", TEXT, nullable=False),
    Column("sex", TEXT, nullable=False),
    Column("age_from", NUMBER),
    Column("age_to", NUMBER),
    Column("valid_from", TEXT, nullable=False),
    Column("valid_to", TEXT),
    Column("low", TEXT),
    Column("high", TEXT),
    Column("unit", TEXT, nullable=False),
)
"""Reference ranges that are in force, each known by the record that set it last."""

second_table: Final = Table(
    "p_second",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("form_id", NUMBER, nullable=False),
    Column("saved_seq", NUMBER, nullable=False),  # the Save for which the comparison holds
    Column("user", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("day", TEXT, nullable=False),
    Index("p_second_form", "form_id"),
)
"""Second entries, each known by the record that says it was keyed."""

second_count_table: Final = Table(
    "p_second_count",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("keyed_seq", NUMBER, primary_key=True),
    Column("keyer", TEXT, primary_key=True),
    Column("grp", TEXT, primary_key=True),
    Column("item", TEXT, primary_key=True),
    Column("form_id", NUMBER, nullable=False),
    Column("compared", NUMBER, nullable=False),
)
"""How many data points of an item a second entry was compared with, by who keyed them first."""

second_point_table: Final = Table(
    "p_second_point",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("keyed_seq", NUMBER, nullable=False),
    Column("form_id", NUMBER, nullable=False),
    Column("grp", TEXT, nullable=False),
    Column("row", NUMBER, nullable=False),
    Column("item", TEXT, nullable=False),
    Column("result", TEXT, nullable=False),
    Column("whole_row", NUMBER, nullable=False),
    Column("value", TEXT),  # what the second person keyed
    Column("many", NUMBER, nullable=False),
    Column("missing", TEXT),
    Column("keyer", TEXT, nullable=False),  # who keyed it first
    Column("chosen", TEXT, nullable=False, default=""),
    Column("chosen_at", TEXT),
    Column("chosen_by", TEXT),
    Index("p_second_point_form", "form_id"),
)
"""Data points of a second entry that differ, and what was chosen."""

head_table: Final = Table(
    "p_head",
    metadata,
    Column("chain", TEXT, primary_key=True),
    Column("number", NUMBER, nullable=False, unique=True),
    Column("seq", NUMBER, nullable=False),
)

draft_table: Final = Table(
    "draft",
    MetaData(),
    Column("user", TEXT, primary_key=True),
    Column("address", TEXT, primary_key=True),
    Column("at", TEXT, nullable=False),
    Column("sealed", NUMBER, nullable=False),
    Column("content", TEXT, nullable=False),
)
"""Unsaved typing; not a projection and never in a package."""

kept_table: Final = Table(
    "kept_overview",
    MetaData(),
    Column("user", TEXT, primary_key=True),
    Column("subject", TEXT, primary_key=True),
    Column("ground", TEXT, nullable=False),
    Column("day", TEXT, nullable=False),
    Column("seq", NUMBER, nullable=False),
    Column("beside", TEXT, nullable=False),
    Column("content", TEXT, nullable=False),
)
"""What lists knew of subjects, for the next sign-in; worked out from the projection, not in it."""


def forget_kept(conn: Connection) -> None:
    """Throw away what lists knew: what it was worked out from was made anew or erased."""
    if inspect(conn).has_table(kept_table.name):
        conn.execute(kept_table.delete())


_COLUMNS: Final = {
    "sqlite": "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c"
    " WHERE t.type = 'table' ORDER BY t.name, c.cid",
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position",
}
"""Table and column of all there are, in one question: it is asked whenever somebody signs in."""


def outgrown(conn: Connection) -> bool:
    """Whether the projection's tables are not those of this program."""
    kept: defaultdict[str, list[str]] = defaultdict(list)
    for table, column in conn.exec_driver_sql(_COLUMNS[conn.dialect.name]):
        kept[table].append(column)
    return any(kept[t.name] != [c.name for c in t.columns] for t in metadata.sorted_tables)


def create(conn: Connection) -> None:
    """Make the projection's and the drafts' tables where they are missing."""
    if outgrown(conn):  # one question in place of one a table
        metadata.create_all(conn)
    if conn.dialect.name == "sqlite":  # what is typed stays in the folder
        draft_table.create(conn, checkfirst=True)


@contextmanager
def in_memory(chains: Iterable[str] = ()) -> Iterator[Connection]:
    """An empty projection of its own in memory, gone afterwards.

    Args:
        chains: those whose records will be folded, in the order of their numbers.
    """
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as conn:
            for statement in _statements():
                conn.exec_driver_sql(statement)
            for number, chain in enumerate(chains, 1):
                known = {"chain": chain, "number": number, "seq": 0}
                conn.execute(head_table.insert(), known)
            yield conn
    finally:
        engine.dispose()


@cache
def _statements() -> tuple[str, ...]:
    """What makes the tables: spelled out once, for it takes longer than to make them."""
    dialect = sqlite.dialect()
    tables = metadata.sorted_tables
    made = [CreateTable(t).compile(dialect=dialect) for t in tables]
    made += [CreateIndex(i).compile(dialect=dialect) for t in tables for i in t.indexes]
    return tuple(map(str, made))
