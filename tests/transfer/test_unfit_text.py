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
from mrd_desktop.transfer.reply import import_reply, make_reply
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


def test_an_old_question_of_the_sponsor_still_reaches_the_site(
    charted_route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = charted_route
    assert route.carry().fine
    with route.store.open() as store:
        place = locate(store.study, "01-001/SCR#1/VS#1/A#1/WEIGHT")
        with monkeypatch.context() as old:  # asked with a program that recorded any words
            old.setattr("mrd_desktop.vault.session.fits", lambda _: True)
            asked = asking.ask(store, place, "x\x0by")
        (reply,) = make_reply(store, "01", route.stick)
    with route.clinic.open() as session:
        assert import_reply(session, reply.path).queries == 1
        assert Queries(session).find(asked).text.en == "x\ufffdy"


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
