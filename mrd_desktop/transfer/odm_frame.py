"""What every ODM-XML file of clinical data has in common: head, places, and a sink in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from lxml import etree
from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.ledger.wording import carried
from mrd_desktop.study.model import Study
from mrd_desktop.study.odm import ODM
from mrd_desktop.study.odm_parts import Elements, study_oid, version_oid

MISSING_LIST: Final = "CL.MISS"
_PIECE: Final = 1 << 18


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


def head(study: Study, file_type: str, created: str, odm: str = "1.3.2") -> dict[str, str]:
    """Attributes of the root element.

    Args:
        file_type: ``Snapshot`` or ``Transactional``.
        odm: version of the standard.
    """
    return {
        "FileType": file_type,
        "Granularity": "All",
        "FileOID": f"{study.oid}.{created}" + ("" if odm == "1.3.2" else f".ODM{odm}"),
        "CreationDateTime": created,
        "AsOfDateTime": created,
        "ODMVersion": odm,
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


def whole(attributes: Mapping[str, str]) -> dict[str, str]:
    """Attributes that XML can carry; records of old programs may hold what it cannot."""
    return {name: carried(text) for name, text in attributes.items()}


class Frame:
    """The elements of clinical data in one version of ODM.

    Attributes:
        tag: an element's name in the namespace.
    """

    def __init__(self, elements: Elements, location_kind: str) -> None:
        """For a version; ``location_kind`` is the attribute that says what a location is."""
        self.nsmap: Final = elements.nsmap
        self.tag: Final = elements.tag
        self._kind: Final = location_kind

    def location(
        self, xf: Any, name: str, kind: str, metadata: Mapping[str, str], since: str
    ) -> None:
        """A ``Location`` under the metadata that hold from a day on."""
        about = {"OID": f"LOC.{name}", "Name": name, self._kind: kind}
        with xf.element(self.tag("Location"), about):
            self.empty(xf, "MetaDataVersionRef", {**metadata, "EffectiveDate": since})

    def empty(self, xf: Any, name: str, attributes: Mapping[str, str]) -> None:
        """An element with attributes alone."""
        with xf.element(self.tag(name), whole(attributes)):
            pass

    def leaf(
        self, xf: Any, name: str, words: str, attributes: Mapping[str, str] | None = None
    ) -> None:
        """An element with text alone."""
        with xf.element(self.tag(name), whole(attributes or {})):
            xf.write(carried(words))

    def flag(self, xf: Any, code: str, listed: str) -> None:
        """A code of a list."""
        with xf.element(self.tag("Flag")):
            self.leaf(xf, "FlagValue", code, {"CodeListOID": listed})

    def missing(self, xf: Any, reason: str) -> None:
        """The annotation that says why there is no value."""
        with xf.element(self.tag("Annotation"), {"SeqNum": "1"}):
            self.flag(xf, reason, MISSING_LIST)


FRAME: Final = Frame(ODM, "LocationType")
empty, leaf, missing = FRAME.empty, FRAME.leaf, FRAME.missing


def people_first(
    frame: Frame,
    root: Mapping[str, str],
    room: Path,
    metadata: Callable[[Any], None],
    data: Callable[[Any], Iterator[None]],
    people: Callable[[Any], None],
) -> Iterator[bytes]:
    """A file in pieces whose people stand before what they did and are known after it.

    What was done waits in a file without a name.

    Args:
        root: attributes of the root element.
        room: a folder with room for the file.
        data: writes, and yields whenever its bytes may be taken.
    """
    sink = Sink()
    with TemporaryFile(dir=room) as done:
        with etree.xmlfile(sink, encoding="utf-8") as xf:
            xf.write_declaration()
            with xf.element(frame.tag("ODM"), root, nsmap=frame.nsmap):
                metadata(xf)
                xf.flush()
                yield sink.take()
                for _ in data(xf):
                    done.write(sink.take())
                xf.flush()
                done.write(sink.take())
                people(xf)
                xf.flush()
                yield sink.take()
                done.seek(0)
                yield from iter(partial(done.read, _PIECE), b"")
        yield sink.take()
