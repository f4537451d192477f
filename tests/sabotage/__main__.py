"""Throw every switch in turn and print the table: ``-m tests.sabotage [WORDS] [--to FILE]``."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.sabotage.switches import SWITCHES, Switch

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
    return done.returncode == _RED and failed > 0, failed


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
    lines = [
        "# Rules switched off, one by one",
        "",
        "Each row: a rule that protects data was switched off and the tests named ran. Written by",
        "`dev.py sabotage`.",
        "",
        "| switched off | requirement | tests | turned red |",
        "|---|---|---|---|",
    ]
    green = 0
    for switch, red, failed in table(args.words):
        told = f"yes, {failed} failed" if red else "**no**"
        green += not red
        tests = " ".join(f"`{t}`" for t in switch.tests)
        lines.append(f"| {switch.name} | {switch.requirement} | {tests} | {told} |")
        print(f"{'red  ' if red else 'GREEN'} {failed:3}  {switch.name}", flush=True)
    if args.to is not None:
        args.to.parent.mkdir(parents=True, exist_ok=True)
        args.to.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return int(green > 0)


if __name__ == "__main__":
    sys.exit(main())
