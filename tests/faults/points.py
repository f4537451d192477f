"""An act in a forked process, struck at one of its calls: killed, or refused by the disk.

The fork holds everything imported, so that a point costs what the act costs.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from mrd_desktop.errors import MrdError
from mrd_desktop.vault.session import Session
from tests.faults.syscalls import Call, hand_over, watched
from tests.transfer.route import Route

Tell = Callable[[object], None]
Open = Callable[[Route], AbstractContextManager[Session | None]]


@dataclass(frozen=True)
class Strike:
    """What happens at the nth call of a process.

    Attributes:
        wrong: the ``errno`` the call fails with; 0 to kill the process there.
        stays: every later call that needs the disk fails as well, as on a full one.
        after: kill so many seconds after the call was done; before it where None.
    """

    at: int
    wrong: int = 0
    stays: bool = False
    after: float | None = None

    def __str__(self) -> str:
        if not self.wrong:
            return f"killed at {self.at}" + ("" if self.after is None else f"+{self.after:.4f}s")
        return f"{errno.errorcode[self.wrong]} at {self.at}{' and on' if self.stays else ''}"


@dataclass
class Outcome:
    """What a struck process told, in order, and the calls it made.

    Attributes:
        done: what was acknowledged; promised: what was on the way there, by an act that yields it.
        refused: codes of the refusals it met; said: their words, English and Chinese.
        broke: trouble that was no refusal.
    """

    done: list[Any] = field(default_factory=list)
    promised: list[Any] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    broke: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    killed: bool = False


def struck(
    place: Route,
    opened: Open,
    act: Callable[[Session | None, Route], object],
    strike: Strike | None,
) -> Outcome:
    """Run an act in a fork and strike it; after a refusal that passes it is tried once more."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        _child(place, opened, act, theirs, again=strike is None or not strike.stays)
    theirs.close()
    with ours:
        _, (handle, *_), _, _ = socket.recv_fds(ours, 16, 1)
        try:
            outcome = _supervised(handle, pid, strike)
        finally:
            os.close(handle)
        _, status = os.waitpid(pid, 0)
        while told := ours.recv(1 << 16):
            kind, what = json.loads(told)
            getattr(outcome, kind).append(what)
    if not outcome.killed:
        assert os.waitstatus_to_exitcode(status) == 0, (strike, outcome.broke)
    return outcome


def forked(place: Route, opened: Open, act: Callable[[Session | None, Route], object]) -> Outcome:
    """Run an act once in a fork of its own, whose calls nobody holds up."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        _child(place, opened, act, theirs, again=False, watch=False)
    theirs.close()
    outcome = Outcome()
    with ours:
        while told := ours.recv(1 << 16):
            kind, what = json.loads(told)
            getattr(outcome, kind).append(what)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, outcome.broke
    return outcome


def _supervised(handle: int, pid: int, strike: Strike | None) -> Outcome:
    outcome = Outcome()

    def kill() -> None:
        outcome.killed = True
        os.kill(pid, signal.SIGKILL)

    def answer(call: Call) -> int | None:
        if strike is None or call.number < strike.at:
            return 0
        if strike.wrong:
            hit = call.number == strike.at or (strike.stays and not call.removes)
            return strike.wrong if hit else 0
        if outcome.killed:
            return None
        if strike.after is None:
            kill()
            return None
        return 0

    for call in watched(handle, answer):
        outcome.calls.append(call)
        if strike is not None and strike.after is not None and call.number == strike.at:
            time.sleep(strike.after)
            kill()
    return outcome


def _child(
    place: Route,
    opened: Open,
    act: Callable[[Session | None, Route], object],
    told: socket.socket,
    *,
    again: bool,
    watch: bool = True,
) -> None:
    code = 1
    try:
        gc.disable()  # connections of the parent are not closed here
        sys.dont_write_bytecode = True
        temporary = place.stick.parent / "temporary"
        temporary.mkdir(exist_ok=True)
        tempfile.tempdir = str(temporary)

        def tell(kind: str, what: object) -> None:
            told.send(json.dumps([kind, what]).encode())

        if watch:
            socket.send_fds(told, [b"calls"], [hand_over()])
        _tried(place, opened, act, tell, again)
        code = 0
    except BaseException:
        with contextlib.suppress(BaseException):
            told.send(json.dumps(["broke", traceback.format_exc()[-6000:]]).encode())
    finally:
        os._exit(code)


def _tried(
    place: Route,
    opened: Open,
    act: Callable[[Session | None, Route], object],
    tell: Callable[[str, object], None],
    again: bool,
) -> None:
    done = False
    for _ in range(2):
        try:
            with opened(place) as session:
                try:
                    what = _all(act(session, place), tell)
                except MrdError as refused:
                    _tell_refusal(tell, refused)
                    if not again:
                        return
                    what = _all(act(session, place), tell)  # the same session goes on
                tell("done", what)
                done = True
        except MrdError as refused:
            _tell_refusal(tell, refused)
            if not again:
                return
        if done:
            return


def _tell_refusal(tell: Callable[[str, object], None], refused: MrdError) -> None:
    tell("refused", refused.code)
    tell("said", (refused.text.en, refused.text.zh))


def _all(what: object, tell: Callable[[str, object], None]) -> object:
    if not isinstance(what, Iterator):
        return what
    for promise in what:
        tell("promised", promise)
    return True


def kills(calls: int, count: int, chance: Random) -> Sequence[Strike]:
    """Random moments: before a call, or some time after it."""
    return [
        Strike(chance.randint(1, calls), after=chance.choice((None, 0.0, chance.uniform(0, 0.02))))
        for _ in range(count)
    ]


def faults(calls: Sequence[Call], chance: Random, count: int | None = None) -> Sequence[Strike]:
    """One fault at every call, or at ``count`` of them: what fails and for how long is drawn."""
    picked = calls if count is None else chance.sample(calls, min(count, len(calls)))
    return [
        Strike(
            call.number,
            errno.EIO if call.name.startswith(("fsync", "fdatasync"))
            else chance.choice((errno.ENOSPC, errno.EIO)),
            chance.choice((False, False, True)),
        )
        for call in picked
    ]  # fmt: skip


def leftovers(folder: Path) -> list[str]:
    """Visible files that are half made: none of this program's names ends so."""
    return [str(p) for p in folder.rglob("*") if p.name.endswith(".tmp") and p.name[0] != "."]
