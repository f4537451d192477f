"""Throw every switch in turn and print the table: ``-m tests.sabotage [WORDS] [--to FILE]``."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.evidence import commit, row, rows_of, today, write
from tests.sabotage.switches import SWITCHES, Switch

HEAD = (
    "# Rules switched off, one by one",
    "",
    "Each row: a rule that protects data was switched off and the tests named ran. It turned red",
    "where tests failed in every file named. Written by `dev.py sabotage`.",
    "",
    "| switched off | requirement | tests | turned red | when (UTC) | commit |",
    "|---|---|---|---|---|---|",
)
NO = "**no**"
_RED = 1
"""Exit code of pytest where tests ran and failed; others mean that they did not run."""
_FAILED = re.compile(r"^FAILED ([^:\s]+)", re.MULTILINE)


def run(switch: Switch) -> tuple[int, tuple[str, ...]]:
    """How many tests failed, and the files named in which none did."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider",
         "-p", "tests.sabotage.plugin", *switch.tests],
        env={**os.environ, "MRD_SABOTAGE": switch.name, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )  # fmt: skip
    # Qt may crash on its way out, when all has been told.
    ran = done.returncode == _RED or done.returncode < 0
    failed = _FAILED.findall(done.stdout) if ran else []
    return len(failed), tuple(f for f in switch.files if f not in failed)


def table(words: str) -> Iterator[tuple[Switch, int, tuple[str, ...]]]:
    """Every switch whose name has the words, with what it did."""
    for switch in SWITCHES:
        if words in switch.name:
            yield switch, *run(switch)


def main() -> int:
    """Print and keep the table; exit code 1 where a test stayed green."""
    parser = argparse.ArgumentParser(prog="python -m tests.sabotage")
    parser.add_argument("words", nargs="?", default="")
    parser.add_argument("--to", type=Path)
    args = parser.parse_args()
    green = 0
    for switch, failed, silent in table(args.words):
        green += bool(silent)
        told = " ".join((switch.name, *(f"({file} stayed green)" for file in silent)))
        print(f"{'GREEN' if silent else 'red  '} {failed:3}  {told}", flush=True)
        if args.to is not None:
            rows = {switch.name: line(switch, failed, silent)}
            write(args.to, HEAD, rows, known={s.name for s in SWITCHES})
    if args.to is not None:
        for name in behind(args.to.read_text("utf-8") if args.to.is_file() else ""):
            print(f"{args.to.name} has no row, or an older one: {name}")
    return int(green > 0)


def line(switch: Switch, failed: int, silent: tuple[str, ...]) -> str:
    """The row of one switch."""
    told = f"yes, {failed} failed" if not silent else f"{NO}: {' '.join(silent)}"
    return row(*named(switch), told, today(), commit())


def behind(page: str) -> list[str]:
    """Switches that a page tells nothing of, or that have other tests since it did."""
    rows = rows_of(page)
    return [s.name for s in SWITCHES if not rows.get(s.name, "").startswith(row(*named(s)))]


def named(switch: Switch) -> tuple[str, str, str]:
    """The cells of a row that say what is tried."""
    return switch.name, switch.requirement, " ".join(f"`{t}`" for t in switch.tests)


if __name__ == "__main__":
    sys.exit(main())
