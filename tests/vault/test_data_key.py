"""The data key changed yearly or after a suspected leak: what it ends and leaves, every cut."""

from __future__ import annotations

import itertools
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record, RecordClass
from mrd_desktop.record.shapes import fault_in
from mrd_desktop.texts import Text
from mrd_desktop.vault import backup, data_key, database, new_sheet, own_key, rotation, users
from mrd_desktop.vault import folder as folders
from mrd_desktop.vault.clock import Clock
from mrd_desktop.vault.data_key import Bar, DataKeyRefused, NewDataKey, WordsAsked
from mrd_desktop.vault.errors import (
    ClockWentBack,
    CommitUnsure,
    DiskFull,
    FilesApart,
    FolderDamaged,
    KeyChangeCutOff,
    PermissionDenied,
    RecordsMissing,
    StorageFault,
    UnfitText,
    WrongKey,
    WrongPassword,
)
from mrd_desktop.vault.manifest import Manifest
from mrd_desktop.vault.session import Session
from tests.vault.kit import LIVE_PASSWORD, PASSWORDS, Site, fold, note

WORDS = "a stick with a backup was lost (synthetic)"
UNFIT = ("\x00", "\x07", "\x1b", "\ufffe", "\uffff")


def changes(session: Session) -> list[Record]:
    with session.reading() as conn:
        records = [r for r in store.records(conn, session.folder.chain) if r.opening is not None]
    return [r for r in records if r.kind is Kind.GENERATION_CHANGED]


def changed(session: Session, cause: str = "yearly", words: str = "") -> NewDataKey:
    password = PASSWORDS.get(session.user, "")
    return data_key.change(session, cause, password, words)


def test_what_was_copied_opens_nothing_later_and_everybody_goes_on(
    site: Site, tmp_path: Path
) -> None:
    copied = tmp_path / "copied-site.json"
    shutil.copy(site.path / "site.json", copied)
    with site.open("admin") as session:
        old, _ = session.with_keys()
        before = backup.backup(session, tmp_path / "stick").path
        assert data_key.standing(session).reason == ""
        assert data_key.standing(session).saved
        assert changed(session, "leak_suspected", f"  {WORDS}\n") == NewDataKey(2, ())
        assert not data_key.standing(session).saved, "the backup before is under the former key"
        after = backup.backup(session, tmp_path / "stick").path
        assert data_key.standing(session).saved
        with session.writing() as conn:  # as a version left it that kept no setting
            conn.exec_driver_sql("DELETE FROM vault_setting WHERE name = 'backup.holds'")
        assert data_key.standing(session).saved
        session.sign_as_site("mrd-study-v1", b"the same session goes on")
        (record,) = changes(session)
        found = data_key.standing(session)
    assert record.header.cls is RecordClass.CODED
    assert fault_in(record) == ""
    assert {k: v for k, v in record.body.items() if k != "kind"} == {
        "user": "admin", "generation": 2, "reason": "leak_suspected", "text": WORDS,
    }  # fmt: skip
    assert (found.generation, found.reason, found.owed, found.bar) == (2, "leak_suspected", 0, None)
    for path in (site.path, after):
        with pytest.raises(WrongKey):
            database.Database(path / "data.mrd", old, read_only=path is after)
    database.Database(before / "data.mrd", old, read_only=True).close()  # as the page says
    for user in PASSWORDS:
        for generation in (2, 2):
            with site.open(user) as session:
                slot = session.manifest.slots[session.manifest.slot_name(user)]
                assert (slot.generation, slot.next_data) == (generation, None)
                assert session.has_vault == (user in ("crc", "pi"))
    newer = (site.path / "site.json").read_bytes()
    shutil.copy(copied, site.path / "site.json")
    with pytest.raises(FilesApart) as apart:
        site.open("crc")
    assert "put the newer one back" in apart.value.text.en
    assert "换回较新的文件" in apart.value.text.zh
    (site.path / "site.json").write_bytes(newer)
    site.open("crc").close()


def test_the_sheet_opens_the_new_key_and_codes_not_used_are_void(live: Site) -> None:
    with live.open("admin") as session:
        code = users.add_user(session, "later", "monitor").code
        made = data_key.change(session, "yearly", LIVE_PASSWORD.format("admin"))
        assert made == NewDataKey(2, ("later",))
    assert code is not None
    with pytest.raises(WrongPassword) as told:
        folders.set_first_password(
            live.path, "later", code, LIVE_PASSWORD.format("later"), study=live.study, fold=fold
        )
    assert "can reset you" in told.value.text.en and "重置" in told.value.text.zh
    with pytest.raises(WrongPassword) as unknown:  # the same of a name that nobody has
        live.open("nobody", code.upper().replace("-", " "))
    assert (unknown.value.text, unknown.value.code) == (told.value.text, "wrong_password")
    with folders.recover(
        live.path, live.sheet, user="new", role="coordinator",
        password=LIVE_PASSWORD.format("new"), study=live.study, fold=fold,
    ) as session:  # fmt: skip
        assert session.has_vault


def test_who_may_not_or_does_not_say_why_changes_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open("crc") as session, pytest.raises(PermissionDenied):
        changed(session)
    with site.open("admin") as session:
        key, manifest = session.with_keys(), session.manifest

        def refused(error: type[Exception], cause: str, words: str = "", by: str = "") -> None:
            with pytest.raises(error):
                data_key.change(session, cause, by or PASSWORDS["admin"], words)
            with session.reading() as conn:
                assert not rotation.is_owed(conn)
            assert (session.with_keys(), session.manifest) == (key, manifest)

        refused(DataKeyRefused, "user_closed")
        refused(WordsAsked, "leak_suspected", " x ")
        refused(WordsAsked, "yearly", "x" * (data_key.LONGEST_WORDS + 1))
        for sign in UNFIT:
            refused(UnfitText, "leak_suspected", f"{WORDS} {sign}")
        refused(WrongPassword, "yearly", by="not the password")
        with monkeypatch.context() as patch:
            patch.setattr(session, "hold", Text("synthetic", "测试"))
            assert data_key.standing(session).bar is Bar.HELD
            refused(RecordsMissing, "yearly")
        session.commit([note()])
        with monkeypatch.context() as patch:
            wall = session.clock.wall() - timedelta(days=2)
            patch.setattr(Clock, "wall", lambda _: wall)
            refused(ClockWentBack, "yearly")
        assert changes(session) == []
        changed(session)


def full(*_: object) -> None:
    raise DiskFull


class Cut(BaseException):
    """The power fails."""


def _cut(*_: object) -> None:
    raise Cut


@pytest.mark.parametrize("cut", ["change_data_key", "_begun", "_told", "finished"])
def test_a_power_cut_leaves_it_to_the_next_sign_in_which_says_who_asked(
    site: Site, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, site.open("admin") as session:
        patch.setattr(rotation, cut, _cut)
        old, _ = session.with_keys()
        with pytest.raises(Cut):
            changed(session, "leak_suspected", WORDS)
    with pytest.raises(WrongKey), site.open("crc") as session:
        assert session.manifest.generation == 2
        database.Database(site.path / "data.mrd", old)
    with site.open("pi") as session:  # once is enough
        (record,) = changes(session)
        assert session.manifest.generation == 2
        assert not data_key.standing(session).owed
    by = record.body.get("by", record.body["user"])
    assert (by, record.body["reason"], record.body["text"]) == ("admin", "leak_suspected", WORDS)
    assert fault_in(record) == ""


def test_a_full_disk_is_refused_and_the_next_sign_in_makes_it_up(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open("admin") as session:
        with monkeypatch.context() as patch:
            patch.setattr(database.Database, "rekey", full)
            with pytest.raises(DiskFull):
                changed(session)
        session.commit([note("the former key still holds")])
        assert data_key.standing(session).owed
    with site.open("crc") as session:
        assert (session.manifest.generation, len(changes(session))) == (2, 1)


@pytest.mark.parametrize("user", ["admin", "pi"])
def test_whoever_changed_the_key_chooses_a_password_in_the_same_session(
    site: Site, user: str
) -> None:
    """As after a suspected leak. The own slot opens the former key and the new one until then."""
    chosen = "another synthetic pw"
    with site.open(user) as session:
        if user == "admin":
            changed(session)
            users.close_user(session, "cra", "left the site")
        else:
            new_sheet.replace_sheet(
                session, "seen", PASSWORDS[user], second="admin", second_password=PASSWORDS["admin"]
            )
        users.change_password(session, PASSWORDS[user], chosen)
        generation = session.manifest.generation
    for _ in range(2):
        with site.open(user, chosen) as session:
            assert (session.manifest.generation, session.has_vault) == (generation, user == "pi")
            session.sign_as_site("mrd-study-v1", b"the folder's own key opens")


NEW: dict[str, Callable[[Session], object]] = {
    "key": changed,
    "password": lambda s: users.change_password(s, PASSWORDS[s.user], "another synthetic pw"),
    "reset": lambda s: users.reset_user(s, "crc", password="another synthetic pw"),
    "code": lambda s: users.reset_user(s, "cra"),
    "account": lambda s: users.add_user(s, "later", "coordinator"),
    "role": lambda s: users.grant_role(s, "cra", "auditor"),
    "sheet": lambda s: new_sheet.replace_sheet(
        s, "lost", PASSWORDS[s.user], second="pi", second_password=PASSWORDS["pi"]
    ),
    "own key": lambda s: own_key.rotate(
        s, "synthetic", PASSWORDS[s.user], second="pi", second_password=PASSWORDS["pi"]
    ),
}


@pytest.mark.parametrize("refused", ["the record", "the last file", "the file and what undoes it"])
def test_after_a_change_that_the_disk_cut_off_a_sign_in_comes_first(
    site: Site, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slot made in between would open nothing, and the sheet might come to open nothing."""
    undone = refused == "the file and what undoes it"
    with site.open("admin") as session:
        with monkeypatch.context() as patch:
            if refused == "the record":
                patch.setattr(rotation, "_told", full)
            else:
                patch.setattr(Session, "replace_manifest", _full_at(2, Session.replace_manifest))
            if undone:
                patch.setattr(database.Database, "rekey", full)
            with pytest.raises(DiskFull if undone else KeyChangeCutOff):
                changed(session)
        assert data_key.standing(session).bar is Bar.CUT_OFF
        for act in NEW.values():
            with pytest.raises(KeyChangeCutOff) as told:
                act(session)
            assert "sign out and in again" in told.value.text.en
            assert "退出并重新登录" in told.value.text.zh
        session.commit([note()])
    for user in PASSWORDS:
        with site.open(user) as session:
            assert (session.manifest.generation, session.manifest.next_generation) == (2, None)
    with site.open("admin") as session:
        assert changed(session).generation == 3
        assert [r.body["generation"] for r in changes(session)] == [2, 3]
    folders.recover(
        site.path, site.sheet, user="new", role="coordinator", password="synthetic-new-pw",
        study=site.study, fold=fold,
    ).close()  # fmt: skip


def _full_at(call: int, really: Callable[..., None]) -> Callable[..., None]:
    """As a method does, but for one call of it."""
    calls = itertools.count(1)

    def method(*given: object) -> None:
        if next(calls) == call:
            raise DiskFull
        really(*given)

    return method


@pytest.mark.parametrize("taken", [True, False], ids=["under the new key", "under the former"])
def test_where_no_key_opens_the_file_now_both_stay_in_the_slots(
    site: Site, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scanner holds it, or the disk fails for a moment: that is no proof of the former key."""

    def unread(*_: object) -> None:
        raise StorageFault("SQLITE_CANTOPEN")

    with site.open("admin") as session:
        with monkeypatch.context() as patch:
            if not taken:
                patch.setattr(database.Database, "_rekey", _not_taken)
            patch.setattr(database.Database, "_opens_with", lambda *_: False)
            with pytest.raises(KeyChangeCutOff):
                changed(session)
        with monkeypatch.context() as patch:
            patch.setattr(database, "_raw", unread)
            with pytest.raises(StorageFault):
                session.commit([note()])
        session.commit([note("the session goes on with the key that opens it")])
        session.sign_as_site("mrd-study-v1", b"x")
        with pytest.raises(KeyChangeCutOff):
            changed(session)
    for user in PASSWORDS:
        with site.open(user) as session:
            assert (session.manifest.generation, len(changes(session))) == (2, 1)
    folders.recover(
        site.path, site.sheet, user="new", role="coordinator", password="synthetic-new-pw",
        study=site.study, fold=fold,
    ).close()  # fmt: skip


def _not_taken(opened: database.Database, key: bytes) -> None:
    opened._shut()
    opened._other = key
    raise KeyChangeCutOff


def test_whoever_reads_while_the_key_is_changed_waits_for_the_new_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list is filled in another thread: it is not told that the data belong elsewhere."""
    asks, heads = database.Database._opens_with, list[int]()

    with site.open("admin") as session:
        before = session.head().seq
        reader = threading.Thread(target=lambda: heads.append(session.head().seq))

        def read_meanwhile(opened: database.Database, key: bytes) -> bool:
            if reader.ident is None:
                reader.start()
                time.sleep(0.2)
            return asks(opened, key)

        monkeypatch.setattr(database.Database, "_opens_with", read_meanwhile)
        changed(session)
        reader.join(30)
        assert heads and heads[0] >= before


def test_an_account_that_is_being_made_does_not_bring_the_former_keys_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two acts at once: a slot that was begun before the change is written after it."""
    begun, over = threading.Event(), threading.Event()
    makes = users.new_slot

    def slowly(*given: object, **more: object) -> object:
        begun.set()
        over.wait(0.5)
        return makes(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(users, "new_slot", slowly)
    with site.open("admin") as session:

        def change() -> None:
            begun.wait(30)
            changed(session)
            over.set()

        other = threading.Thread(target=change)
        other.start()
        users.add_user(session, "later", "monitor", password="synthetic-later-pw")
        other.join(30)
        assert over.is_set()
    for user, password in {**PASSWORDS, "later": "synthetic-later-pw"}.items():
        with site.open(user, password) as session:
            assert session.manifest.generation == 2


def test_a_backup_made_while_keys_change_holds_data_and_keys_that_belong_together(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, calls = database.Database.copy_to, itertools.count()

    def copied(opened: database.Database, *given: object) -> None:
        if next(calls) == 0:
            changed(session)
        copy(opened, *given)  # type: ignore[arg-type]

    with site.open("admin") as session:
        monkeypatch.setattr(database.Database, "copy_to", copied)
        made = backup.backup(session, tmp_path / "stick")
    back = tmp_path / "back"
    backup.restore(made.path, back)
    for user in ("admin", "crc"):
        Site(back, site.study, site.sheet).open(user).close()


@pytest.mark.parametrize("way_back", ["taken", "refused"])
@pytest.mark.parametrize("refused", ["the file, which stands", "the record"])
def test_a_password_that_was_refused_is_not_in_force_or_nobody_is_told_so(
    site: Site, refused: str, way_back: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, chosen, calls = Manifest.write, "another synthetic pw", itertools.count(1)

    def file(manifest: Manifest, folder: Path) -> None:
        call = next(calls)
        if call == 2 and way_back == "refused":
            raise DiskFull
        write(manifest, folder)
        if call == 1 and refused != "the record":
            raise StorageFault("EIO")

    with monkeypatch.context() as patch, site.open("crc") as session:
        session.announce()
        patch.setattr(Manifest, "write", file)
        patch.setattr(Session, "commit", full)
        unsure = way_back == "refused"
        wanted = DiskFull if refused == "the record" else StorageFault
        with pytest.raises(CommitUnsure if unsure else wanted) as told:
            users.change_password(session, PASSWORDS["crc"], chosen)
        assert isinstance(told.value, CommitUnsure) is unsure
    site.open("crc", chosen if way_back == "refused" else None).close()


def test_the_window_opens_again_after_a_change_that_was_cut_off(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training site keeps the vault key under a key from the data key: the former one still."""
    with site.open("pi") as session:
        with monkeypatch.context() as patch:
            patch.setattr(rotation, "_told", full)
            with pytest.raises(KeyChangeCutOff):
                new_sheet.replace_sheet(
                    session, "seen", PASSWORDS["pi"], second="admin",
                    second_password=PASSWORDS["admin"],
                )  # fmt: skip
        session.lock()
        session.unlock("pi", PASSWORDS["pi"])
        assert session.has_vault


@pytest.mark.parametrize("kept", ["the former password", "the new one"])
def test_a_password_changed_before_its_key_is_on_record_keeps_the_part(
    live: Site, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock was behind at the reset and still is; a record may also stand in doubt."""

    def unsure(*_: object) -> None:
        raise CommitUnsure("EIO")

    first, chosen = (f"{LIVE_PASSWORD.format('crc')} {n}" for n in ("anew", "and again"))
    with live.open("admin") as session:
        code = users.reset_user(session, "crc").code
        session.commit([note()])
    assert code is not None
    with monkeypatch.context() as patch:
        wall = datetime.now(UTC) - timedelta(days=2)
        patch.setattr(Clock, "wall", lambda _: wall)
        if kept == "the new one":
            patch.setattr(Session, "commit", unsure)
        opened = folders.set_first_password(
            live.path, "crc", code, first, study=live.study, fold=fold
        )
        with opened as session, pytest.raises((ClockWentBack, CommitUnsure)):
            users.change_password(session, first, chosen)
    with live.open("admin") as session:
        data_key.change(session, "yearly", LIVE_PASSWORD.format("admin"))
    live.open("crc", chosen if kept == "the new one" else first).close()


def test_one_key_alone_settles_no_change_of_it(site: Site) -> None:
    with site.open("admin") as session, session.writing() as conn:
        key, _ = session.with_keys()
        begun = replace(session.manifest, next_generation=2)
        with pytest.raises(FolderDamaged):
            rotation.settled(begun, conn, (key,), key)


def test_words_that_fit_no_record_bar_no_sign_in(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier version owed such words and encrypted the file anew before it refused them."""
    with site.open("admin") as session, monkeypatch.context() as patch:
        patch.setattr(data_key, "fits", lambda _: True)
        with pytest.raises(UnfitText):
            changed(session, "leak_suspected", f"{WORDS} \x07")
    with site.open("pi") as session:
        (record,) = changes(session)
        assert record.body["text"] == f"{WORDS} \ufffd"
        assert (session.manifest.generation, record.body["by"]) == (2, "admin")
        assert not data_key.standing(session).owed


def test_a_change_that_cannot_be_made_up_bars_no_sign_in_and_a_cut_frees_the_folder(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unfit(*_: object) -> None:
        raise UnfitText

    with site.open("admin") as session, session.writing() as conn:
        rotation.owe(conn, session.manifest, "yearly", {"by": "admin"})
    with monkeypatch.context() as patch:
        patch.setattr(rotation, "change_data_key", unfit)
        with site.open("crc") as session:
            assert data_key.standing(session).owed
        patch.setattr(rotation, "change_data_key", _cut)
        for _ in range(2):  # the second finds the folder free
            with pytest.raises(Cut):
                site.open("crc")
    with site.open("crc") as session:
        assert [r.body["reason"] for r in changes(session)] == ["yearly"]


@pytest.mark.parametrize(
    "door", ["first password", "reset", "new by the sheet", "old by the sheet"]
)
def test_whoever_comes_in_by_a_new_key_makes_it_up_and_keeps_the_slot(
    live: Site, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = {"reset": "crc", "old by the sheet": "crc"}.get(door, "later")
    chosen = LIVE_PASSWORD.format(user)
    by_sheet, code = door.endswith("sheet"), None
    with live.open("admin") as session:
        if door == "reset":
            code = users.reset_user(session, user).code
        elif not by_sheet:
            code = users.add_user(session, user, "coordinator").code
        with session.writing() as conn:
            rotation.owe(conn, session.manifest, "yearly", {"by": "admin"})
    how = {"study": live.study, "fold": fold}
    if by_sheet:
        role = "coordinator" if user == "later" else ""
        opened = folders.recover(
            live.path, live.sheet, user=user, role=role, password=chosen, **how
        )
    else:
        assert code is not None
        opened = folders.set_first_password(live.path, user, code, chosen, **how)
    with opened as session:
        assert session.manifest.generation == 2
        assert [r.body["reason"] for r in changes(session)] == ["yearly"]
    for name in (user, "admin"):
        with live.open(name) as session:
            assert session.manifest.generation == 2


@pytest.mark.parametrize("door", ["first password", "reset", "sheet"])
def test_whose_new_key_no_record_tells_yet_keeps_a_part(
    live: Site, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock was behind as it was made; then a colleague changes the data key."""
    user = "later" if door == "first password" else "crc"
    chosen, how = f"{LIVE_PASSWORD.format(user)} anew", {"study": live.study, "fold": fold}
    with live.open("admin") as session:
        code = None
        if door == "first password":
            code = users.add_user(session, user, "coordinator").code
        elif door == "reset":
            code = users.reset_user(session, user).code
        session.commit([note()])
    with monkeypatch.context() as patch:
        wall = datetime.now(UTC) - timedelta(days=2)
        patch.setattr(Clock, "wall", lambda _: wall)
        if code is None:
            opened = folders.recover(
                live.path, live.sheet, user=user, role="", password=chosen, **how
            )
        else:
            opened = folders.set_first_password(live.path, user, code, chosen, **how)
        opened.close()
    with live.open("admin") as session:
        made = data_key.change(session, "yearly", LIVE_PASSWORD.format("admin"))
        assert made == NewDataKey(2, ())
    with live.open(user, chosen) as session:
        session.commit([note()])
        assert session.manifest.slots[session.manifest.slot_name(user)].generation == 2


@pytest.mark.parametrize("other", ["yearly", "user_closed"])
def test_a_suspected_leak_that_is_owed_is_told_whatever_changes_the_key(
    site: Site, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open("admin") as session:
        with monkeypatch.context() as patch:
            patch.setattr(database.Database, "rekey", full)
            for _ in range(2):  # what is asked twice in the same words is told once
                with pytest.raises(DiskFull):
                    changed(session, "leak_suspected", WORDS)
        if other == "yearly":
            changed(session)
        else:
            users.close_user(session, "cra", "left the site")
        leak, last = changes(session)
        assert (leak.body["reason"], leak.body["text"]) == ("leak_suspected", WORDS)
        assert (last.body["reason"], "text" in last.body) == (other, False)
        assert {r.body["generation"] for r in (leak, last)} == {2}
        assert [fault_in(r) for r in (leak, last)] == ["", ""]
        assert not data_key.standing(session).owed


def test_a_leak_whose_record_was_refused_is_told_and_what_is_due_since_is_made(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open("admin") as session:
        with monkeypatch.context() as patch:
            patch.setattr(rotation, "_told", full)
            with pytest.raises(KeyChangeCutOff):
                changed(session, "leak_suspected", WORDS)
        users.close_user(session, "cra", "left the site")
    with site.open("crc") as session:
        told = [(r.body["reason"], r.body["generation"]) for r in changes(session)]
        assert told == [("leak_suspected", 2), ("user_closed", 3)]
        assert session.manifest.generation == 3


def test_a_change_that_the_disk_refused_voids_no_code_and_one_made_up_names_whose(
    live: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live.open("admin") as session:
        code = users.add_user(session, "later", "monitor").code
        for name in ("away", "gone"):
            users.add_user(session, name, "monitor")
        with monkeypatch.context() as patch:
            patch.setattr(database.Database, "rekey", full)
            with pytest.raises(DiskFull):
                data_key.change(session, "yearly", LIVE_PASSWORD.format("admin"))
            assert users.close_user(session, "gone", "left the site") == ()
        assert session.manifest.slot_name("gone") not in session.manifest.slots
        assert users.shut_out(session) == ()
    assert code is not None
    with folders.set_first_password(
        live.path, "later", code, LIVE_PASSWORD.format("later"), study=live.study, fold=fold
    ) as session:
        assert session.manifest.generation == 2
    with live.open("admin") as session:
        assert users.shut_out(session) == ("away",)
        users.reset_user(session, "away")
        assert users.shut_out(session) == ()
