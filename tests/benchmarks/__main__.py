"""Measure the numbers to hold: ``python -m tests.benchmarks [PART OF A NAME…] [--to FILE]``.

Each module ``bench_*.py`` here has ``run() -> list[Ratio]``. Ends with 1 when a ratio is not met.
With ``--to`` the rows are kept in a page, with how busy the computer was.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from pathlib import Path

from tests.benchmarks.ratio import HEAD, Ratio, cells, table
from tests.evidence import commit, row, today, write

_PAGE = (
    "# Costs and speeds",
    "",
    "Each act against the same without what protects it, or against a figure to hold, measured in",
    "one run. Written by `python3 dev.py bench PART OF A NAME… --to` this file.",
    "",
    f"{HEAD[0]} when (UTC) | commit | on |",
    f"{HEAD[1]}---|---|---|",
)


def main(args: list[str]) -> int:
    """Run the modules whose name holds a word that is given (all without); print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("wanted", nargs="*")
    parser.add_argument("--to", type=Path)
    given = parser.parse_args(args)
    wanted = given.wanted
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    measured: list[Ratio] = []
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        if not wanted or any(part in path.stem for part in wanted):
            print(f"{path.stem} …", file=sys.stderr, flush=True)
            measured += importlib.import_module(f"tests.benchmarks.{path.stem}").run()
    print(f"Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} processors")
    print()
    print(table(measured))
    if given.to is not None:
        where = f"Python {platform.python_version()}, {platform.system()}, load {busy:.1f} before"
        kept = {r.name: row(*cells(r), today(), commit(), where) for r in measured}
        write(given.to, _PAGE, kept)
    return int(not all(ratio.met for ratio in measured))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
