"""A package leaves only from a database of which every page reads back as it was written (C.1)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mrd_desktop.ledger.record import Kind
from mrd_desktop.transfer import lineage
from mrd_desktop.vault.database import DATA_FILE
from mrd_desktop.vault.errors import PagesDamaged
from tests.transfer.route import Route
from tests.transfer.test_receive import new_subject

PAGE = 4096
ROOT = text("SELECT rootpage FROM sqlite_master WHERE name = :name")


@pytest.mark.parametrize("table", ["ledger_private", "p_sdv", "p_form_key", "draft"])
def test_nothing_leaves_from_a_database_with_a_damaged_page_that_the_export_does_not_read(
    route: Route, table: str
) -> None:
    new_subject(route)
    with route.clinic.open() as session, session.reading() as conn:
        root = int(conn.execute(ROOT, {"name": table}).scalar_one())
    file = route.clinic.path / DATA_FILE
    whole = file.read_bytes()
    at = (root - 1) * PAGE + 2000
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(PagesDamaged) as caught:
        route.send()
    assert "administrator" in caught.value.text.en and "备份" in caught.value.text.zh
    assert not list(route.stick.glob("*.mrdpkg"))
    assert begun(route) == 0

    file.write_bytes(file.read_bytes()[:at] + whole[at : at + 1] + file.read_bytes()[at + 1 :])
    assert route.carry().fine
    assert begun(route) == 1


def begun(route: Route) -> int:
    """How many packages the site began."""
    with route.clinic.open() as session, session.reading() as conn:
        return sum(1 for _ in lineage.of_kind(conn, session.folder.chain, Kind.PACKAGE_BEGUN))
