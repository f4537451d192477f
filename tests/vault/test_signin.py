"""Sign-in: who gets in, who does not, and that the two refusals cannot be told apart."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.vault import attempts, crypto, signin, users
from mrd_desktop.vault import folder as folders
from mrd_desktop.vault.errors import (
    CodeNeedsPassword,
    DutiesApart,
    FolderDamaged,
    FolderExists,
    FolderInUse,
    FolderOfNewerProgram,
    NotAFolder,
    PasswordRefused,
    RoleRefused,
    TrainingOnly,
    TryLater,
    UserUnknown,
    WrongKey,
    WrongPassword,
    WrongRecoverySheet,
)
from mrd_desktop.vault.manifest import read_manifest
from tests.vault.kit import LIVE_PASSWORD, PASSWORDS, Site, fold, note


def test_wrong_password_and_unknown_user_say_the_same_and_cost_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown name costs an Argon2id run of the same size, so that time tells nothing."""
    texts = set()
    runs: list[crypto.KdfParameters] = []
    derive = crypto.derive

    def counted(secret: str, salt: bytes, parameters: crypto.KdfParameters) -> crypto.Keks:
        runs.append(parameters)
        return derive(secret, salt, parameters)

    monkeypatch.setattr(crypto, "derive", counted)
    costs = []
    for user in ("crc", "nobody-here", "no such name!"):
        runs.clear()
        with pytest.raises(WrongPassword) as refused:
            site.open(user, "not-the-password")
        costs.append(list(runs))
        texts.add((type(refused.value), refused.value.text))
    assert len(texts) == 1
    assert len(costs[0]) == 1
    assert costs[0] == costs[1] == costs[2]


def test_another_spelling_of_the_name_signs_in(site: Site) -> None:
    with site.open("ＣＲＣ ", PASSWORDS["crc"]) as session:
        assert session.user == "crc"


def test_composed_and_decomposed_passwords_agree(site: Site) -> None:
    with site.open("admin") as session:
        users.add_user(session, "umlaut", "monitor", password="pässwörter-übung")
    with site.open("umlaut", "pa\u0308sswo\u0308rter-u\u0308bung") as session:
        assert session.user == "umlaut"


def test_reading_writes_nothing(site: Site) -> None:
    with site.open("crc") as session:
        before = session.head()
        with session.reading() as conn:
            list(store.records(conn, session.folder.chain))
    with site.open("crc") as session:
        assert session.head() == before


def test_the_chain_of_a_new_site_verifies(site: Site) -> None:
    with site.open("crc") as session:
        session.commit([note()])
        chain = session.folder.chain
        with session.reading() as conn:
            verdict = verify_records(store.records(conn, chain, box=session.box), chain, True)
    assert verdict.ok, [c for c in verdict.checks if c.ok is False]


def test_a_second_session_is_told_who_holds_the_folder(site: Site) -> None:
    with site.open("crc"), pytest.raises(FolderInUse) as refused:
        site.open("pi")
    assert str(refused.value.params["pid"]).isdigit()


def test_a_second_process_is_refused_and_free_after_kill(site: Site) -> None:
    hold = (
        "import sys,time;from pathlib import Path;from mrd_desktop.vault.lock import FolderLock;"
        "FolderLock(Path(sys.argv[1]));print('held',flush=True);time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(site.path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FolderInUse) as refused:
            site.open("crc")
        assert str(holder.pid) in refused.value.text.en
    finally:
        holder.kill()
        holder.wait()
    site.open("crc").close()


@pytest.mark.parametrize("field", ["data", "sign", "box", "salt"])
def test_any_flipped_bit_of_a_slot_is_refused(site: Site, field: str) -> None:
    path = site.path / "site.json"
    manifest = json.loads(path.read_text())
    with site.open("crc") as session:
        name = session.manifest.slot_name("crc")
    for flipped in range(0, 8 * 16, 37):
        changed = json.loads(json.dumps(manifest))
        raw = bytearray(base64.b64decode(changed["slots"][name][field]))
        raw[flipped // 8] ^= 1 << flipped % 8
        changed["slots"][name][field] = base64.b64encode(raw).decode()
        _write(path, changed)
        with pytest.raises(MrdError):
            site.open("crc")


def test_a_slot_moved_to_another_user_or_generation_is_refused(site: Site) -> None:
    path = site.path / "site.json"
    original = json.loads(path.read_text())
    with site.open("crc") as session:
        crc, cra = session.manifest.slot_name("crc"), session.manifest.slot_name("cra")
    moved = json.loads(json.dumps(original))
    moved["slots"][crc] = moved["slots"][cra]
    _write(path, moved)
    with pytest.raises(WrongPassword):
        site.open("crc", PASSWORDS["cra"])
    older = json.loads(json.dumps(original))
    older["slots"][crc]["generation"] = 7
    _write(path, older)
    with pytest.raises(WrongPassword):
        site.open("crc")


@pytest.mark.parametrize(
    "kdf",
    [
        {"m": 64 * 1024 - 1, "t": 3, "p": 4},
        {"m": 64 * 1024, "t": 2, "p": 4},
        {"m": 64 * 1024, "t": 3, "p": 3},
        {"m": 1024 * 1024 + 1, "t": 3, "p": 4},
        {"m": 64 * 1024, "t": 11, "p": 4},
        {"m": 64 * 1024, "t": 3, "p": 9},
    ],
)
def test_key_derivation_out_of_range_is_refused_before_it_runs(
    site: Site, kdf: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = site.path / "site.json"
    manifest = json.loads(path.read_text())
    for slot in manifest["slots"].values():
        slot["kdf"] = kdf
    _write(path, manifest)
    monkeypatch.setattr(crypto, "derive", lambda *_: pytest.fail("Argon2id was run"))
    with pytest.raises(FolderDamaged):
        site.open("crc")


def test_no_key_is_derived_out_of_range() -> None:
    for weak in (crypto.KdfParameters(8, 1, 1), crypto.KdfParameters(2**21, 3, 4)):
        with pytest.raises(ValueError, match="out of range"):
            crypto.derive("synthetic", bytes(16), weak)


def test_a_manifest_that_says_something_else_is_refused(live: Site) -> None:
    path = live.path / "site.json"
    original = json.loads(path.read_text())
    foreign = base64.b64encode(crypto.box_public(b"\x07" * 32)).decode()
    changes = (
        {"log": foreign},
        {"recovery": {**original["recovery"], "public": foreign}},
        {"training": True},
        {"name": "Another place"},
        {"study": "NCT00000000"},
    )
    for change in changes:
        _write(path, {**original, **change})
        with pytest.raises(FolderDamaged):
            live.open("crc")
    _write(path, {**original, "site": "03"})
    with pytest.raises(WrongPassword):
        live.open("crc")
    _write(path, original)
    live.open("crc").close()


def test_paths_that_are_no_site(tmp_path: Path, site: Site) -> None:
    with pytest.raises(NotAFolder):
        folders.open_folder(tmp_path, "crc", "x", study=site.study, fold=fold)
    assert not (tmp_path / "folder.lock").exists()
    with pytest.raises(FolderExists):
        folders.create_site(
            site.path, site="01", name="x", training=True, admin="admin",
            password="synthetic-admin-pw", study=site.study, fold=fold,
        )  # fmt: skip
    (site.path / "data.mrd").write_bytes(b"SQLite format 3\x00" + bytes(8000))
    with pytest.raises(WrongKey):
        site.open("crc")
    (site.path / "data.mrd").unlink()
    with pytest.raises(WrongKey):
        site.open("crc")
    assert not (site.path / "data.mrd").exists()


def test_a_newer_format_is_named(site: Site) -> None:
    path = site.path / "site.json"
    _write(path, {**json.loads(path.read_text()), "format": "mrd-site/2"})
    with pytest.raises(FolderOfNewerProgram, match="mrd-site/2"):
        site.open("crc")


def test_garbage_manifests_are_refused_by_name(site: Site) -> None:
    path = site.path / "site.json"
    whole = path.read_bytes()
    for data in (b"", b"{}", whole[:-40], whole.replace(b'"slots"', b'"sl0ts"'), b"[" * 5000):
        path.write_bytes(data)
        with pytest.raises((FolderDamaged, FolderOfNewerProgram)):
            site.open("crc")


def test_delays_grow_and_outlive_the_program(live: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [attempts.delay(n) for n in range(9)] == [0, 0, 0, 0, 1, 2, 4, 8, 16]
    assert attempts.delay(40) == 900
    now = datetime.now(UTC)

    def steady() -> float:
        return now.timestamp()

    monkeypatch.setattr(signin._Entrance, "_now_or_wall", lambda _: now)
    monkeypatch.setattr(attempts, "steady", steady)
    for _ in range(4):
        with pytest.raises(WrongPassword):
            live.open("crc", "not the password at all")
    now += timedelta(seconds=0.9)
    with pytest.raises(TryLater):
        live.open("crc")
    live.open("cra").close()
    now += timedelta(seconds=0.2)
    with live.open("crc") as session:
        session.announce()
        chain = session.folder.chain
        with session.reading() as conn:
            failed = [r.body for r in store.records(conn, chain) if r.kind is Kind.SIGNIN_FAILED]
    assert [f["user"] for f in failed] == ["crc"] * 4
    assert b"crc" not in (live.path / attempts.LOG_FILE).read_bytes()


def test_a_cut_log_shows_as_a_gap(live: Site) -> None:
    for _ in range(3):
        with pytest.raises(WrongPassword):
            live.open("cra", "not the password at all")
    with live.open("cra") as session:
        session.announce()
    (live.path / attempts.LOG_FILE).unlink()
    with live.open("cra") as session:
        session.announce()
        with session.reading() as conn:
            records = store.records(conn, session.folder.chain)
            gaps = [r.body for r in records if r.kind is Kind.SIGNIN_FAILED and "gap" in r.body]
    assert [(g["expected"], g["found"]) for g in gaps] == [(4, 0)]


def test_training_starts_anywhere_and_time_runs_on(site: Site) -> None:
    start = datetime.now(UTC) + timedelta(days=400)
    with site.open("crc", now=start) as session:
        session.commit([note()])
        assert session.today() == start.date()
    with site.open("crc") as session:
        assert timedelta() <= session.clock.wall() - start < timedelta(minutes=5)


def test_live_sites_take_no_time_and_no_given_password(live: Site) -> None:
    with pytest.raises(TrainingOnly):
        live.open("crc", now=datetime.now(UTC))
    with live.open("admin") as session, pytest.raises(TrainingOnly):
        users.add_user(session, "other", "monitor", password="synthetic password 1")


def test_a_code_works_once_and_for_72_hours(live: Site) -> None:
    with live.open("admin") as session:
        code = users.add_user(session, "second", "monitor").code
    assert code is not None
    with pytest.raises(CodeNeedsPassword):
        live.open("second", code.upper().replace("-", " "))
    good = LIVE_PASSWORD.format("second")
    with pytest.raises(PasswordRefused):
        _first(live, "second", code, "short")
    _first(live, "second", code, good)
    with pytest.raises(WrongPassword):
        _first(live, "second", code, good)
    live.open("second").close()


def test_an_old_code_opens_nothing(live: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "CODE_LIFE", timedelta(seconds=-1))
    with live.open("admin") as session:
        code = users.add_user(session, "second", "monitor").code
    assert code is not None
    with pytest.raises(WrongPassword):
        _first(live, "second", code, LIVE_PASSWORD.format("second"))


def test_the_recovery_sheet_opens_data_and_vault_but_no_signing_key(live: Site) -> None:
    with live.open("crc") as session:
        old_key = session.account.key
    with folders.recover(
        live.path, live.sheet, user="crc", role="coordinator",
        password=LIVE_PASSWORD.format("again"), study=live.study, fold=fold,
    ) as session:  # fmt: skip
        assert session.has_vault
        chain = session.folder.chain
        with session.reading() as conn:
            assert verify_records(store.records(conn, chain), chain, False).ok
            assert users.accounts.account(conn, "crc").key != old_key
    with pytest.raises(WrongPassword):
        live.open("crc")


def test_by_the_sheet_an_account_keeps_its_role_unless_another_is_named(live: Site) -> None:
    def back(user: str, role: str) -> str:
        with folders.recover(
            live.path, live.sheet, user=user, role=role,
            password=LIVE_PASSWORD.format("again"), study=live.study, fold=fold,
        ) as session:  # fmt: skip
            return session.role

    assert back("crc", "") == "coordinator"
    assert back("crc", "investigator") == "investigator"
    with pytest.raises(RoleRefused):
        back("nobody", "")
    assert back("nobody", "monitor") == "monitor"


def test_whoever_is_closed_gets_no_slot_by_the_sheet_or_by_a_code_left_over(
    live: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = {"study": live.study, "fold": fold}
    with live.open("admin") as session:
        code = users.add_user(session, "later", "monitor").code
        with monkeypatch.context() as patch:
            patch.setattr(users, "change_data_key", lambda *_: ())  # the disk is full
            for name in ("cra", "later"):
                users.close_user(session, name, "left the site")
    before = read_manifest(live.path)
    assert code is not None
    with pytest.raises(UserUnknown):
        folders.recover(
            live.path, live.sheet, user="cra", role="monitor", password=LIVE_PASSWORD.format("x"),
            **how,
        )  # fmt: skip
    with pytest.raises(WrongPassword):
        folders.set_first_password(live.path, "later", code, LIVE_PASSWORD.format("x"), **how)
    assert read_manifest(live.path) == before


def test_the_sheet_joins_no_duties_that_nobody_gave_a_reason_for(live: Site) -> None:
    joint = "coordinator+siteadmin"
    with live.open("admin") as session:
        users.add_user(session, "both", joint, exception="a clinic of two people")

    def back(user: str, role: str) -> str:
        with folders.recover(
            live.path, live.sheet, user=user, role=role,
            password=LIVE_PASSWORD.format("again"), study=live.study, fold=fold,
        ) as session:  # fmt: skip
            return session.role

    for user in ("new", "crc"):
        before = (live.path / "site.json").read_bytes()
        with pytest.raises(DutiesApart):
            back(user, joint)
        assert (live.path / "site.json").read_bytes() == before
    assert back("both", "") == joint
    assert back("both", joint) == joint


@pytest.mark.parametrize("at", [0, 23, 51, 53])
def test_a_mistyped_sheet_names_the_group(
    live_template: Site, copied: Callable[[Site], Site], at: int
) -> None:
    site = copied(live_template)
    lines = [line for line in site.sheet.splitlines() if line[:2] in ("A:", "B:")]
    letters = list("".join(lines[0][2:].split()) + "".join(lines[1][2:].split()))
    letters[at] = "A" if letters[at] != "A" else "B"
    groups = ["".join(letters[n : n + 4]) for n in range(0, 56, 4)]
    typed = f"A: {' '.join(groups[:7])}\nB: {' '.join(groups[7:])}\n"
    with pytest.raises(WrongRecoverySheet) as refused:
        folders.recover(
            site.path, typed, user="new", role="siteadmin",
            password=LIVE_PASSWORD.format("new"), study=site.study, fold=fold,
        )  # fmt: skip
    group = at // 4
    half, there = ("A", group) if group < 7 else ("B", group - 7)
    assert f"group {there + 1} of half {half} again" in refused.value.text.en
    assert refused.value.half == half


def _first(site: Site, user: str, code: str, password: str) -> None:
    folders.set_first_password(site.path, user, code, password, study=site.study, fold=fold).close()


def _write(path: Path, value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")


def test_a_failure_after_a_line_that_was_cut_short_is_kept_and_the_cut_is_named(
    site: Site,
) -> None:
    log = site.path / attempts.LOG_FILE
    for _ in range(2):
        with pytest.raises(WrongPassword):
            site.open("crc", "not-the-password")
    log.write_bytes(log.read_bytes()[:-20])  # the power failed in the second line
    with pytest.raises(WrongPassword):
        site.open("crc", "not-the-password")
    with site.open("crc") as session:
        session.announce()
        with session.reading() as conn:
            told = [
                (r.body.get("n"), r.body.get("gap"), r.body.get("expected"), r.body.get("found"))
                for r in store.records(conn, session.folder.chain)
                if r.opening is not None and r.kind is Kind.SIGNIN_FAILED
            ]
    assert told == [(1, None, None, None), (None, True, 2, 3), (3, None, None, None)]
