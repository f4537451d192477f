"""What is told beside a field: meanings, full dates, study days, windows, ages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.echo import birth_dates, echo, visit_dates
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.values import show
from mrd_desktop.texts import Language, Text
from tests.study.stories import records, scene

SUBJECT = "01-002"
"""Choice on 2025-10-20; month 12 is due from 2026-10-06 to 2026-11-03."""


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(cached=False)


@pytest.fixture(scope="module")
def story(study: Study) -> Scene:
    return scene(study, SUBJECT)


@pytest.fixture(scope="module")
def before(study: Study) -> Scene:
    """The same subject before the choice: no study day is known yet."""
    return scene(study, SUBJECT, [r for r in records(SUBJECT) if r["form"] != "TC"])


def told(scene: Scene, oid: str, value: str, event: str = "M12") -> Text:
    form, group, item = scene.study.places[oid]
    key = ItemKey(RowKey(FormKey(EventKey(SUBJECT, event), form.oid), group.name), item.name)
    found = echo(scene, key, item, Answer(value))
    assert found is not None
    return found


def test_a_date_is_told_in_full_with_its_weekday_and_study_day(story: Scene) -> None:
    found = told(story, "AE.STDAT", "2026-10-22", "LOG")
    assert found == Text("2026-10-22 Thu · day 368", "2026-10-22 周四 · 第 368 天")
    assert told(story, "AE.STDAT", "2025-10-20", "LOG").en.endswith("day 1"), "T0 is day 1"
    assert told(story, "AE.STDAT", "2025-10-19", "LOG").en.endswith("day -1"), "there is no day 0"


@pytest.mark.parametrize(
    ("day", "en", "zh"),
    [
        ("2026-10-05", "1 d before the window (10-06 – 11-03)", "早于窗口 1 天（10-06 – 11-03）"),
        ("2026-10-06", "in window (10-06 – 11-03)", "窗口内（10-06 – 11-03）"),
        ("2026-11-03", "in window (10-06 – 11-03)", "窗口内（10-06 – 11-03）"),
        ("2026-11-05", "2 d after the window (10-06 – 11-03)", "晚于窗口 2 天（10-06 – 11-03）"),
        (
            "2025-11-03",
            "337 d before the window (2026-10-06 – 2026-11-03)",
            "早于窗口 337 天（2026-10-06 – 2026-11-03）",
        ),
    ],
)
def test_the_date_of_a_visit_tells_its_place_in_the_window(
    story: Scene, day: str, en: str, zh: str
) -> None:
    for oid in ("SV.VISDAT", "MRD.SAMPDAT", "VS.VSDAT", "TA.STDAT"):
        found = told(story, oid, day)
        assert found.en.endswith(f" · {en}")
        assert found.zh.endswith(f" · {zh}")


def test_a_window_of_one_day_is_told_as_that_day(story: Scene) -> None:
    assert told(story, "SV.VISDAT", "2025-10-20", "C0").zh.endswith("窗口内（10-20）")


def test_only_dates_of_forms_of_several_visits_have_a_window(study: Study, story: Scene) -> None:
    assert visit_dates(study) == {
        *("SV.VISDAT", "MRD.SAMPDAT", "TM.LBDAT", "VS.VSDAT", "PS.RSDAT", "LAB.LBDAT"),
        *("CV.CVDAT", "TA.STDAT", "QOL.QSDAT"),
    }
    for oid, event in (("MRD.RPTDAT", "M12"), ("CR.CRDAT", "SCR"), ("SV.VISDAT", "UNS")):
        assert "window" not in told(story, oid, "2026-10-22", event).en


def test_a_computed_text_is_told_in_words(story: Scene) -> None:
    assert told(story, "IE.AUTO", "PENDING", "SCR") == Text("Pending", "待定")
    assert told(story, "IE.AUTO", "NOT ELIGIBLE", "SCR").zh == "不合格"


def test_criteria_not_met_are_told_as_the_decision_has_them(study: Study, story: Scene) -> None:
    criteria = {i.name: i.text for i in study.by_form["IE"].items if i.name[-2:].isdigit()}
    item = study.by_item["EOS.SFCRIT"]
    assert {code: c.text for code, c in item.meanings.items()} == criteria
    found = told(story, "EOS.SFCRIT", "INCL07;EXCL03", "LOG")
    assert found.zh == f"{criteria['INCL07'].zh}；{criteria['EXCL03'].zh}"
    assert show(item, Answer("INCL07;EXCL03"), Language.EN).startswith("INCL07 CA15-3 negative; ")
    assert show(item, Answer("INCL07;OTHER"), Language.EN) == "INCL07;OTHER", "not guessed at"


def test_before_the_choice_there_is_neither_day_nor_window(before: Scene) -> None:
    assert told(before, "SV.VISDAT", "2025-09-22", "SCR").en == "2025-09-22 Mon"


def test_a_date_of_birth_tells_the_age(study: Study, story: Scene) -> None:
    assert birth_dates(study) == {"ID.BRTHDAT": "IC.RFICDAT"}
    consent = story.form("IC")
    assert consent is not None
    day = consent.day("IC.RFICDAT")
    assert day is not None
    born = date(day.year - 50, day.month, day.day)
    found = told(story, "ID.BRTHDAT", born.isoformat(), "SCR")
    assert found.en.endswith(f" · age 50 on {day}")
    assert found.zh.endswith(f" · {day} 时 50 岁")
    assert "day" not in found.en.partition("age")[0]
    younger = date.fromordinal(born.toordinal() + 1)
    assert "age 49" in told(story, "ID.BRTHDAT", younger.isoformat(), "SCR").en
    after = told(story, "ID.BRTHDAT", f"{day.year + 1}-01-01", "SCR")
    assert "age" not in after.en


def test_without_a_consent_the_age_is_that_of_today(study: Study) -> None:
    alone = scene(study, SUBJECT, [r for r in records(SUBJECT) if r["form"] != "IC"])
    today = alone.today
    found = told(alone, "ID.BRTHDAT", f"{today.year - 40}-01-01", "SCR")
    assert found.zh.endswith("现年 40 岁")


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_what_is_incomplete_stays_so(story: Scene, day: date) -> None:
    year = told(story, "AE.STDAT", f"{day:%Y}", "LOG")
    assert year == Text(f"{day.year}, month unknown", f"{day.year}年，月份不详")
    month = told(story, "AE.STDAT", f"{day:%Y-%m}", "LOG")
    assert month == Text(f"{day:%Y-%m}, day unknown", f"{day.year}年{day.month}月，日不详")
    whole = told(story, "AE.STDAT", day.isoformat(), "LOG")
    assert whole.en.startswith(f"{day} ")
    number = int(whole.en.rpartition("day ")[2])
    zero = date(2025, 10, 20)
    assert date.fromordinal(zero.toordinal() + number - (number > 0)) == day


def test_codes_are_told_by_their_meaning(story: Scene) -> None:
    assert told(story, "MRD.RESULT", "NEGATIVE").zh == "阴性（未检出ctDNA）"
    form, group, item = story.study.places["VS.PULSE"]
    key = ItemKey(RowKey(FormKey(EventKey(SUBJECT, "M12"), form.oid), group.name), item.name)
    assert echo(story, key, item, Answer("84")) is None
    assert echo(story, key, item, Answer(missing="ND")) is None
    assert echo(story, key, item, None) is None
