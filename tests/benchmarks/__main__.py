"""Measure the numbers to hold: ``python -m tests.benchmarks [PART OF A NAME…]``.

Each module ``bench_*.py`` here has ``run() -> list[Ratio]``. Ends with 1 when a ratio is not met.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path

from tests.benchmarks.ratio import Ratio, table


def main(wanted: list[str]) -> int:
    """Run the modules whose name holds one of ``wanted`` (all without) and print the table."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    measured: list[Ratio] = []
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        if not wanted or any(part in path.stem for part in wanted):
            print(f"{path.stem} …", file=sys.stderr, flush=True)
            measured += importlib.import_module(f"tests.benchmarks.{path.stem}").run()
    print(f"Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} processors")
    print()
    print(table(measured))
    return int(not all(ratio.met for ratio in measured))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
