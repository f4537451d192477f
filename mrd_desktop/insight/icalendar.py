"""The calendar as a file for other calendar programs (RFC 5545), without names.

It may lie on a telephone: an event says the subject number and the visit, and neither study nor
disease nor what is examined. An event keeps its UID, so that a newer file replaces an older one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from mrd_desktop.insight.calendar import Occasion
from mrd_desktop.texts import Language, Text

OCTETS = 75
"""The longest line, its end not counted (RFC 5545, 3.1)."""

DUE = {
    "report": Text("report due", "报告到期"),
    "conversion": Text("form due", "表单到期"),
    "confirm": Text("sample due", "采样到期"),
    "imaging": Text("examination due", "检查到期"),
    "lvef": Text("examination due", "检查到期"),
}
WINDOW = Text("Window {opens} – {closes}", "窗口 {opens} – {closes}")
_ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


def calendar_file(
    found: Iterable[Occasion], *, chain: str, site: str, at: str, language: Language
) -> bytes:
    """An iCalendar object with an all-day event on the target day of all that is open.

    Args:
        chain: id of the site's chain; makes UIDs unique among sites.
        at: UTC time of making (DTSTAMP).
    """
    stamp = datetime.fromisoformat(at).strftime("%Y%m%dT%H%M%SZ")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//MRD Desktop//Calendar//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{escaped(site)}",
    ]
    for occasion in found:
        if occasion.open:
            lines += _event(occasion, chain, stamp, language)
    lines.append("END:VCALENDAR")
    return b"".join(folded(line) for line in lines)


def uid(chain: str, occasion: Occasion) -> str:
    """A stable name of an event that tells nothing."""
    digest = hashlib.sha256(f"{chain} {occasion.key}".encode()).hexdigest()
    return f"{digest[:32]}@mrd-desktop.invalid"


def _event(o: Occasion, chain: str, stamp: str, language: Language) -> Iterator[str]:
    what = DUE.get(o.kind, o.text).say(language)
    yield "BEGIN:VEVENT"
    yield f"UID:{uid(chain, o)}"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{_day(o.target)}"
    yield f"DTEND;VALUE=DATE:{_day(o.target + timedelta(days=1))}"
    yield f"SUMMARY:{escaped(f'{o.subject} {what}')}"
    if o.opens != o.closes:
        window = WINDOW.say(language, opens=o.opens, closes=o.closes)
        yield f"DESCRIPTION:{escaped(window)}"
    yield "TRANSP:TRANSPARENT"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def escaped(text: str) -> str:
    """A TEXT value (RFC 5545, 3.3.11)."""
    return "".join(_ESCAPED.get(c, c) for c in text)


def folded(line: str) -> bytes:
    """A content line in pieces of at most 75 octets that never split a character, with its end."""
    pieces: list[bytes] = []
    piece = b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > OCTETS:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join((*pieces, piece)) + b"\r\n"


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")
