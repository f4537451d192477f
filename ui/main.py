"""The script ``mrd-desktop``: headless commands go on without a screen, all else opens a window."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from mrd_desktop import __version__
from mrd_desktop.dumps import leave_no_dumps
from mrd_desktop.faults import tell_places_only

USAGE = """\
usage: mrd-desktop [SITE]            open the application, at a site folder if one is named
       mrd-desktop demo --out DIR    play a clinic month through the real windows [--lang zh|en]
       mrd-desktop --self-test       make a training site, enter, export, receive, verify
       mrd-desktop COMMAND --help    work without a screen

commands: {commands}
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit code."""
    from mrd_desktop.cli import desktop  # noqa: PLC0415 - only one of the two worlds is loaded

    args = list(sys.argv[1:] if argv is None else argv)
    if args and args[0] in desktop.COMMANDS:
        if argv is None:  # a process of its own; the window sees to it itself
            tell_places_only()
        return _figures(args) if args[0] == "figures" else desktop.main(args)
    if args and args[0] in ("-h", "--help", "--version"):
        version = args[0] == "--version"
        print(f"mrd-desktop {__version__}\n" if version else _usage(), end="")
        return 0
    if (args and args[0].startswith("-") and args[0] != "--self-test") or (
        len(args) > 1 and args[0] != "demo"
    ):
        print(_usage(), end="", file=sys.stderr)
        return 2
    return _on_screen(args)


def _on_screen(args: list[str]) -> int:
    leave_no_dumps()
    if args and args[0] == "demo":
        from ui.demo import main as demo  # noqa: PLC0415

        return demo(args[1:])
    if args and args[0] == "--self-test":
        from ui.selftest import main as selftest  # noqa: PLC0415

        return selftest()
    from ui.app import run  # noqa: PLC0415

    return run(Path(args[0]) if args else None)


def _figures(args: list[str]) -> int:
    from mrd_desktop.cli import desktop  # noqa: PLC0415
    from ui.print.figure import PAINTERS  # noqa: PLC0415 - Qt paints images and PDF

    return desktop.main(args, PAINTERS)


def _usage() -> str:
    from mrd_desktop.cli import desktop  # noqa: PLC0415

    return USAGE.format(commands=" ".join(sorted(desktop.COMMANDS)))


if __name__ == "__main__":
    sys.exit(main())
