"""Every numbered check fires and is quiet where it should; stories and their mutations."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.study.checks import dependants, findings
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Severity, Study
from tests.study.check_cases import FIRES, QUIET, Case
from tests.study.edits import changed, edited
from tests.study.stories import SUBJECTS, scene
from tests.study.wording import NARROW_BESIDE_HAN, narrow

CRF = Path(__file__).parents[1] / "vectors" / "crf" / "crf.json"
NUMBERED: list[dict[str, Any]] = json.loads(CRF.read_text(encoding="utf-8"))["checks"]

SOFT_EXPECTED = {
    "01-001": [],
    "01-002": [("EC-086", "01-002/M15#1/SV#1/A#1/VISDAT")],
    "01-004": [("EC-130", "01-004/M09#1/CV#1/A#1/LVEF")],
}
"""Section 5.6 of the CRF reference: the only open checks of the unchanged stories."""

MUTATIONS: tuple[tuple[int, str, tuple[str, ...], str], ...] = (
    (1, "01-002", ("ID.IDNO=990101197809020228",), "EC-002"),
    (2, "01-002", ("ID.BRTHDAT=1978-09-03",), "EC-003"),
    (3, "01-002", ("SV@M18.VISDAT=2027-07-22",), "EC-008"),
    (5, "01-002", ("BCH.STAGE=IIIA",), "EC-011"),
    (6, "01-002", ("CR.CRDAT=2021-11-01",), "EC-013 EC-030"),
    (7, "01-002", ("BCH.METYN=N",), "EC-014"),
    (8, "01-004", ("BCH/PATH#1.ERPCT=0",), "EC-016"),
    (9, "01-002", ("BCH/PATH#1.ISHYN=N",), "EC-017 EC-019 EC-070"),
    (10, "01-002", ("BCH/PATH#1.HER2RAT=3.10",), "EC-018"),
    (12, "01-001", ("PRT#2.ENDAT=2022-03-01",), "EC-020"),
    (13, "01-002", ("PRT#1.CRLINE=Y",), "EC-024"),
    (14, "01-002", ("CR.CONFDAT=2022-11-01",), "EC-031"),
    (15, "01-002", ("CR.SCRIMGD=2025-08-20",), "EC-033 EC-070"),
    (16, "01-002", ("CR/CRL#1.STATE=PRESENT",), "EC-038"),
    (18, "01-002", ("MRD@SCR.SAMPDAT=2025-09-20",), "EC-040"),
    (19, "01-002", ("MRD@M03.SAMPID=B0001-S02",), "EC-041"),
    (20, "01-002", ("MRD@M06.TUBE=EDTA",), "EC-042"),
    (21, "01-002", ("MRD@M18.ASSAY=OTHER-MRD",), "EC-043"),
    (22, "01-002", ("MRD@M03.TISSREF=P07",), "EC-044"),
    (23, "01-002", ("MRD@M03.RPTDAT=2026-01-10",), "EC-046"),
    (24, "01-002", ("MRD@M09.NDET=17",), "EC-047"),
    (25, "01-002", ("MRD@M03.MTM=0.50",), "EC-048"),
    (26, "01-004", ("CONV.CONFDAT=2026-07-25",), "EC-052"),
    (27, "01-004", ("CONV.STATUS=CONFIRMED",), "EC-053"),
    (28, "01-002", ("RES.RESDAT=2026-08-25",), "EC-056"),
    (29, "01-004", ("-CONV",), "EC-058"),
    (30, "01-002", ("-MRD@UNS#2",), "EC-059"),
    (31, "01-002", ("TM@M12.CA153VAL=31.0",), "EC-060"),
    (32, "01-002", ("TM@M12.PLATF=ABBOTT",), "EC-061"),
    (33, "01-002", ("TM@M12.CA153ULN=250.0",), "EC-063"),
    (34, "01-001", ("IE.INCL06=Y",), "EC-070"),
    (35, "01-002", ("TC.TCDAT=2025-10-14",), "EC-072"),
    (36, "01-002", ("TC.REASMAIN=COST",), "EC-074"),
    (37, "01-002", ("TC.REASON=[FEAR]", "TC.REASMAIN=FEAR"), "EC-076"),
    (38, "01-002", ("TC.LASTDOSE=2025-08-01",), "EC-077"),
    (40, "01-004", ("GS.FROM=INTERMISSION", "GS.TO=CONTINUE"), "EC-080"),
    (41, "01-002", ("SV@M12.VISDAT=2026-07-01",), "EC-085 EC-095"),
    (44, "01-002", ("-TM@M06",), "EC-088"),
    (45, "01-004", ("TA@M12.REGION=[CHEST|NECK|PELVIS]",), "EC-092"),
    (50, "01-004", ("GS.GSDAT=2027-02-20",), "EC-100"),
    (51, "01-004", ("TX#27.ADJYN=N", "TX#28.ADJYN=N"), "EC-104"),
    (53, "01-004", ("AE#1.STDAT=2025-10-03",), "EC-111"),
    (54, "01-004", ("AE#1.ENDAT=2026-01-01",), "EC-112"),
    (55, "01-004", ("AE#3.GRADE=5",), "EC-113"),
    (56, "01-004", ("AE#1.OUT=RECOVERING/RESOLVING",), "EC-116"),
    (57, "01-004", ("AE#2.SHOSP=N",), "EC-117"),
    (58, "01-004", ("AE#2.RPTDAT=2026-07-06",), "EC-118"),
    (59, "01-004", ("-AE#3",), "EC-119"),
    (61, "01-004", ("-CV@M06",), "EC-131"),
    (62, "01-002", ("-CV@UNS",), "EC-133"),
    (63, "01-002", ("QOL.FACTB=121.0",), "EC-141"),
    (67, "01-001", ("IE.IEYN=Y",), "EC-155 EC-070"),
    (71, "01-002", ("-DV",), "EC-162"),
)
"""Section 5.8: number, subject, change, checks that must fire."""


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study()


def _fired(study: Study, given: Case, check: str) -> bool:
    seen = edited(study, given.subject, given.edits)
    return bool(findings(seen, checks=[study.by_check[check]]))


def _cases(table: dict[str, tuple[Case, ...]]) -> list[Any]:
    return [
        pytest.param(check, given, id=f"{check}-{' '.join(given.edits)}")
        for check, cases in table.items()
        for given in cases
    ]


def test_every_numbered_check_has_cases_of_both_kinds() -> None:
    wanted = {c["id"] for c in NUMBERED}
    assert len(wanted) == 131
    assert set(FIRES) == wanted
    assert set(QUIET) == wanted
    assert all(FIRES.values())
    assert all(QUIET.values())


@pytest.mark.parametrize(("check", "given"), _cases(FIRES))
def test_check_fires(study: Study, check: str, given: Case) -> None:
    assert _fired(study, given, check)


@pytest.mark.parametrize(("check", "given"), _cases(FIRES))
def test_a_change_that_makes_a_check_fire_is_known_to_concern_it(
    study: Study, check: str, given: Case
) -> None:
    items = {name for edit in given.edits for name in changed(study, edit)}
    assert check in {c.id for c in dependants(study, items)}


@pytest.mark.parametrize(("check", "given"), _cases(QUIET))
def test_check_is_quiet(study: Study, check: str, given: Case) -> None:
    assert not _fired(study, given, check)


@pytest.mark.parametrize("given", NUMBERED, ids=[c["id"] for c in NUMBERED])
def test_check_is_worded_as_in_the_reference(study: Study, given: dict[str, Any]) -> None:
    check = study.by_check[given["id"]]
    assert (check.severity, check.text.en, narrow(check.text.zh)) == (
        Severity(given["severity"]),
        given["en"],
        narrow(given["zh"]),
    )
    # the placeholders a message leaves open are exactly those the check fills
    assert set(check.params) == set(re.findall(r"\{(\w+)\}", given["en"] + given["zh"]))


def test_only_the_checks_that_read_identity_need_the_vault(study: Study) -> None:
    private = {f.oid for f in study.forms if f.private}
    for check in study.checks:
        reads = {oid.partition(".")[0] for oid in check.fires.reads}
        if reads & private and check.id.startswith("EC-"):
            assert check.vault, check.id


@pytest.mark.parametrize("subject", SUBJECTS)
def test_story_has_exactly_the_expected_findings(study: Study, subject: str) -> None:
    found = [(f.check.id, str(f.key)) for f in findings(scene(study, subject))]
    assert found == SOFT_EXPECTED[subject]


@pytest.mark.parametrize(
    ("subject", "edits", "wanted"),
    [m[1:] for m in MUTATIONS],
    ids=[f"{number}-{wanted}" for number, _, _, wanted in MUTATIONS],
)
def test_mutation_fires(study: Study, subject: str, edits: tuple[str, ...], wanted: str) -> None:
    fired = {f.check.id for f in findings(edited(study, subject, edits))}
    assert set(wanted.split()) <= fired


def test_messages_say_what_was_found(study: Study) -> None:
    def message(subject: str, check: str, *edits: str) -> tuple[str, str]:
        found = findings(edited(study, subject, edits), checks=[study.by_check[check]])
        return found[0].text.en, found[0].text.zh

    assert message("01-002", "EC-086") == ("Visit is 5 days outside the window.", "访视超窗5天。")
    assert "INCL06" in message("01-001", "EC-070", "IE.INCL06=Y")[0]
    assert "入选06" in message("01-001", "EC-070", "IE.INCL06=Y")[1]
    assert message("01-002", "EC-088", "-TM@M06") == (
        "Tumour markers of this visit is missing.",
        "本次访视缺少肿瘤标志物。",
    )
    assert message("01-002", "EC-087", "-SV@M18")[1] == "第18个月访视逾期。"
    assert "Abdomen" in message("01-002", "EC-036", "CR.REGION=[BREAST|CHEST|PELVIS]")[0]
    assert message("01-002", "EC-042", "MRD@M06.TUBE=EDTA")[1].startswith("血浆分离延迟（53小时）")
    assert "600 mg" in message("01-004", "EC-102", "TX#1.DOSE=600")[0]
    assert "曲妥珠单抗生物类似药" in message("01-004", "EC-102", "TX#1.DOSE=600")[1]


@pytest.mark.parametrize(
    ("check", "edit", "ended", "late"),
    [
        ("EC-152", "+DTH@LOG DTHDAT=2027-05", "DTHDAT", {"STDAT"}),
        ("EC-159", "+EOS@EOS DSSTDAT=2027-04-21", "DSSTDAT", {"VISDAT", "SAMPDAT", "STDAT"}),
    ],
)
def test_an_end_is_questioned_where_it_stands_and_where_data_follow(
    study: Study, check: str, edit: str, ended: str, late: set[str]
) -> None:
    found = findings(edited(study, "01-002", (edit,)), checks=[study.by_check[check]])
    assert {str(f.key).rpartition("/")[2] for f in found} == {ended, *late}


def test_identity_never_stands_in_a_message(study: Study) -> None:
    seen = edited(study, "01-002", ("ID.IDNO=990101197809020228", "DV.TERM=测试乙 13000000000"))
    texts = [f.text.en + f.text.zh for f in findings(seen)]
    assert not any(secret in t for t in texts for secret in ("测试乙", "9901011978", "13000000000"))


def test_the_way_out_names_what_the_definition_has(study: Study) -> None:
    names = {study.name, *(f.text for f in study.forms), *(i.text for i in study.by_item.values())}
    names |= {k.text for c in study.codelists.values() for k in c.codes}
    known = {n.en for n in names} | {n.zh for n in names}
    ways = [c for c in study.checks if c.way]
    assert len(ways) > 50
    for check in ways:
        assert check.way is not None
        for said in (check.way.en, check.way.zh):
            for name in re.findall("“(.+?)”", said):
                assert any(k.startswith(name) for k in known), f"{check.id}: {name}"
        assert not NARROW_BESIDE_HAN.search(check.way.zh), check.id
        assert check.way.zh.endswith("。") and check.way.en.endswith(".")


def test_the_way_out_is_told_and_the_message_stays_the_reference(study: Study) -> None:
    told = {f.check.id: f for f in findings(edited(study, "01-004", ("-AE#3",)))}["EC-119"]
    assert told.text.zh == "LVEF下降达2级但无相应不良事件。"
    assert told.told.zh == "LVEF下降达2级但无相应不良事件。请在“不良事件”中录入。"
    assert told.told.en.endswith("recorded. Enter it under “Adverse events”.")
    seen = edited(study, "01-002", ("DM.CETHNIC=",))
    (empty,) = (f for f in findings(seen) if f.check.id == "EC-009")
    assert empty.text.zh.startswith("请填写数值或缺失原因")
    assert empty.told.zh == "尚未填写。"


def test_a_visit_form_is_of_the_visit_it_stands_in(study: Study) -> None:
    check = study.by_check["SV.VISIT.H"]
    for subject in SUBJECTS:
        assert findings(scene(study, subject), checks=[check]) == ()
    found = findings(edited(study, "01-002", ("SV@C0.VISIT=W06",)), checks=[check])
    assert [str(f.key) for f in found] == ["01-002/C0#1/SV#1/A#1/VISIT"]
    assert check.blocks
