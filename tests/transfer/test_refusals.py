"""A package that the sponsor did not take: the next reply says so, and the site says what to do."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.record import Kind
from mrd_desktop.transfer import lineage, refusals
from mrd_desktop.transfer.archive import Part
from mrd_desktop.transfer.container import addressed, opened, write
from mrd_desktop.transfer.errors import Damaged, PackageError
from mrd_desktop.transfer.export import sender_of
from mrd_desktop.transfer.manifest import PartEntry, Point
from mrd_desktop.transfer.messages import Receipt
from mrd_desktop.transfer.refusals import Refusal
from mrd_desktop.transfer.reply import (
    REPLY,
    ReplyManifest,
    import_reply,
    refused,
)
from mrd_desktop.transfer.transmittal import Transmittal, transmittals
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault import trust
from tests.transfer.route import Route, answer, take_up
from tests.transfer.test_receive import new_subject

FIRST_PARTS = re.compile(r"messages-[0-9]{4}\.jsonl|definitions/[0-9a-f]{64}\.json")
"""What the first readers of replies let pass."""


def sent(route: Route, packages: int) -> list[Path]:
    made = []
    for _ in range(packages):
        new_subject(route)
        made.append(route.send().path)
    return made


def slips(route: Route) -> dict[int, Transmittal]:
    with route.clinic.open() as session:
        return {t.number: t for t in transmittals(session)}


def noted(route: Route) -> int:
    with route.store.open() as session, session.reading() as conn:
        return len(list(lineage.of_kind(conn, session.folder.chain, Kind.INCIDENT_NOTED)))


def flipped(path: Path, at: int = 2000) -> Path:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def gap_template(
    route_template: Route, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Route, Path]:
    """Three packages were sent, the first and the third came, and a reply says so."""
    route = route_template.copy(tmp_path_factory.mktemp("gap"))
    first, _, third = sent(route, 3)
    route.store.take(first, third)
    return route, answer(route)


@pytest.fixture
def gap(gap_template: tuple[Route, Path], tmp_path: Path) -> Route:
    route = gap_template[0].copy(tmp_path / "gap")
    shutil.copytree(gap_template[0].stick, route.stick, dirs_exist_ok=True)
    return route


def reply_to(route: Route) -> Path:
    """The reply that says what is missing."""
    (found,) = route.stick.glob("*.mrdreply")
    return found


def test_a_gap_is_told_with_what_is_missing_until_it_is_closed(gap: Route) -> None:
    route = gap
    _, second, third = sorted(route.stick.glob("*.mrdpkg"))
    result = take_up(route, reply_to(route))
    (told,) = result.refused
    assert (told.number, told.verdict, told.code, told.missing) == (3, Verdict.GAP, "gap", (2,))
    assert "0002" in told.text.en and "0002" in told.text.zh
    found = slips(route)
    assert found[3].refused == told
    assert (found[1].refused, found[2].refused) == (None, None)
    assert found[1].confirmed and not found[2].confirmed
    route.store.take(second, third)
    assert take_up(route, answer(route)).refused == ()
    assert all(t.refused is None and t.confirmed for t in slips(route).values())
    with route.clinic.open() as session:
        assert refused(session) == ()


def test_a_full_package_settles_what_was_refused(gap: Route) -> None:
    route = gap
    route.store.take(route.send(full=True).path)
    take_up(route, answer(route))
    found = slips(route)
    assert [t.refused for t in found.values()] == [None] * 4
    assert [found[n].within for n in (1, 2, 3, 4)] == [None, 4, 4, None]
    assert [found[n].waiting for n in (2, 3)] == [None, None]


def test_the_same_refusal_is_noted_once_and_told_once(route: Route) -> None:
    (path,) = sent(route, 1)
    good = path.read_bytes()
    for _ in range(2):
        path.write_bytes(good)
        assert route.store.take(flipped(path))[0].code == "damaged"
    assert noted(route) == 1
    reply = answer(route)
    assert [r.code for r in take_up(route, reply).refused] == ["damaged"]
    assert take_up(route, reply).verdict == "duplicate"
    assert take_up(route, answer(route)).verdict == "duplicate"
    path.write_bytes(good)
    assert route.store.take(path)[0].fine
    assert take_up(route, answer(route)).refused == ()


def test_a_file_cut_short_is_known_by_its_name(route: Route) -> None:
    (path,) = sent(route, 1)
    path.write_bytes(path.read_bytes()[:3000])
    copied = path.rename(path.with_name(f"{path.stem} (1).mrdpkg"))
    assert route.store.take(copied)[0].code == "damaged"
    (told,) = take_up(route, answer(route)).refused
    assert (told.number, told.package) == (1, None)
    assert slips(route)[1].refused == told


def test_a_damaged_copy_of_what_has_come_is_told_to_nobody(route: Route) -> None:
    first, _ = sent(route, 2)
    good = first.read_bytes()
    first.write_bytes(good[:3000])  # cut short: known by its name alone
    assert route.store.take(first)[0].code == "damaged"
    early = take_up(route, answer(route)).refused
    assert [r.number for r in early] == [1]
    first.write_bytes(good)
    assert route.store.take(first)[0].fine
    for cut in (good[:3000], good):
        first.write_bytes(cut)
        taken = route.store.take(first if cut is not good else flipped(first))
        assert taken[0].code == "damaged"
    assert noted(route) == 1
    assert take_up(route, answer(route)).refused == ()
    with route.clinic.open() as session:
        assert refused(session) == ()


def test_what_was_told_of_a_copy_of_what_has_come_is_settled(route: Route) -> None:
    receipt = Receipt(
        "S", "01", "c", True, 2, "a" * 64, Point(9, "b" * 64), 9, 9, "2027-06-29T01:00:00.000Z", "s"
    )
    copies = (
        replace(TOLD, package=None, code="damaged", number=1),
        replace(TOLD, package="c" * 64, code="damaged", number=2),
        replace(TOLD, package="a" * 64, code="forged", number=2),
    )
    others = (
        TOLD,
        replace(TOLD, package="c" * 64, code="fork", verdict=Verdict.FORK, number=2),
        replace(TOLD, package=None, code="damaged"),
    )
    told = [(1, refusal) for refusal in (*copies, *others)]
    assert refusals.unsettled(told, [(1, receipt)]) == others


def test_a_number_far_past_the_last_is_told_to_nobody(route: Route) -> None:
    (path,) = sent(route, 1)
    path.write_bytes(path.read_bytes()[:3000])
    far = path.rename(path.with_name(path.name.replace("0001", "9999")))
    assert route.store.take(far)[0].code == "damaged"
    assert noted(route) == 0


def test_a_package_that_this_folder_did_not_make_is_told_and_stands_at_no_slip(
    route: Route, tmp_path: Path
) -> None:
    new_subject(route)
    copied = Route(route.clinic.copy(tmp_path / "copied"), route.store, tmp_path / "stick2")
    assert route.carry().fine
    new_subject(copied)
    assert copied.carry().code == "fork"
    (told,) = take_up(route, answer(route)).refused
    assert (told.number, told.code) == (1, "fork")
    with route.clinic.open() as session:
        assert refused(session) == (told,)
    assert slips(route)[1].refused is None


def test_what_nobody_can_be_told_of_is_not_noted(route: Route, tmp_path: Path) -> None:
    foreign = tmp_path / "holiday.mrdpkg"
    foreign.write_bytes(b"\x89PNG" + bytes(5000))
    assert route.store.take(foreign, tmp_path / "absent.mrdpkg")[0].code == "foreign"
    assert noted(route) == 0


def test_a_package_of_a_chain_that_is_not_trusted_is_not_noted(
    route: Route, stranger_template: object, tmp_path: Path
) -> None:
    stranger = Route(stranger_template, route.store, tmp_path / "stick2").send().path  # type: ignore[arg-type]
    assert route.store.take(stranger)[0].code == "unknown_key"
    assert noted(route) == 0


def test_a_key_that_was_replaced_has_its_own_sentence(route: Route) -> None:
    (path,) = sent(route, 1)
    held = trust.read_identity((route.clinic.path / trust.SITE_PUB).read_bytes())
    other = replace(held, sign=SigningKey.generate().public)
    with route.store.open() as session:
        trust.pin(session, other.to_bytes(), replace=True)
    (arrival,) = route.store.take(path)
    assert (arrival.verdict, arrival.code) == (Verdict.REFUSED, "revoked_key")
    assert arrival.reason is not None and "已被替换" in arrival.reason.zh
    (told,) = take_up(route, answer(route)).refused
    assert (told.number, told.code) == (1, "revoked_key")
    assert "已被替换" in told.text.zh


def test_a_replaced_key_that_did_not_sign_is_no_replaced_key(route: Route) -> None:
    (path,) = sent(route, 1)
    data = path.read_bytes()
    at = data.rindex(b'"number":1')
    path.write_bytes(data[:at] + b'"number":2' + data[at + 10 :])
    with route.store.open() as session, session.writing() as conn:
        conn.exec_driver_sql("UPDATE vault_pin SET active = 0")
    assert route.store.take(path)[0].code != "revoked_key"


def test_readers_of_the_first_replies_pass_over_a_refusal(gap: Route) -> None:
    with (
        gap.clinic.open() as session,
        session.reading() as conn,
        opened(
            reply_to(gap),
            REPLY,
            lambda _: [p.sign.raw for p in trust.pins_on(conn)],
            [str(session.age_identity())],
        ) as reply,
    ):
        assert all(FIRST_PARTS.fullmatch(part.name) for part in reply.manifest.parts)
        types = {json.loads(line)["type"] for line in reply.lines("messages")}
        notices = [p for p in reply.manifest.parts if p.name.startswith("definitions/")]
        (said,) = [reply.archive.read(p.name, 1 << 20) for p in notices]
    assert types == {"receipt"}
    (told,) = refusals.read(said)
    assert told.number == 3


def test_the_sponsors_signature_is_checked_from_the_ledger_alone(gap: Route) -> None:
    take_up(gap, reply_to(gap))
    with gap.clinic.open() as session, session.reading() as conn:
        (record,) = lineage.of_kind(conn, session.folder.chain, Kind.REPLY_ADOPTED)
        told = tuple(r for _, r in refusals.told(conn, session.folder.chain))
    parts = json.loads(str(record.body["manifest"]))["parts"]
    digest = sha256(refusals.notice(told)).hexdigest()
    assert f"definitions/{digest}.json" in {p["name"] for p in parts}
    assert digest in {p["sha256"] for p in parts}


TOLD = Refusal(
    5, 3, "0" * 64, Verdict.GAP, "gap", (2,), "2027-06-30T01:00:00.000Z",
    refusals.words("gap", 3, (2,)),
)  # fmt: skip


def forged(route: Route, notice: bytes) -> Path:
    """A reply signed by the real sponsor that carries a notice of one's own."""
    with route.clinic.open() as session:
        chain, to = session.folder.chain, str(session.age_identity().to_public())
    with route.store.open() as session:
        sender, own = sender_of(session), session.folder.chain

        def manifest(parts: tuple[PartEntry, ...]) -> ReplyManifest:
            return ReplyManifest(
                route.clinic.study.oid, "01", chain, True, 7, None, own, 1, parts,
                addressed(sender, [to]), "0", "2027-06-30T01:00:00.000Z",
            )  # fmt: skip

        part = Part(f"definitions/{sha256(notice).hexdigest()}.json", [notice])
        return write(route.stick, REPLY, [part], manifest, sender, recipients=[to]).path


def test_a_notice_can_say_nothing_but_what_it_may(route: Route) -> None:
    odd = dumps({"format": refusals.FORMAT, "refusals": [{**TOLD.json(), "value": "V9"}]})
    path = forged(route, odd)
    with route.clinic.open() as session:
        before = session.head()
        with pytest.raises(Damaged):
            import_reply(session, path)
        assert session.head() == before
    for said in (
        {**TOLD.json(), "verdict": "accepted"},
        {**TOLD.json(), "missing": ["2"]},
        {**TOLD.json(), "number": 0},
        {**TOLD.json(), "en": 3},
    ):
        with pytest.raises(Damaged):
            refusals.read(dumps({"format": refusals.FORMAT, "refusals": [said]}))


def test_a_notice_of_a_later_format_is_passed_over(route: Route) -> None:
    assert take_up(route, forged(route, refusals.notice([TOLD]))).refused == (TOLD,)
    for later in (b'{"format":"mrd-refusals/2","more":1}', b'{"format":"mrd-weather/1"}', b"[]"):
        assert take_up(route, forged(route, later)).verdict == "duplicate"


def test_a_refusal_reads_back_as_it_was_written() -> None:
    assert refusals.read(refusals.notice([TOLD])) == (TOLD,)
    for data in (b"", b"[]", b"{}", refusals.notice([TOLD])[:-1]):
        with pytest.raises(PackageError):
            refusals.read(data)


def test_every_reason_that_a_site_can_be_told_names_a_way_out() -> None:
    doc = (Path(__file__).parents[2] / "docs" / "package.md").read_text(encoding="utf-8")
    listed = {
        code
        for verdict in ("gap", "fork", "rolled_back", "refused")
        for line in re.findall(rf"^\| {verdict} \| (.*) \|$", doc, re.MULTILINE)
        for code in re.findall(r"`([a-z_]+)`", line.partition(":")[0])
    }
    silent = {"foreign", "wrong_study", "training_mismatch"}  # nobody knows whose they are
    assert {"gap", "fork", "records", "revoked_key"} <= listed
    said = [refusals.words(code, 3, (2,)) for code in sorted(listed - silent)]
    assert len({text.zh for text in said}) == len(said)
    assert all("请" in text.zh and "第 3 号" in text.zh and "ackage 3" in text.en for text in said)
    assert not any("(" in text.zh for text in said)
    assert "odd" in refusals.words("odd", 3).zh
