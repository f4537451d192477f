"""Replies: receipts, queries and amendments come to the site; a clinical value never does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from mrd_desktop.ledger import store as ledger
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.queries import NoWords, Queries, WrongQueryState
from mrd_desktop.study.address import ItemKey, parse_address
from mrd_desktop.transfer import amending, asking, lineage, messages
from mrd_desktop.transfer.archive import Part
from mrd_desktop.transfer.container import addressed, write
from mrd_desktop.transfer.errors import (
    AmendmentRefused,
    Damaged,
    NotAPackage,
    NothingHeld,
    OtherKind,
    PackageError,
    QueryUnknown,
    ReplyRefused,
    SiteUnknown,
    UnknownKey,
)
from mrd_desktop.transfer.export import export, sender_of
from mrd_desktop.transfer.manifest import PartEntry
from mrd_desktop.transfer.messages import Asked
from mrd_desktop.transfer.overview import status, trace
from mrd_desktop.transfer.reply import (
    REPLY,
    ReplyManifest,
    import_reply,
    make_reply,
    receipts,
)
from mrd_desktop.vault import definitions
from tests.clinic import Clinic
from tests.transfer.edition import edition
from tests.transfer.route import Route, answer, fill, make_store, take_up, values
from tests.transfer.test_receive import new_subject, same_tables

pytestmark = pytest.mark.both_stores


@pytest.fixture
def told(route: Route) -> Route:
    """A store that has received one subject."""
    new_subject(route)
    assert route.carry().fine
    return route


def test_a_receipt_tells_the_site_what_the_sponsor_holds(told: Route) -> None:
    path = answer(told)
    assert path.name.endswith("-0001.mrdreply")
    result = take_up(told, path)
    assert (result.verdict, result.receipts, result.queries) == ("accepted", 1, 0)
    with told.clinic.open() as session:
        (receipt,) = receipts(session)
        with session.reading() as conn:
            sent = lineage.sent(conn, session.folder.chain)
            record = ledger.record(conn, session.folder.chain, receipt.head.seq)
    assert receipt.package == sent.manifest
    assert record.digest.hex() == receipt.head.digest


def test_the_same_reply_again_changes_nothing(told: Route) -> None:
    path = answer(told)
    take_up(told, path)
    with told.clinic.open() as session:
        before = session.head()
        result = import_reply(session, path)
        assert session.head() == before
    assert result.verdict == "duplicate"
    assert result.reason is not None


def test_a_lost_reply_is_made_good_by_the_next(told: Route) -> None:
    answer(told)
    new_subject(told)
    assert told.carry().fine
    result = take_up(told, answer(told))
    assert result.receipts == 2


def test_a_query_travels_is_answered_and_closed(told: Route) -> None:
    address = parse_address("01-001/SCR#1/IC#1/A#1/ICVER")
    with told.store.open() as session:
        query = asking.ask(session, address, "请核对知情同意书版本")
        assert status(session)[0].open_queries == 1
    assert query.startswith("S-")
    assert take_up(told, answer(told)).queries == 1
    with told.clinic.open() as session:
        line = Queries(session).find(query)
        assert (line.address, line.state, line.text.zh) == (
            str(address), "open", "请核对知情同意书版本",
        )  # fmt: skip
        Queries(session).answer(query, "已核对原件")
    assert told.carry().fine
    with told.store.open() as session:
        with session.reading() as conn:
            states = conn.execute(
                text("SELECT state, answer FROM p_query WHERE query = :q AND chain <> :own"),
                {"q": query, "own": session.folder.chain},
            ).all()
        assert [tuple(s) for s in states] == [("answered", "已核对原件")]
        assert status(session)[0].open_queries == 0
        asking.close(session, query)
    assert take_up(told, answer(told)).queries == 1
    with told.clinic.open() as session:
        assert Queries(session).find(query).state == "closed"
    assert told.carry().fine
    assert same_tables(told)


def test_a_sponsor_reads_answers_and_asks_again(told: Route) -> None:
    address = parse_address("01-001/SCR#1/IC#1/A#1/ICVER")

    def now() -> tuple[str, str | None, bool]:
        with told.store.open() as session:
            (line,) = (q for q in asking.queries(session) if q.query == query)
        return line.state, line.answer, line.on_its_way

    with told.store.open() as session:
        query = asking.ask(session, address, "请核对知情同意书版本")
    assert now() == ("open", None, True)
    take_up(told, answer(told))
    with told.clinic.open() as session:
        Queries(session).answer(query, "已核对原件")
    assert told.carry().fine
    assert now() == ("answered", "已核对原件", False)
    with told.store.open() as session:
        assert (status(session)[0].open_queries, status(session)[0].answered_queries) == (0, 1)
        asking.reopen(session, query, "版本号与封面不符")
        with pytest.raises(WrongQueryState):
            asking.reopen(session, query, "again")
        with pytest.raises(NoWords):
            asking.reopen(session, query, " ")
    assert now() == ("open", "已核对原件", True)
    assert told.carry().fine  # the site did not hear of it yet
    assert now() == ("open", "已核对原件", True)
    take_up(told, answer(told))
    with told.clinic.open() as session:
        assert Queries(session).find(query).state == "open"
    assert told.carry().fine
    assert now() == ("open", "已核对原件", False)
    with told.store.open() as session:
        asking.close(session, query)
        with pytest.raises(WrongQueryState):
            asking.close(session, query)
    assert now() == ("closed", "已核对原件", True)
    take_up(told, answer(told))
    assert told.carry().fine
    assert now() == ("closed", "已核对原件", False)


def test_a_sites_own_query_is_closed_by_its_name(told: Route) -> None:
    with told.clinic.open("cra") as session:
        Queries(session).open("01-001/SCR#1/IC#1/A#1/ICVER", "请核对")
    assert told.carry().fine
    with told.store.open() as session:
        (line,) = asking.queries(session)
        assert (line.name, line.state) == (f"01/{line.query}", "open")
        with pytest.raises(QueryUnknown):
            asking.close(session, f"{line.name}1")
        asking.close(session, line.query)
        asking.reopen(session, line.name, "请再核对")
        asking.close(session, line.name)
        (line,) = asking.queries(session)
        assert (line.state, line.on_its_way) == ("closed", True)
    assert told.carry().fine
    with told.store.open() as session:
        assert asking.queries(session)[0].state == "closed"
    take_up(told, answer(told))
    with told.clinic.open() as session:
        assert Queries(session).find(line.query).state == "closed"


def test_a_query_about_nothing_held_is_refused(told: Route) -> None:
    with told.store.open() as session:
        for nowhere in ("09-999", "01-001/SCR#9/IC#1/A#1/ICVER"):
            with pytest.raises(NothingHeld):
                asking.ask(session, parse_address(nowhere), "?")
        with pytest.raises(NoWords):
            asking.ask(session, parse_address("01-001"), " ")
        asking.ask(session, parse_address("01-001/SCR#1/DM#1"), "This form is missing")
        with pytest.raises(QueryUnknown):
            asking.close(session, "S-999")
        nobody = parse_address("09-999/SCR#1/IC#1/A#1/ICVER")
        assert isinstance(nobody, ItemKey)
        with pytest.raises(NothingHeld):
            trace(session, nobody)


def test_a_reply_to_a_site_that_nobody_knows_is_refused(told: Route) -> None:
    with told.store.open() as session, pytest.raises(SiteUnknown):
        make_reply(session, "09", told.stick)


def test_an_amendment_travels(told: Route, tmp_path: Path) -> None:
    folder = amended(tmp_path)
    with told.store.open() as session:
        digest = amending.amend(session, folder)
        assert amending.amend(session, folder) == digest
    result = take_up(told, answer(told))
    assert result.definition == digest
    with told.clinic.open() as session, session.reading() as conn:
        assert digest in definitions.kept(conn)
        last = list(lineage.of_kind(conn, session.folder.chain, Kind.DEFINITION_INSTALLED))[-1]
        assert last.body["digest"] == session.study.digest != digest  # it waits to be installed
    assert take_up(told, answer(told)).verdict == "duplicate"


def amended(tmp_path: Path) -> Path:
    return edition(tmp_path / "amended", "0.2", study=[("Typing error", "Typing mistake")])


def test_an_amendment_of_what_must_not_change_is_refused(told: Route, tmp_path: Path) -> None:
    folder = amended(tmp_path)
    form = folder / "forms" / "VS.yaml"
    words = form.read_text(encoding="utf-8")
    assert 'unit: "mmHg"' in words
    form.write_text(words.replace('unit: "mmHg"', 'unit: "kPa"', 1), encoding="utf-8")
    with told.store.open() as session, pytest.raises(AmendmentRefused) as caught:
        amending.amend(session, folder)
    assert "VS" in str(caught.value)


def forged(route: Route, lines: list[bytes], **changes: object) -> Path:
    """A reply signed by the real sponsor that says something of one's own."""
    with route.store.open() as session, session.reading() as conn:
        sender = sender_of(session)
        chain = ledger.chains(conn)[1]
        site = next(p for p in route_pins(route) if p[0] == chain)

        def manifest(parts: tuple[PartEntry, ...]) -> ReplyManifest:
            made = ReplyManifest(
                study=session.folder.study,
                site="01",
                chain=chain,
                training=True,
                number=7,
                previous=None,
                store=session.folder.chain,
                upto=1,
                parts=parts,
                recipients=addressed(sender, [site[1]]),
                program="0",
                created="2027-06-30T01:00:00.000Z",
            )
            return replace(made, **changes)  # type: ignore[arg-type]

        parts = [Part("messages-0001.jsonl", lines)]
        return write(route.stick, REPLY, parts, manifest, sender, recipients=[site[1]]).path


def route_pins(route: Route) -> list[tuple[str, str]]:
    with route.clinic.open() as session:
        return [(session.folder.chain, str(session.age_identity().to_public()))]


QUESTION = Asked(3, "S-3", "01-001/SCR#1/IC#1", "why", "为何", None)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "item.set", "address": "01-001/SCR#1/IC#1/A#1/ICVER", "value": "V9"},
        {"type": "noise"},
        {"type": "form.saved", "address": "01-001/SCR#1/IC#1"},
        {**QUESTION.json(), "value": "V9"},
        {**QUESTION.json(), "address": "01-001/../../x"},
        {**QUESTION.json(), "seq": "3"},
        {"type": "query.answered", "seq": 3, "query": "Q-1", "text": "x"},
        {"type": "query.closed", "seq": 3, "query": "Q-1"},
        [],
    ],
)
def test_a_reply_can_say_nothing_but_what_it_may(told: Route, message: object) -> None:
    path = forged(told, [dumps(message) + b"\n"])  # type: ignore[arg-type]
    with told.clinic.open() as session:
        before = (session.head(), values(session))
        with pytest.raises((ReplyRefused, Damaged)):
            import_reply(session, path)
        assert (session.head(), values(session)) == before


def test_a_true_question_beside_a_change_of_a_value_is_refused_with_it(told: Route) -> None:
    change = {"type": "item.set", "address": "01-001/SCR#1/IC#1/A#1/ICVER", "value": "V9"}
    question = messages.line(QUESTION)
    path = forged(told, [question, dumps(change) + b"\n"])
    with told.clinic.open() as session:
        before = (session.head(), values(session))
        with pytest.raises((ReplyRefused, Damaged)) as refused:
            import_reply(session, path)
        assert (session.head(), values(session)) == before
        assert refused.value.text.zh
    assert take_up(told, forged(told, [question])).queries == 1  # alone it is taken


def test_every_message_reads_back_as_it_was_written() -> None:
    said: list[messages.Message] = [
        QUESTION,
        replace(QUESTION, about=("a" * 26, 12)),
        messages.Settled(4, "S-3", "closed", "一行\n两行"),
        messages.Amendment(5, "0" * 64, "1.1"),
        messages.ReceiptMessage("{}", "signature"),
    ]
    for message in said:
        assert messages.read(messages.line(message).rstrip(b"\n")) == message


def test_a_receipt_for_records_not_held_here_is_refused(told: Route) -> None:
    with told.store.open() as session, session.reading() as conn:
        (came,) = lineage.received(conn, session.folder.chain)
        false = messages.Receipt(
            session.folder.study, "01", came.chain, True, 1, came.package,
            replace(came.after, digest="0" * 64), 1, 1, came.at, session.folder.chain,
        ).to_bytes()  # fmt: skip
        line = messages.line(
            messages.ReceiptMessage(false.decode(), session.sign_as_site("mrd-receipt-v1", false))
        )
    with pytest.raises(ReplyRefused):
        take_up(told, forged(told, [line]))


def test_a_receipt_signed_for_another_purpose_is_refused(told: Route) -> None:
    with told.store.open() as session, session.reading() as conn:
        (came,) = lineage.received(conn, session.folder.chain)
        data = messages.Receipt(
            session.folder.study, "01", came.chain, True, 1, came.package,
            came.after, 1, 1, came.at, session.folder.chain,
        ).to_bytes()  # fmt: skip
        line = messages.line(
            messages.ReceiptMessage(data.decode(), session.sign_as_site("mrd-reply-v1", data))
        )
    with pytest.raises(PackageError):
        take_up(told, forged(told, [line]))


def test_replies_of_strangers_and_for_others_are_refused(
    told: Route, stranger_template: Clinic, tmp_path: Path
) -> None:
    path = answer(told)
    other = Route(stranger_template, told.store, told.stick)
    with pytest.raises(ReplyRefused):
        take_up(other, path)
    with told.clinic.open() as session:
        chain, own = session.folder.chain, str(session.age_identity().to_public())

    def manifest(parts: tuple[PartEntry, ...]) -> ReplyManifest:
        return ReplyManifest(
            told.clinic.study.oid, "01", chain, True, 1, None, chain, 1,
            parts, addressed(sender, [own]), "0", "2027-06-30T01:00:00.000Z",
        )  # fmt: skip

    with make_store(tmp_path / "unknown", told.clinic.study).open() as session:
        sender = sender_of(session)
        false = write(tmp_path, REPLY, [], manifest, sender, recipients=[own]).path
    with pytest.raises(UnknownKey):
        take_up(told, false)
    with pytest.raises(NotAPackage):
        text_file = tmp_path / "notes.mrdreply"
        text_file.write_text("not a reply")
        take_up(told, text_file)


def test_status_and_trace_lead_back_to_who_typed_it(told: Route) -> None:
    with told.clinic.open() as session:
        fill(session, "01-001/SCR/IC", {"ICVER": "V2.0"}, complete=False)
    assert told.carry().fine
    with told.store.open() as session:
        (site,) = status(session)
        key = parse_address("01-001/SCR#1/IC#1/A#1/ICVER")
        first, second = trace(session, key)  # type: ignore[arg-type]
    assert (site.site, site.last_package, site.missing) == ("01", 2, ())
    assert site.head is not None
    assert site.definition == told.clinic.study.digest
    assert (first.value, first.package, first.user, first.role) == (
        "V1.0", 1, "crc", "coordinator",
    )  # fmt: skip
    assert (second.value, second.package, second.reason) == ("V2.0", 2, {"code": "TYPO"})


def test_status_remembers_what_is_missing_until_it_comes(route: Route) -> None:
    sent = []
    for _ in range(3):
        new_subject(route)
        sent.append(route.send().path)
    route.store.take(sent[0], sent[2])
    with route.store.open() as session:
        assert status(session)[0].missing == (2,)
    route.store.take(sent[1], sent[2])
    with route.store.open() as session:
        assert status(session)[0].missing == ()


def test_a_whole_file_of_another_kind_is_told_as_such(told: Route) -> None:
    with told.clinic.open("crc") as session:
        package = export(session, told.stick).path
        with pytest.raises(OtherKind) as refused:
            import_reply(session, package)
    assert ".mrdpkg" in refused.value.text.zh
    assert ".mrdreply" in refused.value.text.en
