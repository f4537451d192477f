"""The close-out bundle: whole, checked by Python alone, incomplete where something lacks."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from mrd_desktop.closing.bundle import close_out, standing
from mrd_desktop.closing.checking import check_bundle
from mrd_desktop.closing.errors import KeysRefused, NotCloseout
from mrd_desktop.closing.keys import Handing, hand_keys, handed
from mrd_desktop.closing.layout import LIST, MISSING
from mrd_desktop.ledger.sshsig import Namespace, public_line
from mrd_desktop.record import projection
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.texts import Language
from mrd_desktop.transfer.container import PACKAGE, opened
from mrd_desktop.transfer.errors import Cancelled
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.vault import folder, trust
from mrd_desktop.vault.errors import FolderExists, PermissionDenied, WrongPassword
from tests.clinic import Clinic, password_of
from tests.closing.kit import FIRST, PLACE, SECOND, confirmed, failed, hand, here, made, script
from tests.transfer.route import Route


def test_a_complete_bundle_is_reproduced_by_python_alone(
    whole: Path, whole_template: tuple[Route, Path]
) -> None:
    said = json.loads((whole / LIST).read_bytes())
    assert said["missing"] == []
    done = script(whole)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout
    with whole_template[0].clinic.open("aud") as session:
        known, key = {h["chain"]: h for h in said["heads"]}, session.fingerprint()
        assert known.keys() == {session.folder.chain}
    assert key in done.stdout
    assert all(h["digest"] in done.stdout for h in said["heads"])
    assert failed(whole) == set()
    assert not any((p.name == "__pycache__") for p in whole.rglob("*"))


def test_ordinary_tools_reproduce_the_digests_and_the_signature(whole: Path) -> None:
    sums = subprocess.run(
        ["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=whole, capture_output=True, check=False
    )
    assert sums.returncode == 0, sums.stderr
    public = trust.read_identity((whole / "keys" / "site.pub").read_bytes()).sign.raw
    (whole.parent / "allowed").write_text(f"site {public_line(public)}\n")
    keygen = [
        "ssh-keygen", "-Y", "verify", "-f", str(whole.parent / "allowed"), "-I", "site",
        "-n", Namespace.CLOSEOUT, "-s", "closeout.json.sig",
    ]  # fmt: skip
    data = (whole / LIST).read_bytes()
    assert subprocess.run(keygen, cwd=whole, input=data, check=False).returncode == 0
    assert subprocess.run(keygen, cwd=whole, input=data + b" ", check=False).returncode != 0


def test_it_holds_what_the_requirement_names(whole: Path) -> None:
    said = json.loads((whole / LIST).read_bytes())
    package = said["package"]
    assert (whole / package["file"]).is_file()
    assert json.loads((whole / package["receipt"]).read_bytes())["package"] == package["manifest"]
    assert (whole / "copies" / "01-001.html.sig").is_file()
    assert (whole / "tables" / "dictionary" / "columns.csv").is_file()
    assert list((whole / "definitions").glob("*.json"))
    assert {p.name for p in (whole / "formats").iterdir()} == {
        "ledger.md", "package.md", "datasets.md",
    }  # fmt: skip
    assert list((whole / "backup").glob("*.mrdbackup/data.mrd"))
    assert said["keys"]["user"] == "inv"


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("copies/01-001.html", "manifest"),
        ("formats/ledger.md", "manifest"),
        ("ledger/openings.{chain}.jsonl", "commitments"),
        ("ledger/headers.{chain}.jsonl", "chain"),
        ("closeout.json", "signatures"),
        ("archive/{package}", "lineage"),
        ("receipts/{receipt}", "lineage"),
        ("keys/site.pub", "signatures"),
    ],
)
def test_what_is_changed_is_named(whole: Path, name: str, check: str) -> None:
    said = json.loads((whole / LIST).read_bytes())
    file = name.format(
        chain=said["chain"], package=Path(said["package"]["file"]).name,
        receipt=Path(said["package"]["receipt"]).name,
    )  # fmt: skip
    path = whole / file
    data = path.read_bytes()
    if name == "keys/site.pub":
        body = json.loads(data)
        body["sign"] = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8032, test 1
        data = json.dumps(body).encode()
    elif name == "closeout.json":
        data = data.replace(b'"missing":[]', b'"missing":[ ]')
    elif "openings" in name:
        data = data.replace(b'"value":"', b'"value":"1', 1)
    elif "headers" in name:
        lines = data.splitlines(keepends=True)
        data = b"".join((*lines[:4], *lines[5:]))
    elif "receipt" in name:
        data = data.replace(b'"number":1', b'"number":2')
    else:
        data = data[:-200] + bytes([data[-200] ^ 1]) + data[-199:]
    path.write_bytes(data)
    assert check in failed(whole)
    assert script(whole).returncode == 1


def test_without_the_word_about_the_keys_it_is_incomplete(
    charted_route: Route,
    tmp_path: Path,
) -> None:
    confirmed(charted_route)
    bundle = made(charted_route, tmp_path, "crc")
    assert bundle.missing == ("keys",)
    assert failed(bundle.path) == {"lineage"}
    lineage = next(c for c in check_bundle(bundle.path) if c.name == "lineage")
    assert lineage.detail.en == f"incomplete: {MISSING['keys'].en}"
    done = script(bundle.path)
    assert done.returncode == 1
    assert "INCOMPLETE: keys" in done.stdout
    assert "FAILED" not in done.stdout


def test_what_lacks_is_told_step_by_step(charted_route: Route) -> None:
    def lacks() -> tuple[str, ...]:
        with charted_route.clinic.open("crc") as session:
            return standing(session).missing

    assert lacks() == ("keys", "package")
    hand(charted_route.clinic)
    assert lacks() == ("package",)
    charted_route.send()
    assert lacks() == ("package",), "an incremental one closes nothing"
    sent = charted_route.send(full=True)
    assert lacks() == ("receipt",)
    charted_route.store.take(charted_route.send(full=True).path)
    with charted_route.store.open() as store:
        (reply,) = make_reply(store, "01", charted_route.stick)
    with charted_route.clinic.open() as session:
        import_reply(session, reply.path)
    assert lacks() == ()
    with charted_route.clinic.open() as session:
        archive = session.folder.archive
        (archive / standing(session).package.file).rename(archive / "x")  # type: ignore[union-attr]
    assert lacks() == ("archive",)
    assert sent.number


def test_only_the_investigator_signs_and_only_for_the_sheet_in_force(clinic: Clinic) -> None:
    for user in ("crc", "cra", "admin"):
        with clinic.open(user) as session, pytest.raises(PermissionDenied):
            hand_keys(session, here(session), password_of(user), language=Language.EN)
    with clinic.open("inv") as session:
        serial = session.manifest.recovery.serial
        for wrong in (
            Handing("FFFFFFFF", FIRST, SECOND, PLACE),
            Handing(serial, FIRST, f" {FIRST.upper()} ", PLACE),
            Handing(serial, FIRST, "", PLACE),
            Handing(serial, FIRST, SECOND, " x "),
        ):
            with pytest.raises(KeysRefused):
                hand_keys(session, wrong, password_of("inv"), language=Language.EN)
        with pytest.raises(WrongPassword):
            hand_keys(session, here(session), "synthetic wrong", language=Language.EN)
        assert handed(session) is None
        done = hand_keys(session, here(session), password_of("inv"), language=Language.EN)
        assert done.valid
        assert done.handing == here(session)
        assert all(c.ok is not False for c in verify_folder(session))
        with session.writing() as conn:
            assert projection.rebuild(conn) == []


def test_the_sheet_opens_the_archive_with_age_alone(
    charted_route: Route,
    tmp_path: Path,
) -> None:
    route, place = charted_route, tmp_path / "own"
    made_site = folder.create_site(
        place, site="03", name="Synthetic", training=True, admin="admin",
        password=password_of("admin"), study=route.clinic.study, fold=projection.fold,
        sponsor_key=(route.store.path / trust.SPONSOR_PUB).read_bytes(),
    )  # fmt: skip
    own = Clinic(place, route.clinic.study)
    from mrd_desktop.vault import users

    with own.open("admin") as session:
        users.add_user(session, "inv", "investigator", password=password_of("inv"))
    with own.open("inv") as session:
        from mrd_desktop.transfer.export import export

        sent = export(session, tmp_path, full=True)
        bundle = close_out(session, tmp_path, language=Language.EN).path
        site_key = session.site_key()
    halves = [
        line[2:].strip()
        for line in made_site.recovery_sheet.splitlines()
        if line.startswith(("A:", "B:"))
    ]
    done = subprocess.run(
        [sys.executable, "-I", str(bundle / "verify.py"), "--key"],
        input="\n".join(halves) + "\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    secret = done.stdout.strip()  # nothing else: `--key > key.txt` is a file that age reads
    archive = pyrage.decrypt(
        (bundle / "keys" / "archive-key.age").read_bytes(),
        [pyrage.x25519.Identity.from_str(secret)],
    )
    kept = bundle / "archive" / sent.package
    with opened(kept, PACKAGE, lambda _: [site_key], [archive.decode().strip()]) as package:
        assert package.sha256 == sent.manifest_sha256


def test_nothing_half_is_left(
    charted_route: Route,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with charted_route.clinic.open("crc") as session:
        with pytest.raises(Cancelled):
            close_out(session, tmp_path / "a", language=Language.EN, cancelled=lambda: True)
        assert list((tmp_path / "a").iterdir()) == []
        first = close_out(session, tmp_path / "a", language=Language.EN)
        with pytest.raises(FolderExists):
            close_out(session, tmp_path / "a", language=Language.EN)
        assert list((tmp_path / "a").iterdir()) == [first.path]
    with charted_route.clinic.open("cra") as session, pytest.raises(PermissionDenied):
        close_out(session, tmp_path / "b", language=Language.EN)
    assert not (tmp_path / "b").exists()


def test_a_folder_that_is_no_bundle_says_so(whole: Path) -> None:
    (whole / LIST).write_bytes(b"{}")
    with pytest.raises(NotCloseout):
        check_bundle(whole)


def test_identities_stand_only_in_the_sealed_backup(whole: Path) -> None:
    names = [b"\xe7\xbb\x83\xe4\xb9\xa0", b'PATNAME","value']
    for path in whole.rglob("*"):
        if path.is_file() and "backup" not in path.parts:
            data = path.read_bytes()
            assert names[1] not in data, path
    digest = hashlib.sha256((whole / LIST).read_bytes()).hexdigest()
    assert digest in (whole / "SHA256SUMS").read_text()
