"""Known holes in locked parts: a seeded one is found, timed, accepted or too late; no network."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import audit
import dev
from audit import Severity, affects, base_score, severity_of

ROOT = Path(dev.__file__).parent
TODAY = date(2026, 11, 29)
PARTS = dict(p for name in audit.LOCKS for p in audit.locked((ROOT / name).read_text("utf-8")))


def advisory(
    number: int = 1,
    *,
    part: str = "lxml",
    events: list[dict[str, str]] | None = None,
    published: date = TODAY,
    severity: str = "CRITICAL",
    **more: Any,
) -> dict[str, Any]:
    """An advisory as such exports have them; about every version where none is named."""
    ranges = [{"type": "ECOSYSTEM", "events": events or [{"introduced": "0"}]}]
    return {
        "schema_version": "1.6.0",
        "id": f"GHSA-synt-heti-{number:04}",
        "modified": f"{TODAY}T08:00:00Z",
        "published": f"{published}T08:00:00Z",
        "summary": "Synthetic hole",
        "affected": [{"package": {"ecosystem": "PyPI", "name": part}, "ranges": ranges}],
        "database_specific": {"severity": severity},
        **more,
    }


def brought(place: Path, *said: dict[str, Any]) -> Path:
    """A copy of advisories on a medium: a zip."""
    file = place / "all.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as held:
        for one in (advisory(9999, part="synthetic-other"), *said):
            held.writestr(f"{one['id']}.json", json.dumps(one))
    return file


def told(file: Path, capsys: pytest.CaptureFixture[str], on: date = TODAY) -> tuple[int, str]:
    code = audit.main(["--advisories", str(file), "--on", str(on)], ROOT)
    said = capsys.readouterr()
    return code, said.out + said.err


def test_every_lock_is_read_for_every_platform() -> None:
    assert {"cryptography", "pyside6-essentials", "pyinstaller", "sqlcipher3", "lxml"} <= set(PARTS)
    lines = audit.locked((ROOT / "requirements.lock").read_text("utf-8"))
    assert len({v for name, v in lines if name == "cryptography"}) == 2


def test_a_seeded_hole_is_told_and_fails_once_its_days_are_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seeded = advisory(events=[{"introduced": "0"}, {"fixed": "999"}], aliases=["CVE-2026-0001"])
    file = brought(tmp_path, seeded)
    code, words = told(file, capsys)
    assert code == 0
    assert f"lxml {PARTS['lxml']}: GHSA-synt-heti-0001 CVE-2026-0001" in words
    assert "fixed in 999" in words
    assert words.startswith(f"due    {TODAY + timedelta(days=7)} critical")
    assert told(file, capsys, TODAY + timedelta(days=7))[0] == 0
    code, words = told(file, capsys, TODAY + timedelta(days=8))
    assert code == 1
    assert words.startswith("LATE")
    assert "1 past their limit" in words


@pytest.mark.parametrize(
    ("severity", "days"), [("CRITICAL", 7), ("HIGH", 30), ("MODERATE", 90), ("", 7), ("UNUSUAL", 7)]
)
def test_each_severity_has_its_days_and_what_nobody_rated_the_fewest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], severity: str, days: int
) -> None:
    old = brought(tmp_path, advisory(severity=severity, published=TODAY - timedelta(days=days)))
    assert told(old, capsys)[0] == 0
    older = advisory(severity=severity, published=TODAY - timedelta(days=days + 1))
    assert told(brought(tmp_path, older), capsys)[0] == 1


def test_a_low_one_is_told_without_a_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, words = told(brought(tmp_path, advisory(severity="LOW", published=date.min)), capsys)
    assert code == 0
    assert "told   - low" in words


def test_a_part_that_is_not_locked_and_what_was_withdrawn_are_no_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = advisory(withdrawn="2026-01-01T00:00:00Z")
    elsewhere = advisory(2)
    elsewhere["affected"][0]["package"]["ecosystem"] = "npm"
    fixed = advisory(3, events=[{"introduced": "0"}, {"fixed": PARTS["lxml"]}])
    code, words = told(brought(tmp_path, gone, elsewhere, fixed), capsys)
    assert code == 0
    assert " 0 findings" in words


def test_a_folder_and_other_spellings_of_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "PyPI").mkdir()
    said = advisory(part="PySide6_Essentials")
    (tmp_path / "PyPI" / "a.json").write_text(json.dumps(said), "utf-8")
    assert "pyside6-essentials" in told(tmp_path, capsys)[1]


def test_one_hole_under_several_names_is_one_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = advisory(
        1, severity="LOW", aliases=["CVE-2026-0001"], published=TODAY - timedelta(days=9)
    )
    second = advisory(2, severity="CRITICAL", aliases=["CVE-2026-0001"])
    code, words = told(brought(tmp_path, first, second), capsys)
    assert "1 findings, 1 past" in words
    assert code == 1, "rated by the one, published by the other"


EXEMPT = """
[[exempt]]
advisory = "CVE-2026-0001"
part = "LXML"
reason = "synthetic: never called here"
until = 2027-01-31
"""


def test_an_accepted_hole_has_a_reason_and_an_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = advisory(aliases=["CVE-2026-0001"], published=date(2026, 1, 1))
    file = brought(tmp_path, old)
    assert told(file, capsys)[0] == 1
    (tmp_path / "audit.toml").write_text(EXEMPT, "utf-8")
    monkeypatch.setattr(audit, "EXEMPT", str(tmp_path / "audit.toml"))
    code, words = told(file, capsys)
    assert code == 0
    assert words.startswith("exempt 2027-01-31")
    assert "never called here" in words
    old["modified"] = "2027-02-01T00:00:00Z"
    assert told(brought(tmp_path, old), capsys, date(2027, 2, 1))[0] == 1
    other = advisory(2, published=date(2026, 1, 1))
    assert told(brought(tmp_path, other), capsys)[0] == 1, "another hole of the same part"


@pytest.mark.parametrize(
    "line", [line for line in EXEMPT.strip().splitlines() if line != "[[exempt]]"]
)
def test_an_exemption_lacks_nothing(line: str) -> None:
    assert len(audit.exemptions(EXEMPT)) == 1
    for instead in ("", "reason = ''" if "reason" in line else "until = 'soon'"):
        with pytest.raises(audit.Unusable):
            audit.exemptions(EXEMPT.replace(line, instead))


def test_the_list_of_this_repository_can_be_read() -> None:
    audit.exemptions((ROOT / audit.EXEMPT).read_text("utf-8"))


def nothing(place: Path) -> Path:
    (place / "empty").mkdir()
    return place / "empty"


def stale(place: Path) -> Path:
    return brought(place, advisory(modified="2026-01-01T00:00:00Z"))


def no_zip(place: Path) -> Path:
    (place / "all.zip").write_bytes(b"PK synthetic")
    return place / "all.zip"


def cut(place: Path) -> Path:
    file = brought(place, advisory())
    file.write_bytes(file.read_bytes()[:-40])
    return file


def no_advisory(place: Path) -> Path:
    (place / "a.json").write_text("[1]", "utf-8")
    return place


def not_there(place: Path) -> Path:
    return place / "none.zip"


@pytest.mark.parametrize("copy", [nothing, no_zip, cut, no_advisory, not_there])
def test_a_copy_that_says_nothing_does_not_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], copy: Callable[[Path], Path]
) -> None:
    assert told(copy(tmp_path), capsys)[0] == 2


def test_an_old_copy_does_not_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = brought(tmp_path, advisory(severity="LOW"))
    assert told(file, capsys, TODAY + timedelta(days=30))[0] == 0
    code, words = told(file, capsys, TODAY + timedelta(days=31))
    assert code == 2
    assert f"newest advisory is of {TODAY}" in words


E = dict[str, str]


@pytest.mark.parametrize(
    ("events", "version", "is_bad"),
    [
        ([{"introduced": "0"}], "1.0", True),
        ([{"introduced": "0"}], "0.dev1", True),
        ([{"introduced": "1.0"}, {"fixed": "1.5"}], "1.0", True),
        ([{"introduced": "1.0"}, {"fixed": "1.5"}], "1.5", False),
        ([{"introduced": "1.0"}, {"fixed": "1.5"}], "1.5rc1", True),
        ([{"introduced": "1.0"}, {"fixed": "1.5"}], "0.9", False),
        ([{"introduced": "1.0"}, {"fixed": "1.10"}], "1.9", True),
        ([{"introduced": "1.0"}, {"last_affected": "1.5"}], "1.5", True),
        ([{"introduced": "1.0"}, {"last_affected": "1.5"}], "1.5.1", False),
        ([{"fixed": "1.5"}, {"introduced": "2.0"}, {"introduced": "0"}], "1.7", False),
        ([{"fixed": "1.5"}, {"introduced": "2.0"}, {"introduced": "0"}], "2.1", True),
        ([{"introduced": "0"}, {"fixed": "no version"}], "1.0", True),
    ],
)
def test_ranges_are_read_as_the_schema_says(
    events: list[dict[str, str]], version: str, is_bad: bool
) -> None:
    assert affects({"ranges": [{"type": "ECOSYSTEM", "events": events}]}, version) is is_bad


def test_named_versions_count_beside_ranges() -> None:
    git = {"type": "GIT", "events": [{"introduced": "0"}]}
    assert affects({"versions": ["1.0", "1.2"]}, "1.2.0")
    assert not affects({"versions": ["1.0", "odd"], "ranges": [git]}, "1.1")
    assert affects({"ranges": [git]}, "1.1"), "nothing to compare with"
    assert affects({"versions": ["2.0"], "ranges": [{"events": [{"introduced": "1"}]}]}, "1.1")


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N", 5.9),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", None),
        ("CVSS:3.1/AV:N", None),
        ("", None),
    ],
)
def test_vectors_have_the_scores_that_are_published(vector: str, score: float | None) -> None:
    assert base_score(vector) == score


def test_a_vector_rates_where_no_word_does() -> None:
    def rated(**said: Any) -> Severity:
        return severity_of(said, {})

    high = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}
    four = {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}
    assert rated(severity=[high]) is Severity.HIGH
    assert rated(severity=[high], database_specific={"severity": "LOW"}) is Severity.HIGH
    assert rated(severity=[four]) is Severity.CRITICAL
    assert severity_of({}, {"severity": [high]}) is Severity.HIGH
    assert rated(severity=[four], database_specific={"severity": "MODERATE"}) is Severity.MEDIUM
