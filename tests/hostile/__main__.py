"""Reads bombs, each in a process of its own, and says what it cost: a line of JSON each."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from mrd_desktop.errors import MrdError
from tests.hostile.readers import READERS


def apart(work: Callable[[], None]) -> None:
    """Do it in a process that ends with it: its peak of memory is its own."""
    if child := os.fork():
        os.waitpid(child, 0)
        return
    try:
        work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def peak() -> int:
    """Most memory that this process held, in MiB."""
    told = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert told is not None
    return int(told[1]) >> 10


def everything(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def read(name: str, reader: str, folder: Path) -> None:
    for what, most in ((resource.RLIMIT_DATA, 2 << 30), (resource.RLIMIT_FSIZE, 1 << 30)):
        resource.setrlimit(what, (most, most))  # a reader at fault harms this process alone
    (path,) = (p for p in folder.iterdir() if p.name not in ("work", "temporary"))
    before, already = everything(folder), peak()
    said, fault = None, ""
    began = time.process_time()
    try:
        READERS[reader](path)
    except MrdError as refused:
        said = [refused.text.en, refused.text.zh]
    except BaseException as wrong:  # what is no refusal is told as it is
        fault = f"{type(wrong).__name__}: {str(wrong)[:200]}"
    took = time.process_time() - began
    left = sorted(set(everything(folder)) - set(before))
    print(
        json.dumps(
            {
                "bomb": f"{reader}: {name}", "said": said, "fault": fault,
                "seconds": round(took, 2), "mib": peak(), "before": already, "left": left,
            },
            ensure_ascii=False,
        ),
        flush=True,
    )  # fmt: skip


def main(numbers: list[str]) -> None:
    """Each is made by another process, which holds much while it makes them."""
    for number in numbers:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            for inside in ("work", "temporary"):
                (folder / inside).mkdir()
            made = subprocess.run(
                [sys.executable, "-m", "tests.hostile.bombs", number, place],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            name, reader = json.loads(made.stdout)
            tempfile.tempdir = str(folder / "temporary")
            apart(lambda n=name, r=reader, f=folder: read(n, r, f))  # type: ignore[misc]
            tempfile.tempdir = None


if __name__ == "__main__":
    main(sys.argv[1:])
