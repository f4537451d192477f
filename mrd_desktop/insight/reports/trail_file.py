"""The audit trail as a file that people read without the program: CSV for tables, HTML to print.

It is for the site. What is sealed under the vault key is closed in it; all else stands as the site
keeps it, with exact values that leave only reduced and with notes that never leave. Its making is
recorded first, as of any print, and a copy number stands in it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from html import escape
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from mrd_desktop.insight.reports.html import STYLE, head_words, stamp_words
from mrd_desktop.insight.reports.issue import Stamp, issue
from mrd_desktop.insight.reports.model import Report, Tongue
from mrd_desktop.insight.reports.trail_words import (
    CHANGED,
    CHOICES,
    CLEARED,
    CLOSED_TO_READ,
    KINDS,
    NOT_KEYED,
    RESULTS,
    SECOND,
    SECOND_ROW,
    SECOND_WORDS,
    SOURCES,
)
from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.audit import TrailLine, trail
from mrd_desktop.record.entries import answer_of
from mrd_desktop.record.second.compare import Result
from mrd_desktop.record.second.folding import ABOUT as SECOND_FIELD
from mrd_desktop.record.second.standing import Choice
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.study.errors import AddressError
from mrd_desktop.study.model import Item, Study
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.files import written_atomically
from mrd_desktop.vault.session import Session

WHAT: Final = "audit"
TITLE: Final = Text("Audit trail", "稽查轨迹")
ABOUT: Final = Text(
    "Every record in order. For the site; do not hand out: identity data are closed, but exact "
    "values that leave only reduced and notes of the site may stand here. A text that a table "
    "program would run as a formula has an apostrophe before it.",
    "按顺序列出全部记录。仅供本中心使用，请勿外传：身份信息不显示，但可能含外发时须简化的精确数据和仅留本中心的备注。"
    "可能被表格软件当作公式的文字前加有单引号。",
)
_STEP: Final = 500


class TrailForm(StrEnum):
    """The kind of file."""

    CSV = "csv"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One record in words; the titles of its fields are :data:`TITLES`."""

    chain: str
    seq: str
    at: str
    user: str
    role: str
    act: str
    subject: str = ""
    place: str = ""
    item: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""
    words: str = ""


TITLES: Final = {
    "chain": Text("Chain", "链"),
    "seq": Text("Record", "记录号"),
    "at": Text("Local time", "当地时间"),
    "user": Text("User", "用户"),
    "role": Text("Role", "角色"),
    "act": Text("Act", "操作"),
    "subject": Text("Subject", "受试者"),
    "place": Text("Where", "位置"),
    "item": Text("Item", "项目代码"),
    "before": Text("Before", "更改前"),
    "after": Text("After", "更改后"),
    "reason": Text("Reason", "原因"),
    "words": Text("Words and sources", "文字与来源"),
}


def save_trail(
    session: Session,
    path: Path,
    form: TrailForm,
    language: Language,
    *,
    subject: str = "",
    tell: Callable[[int, int], None] | None = None,
) -> int:
    """Write the trail, all of it or what is about one subject; the records written.

    Raises:
        PermissionDenied: the role may not see the trail.
        StorageError: it cannot be written there; nothing stands there.
    """
    session.require("audit.see")
    report = Report(WHAT, TITLE, (), subject=subject)
    stamp = issue(session, report, form=form.value)
    total = session.head().seq
    writer = _csv if form is TrailForm.CSV else _html
    done = 0
    with written_atomically(path) as file:
        for piece in writer(_rows(session, language, subject), report, stamp, language):
            file.write(piece.encode("utf-8"))
            done += 1
            if tell and done % _STEP == 0:
                tell(min(done, total), total)
    return done - _FRAME[form]


_FRAME: Final = {TrailForm.CSV: 1, TrailForm.HTML: 2}
"""Pieces of a file that are no record."""


# --- records in words


def _rows(session: Session, language: Language, subject: str) -> Iterator[TrailRow]:
    teller = _Teller(session, language)
    with session.reading() as conn:
        for line in trail(session, subject=subject or None, identity=False):
            yield teller.row(conn, line)


class _Teller:
    def __init__(self, session: Session, language: Language) -> None:
        self.study: Study = session.study
        self.language = language
        self.zone = session.clock.zone
        self.roles = {r.oid: r.text for r in self.study.roles}
        self.reasons = {r.code: r.text for r in self.study.reasons}

    def row(self, conn: Connection, line: TrailLine) -> TrailRow:
        """One record in words."""
        at = self.zone.local(line.at).isoformat(" ", "seconds")
        role = self.roles.get(line.role)
        fixed = (line.chain[:8], str(line.seq), at, line.user)
        said = role.say(self.language) if role else line.role
        if line.kind is None or line.content is None:
            return TrailRow(*fixed, said, CLOSED_TO_READ.say(self.language))
        kind, body = Kind(line.kind), line.content
        step = _second_step(body)
        changed = kind is Kind.ITEM_SET and "was" in body
        act = SECOND[step] if step else CHANGED if changed else KINDS[kind]
        subject, place, item = self._where(line)
        before = after = ""
        if item is not None and kind in (Kind.ITEM_SET, Kind.ENTRY_SUPERSEDED):
            before, after = self._was(conn, item, body), self._value(item, body)
            if step and "cleared" in body:
                after = NOT_KEYED.say(self.language)
        return TrailRow(
            *fixed,
            said,
            act.say(self.language),
            subject,
            place,
            item.oid if item else "",
            before,
            after,
            self._reason(body.get("reason")),
            self._words(kind, body),
        )

    def _where(self, line: TrailLine) -> tuple[str, str, Item | None]:
        address = line.address
        if not address:
            return "", "", None
        try:
            key = parse_address(address)
        except AddressError:
            return "", address, None
        if isinstance(key, str):
            return key, "", None
        return address.partition("/")[0], *self._place(key)

    def _place(self, key: EventKey | FormKey | RowKey | ItemKey) -> tuple[str, Item | None]:
        row = key.row if isinstance(key, ItemKey) else key if isinstance(key, RowKey) else None
        form = row.form if row else key if isinstance(key, FormKey) else None
        event = form.event if form else key
        assert isinstance(event, EventKey)
        parts = [event.event if event.repeat == 1 else f"{event.event}#{event.repeat}"]
        definition = self.study.by_form.get(form.form) if form else None
        item: Item | None = None
        if form is not None:
            name = definition.text.say(self.language) if definition else form.form
            parts.append(name if form.repeat == 1 else f"{name} {form.repeat}")
        if row is not None and definition is not None:
            group = definition.by_group.get(row.group)
            if group is not None and group.repeating:
                parts.append(f"{group.text.say(self.language)} {row.row}")
            if group is not None and isinstance(key, ItemKey):
                item = group.by_name.get(key.item)
                parts.append(item.text.say(self.language) if item else key.item)
        return " · ".join(parts), item

    def _value(self, item: Item, body: Mapping[str, JSON]) -> str:
        answer = answer_of(body)
        said = CLEARED if answer is None else meaning(self.study, item, answer)
        return said.say(self.language)

    def _was(self, conn: Connection, item: Item, body: Mapping[str, JSON]) -> str:
        was = body.get("was")
        if not isinstance(was, dict):
            return ""
        record = store.record(conn, str(was["chain"]), int(str(was["seq"])))
        return "" if record.opening is None else self._value(item, record.body)

    def _reason(self, reason: JSON) -> str:
        if isinstance(reason, str):
            return reason
        if not isinstance(reason, dict):
            return ""
        code, words = str(reason.get("code", "")), str(reason.get("text", ""))
        known = self.reasons.get(code)
        said = known.say(self.language) if known else code
        between = "：" if self.language is Language.ZH else ": "
        return f"{said}{between}{words}" if words else said

    def _words(self, kind: Kind, body: Mapping[str, JSON]) -> str:
        """What else the record says; a value's own fields stand in columns of their own."""
        if kind is Kind.ITEM_SET:
            found = SOURCES.get(str(body.get("source")))
            about = {**_dict(body.get("report")), **_dict(body.get("labrange"))}
            return found.say(self.language, **about) if found else ""
        if kind is Kind.QUERY_OPENED:
            asked = str(body.get(self.language.value, ""))
            return " ".join(filter(None, (str(body.get("check") or ""), asked)))
        step = _second_step(body)
        if step:
            return self._second(step, _dict(body[SECOND_FIELD]))
        left = _OWN | _UNSAID.get(kind, frozenset())
        return "; ".join(f"{name}: {_plain(v)}" for name, v in body.items() if name not in left)

    def _second(self, step: str, about: Mapping[str, Any]) -> str:
        """What a step of a second entry says."""
        said, language = SECOND_WORDS[step], self.language
        if step == "compared":
            told = ((str(p["user"]), sum(p["items"].values())) for p in about["compared"])
            return "; ".join(said.say(language, user=user, n=n) for user, n in told)
        if step == "keyed":
            return said.say(language, seq=about["keyed"]["seq"])
        if step == "chosen":
            choice = CHOICES[Choice(about["chosen"])].say(language)
            return said.say(language, choice=choice, seq=about["of"]["seq"])
        if step == "settled":
            return said.say(language, n=about["settled"])
        result = RESULTS[Result(about["result"])].say(language)
        words = said.say(language, result=result, user=about["keyer"])
        return f"{words}; {SECOND_ROW.say(language)}" if about.get("row") else words


_OWN: Final = frozenset({"address", "subject", "reason", "value", "missing", "cleared", "was"})
_UNSAID: Final = {Kind.ACTIVATION_INSTALLED: frozenset({"file"})}
"""What no cell has room for: the sponsor's whole signed file is read from the ledger itself."""


def _second_step(body: Mapping[str, JSON]) -> str | None:
    """The field of a second entry's record that tells its step; None for any other record."""
    about = _dict(body.get(SECOND_FIELD))
    return next((step for step in SECOND if step in about), None)


def _dict(found: JSON) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _plain(value: JSON) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(v)}" for name, v in value.items())
    if isinstance(value, list):
        return " ".join(_plain(v) for v in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


# --- files


def _cells(row: TrailRow) -> list[str]:
    return [getattr(row, f.name) for f in fields(row)]


def _titles(language: Language) -> list[str]:
    return [TITLES[f.name].say(language) for f in fields(TrailRow)]


def _csv(
    rows: Iterator[TrailRow], report: Report, stamp: Stamp, language: Language
) -> Iterator[str]:
    """The byte-order mark makes the table programs of Chinese desktops read UTF-8."""
    yield "\ufeff" + _csv_line(_titles(language))
    for row in rows:
        yield _csv_line([_harmless(c) for c in _cells(row)])


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _harmless(cell: str) -> str:
    """A text that a table program would take for a formula, said to be a text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _html(
    rows: Iterator[TrailRow], report: Report, stamp: Stamp, language: Language
) -> Iterator[str]:
    tongue = Tongue(language.value)
    title = TITLE.say(language)
    head = " · ".join(head_words(stamp, tongue))
    foot = " · ".join(stamp_words(report, stamp, tongue))
    heads = "".join(f"<th>{escape(t)}</th>" for t in _titles(language))
    yield (
        f'<!DOCTYPE html>\n<html lang="{"en" if tongue is Tongue.EN else "zh-CN"}">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE % {'way': 'landscape', 'wide': 'none'}}\ntable {{ table-layout: auto; "
        "font-size: 8pt; }\n</style>\n</head>\n<body>\n"
        f'<div class="quiet">{escape(head)}</div>\n<h1>{escape(title)}</h1>\n'
        f'<p class="quiet">{escape(ABOUT.say(language))}</p>\n'
        f'<div class="stamp">{escape(foot)}</div>\n'
        f"<table><thead><tr>{heads}</tr></thead><tbody>\n"
    )
    for row in rows:
        yield "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in _cells(row)) + "</tr>\n"
    yield "</tbody></table>\n</body>\n</html>\n"
