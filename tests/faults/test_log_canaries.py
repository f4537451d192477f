"""Two hundred canaries typed wherever words are taken: none in any log, one line an event (E-17).

The logs beside the database are ``signin.log``, ``presence.log`` and ``faults.log``; standard error
ends in a log of the session on many computers. The canaries are synthetic.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from mrd_desktop import faults
from mrd_desktop.cli import desktop
from mrd_desktop.errors import MrdError
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.incidents import PROGRAM, Incidents
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.queries import Queries
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.support import bundle
from mrd_desktop.transfer.reply import import_reply
from mrd_desktop.vault import attempts, clock_note, faultlog, folder, presence
from mrd_desktop.vault.errors import OtherUser, WrongPassword
from mrd_desktop.vault.session import Session, let_in
from tests.clinic import Clinic, password_of
from tests.faults.processes import ROOT
from tests.faults.seeded import TEXTS, word
from tests.record.test_incidents import local

CANARIES = 200
LOGS = (attempts.LOG_FILE, presence.LOG_FILE, faultlog.LOG_FILE)
INJECTIONS = (
    "{}", "{}\n{{}}", "\n{}", "{}\r\n", "{}\r", "\x1b[31m{}", "{}\u202e", "\u2066{}", "{}\x00",
    "{}\u2028", "{}\x85", '{}","at":"', "{}\\n", "{}\ud800", "%s{}%n", "${{{}}}",
)  # fmt: skip
"""Ends of lines, escapes of a terminal, signs that turn what is read, NUL, half a sign, quotes."""
_UNSEEN = re.compile("[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")
_LOGGING = re.compile(r"^\s*(?:import|from) (?:logging|syslog)\b", re.MULTILINE)
SIGN_INS = 3
"""Each tries a password, which costs what passwords are meant to cost."""


class Canary(Exception):
    """Raised with a canary as its message."""


def canaries(chance: Random) -> list[tuple[str, str]]:
    """Words that occur nowhere by chance, each in what may break a log."""
    cores = [word(chance) for _ in range(CANARIES)]
    return [(core, INJECTIONS[n % len(INJECTIONS)].format(core)) for n, core in enumerate(cores)]


def fault(name: str) -> BaseException:
    """A fault whose message is this."""
    with pytest.raises(Canary) as caught:
        raise Canary(name)
    return caught.value


def type_everywhere(session: Session, name: str, place: Path) -> None:
    """Into a value, a reason, a note, an answer, a report, a search and a file that comes in."""
    book = Casebook(session)
    entry = book.open(FormKey(EventKey("01-001", "SCR"), "VS"))
    key = ItemKey(RowKey(entry.key, "A"), "WEIGHT")
    acts: tuple[Callable[[], object], ...] = (
        lambda: entry.type(key, name),
        lambda: entry.save(complete=False, reason=ChangeReason("OTHER", name)),
        lambda: Notes(session).add(key, name),
        lambda: Queries(session).answer("none", name),
        lambda: Incidents(session).note(PROGRAM, local(session), "", name),
        lambda: Incidents(session).note(name, name, name, name),
        lambda: import_reply(session, place),
    )  # fmt: skip
    for act in acts:
        with suppress(MrdError):
            act()
    with suppress(MrdError):
        entry.keep_draft()


@pytest.mark.soak
def test_no_canary_reaches_a_log_and_each_event_is_one_line(
    charted: Clinic,
    tmp_path: Path,
    seed: int,
    fraction: Callable[[int, int], int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = canaries(Random(seed))
    tries = fraction(CANARIES, SIGN_INS)
    reply = tmp_path / "reply.mrdreply"
    for _, name in found[1 :: CANARIES // tries][:tries]:
        with pytest.raises((WrongPassword, MrdError)):
            folder.open_folder(charted.path, name, name, study=charted.study, fold=projection.fold)
    with let_in(charted.open()) as session:
        for n, (_, name) in enumerate(found):
            reply.write_bytes(name.encode("utf-8", "surrogatepass"))
            if n % (CANARIES // fraction(CANARIES, 40)) == 0:
                type_everywhere(session, name, reply)
            faultlog.keep(charted.path, faultlog.met(fault(name)))
            faults._ended(Canary, fault(name), None)
        session.lock()
        for _, name in found:
            with pytest.raises(OtherUser):
                session.unlock(name, name)
        session.unlock("crc", password_of("crc"))
        session.clock.shift -= timedelta(hours=1)
        assert clock_note.behind(session) is not None
        for _ in range(3):
            session.lock()
            session.unlock("crc", password_of("crc"))
        helped = bundle.text(bundle.gather(bundle.Ground(charted.path, session)))
        session.clock.shift += timedelta(hours=1)
    told = capsys.readouterr().err
    logs = {name: (charted.path / name).read_bytes() for name in LOGS}
    cores = [core for core, _ in found]
    for where, data in {**logs, "stderr": told.encode(), "support": helped.encode()}.items():
        text = data.decode("utf-8")
        leaked = [c for c in cores if c in text or any(c.encode(e) in data for e in TEXTS)]
        assert leaked == [], where
        assert not _UNSEEN.search(text), where
    lines = {name: [line for line in data.split(b"\n") if line] for name, data in logs.items()}
    for some in lines.values():
        assert all(isinstance(json.loads(line), dict) for line in some)
    assert len(lines[faultlog.LOG_FILE]) == CANARIES
    named = sum(bool(name.strip()) for _, name in found)
    assert len(lines[attempts.LOG_FILE]) >= named
    assert len(lines[presence.LOG_FILE]) >= 3


def test_a_fault_of_an_odd_name_is_one_line(tmp_path: Path) -> None:
    odd = "x\n{}\x1b[31m"
    with pytest.raises(Canary) as caught:
        exec(compile("def f(kind): raise kind\nf(kind)", f"a/{odd}.py", "exec"),
             {"kind": type(odd, (Canary,), {})})  # fmt: skip
    assert faults.places(caught.value).count("\n") == len(faults.kind_and_places(caught.value)[1])
    faultlog.keep(tmp_path, faultlog.met(caught.value))
    (met,) = faultlog.after(tmp_path, "")
    assert met.kind == "x_____31m"


def test_a_path_with_the_end_of_a_line_is_one_line_of_complaint(
    capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    for _, name in canaries(Random(seed))[: len(INJECTIONS)]:
        if "\x00" in name or "\ud800" in name:
            continue  # no system takes such an argument
        assert desktop.main(["verify", f"nowhere/{name}"]) == 2
        told = capsys.readouterr().err
        assert told.count("\n") == 1 and told.endswith("\n"), repr(told)
        assert len(told.splitlines()) == 1, repr(told)


def test_the_logs_are_those_that_the_document_names() -> None:
    """No other file is written as a log, and no library's logging is set up."""
    named = set()
    for path in [p for top in ("mrd_desktop", "ui") for p in (ROOT / top).rglob("*.py")]:
        source = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'= "([\w-]+\.log)"', source))
        assert not _LOGGING.search(source), path
    assert named == set(LOGS)
    document = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    assert all(f"| `{name}`" in document for name in LOGS)
