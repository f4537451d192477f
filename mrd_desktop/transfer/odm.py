"""A snapshot of the clinical data as ODM-XML 1.3.2, with the definition in front.

A reason in place of a value is a null ``ItemData`` with a flag from the list of reasons; several
codes are joined by ``;`` as the definition's metadata say. Only what the standard has is written,
no vendor's own attributes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lxml import etree

from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.model import Form, ItemGroup, Phi, Study
from mrd_desktop.study.odm import NSMAP, tag, write_metadata
from mrd_desktop.transfer import odm_frame as frame
from mrd_desktop.transfer.datasets import Source
from mrd_desktop.transfer.derived import Derivations

_FORMS: Final = (
    "SELECT f.form_id, f.subject, f.event, f.event_repeat, f.form, f.form_repeat"
    " FROM p_form f JOIN p_event e ON e.subject = f.subject AND e.event = f.event"
    "  AND e.event_repeat = f.event_repeat AND e.removed = 0"
    " WHERE f.removed = 0 AND f.saved_seq IS NOT NULL AND {which}"
    " ORDER BY f.subject, f.event, f.event_repeat, f.form, f.form_repeat"
)
_ITEMS: Final = "SELECT grp, row, item, value, many, missing FROM p_item WHERE form_id = ?"
_ROWS: Final = "SELECT grp, row FROM p_row WHERE form_id = ? AND removed = 0"

Cells = dict[str, tuple[str | None, str | None]]
"""Value and reason by item name."""


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
        with xf.element(tag("ODM"), frame.head(study, "Snapshot", created), nsmap=NSMAP):
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
            frame.location(xf, f"LOC.{site}", site, "Site", version, since)


def _subjects(xf: Any, source: Source, words: Study) -> Iterator[None]:
    """Writes subject after subject; yields after each so that its bytes can be taken.

    Args:
        words: the version whose forms are written.
    """
    writer = _FormWriter(xf, source, words)
    forms = source.conn.exec_driver_sql(*_chosen(source, words))
    row = forms.fetchone()
    while row is not None:
        subject = str(row[1])
        with xf.element(tag("SubjectData"), {"SubjectKey": subject}):
            frame.empty(xf, "SiteRef", {"LocationOID": f"LOC.{subject.partition('-')[0]}"})
            while row is not None and row[1] == subject:
                event = EventKey(subject, str(row[2]), int(row[3]))
                place = {
                    "StudyEventOID": f"SE.{event.event}",
                    "StudyEventRepeatKey": str(event.repeat),
                }
                with xf.element(tag("StudyEventData"), place):
                    while row is not None and tuple(row[1:4]) == (
                        subject, event.event, event.repeat,
                    ):  # fmt: skip
                        writer.write(int(row[0]), FormKey(event, str(row[4]), int(row[5])))
                        row = forms.fetchone()
        yield


def _chosen(source: Source, words: Study) -> tuple[str, tuple[str, ...]]:
    """The forms saved under a version; what is saved under none that is kept counts as in force."""
    if words is not source.study:
        return _FORMS.format(which="f.definition = ?"), (words.digest,)
    former = tuple(source.former)
    if not former:
        return _FORMS.format(which="1"), ()
    marks = ", ".join("?" * len(former))
    which = f"(f.definition IS NULL OR f.definition NOT IN ({marks}))"
    return _FORMS.format(which=which), former


class _FormWriter:
    def __init__(self, xf: Any, source: Source, words: Study) -> None:
        self._words = words
        self._xf = xf
        self._source = source
        self._derivations: dict[str, Derivations] = {}

    def write(self, form_id: int, key: FormKey) -> None:
        form = self._words.by_form.get(key.form)
        if form is None or form.private:
            return
        rows = self._rows(form_id, form)
        place = {"FormOID": f"F.{form.oid}", "FormRepeatKey": str(key.repeat)}
        with self._xf.element(tag("FormData"), place):
            for group in form.groups:
                for number in sorted(n for name, n in rows if name == group.name):
                    cells = rows[group.name, number]
                    self._derive(form, group, key, number, cells)
                    if cells:
                        self._group(group, number, cells)

    def _rows(self, form_id: int, form: Form) -> dict[tuple[str, int], Cells]:
        conn = self._source.conn
        rows: dict[tuple[str, int], Cells] = {
            (g.name, 1): {} for g in form.groups if not g.repeating
        }
        rows |= {(str(g), int(n)): {} for g, n in conn.exec_driver_sql(_ROWS, (form_id,))}
        for group, row, item, value, many, missing in conn.exec_driver_sql(_ITEMS, (form_id,)):
            if (group, row) in rows and (value is not None or missing is not None):
                text = ";".join(json.loads(value)) if many and value is not None else value
                rows[group, row][item] = (text, missing)
        return rows

    def _derive(
        self, form: Form, group: ItemGroup, key: FormKey, number: int, cells: Cells
    ) -> None:
        source = self._source
        if form.oid not in self._derivations:
            self._derivations[form.oid] = Derivations(
                source.conn, source.study, form, form.groups, source.today
            )
        for item, answer in self._derivations[form.oid].on(key, group.name, number):
            if item.name not in cells:
                text = answer.text if answer.value is not None else None
                cells[item.name] = (text, answer.missing)

    def _group(self, group: ItemGroup, number: int, cells: Cells) -> None:
        xf = self._xf
        place = {"ItemGroupOID": group.oid, "ItemGroupRepeatKey": str(number)}
        with xf.element(tag("ItemGroupData"), place):
            for item in group.items:
                if item.name not in cells or item.phi is Phi.DIRECT:
                    continue
                value, missing = cells[item.name]
                oid = {"ItemOID": f"I.{item.oid}"}
                if value is not None:
                    frame.empty(xf, "ItemData", {**oid, "Value": value})
                    continue
                with xf.element(tag("ItemData"), {**oid, "IsNull": "Yes"}):
                    frame.missing(xf, missing or "")
