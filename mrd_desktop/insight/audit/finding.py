"""Records of the trail that fit what is typed: subject, user, days, words in either language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from mrd_desktop.insight.places import place_words
from mrd_desktop.insight.reports.trail_rows import act_words
from mrd_desktop.insight.reports.trail_words import KINDS
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.audit import TrailLine
from mrd_desktop.study.address import ItemKey, parse_address
from mrd_desktop.study.errors import AddressError
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.vault.clock import Zone

_DAYS: Final = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:(\.\.)(\d{4}(?:-\d\d(?:-\d\d)?)?)?)?")
_SUBJECT: Final = re.compile(r"\d\d-\d{3,4}")

Fits = Callable[[TrailLine], bool]


def fitting(
    lines: Iterable[TrailLine], typed: str, study: Study, zone: Zone
) -> Iterator[TrailLine]:
    """The records that fit every word typed.

    Args:
        typed: subject numbers, user names, days (``2027-06``, ``2027-06-01..2027-06-30``),
            and parts of words for acts, places and items.
    """
    tests = [_test(word, study, zone) for word in typed.casefold().split()]
    return (line for line in lines if all(fits(line) for fits in tests))


def _test(word: str, study: Study, zone: Zone) -> Fits:
    if _SUBJECT.fullmatch(word):
        return lambda line: (line.address or "").partition("/")[0] == word
    span = _span(word)
    if span is not None:
        first, last = span
        return lambda line: first <= zone.local(line.at).date() <= last
    return lambda line: word in (line.user, _failing(line)) or word in _said(line, study)


def _failing(line: TrailLine) -> str:
    """The account of a sign-in that failed, which is not the one whose record tells of it."""
    failed = line.kind == Kind.SIGNIN_FAILED and line.content is not None
    return str((line.content or {}).get("user") or "") if failed else ""


def _said(line: TrailLine, study: Study) -> str:
    parts: list[Text | str] = [line.role]
    if line.kind is not None:
        parts += [line.kind, KINDS[Kind(line.kind)]]
        if line.content is not None:
            parts.append(act_words(Kind(line.kind), line.content))
    if line.address is not None:
        try:
            key = parse_address(line.address)
        except AddressError:
            return _whole([*parts, line.address])
        parts.append(place_words(study, key))
        if isinstance(key, ItemKey):
            parts.append(f"{key.form.form}.{key.item}")
    return _whole(parts)


def _whole(parts: Iterable[Text | str]) -> str:
    said = (p if isinstance(p, str) else f"{p.en} {p.zh}" for p in parts)
    return " ".join(said).casefold()


def _span(word: str) -> tuple[date, date] | None:
    found = _DAYS.fullmatch(word)
    if found is None:
        return None
    until = found[3] or (word if not found[2] else "9999")
    try:
        return _first(found[1]), _last(until.partition("..")[0])
    except ValueError:
        return None


def _first(text: str) -> date:
    return date.fromisoformat(f"{text}-01-01"[:10])


def _last(text: str) -> date:
    """The last day of a year, a month or a day."""
    if len(text) == 4:
        return date(int(text), 12, 31)
    first = _first(text)
    if len(text) == 10:
        return first
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
