"""The snapshot as ODM 2.0: valid, its references hold, and what stands beside the values is true.

That it holds every cell of the ledger, and no other, is seen in ``test_formats.py``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from lxml import etree
from odmlib import loader as odm_files
from odmlib import odm_loader
from odmlib.exceptions import OdmlibOIDError
from odmlib.oid_generator import create_oid_checker

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import signing
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locating import locate
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.sdv import SourceChecks
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.study.errors import OdmRefused
from mrd_desktop.study.importing.importer import import_odm
from mrd_desktop.study.model import Phi, Study
from mrd_desktop.texts import Language
from mrd_desktop.transfer import asking, odm2
from mrd_desktop.transfer.datasets import Source
from mrd_desktop.transfer.publish import write_datasets
from tests.schemas import ODM2, odm2_schema, odm2_types
from tests.transfer.busy import sign, vitals_of
from tests.transfer.pair import SUBJECT, Pair
from tests.transfer.route import Route, fill, values

ODM = f"{{{ODM2}}}"
NS = {"o": ODM2}


@pytest.fixture(scope="module")
def route(busy_route_template: Route, tmp_path_factory: pytest.TempPathFactory) -> Route:
    """Besides: a signature that a change took away, a note, comparisons, stray questions."""
    route = busy_route_template.copy(tmp_path_factory.mktemp("odm2"))
    with route.clinic.open() as session:
        study, vitals = session.study, vitals_of(values(session))
    history = "/".join(vitals.split("/")[:2]) + "/BCH#1"
    sign(route, lambda key: str(key) == vitals)
    with route.clinic.open("cra") as session:
        checks = SourceChecks(session)
        seen = {str(v.key): v for v in checks.form(_form(study, vitals))}
        marked = [seen[f"{vitals}/A#1/{name}"] for name in ("PULSE", "WEIGHT")]
        checks.mark(marked, verified=True)
        Queries(session).open(f"{history}/A#1/PRIMDAT", "Which year?")
    with route.clinic.open() as session:
        fill(session, vitals, {"PULSE": "90", "RESP": "", "TEMP": "38.5"}, complete=False)
        pulse = locate(study, f"{vitals}/A#1/PULSE")
        assert isinstance(pulse, ItemKey)
        Notes(session).add(pulse, "Measured twice.")
        Casebook(session).remove(_form(study, history), ChangeReason("WRONGPLACE"))
    with route.clinic.open("cra") as session:
        Queries(session).open(f"{vitals}/A#1/RESP", "Why not counted?")
        consent = "/".join(vitals.split("/")[:2]) + "/IC#1"
        change_lock(session, _form(study, consent), LockAct.FREEZE, ChangeReason("TYPO"))
    assert route.carry().fine
    return route


def _form(study: Study, address: str) -> FormKey:
    key = locate(study, address)
    assert isinstance(key, FormKey)
    return key


@pytest.fixture(scope="module")
def file(route: Route, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(route, tmp_path_factory.mktemp("file"))


def written(route: Route, to: Path) -> Path:
    with route.store.open() as session, session.reading() as conn:
        write_datasets(conn, session.study, to, ("odm2",))
    return to / "odm2" / "snapshot.xml"


@pytest.fixture(scope="module")
def tree(file: Path) -> etree._ElementTree:
    return etree.parse(file)


@pytest.fixture(scope="module")
def records(route: Route) -> Mapping[str, Record]:
    """Every open record of the store, as ``chain:seq`` names it."""
    with route.store.open() as session, session.reading() as conn:
        found = [r for c in store.chains(conn) for r in store.records(conn, c) if r.opening]
    return {f"{r.header.chain}:{r.header.seq}": r for r in found}


def found(tree: etree._ElementTree, path: str) -> list[etree._Element]:
    return list(tree.getroot().iterfind(path, NS))


def said(element: etree._Element, path: str) -> str:
    return element.findtext(path, "", NS) or ""


# -- the definition ------------------------------------------------------------------------------


def test_it_is_valid_by_the_official_schema(file: Path) -> None:
    tree = etree.parse(file)
    schema = odm2_schema()
    assert schema.validate(tree), schema.error_log
    assert {etree.QName(e).namespace for e in tree.iter(etree.Element)} == {ODM2}
    query = next(tree.iter(f"{ODM}Query"))
    query.set("State", "Asked")
    assert not schema.validate(tree)


def test_a_second_reader_reads_the_definition_and_its_references_hold(
    file: Path, route: Route
) -> None:
    loader = odm_files.ODMLoader(odm_loader.XMLODMLoader(model_package="odm_2_0"))
    loader.open_odm_document(str(file))
    odm = loader.load_odm()
    checker = create_oid_checker("odm_2_0")
    assert odm.verify_oids(checker)
    study, version = route.store.study, odm.Study[0].MetaDataVersion[0]
    items = {i.Name: i for i in version.ItemDef if i.OID.startswith("I.")}
    assert set(items) == set(study.by_item)
    for name, item in items.items():
        ours = study.by_item[name]
        told = {t.lang: t._content for t in item.Question.TranslatedText}
        assert told == {"en": ours.text.en, "zh-CN": ours.text.zh}
        listed = item.CodeListRef.CodeListOID if item.CodeListRef else None
        assert listed == (f"CL.{ours.codelist.oid}" if ours.codelist else None)
    kinds = Counter(g.Type for g in version.ItemGroupDef)
    assert kinds == {"Form": len(study.forms), "Section": sum(len(f.groups) for f in study.forms)}
    assert len(version.MethodDef) == len(study.derivations)
    assert [e.OID for e in version.StudyEventDef] == [f"SE.{e.oid}" for e in study.events]
    del version.CodeList[0]
    with pytest.raises(OdmlibOIDError, match="CodeListOID is not found"):
        odm.verify_oids(create_oid_checker("odm_2_0"))


def test_every_reference_of_the_data_leads_somewhere(tree: etree._ElementTree) -> None:
    """odmlib knows no clinical data in 2.0, so a reader of the test's own follows these."""
    defined = {e.get("OID") for e in tree.iter(etree.Element) if e.get("OID")}
    seen: Counter[str] = Counter()
    for path in ("o:ClinicalData", "o:AdminData"):
        for top in found(tree, path):
            for element in top.iter(etree.Element):
                for name, value in element.attrib.items():
                    if str(name).endswith("OID") and name != "OID":
                        assert value in defined, (element.tag, name, value)
                        seen[str(name)] += 1
    assert set(seen) >= {
        "ItemOID", "ItemGroupOID", "StudyEventOID", "CodeListOID", "UserOID", "LocationOID",
        "SignatureOID", "MetaDataVersionOID",
    }  # fmt: skip


def test_names_are_unique_where_the_standard_wants_it(tree: etree._ElementTree) -> None:
    for kind in ("StudyEventDef", "ItemGroupDef", "ItemDef", "CodeList"):
        names = [e.get("Name") for e in tree.iter(f"{ODM}{kind}")]
        assert len(names) == len(set(names)), kind


def test_a_condition_and_a_method_say_what_they_read(tree: etree._ElementTree) -> None:
    (ref,) = found(tree, ".//o:ItemRef[@ItemOID='I.MRD.SAMPDAT']")
    oid = ref.get("CollectionExceptionConditionOID")
    (condition,) = found(tree, f".//o:ConditionDef[@OID='{oid}']")
    assert said(condition, "o:FormalExpression/o:Code") == "not (MRD.PERF = 'Y')"
    (reads,) = condition.iterfind("o:MethodSignature/o:Parameter", NS)
    assert (reads.get("Name"), reads.get("DataType")) == ("MRD.PERF", "text")
    checks = found(tree, ".//o:ItemDef[@Name='VS.TEMP']/o:RangeCheck")
    assert [(c.get("Comparator"), c.get("SoftHard"), said(c, "o:CheckValue")) for c in checks] == [
        ("GE", "Hard", "34.0"), ("LE", "Hard", "42.5"), ("LE", "Soft", "37.9"),
    ]  # fmt: skip


def test_visits_are_due_as_the_definition_says(tree: etree._ElementTree, route: Route) -> None:
    timed = {
        str(e.get("SuccessorOID")): (
            e.get("PredecessorOID"), e.get("TimepointRelativeTarget"),
            e.get("TimepointPreWindow"), e.get("TimepointPostWindow"),
        )
        for e in tree.iter(f"{ODM}RelativeTimingConstraint")
    }  # fmt: skip
    wanted = {}
    for event in route.store.study.events:
        days, months = event.offset_days, event.offset_months
        if days is not None or months is not None:
            due = f"P{days}D".replace("P-", "-P") if days is not None else f"P{months}M"
            window = (f"P{event.before}D", f"P{event.after}D")
            wanted[f"SE.{event.oid}"] = ("I.TC.TCDAT", due, *window)
    assert timed == wanted
    assert len(wanted) > 10


# -- the values ----------------------------------------------------------------------------------


def test_each_value_is_of_the_official_type_that_its_item_names(tree: etree._ElementTree) -> None:
    kinds = {str(e.get("OID")): str(e.get("DataType")) for e in tree.iter(f"{ODM}ItemDef")}
    schema = odm2_types(tuple(sorted(set(kinds.values()))))
    several = {
        str(e.getparent().get("OID"))  # type: ignore[union-attr]
        for e in tree.iter(f"{ODM}Alias")
        if e.get("Context") == "Several codes"
    }
    lists = {
        str(e.getparent().get("OID")): {  # type: ignore[union-attr]
            i.get("CodedValue")
            for i in found(tree, f".//o:CodeList[@OID='{e.get('CodeListOID')}']/o:CodeListItem")
        }
        for e in tree.iter(f"{ODM}CodeListRef")
    }
    seen: Counter[str] = Counter()
    for data in tree.iter(f"{ODM}ItemData"):
        item = str(data.get("ItemOID"))
        told = data.findall("o:Value", NS)
        assert (data.get("IsNull") == "Yes") == (not told)
        if len(told) > 1:
            assert item in several
            assert [v.get("SeqNum") for v in told] == [str(n + 1) for n in range(len(told))]
        for value in told:
            one = etree.Element(f"{ODM}{kinds[item]}")
            one.text = value.text
            assert schema.validate(one), (item, value.text)
            assert item not in lists or value.text in lists[item]
            seen[kinds[item]] += 1
    assert set(seen) >= {"text", "integer", "decimal", "date", "partialDate"}
    wrong = etree.Element(f"{ODM}partialDate")
    wrong.text = "2017-13"
    assert not schema.validate(wrong)


def test_repeat_keys_stand_where_there_may_be_several(tree: etree._ElementTree) -> None:
    """The rule of the standard: present if and only if the definition repeats."""
    repeats = {
        str(e.get("OID")): e.get("Repeating") != "No"
        for e in tree.iter(f"{ODM}StudyEventDef", f"{ODM}ItemGroupDef")
    }
    assert set(repeats.values()) == {True, False}
    for name, tag in (("StudyEvent", "StudyEventData"), ("ItemGroup", "ItemGroupData")):
        for element in tree.iter(f"{ODM}{tag}"):
            keyed = element.get(f"{name}RepeatKey") is not None
            assert keyed == repeats[str(element.get(f"{name}OID"))]


def test_each_recorded_value_has_the_audit_record_that_the_ledger_has(
    tree: etree._ElementTree, route: Route, records: Mapping[str, Record]
) -> None:
    """No container has one: it would count for the calculated values inside."""
    holders = {e.getparent().tag for e in tree.iter(f"{ODM}AuditRecord")}  # type: ignore[union-attr]
    assert holders == {f"{ODM}ItemData", f"{ODM}Query"}
    audits = found(tree, ".//o:ItemData/o:AuditRecord")
    with route.store.open() as session, session.reading() as conn:
        rows = conn.exec_driver_sql(
            "SELECT i.chain, i.seq, i.source, f.form, i.grp, i.item FROM p_item i"
            " JOIN p_form f ON f.form_id = i.form_id AND f.removed = 0 AND f.saved_seq IS NOT NULL"
            " JOIN p_event e ON e.subject = f.subject AND e.event = f.event"
            "  AND e.event_repeat = f.event_repeat AND e.removed = 0"
            " LEFT JOIN p_row r ON r.form_id = i.form_id AND r.grp = i.grp AND r.row = i.row"
            " WHERE coalesce(r.removed, 0) = 0 AND (i.value IS NOT NULL OR i.missing IS NOT NULL)"
        ).all()
        users = {
            str(s): str(u) for s, u in conn.exec_driver_sql("SELECT session, user FROM p_session")
        }
        study = session.study
    wanted = {
        f"{chain}:{seq}": source
        for chain, seq, source, form, group, item in rows
        if study.by_form[form].by_group[group].by_name[item].phi is not Phi.DIRECT
    }
    told = [said(audit, "o:SourceID") for audit in audits]
    assert Counter(told) == Counter(list(wanted))
    reasons = set()
    for audit in audits:
        source = said(audit, "o:SourceID")
        record = records[source]
        assert said(audit, "o:DateTimeStamp") == record.header.at
        user = audit.find("o:UserRef", NS)
        assert user is not None
        assert user.get("UserOID") == f"U.01.{users[record.header.session]}"
        assert (audit.get("UsedMethod") == "Yes") == (wanted[source] in ("derived", "labrange"))
        reason = record.body.get("reason")
        assert said(audit, "o:ReasonForChange") == (
            reason["code"] if isinstance(reason, dict) else ""
        )
        reasons.add(said(audit, "o:ReasonForChange"))
    assert reasons >= {"", "TYPO"}
    assert len(wanted) > 200


# -- what is said beside them ----------------------------------------------------------------------


def _place(element: etree._Element) -> str:
    """Where a query belongs: what it stands in, and from there what its ``Target`` says."""
    steps: list[str] = []
    parent = element.getparent()
    assert parent is not None
    for outer in reversed([parent, *parent.iterancestors()]):
        name = etree.QName(outer).localname.removesuffix("Data")
        oid = outer.get(f"{name}OID") or outer.get("SubjectKey")
        if oid and name != "Clinical":
            steps.append(_step(oid, outer.get(f"{name}RepeatKey")))
    target = element.get("Target")
    if target:
        assert parent.xpath(re.sub(r"(^|/)(\w+)\[", r"\1o:\2[", target), namespaces=NS) == []
        for step in target.split("/"):
            told = dict(re.findall(r"@(\w+)='([^']*)'", step))
            oid = next(v for n, v in told.items() if n.endswith("OID"))
            steps.append(_step(oid, next((v for n, v in told.items() if "Repeat" in n), None)))
    return "/".join(steps)


def _step(oid: str, repeat: str | None) -> str:
    return oid if oid.startswith("I.") or re.fullmatch(r"\d\d-\d+", oid) else f"{oid}#{repeat or 1}"


def _wanted_place(study: Study, address: str) -> str:
    subject, *steps = address.split("/")
    found = [subject]
    for step, prefix in zip(steps[:2], ("SE.", "F."), strict=False):
        found.append(f"{prefix}{step}")
    if len(steps) > 2:
        form = study.by_form[steps[1].partition("#")[0]]
        name, _, row = steps[2].partition("#")
        found.append(f"{form.by_group[name].oid}#{row}")
        if len(steps) > 3:
            found.append(f"I.{form.by_group[name].by_name[steps[3]].oid}")
    return "/".join(found)


def test_every_query_stands_where_it_belongs_with_all_its_acts(
    tree: etree._ElementTree, route: Route, records: Mapping[str, Record]
) -> None:
    elements = list(tree.iter(f"{ODM}Query"))
    with route.store.open() as session:
        study, asked = session.study, asking.queries(session)
    told = Counter((_place(q), q.get("State"), said(q, "o:Value")) for q in elements)
    assert told == Counter(
        (_wanted_place(study, q.address), q.state.capitalize(), q.text.en)
        for q in asked
        if "/ID#" not in q.address
    )
    acts = {
        source: r.kind
        for source, r in records.items()
        if r.kind.value.startswith("query.") and "/ID#" not in str(r.body.get("address"))
    }
    named = Counter(said(a, "o:SourceID") for a in found(tree, ".//o:Query/o:AuditRecord"))
    assert {s for s in named if records[s].kind is not Kind.CHECK_ANSWERED} == set(acts)
    assert set(named.values()) == {1}
    oids = [q.get("OID") for q in elements]
    assert len(oids) == len(set(oids))
    for query in elements:
        times = [said(a, "o:DateTimeStamp") for a in query.iterfind("o:AuditRecord", NS)]
        assert query.get("LastUpdateDatetime") == times[-1]


def test_a_query_tells_who_asked_and_what_was_answered(tree: etree._ElementTree) -> None:
    by_words = {said(q, "o:Value"): q for q in tree.iter(f"{ODM}Query")}
    asked = by_words["Please compare with the chart."]
    assert (asked.get("Source"), asked.get("Type")) == ("Site Monitor", "Manual")
    assert said(asked, "o:AuditRecord[2]/o:ReasonForChange") == "Compared, it is right."
    assert asked.find("o:AuditRecord[1]/o:ReasonForChange", NS) is None
    ours = by_words["Which arm?"]
    assert ours.get("Source") == "Data Management"
    assert str(ours.get("Name")).startswith("S-")
    assert said(ours, "o:AuditRecord[3]/o:ReasonForChange") == "The left one."
    checks = [q for q in tree.iter(f"{ODM}Query") if q.get("Source") == "System"]
    assert checks
    assert all(q.get("Type") == "System" and str(q.get("Name")).strip() for q in checks)
    gone = by_words["Which year?"]
    assert gone.getparent().tag == f"{ODM}SubjectData"  # type: ignore[union-attr]
    assert "I.BCH.PRIMDAT" in str(gone.get("Target"))
    empty = by_words["Why not counted?"].getparent()
    assert empty is not None
    assert (empty.get("ItemOID"), empty.get("IsNull")) == ("I.VS.RESP", "Yes")
    assert empty.find("o:Annotation", NS) is None


def test_marks_notes_and_states_name_their_record_and_are_of_now(
    tree: etree._ElementTree, records: Mapping[str, Record]
) -> None:
    named: dict[str, list[etree._Element]] = {}
    for annotation in tree.iter(f"{ODM}Annotation"):
        if annotation.get("ID"):
            record = records[str(annotation.get("ID"))[3:].replace(".", ":")]
            named.setdefault(record.kind.value, []).append(annotation)
    (note,) = named["note.added"]
    assert said(note, "o:Comment/o:TranslatedText") == "Measured twice."
    assert note.getparent().get("ItemOID") == "I.VS.PULSE"  # type: ignore[union-attr]
    (mark,) = named["sdv.marked"]  # that of the pulse is of a value that stands no more
    assert mark.getparent().get("ItemOID") == "I.VS.WEIGHT"  # type: ignore[union-attr]
    assert said(mark, "o:Flag/o:FlagValue") == "VERIFIED"
    states = {
        str(a.getparent().get("ItemGroupOID")): said(a, "o:Flag/o:FlagValue")  # type: ignore[union-attr]
        for a in named["form.saved"]
    }
    assert states["F.VS"] == "INCOMPLETE"
    assert states["F.IC"] == "COMPLETE"
    (frozen,) = named["form.frozen"]
    assert frozen.getparent().get("ItemGroupOID") == "F.IC"  # type: ignore[union-attr]
    assert said(frozen, "o:Flag/o:FlagValue") == "FROZEN"
    ids = [e.get("ID") for e in tree.iter(etree.Element) if e.get("ID")]
    assert len(ids) == len(set(ids))


def test_a_signature_stands_until_its_form_is_changed(
    tree: etree._ElementTree, records: Mapping[str, Record]
) -> None:
    signed = [r for r in records.values() if r.kind is Kind.SIGNATURE_MADE and "address" in r.body]
    assert len(signed) == 2
    (signature,) = tree.iter(f"{ODM}Signature")
    form = signature.getparent()
    assert form is not None
    assert form.get("ItemGroupOID") != "F.VS"
    user = signature.find("o:UserRef", NS)
    assert user is not None
    (signer,) = found(tree, f".//o:User[@OID='{user.get('UserOID')}']")
    assert [said(signer, f"o:{n}") for n in ("UserName", "FullName")] == ["inv", "测试研究者甲"]
    (meant,) = found(tree, ".//o:SignatureDef")
    assert signing.MEANINGS["review"].en in said(meant, "o:LegalReason")


def test_only_people_who_did_something_are_listed(tree: etree._ElementTree) -> None:
    listed = {str(e.get("OID")): str(e.get("UserType")) for e in tree.iter(f"{ODM}User")}
    assert set(listed) == {str(e.get("UserOID")) for e in tree.iter(f"{ODM}UserRef")}
    assert listed["U.01.cra"] == "Monitor"
    assert listed["U.01.inv"] == "Investigator"
    assert listed["U.SPONSOR.boss"] == listed["U.01.sponsor"] == "Sponsor"


def test_names_of_persons_have_no_element_even_from_a_sites_own_ledger(
    route: Route, tmp_path: Path
) -> None:
    with route.clinic.open() as session, session.reading() as conn:
        source = Source(conn, session.study, Language.ZH, date(2027, 6, 30))
        pieces = odm2.snapshot(source, "2027-06-30T01:00:00.000Z", tmp_path)
        tree = etree.fromstring(b"".join(pieces))
    study = route.store.study
    groups = {e.get("ItemGroupOID") for e in tree.iter(f"{ODM}ItemGroupData")}
    assert "F.VS" in groups
    assert "F.ID" not in groups
    direct = {f"I.{i.oid}" for i in study.by_item.values() if i.phi is Phi.DIRECT}
    assert not direct & {e.get("ItemOID") for e in tree.iter(f"{ODM}ItemData")}


def test_what_another_computer_said_of_a_query_is_told_too(pair: Pair, tmp_path: Path) -> None:
    with pair.a.open() as session:
        vitals = vitals_of(values(session))
    with pair.a.open("cra") as session:
        Queries(session).open(f"{vitals}/A#1/PULSE", "Synthetic question.")
    pair.move(pair.a, pair.b, SUBJECT)
    with pair.b.open() as session:
        (query,) = (q for q in Queries(session).all() if q.text.en == "Synthetic question.")
        Queries(session).answer(query.query, "Synthetic answer.")
    pair.send(pair.a)
    pair.send(pair.b)
    with pair.store.open() as session, session.reading() as conn:
        write_datasets(conn, session.study, tmp_path, ("odm", "odm2"))
    assert "Synthetic answer." in (tmp_path / "odm" / "transactional.xml").read_text("utf-8")
    tree = etree.parse(tmp_path / "odm2" / "snapshot.xml")
    (asked,) = (q for q in tree.iter(f"{ODM}Query") if said(q, "o:Value") == "Synthetic question.")
    assert asked.get("State") == "Answered"
    assert said(asked, "o:AuditRecord[2]/o:ReasonForChange") == "Synthetic answer."


def test_the_same_ledger_gives_the_same_bytes(file: Path, route: Route, tmp_path: Path) -> None:
    assert written(route, tmp_path).read_bytes() == file.read_bytes()


def test_study_import_refuses_it_and_names_the_version_that_it_reads(file: Path) -> None:
    with pytest.raises(OdmRefused, match=r"1\.3\.2"):
        import_odm(file.read_bytes())
