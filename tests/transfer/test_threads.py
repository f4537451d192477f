"""The thread of a query: each change of its value once."""

from __future__ import annotations

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locating import locate
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.threads import Act, thread
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.transfer.route import Route

ETHNIC = "01-001/SCR/DM/CETHNIC"


def changes(session: Session) -> list[Answer | None]:
    (asked,) = [q for q in Queries(session).all(subject="01-001") if q.check is None]
    return [t.value for t in thread(session, asked) if t.act is Act.CHANGED]


def ask_and_change(clinic: Clinic) -> None:
    with clinic.open("cra") as monitor:
        place = locate(monitor.study, ETHNIC)
        Queries(monitor).open(str(place), "synthetic question")
    with clinic.open() as session:
        assert isinstance(place, ItemKey)
        for value in ("ZHUANG", "HUI"):
            entry = Casebook(session).open(place.form)
            entry.type(place, value)
            entry.save(complete=True, reason=ChangeReason("TYPO"))


def test_a_value_that_leaves_only_reduced_is_one_change_at_the_site(charted: Clinic) -> None:
    ask_and_change(charted)
    with charted.open() as session:
        assert changes(session) == [Answer("ZHUANG"), Answer("HUI")]


def test_the_sponsor_sees_the_reduced_values(charted_route: Route) -> None:
    ask_and_change(charted_route.clinic)
    assert charted_route.carry().fine
    with charted_route.store.open() as session:
        assert changes(session) == [Answer("OTHER"), Answer("OTHER")]
