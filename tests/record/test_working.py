"""A form as it is typed: a value of its own, without a session."""

from __future__ import annotations

from mrd_desktop.record.entries import Reference
from mrd_desktop.record.working import Cell, Offer, Working
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Text

FORM = FormKey(EventKey("01-001", "SCR"), "BCH")
GROUP = load_study().by_form["BCH"].by_group["MET"]
NAMES = [i.name for i in GROUP.items]


def cell(text: str) -> Cell:
    return Cell(text, Answer(text))


def row(number: int) -> RowKey:
    return RowKey(FORM, "MET", number)


def test_a_new_row_has_the_next_number_and_carries_what_the_definition_lets_carry() -> None:
    first = Working().with_row(FORM, GROUP, None)
    assert first.rows == (row(1),)
    typed = first.put({ItemKey(row(1), name): cell("1") for name in NAMES})
    second = typed.with_row(FORM, GROUP, row(1))
    carried = {k.item for k in second.cells if k.row == row(2)}
    assert second.rows == (row(1), row(2))
    assert carried == {i.name for i in GROUP.items if i.carry}
    assert typed.rows == (row(1),), "what was is still there to go back to"


def test_a_new_row_goes_with_its_texts_and_a_recorded_one_is_struck_and_comes_back() -> None:
    base = Working({ItemKey(row(1), NAMES[0]): cell("1")}, (row(1),))
    more = base.with_row(FORM, GROUP, None).put({ItemKey(row(2), NAMES[0]): cell("2")})
    assert more.without_row(row(2), base) == base
    struck = more.without_row(row(1), base)
    assert (struck.rows, struck.live) == ((row(1), row(2)), (row(2),))
    assert struck.differs(base)
    assert struck.with_row_back(row(1)) == more


def test_an_offer_stands_until_its_text_is_another_and_goes_when_nothing_offers_it() -> None:
    key = ItemKey(row(1), NAMES[0])
    offer = Offer(key, "4.0", Reference("a" * 26, 7), Text("synthetic", "合成"))
    taken = Working(rows=(row(1),)).offers_taken({key: cell("4.0")}, {key: offer}, set())
    assert taken.offered(key) == offer
    assert taken.put({key: cell("4.1")}).offered(key) is None
    assert taken.offers_taken({}, {}, {key}) == Working(rows=(row(1),))


def test_what_is_cleared_takes_its_explanations_along_and_leaves_the_rest() -> None:
    kept, shut = ItemKey(row(1), NAMES[0]), ItemKey(row(2), NAMES[0])
    base = Working(rows=(row(1),))
    now = Working({kept: cell("1"), shut: cell("2")}, (row(1), row(2)))
    now = now.explained("CHK", str(shut), "synthetic").explained("CHK", str(kept), "stays")
    left = now.cleared(lambda r: r == row(2), base)
    assert left == Working({kept: cell("1")}, (row(1),), answers={("CHK", str(kept)): "stays"})
    assert left.explained("CHK", str(kept), " ").answers == {}
