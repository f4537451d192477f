"""Numbers and addresses that tell who a person is: published forms, and lookalikes."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.resources import resource
from mrd_desktop.study.identifiers import identifier_in, identifiers, luhn
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Kind

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "identity" / "phi_formats.json").read_text(
        encoding="utf-8"
    )
)
STORIES = Path(__file__).parents[1] / "vectors" / "stories"
DOCUMENTS = {d["type"]: d for d in VECTORS["other_documents"]}
ONLY_BEHIND_A_WORD = {"Mainland travel permit for Taiwan residents": "台胞证 {}"}
ANOTHER_DOCUMENT = {"H12345678"}
"""No passport, as the vectors say, but a permit."""


def found(text: str, *, sure: bool = False) -> str | None:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return identifier_in(plain, "".join(plain.split()), sure=sure)


@pytest.mark.parametrize("kind", sorted(DOCUMENTS))
def test_published_documents_are_found_and_their_likes_are_not(kind: str) -> None:
    frame = ONLY_BEHIND_A_WORD.get(kind, "{}")
    for number in DOCUMENTS[kind]["valid"]:
        for around in ("{}", "见{}。", "copy of {}, filed", "（{}）"):
            assert found(around.format(frame.format(number))), number
    for number in DOCUMENTS[kind].get("invalid", ()):
        assert found(number) is None or number in ANOTHER_DOCUMENT


@pytest.mark.parametrize("number", VECTORS["phone"]["landline_valid"])
def test_landlines(number: str) -> None:
    for around in ("{}", "科室电话{}", "call {} at noon", "家属：{}"):
        assert found(around.format(number)), number


@pytest.mark.parametrize(
    "number", [*VECTORS["phone"]["mobile_invalid"], *VECTORS["phone"]["service_numbers_not_phi"]]
)
def test_what_is_no_telephone_of_a_person(number: str) -> None:
    assert found(number) is None


@pytest.mark.parametrize(
    "text",
    [
        "110105491231002", "身份证 110105 19491231 002X", "电话 62345678", "tel: 6234 5678",
        "4111 1111 1111 1111", "卡号：6222020000000000000", "港澳通行证 H20123456",
        "台胞证号：12345678", "社保号 A12345678", "MRN: 00123456", "outpatient no. 2300012345",
        "登记号：A00123456", "士字第20012345号", "微信：zhang_san01", "wechat id: zhang_san01",
        "wxid_abcdef12", "qq 10000123", "沪AD12345", "tel010-62345678",
        "ID11010519491231002X", "ring 13800138000now", "a.b@hospital.example.cn",
    ],
)  # fmt: skip
def test_other_spellings_are_found(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        # medicines, lots, samples, articles, genes
        "国药准字H20093000", "H20050123", "批号 G12345678", "lot C12345678", "lot no. 010-62345678",
        "样本号 E12345678", "条码：6222020000000000000", "PMID 34012345", "ENSG00000141510",
        "新PIK3CA突变", "新TP53 R248Q", "新HER2阳性", "rs121913279", "COSM12345", "NM_006218.4",
        # what is written about calling somebody
        "微信随访，无不适", "wechat follow-up done", "QQ plot of residuals", "QQ 1",
        "电话随访 2027-03-16", "电话 12 分钟", "tel. visit on 20270316",
        # dates, measures
        "2027-03-16 10:30", "20270316103000", "depth 30000x, 138 ng", "0.10-62345678",
        "4111 1111 1111 1112", "体重 61.5 kg，身高 160 cm", "阅片号见影像科", "住院号未提供",
        "医保卡未带", "@ 12 周复查", "12@34",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert found(text) is None


def test_every_form_has_a_text_that_only_it_finds() -> None:
    """A form that no test needs would rust: each is taken away in turn, and something is missed."""
    texts = {
        "resident_id": "11010519491231002x", "resident_id_of_15": "110105491231002",
        "mobile": "13800138000", "landline": "010-62345678", "landline_of_a_town": "0755-26501234",
        "landline_without_area": "电话 62345678", "passport": "EA1234567",
        "permit_hong_kong_macao": "M12345678", "permit_hong_kong_macao_named": "通行证 H20123456",
        "permit_taiwan": "台胞证 12345678", "permit_to_hong_kong_macao": "CA1234567",
        "officer_card": "军字第20012345号", "record_number": "住院号 00123456",
        "insurance_number": "医保卡号 12345678", "bank_card": "6222020000000000000",
        "bank_card_named": "", "plate": "京A12345",
        "mail_address": "a@b.example", "wechat": "微信号 zhang_san", "wechat_id": "wxid_abc123",
        "qq": "QQ 10000123",
    }  # fmt: skip
    digits = "911111111111111"
    last = next(d for d in "0123456789" if luhn(digits + d))
    texts["bank_card_named"] = f"卡号 {digits}{last}"
    forms = identifiers()
    every = {f.id for f in (*forms.everywhere, *forms.labelled, *forms.bare)}
    assert texts.keys() == every
    assert {name: found(text) for name, text in texts.items()} == {name: name for name in every}


def test_a_changed_digit_of_a_card_is_no_card(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(200):
        body = "62" + "".join(chance.choice("0123456789") for _ in range(13))
        card = next(f"{body}{d}" for d in "0123456789" if luhn(f"{body}{d}"))
        assert found(card) == "bank_card"
        at = chance.randrange(2, 16)
        wrong = card[:at] + str((int(card[at]) + 1) % 10) + card[at + 1 :]
        assert found(wrong) is None, wrong


def test_a_sample_number_may_look_like_a_document() -> None:
    for number in ("G12345678", "C12345678", "02087654321", "6222020000000000000"):
        assert found(number) is not None
        assert found(number, sure=True) is None
    assert found("B13800138000 138 0013 8000", sure=True) == "mobile"


def story_texts() -> list[str]:
    study = load_study()
    texts = {
        i.name for f in study.forms if not f.private for i in f.items if i.type.kind is Kind.TEXT
    }

    def walk(value: object, name: str = "") -> list[str]:
        if isinstance(value, dict):
            return [t for k, v in value.items() for t in walk(v, k)]
        if isinstance(value, list):
            return [t for v in value for t in walk(v, name)]
        return [value] if isinstance(value, str) and name in texts else []

    said = []
    for path in sorted(STORIES.glob("*.json")):
        for line in json.loads(path.read_text(encoding="utf-8"))["records"]:
            if line.get("form") != "ID":
                said += walk(line)
    return said


def test_no_false_alarm_on_the_synthetic_stories() -> None:
    said = story_texts()
    assert len(said) > 100
    assert [t for t in said if found(t)] == []


def test_no_false_alarm_on_what_the_program_says() -> None:
    """Help, questions, code lists and messages: thousands of lines about the same matters."""
    lines = [
        line
        for folder, pattern in (("help", "**/*.md"), ("study", "**/*.yaml"))
        for path in sorted(resource(folder).glob(pattern))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(lines) > 5000
    assert [line for line in lines if found(line)] == []
