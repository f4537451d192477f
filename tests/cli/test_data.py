"""Loading, single acts, findings, trail, derived values: shapes and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import Said, Shell
from tests.clinic import STORIES, Clinic
from tests.conftest import SOAK
from tests.study.edits import edited_records
from tests.study.test_checks import MUTATIONS, SOFT_EXPECTED

SUBJECTS = ("01-001", "01-002", "01-004")
LOADED = {"subject", "index", "copy", "address", "form", "visit", "status", "reasons"}
FINDING = {
    *("check", "severity", "subject", "event", "event_repeat", "form", "form_repeat", "group"),
    *("row", "item", "address", "message_en", "message_zh", "query"),
}
VALUES = {"GROUP", "T0", "STATUS", "AGE", "CRDUR", "HER2CALC", "ISHGRP", "CA153REL", "LVEF"}
WINDOW = {"subject", "visit", "target", "opens", "closes", "done", "in_window"}


def story(tmp_path: Path, subject: str = "01-001") -> tuple[Path, Any]:
    """A copy of a story to be changed, and what is in it."""
    body = json.loads((STORIES / f"{subject}.json").read_text(encoding="utf-8"))
    return tmp_path / "story.json", body


def loaded(shell: Shell, clinic: Clinic, file: Path, body: Any, *options: str) -> Said:
    file.write_text(json.dumps(body), encoding="utf-8")
    return shell.desktop("load", clinic.path, file, *options)


def test_stories_load_whole(shell: Shell, clinic: Clinic, tmp_path: Path) -> None:
    """One whole, and of a long one what comes before its treatment, with repeated records."""
    long, body = story(tmp_path, "01-002")
    begun = next(n for n, r in enumerate(body["records"]) if r["visit"] == "W06")
    again = [r | {"repeat": r["repeat"] | {"times": 2}} for r in body["records"] if "repeat" in r]
    long.write_text(json.dumps(body | {"records": body["records"][:begun] + again}), "utf-8")
    files = [STORIES / "01-001.json", long]
    said = shell.desktop("load", clinic.path, *files)
    assert said.code == 0
    assert {frozenset(r) for r in said.data} == {frozenset(LOADED)}
    assert {r["status"] for r in said.data} == {"complete"}
    assert [r["reasons"] for r in said.data if r["reasons"]] == []
    for file in files:
        body = json.loads(file.read_text(encoding="utf-8"))
        copies = [r.get("repeat", {}).get("times", 1) for r in body["records"]]
        mine = [r for r in said.data if r["subject"] == body["subject"]]
        expected = [(i, c) for i, n in enumerate(copies) for c in range(n)]
        assert [(r["index"], r["copy"]) for r in mine] == expected
        records = body["records"]
        assert [(r["form"], r["visit"]) for r in mine] == [
            (records[i]["form"], records[i]["visit"]) for i, _ in expected
        ]
    assert {r["copy"] for r in said.data} == {0, 1}


def test_the_stories_give_the_expected_findings(
    shell: Shell, stories_template: Clinic, tmp_path: Path
) -> None:
    clinic = stories_template.copy(tmp_path / "site")
    found = shell.desktop("findings", clinic.path)
    assert found.code == 0
    for subject in SUBJECTS:
        mine = [(f["check"], f["address"]) for f in found.data if f["subject"] == subject]
        assert mine == SOFT_EXPECTED[subject]
    for f in found.data:
        assert set(f) == FINDING
        assert f["severity"] == "soft"
        assert f["query"] == "open"
        event = f"{f['event']}#{f['event_repeat']}"
        form = f"{f['form']}#{f['form_repeat']}"
        parts = (f["subject"], event, form, f"{f['group']}#{f['row']}", f["item"])
        assert "/".join(parts) == f["address"]
    derived = shell.desktop("derive", clinic.path, "--as-of", "2027-06-30")
    assert derived.code == 0
    assert set(derived.data) >= {"as_of", "definition", "subjects", "windows"}
    assert set(derived.data["subjects"]) == set(SUBJECTS)
    for values in derived.data["subjects"].values():
        assert set(values) >= VALUES
    second = derived.data["subjects"]["01-002"]
    assert (second["GROUP"], second["T0"], second["AGE"]) == ("INTERMISSION", "2025-10-20", 47)
    assert (second["CRDUR"], second["CA153REL"]) == (36.1, 0.452)
    assert second["VISITS"] == {"expected": 7, "done": 7, "in_window": 6}
    assert {frozenset(w) for w in derived.data["windows"]} == {frozenset(WINDOW)}
    late = next(w for w in derived.data["windows"] if w["visit"] == "M15" and not w["in_window"])
    assert late == {
        "subject": "01-002",
        "visit": "M15",
        "target": "2027-01-20",
        "opens": "2027-01-06",
        "closes": "2027-02-03",
        "done": "2027-02-08",
        "in_window": False,
    }


def test_each_commit_is_told_as_a_line_with_its_number(shell: Shell, clinic: Clinic) -> None:
    said = shell.desktop("load", clinic.path, STORIES / "01-001.json", "--jsonl", json=False)
    assert said.code == 0
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert {frozenset(x) for x in lines} == {
        frozenset(("index", "copy", "address", "status", "seq"))
    }
    seqs = [x["seq"] for x in lines]
    assert seqs == sorted(seqs)
    trail = {r["seq"]: r for r in shell.desktop("audit", clinic.path).data}
    for line in lines:
        assert (trail[line["seq"]]["kind"], trail[line["seq"]]["address"]) == (
            "form.saved",
            line["address"],
        )


def _edit(number: int) -> Any:
    return pytest.param(*next(m[1:] for m in MUTATIONS if m[0] == number), id=f"mutation-{number}")


def mutations() -> list[Any]:
    """Two of the shortest story in the suite, all in soak; tests of study see every check."""
    few = {12, 67}
    return [_edit(m[0]) for m in MUTATIONS if SOAK or m[0] in few]


@pytest.mark.soak
@pytest.mark.parametrize(("subject", "edits", "checks"), mutations())
def test_a_changed_story_shows_its_checks(
    shell: Shell, clinic: Clinic, tmp_path: Path, subject: str, edits: tuple[str, ...], checks: str
) -> None:
    file, body = story(tmp_path, subject)
    body["records"] = edited_records(subject, edits)
    said = loaded(shell, clinic, file, body)
    assert said.code == 0
    found = shell.desktop("findings", clinic.path)
    fired = {f["check"]: f["severity"] for f in found.data}
    assert set(checks.split()) <= set(fired)
    assert found.code == ("hard" in fired.values())
    incomplete = {x["check"] for r in said.data for x in r["reasons"]}
    assert {c for c in checks.split() if fired[c] == "hard"} <= incomplete
    for r in said.data:
        assert (r["status"] == "incomplete") == bool(r["reasons"])
        for x in r["reasons"]:
            assert set(x) == {"check", "item", "address", "message_en", "message_zh"}


def test_a_known_number_is_refused_before_anything_is_entered(
    shell: Shell, charted: Clinic, tmp_path: Path
) -> None:
    before = len(shell.desktop("audit", charted.path).data) + 1  # the end of that session
    new, old = STORIES / "01-004.json", STORIES / "01-001.json"
    for files in ((old,), (new, old), (new, new)):
        said = shell.desktop("load", charted.path, *files)
        assert (said.code, said.error["code"]) == (1, "subject_exists")
    trail = shell.desktop("audit", charted.path).data
    came = ["session.opened", "session.closed"]
    assert [r["kind"] for r in trail[before:]] == [*came * 3, "session.opened"]


def test_a_text_that_is_no_value_stays_out_and_is_told(
    shell: Shell, clinic: Clinic, tmp_path: Path
) -> None:
    file, body = story(tmp_path)
    vs = next(r for r in body["records"] if r["form"] == "VS")
    vs["items"]["WEIGHT"] = "heavy"
    said = loaded(shell, clinic, file, body)
    assert said.code == 0
    (wrong,) = (r for r in said.data if r["status"] != "complete")
    assert (wrong["form"], wrong["status"]) == ("VS", "incomplete")
    assert "FORMAT" in {x["check"] for x in wrong["reasons"]}


def test_a_broken_story_is_one_sentence(shell: Shell, clinic: Clinic, tmp_path: Path) -> None:
    file = tmp_path / "story.json"
    file.write_text('{"subject": "01-001"')
    said = shell.desktop("load", clinic.path, file)
    assert (said.code, said.error["code"]) == (1, "story")


def test_a_date_that_makes_a_mistake_visible_only_on_a_day(shell: Shell, charted: Clinic) -> None:
    now = shell.desktop("findings", charted.path)
    early = shell.desktop("findings", charted.path, "--as-of", "2025-01-01")
    assert (now.code, now.data) == (0, [])
    assert early.code == 1
    assert "EC-008" in {f["check"] for f in early.data}


def test_set_changes_with_a_reason_and_the_trail_tells_it(shell: Shell, charted: Clinic) -> None:
    where = (charted.path, "01-001/SCR/VS/WEIGHT")
    bare = shell.desktop("set", *where, "63.5")
    assert (bare.code, bare.error["code"]) == (1, "save_refused")
    said = shell.desktop("set", *where, "63.5", "--reason", "TYPO")
    assert said.code == 0
    assert set(said.data) == {"address", "seq", "state", "findings"}
    assert said.data["address"] == "01-001/SCR#1/VS#1/A#1/WEIGHT"
    trail = shell.desktop("audit", charted.path, "--subject", "01-001").data
    mine = [r for r in trail if r["kind"] == "item.set" and r["address"] == said.data["address"]]
    assert mine[-1]["content"]["value"] == "63.5"
    assert mine[-1]["user"] == "crc"
    assert mine[-1]["content"]["reason"]["code"] == "TYPO"
    assert all(r["address"].startswith("01-001") for r in trail)
    missing = shell.desktop("set", *where, "missing:UNK", "--reason", "wrong person weighed")
    assert missing.code == 0
    lazy = shell.desktop("set", *where, "missing:LAZY", "--reason", "TYPO")
    assert (lazy.code, lazy.error["code"]) == (1, "value")
    refused = shell.desktop("set", *where, "heavy", "--reason", "TYPO")
    assert (refused.code, refused.error["code"]) == (1, "value")
    assert "heavy" not in refused.err


@pytest.mark.parametrize("address", ["nonsense", "01-001/SCR/VS", "01-001/SCR/VS/NOTHING"])
def test_what_is_no_item_is_no_address(shell: Shell, charted: Clinic, address: str) -> None:
    said = shell.desktop("set", charted.path, address, "1")
    assert (said.code, said.error["code"]) == (1, "address")


def test_an_unknown_subject_is_not_found(shell: Shell, charted: Clinic) -> None:
    said = shell.desktop("set", charted.path, "01-999/SCR/VS/WEIGHT", "60")
    assert (said.code, said.error["code"]) == (1, "not_found")


def test_remove_and_restore(shell: Shell, charted: Clinic) -> None:
    where = (charted.path, "01-001/SCR/VS", "--reason", "entered for the wrong person")
    assert shell.desktop("remove", *where).data == {"address": "01-001/SCR#1/VS#1"}
    gone = shell.desktop("findings", charted.path)
    assert gone.code in (0, 1)
    assert shell.desktop("restore", *where).data == {"address": "01-001/SCR#1/VS#1"}
    kinds = [r["kind"] for r in shell.desktop("audit", charted.path, "--subject", "01-001").data]
    assert [k for k in kinds if k in ("form.removed", "form.restored")] == [
        "form.removed",
        "form.restored",
    ]


def test_a_query_is_answered(shell: Shell, charted: Clinic) -> None:
    shell.desktop("set", charted.path, "01-001/SCR/VS/TEMP", "38.5", "--reason", "TYPO")
    found = [f for f in shell.desktop("findings", charted.path).data if f["check"] == "VS.TEMP.S"]
    assert [f["query"] for f in found] == ["open"]
    opened = [r for r in shell.desktop("audit", charted.path).data if r["kind"] == "query.opened"]
    query = f"Q-{opened[-1]['seq']}"
    said = shell.desktop("answer", charted.path, query, "--text", "measured twice")
    assert said.code == 0
    assert said.data["query"] == query
    assert (said.data["state"], said.data["answer"]) == ("answered", "measured twice")
    after = [f for f in shell.desktop("findings", charted.path).data if f["check"] == "VS.TEMP.S"]
    assert [f["query"] for f in after] == ["answered"]
    assert shell.desktop("answer", charted.path, "Q-999", "--text", "x").code == 1


def test_sign(shell: Shell, charted: Clinic) -> None:
    said = shell.desktop("sign", charted.path, "01-001/SCR/VS", user="inv")
    assert said.code == 0
    assert said.data == {"address": "01-001/SCR#1/VS#1", "state": "signed"}
    twice = shell.desktop("sign", charted.path, "01-001/SCR/TM", user="crc")
    assert (twice.code, twice.error["code"]) == (1, "permission_denied")


def test_generate_gives_subjects_without_hard_findings(shell: Shell, clinic: Clinic) -> None:
    said = shell.desktop("generate", clinic.path, "--subjects", "2", "--seed", "7")
    assert said.code == 0
    assert said.data["subjects"] == ["01-001", "01-002"]
    assert said.data["incomplete"] == []
    assert shell.desktop("findings", clinic.path).code == 0
    more = shell.desktop("generate", clinic.path, "--subjects", "1", "--seed", "7")
    assert more.data["subjects"] == ["01-003"]


def test_without_json_a_person_reads_lines(shell: Shell, charted: Clinic) -> None:
    for line in (("findings",), ("audit",), ("derive", "--as-of", "2027-06-30")):
        said = shell.desktop(line[0], charted.path, *line[1:], json=False)
        assert said.code == 0
        assert not said.out.startswith(("[", "{"))
