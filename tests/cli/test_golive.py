"""Live mode by commands alone: refused, activated, refused elsewhere; the two-person clinic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mrd_desktop.cli import desktop
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record import projection
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import crypto, folder, initiation
from tests.cli.shell import Said, Shell
from tests.clinic import Clinic, password_of
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD, Route

WANG = "violet lantern orbit maple 7"
ZHAO = "velvet harbour candle thistle 8"
QIAN = "amber meadow compass willow 9"


def as_wang(shell: Shell, *args: object) -> Said:
    """``mrd-desktop ARGS`` by the one who does both; a live password does not hold the name."""
    return shell._run(desktop.main, args, "wang", WANG, True)


def make_live(shell: Shell, root: Path, site: str = "02") -> tuple[Path, Path]:
    """A live store and a live site with a two-person exception."""
    store, folder = root / "store", root / f"site-{site}"
    secret = shell.password_file(SPONSOR, SPONSOR_PASSWORD)
    if not store.exists():
        made = shell.sponsor(
            *("init", store, "--admin", SPONSOR, "--password-file", secret), user=None
        )
        assert made.code == 0, made.err
    own = shell.password_file("wang", WANG)
    made = shell.desktop(
        *("new", folder, "--site", site, "--name", "Synthetic", "--admin", "wang"),
        *("--password-file", own, "--sponsor-key", store / "sponsor.pub"),
        *("--exception", "clinic of two people"),
        user=None,
    )
    assert made.code == 0, made.err
    assert shell.sponsor("trust", store, folder / "site.pub").code == 0
    return store, folder


def say_place(shell: Shell, site: Path) -> None:
    """The investigator of the clinic of two joins, and both say where the sponsor is."""
    added = as_wang(shell, "user", site, "add", "zhao", "--role", "investigator")
    folder.set_first_password(
        site, "zhao", added.data["code"], ZHAO, study=load_study(), fold=projection.fold
    ).close()
    agreed = shell._run(desktop.main, ("undertake", site, "--agree"), "zhao", ZHAO, True)
    assert agreed.data["signed"] is True
    confirm = ("user", site, "confirm", "zhao", "--document", "passport")
    listed = ("--delegation", "2026-03-02, line 2")
    assert as_wang(shell, *confirm).error["code"] == "no_delegation"
    assert as_wang(shell, *confirm, *listed).error["code"] == "confirmed_alone"
    confirmed = as_wang(shell, *confirm, *listed, "--exception", "clinic of two people")
    assert confirmed.code == 0, confirmed.err
    rows = {row["user"]: row for row in confirmed.data}
    assert rows["zhao"]["confirmed"] is True
    assert rows["zhao"]["confirmed_alone"] == "clinic of two people"
    third_joins(shell, site)
    (found,) = as_wang(shell, "recipient", site).data
    assert (found["lets"], found["said_by"]) == (False, [])
    place = ("--jurisdiction", "US", "--purpose", "analysis", "--approval", "HGR-2026-0001")
    secret = shell.password_file("zhao", ZHAO)
    said = as_wang(
        shell, "recipient", site, found["key"], *place, "--until", "2099-12-31", "--genetic",
        "--second", "zhao", "--second-password-file", secret,
    )  # fmt: skip
    assert said.code == 0, said.err
    (found,) = as_wang(shell, "recipient", site).data
    assert (found["lets"], found["said_by"]) == (True, ["wang", "zhao"])
    assert found["approval"]["scope"] == ["clinical", "genetic"]


def third_joins(shell: Shell, site: Path) -> None:
    """One more joins; who is confirmed by now confirms with the administrator."""
    added = as_wang(shell, "user", site, "add", "qian", "--role", "coordinator")
    folder.set_first_password(
        site, "qian", added.data["code"], QIAN, study=load_study(), fold=projection.fold
    ).close()
    confirm = ("user", site, "confirm", "qian", "--document", "licence", "--delegation", "line 3")
    alone = as_wang(shell, *confirm, "--exception", "clinic of two people")
    assert alone.error["code"] == "made_by_you"
    assert "zhao" in alone.error["message_en"]
    by_two = ("--second", "zhao", "--second-password-file", shell.password_file("zhao", ZHAO))
    done = as_wang(shell, *confirm, *by_two)
    assert done.code == 0, done.err
    assert {r["user"]: r["confirmed_alone"] for r in done.data}["qian"] is None


def test_live_mode_from_command_to_command(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crypto, "calibrated", lambda: crypto.FLOOR)
    store, site = make_live(shell, tmp_path)
    asked = as_wang(shell, "activate", site)
    assert (asked.code, asked.data["live"]) == (0, False)
    assert asked.data["checklist"] == [q.oid for q in initiation.questions()]
    word = tmp_path / "site-02.mrdactivation"
    made = shell.sponsor(
        *("activate", store, "--site", "02", "--to", word),
        *("--ethics", "SYN-2026-014", "--ethics-date", "2026-02-03"),
    )
    assert made.code == 0, made.err
    assert shell.sponsor("activate", store, "--site", "09", "--to", word).error["code"] == (
        "activation"
    )
    refused = as_wang(shell, "activate", site, word)
    assert "checklist" in refused.error["message_en"]
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({q.oid: "yes" for q in initiation.questions()}))
    live = as_wang(shell, "activate", site, word, "--checklist", answers)
    assert live.data["live"] is True
    assert live.data["ethics"] == "SYN-2026-014 2026-02-03"
    assert as_wang(shell, "activate", site).data["live"] is True

    _, other = make_live(shell, tmp_path, "03")
    wrong = as_wang(shell, "activate", other, word, "--checklist", answers)
    assert "it is for site 02, this is site 03" in wrong.error["message_en"]
    assert as_wang(shell, "activate", other).data["live"] is False

    unsigned = as_wang(shell, "export", site, "--to", tmp_path / "stick")
    assert unsigned.error["code"] == "not_released"
    assert as_wang(shell, "undertake", site, "--agree").code == 0
    unsaid = as_wang(shell, "export", site, "--to", tmp_path / "stick")
    assert unsaid.error["code"] == "place_unsaid"
    assert not list((tmp_path / "stick").glob("*"))
    say_place(shell, site)
    with folder.open_folder(
        site, "wang", WANG, study=load_study(), fold=projection.fold
    ) as session:  # written around the program, which would have asked for a reason
        bare = {"user": "wang", "by": "somebody", "key": session.account.key}
        session.commit([Entry(Kind.USER_CONFIRMED, RecordClass.CODED, bare)])
    sent = as_wang(shell, "export", site, "--to", tmp_path / "stick")
    assert sent.code == 0, sent.err
    trail = as_wang(shell, "audit", site).data
    assert sum(line["kind"] == "signature.made" for line in trail) == 3  # two are undertakings
    assert shell.sponsor("receive", store, sent.data["path"]).code == 0
    status = next(s for s in shell.sponsor("status", store).data if s["site"] == "02")
    assert status["exceptions"] == [
        "wang coordinator+siteadmin: clinic of two people",
        "zhao confirmed by wang alone: clinic of two people",
        "wang confirmed by wang alone: no reason on record",
    ]


def test_the_recovery_sheet_by_commands(shell: Shell, tmp_path: Path, clinic: Clinic) -> None:
    site = clinic.path
    assert shell.desktop("recovery", site, "state", user="admin").data["due"] is False
    second = shell.password_file("admin", password_of("admin"))
    sheet = tmp_path / "sheet.txt"
    made = shell.desktop(
        *("recovery", site, "replace", "--cause", "lost", "--second", "admin"),
        *("--second-password-file", second, "--sheet", sheet),
        user="inv",
    )
    assert made.code == 0, made.err
    checked = shell.desktop("recovery", site, "check", "--sheet", sheet, user="admin")
    assert checked.data == {"valid": True, "serial": made.data["serial"]}
    used = shell.desktop(
        "recovery", site, "use", "--sheet", sheet, "--role", "siteadmin", user="new"
    )
    assert used.data == {"user": "new", "role": "siteadmin"}
    assert shell.desktop("verify", site).code == 0


def test_the_contract_line_makes_a_file(shell: Shell, tmp_path: Path) -> None:
    store, site = tmp_path / "store", tmp_path / "site"
    secret = shell.password_file(SPONSOR, SPONSOR_PASSWORD)
    shell.sponsor(
        *("init", store, "--training", "--admin", SPONSOR, "--password-file", secret), user=None
    )
    own = shell.password_file("admin", password_of("admin"))
    shell.desktop(
        *("new", site, "--site", "01", "--name", "Synthetic", "--training", "--admin", "admin"),
        *("--password-file", own),
        user=None,
    )
    shell.sponsor("trust", store, site / "site.pub")
    word = tmp_path / "word"
    assert shell.sponsor("activate", store, "--site", "01", "--to", word).code == 0
    assert json.loads(word.read_bytes())["format"] == "mrd-activation/1"


def test_a_slip_by_commands(shell: Shell, charted_route: Route) -> None:
    site = charted_route.clinic.path
    slip = shell.desktop("checkpoint", site).data
    same = shell.desktop("checkpoint", site, "--compare", slip["qr"], user="aud")
    assert (same.code, same.data["verdict"]) == (0, "same")
    assert (
        shell.desktop("checkpoint", site, "--compare", f"{slip['seq'] + 500} {slip['code']}").data[
            "verdict"
        ]
        == "typo"
    )
    later = f"{slip['seq'] + 500} {slip['code'][::-1]}"
    cut = shell.desktop("checkpoint", site, "--compare", later)
    assert (cut.code, cut.data["verdict"]) == (1, "missing")
    assert "Records are missing" in cut.err
    assert shell.desktop("checkpoint", site, "--compare", "x").error["code"] == "slip"
    older = (site / "data.mrd").read_bytes()
    assert shell.desktop("export", site, "--to", charted_route.stick).code == 0
    (site / "data.mrd").write_bytes(older)
    found = shell.desktop("verify", site)
    assert found.code == 1
    assert [c["name"] for c in found.data["checks"] if c["ok"] is False] == ["heads"]
    assert "package 1" in found.err


def test_undertaking_and_training_by_commands(
    shell: Shell, tmp_path: Path, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crypto, "calibrated", lambda: crypto.FLOOR)
    _, site = make_live(shell, tmp_path)
    refused = as_wang(shell, "training", site, "wang", "--reason", "clinic of two people")
    assert refused.error["code"] == "undertaking"
    asked = as_wang(shell, "undertake", site)
    assert asked.data["signed"] is False
    assert as_wang(shell, "undertake", site, "--agree").data["signed"] is True
    assert as_wang(shell, "training", site).data == {"waiting": ["wang"]}
    assert as_wang(shell, "training", site, "wang").error["code"] == "training"
    done = as_wang(shell, "training", site, "wang", "--reason", "clinic of two people")
    assert done.data == {"waiting": []}

    told = shell.desktop("training", clinic.path, user="admin")
    assert told.data["exercises"] == {"user": {"done": 4, "of": 1}, "backup": {"done": 0, "of": 1}}
    file = tmp_path / "admin.mrdtraining"
    early = shell.desktop("training", clinic.path, "--to", file, user="admin")
    assert early.error["code"] == "exercises_open"
    shell.desktop("backup", clinic.path, "--to", tmp_path / "stick", user="admin")
    assert shell.desktop("training", clinic.path, "--to", file, user="admin").code == 0
    taken = as_wang(shell, "training", site, "wang", "--certificate", file)
    assert taken.error["code"] == "certificate"
    assert "Enter and save three forms" in taken.error["message_en"]
