"""The projection's tables: what the ledger folds into. They can be thrown away and rebuilt.

A filled form is known inside the database by ``form_id``, made from chain number and sequence
number of the record that added it, so that every rebuild gives the same numbers. Identity items
are in no table here: they are opened from the ledger with the vault key when needed.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, Index, Integer, MetaData, Table, Text, inspect

metadata: Final = MetaData()

session_table: Final = Table(
    "p_session",
    metadata,
    Column("session", Text, primary_key=True),
    Column("chain", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("offset", Text, nullable=False),
)

subject_table: Final = Table(
    "p_subject",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("chain", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("user", Text, nullable=False),
)

event_table: Final = Table(
    "p_event",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("event_repeat", Integer, primary_key=True),
    Column("chain", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("removed", Integer, nullable=False, default=0),
)

form_table: Final = Table(
    "p_form",
    metadata,
    Column("form_id", Integer, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("event_repeat", Integer, nullable=False),
    Column("form", Text, nullable=False),
    Column("form_repeat", Integer, nullable=False),
    Column("chain", Text, nullable=False),
    Column("entered", Text),
    Column("saved_seq", Integer),
    Column("saved_at", Text),
    Column("saved_by", Text),
    Column("declared", Integer, nullable=False, default=0),
    Column("definition", Text),
    Column("lock", Text, nullable=False, default=""),
    Column("removed", Integer, nullable=False, default=0),
    Index("p_form_oid", "form"),
    Index("p_form_key", "subject", "event", "event_repeat", "form", "form_repeat", unique=True),
)

row_table: Final = Table(
    "p_row",
    metadata,
    Column("form_id", Integer, primary_key=True),
    Column("grp", Text, primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("seq", Integer, nullable=False),  # its latest record: added, removed or restored
    Column("removed", Integer, nullable=False, default=0),
)

item_table: Final = Table(
    "p_item",
    metadata,
    Column("form_id", Integer, primary_key=True),
    Column("grp", Text, primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("value", Text),  # several codes as a JSON array; see ``many``
    Column("many", Integer, nullable=False),
    Column("missing", Text),
    Column("chain", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("source", Text, nullable=False),
)

query_table: Final = Table(
    "p_query",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("query", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("check_id", Text),
    Column("text_en", Text, nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("about_chain", Text),
    Column("about_seq", Integer),
    Column("state", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("answer", Text),
    Column("changed_at", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Index("p_query_subject", "subject", "state"),
    Index("p_query_id", "query"),
)

outcome_table: Final = Table(
    "p_outcome",
    metadata,
    Column("check_id", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("fires", Integer, nullable=False),
    Column("chain", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Index("p_outcome_subject", "subject"),
)

signature_table: Final = Table(
    "p_signature",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("form_id", Integer, nullable=False),
    Column("user", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("p_signature_form", "form_id"),
)

lock_table: Final = Table(
    "p_lock",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("form_id", Integer, nullable=False),
    Column("verb", Text, nullable=False),
    Column("code", Text),
    Column("text", Text),
    Column("at", Text, nullable=False),
    Column("user", Text, nullable=False),
    Index("p_lock_form", "form_id"),
)

sdv_table: Final = Table(
    "p_sdv",
    metadata,
    Column("form_id", Integer, primary_key=True),
    Column("grp", Text, primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("of_chain", Text, nullable=False),  # the record of the value that was compared
    Column("of_seq", Integer, nullable=False),
    Column("verified", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("chain", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("user", Text, nullable=False),
)

paper_table: Final = Table(
    "p_paper",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("form_id", Integer, nullable=False),
    Column("day", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Index("p_paper_form", "form_id"),
)
"""Saves that transcribed a paper record, with the day on it."""

note_table: Final = Table(
    "p_note",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("session", Text, nullable=False),
    Index("p_note_subject", "subject"),
)
"""Notes that are open; those at identity items are read from the ledger with the vault key."""

review_table: Final = Table(
    "p_review",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("begun", Text, nullable=False),
    Column("ended", Text, nullable=False),
    Column("subjects", Text, nullable=False),  # a JSON array of subject numbers
    Column("text", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("user", Text, nullable=False),
)

trail_review_table: Final = Table(
    "p_trail_review",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),  # of the signature
    Column("txn", Integer, nullable=False),
    Column("after", Integer, nullable=False),
    Column("upto", Integer, nullable=False),
    Column("records", Integer, nullable=False),
    Column("flagged", Text, nullable=False),  # a JSON object: how many by flag
    Column("at", Text, nullable=False),
    Column("user", Text, nullable=False),
)
"""Signed reviews of the audit trail: which records, and what was flagged in them."""

trail_note_table: Final = Table(
    "p_trail_note",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("txn", Integer, primary_key=True),
    Column("text", Text, nullable=False),
)
"""What a reviewer of the trail wrote, by the transaction of the signature."""

labrange_table: Final = Table(
    "p_labrange",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("laboratory", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("sex", Text, nullable=False),
    Column("age_from", Integer),
    Column("age_to", Integer),
    Column("valid_from", Text, nullable=False),
    Column("valid_to", Text),
    Column("low", Text),
    Column("high", Text),
    Column("unit", Text, nullable=False),
)
"""Reference ranges that are in force, each known by the record that set it last."""

second_table: Final = Table(
    "p_second",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("form_id", Integer, nullable=False),
    Column("saved_seq", Integer, nullable=False),  # the Save for which the comparison holds
    Column("user", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("day", Text, nullable=False),
    Index("p_second_form", "form_id"),
)
"""Second entries, each known by the record that says it was keyed."""

second_count_table: Final = Table(
    "p_second_count",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("keyed_seq", Integer, primary_key=True),
    Column("keyer", Text, primary_key=True),
    Column("grp", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("form_id", Integer, nullable=False),
    Column("compared", Integer, nullable=False),
)
"""How many data points of an item a second entry was compared with, by who keyed them first."""

second_point_table: Final = Table(
    "p_second_point",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("keyed_seq", Integer, nullable=False),
    Column("form_id", Integer, nullable=False),
    Column("grp", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("item", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("whole_row", Integer, nullable=False),
    Column("value", Text),  # what the second person keyed
    Column("many", Integer, nullable=False),
    Column("missing", Text),
    Column("keyer", Text, nullable=False),  # who keyed it first
    Column("chosen", Text, nullable=False, default=""),
    Column("chosen_at", Text),
    Column("chosen_by", Text),
    Index("p_second_point_form", "form_id"),
)
"""Data points of a second entry that differ, and what was chosen."""

head_table: Final = Table(
    "p_head",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("seq", Integer, nullable=False),
)

draft_table: Final = Table(
    "draft",
    MetaData(),
    Column("user", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("at", Text, nullable=False),
    Column("sealed", Integer, nullable=False),
    Column("content", Text, nullable=False),
)
"""Unsaved typing; not a projection and never in a package."""

kept_table: Final = Table(
    "kept_overview",
    MetaData(),
    Column("user", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("ground", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("beside", Text, nullable=False),
    Column("content", Text, nullable=False),
)
"""What lists knew of subjects, for the next sign-in; worked out from the projection, not in it."""


def forget_kept(conn: Connection) -> None:
    """Throw away what lists knew: what it was worked out from was made anew or erased."""
    if inspect(conn).has_table(kept_table.name):
        conn.execute(kept_table.delete())


def outgrown(conn: Connection) -> bool:
    """Whether the projection's tables are not those of this program."""
    kept = inspect(conn)
    present = set(kept.get_table_names())
    return any(
        table.name not in present
        or [c["name"] for c in kept.get_columns(table.name)] != [c.name for c in table.columns]
        for table in metadata.sorted_tables
    )


def create(conn: Connection) -> None:
    """Make the projection's and the drafts' tables where they are missing."""
    metadata.create_all(conn)
    draft_table.create(conn, checkfirst=True)
