"""From two empty folders to the sponsor and back, by commands alone; then every tampering."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mrd_desktop.vault.manifest import read_manifest
from tests.cli.shell import Said, Shell
from tests.clinic import ROLES, STORIES, TODAY, password_of
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD, Route

CHECKS = [
    *("cipher", "schema", "slots", "chain", "commitments", "signatures", "replay", "heads"),
    *("private", "manifest", "lineage", "definition"),
]
EXPORT = {
    *("package", "number", "path", "manifest_sha256", "head_before", "head_after"),
    *("records", "opened", "withheld"),
}

TRACE = {"at", "user", "role", "value", "reason", "package", "seq"}


def well(said: Said) -> dict[str, bool | None]:
    assert said.code == 0, said.out
    assert [c["name"] for c in said.data["checks"]] == CHECKS
    assert {frozenset(c) for c in said.data["checks"]} == {frozenset(("name", "ok", "detail"))}
    assert said.data["ok"] is True
    return {c["name"]: c["ok"] for c in said.data["checks"]}


def failed(said: Said) -> set[str]:
    """The checks that failed; a refusal to open counts by its code."""
    assert said.code == 1, said.out
    assert said.err.count("\n") == 1
    if "error" in said.data:
        return {said.error["code"]}
    return {c["name"] for c in said.data["checks"] if c["ok"] is False}


def make_site(shell: Shell, site: Path) -> Any:
    secret = shell.password_file("admin", password_of("admin"))
    new = ("new", site, "--site", "01", "--name", "Synthetic site", "--training")
    said = shell.desktop(
        *new, "--admin", "admin", "--password-file", secret, "--now", TODAY, user=None
    )
    for name, role in ROLES.items():
        file = shell.password_file(f"new-{name}", password_of(name))
        added = shell.desktop(
            *("user", site, "add", name, "--role", role, "--new-password-file", file), user="admin"
        )
        assert added.data == {"user": name, "code": None}
    return said


def make_store(shell: Shell, store: Path) -> Said:
    secret = shell.password_file(SPONSOR, SPONSOR_PASSWORD)
    init = ("init", store, "--training", "--admin", SPONSOR, "--password-file", secret)
    return shell.sponsor(*init, "--now", TODAY, user=None)


def test_the_whole_line(shell: Shell, tmp_path: Path) -> None:
    site, store, stick = tmp_path / "site", tmp_path / "store", tmp_path / "stick"
    made = make_site(shell, site)
    assert (made.code, set(made.data)) == (0, {"site", "fingerprint", "recovery_sheet"})
    assert (made.data["site"], made.data["recovery_sheet"]) == ("01", None)
    assert make_store(shell, store).code == 0
    listed = shell.desktop("user", site, "list", user="admin").data
    assert {(u["user"], u["role"]) for u in listed} >= set(ROLES.items())
    pinned = shell.desktop("trust", site, store / "sponsor.pub", user="admin")
    assert pinned.code == 0
    trusted = shell.sponsor("trust", store, site / "site.pub").data
    assert trusted["fingerprint"] == made.data["fingerprint"]
    assert trusted["allowed"].startswith("site-01 ssh-ed25519 AAAA")
    assert trusted["allowed"].endswith(f" {trusted['sha256']} {trusted['fingerprint']}")
    own, listed = shell.sponsor("trust", store).data
    assert (own.split()[0], listed) == ("sponsor", trusted["allowed"])
    copied = shell.sponsor("keys", store, "--to", tmp_path / "safe")
    assert (copied.code, copied.data["sealed"]) == (0, "sheet")
    assert (Path(copied.data["path"]) / "allowed").read_text() == f"{own}\n{listed}\n"
    assert shell.desktop("load", site, STORIES / "01-001.json").code == 0

    sent = shell.desktop("export", site, "--to", stick)
    assert (sent.code, set(sent.data)) == (0, EXPORT)
    package = Path(sent.data["path"])
    assert (sent.data["number"], package.parent) == (1, stick)
    assert sent.data["withheld"]["private"] > 0
    assert sum(sent.data["withheld"].values()) + sent.data["opened"] == sent.data["records"]

    first = shell.sponsor("receive", store, package)
    assert first.code == 0
    (arrival,) = first.data
    assert (arrival["verdict"], arrival["reason"], arrival["missing"]) == ("accepted", None, [])
    assert (arrival["records"], arrival["forms"]) == (sent.data["records"], 17)
    again = shell.sponsor("receive", store, package)
    assert (again.code, again.data[0]["verdict"]) == (0, "duplicate")

    (status,) = shell.sponsor("status", store).data
    assert set(status) >= {"site", "chain", "last_package", "missing", "head", "open_queries"}
    assert (status["site"], status["last_package"], status["missing"]) == ("01", 1, [])

    tables = tmp_path / "tables"
    spss = shell.sponsor("datasets", store, "--to", tables, "--format", "csv,spss")
    assert (spss.code, spss.error["code"], tables.exists()) == (2, "usage", False)
    written = shell.sponsor("datasets", store, "--to", tables, "--format", "all")
    assert written.code == 0
    assert {file["name"].partition("/")[0] for file in written.data} == {
        *("csv", "sheet", "odm", "odm2", "json", "ndjson", "xpt", "parquet", "dictionary")
    }
    assert all((tables / file["name"]).stat().st_size == file["size"] for file in written.data)
    with (tables / "csv" / "MRD.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert list(row)[:9] == [
        *("STUDYID", "SITEID", "USUBJID", "SUBJID", "EVENT", "EVENTREP", "FORM", "FORMREP"),
        "ROWNO",
    ]
    assert (row["SUBJID"], row["RESULT"]) == ("01-001", "POSITIVE")
    assert (tables / "odm" / "snapshot.xml").is_file()

    address = "01-001/SCR/VS/WEIGHT"
    assert shell.desktop("set", site, address, "61.5", "--reason", "TYPO").code == 0
    second = shell.desktop("export", site, "--to", stick).data
    assert shell.sponsor("receive", store, second["path"]).code == 0
    trace = shell.sponsor("trace", store, address).data
    assert all(set(t) >= TRACE for t in trace)
    assert [t["package"] for t in trace] == [1, 2]
    assert (trace[-1]["value"], trace[-1]["user"], trace[-1]["role"]) == (
        *("61.5", "crc"),
        "coordinator",
    )

    asked = shell.sponsor("query", store, address, "--text", "Is this weight right?")
    assert (asked.code, asked.data["state"]) == (0, "open")
    (reply,) = shell.sponsor("reply", store, "--site", "01", "--to", stick).data
    taken = shell.desktop("import", site, reply["path"])
    assert taken.code == 0
    assert taken.data == {
        **{"verdict": "accepted", "reason": None, "queries": 1, "receipts": 2},
        "definition": None,
    }
    assert shell.desktop("import", site, reply["path"]).data["verdict"] == "duplicate"
    answered = shell.desktop("answer", site, asked.data["query"], "--text", "Yes, weighed twice.")
    assert answered.data["state"] == "answered"
    third = shell.desktop("export", site, "--to", stick).data
    assert shell.sponsor("receive", store, third["path"]).code == 0
    closed = shell.sponsor("query", store, "--close", asked.data["query"])
    assert (closed.code, closed.data["state"]) == (0, "closed")

    for check in ("chain", "commitments", "signatures", "replay", "heads", "slots", "cipher"):
        assert well(shell.desktop("verify", site))[check] is True
        assert well(shell.sponsor("verify", store))[check] is True
    assert well(shell.desktop("verify", site))["private"] is True
    assert well(shell.desktop("verify", site, user="aud"))["private"] is None
    whole = {"manifest": True, "chain": True, "commitments": True, "signatures": True}
    for file, by in (
        (package, ("--folder", site)),
        (site / "archive" / Path(second["path"]).name, ()),
        (Path(second["path"]), ("--folder", site)),
    ):
        seen = well(shell.desktop("verify", file, *by))
        assert {k: seen[k] for k in whole} == whole
    outside = well(shell.desktop("verify", package, user=None))
    assert (outside["signatures"], outside["chain"], outside["commitments"]) == (True, None, None)
    assert well(shell.desktop("verify", reply["path"], "--folder", site))["manifest"] is True
    assert well(shell.desktop("verify", reply["path"], user=None))["signatures"] is True
    assert well(shell.desktop("verify", site / "archive"))["manifest"] is True
    assert shell.desktop("rebuild", site).data == {"differed": False, "differences": []}


def test_gap_order_and_a_package_of_somebody_else(
    shell: Shell, charted_route: Route, tmp_path: Path
) -> None:
    site, store, stick = charted_route.clinic.path, charted_route.store.path, tmp_path / "stick"
    one = shell.desktop("export", site, "--to", stick).data["path"]
    shell.desktop("set", site, "01-001/SCR/VS/WEIGHT", "61.5", "--reason", "TYPO")
    two = shell.desktop("export", site, "--to", stick).data["path"]
    gap = shell.sponsor("receive", store, two)
    assert (gap.code, gap.data[0]["verdict"], gap.data[0]["missing"]) == (1, "gap", [1])
    assert gap.err.count("\n") == 1
    both = shell.sponsor("receive", store, one, two)
    assert (both.code, [a["verdict"] for a in both.data]) == (0, ["accepted", "accepted"])
    other = tmp_path / "other"
    make_store(shell, other)
    stranger = shell.sponsor("receive", other, one)
    assert (stranger.code, stranger.data[0]["verdict"]) == (1, "refused")
    assert stranger.data[0]["reason"] == "unknown_key"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("foreign", lambda data: b"a letter to the sponsor", "foreign"),
        ("empty", lambda data: b"", "foreign"),
        ("half", lambda data: data[: len(data) // 2], "damaged"),
        ("longer", lambda data: data + b"x", "damaged"),
        ("study", lambda data: data.replace(b"NCT07132502", b"NCT07132503"), "wrong_study"),
    ],
)
def test_a_file_that_is_no_whole_package_of_this_study(
    shell: Shell, charted_route: Route, tmp_path: Path, name: str, content: Any, reason: str
) -> None:
    package = charted_route.send().path
    file = tmp_path / f"{name}.mrdpkg"
    file.write_bytes(content(package.read_bytes()))
    said = shell.sponsor("receive", charted_route.store.path, file)
    assert (said.code, said.data[0]["verdict"]) == (1, "refused")
    assert said.data[0]["reason"] in (reason, "damaged")
    assert said.err.count("\n") == 1
    assert failed(shell.desktop("verify", file, user=None))
    assert shell.sponsor("status", charted_route.store.path).data[0]["last_package"] in (None, 0)
    taken = shell.desktop("import", charted_route.clinic.path, file)
    assert taken.code == 1


@pytest.mark.soak
def test_one_changed_byte_of_a_package_is_refused(
    shell: Shell, charted_route: Route, tmp_path: Path, seed: int, fraction: Any
) -> None:
    random, package = Random(seed), charted_route.send().path
    data = package.read_bytes()
    file = tmp_path / "changed.mrdpkg"
    for _ in range(fraction(500, 6)):
        at = random.randrange(len(data))
        file.write_bytes(
            data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :]
        )
        said = shell.sponsor("receive", charted_route.store.path, file)
        assert (said.code, said.data[0]["verdict"]) == (1, "refused"), at
        assert failed(shell.desktop("verify", file, user=None)), at
        assert failed(shell.desktop("verify", file, "--folder", charted_route.clinic.path)), at
    assert shell.sponsor("receive", charted_route.store.path, package).code == 0


@pytest.mark.soak
def test_one_changed_byte_of_a_folder_is_named_or_refused(
    shell: Shell, charted_route: Route, tmp_path: Path, seed: int, fraction: Any
) -> None:
    random = Random(seed)
    charted_route.carry()
    folders = (
        (charted_route.clinic.path, "site.json", shell.desktop),
        (charted_route.store.path, "store.json", shell.sponsor),
    )
    for folder, manifest, run in folders:
        copy = tmp_path / "sound"
        shutil.copytree(folder, copy)
        sound = run("verify", copy).data
        shutil.rmtree(copy)
        names = ["data.mrd"] * fraction(100, 3) + [manifest] * fraction(100, 3)
        for name in names:
            broken = tmp_path / "broken"
            shutil.copytree(folder, broken)
            data = bytearray((broken / name).read_bytes())
            at = random.randrange(len(data))
            data[at] ^= 1 << random.randrange(8)
            (broken / name).write_bytes(data)
            said = run("verify", broken)
            if said.code == 0:
                # A free page of the database holds nothing and is written over at opening.
                assert said.data == sound, (name, at)
                assert read_manifest(broken) == read_manifest(folder), at
            shutil.rmtree(broken)
    for folder, _, run in folders:
        assert well(run("verify", folder))


def test_a_changed_byte_in_an_archive_is_named_with_its_file(
    shell: Shell, charted_route: Route
) -> None:
    sent = charted_route.send()
    archive = charted_route.clinic.path / "archive"
    file = archive / sent.path.name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    said = shell.desktop("verify", archive)
    assert failed(said) & {"manifest", "signatures"}
    assert any(sent.path.name in c["detail"] for c in said.data["checks"] if c["ok"] is False)


def test_backup_and_restore(shell: Shell, charted_route: Route, tmp_path: Path) -> None:
    site = charted_route.clinic.path
    said = shell.desktop("backup", site, "--to", tmp_path / "safe", user="admin")
    assert said.code == 0
    assert set(said.data) == {"path", "sha256", "size", "seq", "apart"}
    backup = Path(said.data["path"])
    assert well(shell.desktop("verify", backup))["chain"] is True
    again = tmp_path / "again"
    restored = shell.desktop("restore", backup, "--to", again, user=None)
    assert (restored.code, restored.data["seq"]) == (0, said.data["seq"])
    assert well(shell.desktop("verify", again))["replay"] is True
    assert [f["check"] for f in shell.desktop("findings", again).data] == []
    full = shell.desktop("restore", backup, "--to", again, user=None)
    assert (full.code, full.error["code"]) == (1, "folder_exists")
    data = bytearray((backup / "data.mrd").read_bytes())
    data[len(data) // 2] ^= 1
    (backup / "data.mrd").write_bytes(data)
    assert failed(shell.desktop("verify", backup))
    broken = shell.desktop("restore", backup, "--to", tmp_path / "broken", user=None)
    assert (broken.code, broken.error["code"]) == (1, "backup")
    assert not (tmp_path / "broken").exists()


def test_rebuild_mends_a_changed_table(shell: Shell, charted_route: Route) -> None:
    with charted_route.clinic.open() as session, session.writing() as conn:
        conn.exec_driver_sql("DELETE FROM p_item WHERE item = 'WEIGHT'")
    site = charted_route.clinic.path
    assert failed(shell.desktop("verify", site)) == {"replay"}
    said = shell.desktop("rebuild", site)
    assert (said.code, said.data["differed"]) == (0, True)
    assert "WEIGHT" in json.dumps(said.data["differences"])
    assert well(shell.desktop("verify", site))["replay"] is True


def test_the_recovery_sheet_is_written_only_where_asked(shell: Shell, tmp_path: Path) -> None:
    secret = shell.password_file("admin", "violet lantern orbit maple")
    sheet = tmp_path / "sheet.txt"
    new = ("--site", "03", "--name", "Synthetic live", "--admin", "admin")
    live = shell.desktop("new", tmp_path / "a", *new, "--password-file", secret, user=None)
    assert live.code == 0
    assert live.data["recovery_sheet"]
    asked = shell.desktop(
        "new", tmp_path / "b", *new, "--password-file", secret, "--recovery-sheet", sheet, user=None
    )
    assert asked.code == 0
    assert sheet.read_text(encoding="utf-8").strip()
    exists = shell.desktop("new", tmp_path / "a", *new, "--password-file", secret, user=None)
    assert (exists.code, exists.error["code"]) == (1, "folder_exists")
    loaded = shell.desktop("load", tmp_path / "a", STORIES / "01-001.json", user="admin")
    assert loaded.code == 1


def test_a_data_key_is_changed_by_commands(shell: Shell, tmp_path: Path) -> None:
    site, store = tmp_path / "site", tmp_path / "store"
    make_site(shell, site)
    make_store(shell, store)
    found = shell.desktop("rotate-data-key", site, user="admin")
    assert (found.data["generation"], found.data["reason"], found.data["overdue"]) == (
        1,
        None,
        False,
    )
    assert shell.desktop("rotate-data-key", site).error["code"] == "permission_denied"
    assert shell.desktop("rotate-data-key", site, "--reason", "x").error["code"] == "usage"
    leak = ("rotate-data-key", site, "--cause", "leak_suspected")
    assert shell.desktop(*leak, user="admin").error["code"] == "data_key_words"
    named = shell.desktop(*leak, "--reason", "call 13812345678", user="admin")
    assert named.error["code"] == "names_a_person"
    unfit = shell.desktop(*leak, "--reason", "synthetic \x07 words", user="admin")
    assert unfit.error["code"] == "unfit_text"
    made = shell.desktop(*leak, "--reason", "synthetic words", user="admin")
    assert made.data == {"generation": 2, "voided": []}
    yearly = shell.desktop("rotate-data-key", site, "--cause", "yearly", user="admin", json=False)
    assert "Data key 3" in yearly.out
    assert "backup" in yearly.out
    said = shell.desktop("rotate-data-key", site, user="admin", json=False).out
    assert "yearly change" in said
    assert shell.sponsor("rotate-data-key", store, "--cause", "yearly").data["generation"] == 2
    for folder in ((shell.desktop, site, "admin"), (shell.sponsor, store, None)):
        verify, path, user = folder
        said = verify("verify", path, user=user) if user else verify("verify", path)
        assert said.code == 0


def test_a_key_is_replaced_by_commands(shell: Shell, tmp_path: Path) -> None:
    site, store, stick = tmp_path / "site", tmp_path / "store", tmp_path / "stick"
    make_site(shell, site)
    make_store(shell, store)
    second = shell.password_file("second-new", "synthetic-second-password")
    added = ("user", store, "add", "second", "--role", "sponsor", "--new-password-file", second)
    assert shell.sponsor(*added).code == 0
    shell.desktop("trust", site, store / "sponsor.pub", user="admin")
    shell.sponsor("trust", store, site / "site.pub")
    admin = shell.password_file("admin", password_of("admin"))
    asked = ("--reason", "yearly change", "--second", "admin", "--second-password-file", admin)
    assert shell.desktop("rotate-key", site).error["code"] == "usage"
    made = shell.desktop("rotate-key", site, *asked)
    assert (made.code, set(made.data)) == (0, {"former", "fingerprint", "untold"})
    assert len(made.data["untold"]) == 1
    listed = shell.desktop("rotate-key", site, "--list")
    assert (listed.data["bar"], listed.data["untold"]) == ("waits", made.data["untold"])
    assert [c["fingerprint"] for c in listed.data["changes"]] == [made.data["fingerprint"]]
    assert listed.data["fingerprint"] == made.data["fingerprint"]
    assert shell.desktop("rotate-key", site, *asked).error["code"] == "own_key"
    said = shell.desktop("rotate-key", site, "--list", json=False).out
    assert made.data["former"] in said
    assert "next package" in said
    assert shell.desktop("rotate-key", site, "--list", user="aud").error["code"] == (
        "permission_denied"
    )
    assert shell.desktop("rotate-key", site, "--list", *asked).error["code"] == "usage"
    sent = shell.desktop("export", site, "--to", stick)
    (arrival,) = shell.sponsor("receive", store, sent.data["path"]).data
    assert (arrival["verdict"], arrival["key"]) == ("accepted", made.data["fingerprint"])
    kept = tmp_path / "sponsor.mrdrotation"
    changed = shell.sponsor(
        *("rotate-key", store, "--reason", "yearly change", "--second", "second"),
        *("--second-password-file", second, "--to", kept),
    )
    (waiting,) = changed.data["untold"]
    assert waiting["site"] == "01"
    once_more = shell.sponsor(
        *("rotate-key", store, "--reason", "yearly change", "--second", "second"),
        *("--second-password-file", second),
    )
    assert "--list" in once_more.error["message_en"]
    assert "--site 01" in shell.sponsor("rotate-key", store, "--list", json=False).out
    (reply,) = shell.sponsor("reply", store, "--site", "01", "--to", stick).data
    assert shell.sponsor("rotate-key", store, "--list").data["untold"] == []
    assert "--again" in shell.sponsor("rotate-key", store, "--list", json=False).out
    taken = shell.desktop("import", site, reply["path"])
    assert (taken.code, taken.data["key"]) == (0, changed.data["fingerprint"])
    assert shell.desktop("trust", site, kept, user="admin").code == 0  # known by the reply
    folder = tmp_path / "again"
    folder.mkdir()
    again = ("--again", "--to", folder)
    assert shell.desktop("rotate-key", site, "--again").error["code"] == "usage"
    assert shell.desktop("rotate-key", site, *asked, *again).error["code"] == "usage"
    assert (
        shell.desktop("rotate-key", site, *again, user="aud").error["code"] == "permission_denied"
    )
    (own,) = shell.desktop("rotate-key", site, *again).data["files"]
    assert shell.sponsor("trust", store, folder / own).code == 0
    assert "--again" in shell.sponsor("trust", store, site / "site.pub", json=False).out
    (told,) = shell.sponsor("rotate-key", store, *again).data["files"]
    assert (folder / told).read_bytes() == kept.read_bytes()
    sent = shell.desktop("export", site, "--to", stick)
    shell.sponsor("receive", store, sent.data["path"])
    made = shell.desktop("rotate-key", site, *asked, "--to", tmp_path / "no-folder" / "x")
    assert made.code == 1
    assert "in force" in made.err
    assert set(made.data) == {"former", "fingerprint", "untold"}
    assert shell.desktop("verify", site, user="admin").code == 0
    assert shell.sponsor("verify", store).code == 0
