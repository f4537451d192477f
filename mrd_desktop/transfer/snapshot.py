"""The snapshot inside a full package: tables of exactly what the package releases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from mrd_desktop.ledger.record import Record
from mrd_desktop.record import projection, schema
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Language
from mrd_desktop.transfer.archive import Part
from mrd_desktop.transfer.datasets import Source
from mrd_desktop.transfer.odm import snapshot

_DEFINITION: Final = "CREATE TABLE definition (digest TEXT PRIMARY KEY, bytes BLOB)"


def snapshot_parts(
    study: Study, records: Iterable[Record], at: str, kept: Mapping[str, bytes]
) -> Iterator[Part]:
    """CSV tables and an ODM file of records as the receiver will see them.

    They are folded in memory by the same code, from the released contents alone, so that nothing
    else of the site's tables can slip in.

    Args:
        at: UTC time of the head record.
        kept: definitions that forms were saved under besides, their bytes by digest.
    """
    with schema.in_memory() as conn:
        conn.exec_driver_sql(_DEFINITION)
        for digest, data in kept.items():
            conn.exec_driver_sql("INSERT INTO definition VALUES (?, ?)", (digest, data))
        projection.take_in(conn, records)
        source = Source.of(conn, study, Language.EN, date.fromisoformat(at[:10]))
        for table in source.tables():
            yield Part(f"snapshot/csv/{table.name}.csv", table.lines())
        yield Part("snapshot/odm/snapshot.xml", snapshot(source, at))
