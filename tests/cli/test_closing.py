"""``hand-keys``, ``close-out`` and ``verify`` of a bundle: shapes and exit codes."""

from __future__ import annotations

from pathlib import Path

from tests.cli.shell import Shell
from tests.clinic import password_of
from tests.transfer.route import Route


def test_a_bundle_is_made_and_checked_at_the_sponsor(
    shell: Shell, charted_route: Route, tmp_path: Path
) -> None:
    site = charted_route.clinic.path
    said = shell.desktop("close-out", site)
    assert (said.code, said.data["complete"], said.data["path"]) == (0, False, None)
    with charted_route.clinic.open("inv") as session:
        serial = session.manifest.recovery.serial
    keys = ("--first", "Synthetic A", "--second", "Synthetic B", "--folder-at", "Synthetic C")
    wrong = shell.desktop("hand-keys", site, "--sheet", "00000000", *keys, user="inv")
    assert (wrong.code, wrong.error["code"]) == (1, "keys_handed")
    assert shell.desktop("hand-keys", site, "--sheet", serial, user="inv").code == 2
    assert shell.desktop("hand-keys", site, "--sheet", serial, *keys, user="inv").code == 0
    charted_route.carry(full=True)
    said = shell.sponsor(
        "reply", charted_route.store.path, "--site", "01", "--to", charted_route.stick
    )
    assert shell.desktop("import", site, said.data[0]["path"]).code == 0
    made = shell.desktop("close-out", site, "--out", tmp_path).data
    assert (made["complete"], made["missing"]) == (True, [])
    checked = shell.desktop("verify", made["path"], user=None)
    assert (checked.code, checked.data["ok"]) == (0, True)
    store = shell.password_file("boss-too", "synthetic-sponsor-password")
    trusted = ("--folder", charted_route.store.path, "--user", "boss", "--password-file", store)
    assert shell.desktop("verify", made["path"], *trusted, user=None).code == 0
    (Path(made["path"]) / "README.txt").write_text("synthetic")
    broken = shell.desktop("verify", made["path"], user=None)
    assert broken.code == 1
    assert [c["name"] for c in broken.data["checks"] if c["ok"] is False] == ["manifest"]


def test_a_site_is_destroyed_and_the_sponsor_checks_it(
    shell: Shell, charted_route: Route, tmp_path: Path
) -> None:
    site = charted_route.clinic.path
    charted_route.carry()
    second = ("--second", "admin", "--second-password-file",
              shell.password_file("admin", password_of("admin")))  # fmt: skip
    said = shell.desktop("destroy", site, user="inv")
    assert (said.code, said.data["certificate"]) == (0, None)
    early = shell.desktop("destroy", site, "--certificate", tmp_path, *second, user="inv")
    assert (early.code, early.error["code"]) == (1, "retention")
    later = ("--now", "2099-01-01T09:00:00+08:00")
    usage = shell.desktop("destroy", site, "--certificate", tmp_path, *later, user="inv")
    assert usage.code == 2
    done = shell.desktop("destroy", site, "--certificate", tmp_path, *second, *later, user="inv")
    assert done.code == 0
    gone = shell.desktop("findings", site)
    assert (gone.code, gone.error["code"]) == (1, "site_destroyed")
    store = charted_route.store.path
    checked = shell.sponsor("certificate", store, done.data["certificate"])
    assert (checked.code, checked.data["second"]) == (0, "admin")
    path = Path(done.data["certificate"])
    path.write_text(path.read_text("utf-8").replace("inv", "crc"), "utf-8")
    broken = shell.sponsor("certificate", store, path)
    assert (broken.code, broken.error["code"]) == (1, "destruction_certificate")
