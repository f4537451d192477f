"""A snapshot of the clinical data as ODM-XML 1.3.2, with the definition in front.

A reason in place of a value is a null ``ItemData`` with a flag from the list of reasons; several
codes are joined by ``;`` as the definition's metadata say. Only what the standard has is written,
no vendor's own attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from lxml import etree

from mrd_desktop.study.model import ItemGroup, Study
from mrd_desktop.study.odm import ODM, tag, write_metadata
from mrd_desktop.transfer import odm_frame as frame
from mrd_desktop.transfer.datasets import Source
from mrd_desktop.transfer.odm_forms import Cells, Filed, FormReader, filed


def snapshot(source: Source, created: str) -> Iterator[bytes]:
    """The file in pieces.

    Args:
        created: UTC time that the file says it was made at; the time of the head record, so that
            the same ledger gives the same bytes.
    """
    sink = frame.Sink()
    study = source.study
    version = frame.version(study)
    with etree.xmlfile(sink, encoding="utf-8") as xf:
        xf.write_declaration()
        with xf.element(tag("ODM"), frame.head(study, "Snapshot", created), nsmap=ODM.nsmap):
            write_metadata(xf, study, former=tuple(source.former.values()))
            yield sink.take()
            _sites(xf, source, version, created[:10])
            for words in (*source.former.values(), study):
                with xf.element(tag("ClinicalData"), frame.version(words)):
                    for _ in _subjects(xf, source, words):
                        yield sink.take()
    yield sink.take()


def _sites(xf: Any, source: Source, version: Mapping[str, str], since: str) -> None:
    sites = frame.sites(source.conn)
    if not sites:
        return
    with xf.element(tag("AdminData"), {"StudyOID": version["StudyOID"]}):
        for site in sites:
            frame.FRAME.location(xf, site, "Site", version, since)


def _subjects(xf: Any, source: Source, words: Study) -> Iterator[None]:
    """Writes subject after subject; yields after each so that its bytes can be taken.

    Args:
        words: the version whose forms are written.
    """
    reader = FormReader(source, words)
    for subject, forms in groupby(filed(source, words), lambda one: one.key.subject):
        with xf.element(tag("SubjectData"), {"SubjectKey": subject}):
            frame.empty(xf, "SiteRef", {"LocationOID": f"LOC.{subject.partition('-')[0]}"})
            for event, of_event in groupby(forms, lambda one: one.key.event):
                place = {
                    "StudyEventOID": f"SE.{event.event}",
                    "StudyEventRepeatKey": str(event.repeat),
                }
                with xf.element(tag("StudyEventData"), place):
                    for one in of_event:
                        _form(xf, reader, one)
        yield


def _form(xf: Any, reader: FormReader, one: Filed) -> None:
    form = reader.form(one)
    if form is None:
        return
    place = {"FormOID": f"F.{form.oid}", "FormRepeatKey": str(one.key.repeat)}
    with xf.element(tag("FormData"), place):
        for group, number, cells in reader.groups(one, form):
            if cells:
                _group(xf, group, number, cells)


def _group(xf: Any, group: ItemGroup, number: int, cells: Cells) -> None:
    place = {"ItemGroupOID": group.oid, "ItemGroupRepeatKey": str(number)}
    with xf.element(tag("ItemGroupData"), place):
        for item in group.items:
            cell = cells.get(item.name)
            if cell is None:
                continue
            oid = {"ItemOID": f"I.{item.oid}"}
            if cell.codes:
                frame.empty(xf, "ItemData", {**oid, "Value": ";".join(cell.codes)})
                continue
            with xf.element(tag("ItemData"), {**oid, "IsNull": "Yes"}):
                frame.missing(xf, cell.missing or "")
