"""Where things stand: an address in words, and the place where a due examination is entered."""

from __future__ import annotations

from datetime import date

from mrd_desktop.record.casebook import Chart
from mrd_desktop.record.redactable import Matters
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey
from mrd_desktop.study.model import Study
from mrd_desktop.study.schedule import visit_date, windows
from mrd_desktop.texts import Text

UNSCHEDULED = "UNS"
REQUESTS = Text("Requests", "受试者请求")
INCIDENTS = Text("Incidents", "事件")


def item_key(study: Study, form: FormKey, oid: str) -> ItemKey:
    """The data point of an item in a form; in a repeating section the one of its first row."""
    _, group, item = study.places[oid]
    return ItemKey(RowKey(form, group.name, 1), item.name)


def place_words(study: Study, key: Key | Matters) -> Text:
    """An address in words: ``M12 · ctDNA-MRD检测 · 结果``; empty for a whole subject."""
    if isinstance(key, Matters):
        return INCIDENTS if key.subject is None else REQUESTS
    parts: list[Text] = []
    event = key if isinstance(key, EventKey) else None
    form = key if isinstance(key, FormKey) else None
    if isinstance(key, RowKey | ItemKey):
        form = key.form
    if form is not None:
        event = form.event
    if event is not None:
        n = f" {event.repeat}" if event.repeat > 1 else ""
        parts.append(Text(f"{event.event}{n}", f"{event.event}{n}"))
    if form is not None:
        n = f" {form.repeat}" if form.repeat > 1 else ""
        known = study.by_form.get(form.form)
        name = known.text if known is not None else Text(form.form, form.form)
        parts.append(Text(f"{name.en}{n}", f"{name.zh}{n}"))
    if isinstance(key, ItemKey):
        group = study.by_form[key.form.form].by_group.get(key.row.group)
        item = group.by_name.get(key.item) if group is not None else None
        said = item.text if item is not None else Text(key.item, key.item)
        n = f" {key.row.row}" if key.row.row > 1 else ""
        parts.append(Text(f"{said.en}{n}", f"{said.zh}{n}"))
    return Text(" · ".join(p.en for p in parts), " · ".join(p.zh for p in parts))


def where_to_enter(chart: Chart, form: str, since: date) -> FormKey:
    """Where a form that is due outside the schedule is entered.

    It is an unscheduled visit since a day that never had such a form, else a visit whose window is
    open and that takes the form, else a new unscheduled visit. A removed form takes no entry.
    """
    scene, subject = chart.scene, chart.data.subject
    filled = {line.key.event for line in chart.forms if line.key.form == form}
    for event in chart.events:
        day = visit_date(scene, event)
        if event.event == UNSCHEDULED and event not in filled and day and day >= since:
            return FormKey(event, form)
    for visit in windows(scene):
        event = EventKey(subject, visit.event.oid)
        takes = form in (*visit.event.planned, *visit.event.optional) and event not in filled
        if takes and visit.window.opens <= chart.data.today <= visit.window.closes:
            return FormKey(event, form)
    numbers = [line.key.event.repeat for line in chart.forms if line.key.event.event == UNSCHEDULED]
    numbers += [e.repeat for e in chart.events if e.event == UNSCHEDULED]
    return FormKey(EventKey(subject, UNSCHEDULED, max(numbers, default=0) + 1), "SV")
