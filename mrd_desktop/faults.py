"""A fault that nobody foresaw is told by its kind and place, never by its message.

The message of an error may hold what was typed. Standard error ends in a log of the session on many
computers, so nothing of it goes there either.
"""

from __future__ import annotations

import re
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from mrd_desktop import __version__

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_DEEPEST = 4
_LONGEST = 80
_ODD = re.compile(r"[^\w.<> -]", re.ASCII)


def places(fault: BaseException) -> str:
    """Kind of the fault and where it was: no message and no value, for these may hold data."""
    kind, where = kind_and_places(fault)
    return "\n".join([f"mrd-desktop {__version__}  {kind}", *where])


def kind_and_places(fault: BaseException) -> tuple[str, tuple[str, ...]]:
    """Class of the fault, and file, line and function where it was, the deepest last."""
    frames = traceback.extract_tb(fault.__traceback__)[-_DEEPEST:]
    where = (f"{_plain(Path(f.filename).name)}:{f.lineno} {_plain(f.name)}" for f in frames)
    return _plain(type(fault).__name__), tuple(where)


def _plain(name: str) -> str:
    """A name of the program's own as it can stand in one line of a log."""
    return _ODD.sub("_", name)[:_LONGEST]


def tell_places_only() -> None:
    """From now on nothing that ends a process or a thread prints more than :func:`places`."""
    sys.excepthook = _ended
    threading.excepthook = _thread_ended
    sys.unraisablehook = _unraisable


def _ended(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, fault, trace)
    else:
        print(places(fault.with_traceback(trace)), file=sys.stderr)


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        print(places(ended.exc_value), file=sys.stderr)


def _unraisable(left: UnraisableHookArgs) -> None:
    if left.exc_value is not None:
        print(places(left.exc_value), file=sys.stderr)
