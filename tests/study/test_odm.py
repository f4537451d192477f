"""ODM metadata: valid by the official schema, complete, and bilingual."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree

from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Kind, Study
from mrd_desktop.study.odm import NAMESPACE, metadata_file, version_oid
from tests.schemas import ODM_VARIANTS, odm_schema

NS = {"odm": NAMESPACE}
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
CREATED = datetime(2026, 3, 16, 8, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(cached=False)


@pytest.fixture(params=ODM_VARIANTS)
def schema(request: pytest.FixtureRequest) -> etree.XMLSchema:
    return odm_schema(request.param)


@pytest.fixture(scope="module")
def tree(study: Study) -> etree._Element:
    return etree.fromstring(metadata_file(study, CREATED))


def found(tree: etree._Element, path: str) -> list[etree._Element]:
    return list(tree.iterfind(path, NS))


def test_the_file_is_valid_by_the_official_schema(
    tree: etree._Element, schema: etree.XMLSchema
) -> None:
    assert schema.validate(tree), schema.error_log
    tree_without = etree.fromstring(etree.tostring(tree))
    first = tree_without.find(".//odm:ItemDef", NS)
    assert first is not None
    del first.attrib["DataType"]
    assert not schema.validate(tree_without)


def test_every_part_of_the_study_is_there(study: Study, tree: etree._Element) -> None:
    counts = {
        "StudyEventDef": len(study.events),
        "FormDef": 31,
        "ItemGroupDef": 74,
        "ItemDef": 556,
        "CodeList": 106,
        "CodeListItem": 691,
        "MethodDef": len(study.derivations),
    }
    for name, count in counts.items():
        assert len(found(tree, f".//odm:{name}")) == count, name


def test_every_reference_leads_somewhere(tree: etree._Element) -> None:
    defined = {e.get("OID") for e in tree.iter() if e.get("OID")}
    seen = 0
    for element in tree.iter():
        for key, value in element.attrib.items():
            if key.endswith("OID") and key not in ("OID", "FileOID"):
                seen += 1
                assert value in defined, (element.tag, value)
    assert seen > 1_000


def test_oids_are_unique(tree: etree._Element) -> None:
    oids = [e.get("OID") for e in tree.iter() if e.get("OID")]
    assert len(oids) == len(set(oids))


def test_questions_and_terms_stand_in_both_languages(study: Study, tree: etree._Element) -> None:
    for item in found(tree, ".//odm:ItemDef"):
        ours = study.by_item[str(item.get("Name"))].text
        texts = {t.get(LANGUAGE): t.text for t in found(item, "odm:Question/odm:TranslatedText")}
        assert texts == {"en": ours.en, "zh-CN": ours.zh}
    terms = found(tree, ".//odm:CodeListItem/odm:Decode")
    assert all(len(term) == 2 for term in terms)


def test_a_condition_is_the_exception_to_collection(tree: etree._Element) -> None:
    ref = tree.find(".//odm:ItemRef[@ItemOID='I.MRD.SAMPDAT']", NS)
    assert ref is not None
    oid = ref.get("CollectionExceptionConditionOID")
    condition = tree.find(f".//odm:ConditionDef[@OID='{oid}']/odm:FormalExpression", NS)
    assert condition is not None
    assert condition.text == "not (MRD.PERF = 'Y')"


def test_ranges_are_comparators(tree: etree._Element) -> None:
    checks = found(tree, ".//odm:ItemDef[@Name='VS.TEMP']/odm:RangeCheck")
    told = [
        (c.get("Comparator"), c.get("SoftHard"), c.findtext("odm:CheckValue", None, NS))
        for c in checks
    ]
    assert told == [("GE", "Hard", "34.0"), ("LE", "Hard", "42.5"), ("LE", "Soft", "37.9")]
    (form,) = found(tree, ".//odm:ItemDef[@Name='NL.LNKID']/odm:RangeCheck")
    assert form.get("Comparator") is None
    assert form.findtext("odm:FormalExpression", None, NS) == "matches(NL.LNKID,'N[0-9]{2}')"


def test_items_with_several_codes_are_texts_that_name_their_list(
    study: Study, tree: etree._Element
) -> None:
    several = [i for i in study.by_item.values() if i.type.kind is Kind.CODES]
    assert len(several) == 12
    for item in several:
        node = tree.find(f".//odm:ItemDef[@Name='{item.oid}']", NS)
        assert node is not None and node.find("odm:CodeListRef", NS) is None
        assert item.codelist is not None
        names = {a.get("Name") for a in found(node, "odm:Alias")}
        assert f"CL.{item.codelist.oid}" in names


def test_same_study_same_bytes(study: Study) -> None:
    assert metadata_file(study, CREATED) == metadata_file(study, CREATED)
    assert version_oid(study) == "MDV.0.1"
    assert study.digest.encode() in metadata_file(study, CREATED)
