"""Whoever can write to the folder writes into the logs beside the chain; nobody signs their words.

The log key is public and no key signs a line. What such a person adds becomes at most a line that
is told as damaged: no record of another meaning, no chain that is refused later, nobody shut out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from mrd_desktop.insight import notebook
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record import shapes
from mrd_desktop.texts import Language
from mrd_desktop.vault import attempts, backup, clock_note, crypto, presence, schema, tries, users
from mrd_desktop.vault.attempts import Mark, SealedLog
from mrd_desktop.vault.errors import (
    AccountEnded,
    CodeNeedsPassword,
    OtherUser,
    PasswordRefused,
    WrongPassword,
)
from mrd_desktop.vault.folder import set_first_password
from mrd_desktop.vault.manifest import read_manifest
from mrd_desktop.vault.session import MERGED_SETTING, PRESENCE_SETTING, Session, let_in
from tests.vault.kit import LIVE_PASSWORD, PASSWORDS, Site, fold, note
from tests.vault.test_presence import behind, came, head, records, said

LOGS: Final = (presence.LOG_FILE, attempts.LOG_FILE)
_AT: Final = "2026-11-29T08:00:00.000Z"
_VISIT: Final[dict[str, JSON]] = {
    "begun": "2027-06-01", "ended": "2027-06-01", "subjects": ["01-001"],
    "text": "Visit done. No findings.",
}  # fmt: skip
_IN: Final[dict[str, JSON]] = {"what": "in", "why": "clock", "user": "cra", "at": _AT}
SAID: Final[dict[str, JSON]] = {
    "a list": [],
    "a text": "in",
    "nothing": {},
    "a visit": {**_IN, **_VISIT, "role": "monitor"},
    "half a visit": {**_IN, "begun": "2027-06-01"},
    "a review of the trail": {**_IN, "trail": {"after": 0, "upto": 99999}, "text": "reviewed"},
    "words that were read": {**_IN, "act": "words_read", "read": {"x": 5}},
    "a kind": {**_IN, "kind": "role.granted", "role": "administrator", "by": "admin"},
    "a number for a word": {**_IN, "what": 7},
    "a list for a word": {**_IN, "what": ["in"]},
    "a word that is none": {**_IN, "why": "because"},
    "a control character": {**_IN, "user": "a\u0001"},
    "half a name": {**_IN, "user": "c"},
    "a long name": {**_IN, "user": "a" * 41},
    "a long word": {**_IN, "operation": "a" * 65},
    "a control character in a word": {**_IN, "cause": "a\u0001"},
    "no session": {**_IN, "session": "x"},
    "no time": {**_IN, "at": "today"},
    "a time that is none": {**_IN, "at": "2026-13-29T08:00:00.000Z"},
    "a number of its own": {**_IN, "n": 5},
    "a gap": {"gap": True, "expected": 1, "found": 2, "at": _AT, "user": "cra"},
    "a failure of more words": {"at": _AT, "user": "cra", "by": "admin"},
    "a failure of a control character": {"at": _AT, "user": "a\u0001"},
}
_ROW: Final = b'"slot":"","at":"2026-01-01T00:00:00.000Z","sealed":null}\n'
RAW: Final = {
    "an endless number": b'{"n":1e400,' + _ROW,
    "a broken number": b'{"n":1.5,' + _ROW,
    "no number": b'{"n":true,' + _ROW,
    "a number beyond all": b'{"n":9007199254740993,' + _ROW,
    "the largest number": b'{"n":9007199254740991,' + _ROW,
    "the last number": b'{"n":9007199254740990,' + _ROW,
    "a number below all": b'{"n":-5,' + _ROW,
    "many digits": b'{"n":' + b"1" * 5000 + b"," + _ROW,
    "deep": b"[" * 200_000 + b"\n",
    "a list": b"[]\n",
    "no slot": b'{"n":1,"slot":5,"at":"2026-01-01T00:00:00.000Z","sealed":null}\n',
    "no time": b'{"n":1,"slot":"","at":"2026-01-01","sealed":null}\n',
    "nothing sealed": b'{"n":1,"slot":"","at":"2026-01-01T00:00:00.000Z","sealed":""}\n',
    "no text": b"\xff\xfe\x00\n",
}


def forge(path: Path, file: str, content: JSON) -> None:
    """As somebody does who has no password: the folder's own file names the log key."""
    context = presence._CONTEXT if file == presence.LOG_FILE else attempts._CONTEXT
    sealed = crypto.seal(read_manifest(path).log, dumps(content), context)
    SealedLog(path / file).append("", datetime.now(UTC), sealed)


def whole(session: Session) -> bool:
    """Whether the chain verifies, and every record holds what its kind holds."""
    chain = session.folder.chain
    with session.reading() as conn:
        faults: list[str] = []
        found = shapes.passing(store.records(conn, chain), faults)
        return verify_records(found, chain, private=False).ok and not faults


def works(site: Site, before: int) -> list[dict[str, JSON]]:
    """Two people come, write and go; what the records of logs say then."""
    for user in ("crc", "cra"):
        with came(site, user) as session:
            assert session.commit([note()])
    with site.open("crc") as session:
        assert whole(session)
        kinds = {Kind.SESSION_OPENED, Kind.SESSION_CLOSED, Kind.NOTE_ADDED}
        found = [r for r in records(session, before) if r.kind not in kinds]
        assert {r.kind for r in found} <= {Kind.REVIEW_NOTED, Kind.SIGNIN_FAILED}
        assert all(presence.is_presence(r) for r in found if r.kind is Kind.REVIEW_NOTED)
        return [dict(r.body) for r in found]


@pytest.mark.parametrize("file", LOGS)
@pytest.mark.parametrize("what", SAID)
def test_a_line_says_what_ours_say_or_is_damaged(site: Site, what: str, file: str) -> None:
    before = head(site)
    forge(site.path, file, SAID[what])
    (told,) = works(site, before)
    assert {name for name in told if told[name] is not None} <= {
        "kind", "act", "at", "n", "damaged",
    }  # fmt: skip
    assert told["damaged"] is True


@pytest.mark.parametrize("file", LOGS)
@pytest.mark.parametrize("what", RAW)
def test_a_line_of_another_shape_stops_nobody(site: Site, what: str, file: str) -> None:
    before = head(site)
    (site.path / file).write_bytes(RAW[what])
    told = works(site, before)
    assert len(told) <= 2
    assert all(body.keys() <= {"kind", "act", "at", "n", "user", "damaged", "gap", "expected",
                               "found"} for body in told)  # fmt: skip
    with pytest.raises(WrongPassword):
        site.open("crc", "not the password at all")
    behind(site).close()
    with came(site, "crc") as session:
        told = [dict(r.body) for r in records(session, before) if r.kind is Kind.SIGNIN_FAILED]
        assert any(body.get("user") == "crc" for body in told)
        assert "later cra close clock" in said(session, before)


@pytest.mark.parametrize("file", LOGS)
def test_a_log_that_cannot_be_read_is_told_once_and_stops_nobody(site: Site, file: str) -> None:
    before = head(site)
    (site.path / file).mkdir()
    (told,) = works(site, before)
    assert (told["gap"], told["damaged"]) == (True, True)
    (site.path / file).rmdir()
    assert works(site, before) == [told]


def test_what_was_told_is_not_told_again_once_the_log_can_be_read_again(site: Site) -> None:
    before = head(site)
    fail(site, 2)
    assert len(works(site, before)) == 2
    log, kept = site.path / attempts.LOG_FILE, site.path / "kept"
    log.rename(kept)
    log.mkdir()
    assert len(works(site, before)) == 3
    log.rmdir()
    kept.rename(log)
    fail(site, 1)
    assert [body.get("n") for body in works(site, before)] == [1, 2, None, 4]


def test_what_comes_in_at_once_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_AT_ONCE", 3)
    before = head(site)
    for _ in range(5):
        forge(site.path, presence.LOG_FILE, _IN)
    told = works(site, before)
    assert [body.get("n") for body in told] == [None, 3, 4, 5]
    assert (told[0]["expected"], told[0]["found"]) == (1, 3)


def fail(site: Site, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongPassword):
            site.open("crc", "not the password at all")


@pytest.fixture
def explained(site: Site) -> Site:
    """Three lines of its ``presence.log`` have become records."""
    behind(site).close()
    explain(site)
    return site


def explain(site: Site) -> None:
    with came(site, "crc", now=datetime.now(UTC)) as session:
        clock_note.note_clock(session, "synthetic", PASSWORDS["crc"], language=Language.EN)


@pytest.mark.parametrize("lines", range(1, 6))
def test_lines_of_a_new_file_are_told_however_many(explained: Site, lines: int) -> None:
    (explained.path / presence.LOG_FILE).unlink()
    before = head(explained)
    for _ in range(lines):
        forge(explained.path, presence.LOG_FILE, _IN)
    told = works(explained, before)
    assert told[0]["gap"] is True
    assert [body["n"] for body in told[1:]] == [*range(1, lines + 1)]


def test_lines_that_take_the_place_of_others_are_told(explained: Site) -> None:
    file = explained.path / presence.LOG_FILE
    before, first = head(explained), file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(first[:-1]))
    forge(explained.path, presence.LOG_FILE, _IN)
    told = works(explained, before)
    assert told[0]["gap"] is True
    assert told[-1]["n"] == len(first)
    assert told[-1]["at"] == _AT


def test_how_far_a_former_version_told_is_still_known(explained: Site) -> None:
    with explained.open("crc") as session, session.writing() as conn:
        assert int(schema.setting(conn, PRESENCE_SETTING) or 0) > 0
        schema.put_setting(conn, f"{PRESENCE_SETTING}.line", "")
    before = head(explained)
    assert works(explained, before) == []
    with explained.open("crc") as session, session.writing() as conn:
        schema.put_setting(conn, f"{PRESENCE_SETTING}.line", "")
    forge(explained.path, presence.LOG_FILE, _IN)
    assert len(works(explained, before)) == 1


def test_a_mark_is_read_as_it_was_kept() -> None:
    for mark in (Mark(), Mark(3), Mark(3, "ab"), Mark(0, "", True), Mark(3, "ab", True)):
        assert Mark.of_texts(*mark.texts()) == mark
    assert Mark.of_texts(None, None) == Mark()


def test_a_restored_folder_misses_no_lines(explained: Site, tmp_path: Path) -> None:
    fail(explained, 2)
    with came(explained, "admin") as session:
        assert session.commit([note()])
        backup.write(session, tmp_path / "stick")
        with session.reading() as conn:
            for name in (MERGED_SETTING, PRESENCE_SETTING):
                assert int(schema.setting(conn, name) or 0) > 0
    (source,) = (tmp_path / "stick").iterdir()
    again = Site(tmp_path / "again", explained.study, explained.sheet)
    backup.restore(source, again.path)
    before = head(again)
    with came(again, "crc") as session:
        told = [r for r in records(session) if r.header.seq > before - 4]
        assert Kind.RESTORE_DONE in {r.kind for r in told}
        assert not [r for r in told if r.body.get("gap")]
        assert not tries.since_last(session).cut
    fail(again, 1)
    before = head(again)
    told = [body.get("n") for body in works(again, before)]
    assert told == [1]


# --- nothing stays open, whatever fails -----------------------------------------------------


class Broken(Exception):
    """No refusal that anybody foresaw."""


def breaks(*_: object, **__: object) -> None:
    raise Broken


def test_an_end_that_breaks_still_gives_the_folder_free(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = came(site, "crc")
    with monkeypatch.context() as patch:
        patch.setattr(Session, "_say_closed", breaks)
        with pytest.raises(Broken):
            session.close()
        assert session.locked
    site.open("cra").close()


def test_a_lock_that_cannot_be_said_still_locks(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with came(site, "crc") as session:
        with monkeypatch.context() as patch:
            patch.setattr(Session, "_say_closed", breaks)
            with pytest.raises(Broken):
                session.lock()
        assert session.locked
        with monkeypatch.context() as patch:
            patch.setattr(Session, "_aside", breaks)
            with pytest.raises(Broken):
                session.unlock("crc", PASSWORDS["crc"])
        assert session.locked
        session.unlock("crc", PASSWORDS["crc"])


def test_a_coming_that_breaks_leaves_nothing_open(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Session, "come_in", breaks)
        with pytest.raises(Broken):
            let_in(site.open("crc"))
        with pytest.raises(Broken):
            notebook.open_store(site.path, "crc", PASSWORDS["crc"])
    site.open("crc").close()


# --- what looks like coming in and is not ---------------------------------------------------


def failures(session: Session, before: int) -> Iterator[tuple[object, object]]:
    for record in records(session, before):
        if record.kind is Kind.SIGNIN_FAILED:
            yield record.body.get("user"), record.body.get("cause")


def test_the_right_password_of_an_account_that_has_ended_is_recorded(site: Site) -> None:
    PASSWORDS["insp"] = "synthetic-insp-pw"
    with site.open("admin") as admin:
        users.add_user(admin, "insp", "auditor", password=PASSWORDS["insp"], until=admin.today())
    with site.open("insp") as session:
        session.clock.shift += timedelta(days=2)
        session.announce()
    before = head(site)
    for _ in range(3):
        with pytest.raises(AccountEnded):
            site.open("insp")
    with came(site, "crc") as session:
        assert list(failures(session, before)) == [("insp", "account_ended")] * 3


def test_another_name_at_the_lock_is_recorded(site: Site) -> None:
    before = head(site)
    with came(site, "crc") as session:
        session.lock()
        for name in ("cra", " CRA ", "nobody-here", "", "?"):
            with pytest.raises(OtherUser):
                session.unlock(name, PASSWORDS["cra"])
        session.unlock("crc", PASSWORDS["crc"])
        assert session.own_tries == ()
        told = [("cra", "other_user")] * 2 + [(None, "other_user")] * 2
        assert list(failures(session, before)) == told


def test_a_right_code_that_nothing_followed_is_recorded(live: Site) -> None:
    with live.open("admin") as session:
        code = users.add_user(session, "second", "monitor").code
    assert code is not None
    before = head(live)
    with pytest.raises(CodeNeedsPassword):
        live.open("second", code)
    with pytest.raises(PasswordRefused):
        set_first_password(live.path, "second", code, "short", study=live.study, fold=fold)
    with came(live, "crc") as session:
        assert list(said(session, before))[-2:] == ["later second code unopened"] * 2
        assert list(failures(session, before)) == []
        assert whole(session)
    assert b"second" not in (live.path / presence.LOG_FILE).read_bytes()
    good = LIVE_PASSWORD.format("second")
    set_first_password(live.path, "second", code, good, study=live.study, fold=fold).close()


# --- what already stands in a chain ---------------------------------------------------------


@pytest.mark.parametrize("what", ["a visit", "half a visit", "a review of the trail"])
def test_an_act_that_says_more_is_refused_by_whoever_receives_it(what: str) -> None:
    body = {**_IN, **SAID[what], "act": "presence"}  # type: ignore[dict-item]
    assert "besides" in shapes.fault_of(Kind.REVIEW_NOTED, body)


def test_a_visit_needs_all_of_a_visit() -> None:
    assert not shapes.fault_of(Kind.REVIEW_NOTED, _VISIT)
    for name in set(_VISIT) - {"begun"}:
        body = {n: v for n, v in _VISIT.items() if n != name}
        assert shapes.fault_of(Kind.REVIEW_NOTED, body)
    assert shapes.fault_of(Kind.REVIEW_NOTED, {"trail": {"after": 0, "upto": 1}})
