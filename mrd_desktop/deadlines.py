"""When a site is reminded: data, so that a data management plan can settle it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ruamel.yaml import YAML

from mrd_desktop.resources import resource


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Days.

    Attributes:
        package, package_overdue: after the last package the next one is due, and overdue.
        receipt: after a package the sponsor's receipt is expected.
        backup: after the last backup the next one is due.
        drill: after the last restore drill the next one is due (R-BAK-02: quarterly).
    """

    package: int
    package_overdue: int
    receipt: int
    backup: int
    drill: int


@cache
def deadlines() -> Deadlines:
    """The deadlines that the program ships."""
    yaml = YAML(typ="safe", pure=True)
    return Deadlines(**yaml.load(resource("deadlines.yaml").read_text(encoding="utf-8")))
