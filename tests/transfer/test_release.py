"""What leaves and what stays: searched for in the decrypted bytes themselves."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyrage
import pytest

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locating import locate
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.queries import Queries
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.transfer import amendment, lineage
from mrd_desktop.transfer.errors import NoRecipient, VaultNeeded
from mrd_desktop.transfer.export import ExportResult, export
from mrd_desktop.transfer.overview import trace
from mrd_desktop.vault import users
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.transfer.edition import bring, edition
from tests.transfer.route import CONSENT, Route, fill, values
from tests.transfer.test_receive import new_subject, same_tables

pytestmark = pytest.mark.both_stores


def plain_bytes(route: Route, done: ExportResult) -> bytes:
    """Everything a recipient can read of a package, unpacked."""
    with route.clinic.open() as session:
        return unpacked(session, done.path)


def unpacked(session: Session, path: Path) -> bytes:
    """The same of a file, opened with the site's own key."""
    with zipfile.ZipFile(path) as outer:
        inner = pyrage.decrypt(outer.read("package.age"), [session.age_identity()])
        label = outer.read("outer.json")
    with zipfile.ZipFile(io.BytesIO(inner)) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    return b"\n".join([label, *parts])


def openings(data: bytes) -> Iterator[dict[str, object]]:
    for line in data.split(b"\n"):
        if line.startswith(b'{"payload":'):
            yield json.loads(line)["payload"]


def set_items(data: bytes) -> dict[str, object]:
    return {str(p["address"]): p.get("value") for p in openings(data) if p["kind"] == "item.set"}


SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
GIVEN = "梓萱宇轩雨涵浩然欣怡俊杰思远婉清"


def person(seed: random.Random) -> dict[str, str]:
    """An invented identity; every text is found nowhere else."""
    pick = seed.choice
    digits = "".join(str(seed.randrange(10)) for _ in range(12))
    return {
        "PATNAME": pick(SURNAMES) + pick(GIVEN) + pick(GIVEN) + pick(GIVEN),
        "IDNO": f"11010119{seed.randrange(50, 90)}010{seed.randrange(1, 9)}{digits[:4]}",
        "MRN": f"MRN{digits[:7]}",
        "OPNO": f"OP{digits[2:9]}",
        "INSNO": f"YB{digits[1:10]}",
        "MOBILE": f"139{digits[:8]}",
        "TEL2": f"010-{digits[3:11]}",
        "WECHAT": f"wx_{digits[:6]}",
        "ADDR": f"虚构路{digits[:3]}号{digits[4:8]}室",
        "KINNAME": pick(SURNAMES) + pick(GIVEN) + pick(GIVEN) + pick(GIVEN),
        "KINTEL": f"137{digits[4:]}",
        "SRCLOC": f"柜{digits[:4]}格{digits[5:8]}",
    }


def test_five_hundred_identifying_strings_stay_at_the_site(route: Route, seed: int) -> None:
    chance = random.Random(seed)
    seeded: set[str] = set()
    with route.clinic.open() as session:
        book = Casebook(session)
        while len(seeded) < 500:
            subject = book.create_subject()
            fill(session, f"{subject}/SCR/IC", CONSENT, complete=False)
            who = person(chance)
            fill(
                session,
                f"{subject}/SCR/ID",
                {**who, "IDTYPE": "RESID", "BRTHDAT": "1970-01-01"},
                complete=False,
            )
            former = person(chance)  # replaced values are as identifying as standing ones
            fill(session, f"{subject}/SCR/ID", {"PATNAME": former["PATNAME"]}, complete=False)
            seeded |= {*who.values(), former["PATNAME"]}
            texts = [f"患者{who['PATNAME']}来电", f"see {who['MRN']} in archive", who["MOBILE"]]
            book_row(session, subject, chance.choice(texts))
    done = route.send(full=True)
    data = plain_bytes(route, done).decode("utf-8", "replace")
    assert [text for text in seeded if text in data] == []
    assert done.withheld["free_text"] > 0
    assert done.withheld["private"] >= 500
    assert CONSENT["RFICDAT"] in data, "the search would find what is there"


def book_row(session: object, subject: str, words: str) -> None:
    """A free text of form CR that may hold an identifier."""
    fill(session, f"{subject}/SCR/CR", {"COMM": words}, complete=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "reason"), [({"ICDATA": "N"}, "consent"), ({"ICSENS": "N"}, "consent")]
)
def test_without_consent_nothing_of_a_subject_leaves(
    route: Route, answer: dict[str, str], reason: str
) -> None:
    agreed = new_subject(route)
    refused = new_subject(route, **answer)
    done = route.send()
    data = plain_bytes(route, done)
    assert agreed.encode() in data
    assert refused.encode() not in data
    assert done.withheld[reason] >= 10
    assert route.store.take(done.path)[0].fine
    with route.store.open() as session:
        assert not any(a.startswith(refused) for a in values(session))


def test_consent_given_later_releases_what_was_held(route: Route) -> None:
    subject = new_subject(route, ICDATA="N")
    first = route.send()
    assert route.store.take(first.path)[0].fine
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/IC", {"ICDATA": "Y"}, complete=False)
    second = route.send()
    assert second.opened > second.records
    assert route.store.take(second.path)[0].fine
    with route.clinic.open() as site, route.store.open() as sponsor:
        assert values(sponsor) == values(site)
        assert any(a.startswith(subject) for a in values(sponsor))
        # What was held back came with the second package, though its header came with the first.
        typed = locate(sponsor.study, f"{subject}/SCR/IC/ICVER")
        assert isinstance(typed, ItemKey)
        assert [t.package for t in trace(sponsor, typed)] == [2]
    assert same_tables(route)


def test_consent_taken_back_makes_the_sponsor_delete(route: Route) -> None:
    kept, subject = new_subject(route), new_subject(route)
    assert route.carry().fine
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/IC", {"ICDATA": "N"}, complete=False)
    assert route.carry().fine
    with route.store.open() as session, session.reading() as conn:
        assert not any(a.startswith(subject) for a in values(session))
        assert any(a.startswith(kept) for a in values(session))
        held = conn.exec_driver_sql(
            "SELECT count(*) FROM ledger_opening WHERE CAST(payload AS TEXT) LIKE ?",
            (f'%"{subject}/%',),
        ).scalar()
        assert held == 0
    assert same_tables(route)

    with route.clinic.open() as session:  # it was a mistake: everything comes back
        fill(session, f"{subject}/SCR/IC", {"ICDATA": "Y"}, complete=False)
    assert route.carry().fine
    with route.clinic.open() as site, route.store.open() as sponsor:
        assert values(sponsor) == values(site)
        back = locate(sponsor.study, f"{subject}/SCR/IC/ICVER")
        assert isinstance(back, ItemKey)
        assert [t.package for t in trace(sponsor, back)] == [3]
    assert same_tables(route)


def test_what_was_taken_back_by_a_cancelled_package_is_not_forgotten(route: Route) -> None:
    from mrd_desktop.transfer.errors import Cancelled

    subject = new_subject(route)
    assert route.carry().fine
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/IC", {"ICDATA": "N"}, complete=False)
        answers = iter([False, True])
        with pytest.raises(Cancelled):
            export(session, route.stick, cancelled=lambda: next(answers))
        fill(session, f"{subject}/SCR/IC", {"ICDATA": "Y"}, complete=False)
    assert route.carry().fine
    with route.clinic.open() as site, route.store.open() as sponsor:
        assert values(sponsor) == values(site)
    assert same_tables(route)


def test_withdrawal_with_the_data_refused(route: Route) -> None:
    subject = new_subject(route)
    assert route.carry().fine
    with route.clinic.open() as session:
        answers = {"DSDECOD": "WITHDRAWAL OF CONSENT", "DSSTDAT": "2027-06-20"}
        fill(session, f"{subject}/EOS/EOS", answers, complete=False)
    unsaid = route.send()
    assert not unsaid.withheld.get("withdrawn"), "what may be used is not answered, so not refused"
    assert route.store.take(unsaid.path)[0].fine
    with route.store.open() as session:
        assert any(a.startswith(subject) for a in values(session))
    with route.clinic.open() as session:
        fill(session, f"{subject}/EOS/EOS", {"DATAUSE": "N"}, complete=False)
    done = route.send()
    assert done.withheld["withdrawn"] > 0
    assert route.store.take(done.path)[0].fine
    with route.store.open() as session:
        assert not any(a.startswith(subject) for a in values(session))
    # The log says what was taken back, and which earlier export had brought it.
    with route.clinic.open() as session, session.reading() as conn:
        log = lineage.of_kind(
            conn, session.folder.chain, Kind.PACKAGE_SEALED, Kind.SUBJECT_WITHHELD
        )
        _, earlier, taken, _ = [record.body for record in log]
    assert (earlier["number"], taken["subject"]) == (2, subject)
    assert 0 < max(taken["seqs"]) <= earlier["after"]["seq"]


GENETIC = ("/MRD#1/A#1/", "/MRD#1/B#1/", "/MRD#1/C#1/RESULT", "/MRDV#", "/PATH#")
"""Sample, assay, result, variants, receptors: the sections that the study marks."""


def genetic(addresses: Iterable[str]) -> dict[str, list[str]]:
    every = list(addresses)
    return {part: sorted(a for a in every if part in a) for part in GENETIC}


def test_genetic_data_leave_only_with_their_own_consent(charted_route: Route) -> None:
    done = charted_route.send()
    sent = genetic(set_items(plain_bytes(charted_route, done)))
    assert all(sent.values()), "the story has each of them"
    assert charted_route.store.take(done.path)[0].fine
    with charted_route.clinic.open() as session:
        fill(session, "01-001/SCR/IC", {"ICHGR": "N"}, complete=False)
    later = charted_route.send()
    assert charted_route.store.take(later.path)[0].fine
    with charted_route.store.open() as session:
        held = values(session)
        assert not any(genetic(held).values())
        assert any("/BCH#" in a for a in held), "the rest of the form with the receptors leaves"
    full = charted_route.send(full=True)
    data = plain_bytes(charted_route, full)
    assert not any(genetic(set_items(data)).values())
    assert full.withheld["hgr"] >= sum(map(len, sent.values()))
    assert charted_route.store.take(full.path)[0].fine
    assert same_tables(charted_route)
    with charted_route.clinic.open() as session:
        fill(session, "01-001/SCR/IC", {"ICHGR": "Y"}, complete=False)
    again = charted_route.send()
    assert genetic(set_items(plain_bytes(charted_route, again))) == sent
    assert charted_route.store.take(again.path)[0].fine
    assert same_tables(charted_route)


def test_an_amendment_lifts_no_genetic_mark(charted_route: Route, tmp_path: Path) -> None:
    """One person installs it; what the subject refused, or no approval covers, stays all the same.

    A section added without the mark to a form that was marked whole is marked with it.
    """
    assert charted_route.carry().fine
    marks = [("genetic: true", "genetic: false")]
    new = ("groups:\n", "groups:\n" + NEW_SECTION)
    folder = edition(tmp_path / "second", "0.2", MRD=[*(marks * 4), new])
    assert bring(charted_route, folder).definition
    with charted_route.clinic.open("admin") as session:
        amendment.install(session, amendment.try_out(session).digest)
    with charted_route.clinic.open() as session:
        assert not any(g.genetic for g in session.study.by_form["MRD"].groups)
        fill(session, "01-001/SCR/MRD", {"MRDNOTE": "synthetic"}, complete=False)
        fill(session, "01-001/SCR/IC", {"ICHGR": "N"}, complete=False)
    done = charted_route.send(full=True)
    items = set_items(plain_bytes(charted_route, done))
    assert not any(genetic(items).values())
    assert not any("/MRD#1/N#1/" in a for a in items)
    assert any("/BCH#" in a for a in items)
    assert charted_route.store.take(done.path)[0].fine
    with charted_route.store.open() as session:
        assert not any(genetic(values(session)).values())


NEW_SECTION = """  - oid: IG.MRD.N
    en: Note
    zh: 备注
    items:
      - oid: MRD.MRDNOTE
        en: Note
        zh: 备注
        type: T(40)
        required: O
        purpose: {en: To test, zh: 用于测试, protocol: FOLLOWUP}
"""


def test_words_about_genetic_data_stay_with_them(charted_route: Route) -> None:
    words = ("note at the result", "query at a receptor", "answered so", "query at the form")
    with charted_route.clinic.open() as session:
        recorded = sorted(values(session))
        result = next(a for a in recorded if a.startswith("01-001/SCR#1/MRD#1/") and "RESULT" in a)
        receptor = next(a for a in recorded if a.startswith("01-001/SCR#1/BCH#1/PATH#"))
        at = locate(session.study, result)
        assert isinstance(at, ItemKey)
        Notes(session).add(at, words[0])
    with charted_route.clinic.open("cra") as session:
        queries = Queries(session)
        queries.open(receptor, words[1])
        queries.open("01-001/SCR#1/MRD#1", words[3])
    with charted_route.clinic.open() as session:
        queries = Queries(session)
        asked = next(q for q in queries.all(subject="01-001") if q.text.en == words[1])
        queries.answer(asked.name, words[2])
    data = plain_bytes(charted_route, charted_route.send()).decode("utf-8", "replace")
    assert [w for w in words if w not in data] == [], "with the consent they leave"
    with charted_route.clinic.open() as session:
        fill(session, "01-001/SCR/IC", {"ICHGR": "N"}, complete=False)
    data = plain_bytes(charted_route, charted_route.send(full=True)).decode("utf-8", "replace")
    assert [w for w in words if w in data] == []


def test_a_corrected_free_text_leaves_and_the_former_one_never(route: Route) -> None:
    subject = new_subject(route)
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/CR", {"COMM": "电话13912345678已核实"}, complete=False)
        fill(session, f"{subject}/SCR/CR", {"COMM": "已电话核实"}, complete=False)
    done = route.send()
    data = plain_bytes(route, done)
    assert b"13912345678" not in data
    assert "已电话核实".encode() in data
    assert done.withheld["free_text"] == 1


def test_a_text_found_identifying_later_is_taken_back(route: Route) -> None:
    subject = new_subject(route)
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/CR", {"COMM": "家属欧阳虚构来访"}, complete=False)
    first = route.send()
    assert "欧阳虚构".encode() in plain_bytes(route, first)
    assert route.store.take(first.path)[0].fine
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/ID", {"KINNAME": "欧阳虚构"}, complete=False)
    assert route.carry().fine
    with route.store.open() as session, session.reading() as conn:
        held = conn.exec_driver_sql(
            "SELECT count(*) FROM ledger_opening WHERE CAST(payload AS TEXT) LIKE '%欧阳虚构%'"
        ).scalar()
        assert held == 0
        assert f"{subject}/SCR#1/CR#1/A#1/COMM" not in {
            a for a, v in values(session).items() if v and "欧阳" in v
        }


def test_a_reason_for_change_is_searched_too(route: Route) -> None:
    from mrd_desktop.record.entries import ChangeReason

    subject = new_subject(route)
    with route.clinic.open() as session:
        key = locate(session.study, f"{subject}/SCR/IC")
        assert isinstance(key, FormKey)
        entry = Casebook(session).open(key)
        item = locate(session.study, f"{subject}/SCR/IC/ICVER")
        assert isinstance(item, ItemKey)
        entry.type(item, "V2.0")
        entry.save(complete=False, reason=ChangeReason("OTHER", "按13912345678电话更正"))
    done = route.send()
    assert b"13912345678" not in plain_bytes(route, done)
    assert done.withheld["free_text"] == 1


def test_what_opens_a_site_is_searched_too(route: Route) -> None:
    subject = new_subject(route)
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/ID", {"PATNAME": "合成某某"}, complete=False)
    installed: dict[str, JSON] = {
        "version": "V1.0",
        "digest": "00",
        "user": "admin",
        "file": "{}",
        "ethics": {"reference": "EC 2027-01", "date": "2027-01-01"},
        "ethics_by": "site",
        "checklist": [{"question": "Q1", "answer": "yes"}],
    }
    worded: list[dict[str, JSON]] = [
        installed,
        {**installed, "checklist": [{"question": "Q1", "answer": "由合成某某家属协助"}]},
        {**installed, "ethics": {"reference": "合成某某 2027", "date": "2027-01-01"}},
    ]
    with route.clinic.open("admin") as session:
        for reason in ("两人诊所，见合成某某病历", "两人诊所"):
            user = f"two{len(reason)}"
            users.add_user(
                session, user, "coordinator+siteadmin",
                password=password_of(user), exception=reason,
            )  # fmt: skip
        coded = RecordClass.CODED
        session.commit([Entry(Kind.ACTIVATION_INSTALLED, coded, body) for body in worded])
    done = route.send()
    data = plain_bytes(route, done)
    assert "合成某某".encode() not in data
    assert done.withheld["free_text"] == 3
    opened = [p for p in openings(data) if p["kind"] in ("role.granted", "activation.installed")]
    assert [p.get("exception") for p in opened if p.get("exception")] == ["两人诊所"]
    assert sum(p["kind"] == "activation.installed" for p in opened) == 1
    assert route.store.take(done.path)[0].fine


def test_where_a_paper_is_filed_is_searched_too(route: Route) -> None:
    subject = new_subject(route)
    with route.clinic.open() as session:
        key = locate(session.study, f"{subject}/SCR/IC")
        assert isinstance(key, FormKey)
        entry = Casebook(session).open(key)
        entry.transcribe("2027-03-01 0088123456")  # nobody knows yet that this is a record number
        entry.save(complete=False)
        fill(session, f"{subject}/SCR/ID", {"MRN": "0088123456"}, complete=False)
    done = route.send()
    assert b"0088123456" not in plain_bytes(route, done)
    assert done.withheld["free_text"] == 1


def test_a_sample_number_that_names_the_patient_stays(route: Route) -> None:
    subject = new_subject(route)
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/ID", {"MRN": "H7731904"}, complete=False)
        answers = {"PERF": "Y", "SAMPID": "H7731904"}
        fill(session, f"{subject}/SCR/MRD", answers, complete=False)
    done = route.send()
    assert b"H7731904" not in plain_bytes(route, done)
    assert done.withheld["sample_id"] == 1


def test_what_a_check_found_identifying_stays_though_no_list_knows_it(route: Route) -> None:
    subject = new_subject(route)
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/MRD", {"PERF": "Y", "SAMPID": "样本-虚构"}, complete=False)
        fill(session, f"{subject}/SCR/MRD", {"SAMPID": "B7731-S01"}, complete=False)
    done = route.send()
    data = plain_bytes(route, done)
    assert "样本-虚构".encode() not in data
    assert b"B7731-S01" in data
    assert done.withheld["sample_id"] == 1


def test_reduced_values_leave_in_place_of_the_exact_ones(route: Route) -> None:
    subject = new_subject(route)
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/ID", {"BRTHDAT": "1930-01-01"}, complete=False)
        fill(session, f"{subject}/SCR/DM", {"CETHNIC": "ZHUANG"}, complete=False)
    done = route.send()
    items = set_items(plain_bytes(route, done))
    found = {a.rpartition("/")[2]: v for a, v in items.items() if "/DM#" in a}
    assert found["CETHNIC"] == "OTHER"
    assert found["AGE"] == ">89"
    assert b"ZHUANG" not in plain_bytes(route, done).replace(b'"code":"ZHUANG"', b"")


def test_counts_by_reason_add_up(charted_route: Route) -> None:
    done = charted_route.send()
    assert done.opened + sum(done.withheld.values()) == done.records
    assert done.head_after.seq == done.records


def test_who_may_not_export_and_to_nobody(route: Route, clinic: Clinic) -> None:
    with route.clinic.open("cra") as session, pytest.raises(PermissionDenied):
        export(session, route.stick)
    with clinic.open() as session:
        with pytest.raises(NoRecipient):
            export(session, route.stick)
        with session.reading() as conn:
            assert list(lineage.of_kind(conn, session.folder.chain, Kind.PACKAGE_BEGUN)) == []


def test_without_the_vault_key_nothing_is_exported(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    with route.clinic.open() as session:
        monkeypatch.setattr(session, "_box", None)
        with pytest.raises(VaultNeeded):
            export(session, route.stick)
    assert list(Path(route.stick).iterdir()) == []


def test_whatever_is_said_at_an_identifying_item_the_site_exports_on(route: Route) -> None:
    subject = "01-001"
    with route.clinic.open() as session:
        Casebook(session).create_subject(subject)
        fill(session, f"{subject}/SCR/IC", CONSENT)
        named = locate(session.study, f"{subject}/SCR/ID/PATNAME")
        assert isinstance(named, ItemKey)
        entry = Casebook(session).open(named.form)
        entry.type(named, "合成甲")
        entry.save(complete=False)
        Notes(session).add(named, "合成备注")
        for kind in (Kind.QUERY_OPENED, Kind.CHECK_OUTCOME, Kind.CHECK_ANSWERED):
            body: dict[str, JSON] = {"address": str(named), "text": "synthetic"}
            store_private(session, Entry(kind, RecordClass.PRIVATE, body, subject))
    done = route.send()
    assert "合成" not in plain_bytes(route, done).decode("utf-8", "replace")
    assert route.store.take(done.path)[0].fine


def store_private(session: Session, entry: Entry) -> None:
    """A private record of a kind that no table holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "_project", lambda *_: None)
        session.commit([entry])
