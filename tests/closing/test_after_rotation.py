"""A close-out bundle of a site whose own key was replaced on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mrd_desktop.closing.checking import check_bundle
from mrd_desktop.vault import own_key
from tests.clinic import password_of
from tests.closing.kit import confirmed, hand, made, script
from tests.transfer.route import Route


def test_a_bundle_holds_what_the_former_key_signed(charted_route: Route, tmp_path: Path) -> None:
    with charted_route.clinic.open("inv") as session:
        own_key.rotate(
            session, "yearly change", password_of("inv"), second="admin",
            second_password=password_of("admin"),
        )  # fmt: skip
    confirmed(charted_route)  # the last that the former key signs
    hand(charted_route.clinic)
    bundle = made(charted_route, tmp_path).path
    assert [c.name for c in check_bundle(bundle) if c.ok is False] == []
    done = script(bundle)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("field", ["consent", "proof", "statement"])
def test_a_new_key_that_is_not_signed_is_found(
    charted_route: Route, tmp_path: Path, field: str
) -> None:
    with charted_route.clinic.open("inv") as session:
        own_key.rotate(
            session, "yearly change", password_of("inv"), second="admin",
            second_password=password_of("admin"),
        )  # fmt: skip
    confirmed(charted_route)
    bundle = made(charted_route, tmp_path).path
    path = next((bundle / "ledger").glob("openings.*"))
    lines = path.read_text(encoding="utf-8").splitlines()
    at, one = next((n, line) for n, line in enumerate(lines) if '"folder":' in line)
    body = json.loads(one)["payload"]
    changed = body[field].replace("A", "B", 1)
    lines[at] = one.replace(json.dumps(body[field])[1:-1], json.dumps(changed)[1:-1])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert any(check.ok is False for check in check_bundle(bundle))
    assert script(bundle).returncode == 1
