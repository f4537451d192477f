"""What every ODM-XML file of clinical data has in common: head, places, and a sink in pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.ledger.wording import carried
from mrd_desktop.study.model import Study
from mrd_desktop.study.odm import study_oid, tag, version_oid

MISSING_LIST: Final = "CL.MISS"


class Sink:
    """Where the incremental writer writes; what it wrote is taken piece by piece."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        """As a file does."""
        self._held.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._held)
        self._held.clear()
        return taken


def head(study: Study, file_type: str, created: str) -> dict[str, str]:
    """Attributes of the root element.

    Args:
        file_type: ``Snapshot`` or ``Transactional``.
    """
    return {
        "FileType": file_type,
        "Granularity": "All",
        "FileOID": f"{study.oid}.{created}",
        "CreationDateTime": created,
        "AsOfDateTime": created,
        "ODMVersion": "1.3.2",
        "SourceSystem": "MRD Desktop",
        "SourceSystemVersion": __version__,
    }


def version(study: Study) -> dict[str, str]:
    """The attributes that name the study and the version of its metadata."""
    return {"StudyOID": study_oid(study), "MetaDataVersionOID": version_oid(study)}


def sites(conn: Connection) -> list[str]:
    """The sites that have subjects."""
    found = conn.exec_driver_sql("SELECT DISTINCT substr(subject, 1, 2) FROM p_subject")
    return sorted(str(site) for (site,) in found)


def location(
    xf: Any, oid: str, name: str, kind: str, metadata: Mapping[str, str], since: str
) -> None:
    """A ``Location`` under the metadata that hold from a day on."""
    with xf.element(tag("Location"), {"OID": oid, "Name": name, "LocationType": kind}):
        empty(xf, "MetaDataVersionRef", {**metadata, "EffectiveDate": since})


def whole(attributes: Mapping[str, str]) -> dict[str, str]:
    """Attributes that XML can carry; records of old programs may hold what it cannot."""
    return {name: carried(text) for name, text in attributes.items()}


def empty(xf: Any, name: str, attributes: Mapping[str, str]) -> None:
    """An element with attributes alone."""
    with xf.element(tag(name), whole(attributes)):
        pass


def leaf(xf: Any, name: str, words: str, attributes: Mapping[str, str] | None = None) -> None:
    """An element with text alone."""
    with xf.element(tag(name), whole(attributes or {})):
        xf.write(carried(words))


def missing(xf: Any, reason: str) -> None:
    """The annotation that says why there is no value."""
    with (
        xf.element(tag("Annotation"), {"SeqNum": "1"}),
        xf.element(tag("Flag")),
    ):
        leaf(xf, "FlagValue", reason, {"CodeListOID": MISSING_LIST})
