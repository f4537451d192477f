"""A line of the worklist: what is to be done, until when, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import TypeAlias

from mrd_desktop.record.second.standing import SecondPlace
from mrd_desktop.study.address import Key
from mrd_desktop.texts import Text

SOON = timedelta(days=7)
"""What is to be done is announced this long before."""

Place: TypeAlias = Key | SecondPlace
"""Where a line leads."""


class Urgency(Enum):
    """How pressing a line is, most pressing first.

    Attributes:
        rank: the value, quick to read where thousands of lines are put in order.
    """

    OVERDUE = 0
    DUE = 1
    SOON = 2
    OPEN = 3

    def __init__(self, rank: int) -> None:
        self.rank = rank


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the worklist.

    Attributes:
        kind: stable code of the kind of work, for filters and for who sees it.
        subject: empty where it is about the whole site.
        until: the last day it is in time, None where it has none.
        place: where Enter leads; empty for the site.
        about: what stays the same while the place may change; told apart by it in calendars.
    """

    kind: str
    urgency: Urgency
    subject: str
    text: Text
    until: date | None
    place: Place
    about: str = ""

    @property
    def key(self) -> str:
        """The same however often it is worked out; unique at a site."""
        return f"{self.kind} {self.about or self.place}"


def order(task: Task) -> tuple[int, date, str]:
    """Most pressing first, then by the day it is due, then by subject.

    A choice that a check refuses comes before all: everything after it rests on it.
    """
    first = task.kind == "unsettled"
    return -1 if first else task.urgency.rank, task.until or date.max, task.subject


def by_day(until: date, today: date, soon: timedelta = SOON) -> Urgency:
    """How pressing something is that has a last day and may be done at once."""
    if today > until:
        return Urgency.OVERDUE
    return Urgency.DUE if until - today <= soon else Urgency.OPEN
