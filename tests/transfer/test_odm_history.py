"""The history as Transactional ODM: valid, complete, played back it gives what the store holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from lxml import etree
from odmlib import loader as odm_files
from odmlib import odm_loader
from odmlib.odm_1_3_2.rules import oid_ref

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import signing
from mrd_desktop.record.locating import locate
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.model import Phi
from mrd_desktop.texts import Language
from mrd_desktop.transfer.datasets import Source
from mrd_desktop.transfer.odm_history import history
from mrd_desktop.transfer.publish import write_datasets
from tests.schemas import ODM_VARIANTS, odm_schema
from tests.transfer.route import Route, values

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"


@pytest.fixture(scope="module")
def busy(busy_route_template: Route, tmp_path_factory: pytest.TempPathFactory) -> Route:
    """A store that knows changes, removals, a return, queries, notes and a signature."""
    return busy_route_template.copy(tmp_path_factory.mktemp("busy"))


@pytest.fixture(scope="module")
def file(busy: Route, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("odm")
    with busy.store.open() as session, session.reading() as conn:
        write_datasets(conn, session.study, to, ("odm",))
    return to / "odm" / "transactional.xml"


@pytest.fixture(scope="module")
def tree(file: Path) -> etree._ElementTree:
    return etree.parse(file)


@pytest.mark.parametrize("variant", ODM_VARIANTS)
def test_it_is_valid_by_the_official_schema(tree: etree._ElementTree, variant: str) -> None:
    schema = odm_schema(variant)
    assert schema.validate(tree), schema.error_log
    spaces = {etree.QName(e).namespace for e in tree.iter(etree.Element)}
    assert spaces == {ODM[1:-1]}
    assert tree.getroot().get("FileType") == "Transactional"


def test_its_references_hold(file: Path) -> None:
    loader = odm_files.ODMLoader(odm_loader.XMLODMLoader())
    loader.open_odm_document(str(file))
    odm = loader.load_odm()
    checker = oid_ref.OIDRef()  # type: ignore[no-untyped-call]
    assert odm.verify_oids(checker)
    assert checker.check_oid_refs()  # type: ignore[no-untyped-call]


def test_played_back_it_gives_what_the_store_holds(tree: etree._ElementTree, busy: Route) -> None:
    """A reader that knows the standard alone: insert, update, remove, in the order of the file."""
    state: dict[tuple[str, ...], str] = {}
    alive: set[tuple[str, ...]] = set()
    for element, path in _walk(tree):
        act = element.get("TransactionType")
        if act in {"Update", "Remove"}:
            assert path in alive, path
        if act == "Insert":
            assert path not in alive, path
        if act == "Remove":
            for known in [p for p in alive if p[: len(path)] == path]:
                alive.discard(known)
                state.pop(known, None)
        elif act != "Context":
            alive.add(path)
            if element.tag == f"{ODM}ItemData":
                reason = element.find(f"{ODM}Annotation/{ODM}Flag/{ODM}FlagValue")
                null = element.get("IsNull") == "Yes"
                state[path] = reason.text if null else element.get("Value")  # type: ignore[union-attr,assignment]
    with busy.store.open() as session:
        study, held = session.study, values(session)
    wanted: dict[tuple[str, ...], str] = {}
    for address, value in held.items():
        key = locate(study, address)
        assert isinstance(key, ItemKey)
        group = study.by_form[key.form.form].by_group[key.row.group]
        item = group.by_name[key.item]
        if value is None or item.phi is Phi.DIRECT:
            continue
        path = (
            key.subject, f"SE.{key.form.event.event}#{key.form.event.repeat}",
            f"F.{key.form.form}#{key.form.repeat}", f"{group.oid}#{key.row.row}", f"I.{item.oid}",
        )  # fmt: skip
        wanted[path] = ";".join(value[2:-2].split('", "')) if value.startswith('["') else value
    assert state == wanted
    assert len(wanted) > 200


def _walk(tree: etree._ElementTree) -> Iterator[tuple[etree._Element, tuple[str, ...]]]:
    names = {
        "SubjectData": ("SubjectKey", None),
        "StudyEventData": ("StudyEventOID", "StudyEventRepeatKey"),
        "FormData": ("FormOID", "FormRepeatKey"),
        "ItemGroupData": ("ItemGroupOID", "ItemGroupRepeatKey"),
        "ItemData": ("ItemOID", None),
    }

    def down(
        element: etree._Element, path: tuple[str, ...]
    ) -> Iterator[tuple[etree._Element, tuple[str, ...]]]:
        for child in element:
            found = names.get(etree.QName(child).localname)
            if found is None:
                continue
            name, repeat = found
            here = str(child.get(name)) + (f"#{child.get(repeat)}" if repeat else "")
            yield child, (*path, here)
            yield from down(child, (*path, here))

    clinical = tree.getroot().find(f"{ODM}ClinicalData")
    assert clinical is not None
    return down(clinical, ())


def test_every_change_of_a_value_names_who_when_why_and_its_record(
    tree: etree._ElementTree, busy: Route
) -> None:
    told = {
        e.findtext(f"{ODM}AuditRecord/{ODM}SourceID"): e
        for e in tree.iter(f"{ODM}ItemData")
        if e.get("TransactionType") != "Context"
    }
    with busy.store.open() as session, session.reading() as conn:
        records = [r for c in store.chains(conn) for r in store.records(conn, c) if r.opening]
        users = {
            str(s): str(u) for s, u in conn.exec_driver_sql("SELECT session, user FROM p_session")
        }
        study = session.study
    changes = [r for r in records if r.kind is Kind.ITEM_SET and _travels(study, r)]
    assert changes
    for record in changes:
        h, body = record.header, record.body
        element = told[f"{h.chain}:{h.seq}"]
        audit = element.find(f"{ODM}AuditRecord")
        assert audit is not None
        assert audit.findtext(f"{ODM}DateTimeStamp") == h.at
        assert audit.find(f"{ODM}UserRef").get("UserOID") == f"U.01.{users[h.session]}"  # type: ignore[union-attr]
        reason = body.get("reason")
        said = audit.findtext(f"{ODM}ReasonForChange")
        assert said == (reason["code"] if isinstance(reason, dict) else None)


def _travels(study: object, record: Record) -> bool:
    key = locate(study, str(record.body["address"]))  # type: ignore[arg-type]
    assert isinstance(key, ItemKey)
    return record.body.get("source") != "reduced"


def test_queries_and_signatures_stand_where_they_belong(tree: etree._ElementTree) -> None:
    turns = [
        (a.findtext(f"{ODM}Comment"), a.findtext(f"{ODM}Flag/{ODM}FlagValue"), a)
        for a in tree.iter(f"{ODM}Annotation")
        if a.find(f"{ODM}Flag/{ODM}FlagValue[@CodeListOID='CL.TRAIL.QUERY']") is not None
    ]
    said = {words: (state, a) for words, state, a in turns}
    asked = said["Please compare with the chart."]
    answered = said["Compared, it is right."]
    assert (asked[0], answered[0]) == ("OPEN", "ANSWERED")
    assert asked[1].get("SeqNum") == answered[1].get("SeqNum")
    assert asked[1].getparent().get("ItemOID") == "I.VS.PULSE"  # type: ignore[union-attr]
    assert said["Which arm?"][1].find(f"{ODM}Comment").get("SponsorOrSite") == "Sponsor"  # type: ignore[union-attr]
    turns_of_one = [a for words, _, a in turns if words in ("Which arm?", "The left one.")]
    assert [a.get("TransactionType") for a in turns_of_one] == ["Insert", "Update", "Update"]
    assert len({a.get("SeqNum") for a in turns_of_one}) == 1
    (signature,) = tree.iter(f"{ODM}Signature")
    assert signature.find(f"{ODM}UserRef").get("UserOID") == "U.01.inv"  # type: ignore[union-attr]
    assert signature.getparent().tag == f"{ODM}FormData"  # type: ignore[union-attr]


def test_every_annotation_names_its_own_record(tree: etree._ElementTree, busy: Route) -> None:
    """Also where the element bears the record of a change made in the same transaction."""
    told = {
        str(a.get("ID")): a
        for a in tree.iter(f"{ODM}Annotation", f"{ODM}Signature")
        if a.get("ID") is not None
    }
    kinds = {
        Kind.QUERY_OPENED, Kind.QUERY_ANSWERED, Kind.QUERY_CLOSED, Kind.SDV_MARKED,
        Kind.NOTE_ADDED, Kind.FORM_SAVED,
    }  # fmt: skip
    with busy.store.open() as session, session.reading() as conn:
        records = [r for c in store.chains(conn) for r in store.records(conn, c) if r.opening]
        study = session.study
    wanted = {}
    for record in records:
        address = str(record.body.get("address", ""))
        if record.kind in kinds and "/ID#" not in address:
            wanted[f"AN.{record.header.chain}.{record.header.seq}"] = record.kind
        elif record.kind is Kind.SIGNATURE_MADE and address:
            wanted[f"SIG.{record.header.chain}.{record.header.seq}"] = record.kind
    assert len(study.checks) > 10
    assert set(told) == set(wanted)
    assert {Kind.QUERY_OPENED, Kind.QUERY_ANSWERED, Kind.FORM_SAVED} <= set(wanted.values())
    apart = [
        name for name, a in told.items()
        if name.startswith("AN.")
        and (s := a.getparent().findtext(f"{ODM}AuditRecord/{ODM}SourceID"))  # type: ignore[union-attr]
        and s.replace(":", ".") != name[3:]
    ]  # fmt: skip
    assert apart  # the audit record of the element would have told another one


def test_only_people_who_did_something_are_listed(tree: etree._ElementTree) -> None:
    listed = {str(e.get("OID")): str(e.get("UserType")) for e in tree.iter(f"{ODM}User")}
    assert set(listed) == {str(e.get("UserOID")) for e in tree.iter(f"{ODM}UserRef")}
    assert listed["U.01.inv"] == "Investigator"
    assert listed["U.01.crc"] == "Other"
    assert listed["U.SPONSOR.boss"] == "Sponsor"
    names = [etree.QName(e).localname for e in tree.getroot()]
    assert names.index("AdminData") < names.index("ClinicalData")


def test_names_of_persons_have_no_element_even_from_a_sites_own_ledger(
    busy: Route, tmp_path: Path
) -> None:
    with busy.clinic.open() as session, session.reading() as conn:
        source = Source(conn, session.study, Language.EN, date(2027, 6, 30))
        tree = etree.fromstring(b"".join(history(source, "2027-06-30T01:00:00.000Z", tmp_path)))
    study = busy.store.study
    forms = {e.get("FormOID") for e in tree.iter(f"{ODM}FormData")}
    assert "F.VS" in forms
    assert "F.ID" not in forms
    direct = {f"I.{i.oid}" for i in study.by_item.values() if i.phi is Phi.DIRECT}
    assert not direct & {e.get("ItemOID") for e in tree.iter(f"{ODM}ItemData")}


def test_who_signed_stands_there_with_the_printed_name(tree: etree._ElementTree) -> None:
    """11.50 in what is handed out: name, time with zone, meaning (R-SIG-01)."""
    people = {u.get("OID"): u for u in tree.iter(f"{ODM}User")}
    (signature,) = [s for s in tree.iter(f"{ODM}Signature") if s.find(f"{ODM}UserRef") is not None]
    ref = signature.find(f"{ODM}UserRef")
    assert ref is not None
    signer = people[ref.get("UserOID")]
    assert [signer.findtext(f"{ODM}{n}") for n in ("LoginName", "FullName")] == [
        "inv", "测试研究者甲",
    ]  # fmt: skip
    assert str(signature.findtext(f"{ODM}DateTimeStamp")).endswith("Z")
    meant = signature.find(f"{ODM}SignatureRef")
    assert meant is not None
    defined = {d.get("OID"): d for d in tree.iter(f"{ODM}SignatureDef")}
    assert signing.MEANINGS["review"].en in str(
        defined[meant.get("SignatureOID")].findtext(f"{ODM}LegalReason")
    )
