"""The screening and enrolment log: every subject number given out and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mrd_desktop.insight.reports.model import Cell, Column, Report, Said, Table, Words
from mrd_desktop.insight.status import standing
from mrd_desktop.record.casebook import Chart
from mrd_desktop.study.model import Study
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.texts import Text

TITLE = Text("Screening and enrolment log", "筛选与入组登记表")
COLUMNS = (
    Column(Text("Subject", "受试者编号"), 1.1),
    Column(Text("Consent", "知情同意日期"), 1.3),
    Column(Text("Consent form version", "知情同意书版本"), 1.3),
    Column(Text("Eligibility decided", "资格判定日期"), 1.3),
    Column(Text("Eligible", "是否合格"), 0.9),
    Column(Text("Enrolled", "入组日期"), 1.3),
    Column(Text("Group", "组别"), 1.3),
    Column(Text("Why not enrolled", "未入组原因"), 2.2),
    Column(Text("Status", "状态"), 1.3),
)
YES, NO = Text("yes", "是"), Text("no", "否")
NOT_MET = Text("not met: {criteria}", "不符合：{criteria}")
CODED = Text(
    "Subjects stand here by their number; names are in the identification list.",
    "本表仅以编号标识受试者，姓名见受试者鉴认代码表。",
)


def screening_log(study: Study, charts: Iterable[Chart]) -> Report:
    """Everybody who was given a number, by number."""
    rows = tuple(_row(study, chart) for chart in charts)
    return Report(
        "screening", TITLE, (Words(CODED, quiet=True), Table(COLUMNS, rows)), landscape=True
    )


def _row(study: Study, chart: Chart) -> tuple[Cell, ...]:
    scene = chart.scene
    stands = standing(scene)
    choice = scene.form("TC")
    enrolled = choice is not None and choice.text("TC.ENRYN") == "Y"
    eligible = _text(scene, "IE", "IE.IEYN")
    verdict: Said = {"Y": YES, "N": NO}.get(eligible, "")
    enrolment = _date(scene, "TC", "TC.ENRDAT") or _date(scene, "TC", "TC.TCDAT")
    return (
        Cell(chart.data.subject, strong=True),
        Cell(_date(scene, "IC", "IC.RFICDAT")),
        Cell(_text(scene, "IC", "IC.ICVER")),
        Cell(_date(scene, "IE", "IE.IEDAT")),
        Cell(verdict),
        Cell(enrolment if enrolled else ""),
        Cell(stands.group.text if stands.group else ""),
        Cell("" if enrolled else _why_not(study, scene)),
        Cell(stands.status.text),
    )


def _why_not(study: Study, scene: Scene) -> Said:
    """The criteria against, else how it ended."""
    eligibility = scene.form("IE")
    against = ", ".join(_against(study, eligibility)) if eligibility else ""
    if against:
        return NOT_MET.filled(criteria=against)
    end = _text(scene, "EOS", "EOS.DSDECOD")
    codes = study.by_item["EOS.DSDECOD"].codelist
    found = codes.by_code.get(end) if codes and end else None
    return found.text if found else ""


def _against(study: Study, line: Line) -> Iterator[str]:
    """Names of the criteria that speak against the subject: INCL04, EXCL02."""
    for item in study.by_form["IE"].items:
        wrong = {"INCL": "N", "EXCL": "Y"}.get(item.name[:4])
        if wrong is not None and item.name[4:].isdigit() and line.text(item.oid) == wrong:
            yield item.name


def _text(scene: Scene, form: str, item: str) -> str:
    found = scene.form(form)
    return (found.text(item) if found else None) or ""


def _date(scene: Scene, form: str, item: str) -> str:
    found = scene.form(form)
    value = found.date(item) if found else None
    return value.text if value else ""
