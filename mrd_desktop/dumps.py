"""No picture of the program's memory is left on disk when it crashes: keys and data stand in it."""

from __future__ import annotations

import contextlib
import sys

if sys.platform == "win32":
    import ctypes

    _QUIET = 0x0001 | 0x0002  # no dialog of failures, and with it none of the error reports

    def leave_no_dumps() -> None:
        """Keep this process out of the system's crash reports."""
        ctypes.windll.kernel32.SetErrorMode(_QUIET)
        with contextlib.suppress(OSError, AttributeError):
            ctypes.windll.wer.WerAddExcludedApplication(sys.executable, False)

else:
    import resource

    def leave_no_dumps() -> None:
        """Keep this process from leaving a core file, whatever the system would do with it."""
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
