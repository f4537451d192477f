"""The locked parts held against a copy of known holes: ``dev.py audit --advisories FILE``.

The copy is an export in the OSV format (a folder or zip of JSON files, one advisory each, such as
the PyPI export of osv.dev), brought on a medium: nothing here reaches for a network. Every line of
every lock counts, for all platforms. A finding has a limit from the day on which it was published;
one past its limit fails the audit, as do a copy that is too old to say anything and an exemption
that has run out.

Sources: the OSV schema 1.6 (affected, ranges, events, "Evaluation"); CVSS 3.1 section 7.1 (base
score) and section 5 (bands); limits: requirement R-SEC-05.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

LOCKS: Final = ("requirements.lock", "bundle.lock", "fuzz.lock")
EXEMPT: Final = "audit.toml"
FRESH: Final = timedelta(days=30)
"""Age of the newest advisory in a copy that still says something."""
LARGEST: Final = 4 << 20
"""Bytes of one advisory; the largest that are published have a tenth of it."""
_ECOSYSTEM: Final = "PyPI"


class Severity(IntEnum):
    """How bad; what nobody rated counts as the worst."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


LIMITS: Final = {
    Severity.CRITICAL: timedelta(days=7),
    Severity.HIGH: timedelta(days=30),
    Severity.MEDIUM: timedelta(days=90),
}
"""Time from publication until the part has to be replaced; low ones are only told."""
_WORDS: Final = {
    "LOW": Severity.LOW, "MODERATE": Severity.MEDIUM, "MEDIUM": Severity.MEDIUM,
    "HIGH": Severity.HIGH, "CRITICAL": Severity.CRITICAL,
}  # fmt: skip


class Unusable(Exception):
    """A copy of advisories, or a list of exemptions, that nothing can be held against."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """A finding that is accepted for a time.

    Attributes:
        advisory: id or alias. part: name of the distribution. until: last day.
    """

    advisory: str
    part: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Finding:
    """A locked part that an advisory names.

    Attributes:
        names: id and aliases of the advisories of one hole.
        due: last day to replace it; None where there is no limit.
        exempt: why it is accepted, where it is.
    """

    part: str
    version: str
    names: tuple[str, ...]
    severity: Severity
    published: date
    due: date | None
    fixed: tuple[str, ...]
    summary: str
    exempt: Exemption | None

    def late(self, today: date) -> bool:
        """Whether its limit, or the exemption's, has passed."""
        if self.exempt is not None:
            return today > self.exempt.until
        return self.due is not None and today > self.due


def locked(lock: str) -> Iterator[tuple[str, str]]:
    """Name and version of each line of a lock, whatever platform it is for."""
    for line in lock.replace("\\\n", "").splitlines():
        said = line.partition("--hash")[0].strip()
        if said and not said.startswith("#"):
            wanted = Requirement(said)
            yield canonicalize_name(wanted.name), str(wanted.specifier).removeprefix("==")


def advisories(place: Path) -> Iterator[Mapping[str, Any]]:
    """Every advisory of a folder or zip.

    Raises:
        Unusable: it is neither, or something in it is no advisory.
    """
    try:
        if place.is_dir():
            for path in sorted(place.rglob("*.json")):
                with path.open("rb") as file:
                    yield _advisory(file.read(LARGEST + 1), path.name)
        else:
            with zipfile.ZipFile(place) as held:
                for info in held.infolist():
                    if info.filename.endswith(".json"):
                        with held.open(info) as member:
                            yield _advisory(member.read(LARGEST + 1), info.filename)
    except (OSError, zipfile.BadZipFile, EOFError, RuntimeError) as wrong:
        raise Unusable(f"{place} cannot be read: {wrong}") from None


def _advisory(raw: bytes, name: str) -> Mapping[str, Any]:
    try:
        value = json.loads(raw[:LARGEST])
    except (ValueError, RecursionError):
        raise Unusable(f"{name} is no advisory") from None
    if len(raw) > LARGEST or not isinstance(value, dict) or "id" not in value:
        raise Unusable(f"{name} is no advisory")
    return value


def exemptions(text: str) -> tuple[Exemption, ...]:
    """The list of accepted findings.

    Raises:
        Unusable: one without advisory, part, reason or last day.
    """
    try:
        rows = tomllib.loads(text).get("exempt", [])
        made = tuple(
            Exemption(r["advisory"], canonicalize_name(r["part"]), r["reason"].strip(), r["until"])
            for r in rows
        )
    except (KeyError, AttributeError, TypeError, tomllib.TOMLDecodeError) as wrong:
        raise Unusable(f"{EXEMPT}: {wrong!r}") from None
    if any(type(e.until) is not date or len(e.reason) < 10 for e in made):
        raise Unusable(f"{EXEMPT}: an exemption needs a reason in words and a last day")
    return made


def findings(
    parts: Iterable[tuple[str, str]],
    known: Iterable[Mapping[str, Any]],
    accepted: Sequence[Exemption] = (),
) -> tuple[Finding, ...]:
    """What the advisories say of the parts, one line for each hole, the most pressing first."""
    held: dict[str, set[str]] = {}
    for name, version in parts:
        held.setdefault(name, set()).add(version)
    holes: dict[tuple[str, str], list[Finding]] = {}
    for said in known:
        if said.get("withdrawn"):
            continue
        for affected in said.get("affected") or ():
            package = affected.get("package") or {}
            name = canonicalize_name(str(package.get("name", "")))
            if package.get("ecosystem") != _ECOSYSTEM or name not in held:
                continue
            for version in held[name]:
                if affects(affected, version):
                    found = _finding(said, affected, name, version)
                    holes.setdefault((name, version), []).append(found)
    merged = (one for found in holes.values() for one in _merged(found))
    judged = (_accepted(one, accepted) for one in merged)
    return tuple(sorted(judged, key=lambda f: (f.due or date.max, f.part, f.names)))


def affects(affected: Mapping[str, Any], version: str) -> bool:
    """Whether an entry of ``affected`` names a version; what cannot be judged counts as named."""
    listed = affected.get("versions") or ()
    if version in listed:
        return True
    try:
        own = Version(version)
        if any(_same(own, text) for text in listed):
            return True
        ranges = [r for r in affected.get("ranges") or () if r.get("type") != "GIT"]
        if not ranges:
            return not listed
        return any(_within(own, r.get("events") or ()) for r in ranges)
    except (InvalidVersion, AttributeError, TypeError):
        return True


def _same(own: Version, text: str) -> bool:
    try:
        return own == Version(text)
    except InvalidVersion:  # an old version that PEP 440 does not know is not the one locked here
        return False


def _within(own: Version, events: Iterable[Mapping[str, str]]) -> bool:
    """The evaluation of the OSV schema: the last event up to the version decides."""
    steps: list[tuple[Version, int, bool]] = []
    for event in events:
        for kind, text in event.items():
            at = Version("0.dev0" if text == "0" else text)
            # At one version: what is last affected still is, what is fixed is not, then introduced.
            order = {"last_affected": 2, "fixed": 0, "introduced": 1}.get(kind)
            if order is not None:
                steps.append((at, order, kind == "introduced"))
    bad = False
    for at, order, begins in sorted(steps):
        if at < own or (at == own and order < 2):
            bad = begins
    return bad


def _finding(
    said: Mapping[str, Any], affected: Mapping[str, Any], name: str, version: str
) -> Finding:
    severity = severity_of(said, affected)
    published = _day(said.get("published") or said.get("modified"))
    fixed = {
        str(event["fixed"])
        for r in affected.get("ranges") or ()
        if r.get("type") != "GIT"
        for event in r.get("events") or ()
        if "fixed" in event
    }
    names = (str(said["id"]), *map(str, said.get("aliases") or ()))
    summary = str(said.get("summary") or said.get("details") or "").strip().splitlines()[:1]
    limit = LIMITS.get(severity)
    return Finding(
        name, version, names, severity, published, published + limit if limit else None,
        tuple(sorted(fixed)), "".join(summary)[:120], None,
    )  # fmt: skip


def _merged(found: Sequence[Finding]) -> Iterator[Finding]:
    """One hole is told by several lists under each other's names: the earliest day, the worst."""
    groups: list[list[Finding]] = []
    for one in found:
        same = [g for g in groups if any(set(one.names) & set(x.names) for x in g)]
        groups = [g for g in groups if g not in same]
        groups.append([one, *(x for g in same for x in g)])
    for group in groups:
        rated = max(x.severity for x in group)
        published = min(x.published for x in group)
        names = dict.fromkeys(n for x in sorted(group, key=lambda x: x.names) for n in x.names)
        limit = LIMITS.get(rated)
        yield Finding(
            group[0].part, group[0].version, tuple(names), rated, published,
            published + limit if limit else None,
            tuple(sorted({f for x in group for f in x.fixed})), group[-1].summary, None,
        )  # fmt: skip


def _accepted(one: Finding, accepted: Sequence[Exemption]) -> Finding:
    fits = [e for e in accepted if e.part == one.part and e.advisory in one.names]
    if not fits:
        return one
    return Finding(
        one.part, one.version, one.names, one.severity, one.published, one.due, one.fixed,
        one.summary, max(fits, key=lambda e: e.until),
    )  # fmt: skip


def _day(text: object) -> date:
    """A day; what has none has been known for ever."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC).date()
    except ValueError:
        return date.min


# --- how bad ------------------------------------------------------------------------------


def severity_of(said: Mapping[str, Any], affected: Mapping[str, Any]) -> Severity:
    """The worst that the advisory says of itself; critical where it says nothing readable."""
    words = [
        str((x.get("database_specific") or {}).get("severity", "")).upper()
        for x in (said, affected)
    ]
    rated = [_WORDS[w] for w in words if w in _WORDS]
    for entry in (*(said.get("severity") or ()), *(affected.get("severity") or ())):
        score = base_score(str(entry.get("score", "")))
        if score is not None:
            rated.append(_band(score))
    return max(rated, default=Severity.CRITICAL)


def _band(score: float) -> Severity:
    if score >= 9:
        return Severity.CRITICAL
    if score >= 7:
        return Severity.HIGH
    return Severity.MEDIUM if score >= 4 else Severity.LOW


_METRICS: Final[Mapping[str, Mapping[str, float]]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0},
    "I": {"H": 0.56, "L": 0.22, "N": 0},
    "A": {"H": 0.56, "L": 0.22, "N": 0},
}
_PRIVILEGES: Final = {
    "U": {"N": 0.85, "L": 0.62, "H": 0.27},
    "C": {"N": 0.85, "L": 0.68, "H": 0.5},
}


def base_score(vector: str) -> float | None:
    """The base score of a CVSS 3.0 or 3.1 vector; None of anything else (CVSS 2, CVSS 4)."""
    head, *pairs = vector.strip().split("/")
    if head not in ("CVSS:3.0", "CVSS:3.1"):
        return None
    said = dict(pair.partition(":")[::2] for pair in pairs)
    try:
        v = {name: values[said[name]] for name, values in _METRICS.items()}
        privileges, changed = _PRIVILEGES[said["S"]][said["PR"]], said["S"] == "C"
    except KeyError:
        return None
    lost = 1 - (1 - v["C"]) * (1 - v["I"]) * (1 - v["A"])
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    exploit = 8.22 * v["AV"] * v["AC"] * privileges * v["UI"]
    whole = impact + exploit
    return _up(min(1.08 * whole if changed else whole, 10))


def _up(number: float) -> float:
    """Roundup of CVSS 3.1, appendix A: to the next tenth, without noise of the arithmetic."""
    steps = round(number * 100_000)
    return steps / 100_000 if steps % 10_000 == 0 else (steps // 10_000 + 1) / 10


# --- the command --------------------------------------------------------------------------


def audit(root: Path, copy: Path, today: date) -> tuple[tuple[Finding, ...], date, int]:
    """Findings, the day of the newest advisory and how many the copy has.

    Raises:
        Unusable: the copy has none for PyPI, or none that is new enough.
    """
    parts = {p for name in LOCKS for p in locked((root / name).read_text("utf-8"))}
    accepted = exemptions((root / EXEMPT).read_text("utf-8"))
    known = [a for a in advisories(copy) if _of_pypi(a)]
    newest = max((_day(a.get("modified")) for a in known), default=date.min)
    if today - newest > FRESH:
        said = f"its newest advisory is of {newest}" if known else "it has no advisory for PyPI"
        raise Unusable(f"{copy} says nothing of today: {said}. Bring a new export.")
    return findings(parts, known, accepted), newest, len(known)


def _of_pypi(said: Mapping[str, Any]) -> bool:
    places = (a.get("package") or {} for a in said.get("affected") or ())
    return any(p.get("ecosystem") == _ECOSYSTEM for p in places)


def line(one: Finding, today: date) -> str:
    """A finding as it is printed."""
    state = "LATE" if one.late(today) else "due" if one.due else "told"
    if one.exempt is not None:
        state = "LATE" if one.late(today) else "exempt"
    end = one.exempt.until if one.exempt is not None else one.due
    names, fixed = " ".join(one.names), ", ".join(one.fixed) or "none yet"
    why = f" ({one.exempt.reason})" if one.exempt is not None else ""
    return (
        f"{state:6} {end or '-':} {one.severity.name.lower():8} {one.part} {one.version}: {names}; "
        f"published {one.published}; fixed in {fixed}; {one.summary}{why}"
    )


def main(args: Sequence[str], root: Path = Path(__file__).parent) -> int:
    """Print the findings; 1 where a limit has passed, 2 where nothing could be compared."""
    parser = argparse.ArgumentParser(prog="dev.py audit")
    parser.add_argument("--advisories", type=Path, required=True, metavar="FILE")
    parser.add_argument("--on", type=date.fromisoformat, metavar="DAY", help="instead of today")
    asked = parser.parse_args(args)
    today = asked.on or datetime.now(UTC).date()
    try:
        found, newest, count = audit(root, asked.advisories, today)
    except Unusable as wrong:
        print(wrong, file=sys.stderr)
        return 2
    for one in found:
        print(line(one, today))
    late = [one for one in found if one.late(today)]
    print(f"{count} advisories up to {newest}, {len(found)} findings, {len(late)} past their limit")
    return int(bool(late))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
