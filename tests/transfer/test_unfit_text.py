"""Words with control characters: none is recorded, and an old one breaks no file of the sponsor."""

from __future__ import annotations

from io import BytesIO

import pytest
from lxml import etree

from mrd_desktop.ledger.wording import carried, fits
from mrd_desktop.record.locating import locate
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.queries import Queries
from mrd_desktop.study.address import ItemKey
from mrd_desktop.transfer import asking, odm_frame
from mrd_desktop.vault.errors import UnfitText
from tests.transfer.route import Route

BAD = ("a\x00b", "a\x0bb", "a\x1fb", "\ufffe", "a\uffff")
GOOD = ("", "a\tb", "值\n", "\U0001f600", "\ud7ff\ue000\ufffd", "\\u0000")


@pytest.mark.parametrize("text", BAD, ids=ascii)
def test_what_xml_cannot_carry_is_not_recorded(charted_route: Route, text: str) -> None:
    route = charted_route
    with route.clinic.open("cra") as session:
        place = "01-001/SCR#1/VS#1/A#1/WEIGHT"
        key = locate(session.study, place)
        assert isinstance(key, ItemKey)
        head = session.head()
        with pytest.raises(UnfitText):
            Queries(session).open(place, f"x{text}")
        with pytest.raises(UnfitText):
            Notes(session).add(key, f"x{text}")
        assert session.head() == head
    assert route.carry().fine
    with route.store.open() as store, pytest.raises(UnfitText):
        asking.ask(store, key, f"x{text}")


@pytest.mark.parametrize("text", [*BAD, "\ud800"], ids=ascii)
def test_a_record_of_an_old_program_is_written_with_a_sign(text: str) -> None:
    into = BytesIO()
    with etree.xmlfile(into) as xf:
        odm_frame.leaf(xf, "Comment", text, {"Name": text})
    read = etree.fromstring(into.getvalue())
    assert read.text == read.get("Name") == carried(text)
    assert "\ufffd" in carried(text)
    assert not fits({"a": ["b", {"c": text}]})


@pytest.mark.parametrize("text", GOOD, ids=ascii)
def test_any_other_text_is_carried_as_it_is(text: str) -> None:
    assert carried(text) == text
    assert fits({"a": ["b", {"c": text}, 1, None, True]})
