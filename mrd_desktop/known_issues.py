"""What is known to be wrong or missing in this version: risk, way round and date (R-VAL-07)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from ruamel.yaml import YAML

from mrd_desktop.resources import resource
from mrd_desktop.texts import Text


@dataclass(frozen=True, slots=True)
class Issue:
    """One known issue; ``gxp`` where it touches data, trail, signatures or access."""

    oid: str
    since: date
    gxp: bool
    text: Text
    risk: Text
    workaround: Text


@cache
def known_issues() -> tuple[Issue, ...]:
    """The issues of this version, in their order."""
    yaml = YAML(typ="safe", pure=True)
    rows = yaml.load(resource("known_issues.yaml").read_text(encoding="utf-8"))["issues"]
    return tuple(issue_of(row) for row in rows)


def issue_of(row: Mapping[str, object]) -> Issue:
    """One issue as it stands in the file.

    Raises:
        ValueError: no date or text, or an issue that touches data without risk or way round.
    """

    def both(part: str) -> Text:
        return Text(str(row.get(f"{part}en", "")).strip(), str(row.get(f"{part}zh", "")).strip())

    text, risk, workaround = both(""), both("risk_"), both("workaround_")
    gxp = bool(row.get("gxp", True))
    wanted = (text, risk, workaround) if gxp else (text,)
    if not all(t.en and t.zh for t in wanted):
        raise ValueError(f"{row.get('id')}: text, risk and workaround are needed in both languages")
    return Issue(str(row["id"]), date.fromisoformat(str(row["date"])), gxp, text, risk, workaround)
