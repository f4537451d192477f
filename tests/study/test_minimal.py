"""Every item says what it is asked for, and none is an identifier that nobody marked (R-PRV-01)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mrd_desktop.record import projection
from mrd_desktop.study import minimal
from mrd_desktop.study.errors import DefinitionError, DefinitionForPractice
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Item, Phi, Requirement, Study
from mrd_desktop.texts import Text
from mrd_desktop.transfer import amending, amendment
from mrd_desktop.vault import crypto, folder
from mrd_desktop.vault.folder import create_site, create_store
from tests.study.importing.vectors import imported
from tests.transfer.edition import edition
from tests.transfer.route import SPONSOR_PASSWORD, Store

PASSWORD = "violet lantern orbit maple synthetic"
ITEM = """      - oid: VS.{name}
        en: {en}
        zh: {zh}
        type: T(40)
        required: O
"""


def with_item(to: Path, name: str, en: str, zh: str, more: str = "") -> Study:
    """The shipped definition with one more question on a clinical form."""
    item = ITEM.format(name=name, en=en, zh=zh) + more
    return load_study(
        edition(to, "0.2", VS=[("    items:\n", f"    items:\n{item}\n")]), cached=False
    )


def without_purpose(to: Path) -> Path:
    """The shipped definition with a form that does not say what it is asked for."""
    path = edition(to, "0.2")
    form = path / "forms" / "VS.yaml"
    words = form.read_text("utf-8")
    begin, end = words.index("purpose:"), words.index("groups:")
    form.write_text(words[:begin] + words[end:], "utf-8")
    return path


def test_nothing_is_wanting_in_the_definition_that_is_shipped() -> None:
    study = load_study()
    assert minimal.wanting(study) == ()
    for oid in study.by_item:
        purpose = study.purpose_of(oid)
        assert purpose is not None
        assert purpose.protocol in study.protocol_parts


def test_a_purpose_is_inherited_unless_there_is_one_nearer(tmp_path: Path) -> None:
    study = load_study()
    form, group = study.by_form["LAB"], study.by_form["LAB"].by_group["TROPONI"]
    assert study.purpose_of("LAB.WBCVAL") == form.purpose
    assert study.purpose_of("LAB.TROPONIVAL") == group.purpose != form.purpose
    own = "        purpose: {en: Synthetic, zh: 合成, protocol: SAFETY}\n"
    study = with_item(tmp_path / "own", "MOOD", "Mood", "情绪", own)
    found = study.purpose_of("VS.MOOD")
    assert found is not None
    assert found.text == Text("Synthetic", "合成")


def test_a_form_without_a_purpose_is_good_for_practice_only(tmp_path: Path) -> None:
    study = load_study(without_purpose(tmp_path / "bare"), cached=False)
    found = minimal.wanting(study)
    assert {w.item for w in found} == {i.oid for i in study.by_form["VS"].items}
    with pytest.raises(DefinitionForPractice, match=r"VS\.\w+: no purpose.*\(6 more\)") as refused:
        minimal.require(study)
    assert "另有 6 项" in refused.value.text.zh


def test_a_part_of_the_protocol_that_nobody_named_does_not_load(tmp_path: Path) -> None:
    wrong = edition(tmp_path / "wrong", "0.2", VS=[("protocol: SAFETY", "protocol: SAFTY")])
    with pytest.raises(DefinitionError, match=r"VS\.yaml:\d+: there is no part SAFTY.*SAFETY"):
        load_study(wrong, cached=False)


@pytest.mark.parametrize(
    ("name", "en", "zh", "kind"),
    [
        ("WHO", "Patient name", "受检者", "name"),
        ("WHO", "Initials", "缩写", "name"),
        ("WHO", "Asked of", "患者姓名", "name"),
        ("PATNAM", "Who", "谁", "name"),
        ("CARD", "ID card", "卡", "identity_document"),
        ("CARD", "Card", "身份证号码", "identity_document"),
        ("CARD", "Passport", "本", "identity_document"),
        ("CARD", "Card", "公民身份号码", "identity_document"),
        ("PLACE", "Place", "现居住地", "address"),
        ("PLACE", "Place", "居住地区", "address"),
        ("PLACE", "Place", "工作单位", "address"),
        ("CALL", "Telephone at home", "号", "telephone"),
        ("CALL", "To be called", "手机号", "telephone"),
        ("TEL2", "To be called", "号", "telephone"),
        ("PLACE", "Home address", "处", "address"),
        ("PLACE", "Place", "家庭住址", "address"),
        ("ADDR", "Place", "处", "address"),
        ("WRITE", "E-mail", "写", "mail"),
        ("WRITE", "Write to", "微信号", "mail"),
        ("WRITE", "Write to", "ＱＱ号码", "mail"),
        ("CHART", "Hospital record number", "号", "hospital_number"),
        ("CHART", "Chart", "住院号", "hospital_number"),
        ("WHEN", "Date of birth", "日", "birth"),
        ("WHEN", "When", "出生日期", "birth"),
        ("PAY", "Bank account", "付", "bank"),
        ("PAY", "To pay", "银行卡号", "bank"),
        ("KINREL", "Relation", "关系", "kin"),
        ("WITH", "With", "联系人", "kin"),
        ("SEEN", "Photograph of the face", "图", "picture"),
        ("SEEN", "Seen", "指纹", "picture"),
    ],
)
def test_an_identifier_by_its_name_is_marked_or_explained(
    name: str, en: str, zh: str, kind: str
) -> None:
    item = Item(
        f"VS.{name}", Text(en, zh), load_study().by_item["AE.TERM"].type, Requirement.OPTIONAL
    )
    assert minimal.identifier_named(item) == kind
    study = _with(load_study(), item)
    (found,) = minimal.wanting(study)
    assert found.item == item.oid
    assert minimal.KINDS[kind].en in found.text.en
    assert minimal.KINDS[kind].zh in found.text.zh
    why = Text("synthetic reason", "合成理由")
    for mended in (replace(item, phi=Phi.DIRECT), replace(item, harmless=why)):
        assert minimal.wanting(_with(load_study(), mended)) == ()
    assert minimal.wanting(_with(load_study(), replace(item, phi=Phi.QUASI))) != ()


def _with(study: Study, item: Item) -> Study:
    form = study.by_form["VS"]
    group = replace(form.groups[0], items=(*form.groups[0].items, item))
    forms = tuple(replace(f, groups=(group,)) if f is form else f for f in study.forms)
    return replace(study, forms=forms)


@pytest.mark.parametrize(
    ("name", "en", "zh"),
    [
        ("DRUG", "Name of other drug", "其他药物名称"),
        ("TEST", "Assay name", "检测产品名称"),
        ("MODE", "Contact mode", "随访方式"),
        ("WHEN", "Date", "发生日期"),
        ("NUM", "Number of lesions", "病灶数目"),
        ("KIND", "Kind", "种类"),
        ("SAMP", "Sample ID", "样本编号"),
        ("GENE", "Signature of genes", "基因特征"),
    ],
)
def test_what_is_none_needs_no_explanation(name: str, en: str, zh: str) -> None:
    item = Item(
        f"VS.{name}", Text(en, zh), load_study().by_item["AE.TERM"].type, Requirement.OPTIONAL
    )
    assert minimal.identifier_named(item) is None


def test_every_item_of_the_identity_form_is_known_by_its_name_but_those_of_the_study() -> None:
    """The list is held against what a clinic really asks a person."""
    items = load_study().by_form["ID"].items
    assert {i.oid for i in items if minimal.identifier_named(i) is None} == {
        "ID.LNKSUBJ", "ID.SRCLOC",
    }  # fmt: skip


def test_every_kind_of_the_data_has_words() -> None:
    assert set(minimal._names()) == set(minimal.KINDS)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setattr(crypto, "calibrated", lambda: crypto.FLOOR)
    return load_study(without_purpose(tmp_path / "bare"), cached=False)


def test_no_live_folder_is_made_of_what_is_good_for_practice(tmp_path: Path, bare: Study) -> None:
    with pytest.raises(DefinitionForPractice):
        create_site(
            tmp_path / "site", site="01", name="Synthetic", training=False, admin="admin",
            password=PASSWORD, study=bare, fold=projection.fold,
        )  # fmt: skip
    with pytest.raises(DefinitionForPractice):
        create_store(
            tmp_path / "store", training=False, admin="boss", password=PASSWORD, study=bare,
            fold=projection.fold,
        )  # fmt: skip
    assert not (tmp_path / "site").exists()
    assert not (tmp_path / "store").exists()
    create_site(
        tmp_path / "practice", site="01", name="Synthetic", training=True, admin="admin",
        password=PASSWORD, study=bare, fold=projection.fold,
    )  # fmt: skip


def test_an_address_that_nobody_marked_opens_no_live_site(tmp_path: Path, bare: Study) -> None:
    asked = with_item(tmp_path / "asked", "HOME", "Where the person lives", "家庭住址")
    with pytest.raises(DefinitionForPractice, match=r"VS\.HOME.*address.*phi: D"):
        create_site(
            tmp_path / "site", site="01", name="Synthetic", training=False, admin="admin",
            password=PASSWORD, study=asked, fold=projection.fold,
        )  # fmt: skip


def test_a_live_store_puts_none_in_force(tmp_path: Path, bare: Study) -> None:
    study = load_study()
    create_store(
        tmp_path / "store", training=False, admin="boss", password=SPONSOR_PASSWORD, study=study,
        fold=projection.fold,
    )  # fmt: skip
    with Store(tmp_path / "store", study).open() as session:
        with pytest.raises(DefinitionForPractice):
            amending.amend(session, tmp_path / "bare")
        assert session.study.digest == study.digest
    with pytest.raises(DefinitionForPractice):
        amendment.check_amendment(study, bare, live=True)
    amendment.check_amendment(study, bare, live=False)


def test_a_live_folder_whose_definition_says_no_purpose_works_on(
    tmp_path: Path, bare: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was good when it came into force; what is saved under it stays."""
    with monkeypatch.context() as patch:
        patch.setattr(folder.minimal, "require", lambda _: None)
        create_store(
            tmp_path / "store", training=False, admin="boss", password=SPONSOR_PASSWORD,
            study=bare, fold=projection.fold,
        )  # fmt: skip
    with Store(tmp_path / "store", bare).open() as session:
        assert session.study.digest == bare.digest


def test_a_study_from_elsewhere_is_good_for_practice_and_says_so() -> None:
    made = imported("redcap")
    assert {w.item for w in minimal.wanting(made.study)} == set(made.study.by_item)
    assert [r.code for r in made.remarks].count("purpose") == 1
