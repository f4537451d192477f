"""Fuzz readers: ``python -m tests.fuzz [--runs N] [--to PAGE.md] [NAME …]``; needs atheris.

Each reader runs in a process of its own and has failed when it raises anything but a refusal, takes
over 5 s for an input or over 512 MiB. What led to new paths is kept in ``corpus/``; the input that
broke a reader stays in ``build/fuzz``.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.evidence import commit, row, today, write
from tests.fuzz.corpus import keep, kept

BUILD = Path("build") / "fuzz"
RUNS = 1_000_000
HEAD = (
    "# Readers fuzzed, led by coverage",
    "",
    "Written by `python3 dev.py fuzz`. A run fails when a reader raises anything but a refusal",
    "with words, takes over 5 s for one input or over 512 MiB in all. What one run found is where",
    "the next one begins; `runs` counts them all, `last` the last one alone.",
    "",
    "| reader | runs | last | paths | inputs kept | seconds | outcome | when (UTC) | commit |",
    "|---|---|---|---|---|---|---|---|---|",
)


def worker(name: str, runs: int, folder: Path) -> None:
    """Fuzz one reader in this process; never returns."""
    import atheris

    with atheris.instrument_imports(include=["mrd_desktop"]):
        from tests.fuzz.targets import BY_NAME

    target = BY_NAME[name]
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate([*target.seeds(), *kept(name)]):
        (folder / f"seed-{number}").write_bytes(data[: target.largest])
    target.run(next(iter(target.seeds())))  # what is made once is no input that takes long
    options = (
        *(f"-runs={runs}", f"-max_len={target.largest}", "-timeout=5", "-rss_limit_mb=512"),
        *("-print_final_stats=1", f"-artifact_prefix={folder}-broke-", "-verbosity=1"),
    )
    atheris.Setup([sys.argv[0], *options, str(folder)], target.run)
    atheris.Fuzz()


def before(page: Path | None, name: str) -> int:
    """How often a reader was run, as its page says."""
    text = page.read_text("utf-8") if page is not None and page.is_file() else ""
    found = re.search(rf"^\| {re.escape(name)} \| (\d+) \|", text, re.MULTILINE)
    return int(found[1]) if found else 0


def fuzz(name: str, runs: int, ran: int) -> str:
    """Fuzz one reader in a process of its own, after ``ran`` runs; its line of the page."""
    folder = BUILD / name
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--worker", name, "--runs", str(runs)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    seconds = time.monotonic() - began
    made = re.findall(r"stat::number_of_executed_units:\s+(\d+)", done.stderr)
    paths = re.findall(r"cov: (\d+)", done.stderr)
    outcome = "passed" if done.returncode == 0 else f"FAILED, ended with {done.returncode}"
    if done.returncode:
        (BUILD / f"{name}.log").write_text(done.stderr, encoding="utf-8")
        print(done.stderr[-4000:], file=sys.stderr)
    else:
        keep(name, (p.read_bytes() for p in folder.iterdir()))
    n = len(list(kept(name)))
    line = row(
        name, ran + (int(made[-1]) if made else 0), made[-1] if made else "?",
        paths[-1] if paths else "?", n, f"{seconds:.0f}", outcome, today(), commit(),
    )  # fmt: skip
    print(line, flush=True)
    return line


def main() -> int:
    """The exit code: 1 where a reader failed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("names", nargs="*")
    asked.add_argument("--runs", type=int, default=RUNS)
    asked.add_argument("--to", type=Path)
    asked.add_argument("--worker", action="store_true")
    args = asked.parse_args()
    if args.worker:
        worker(args.names[0], args.runs, BUILD / args.names[0])
        return 0
    from tests.fuzz.targets import BY_NAME

    failed = False
    for name in args.names or BY_NAME:
        line = fuzz(name, args.runs, before(args.to, name))
        failed |= "FAILED" in line
        if args.to is not None:  # after each, so that an end before the end loses none
            write(args.to, HEAD, {name: line})
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
