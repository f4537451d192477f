"""print and calendar on the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from tests.cli.shell import Shell
from tests.clinic import Clinic


def test_print_writes_a_file_and_counts_copies(
    shell: Shell, charted: Clinic, tmp_path: Path
) -> None:
    to = tmp_path / "visit.html"
    line = ("print", charted.path, "visit", "--visit", "M12", "--subject", "01-001", "--to", to)
    first = shell.desktop(*line).data
    assert (first["what"], first["subject"], first["about"], first["copy"]) == (
        "visit", "01-001", "M12", 1,
    )  # fmt: skip
    assert shell.desktop(*line, "--both").data["copy"] == 2
    page = to.read_text(encoding="utf-8")
    assert "01-001" in page
    assert "Month 12" in page
    assert "第12个月" in page


def test_print_says_what_has_to_be_named(shell: Shell, charted: Clinic, tmp_path: Path) -> None:
    to = tmp_path / "x.html"
    said = shell.desktop("print", charted.path, "copy", "--to", to)
    assert (said.code, said.error["code"]) == (1, "choice_wanted")
    said = shell.desktop("print", charted.path, "identities", "--to", to, user="cra")
    assert (said.code, said.error["code"]) == (1, "permission_denied")
    assert not to.exists()
    said = shell.desktop("print", charted.path, "other", "--to", to)
    assert said.code == 2


def test_calendar_writes_what_is_open(shell: Shell, charted: Clinic, tmp_path: Path) -> None:
    to = tmp_path / "site.ics"
    site = charted.path
    assert shell.desktop("calendar", site, "--to", to).data["events"] == 0
    records = [
        {"form": "IC", "visit": "SCR", "items": {"RFICDAT": "2027-06-10"}},
        {"form": "TC", "visit": "C0", "items": {"TCDAT": "2027-06-20"}},
    ]
    story = tmp_path / "synthetic.json"
    story.write_text(json.dumps({"subject": "01-009", "site": "01", "records": records}))
    assert shell.desktop("load", site, story).code == 0
    assert shell.desktop("calendar", site, "--to", to).data["events"] > 10
    assert b"SUMMARY:01-009 Week 6\r\n" in to.read_bytes()


def test_the_trail_leaves_as_a_file_and_leaves_a_record(
    shell: Shell, charted: Clinic, tmp_path: Path
) -> None:
    to = tmp_path / "trail.html"
    done = shell.desktop("audit", charted.path, "--to", to, user="cra").data
    assert done["path"] == str(to)
    assert to.read_text(encoding="utf-8").count("<tr>") == done["records"] + 1
    last = shell.desktop("audit", charted.path, user="cra").data
    printed = [r for r in last if r["kind"] == "printed"]
    assert [(r["user"], r["content"]["what"]) for r in printed] == [("cra", "audit")]
    assert shell.desktop("audit", charted.path, "--to", tmp_path / "trail.txt").code == 2


def test_a_certified_copy_is_verified(shell: Shell, charted: Clinic, tmp_path: Path) -> None:
    to = tmp_path / "copy.html"
    assert shell.desktop("print", charted.path, "copy", "--subject", "01-001", "--to", to).code == 0
    line = ("verify", to, "--folder", charted.path)
    assert shell.desktop(*line).data["ok"] is True
    to.write_bytes(to.read_bytes() + b" ")
    said = shell.desktop(*line)
    assert said.code == 1
    assert [c["name"] for c in said.data["checks"] if c["ok"] is False] == ["signatures"]
    assert shell.desktop("verify", to, user=None).code == 2


def test_who_had_a_role_on_a_day(shell: Shell, charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as crc:
        day = crc.today()
    for n, (asked, held) in enumerate(((day, True), (day - timedelta(days=9_000), False))):
        to = tmp_path / f"{n}.html"
        said = shell.desktop("print", charted.path, "delegation", "--day", asked, "--to", to)
        assert said.code == 0, said.err
        assert said.data["about"] == asked.isoformat()
        people, _, _ = to.read_text("utf-8").partition("What the roles may do")
        assert (">inv<" in people) is held
