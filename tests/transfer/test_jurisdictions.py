"""Where a package may go: a table of cases, each through the real export to the store (E-26).

The site is live and has clinical and genetic data of two subjects, one of whom agreed to genetic
tests. Whatever is said of the recipient, its tables hold what left and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest

from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import preview as stamped
from mrd_desktop.insight.reports.model import Tongue
from mrd_desktop.insight.reports.periodic import compile_pack, pack_report
from mrd_desktop.insight.reports.periodic_read import period
from mrd_desktop.ledger import rotations
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locating import locate
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.story import Story, load_story, read_story
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.transfer.approval import approve
from mrd_desktop.transfer.errors import Abroad, PackageError, PlaceUnsaid
from mrd_desktop.transfer.export import ExportResult, export
from mrd_desktop.transfer.preview import Preview, preview
from mrd_desktop.transfer.release import Reason
from mrd_desktop.vault import abroad, golive, trust
from mrd_desktop.vault.abroad import Place
from mrd_desktop.vault.activation import Ethics
from tests.clinic import STORIES
from tests.confirmed import confirmed
from tests.transfer.route import Route, fill, make_store, values
from tests.transfer.test_release import genetic, set_items, unpacked
from tests.vault.live_kit import ANSWERS, HOME, PASSWORD, Live, make_live, place

AGREED, NOT_TO_GENES = "02-001", "02-002"
FORMS = ("IC", "BCH", "MRD")
DAY = timedelta(1)
WORDS = "synthetic remark on the plasma of this sample"


def at_work(root: Path) -> Live:
    """A live site with data of both; nobody has said where the sponsor is."""
    live = make_live(root, load_study())
    with live.store.open() as boss:
        word = golive.make_activation(boss, "02", ethics=Ethics("SYN-2026-014", "2026-02-03"))
    with live.open("admin") as admin:
        golive.install(admin, word, ANSWERS)
        confirmed(admin, "crc", "passport")
    records = [r for r in read_story(STORIES / "01-001.json").records if r.form in FORMS]
    records = [r for r in records if r.visit == "SCR"]
    with live.open("crc") as crc:
        for subject in (AGREED, NOT_TO_GENES):
            load_story(Casebook(crc), Story(subject=subject, site="02", records=records))
            result = locate(crc.study, f"{subject}/SCR/MRD/RESULT")
            assert isinstance(result, ItemKey)
            Notes(crc).add(result, WORDS)
        fill(crc, f"{NOT_TO_GENES}/SCR/IC", {"ICHGR": "N"}, complete=False)
        for subject in (AGREED, NOT_TO_GENES):
            assert all(genetic(a for a in values(crc) if a.startswith(subject)).values())
    return live


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Live:
    return at_work(tmp_path_factory.mktemp("jurisdictions"))


@pytest.fixture
def live(template: Live, tmp_path: Path) -> Live:
    return template.copy(tmp_path)


# --- what is said -------------------------------------------------------------------------

Act: TypeAlias = Callable[[Live], None]


def say(said: Place) -> Act:
    """The administrator and the coordinator say it of the recipient in force."""

    def act(live: Live) -> None:
        with live.open("admin") as admin:
            place(admin, said)

    return act


def away(country: str, last_day: int | None = None, *, genes: bool = False) -> Act:
    """Outside mainland China; the approval's last day from today on, None without one."""

    def act(live: Live) -> None:
        with live.open("admin") as admin:
            said = Place(country, HOME.purpose)
            if last_day is not None:
                until = admin.today() + last_day * DAY
                said = replace(said, approval="HGR-2026-0001", until=until, genetic=genes)
            place(admin, said)

    return act


def without_scope(live: Live) -> None:
    """An approval as it was recorded before approvals had a scope."""

    def former(self: Place) -> Mapping[str, JSON]:
        assert self.until is not None
        leave = {"reference": self.approval, "until": self.until.isoformat()}
        return {"jurisdiction": self.jurisdiction, "purpose": self.purpose, "approval": leave}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Place, "json", former)
        away("US", 90, genes=True)(live)


def by_hand(live: Live) -> None:
    """The administrator alone puts another key in place."""
    known = trust.read_identity((live.store.path / trust.SPONSOR_PUB).read_bytes())
    other = replace(known, sign=SigningKey.generate().public)
    with live.open("admin") as admin:
        trust.pin(admin, other.to_bytes(), replace=True)


def signed_for(live: Live) -> None:
    """The sponsor's key signs for its successor."""
    with live.store.open() as boss:
        said: dict[str, JSON] = {
            "holder": trust.Holder.SPONSOR.value,
            "study": boss.folder.study,
            "site": "",
            "training": False,
            "chain": boss.folder.chain,
            "recipient": str(boss.age_identity().to_public()),
            "at": boss.now(),
        }
        change = rotations.made(said, boss.own_signing_key(), SigningKey.generate())
    with live.open("admin") as admin:
        trust.pin(admin, change.to_bytes(), compared=change.key.id)


def another_store(live: Live) -> None:
    """A second recipient is trusted; nobody says where it is."""
    other = make_store(live.path.parent / "other", live.study, training=False)
    with live.open("admin") as admin:
        trust.pin(admin, (other.path / trust.SPONSOR_PUB).read_bytes())


def another_store_in(country: str) -> Act:
    """A second recipient outside mainland China, under an approval for clinical data."""

    def act(live: Live) -> None:
        another_store(live)
        with live.open("admin") as admin:
            until = admin.today() + 90 * DAY
            said = Place(country, HOME.purpose, "HGR-2026-0002", until)
            last = trust.recipients(trust.pins(admin))[-1]
            abroad.state(
                admin, last.sign.id, said, PASSWORD.format("admin"),
                second="crc", second_password=PASSWORD.format("crc"),
            )  # fmt: skip

    return act


# --- what leaves --------------------------------------------------------------------------

ALL, CLINICAL = "all", "clinical"
CASES: Mapping[str, tuple[tuple[Act, ...], str | type[PackageError]]] = {
    "CN": ((say(HOME),), ALL),
    "CN, an approval that ended": (
        (say(Place("CN", HOME.purpose, "HGR-2020-0001", date(2020, 1, 1))),),
        ALL,
    ),
    "HK without approval": ((away("HK"),), Abroad),
    "MO, the approval ended yesterday": ((away("MO", -1, genes=True),), Abroad),
    "TW, clinical data only": ((away("TW", 90),), CLINICAL),
    "US, clinical data only, on its last day": ((away("US", 0),), CLINICAL),
    "US, genetic data too": ((away("US", 90, genes=True),), ALL),
    "US, an approval without a scope": ((without_scope,), CLINICAL),
    "DE, renewed after it ended": ((away("DE", -1), away("DE", 90)), CLINICAL),
    "CN, then said to be in the US": ((say(HOME), away("US")), Abroad),
    "nobody has said it": ((), PlaceUnsaid),
    "CN, the key replaced by hand": ((say(HOME), by_hand), PlaceUnsaid),
    "CN, replaced by hand and said again": ((say(HOME), by_hand, say(HOME)), ALL),
    "US, the new key signed for by the former": ((away("US", 90), signed_for), PlaceUnsaid),
    "US, a new key of which two said it again": (
        (away("US", 90), signed_for, away("US", 90)),
        CLINICAL,
    ),
    "CN, and a second recipient unsaid": ((say(HOME), another_store), PlaceUnsaid),
    "CN, and a second recipient in SG": ((say(HOME), another_store_in("SG")), CLINICAL),
}


@pytest.mark.parametrize("case", CASES)
def test_what_leaves_for_whom(live: Live, case: str) -> None:
    acts, expected = CASES[case]
    for act in acts:
        act(live)
    if not isinstance(expected, str):
        with pytest.raises(expected):
            send(live)
        assert not sent(live)
        assert look(live).barred is not None
        return
    seen = look(live)
    done = send(live)
    assert (seen.barred, seen.genes) == (None, expected == ALL)
    assert (done.withheld.get(Reason.APPROVAL, 0) > 0) is (expected == CLINICAL)
    assert done.withheld[Reason.HGR] > 0
    with live.open("crc") as crc:
        data = unpacked(crc, done.path)
        recorded = values(crc)
        assert all(c.ok is not False for c in verify_folder(crc))
    items = genetic(set_items(data))
    assert all(items.values()) is (expected == ALL)
    assert any(items.values()) is (expected == ALL)
    assert (WORDS.encode() in data) is (expected == ALL)
    assert f"{AGREED}/SCR#1/BCH#1/A#1/HISTTYP".encode() in data
    if case == "CN, replaced by hand and said again":
        return  # nobody has the private half of that key
    assert live.store.take(done.path)[0].fine
    with live.store.open() as boss:
        held = values(boss)
    assert held == may_leave(recorded, genes=expected == ALL)


def test_a_wider_approval_sends_what_was_held_and_a_narrower_one_takes_it_back(live: Live) -> None:
    held = []
    for genes in (False, True, False, True):
        away("US", 90, genes=genes)(live)
        seen = look(live)
        assert seen.genes is genes
        done = send(live)
        assert live.store.take(done.path)[0].fine
        with live.open("crc") as crc, live.store.open() as boss:
            held.append(values(boss))
            assert held[-1] == may_leave(values(crc), genes=genes)
        if genes:
            assert done.opened > done.records, "what was held leaves late"
    assert held[0] == held[2]
    assert held[1] == held[3]
    assert len(held[1]) > len(held[0])
    away("US", 90)(live)
    assert send(live, full=True).withheld[Reason.APPROVAL] > 0


def test_the_lists_before_an_export_name_what_stays(live: Live) -> None:
    away("US", 90)(live)
    seen = look(live)
    stays = {str(h.key): h.records for h in seen.held if h.reason is Reason.APPROVAL}
    assert f"{AGREED}/SCR#1/MRD#1/C#1/RESULT" in stays
    assert not any(place.startswith(NOT_TO_GENES) for place in stays), "for another reason"
    assert seen.withheld[Reason.APPROVAL] == sum(stays.values())
    assert seen.withheld[Reason.APPROVAL] == send(live).withheld[Reason.APPROVAL]


def test_a_site_that_sent_before_it_was_asked_goes_on_where_it_stopped(live: Live) -> None:
    """As an earlier version left it: packages went out, and nobody has said anything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(abroad, "guarded", lambda *_: ())
        former = send(live)
    assert live.store.take(former.path)[0].fine
    with live.open("crc") as crc:
        fill(crc, f"{AGREED}/SCR/MRD", {"LABNAM": "MRD-LAB-B"}, complete=False)
    with pytest.raises(PlaceUnsaid):
        send(live)
    assert len(sent(live)) == 1
    say(HOME)(live)
    done = send(live)
    assert (done.number, done.head_before) == (2, former.head_after), "no number was used up"
    assert live.store.take(done.path)[0].fine
    with live.open("crc") as crc, live.store.open() as boss:
        assert values(boss) == may_leave(values(crc), genes=True)
    with live.open("admin") as admin:
        report = pack_report(compile_pack(admin, period(admin, None, None)))
        told = to_html(report, stamped(admin, report), Tongue.EN)
    assert "in CN, for analysis of the trial; no approval; with crc" in told


def test_practice_data_go_anywhere(charted_route: Route) -> None:
    with charted_route.clinic.open("admin") as admin:
        (pin,) = trust.recipients(trust.pins(admin))
        words = "synthetic-{}-password".format
        abroad.state(
            admin, pin.sign.id, Place("US", "practice"), words("admin"),
            second="crc", second_password=words("crc"),
        )  # fmt: skip
    assert charted_route.carry().fine
    with charted_route.clinic.open() as crc, charted_route.store.open() as boss:
        assert values(boss) == values(crc)


def look(live: Live) -> Preview:
    with live.open("crc") as crc:
        return preview(crc)


def send(live: Live, *, full: bool = False) -> ExportResult:
    with live.open("crc") as crc:
        released = approve(crc, PASSWORD.format("crc"), Language.EN)
        return export(crc, live.path.parent / "stick", full=full, approval=released)


def sent(live: Live) -> list[Path]:
    return list((live.path.parent / "stick").glob("*.mrdpkg"))


def may_leave(recorded: Mapping[str, str | None], *, genes: bool) -> dict[str, str | None]:
    """What the recipient's tables are to hold of the site's own."""
    marked = {a for found in genetic(recorded).values() for a in found}
    without = {a for a in marked if not genes or a.startswith(NOT_TO_GENES)}
    whole = {a for a in recorded if "/MRD#" in a and (not genes or a.startswith(NOT_TO_GENES))}
    return {a: v for a, v in recorded.items() if a not in without | whole}
