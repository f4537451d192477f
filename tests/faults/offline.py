"""A process that may not reach for a network: whatever asks for a socket of one dies at the call.

The system's filter stands below Python, Qt and every library (``seccomp``, Linux). Sockets inside
the computer are let pass; listening is not, of any kind.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
from typing import Final

_CALLS: Final = {"x86_64": (317, 41, 50), "aarch64": (277, 198, 201)}
"""Numbers of seccomp, socket and listen."""
_LOCAL: Final = (1, 16)
"""Families that stay inside the computer: AF_UNIX and AF_NETLINK."""
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_FIRST_ARGUMENT: Final = 16
_NO_NEW_PRIVILEGES: Final = 38
DEATH: Final = signal.SIGSYS if hasattr(signal, "SIGSYS") else 0


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def can_forbid() -> bool:
    """Whether this system has such a filter."""
    return sys.platform == "linux" and platform.machine() in _CALLS


def forbid() -> None:
    """From now on, in this process and all it starts; there is no way back.

    Raises:
        OSError: the system does not allow it.
    """
    seccomp, asks_socket, listens = _CALLS[platform.machine()]
    lines = [
        (_LOAD, 0, 0, 0),
        (_EQUAL, 5, 0, listens),
        (_EQUAL, 0, 3, asks_socket),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_EQUAL, 1, 0, _LOCAL[0]),
        (_EQUAL, 0, 1, _LOCAL[1]),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _KILL),
    ]
    code = b"".join(struct.pack("=HBBI", *line) for line in lines)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    program = _Program(len(lines), code)
    if libc.syscall(seccomp, 1, 0, ctypes.byref(program)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
