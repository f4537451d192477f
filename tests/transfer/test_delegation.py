"""The accounts of a site, held against the delegation log at the store, and told to the site."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mrd_desktop.insight.care import care
from mrd_desktop.insight.worklist import mine, site_tasks
from mrd_desktop.ledger import store as ledger
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record.endorsing import to_sign
from mrd_desktop.record.locating import locate
from mrd_desktop.record.queries import NoWords
from mrd_desktop.record.signing import saw, sign_forms
from mrd_desktop.study.address import ItemKey
from mrd_desktop.texts import Language
from mrd_desktop.transfer import delegation, lineage, overview
from mrd_desktop.transfer.errors import Damaged, NewerFormat, ReplyRefused
from mrd_desktop.transfer.overview import SiteStatus
from mrd_desktop.transfer.receive import Arrival
from mrd_desktop.vault import compared, confirming, users
from mrd_desktop.vault.compared import Comparison, Unknown
from mrd_desktop.vault.errors import PermissionDenied, UserUnknown, WrongPassword
from mrd_desktop.vault.roster import roster
from tests.clinic import password_of
from tests.transfer.route import SPONSOR_PASSWORD, Route, answer, take_up
from tests.transfer.test_receive import new_subject
from tests.transfer.test_reply import values

EN = Language.EN
WORDS = "Not in the log of 1 June."


def listed(route: Route) -> delegation.Standing:
    with route.store.open() as session:
        (found,) = delegation.standings(session, "01")
    return found


def compare(route: Route, *unknown: str, known: tuple[str, ...] = ()) -> delegation.Standing:
    with route.store.open() as session:
        (seen,) = delegation.standings(session)
        (found,) = delegation.compare(
            session, [seen.roster.digest[:12]], SPONSOR_PASSWORD, language=EN,
            unknown=unknown, words=WORDS if unknown else "", known=known,
        )  # fmt: skip
    return found


def status(route: Route) -> SiteStatus:
    with route.store.open() as session:
        (found,) = overview.status(session)
    return found


def ghost(route: Route, name: str = "ghost") -> None:
    """An account that somebody made and nobody needs."""
    with route.clinic.open("admin") as session:
        users.add_user(session, name, "investigator", password=password_of(name))
        confirming.confirm_user(session, name)


def carried(route: Route) -> Arrival:
    new_subject(route)
    arrival = route.carry()
    assert arrival.fine
    return arrival


def test_the_roster_is_the_same_at_both_ends(charted_route: Route) -> None:
    route = charted_route
    ghost(route)
    with route.clinic.open("admin") as session:
        users.close_user(session, "ghost", "never came")
    assert carried(route).accounts
    there = listed(route).roster
    with route.clinic.open() as session, session.reading() as conn:
        own = session.folder.chain
        here = roster(conn, own, there.upto)
        head = ledger.head(conn, own)
        now = users.list_users(session)
    assert here == there
    assert (there.chain, there.upto <= head.seq) == (own, True)
    assert [(a.user, a.role) for a in there.accounts] == [
        (a.user, a.role if not a.closed else "investigator") for a in now
    ]
    last = there.of("ghost")
    assert last is not None and last.closed is not None and last.closed.by == "admin"
    assert last.confirmed is not None and last.keys[-1].until == last.closed.at
    assert last.added is not None and last.added.by == "admin"


def test_a_confirmation_that_names_nobody_breaks_no_status(charted_route: Route) -> None:
    route = charted_route
    with route.clinic.open("admin") as session:
        body = {"user": "crc", "exception": "synthetic"}
        session.commit([Entry(Kind.USER_CONFIRMED, RecordClass.CODED, body)])
    carried(route)
    assert status(route).exceptions == ("crc confirmed by admin alone: synthetic",)
    assert {u: (a.of, a.why) for u, a in listed(route).alone.items()} == {
        "crc": ("admin", "synthetic")
    }


def test_a_new_key_ends_what_one_person_confirmed(charted_route: Route) -> None:
    route = charted_route
    with route.clinic.open("admin") as session:
        body = {"user": "cra", "exception": "synthetic"}
        session.commit([Entry(Kind.USER_CONFIRMED, RecordClass.CODED, body)])
        users.reset_user(session, "cra", password="another synthetic password")
    carried(route)
    assert (status(route).exceptions, dict(listed(route).alone)) == ((), {})


def test_what_nobody_compared_is_told_until_somebody_did(charted_route: Route) -> None:
    route = charted_route
    assert "admin" in carried(route).accounts
    everybody = tuple(a.user for a in listed(route).roster.accounts)
    assert status(route).uncompared == everybody
    done = compare(route)
    assert done.said is not None and done.said.digest == done.roster.digest
    assert (status(route).uncompared, status(route).unknown) == ((), {})
    assert carried(route).accounts == ()
    ghost(route)
    assert carried(route).accounts == ("ghost",)
    with route.clinic.open("admin") as session:
        users.grant_role(session, "cra", "auditor")
        users.close_user(session, "ghost", "an end needs no delegation")
    assert set(carried(route).accounts) == {"ghost", "cra"}
    compare(route)
    with route.clinic.open("admin") as session:
        users.reset_user(session, "cra", password=password_of("cra"))
    assert carried(route).accounts == ("cra",)


def test_the_site_is_told_and_holds_it_against_its_own(charted_route: Route) -> None:
    route = charted_route
    carried(route)
    compare(route)
    with route.clinic.open() as session:
        before = values(session)
    result = take_up(route, answer(route))
    assert result.compared is not None
    assert (result.compared.same, result.compared.open) == (True, ())
    assert take_up(route, answer(route)).compared is None
    with route.clinic.open() as session:
        (found,) = compared.findings(session)
        assert (found.same, found.said.user) == (True, "boss")
        assert values(session) == before
        assert [t for t in site_tasks(care(session)) if t.kind == "roster"] == []


def test_an_unknown_account_is_a_task_until_it_is_closed_or_known(charted_route: Route) -> None:
    route = charted_route
    ghost(route)
    carried(route)
    compare(route, "ghost")
    result = take_up(route, answer(route))
    assert result.compared is not None
    assert result.compared.open == (Unknown("ghost", WORDS),)
    with route.clinic.open("admin") as session:
        (task,) = mine([t for t in site_tasks(care(session)) if t.kind == "roster"], session.allows)
        assert "ghost" in task.text.en and "ghost" in task.text.zh
        assert not next(a for a in users.list_users(session) if a.user == "ghost").closed
    with route.clinic.open() as session:  # who manages no users is asked for nothing
        assert mine([task], session.allows) == ()
    # A later comparison does not forget it.
    compare(route)
    assert status(route).unknown == {"ghost": 0}
    compare(route, known=("ghost",))
    assert status(route).unknown == {}
    assert take_up(route, answer(route)).compared is not None
    with route.clinic.open("admin") as session:
        assert [t for t in site_tasks(care(session)) if t.kind == "roster"] == []
        users.close_user(session, "ghost", "nobody's")


def test_closing_it_ends_the_task(charted_route: Route) -> None:
    route = charted_route
    ghost(route)
    carried(route)
    compare(route, "ghost")
    take_up(route, answer(route))
    with route.clinic.open("admin") as session:
        users.close_user(session, "ghost", "nobody's")
        assert [t for t in site_tasks(care(session)) if t.kind == "roster"] == []
        (found,) = compared.findings(session)
        assert (found.open, len(found.said.unknown)) == ((), 1)


def test_another_roster_is_named_as_one(
    charted_route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that compared something else, or lies, is found out by the digest."""
    route = charted_route
    carried(route)
    compare(route)
    real = delegation.last
    monkeypatch.setattr(delegation, "last", lambda *a: replace(real(*a), digest="0" * 64))
    path = answer(route)
    monkeypatch.undo()
    result = take_up(route, path)
    assert result.compared is not None and not result.compared.same
    with route.clinic.open("admin") as session:
        (task,) = [t for t in site_tasks(care(session)) if t.kind == "roster"]
        assert "another list" in task.text.en
        (found,) = compared.findings(session)
        assert compared.words(found)[0] == compared.OTHER.filled(upto=found.said.upto, user="boss")
    carried(route)
    assert listed(route).heard is False


def test_the_sponsor_learns_that_the_site_agrees(charted_route: Route) -> None:
    route = charted_route
    carried(route)
    assert compare(route).heard is None
    take_up(route, answer(route))
    carried(route)
    assert listed(route).heard is True
    assert compare(route).heard is None


def test_a_roster_beyond_the_records_refuses_the_reply(
    charted_route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = charted_route
    carried(route)
    compare(route)
    real = delegation.last

    def later(*args: object) -> Comparison:
        said = real(*args)  # type: ignore[arg-type]
        assert said is not None
        return Comparison(said.seq, said.at, said.user, 10**6, said.digest)

    monkeypatch.setattr(delegation, "last", later)
    path = answer(route)
    with pytest.raises(ReplyRefused):
        take_up(route, path)


def test_what_was_kept_at_the_site_is_no_contradiction(charted_route: Route) -> None:
    """An exception whose words name a person stays at the site, the role with it."""
    route = charted_route
    with route.clinic.open("admin") as session:
        users.add_user(
            session, "both", "coordinator+siteadmin", password=password_of("both"),
            exception="covers for 13800138000",
        )  # fmt: skip
    carried(route)
    there = listed(route).roster.of("both")
    assert there is not None and there.role == ""
    compare(route)
    result = take_up(route, answer(route))
    assert result.compared is not None and result.compared.same
    carried(route)
    with route.clinic.open() as session:
        assert compared.findings(session)[0].same


def test_only_what_was_looked_at_is_signed_for(charted_route: Route) -> None:
    route = charted_route
    carried(route)
    seen = listed(route).roster
    ghost(route)
    carried(route)
    now = listed(route).roster.digest
    with route.store.open() as session:
        before = status_of(session)
        for digest in (seen.digest, "0" * 64, now[:11], ""):
            with pytest.raises(delegation.RosterChanged):
                delegation.compare(session, [digest], SPONSOR_PASSWORD, language=EN)
        for wrong, refusal in (
            ({"unknown": ["nobody"], "words": WORDS}, UserUnknown),
            ({"unknown": ["ghost"]}, NoWords),
            ({"unknown": ["ghost"], "words": "x" * 501}, NoWords),
            ({"known": ["ghost"]}, delegation.NotJudged),
        ):
            with pytest.raises(refusal):
                delegation.compare(
                    session,
                    [now],
                    SPONSOR_PASSWORD,
                    language=EN,
                    **wrong,  # type: ignore[arg-type]
                )
        with pytest.raises(WrongPassword):
            delegation.compare(session, [now], "not the password at all", language=EN)
        assert status_of(session) == before
    with route.store.open() as session:
        users.add_user(session, "aud", "auditor", password=password_of("aud"))
    done = compare(route)
    with route.store.open() as session, session.reading() as conn:
        (record,) = [
            r for r in lineage.of_kind(conn, session.folder.chain, Kind.SIGNATURE_MADE)
            if r.body["meaning"] == delegation.MEANING
        ]  # fmt: skip
        assert record.body["roster"] == {
            "site": "01", "chain": done.roster.chain, "upto": done.roster.upto,
            "digest": done.roster.digest, "unknown": [],
        }  # fmt: skip


def status_of(session: object) -> object:
    return [s.said for s in delegation.standings(session)]  # type: ignore[arg-type]


def test_a_site_compares_nothing(charted_route: Route) -> None:
    with charted_route.clinic.open() as session, pytest.raises(PermissionDenied):
        delegation.compare(session, ["0" * 64], password_of("inv"), language=EN)


def test_work_of_an_unknown_account_is_flagged_and_stays(charted_route: Route) -> None:
    route = charted_route
    with route.clinic.open("inv") as session:
        waiting = [w.shown for w in to_sign(session, EN)]
        for shown in waiting:
            saw(session, shown)
        signed = sign_forms(session, waiting, password_of("inv"), language=EN).signed
    carried(route)
    with route.store.open() as session:
        with session.reading() as conn:
            (address, user), *_ = conn.exec_driver_sql(
                "SELECT f.subject || '/' || f.event || '#' || f.event_repeat || '/' || f.form"
                " || '#' || f.form_repeat || '/' || i.grp || '#' || i.row || '/' || i.item,"
                " s.user FROM p_item i JOIN p_form f ON f.form_id = i.form_id"
                " JOIN ledger_chain c ON c.chain = f.chain"
                " JOIN ledger_header h ON h.chain_no = c.no AND h.seq = i.seq"
                " JOIN p_session s ON s.session = json_extract(CAST(h.header AS TEXT), '$.session')"
                " LIMIT 1"
            ).all()
        key = locate(session.study, str(address))
        assert isinstance(key, ItemKey)
        before = overview.trace(session, key)[-1]
        assert (before.user, before.unknown) == (user, False)
    compare(route, str(user), "inv")
    with route.store.open() as session:
        told = overview.trace(session, key)
        assert [t.unknown for t in told] == [t.user == user for t in told]
        assert told[-1].value == before.value
    assert signed
    assert status(route).unknown == {user: 0, "inv": len(signed)}
    assert listed(route).signatures == {"inv": len(signed)}


SAID = {
    "seq": 3, "at": "2026-03-17T01:02:03.004Z", "user": "boss", "upto": 40, "digest": "ab" * 32,
    "unknown": [{"user": "ghost", "text": WORDS}],
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"value": "V9"},
        {"seq": 0},
        {"at": "today"},
        {"upto": 0},
        {"upto": "40"},
        {"digest": "AB" * 32},
        {"unknown": [{"user": "ghost"}]},
        {"unknown": [{"user": "ghost", "text": ""}]},
        {"unknown": [{"user": "ghost", "text": "x" * 501}]},
        {"unknown": [{"user": "ghost", "text": WORDS, "key": "x"}]},
        {"unknown": "ghost"},
    ],
    ids=str,
)
def test_the_part_holds_nothing_else(change: dict[str, object]) -> None:
    true = dumps({"format": "mrd-roster/1", "roster": SAID})  # type: ignore[dict-item]
    assert delegation.notice(delegation.read(true)) == true
    with pytest.raises(Damaged):
        delegation.read(dumps({"format": "mrd-roster/1", "roster": {**SAID, **change}}))  # type: ignore[dict-item]
    with pytest.raises(Damaged):
        delegation.read(dumps({"format": "mrd-roster/1", "roster": SAID, "more": 1}))  # type: ignore[dict-item]
    with pytest.raises(NewerFormat):
        delegation.read(dumps({"format": "mrd-roster/2", "roster": SAID}))  # type: ignore[dict-item]
