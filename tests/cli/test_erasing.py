"""Redaction and a destroyed link at the command line: two people; what trail and copy say."""

from __future__ import annotations

import csv
from pathlib import Path

from mrd_desktop.record.incidents import Incidents
from mrd_desktop.record.requests import Requests
from tests.cli.shell import Shell
from tests.clinic import Clinic, password_of
from tests.record.test_incidents import local

PLACE = "01-001/SCR/IC/ICVER"
SLIP = "Synthia Name 4711"


def test_two_people_redact_and_print_and_trail_say_so(
    shell: Shell, charted: Clinic, tmp_path: Path
) -> None:
    for words in (SLIP, "V1.0"):
        shell.desktop("set", charted.path, PLACE, words, "--reason", "TYPO")
    held = shell.desktop("redact", charted.path, PLACE, user="inv").data["held"]
    assert [h["now"] for h in held] == [False, False, True]
    assert SLIP not in str(held)
    second = shell.password_file("second", password_of("admin"))
    act = ("redact", charted.path, PLACE, held[1]["record"], "--cause", "IDENTITY")
    alone = shell.desktop(*act, user="inv")
    assert (alone.code, alone.error["code"]) == (2, "usage")
    confirmed = ("--second", "admin", "--second-password-file", second)
    other = shell.desktop(*act, *confirmed, user="crc")
    assert (other.code, other.error["code"]) == (1, "permission_denied")
    done = shell.desktop(*act, *confirmed, user="inv")
    assert (done.data["erased"], done.data["compacted"]) == (1, True)

    trail = tmp_path / "trail.csv"
    assert shell.desktop("audit", charted.path, "--to", trail, user="inv").code == 0
    written = trail.read_text(encoding="utf-8-sig")
    assert SLIP not in written
    assert "content taken out by two people" in written
    (row,) = [r for r in csv.reader(written.splitlines()) if "value redacted" in r]
    assert "signed by inv and admin" in " ".join(row)

    copy = tmp_path / "copy.html"
    said = shell.desktop("print", charted.path, "copy", "--subject", "01-001", "--to", copy)
    assert said.code == 0, said.err
    page = copy.read_text(encoding="utf-8")
    assert SLIP not in page
    assert "redacted" in page


def test_words_of_requests_and_incidents_are_taken_out(
    shell: Shell, charted: Clinic, tmp_path: Path
) -> None:
    with charted.open() as session:
        Requests(session).receive("01-001", "copy", session.today(), f"{SLIP} asks")
        Incidents(session).note("lost", local(session), "0", f"{SLIP} lost it")
    second = shell.password_file("second", password_of("admin"))
    confirmed = ("--cause", "IDENTITY", "--second", "admin", "--second-password-file", second)
    for address in ("01-001", "incident"):
        (held,) = shell.desktop("redact", charted.path, address, user="inv").data["held"]
        assert (held["what"], held["words"], held["now"]) == ("words", True, False)
        act = ("redact", charted.path, address, held["record"], *confirmed)
        assert shell.desktop(*act, user="inv").data["erased"] == 1
        assert shell.desktop("redact", charted.path, address, user="inv").data["held"] == []
        assert shell.desktop(*act, user="inv").error["code"] == "nothing_to_redact"
    trail = tmp_path / "trail.html"
    assert shell.desktop("audit", charted.path, "--to", trail, user="inv").code == 0
    assert SLIP not in trail.read_text(encoding="utf-8")
    assert shell.desktop("redact", charted.path, "nowhere", user="inv").code != 0


def test_a_link_is_destroyed_by_two(shell: Shell, charted: Clinic) -> None:
    second = shell.password_file("second", password_of("admin"))
    act = ("destroy-link", charted.path, "01-001", "--cause", "WITHDRAWN", "--second", "admin",
           "--second-password-file", second)  # fmt: skip
    done = shell.desktop(*act, user="inv")
    assert done.data["erased"] > 1
    again = shell.desktop(*act, user="inv")
    assert (again.code, again.error["code"]) == (1, "no_link")
