"""Consent versions: who has signed an older one than is in use at the site by now.

Versions are known by what was entered: a version is as old as the day printed on it, and in use
from the first day somebody signed it. A renewal tells no printed day; a version that is known from
renewals alone is as old as the first of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from mrd_desktop.insight.task import Task, Urgency
from mrd_desktop.study.address import FormKey
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import follow_up_end
from mrd_desktop.texts import Text

RENEW = Text(
    "Consent version {old} is signed, version {new} is in use: ask for consent again",
    "已签知情同意书版本 {old}，现行版本 {new}：请再次知情同意",
)


@dataclass(frozen=True, slots=True)
class Renewal:
    """A version that was signed later, and when; the day may not be known."""

    version: str
    signed: date | None


@dataclass(frozen=True, slots=True)
class Consent:
    """What a subject has signed.

    Attributes:
        version, dated: of the first consent.
        renewed: versions signed since.
        active: still in the study, so that a new version concerns the subject.
        place: where a renewal is entered.
    """

    subject: str
    version: str
    dated: date
    renewed: tuple[Renewal, ...]
    active: bool
    place: FormKey


def consent(scene: Scene) -> Consent | None:
    """The consent of a subject; None where version or its date is not known."""
    line = scene.form("IC")
    version = line.text("IC.ICVER") if line else None
    dated = line.day("IC.ICVERDAT") if line else None
    if line is None or version is None or dated is None:
        return None
    renewed = tuple(
        Renewal(v, row.day("IC.RECDAT")) for row in line.rows("R") if (v := row.text("IC.RECVER"))
    )
    over = scene.form("EOS") or scene.form("DTH") or follow_up_end(scene) < scene.today
    return Consent(scene.data.subject, version, dated, renewed, not over, line.form.key)


def renewals(found: Iterable[Consent]) -> Iterator[Task]:
    """A task for each subject who has not signed the newest version of the site."""
    consents = tuple(found)
    days = _days(consents)
    newest = max(days, key=lambda v: days[v], default=None)
    if newest is None:
        return
    for one in consents:
        signed = (one.version, *(r.version for r in one.renewed))
        if one.active and one.dated < days[newest] and newest not in signed:
            text = RENEW.filled(old=signed[-1], new=newest)
            about = f"{one.subject} {newest}"
            yield Task("consent", Urgency.DUE, one.subject, text, None, one.place, about)


def _days(consents: Iterable[Consent]) -> Mapping[str, date]:
    """How old each version is: by the day printed on it, else by the first renewal with it."""
    printed: dict[str, date] = {}
    renewed: dict[str, date] = {}
    for one in consents:
        printed[one.version] = max(one.dated, printed.get(one.version, one.dated))
        for again in one.renewed:
            if again.signed is not None:
                first = renewed.get(again.version, again.signed)
                renewed[again.version] = min(again.signed, first)
    return {**renewed, **printed}
