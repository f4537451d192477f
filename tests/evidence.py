"""Pages of ``docs/evidence``: a row for each thing tried, kept until that is tried again."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path


def row(*cells: object) -> str:
    """One line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def rows_of(text: str) -> dict[str, str]:
    """The rows of a page by their first cell."""
    lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
    return {line.split("|")[1].strip(): line for line in lines}


def page(
    head: Sequence[str], rows: Mapping[str, str], before: str, known: Collection[str] | None = None
) -> str:
    """The page: new rows, and those of before that no new one replaces, by their first cell.

    Args:
        known: whatever else has a row was tried once and is gone; None: every row stays.
    """
    kept = rows_of(before) | dict(rows)
    names = sorted(n for n in kept if known is None or n in known)
    return "\n".join((*head, *(kept[name] for name in names))) + "\n"


def write(
    path: Path, head: Sequence[str], rows: Mapping[str, str], known: Collection[str] | None = None
) -> None:
    """Bring a page up; see :func:`page`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text("utf-8") if path.is_file() else ""
    path.write_text(page(head, rows, before, known), "utf-8")


def today() -> str:
    """The minute, UTC."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M}"


def commit() -> str:
    """What is checked out; the pages and inputs that a run itself writes make it no other."""
    if shutil.which("git") is None:
        return "unknown"
    named = _git("describe", "--always")
    changed = _git("status", "--porcelain", "--", ".", *(f":!{path}" for path in _WRITTEN))
    return f"{named or 'unknown'}{'-dirty' if changed else ''}"


_WRITTEN = ("docs/evidence", "tests/fuzz/corpus")


def _git(*asked: str) -> str:
    done = subprocess.run(["git", *asked], check=False, capture_output=True, text=True)
    return done.stdout.strip()
