"""The history of one field, in a sheet at the field."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mrd_desktop.record.casebook import Version
from mrd_desktop.record.editions import edition
from mrd_desktop.record.notes import Note
from mrd_desktop.record.redaction import REDACTED, REDACTION_CAUSES
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.model import Study
from mrd_desktop.study.values import in_order
from ui.form import words
from ui.form.view import MISSING, FormView
from ui.key_lines import KeyLine
from ui.widgets.sheet import Sheet, SheetLine

History = Callable[[ItemKey], Sequence[Version]]


def show_history(view: FormView, history: History, below: KeyLine | None = None) -> None:
    """F8: every state of the data point at the caret and every note, latest first.

    Args:
        below: a key that acts on what is shown, once the sheet is closed.
    """
    key = view.entry.caret
    editor = view.body.editor(key) if key else None
    if key is None or editor is None:
        return
    told = [(v.at, version_line(view, key, v)) for v in history(key)]
    told += [(n.at, note_line(view, n)) for n in view.remarks.notes.get(key, ())]
    lines = [line for _, line in sorted(told, key=lambda x: x[0], reverse=True)]
    paper = view.entry.recorded.paper if view.entry.recorded else None
    if paper is not None:
        lines.append(SheetLine(paper.day, view.context.say(words.PAPER), paper.reference))
    if below is not None and lines:
        lines.append(SheetLine(below.key, "", view.context.say(below.text)))
    title = view.entry.field(key).item.text
    sheet = Sheet(view.context, title, lines, editor, empty=words.NO_HISTORY)
    sheet.open_at(editor)


def note_line(view: FormView, note: Note) -> SheetLine:
    """A note: when and by whom; its words."""
    return SheetLine(
        f"{view.context.hours.proof(note.at)}  {note.user}",
        view.context.say(words.NOTES),
        note.text,
    )


def version_line(view: FormView, key: ItemKey, version: Version) -> SheetLine:
    """One state: when, by whom and from where; the value; the reason."""
    say = view.context.say
    words_then = _words_then(view, version)
    form = words_then.by_form[key.form.form]
    item = form.by_group[key.row.group].by_name[key.item]
    answer = version.answer
    if version.redacted is not None:
        value = f"⟨{say(REDACTED)}⟩"
    elif answer is None:
        value = "–"
    elif answer.missing is not None:
        codes = words_then.codelists.get(MISSING)
        code = codes.by_code.get(answer.missing) if codes else None
        value = f"⟂ {say(code.text) if code else answer.missing}"
    else:
        lists = item.meanings
        value = " ".join(
            f"{c} {say(lists[c].text)}" if c in lists else c for c in in_order(item, answer)
        )
    why = ""
    if version.reason is not None:
        known = {r.code: r.text for r in words_then.reasons}
        coded = known.get(version.reason.code)
        why = say(coded) if coded else version.reason.code
        why = f"{why} {version.reason.text}".strip()
    if version.redacted is not None:
        why = say(REDACTION_CAUSES.get(version.redacted, REDACTED))
    when = f"{view.context.hours.proof(version.at)}  {version.user}"
    held = view.entry.session.study
    if words_then is not held:
        told_then = words.UNDER.filled(version=words_then.version, label=item.text)
        when = f"{when}  {say(told_then)}"
    source = words.SOURCES.get(version.source)
    if source is not None:
        when = f"{when}  {say(source)}"
    return SheetLine(when, value, why)


def _words_then(view: FormView, version: Version) -> Study:
    """The definition in whose words a value was recorded."""
    session = view.entry.session
    with session.reading() as conn:
        return edition(conn, version.definition, session.study)
