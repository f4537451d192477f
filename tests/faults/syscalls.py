"""Every call of a process that changes a file, held until its parent answers: go on, fail, or die.

Linux hands such calls to a supervisor (``seccomp`` with user notification, Linux 5.5 on): no
compiler, no preloaded library and no tracer are needed, and what SQLCipher and Python write is
reached alike. Not reached are pages written through memory (the index of the write-ahead log, once
it has its size) and what the disk itself does later.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import select
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_CALLS: Final = {
    "x86_64": {
        "seccomp": 317, "write": 1, "pwrite": 18, "writev": 20, "pwritev": 296, "fsync": 74,
        "fdatasync": 75, "ftruncate": 77, "fallocate": 285, "open": 2, "openat": 257,
        "rename": 82, "renameat": 264, "renameat2": 316, "mkdir": 83, "mkdirat": 258,
        "unlink": 87, "unlinkat": 263, "rmdir": 84, "link": 86, "linkat": 265,
        "sendfile": 40, "copy_file_range": 326,
    },
    "aarch64": {
        "seccomp": 277, "write": 64, "pwrite": 68, "writev": 66, "pwritev": 70, "fsync": 82,
        "fdatasync": 83, "ftruncate": 46, "fallocate": 47, "openat": 56, "renameat": 38,
        "renameat2": 276, "mkdirat": 34, "unlinkat": 35, "linkat": 37, "sendfile": 71,
        "copy_file_range": 285,
    },
}  # fmt: skip
_REMOVING: Final = frozenset({"unlink", "unlinkat", "rmdir"})
_FLAGS: Final = {"open": 24, "openat": 32}
"""Where the flags of an opening lie in what the filter sees; one that may make a file counts."""
_MAKING: Final = os.O_CREAT | os.O_TRUNC

_NO_NEW_PRIVILEGES: Final = 38
_SET_FILTER, _NEW_LISTENER, _SIZES = 1, 8, 3
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_RECEIVE, _ANSWER = 0xC0502100, 0xC0182101
_NOTICE: Final = struct.Struct("=QIIiIQ6Q")
_REPLY: Final = struct.Struct("=QqiI")
_GO_ON: Final = 1


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


@dataclass(frozen=True, slots=True)
class Call:
    """One held call: its number among those of the process, and its name."""

    number: int
    name: str

    @property
    def removes(self) -> bool:
        """It frees room, which even a full disk takes."""
        return self.name in _REMOVING


Answer = Callable[[Call], "int | None"]
"""What becomes of a call: 0 to go on, an ``errno`` to fail, None where the process was killed."""


def can_watch() -> bool:
    """Whether this system hands calls over."""
    if sys.platform != "linux" or platform.machine() not in _CALLS:
        return False
    sizes = (ctypes.c_uint16 * 3)()
    return _seccomp(_SIZES, 0, sizes) == 0 and tuple(sizes)[:2] == (80, 24)


def hand_over() -> int:
    """From now on this thread's calls are held; gives the handle that tells them.

    Raises:
        OSError: the system does not allow it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    code = _filter()
    handle = _seccomp(_SET_FILTER, _NEW_LISTENER, ctypes.byref(_Program(len(code) // 8, code)))
    if handle < 0:
        raise OSError(ctypes.get_errno(), "calls are not handed over")
    return handle


def watched(handle: int, answer: Answer) -> Iterator[Call]:
    """Every call as it comes, answered before the next; ends with the process."""
    names = {number: name for name, number in _CALLS[platform.machine()].items()}
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    count = 0
    while True:
        ((_, event),) = poll.poll()
        if not event & select.POLLIN:
            return
        notice = bytearray(_NOTICE.size)
        try:
            fcntl.ioctl(handle, _RECEIVE, notice)
        except FileNotFoundError:  # it died between its call and our looking
            continue
        mark, number = (_NOTICE.unpack(notice)[n] for n in (0, 3))
        count += 1
        call = Call(count, names[number])
        wrong = answer(call)
        if wrong is not None:
            reply = _REPLY.pack(mark, 0, -wrong, 0 if wrong else _GO_ON)
            try:
                fcntl.ioctl(handle, _ANSWER, bytearray(reply))
            except FileNotFoundError:
                continue
        yield call


def _filter() -> bytes:
    """A program for the system's filter: notify of the calls listed, allow all others."""
    lines: list[tuple[int, int, int, int]] = [(_LOAD, 0, 0, 0)]
    for name, number in _CALLS[platform.machine()].items():
        if name == "seccomp":
            continue
        if name in _FLAGS:
            lines += [
                (_EQUAL, 0, 4, number),
                (_LOAD, 0, 0, _FLAGS[name]),
                (_ANY_BIT, 0, 1, _MAKING),
                (_RETURN, 0, 0, _NOTIFY),
                (_RETURN, 0, 0, _ALLOW),
            ]
        else:
            lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _NOTIFY)]
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _seccomp(operation: int, flags: int, argument: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    number = _CALLS[platform.machine()]["seccomp"]
    return int(libc.syscall(number, operation, flags, argument))
