"""CDISC Dataset-JSON 1.1: one file a dataset, as JSON and as lines of JSON (NDJSON).

Rows are made once and kept in a file without a name until every format has been written from
them, so that memory does not grow with the study.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

from mrd_desktop import __version__
from mrd_desktop.study.odm_parts import study_oid, version_oid
from mrd_desktop.texts import Text
from mrd_desktop.transfer.datasets import Source
from mrd_desktop.transfer.tabulation import Column, Domain, Row, domains, supplemental

DEFINE: Final = "define.xml"
_PIECE: Final = 1 << 18


@dataclass(frozen=True)
class Dataset:
    """One dataset with its rows at hand.

    Attributes:
        name: ``AE``, ``SUPPAE``; ``text`` is what it is called.
        domain: what it belongs to.
    """

    name: str
    text: Text
    domain: Domain
    columns: tuple[Column, ...]
    spool: Spool

    @property
    def oid(self) -> str:
        """OID of its definition in the Define-XML file."""
        return f"IG.{self.name}"

    def item_oid(self, column: Column) -> str:
        """OID of a variable in the Define-XML file."""
        return f"IT.{self.name}.{column.name}"


class Spool:
    """Rows as lines of JSON in a file that vanishes by itself."""

    def __init__(self, folder: Path, width: int) -> None:
        self._file: Final[IO[bytes]] = TemporaryFile(dir=folder)  # noqa: SIM115 - close() is ours
        self.rows = 0
        self.lengths = [0] * width
        """The longest text of each column in bytes (UTF-8)."""

    def put(self, row: Row) -> None:
        """One more row."""
        for place, value in enumerate(row):
            if isinstance(value, str):
                self.lengths[place] = max(self.lengths[place], len(value.encode()))
        self._file.write(_bytes(row) + b"\n")
        self.rows += 1

    def lines(self) -> Iterator[bytes]:
        """The rows, each without its line end."""
        self._file.seek(0)
        for line in self._file:
            yield line[:-1]

    def values(self) -> Iterator[Row]:
        """The rows as they were put."""
        return (json.loads(line) for line in self.lines())

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def tabulate(source: Source, folder: Path) -> Iterator[Dataset]:
    """Every dataset, one domain after the other; a dataset's rows are gone when the next comes.

    Args:
        folder: on the medium that has room for the files themselves.
    """
    for domain in domains(source):
        main = Spool(folder, len(domain.columns))
        more = Spool(folder, len(domain.supplemental))
        try:
            for record, qualifier in domain.rows(source):
                if record is not None:
                    main.put(record)
                if qualifier is not None:
                    more.put(qualifier)
            yield Dataset(domain.code, domain.text, domain, domain.columns, main)
            name, text = f"SUPP{domain.code}", supplemental(domain.code)
            yield Dataset(name, text, domain, domain.supplemental, more)
        finally:
            main.close()
            more.close()


def as_json(dataset: Dataset, source: Source, created: str) -> Iterator[bytes]:
    """The file as one JSON object, in pieces."""
    head = _bytes(_head(dataset, source, created))
    yield head[:-1] + b',"rows":['
    between = b""
    for line in dataset.spool.lines():
        yield between + b"\n" + line
        between = b","
    yield b"\n]}\n"


def as_lines(dataset: Dataset, source: Source, created: str) -> Iterator[bytes]:
    """The same as lines: what describes it first, then a row a line."""
    yield _bytes(_head(dataset, source, created)) + b"\n"
    for line in dataset.spool.lines():
        yield line + b"\n"


def _head(dataset: Dataset, source: Source, created: str) -> dict[str, Any]:
    study = source.study
    return {
        "datasetJSONCreationDateTime": created,
        "datasetJSONVersion": "1.1.0",
        "fileOID": f"{study.oid}.{created}.{dataset.name}",
        "dbLastModifiedDateTime": created,
        "sourceSystem": {"name": "MRD Desktop", "version": __version__},
        "studyOID": study_oid(study),
        "metaDataVersionOID": version_oid(study),
        "metaDataRef": DEFINE,
        "itemGroupOID": dataset.oid,
        "records": dataset.spool.rows,
        "name": dataset.name,
        "label": dataset.text.say(source.language),
        "columns": [
            _column(dataset, c, longest, source)
            for c, longest in zip(dataset.columns, dataset.spool.lengths, strict=True)
        ],
    }


def _column(dataset: Dataset, column: Column, longest: int, source: Source) -> dict[str, Any]:
    said: dict[str, Any] = {
        "itemOID": dataset.item_oid(column),
        "name": column.name,
        "label": column.text.say(source.language),
        "dataType": column.type,
    }
    if column.type == "decimal":
        said["targetDataType"] = "decimal"
    if column.type == "string":
        said["length"] = max(longest, 1)
    if column.key:
        said["keySequence"] = column.key
    return said


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
