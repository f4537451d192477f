"""A site where much was done with one subject, and the store that knows of it."""

from __future__ import annotations

from collections.abc import Callable

from mrd_desktop.record import signing
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locating import locate
from mrd_desktop.record.queries import Queries
from mrd_desktop.study.address import FormKey
from mrd_desktop.texts import Language
from mrd_desktop.transfer import asking
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.vault import users
from tests.clinic import password_of
from tests.transfer.route import Route, fill, values

SUBJECT = "01-001"


def keep_busy(route: Route) -> None:
    """Changes, removals, a return, queries of both sides, a printed name and a signature."""
    with route.clinic.open() as session:
        vitals = vitals_of(values(session))
        fill(session, vitals, {"PULSE": "88"})
        fill(session, vitals, {"PULSE": ""}, complete=False)
        fill(session, vitals, {"PULSE": "91"})
        book = Casebook(session)
        key = locate(session.study, vitals)
        assert isinstance(key, FormKey)
        book.remove(key, ChangeReason("WRONGPLACE"))
        book.restore(key, ChangeReason("OTHER", "removed by mistake"))
    with route.clinic.open("cra") as session:
        Queries(session).open(f"{vitals}/A#1/PULSE", "Please compare with the chart.")
        name = Queries(session).all(state="open")[0].query
    with route.clinic.open() as session:
        Queries(session).answer(name, "Compared, it is right.")
    with route.clinic.open("admin") as session:
        users.name_user(session, "inv", "测试研究者甲", "synthetic: as on the delegation log")
    sign(route, lambda _: True)
    assert route.carry().fine
    with route.store.open() as session:
        name = asking.ask(session, locate(session.study, f"{vitals}/A#1/PULSE"), "Which arm?")
        (reply,) = make_reply(session, "01", route.stick)
    with route.clinic.open() as session:
        import_reply(session, reply.path)
        Queries(session).answer(name, "The left one.")
    assert route.carry().fine


def vitals_of(recorded: dict[str, str | None]) -> str:
    """The address of the form of vital signs."""
    address = next(a for a in recorded if "/VS#" in a)
    return "/".join(address.split("/")[:3])


def sign(route: Route, wanted: Callable[[FormKey], bool]) -> FormKey:
    """The investigator signs the first complete form of these."""
    with route.clinic.open("inv") as session:
        key = next(
            f.key
            for f in Casebook(session).chart(SUBJECT).forms
            if f.state.value == "complete"
            and not session.study.by_form[f.key.form].private
            and wanted(f.key)
        )
        shown = signing.show(session, key, Language.EN)
        signing.sign_form(session, shown, password_of("inv"), language=Language.EN)
    return key
