"""Settling the differences of a second entry with the paper: the model behind the compare view.

Each difference is settled by choosing the first value, the second, or typing what the paper says.
What changes the record goes the way of every Save, with a reason; what was chosen is recorded in
the same transaction, also where the first value stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from mrd_desktop.ledger.record import Entry
from mrd_desktop.record import entries
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import ChangedMeanwhile, NotFound, SaveRefused, UnsavedTyping
from mrd_desktop.record.reading import RecordedForm, recorded_forms
from mrd_desktop.record.saving import save_forms, standing_refusal
from mrd_desktop.record.second.compare import Result, is_keyed
from mrd_desktop.record.second.errors import NoChoice, NoSecondEntry, NotAsked, SameHand, Unread
from mrd_desktop.record.second.standing import (
    Act,
    Choice,
    Difference,
    SecondEntry,
    holds,
    second_entries,
    standing_answer,
)
from mrd_desktop.study import values
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import Form, Item
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session


@dataclass(frozen=True, slots=True)
class Line:
    """One data point of the compare view.

    Attributes:
        first: what stands recorded; ``second``: what was keyed the second time.
        difference: None where the two agree.
        choice: what this user has chosen and not saved yet.
        text, answer, error: what was typed as another value, and what it means.
    """

    key: ItemKey
    item: Item
    first: Answer | None
    second: Answer | None
    difference: Difference | None = None
    choice: Choice | None = None
    text: str = ""
    answer: Answer | None = None
    error: Text | None = None

    @property
    def result(self) -> Result:
        """What the comparison said."""
        return self.difference.result if self.difference else Result.EQUAL

    @property
    def waits(self) -> bool:
        """A difference that is not settled."""
        return self.difference is not None and not self.difference.settled

    @property
    def outcome(self) -> Answer | None:
        """What would stand after the choice."""
        if self.choice is Choice.SECOND:
            return self.second
        return self.answer if self.choice is Choice.OTHER else self.first

    @property
    def changes(self) -> bool:
        """The choice changes the record."""
        return self.choice is not None and self.outcome != self.first


class Settling:
    """The differences of one form, being settled.

    Attributes:
        key: the form.
        form: its definition.
        entry: its second entry as it stood when this was opened.
    """

    def __init__(self, session: Session, key: FormKey) -> None:
        """Read the comparison.

        Raises:
            PermissionDenied: the role sees no data.
            NotFound, NoSecondEntry: there is none.
        """
        session.require("subject.see")
        self.session = session
        self.key = key
        if key.form not in session.study.by_form:
            raise NotFound(str(key))
        self.form: Form = session.study.by_form[key.form]
        self._read()

    def _read(self) -> None:
        with self.session.reading() as conn:
            self._recorded, self.entry = _found(self.session, conn, self.key)
        self._lines = {line.key: line for line in self._all()}

    def _all(self) -> Iterator[Line]:
        differing = {d.key: d for d in self.entry.differences}
        rows = {RowKey(self.key, g.name) for g in self.form.groups if not g.repeating}
        rows |= {r for r, gone in self._recorded.rows.items() if not gone}
        rows |= {k.row for k in differing}
        for group in self.form.groups:
            for row in sorted(r for r in rows if r.group == group.name):
                for item in group.items:
                    key = ItemKey(row, item.name)
                    now = standing_answer(self._recorded, key)
                    difference = differing.get(key)
                    if difference is not None:
                        yield Line(key, item, now, difference.second, difference)
                    elif now is not None and is_keyed(item):
                        yield Line(key, item, now, now)

    @property
    def refusal(self) -> Text | None:
        """Why this user settles nothing here; None where nothing stands against it."""
        refused = standing_refusal(self.session, self.form, self._recorded)
        if refused:
            return SaveRefused(refused).text
        if self.entry.open and self.session.user in self.entry.keyers:
            return SameHand(str(self.key)).text
        return None

    def lines(self, *, everything: bool = False) -> tuple[Line, ...]:
        """The differences in the order of the form; with what agrees too."""
        return tuple(x for x in self._lines.values() if everything or x.difference is not None)

    def line(self, key: ItemKey) -> Line:
        """One data point.

        Raises:
            KeyError: it is not in the comparison.
        """
        return self._lines[key]

    @property
    def left(self) -> int:
        """Differences for which nothing is chosen yet."""
        return sum(x.waits and x.choice is None for x in self._lines.values())

    @property
    def chosen(self) -> tuple[Line, ...]:
        """What is chosen and not saved yet."""
        return tuple(x for x in self._lines.values() if x.choice is not None)

    @property
    def asks_reason(self) -> bool:
        """Some choice changes a recorded value or row: a reason is needed."""
        return any(
            x.changes and (x.key in self._recorded.items or x.first is not None)
            for x in self._lines.values()
        )

    def choose(self, key: ItemKey, choice: Choice | None) -> tuple[ItemKey, ...]:
        """Choose the first or the second value, or take the choice back.

        A row that only one keying has is taken or left whole.

        Returns:
            The data points that changed.
        """
        line = self._lines[key]
        if not line.waits:
            return ()
        beside = [
            x.key
            for x in self._lines.values()
            if x.waits and _whole(x) and _whole(line) and x.key.row == key.row
        ] or [key]
        for place in beside:
            fresh = replace(self._lines[place], choice=choice, text="", answer=None, error=None)
            self._lines[place] = fresh
        return tuple(beside)

    def type(self, key: ItemKey, text: str) -> None:
        """Type what the paper says where neither keying is right; an empty text is no answer."""
        line = self._lines[key]
        if not line.waits or _whole(line):
            return
        answer, error = None, None
        try:
            answer = values.parse_text(line.item, text, today=self.session.today())
        except ValueRefused as refused:
            error = refused.reason
        self._lines[key] = replace(line, choice=Choice.OTHER, text=text, answer=answer, error=error)

    def mark_missing(self, key: ItemKey, code: str) -> None:
        """The paper gives a reason why there is no value."""
        line = self._lines[key]
        if line.waits and not _whole(line):
            self._lines[key] = replace(
                line, choice=Choice.OTHER, text="", answer=Answer(missing=code), error=None
            )

    def save(self, reason: ChangeReason | None = None) -> int:
        """Record what was chosen, and what it changes; the rest stays open.

        Args:
            reason: for every recorded value that changes.

        Returns:
            How many differences were settled.

        Raises:
            NoChoice, Unread, NotAsked, SameHand, UnsavedTyping: nothing was recorded.
            SaveRefused, ChangedMeanwhile, StorageError: as every Save.
        """
        self.session.require("form.edit")
        chosen = [_plain(x) for x in self.chosen]
        if not chosen:
            raise NoChoice
        unread = sum(x.error is not None for x in chosen)
        if unread:
            raise Unread(n=unread)

        def beside(conn: Connection) -> list[Entry]:
            form, entry = _found(self.session, conn, self.key)
            refused = standing_refusal(self.session, self.form, form)
            if refused:
                raise SaveRefused(refused)
            if form.saved_seq != self._recorded.saved_seq or entry.record != self.entry.record:
                raise ChangedMeanwhile
            if entry.act(self.session.user) is not Act.SETTLE:
                raise SameHand(str(self.key))
            standing = holds(conn, form, entry)
            made = [entries.second_chosen(x.key, _record(x), str(x.choice)) for x in chosen]
            return [*made, entries.second_settled(self.key, len(chosen), holds=standing)]

        if any(x.changes for x in chosen):
            filled = self._applied(chosen)
            declared = bool(filled.recorded and filled.recorded.declared)
            save_forms(self.session, [filled.intent(complete=declared, reason=reason)], beside)
        else:
            self._commit(beside)
        self._read()
        return len(chosen)

    def _commit(self, beside: Callable[[Connection], list[Entry]]) -> None:
        """Record what was chosen where it changes no value; a refusal as every Save."""
        try:
            self.session.commit(beside)
        except SaveRefused as refused:
            self.session.commit([entries.entry_refused(str(self.key), refused.cause.value)])
            raise

    def _applied(self, chosen: list[Line]) -> FormEntry:
        """The form with what was chosen typed into it."""
        entry = FormEntry(self.session, self.key)
        if entry.draft_at:
            raise UnsavedTyping(str(self.key))
        places: dict[RowKey, RowKey] = {}
        for line in chosen:
            if not line.changes:
                continue
            row = line.key.row
            if _whole(line) and line.result is Result.ONLY_FIRST:
                entry.remove_row(row)
                continue
            if _whole(line) and row not in places:
                entry.add_row(row.group)
                places[row] = max(
                    r.key for g in entry.groups() for r in g.rows if r.key.group == row.group
                )
            _put(entry, ItemKey(places.get(row, row), line.key.item), line)
        for line in chosen:
            row = places.get(line.key.row, line.key.row)
            key = ItemKey(row, line.key.item)
            if line.outcome is not None and not entry.field(key).shown:
                raise NotAsked(en=line.item.text.en, zh=line.item.text.zh)
        return entry


def _put(entry: FormEntry, key: ItemKey, line: Line) -> None:
    answer = line.outcome
    if answer is not None and answer.missing is not None:
        entry.mark_missing(key, answer.missing)
    else:
        entry.type(key, values.entry_text(line.item, answer))


def _plain(line: Line) -> Line:
    """Another value that is the first or the second after all is chosen as that."""
    if line.choice is Choice.OTHER and line.error is None:
        if line.answer == line.first:
            return replace(line, choice=Choice.FIRST)
        if line.answer == line.second:
            return replace(line, choice=Choice.SECOND)
    return line


def _whole(line: Line) -> bool:
    return line.difference is not None and line.difference.whole_row


def _record(line: Line) -> entries.Reference:
    assert line.difference is not None
    return line.difference.record


def _found(session: Session, conn: Connection, key: FormKey) -> tuple[RecordedForm, SecondEntry]:
    forms: Mapping[FormKey, RecordedForm] = {
        f.key: f for f in recorded_forms(conn, key.subject) if f.key == key
    }
    entry = second_entries(conn, session.study, forms.values()).get(key)
    if entry is None or entry.record is None:
        raise NoSecondEntry(str(key))
    return forms[key], entry
