"""The limits of the review: data, so that a data management plan can settle them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from functools import cache

from ruamel.yaml import YAML

from mrd_desktop.resources import resource


@dataclass(frozen=True, slots=True)
class Limits:
    """When a review is due and what counts as unusual.

    Attributes:
        every: a review is due this long after the last one.
        burst, within: so many changes by one person within so much time.
        opens, closes: the local hours of work.
        tries: values taken back at one place before one was saved.
        failed, failed_within: so many failed sign-ins within so much time.
    """

    every: timedelta
    burst: int
    within: timedelta
    opens: time
    closes: time
    tries: int
    failed: int
    failed_within: timedelta


@cache
def limits() -> Limits:
    """The limits that the program ships."""
    yaml = YAML(typ="safe", pure=True)
    said = yaml.load(resource("trail_review.yaml").read_text(encoding="utf-8"))
    return Limits(
        every=timedelta(days=said["every_days"]),
        burst=said["burst"]["changes"],
        within=timedelta(minutes=said["burst"]["minutes"]),
        opens=time.fromisoformat(said["hours"]["from"]),
        closes=time.fromisoformat(said["hours"]["to"]),
        tries=said["tries"],
        failed=said["failed"]["tries"],
        failed_within=timedelta(minutes=said["failed"]["minutes"]),
    )
