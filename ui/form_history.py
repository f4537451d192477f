"""The history of one field, in a sheet at the field."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mrd_desktop.record.casebook import Version
from mrd_desktop.study.address import ItemKey
from ui import form_words as words
from ui.form_view import FormView
from ui.moments import moment
from ui.widgets.sheet import Sheet, SheetLine

History = Callable[[ItemKey], Sequence[Version]]


def show_history(view: FormView, history: History) -> None:
    """F8: every state of the data point at the caret, latest first."""
    key = view.entry.caret
    editor = view.body.editor(key) if key else None
    if key is None or editor is None:
        return
    lines = [version_line(view, key, v) for v in reversed(history(key))]
    title = view.entry.field(key).item.text
    sheet = Sheet(view.context, title, lines, editor, empty=words.NO_HISTORY)
    sheet.open_at(editor)


def version_line(view: FormView, key: ItemKey, version: Version) -> SheetLine:
    """One state: when, by whom and from where; the value; the reason."""
    say = view.context.say
    item = view.entry.field(key).item
    answer = version.answer
    if answer is None:
        value = "–"
    elif answer.missing is not None:
        code = view.missing_codes.by_code.get(answer.missing) if view.missing_codes else None
        value = f"⟂ {say(code.text) if code else answer.missing}"
    else:
        lists = item.codelist.by_code if item.codelist else {}
        value = " ".join(f"{c} {say(lists[c].text)}" if c in lists else c for c in answer.codes)
    why = ""
    if version.reason is not None:
        known = {r.code: r.text for r in view.entry.study.reasons}
        coded = known.get(version.reason.code)
        why = say(coded) if coded else version.reason.code
        why = f"{why} {version.reason.text}".strip()
    when = f"{moment(version.at)}  {version.user}"
    source = words.SOURCES.get(version.source)
    if source is not None:
        when = f"{when}  {say(source)}"
    return SheetLine(when, value, why)
