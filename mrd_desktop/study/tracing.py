"""Which data points a finding was read from: its check is run once more on data that take note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.checks import Finding, findings
from mrd_desktop.study.data import FormData, RowData
from mrd_desktop.study.scene import Scene


class _Noting(Mapping[str, Answer]):
    """The answers of a row; every one that is read goes into the notes."""

    def __init__(self, row: RowData, notes: dict[ItemKey, None]) -> None:
        self._row = row
        self._notes = notes

    def __getitem__(self, name: str) -> Answer:
        answer = self._row.answers[name]
        self._notes[ItemKey(self._row.key, name)] = None
        return answer

    def __iter__(self) -> Iterator[str]:
        return iter(self._row.answers)

    def __len__(self) -> int:
        return len(self._row.answers)


def sources(scene: Scene, finding: Finding) -> tuple[ItemKey, ...]:
    """The answered data points that a finding was read from, in the order they were read.

    Where a derived item is read, what it is computed from counts. The data point that the finding
    stands at is left out.
    """
    notes: dict[ItemKey, None] = {}
    forms = tuple(_noting(f, notes) for f in scene.data.forms)
    data = replace(scene.data, forms=forms)
    line = _form_of(finding)
    for form in forms if line is None else [f for f in forms if f.key == line]:
        notes.clear()
        fresh = Scene(scene.study, data, vault=scene.vault)
        found = findings(fresh, forms={form.key}, checks=(finding.check,))
        if any(f.key == finding.key for f in found):
            break
    return tuple(k for k in notes if k != finding.key)


def _noting(form: FormData, notes: dict[ItemKey, None]) -> FormData:
    rows = tuple(RowData(r.key, _Noting(r, notes)) for r in form.rows)
    return replace(form, rows=rows)


def _form_of(finding: Finding) -> FormKey | None:
    key = finding.key
    if isinstance(key, ItemKey | RowKey):
        return key.form
    return key if isinstance(key, FormKey) else None
