"""What the search field finds of a site: at once what lists know, a moment later the data.

Data are looked for in a worker that gives up as soon as something else is typed. People are looked
for only when asked to; the list then shows numbers, and a name when it is asked for, which is
recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import islice

from PySide6.QtCore import QObject, QTimer, Signal

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.people import LEAST, Person, find_people, may_find, plain, reveal_name
from mrd_desktop.insight.places import place_words
from mrd_desktop.insight.plan import LOG
from mrd_desktop.record.editions import Editions
from mrd_desktop.record.finding import Hit, find
from mrd_desktop.record.second.standing import SecondPlace
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from ui.finder import Found, begun, fits
from ui.icons import Glyph
from ui.jobs import Job, Progress
from ui.work import Desk

SUBJECT = Text("Subject", "受试者")
FORM = Text("Form", "表单")
VALUE = Text("Value", "数据")
QUERY = Text("Query", "质疑")
PERSON = Text("Identity data", "身份信息")
FIND_PERSON = Text(
    "Find the person “{typed}” by name, record number or telephone",
    "按姓名、病历号或电话查找“{typed}”",
)
HINT = Text("F2 shows the name (recorded)", "F2 显示姓名（有记录）")
NOBODY = Text("No person fits “{typed}”.", "没有姓名、病历号或电话与“{typed}”相符的受试者。")
LOOKING = Text("Looking: {done} of {total}", "正在查找 {done}/{total}")
ADD = Text("{subject} · add {form}", "{subject} · 添加{form}")
_SHORT = re.compile(r"([0-9]{1,2})-([0-9]{1,4})")
_DEEP = 2
"""The empty forms of this many subjects at most are offered."""
_SHORT_LIST = 12
_MOST = 40
_PAUSE = 180
"""Milliseconds without a key before the data are searched."""


class Searching(QObject):
    """The search of one session."""

    _came = Signal(object, str, object)  # from the worker: which search, its words, one hit

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._finder = desk.shell.finder
        self._typed = ""
        self._editions = Editions(desk.session)
        self._mark: object = None
        """Which search is under way; what an earlier one still tells comes too late."""
        self._job: Job[tuple[Hit, ...]] | Job[tuple[Person, ...]] | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._search)
        self._finder.add_source(self.near)
        self._finder.asked.connect(self._asked)
        self._came.connect(self._show_hit)

    def close(self) -> None:
        """Search no more."""
        self._pause.stop()
        self._finder.asked.disconnect(self._asked)
        self._finder.drop_source(self.near)
        self._finder.set_busy(False)
        self._cancel()

    # --- at once ----------------------------------------------------------------------

    def near(self, typed: str) -> list[Found]:
        """Subjects that fit; the forms of one or two once the words single them out."""
        if not typed or self.desk.session.locked:
            return []
        census = self.desk.census
        asked, typed = typed, " ".join(_numbered(w) for w in typed.split())
        words = typed.casefold().split()
        named = (x for x in census.lines if any(w in x.subject for w in words))
        lines = list(islice(named, _DEEP + 1))
        fitting = (x for x in census.lines if fits(typed, *self._words(x.subject)))
        hits = [self._subject(x.subject) for x in islice(fitting, _MOST)]
        here = self._here()
        if here and not lines:
            hits = [*self._ranked(here, f"{here} {typed}"), *hits]
        elif lines and len(lines) <= _DEEP and len(words) > 1:
            hits += [f for x in lines for f in self._ranked(x.subject, typed)]
        found = hits[:_MOST]
        if may_find(self.desk.session) and len(plain(asked)) >= LEAST:
            act = partial(self._find_people, asked)
            text = FIND_PERSON.filled(typed=asked)
            found.append(Found(text, PERSON, act, Glyph.KEY, stays=True))
        return found

    def _here(self) -> str:
        """The subject in front; ``""`` where there is none."""
        place = self.desk.place
        if isinstance(place, SecondPlace):
            place = place.form
        if place is None or isinstance(place, str):
            return place or ""
        return str(place).partition("/")[0]

    def _words(self, subject: str) -> list[Text | str]:
        overview = self.desk.census.overviews.get(subject)
        return [subject, overview.standing.status.text] if overview else [subject]

    def _subject(self, subject: str) -> Found:
        overview = self.desk.census.overviews.get(subject)
        detail = self.desk.context.say(overview.standing.status.text) if overview else ""
        text = Text(subject, subject)
        act = partial(self.desk.open_subject, subject)
        return Found(text, SUBJECT, act, Glyph.SUBJECTS, detail)

    def _ranked(self, subject: str, typed: str) -> list[Found]:
        """The forms that fit: named by its code first, then by its title, then by what it asks."""
        words = typed.casefold().split()
        titles = {f.oid: f.text for f in self.desk.study.forms}

        def place(found: Found) -> tuple[bool, bool, bool]:
            title = titles[found.detail]
            said = (title.en.casefold(), title.zh.casefold())
            by_name = all(fits(w, found.text) for w in words)
            return found.detail.casefold() not in words, not set(said) & set(words), not by_name

        return sorted(self._forms(subject, typed), key=place)

    def _forms(self, subject: str, typed: str) -> Iterator[Found]:
        study = self.desk.study
        for event in study.events:
            if event.oid == LOG:
                yield from self._log_forms(EventKey(subject, LOG), typed)
            if event.oid == LOG or event.repeating:
                continue
            for oid in (*event.planned, *event.optional):
                key = FormKey(EventKey(subject, event.oid), oid)
                named = (subject, event.oid, event.text, oid, study.by_form[oid].text)
                if _named_or_asked(typed, named, study, oid):
                    text = _named(subject, place_words(study, key))
                    yield Found(text, FORM, partial(self.desk.go, key), Glyph.FORM, oid)

    def _log_forms(self, event: EventKey, typed: str) -> Iterator[Found]:
        """A new record of each log form that is named."""
        study = self.desk.study
        if not self.desk.session.allows("form.edit"):
            return
        log = study.by_event.get(LOG)
        if log is None:
            return
        for oid in (*log.planned, *log.optional):
            form = study.by_form[oid]
            named = (event.subject, oid, form.text)
            if _named_or_asked(typed, named, study, oid):
                text = ADD.filled(subject=event.subject, form=form.text)
                yield Found(text, FORM, partial(self._add, event, oid), Glyph.ADD, oid)

    def _add(self, event: EventKey, oid: str) -> None:
        self.desk.open_form(self.desk.book.next_form(event, oid))

    # --- a moment later ---------------------------------------------------------------

    def _asked(self, typed: str) -> None:
        self._cancel()
        self._typed = typed
        if typed and not self.desk.session.locked and self.desk.session.allows("subject.see"):
            self._finder.set_busy(True)
            self._pause.start()
        else:
            self._pause.stop()
            self._finder.set_busy(False)

    def _search(self) -> None:
        session, typed = self.desk.session, self._typed
        if session.locked:
            return
        self._editions = Editions(session)

        mark = object()

        def work(progress: Progress) -> tuple[Hit, ...]:
            came = self._came
            return find(
                session, typed, lambda: progress.stopped, lambda hit: came.emit(mark, typed, hit)
            )

        job = Job(work)
        job.finished.connect(partial(self._take, mark, typed))
        job.refused.connect(partial(self._refused, mark))
        self._begin(mark, job)

    def _take(self, mark: object, typed: str, hits: Sequence[Hit]) -> None:
        if mark is self._mark:
            self._finder.set_busy(False)
            self._finder.show_more(typed, [self._hit(hit) for hit in hits])

    def _show_hit(self, mark: object, typed: str, hit: Hit) -> None:
        if mark is self._mark:
            self._finder.show_more(typed, [self._hit(hit)])

    def _hit(self, hit: Hit) -> Found:
        study = self._editions.of(hit.place)
        subject = hit.place if isinstance(hit.place, str) else str(hit.place).partition("/")[0]
        text = _named(subject, place_words(study, hit.place))
        act = partial(self.desk.go, hit.place)
        if not hit.value.en:
            return Found(text, FORM, act, Glyph.FORM)
        said = hit.value
        whole = Text(f"{text.en}: {said.en}", f"{text.zh}：{said.zh}")
        kind, glyph = (QUERY, Glyph.QUERY) if hit.asked else (VALUE, Glyph.SEARCH)
        return Found(whole, kind, act, glyph)

    # --- people -----------------------------------------------------------------------

    def _find_people(self, typed: str) -> None:
        session = self.desk.session
        self._pause.stop()
        self._cancel()

        def work(progress: Progress) -> tuple[Person, ...]:
            return find_people(session, typed, progress)

        mark = object()
        job = Job(work)
        job.progressed.connect(partial(self._progressed, mark))
        job.finished.connect(partial(self._take_people, mark, typed))
        job.refused.connect(partial(self._refused, mark))
        self._finder.set_busy(True)
        self._begin(mark, job)

    def _take_people(self, mark: object, typed: str, people: Sequence[Person]) -> None:
        if mark is not self._mark:
            return
        self._finder.set_busy(False)
        found = [self._person(p) for p in people]
        self._finder.show_only(typed, found, NOBODY.filled(typed=typed))

    def _person(self, person: Person) -> Found:
        by = Text(
            f"{person.subject} · {', '.join(t.en for t in person.by)}",
            f"{person.subject} · {'、'.join(t.zh for t in person.by)}",
        )
        act = partial(self.desk.open_subject, person.subject)
        reveal = partial(self._reveal, person.subject)
        hint = self.desk.context.say(HINT)
        return Found(by, PERSON, act, Glyph.SUBJECTS, hint, reveal=reveal)

    def _reveal(self, subject: str) -> Text | None:
        try:
            name = reveal_name(self.desk.session, subject)
        except MrdError as refused:
            self.desk.say(refused.text)
            return None
        return Text(f"{subject} · {name}", f"{subject} · {name}")

    # --- jobs -------------------------------------------------------------------------

    def _begin(self, mark: object, job: Job[tuple[Hit, ...]] | Job[tuple[Person, ...]]) -> None:
        self._mark, self._job = mark, job
        self.desk.jobs.start(job)  # type: ignore[arg-type]

    def _cancel(self) -> None:
        if self._job is not None and self._job.running:
            self._job.cancel()
        self._mark = self._job = None

    def _progressed(self, mark: object, done: int, total: int) -> None:
        if mark is self._mark:
            self._finder.set_busy(True, LOOKING.filled(done=done, total=total))

    def _refused(self, mark: object, refused: MrdError) -> None:
        if mark is self._mark:
            self._finder.set_busy(False)
            self.desk.say(refused.text)


def _named_or_asked(typed: str, named: tuple[Text | str, ...], study: Study, form: str) -> bool:
    """Every word names a form, or is one of what it asks; these without pinyin, to be quick."""
    return all(
        fits(word, *named) or (len(word) > 1 and begun(word, _asked_in(study, form)))
        for word in typed.casefold().split()
    )


@lru_cache(maxsize=512)
def _asked_in(study: Study, form: str) -> str:
    """What a form asks, and what may be answered from a short list: people look for these words."""
    found: list[Text | str] = []
    for item in study.by_form[form].items:
        found += (item.text, item.name)
        if item.codelist is not None and len(item.codelist.codes) <= _SHORT_LIST:
            found += (code.text for code in item.codelist.codes)
    said = (w for t in found for w in ((t,) if isinstance(t, str) else (t.en, t.zh)))
    return "\n".join(said).casefold()


def _numbered(word: str) -> str:
    """A subject number without its zeros, ``7-1``, as it is written: ``07-001``."""
    found = _SHORT.fullmatch(word)
    short = found is not None and (len(found[1]) < 2 or 0 < len(found[2]) < 3)
    return f"{int(found[1]):02}-{int(found[2]):03}" if found and short else word


def _named(subject: str, words: Text) -> Text:
    if not words.en:
        return Text(subject, subject)
    return Text(f"{subject} · {words.en}", f"{subject} · {words.zh}")
