"""Throw every switch in turn and print the table: ``-m tests.sabotage [WORDS] [--to FILE]``."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.evidence import commit, row, today, write
from tests.sabotage.switches import SWITCHES, Switch

HEAD = (
    "# Rules switched off, one by one",
    "",
    "Each row: a rule that protects data was switched off and the tests named ran. Written by",
    "`dev.py sabotage`.",
    "",
    "| switched off | requirement | tests | turned red | when (UTC) | commit |",
    "|---|---|---|---|---|---|",
)
_RED = 1
"""Exit code of pytest where tests ran and failed; others mean that they did not run."""
_FAILED = re.compile(r"^FAILED ", re.MULTILINE)


def run(switch: Switch) -> tuple[bool, int]:
    """Whether the tests of a switch turned red, and how many failed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider",
         "-p", "tests.sabotage.plugin", *switch.tests],
        env={**os.environ, "MRD_SABOTAGE": switch.name, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )  # fmt: skip
    failed = len(_FAILED.findall(done.stdout))
    # Qt may crash on its way out, when all has been told.
    ran = done.returncode == _RED or done.returncode < 0
    return ran and failed > 0, failed


def table(words: str) -> Iterator[tuple[Switch, bool, int]]:
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
    for switch, red, failed in table(args.words):
        green += not red
        print(f"{'red  ' if red else 'GREEN'} {failed:3}  {switch.name}", flush=True)
        if args.to is not None:
            write(args.to, HEAD, {switch.name: line(switch, red, failed)})
    return int(green > 0)


def line(switch: Switch, red: bool, failed: int) -> str:
    """The row of one switch."""
    told = f"yes, {failed} failed" if red else "**no**"
    tests = " ".join(f"`{t}`" for t in switch.tests)
    return row(switch.name, switch.requirement, tests, told, today(), commit())


if __name__ == "__main__":
    sys.exit(main())
