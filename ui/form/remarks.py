"""What was said about the data points of a form: explanations, and questions of the monitor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.notes import Note, Notes
from mrd_desktop.record.places import Place
from mrd_desktop.record.queries import Queries, QueryLine
from mrd_desktop.record.views import FieldView
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.model import Severity
from mrd_desktop.texts import Text

_OPEN, _ANSWERED = "open", "answered"


@dataclass(frozen=True, slots=True)
class Remarks:
    """What was said about one data point.

    Attributes:
        explained: the explanation of its first soft finding, saved or not.
        asked: an open question that no check asked.
        notes: how many notes stand at it.
        explanations: the explanation of every soft finding that has one, by check.
        places: the data points of other forms that each finding was read from, by check.
        may_type: the reader may correct the value, or explain it.
        to_answer: the checks whose open queries the reader may answer.
        may_answer: the reader may answer what no check asked.
    """

    explained: str = ""
    asked: Text | None = None
    notes: int = 0
    explanations: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    may_type: bool = True
    to_answer: frozenset[str] = frozenset()
    may_answer: bool = True


NOTHING = Remarks()


class FormRemarks:
    """The queries of one form, read from the record when it is opened and after every act."""

    def __init__(self, entry: FormEntry) -> None:
        self._entry = entry
        self._queries = Queries(entry.session)
        self._by_address: Mapping[str, tuple[QueryLine, ...]] = {}
        self.notes: Mapping[ItemKey, tuple[Note, ...]] = {}
        self._places: dict[tuple[str, str, str], tuple[Place, ...]] = {}
        self.read()

    def read(self) -> None:
        """Read them again; a second entry sees none, for they speak of the first values."""
        if self._entry.blind:
            return
        self._places.clear()
        self.notes = Notes(self._entry.session).of_form(self._entry.key)
        place = f"{self._entry.key}/"
        found: dict[str, tuple[QueryLine, ...]] = {}
        for line in self._queries.all(subject=self._entry.key.subject):
            if line.state in (_OPEN, _ANSWERED) and line.address.startswith(place):
                found[line.address] = (*found.get(line.address, ()), line)
        self._by_address = found

    @property
    def may_answer(self) -> bool:
        """The reader may answer queries."""
        return self._entry.session.allows("query.answer")

    def of(self, view: FieldView) -> Remarks:
        """What was said about a data point."""
        lines = self._by_address.get(str(view.key), ())
        asked = next((q.text for q in lines if q.check is None and q.state == _OPEN), None)
        notes = len(self.notes.get(view.key, ()))
        if not view.findings and asked is None and not notes:
            return NOTHING
        soft = [f for f in view.findings if f.check.severity is Severity.SOFT]
        said = {f.check.id: self.explanation(f) for f in soft}
        first = said[soft[0].check.id] if soft else ""
        there = {f.check.id: self.places(f) for f in view.findings}
        may_answer = self.may_answer
        queried = frozenset(q.check for q in lines if q.check and q.state == _OPEN)
        return Remarks(
            first,
            asked,
            notes,
            said,
            there,
            may_type=self._entry.read_only is None,
            to_answer=queried if may_answer else frozenset(),
            may_answer=may_answer,
        )

    def places(self, finding: Finding) -> tuple[Place, ...]:
        """The data points of other forms that a finding was read from."""
        known = finding.check.id, str(finding.key), finding.text.en
        if known not in self._places:
            self._places[known] = self._entry.elsewhere(finding)
        return self._places[known]

    def explanation(self, finding: Finding) -> str:
        """The explanation of a soft finding: the one not saved yet, else the recorded one."""
        given = self._entry.answered(finding)
        if given:
            return given
        query = self._query(finding, _ANSWERED)
        return query.answer or "" if query else ""

    def open_query(self, view: FieldView, finding: Finding | None) -> QueryLine | None:
        """The recorded open query of a finding, or the open question of the monitor."""
        if finding is not None:
            return self._query(finding, _OPEN)
        lines = self._by_address.get(str(view.key), ())
        return next((q for q in lines if q.check is None and q.state == _OPEN), None)

    def answer(self, query: QueryLine, words: str) -> None:
        """Answer a recorded query at once.

        Raises:
            NoWords, PermissionDenied, WrongQueryState, StorageError
        """
        self._queries.answer(query.query, words)
        self.read()

    def _query(self, finding: Finding, state: str) -> QueryLine | None:
        lines = self._by_address.get(str(finding.key), ())
        return next((q for q in lines if q.check == finding.check.id and q.state == state), None)
