"""The command line of the demo."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mrd_desktop.cli.console import speech
from mrd_desktop.texts import Language, Text

NOT_EMPTY = Text(
    "“{path}” is not empty. Name a folder that does not exist yet, or an empty one.",
    "“{path}”不是空文件夹。请指定一个尚不存在或空的文件夹。",
)
DONE = Text("The demo is played: {path}", "演示已完成：{path}")
_PLACE = "Asia/Shanghai"
"""The clinic of the demo stands in China; its clock shows that time whatever the computer says."""


def main(argv: Sequence[str]) -> int:
    """Play the demo; exit code 2 where DIR holds something already."""
    parser = argparse.ArgumentParser(prog="mrd-desktop demo", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--lang", choices=[x.value for x in Language])
    try:
        args = parser.parse_args(list(argv))
    except SystemExit as stop:
        return 2 if stop.code else 0
    language = speech(args)
    out: Path = args.out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        print(NOT_EMPTY.say(language, path=out), file=sys.stderr)
        return 2
    if "DISPLAY" not in os.environ and "WAYLAND_DISPLAY" not in os.environ:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["TZ"] = _PLACE
    if hasattr(time, "tzset"):
        time.tzset()
    from ui.demo.play import play  # noqa: PLC0415 - the screen is loaded only now

    play(out, language)
    print(DONE.say(language, path=out / "summary.html"))
    return 0
