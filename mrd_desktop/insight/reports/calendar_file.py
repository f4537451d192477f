"""The calendar leaves the program as an iCalendar file; that it did is recorded like a print."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mrd_desktop.insight.calendar import Occasion
from mrd_desktop.insight.icalendar import calendar_file
from mrd_desktop.insight.reports.issue import issue
from mrd_desktop.insight.reports.model import Report
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.session import Session

FILE: Final = Report("calendar_file", Text("Calendar", "日历"), ())


def write_calendar(
    session: Session, found: Iterable[Occasion], path: Path, language: Language
) -> int:
    """Write what is open, by subject number only; how many entries.

    Raises:
        OSError: the file cannot be written; the attempt stands recorded.
        PermissionDenied: the role may not see subjects.
    """
    session.require("subject.see")
    open_ = [o for o in found if o.open]
    issue(session, FILE, form="ics")
    folder = session.folder
    content = calendar_file(
        open_, chain=folder.chain, site=folder.site, at=session.now(), language=language
    )
    write_atomically(path, content)
    return len(open_)
