"""The bundle's own script finds what the program finds, each by itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mrd_desktop.closing.bundle import SIGNATURE
from mrd_desktop.closing.layout import LIST
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.record.redaction import LINK_CAUSES, destroy_link
from mrd_desktop.vault import users
from tests.clinic import password_of
from tests.closing.kit import failed, made, script
from tests.transfer.route import Route

PLACES = ("receipts", "definitions", "keys", "ledger")


def told(place: Path) -> str:
    """What fails by the script; empty where it ends well."""
    done = script(place)
    assert "Traceback" not in done.stderr, done.stderr
    assert (done.returncode == 0) == ("FAILED" not in done.stdout + done.stderr)
    return done.stdout if done.returncode else ""


def signed_anew(route: Route, place: Path, *changed: Path) -> None:
    """What a site that means to deceive does: it lists what it changed and signs the list."""
    said = json.loads((place / LIST).read_bytes())
    for path in changed:
        data = path.read_bytes()
        (entry,) = (f for f in said["files"] if place / f["name"] == path)
        entry |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    listed = dumps(said)
    (place / LIST).write_bytes(listed)
    with route.clinic.open("inv") as session:
        (place / SIGNATURE).write_text(session.sign_as_site(Namespace.CLOSEOUT, listed))


def content_dropped(place: Path) -> Path:
    (path,) = place.glob("ledger/openings.*")
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[next(n for n, line in enumerate(lines) if b'"item.set"' in line)]
    path.write_bytes(b"".join(lines))
    return path


def content_changed(place: Path) -> Path:
    (path,) = place.glob("ledger/openings.*")
    path.write_bytes(path.read_bytes().replace(b'"value":"', b'"value":"1', 1))
    return path


def header_cut(place: Path) -> Path:
    (path,) = place.glob("ledger/headers.*")
    path.write_bytes(path.read_bytes()[:-5])
    return path


def content_cut(place: Path) -> Path:
    (path,) = place.glob("ledger/openings.*")
    path.write_bytes(path.read_bytes()[:-5])
    return path


def end_dropped(place: Path) -> Path:
    (path,) = place.glob("ledger/headers.*")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    return path


def signature_moved(place: Path) -> Path:
    (path,) = place.glob("ledger/headers.*")
    lines = path.read_bytes().splitlines(keepends=True)
    ends = [n for n, line in enumerate(lines) if b'"sig":"' in line]
    one, other = (lines[n].partition(b',"sig"') for n in ends[-2:])
    lines[ends[-2]], lines[ends[-1]] = one[0] + b',"sig"' + other[2], other[0] + b',"sig"' + one[2]
    path.write_bytes(b"".join(lines))
    return path


def package_damaged(place: Path) -> Path:
    (path,) = place.glob("archive/*.mrdpkg")
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    path.write_bytes(data)
    return path


def package_cut(place: Path) -> Path:
    (path,) = place.glob("archive/*.mrdpkg")
    path.write_bytes(path.read_bytes()[:-30])
    return path


def receipt_changed(place: Path) -> Path:
    path = next(place.glob("receipts/*.json"))
    path.write_bytes(path.read_bytes().replace(b'"number":1', b'"number":2'))
    return path


def definition_changed(place: Path) -> Path:
    path = next(place.glob("definitions/*.json"))
    path.write_bytes(path.read_bytes() + b" ")
    return path


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        (content_dropped, "commitments", "its content is missing"),
        (content_changed, "commitments", "its content was changed"),
        (header_cut, "chain", "is no header"),
        (content_cut, "chain", "is no content"),
        (end_dropped, "chain", "content without its record"),
        (signature_moved, "signatures", "the signature does not hold"),
        (package_damaged, "lineage", "last full package"),
        (package_cut, "lineage", "last full package"),
        (receipt_changed, "lineage", "not signed by a sponsor"),
        (definition_changed, "definition", "is not what its name says"),
    ],
)
def test_what_is_changed_and_listed_anew_is_found_by_both(
    whole: Path,
    whole_template: tuple[Route, Path],
    change: Callable[[Path], Path],
    check: str,
    words: str,
) -> None:
    signed_anew(whole_template[0], whole, change(whole))
    assert check in failed(whole)
    assert "manifest" not in failed(whole)
    assert words in told(whole)


def test_what_a_system_lays_beside_is_passed_over_by_both(whole: Path) -> None:
    for name in (
        ".DS_Store",
        "copies/.DS_Store",
        "tables/Thumbs.db",
        *(f"{p}/._a.json" for p in PLACES),
    ):
        (whole / name).write_bytes(b"synthetic")
    assert failed(whole) == set()
    assert told(whole) == ""
    (whole / "copies" / "another.html").write_bytes(b"synthetic")
    assert failed(whole) == {"manifest"}
    assert "another.html is not listed" in told(whole)


def test_a_list_that_is_none_is_told(whole: Path) -> None:
    (whole / LIST).write_bytes(b"[" * 200_000)
    done = script(whole)
    assert (done.returncode, done.stderr) == (1, "")
    assert "cannot be read" in done.stdout


def test_destroyed_links_and_new_keys_are_no_fault(ready: Route, tmp_path: Path) -> None:
    with ready.clinic.open("inv") as session:
        destroy_link(
            session, "01-001", sorted(LINK_CAUSES)[0], password_of("inv"),
            second="admin", second_password=password_of("admin"),
        )  # fmt: skip
    with ready.clinic.open("admin") as session:
        users.reset_user(session, "crc", password=password_of("crc"))
    done = made(ready, tmp_path)
    assert done.missing == ("package",)
    assert failed(done.path) == {"lineage"}
    ran = script(done.path)
    assert "FAILED" not in ran.stdout, ran.stdout
    assert "INCOMPLETE: package" in ran.stdout
