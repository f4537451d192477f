"""Which figures there are, and how each is made from the subjects of an analysis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Final

from mrd_desktop.insight.cohort import GROUPS, Cohort, Endpoint
from mrd_desktop.insight.comparison import compare
from mrd_desktop.insight.competing import Ended, cumulative_incidence
from mrd_desktop.insight.compliance import planned
from mrd_desktop.insight.course import Course, evaluable
from mrd_desktop.insight.figures import curves, swimmers, trends, visits
from mrd_desktop.insight.figures.board import Heading
from mrd_desktop.insight.figures.enrolment import Enrolment, choices, consents
from mrd_desktop.insight.figures.model import LOOKS, Figure
from mrd_desktop.insight.kaplan_meier import Observation, kaplan_meier
from mrd_desktop.insight.mrd_time import mrd_free_interval
from mrd_desktop.insight.outcome import State, TimeToEvent
from mrd_desktop.insight.overall_survival import overall_survival
from mrd_desktop.insight.pfs import Analysis, progression_free_survival
from mrd_desktop.insight.population import Analysed
from mrd_desktop.study.rules.treatment_status import INTERMISSION
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import follow_up_end
from mrd_desktop.texts import Text


class People(Enum):
    """Whom a figure is about (section 3.1 of the reference)."""

    ENROLLED = Text("all enrolled", "全部入组受试者")
    EVALUABLE = Text("MRD evaluable", "MRD 可评价受试者")

    @property
    def text(self) -> Text:
        """In words."""
        return self.value


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be shown; ``group`` None for both."""

    people: People = People.ENROLLED
    group: str | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of figure.

    Attributes:
        name: its stable name; also that of its files.
        hint: what it answers, in a few words.
    """

    name: str
    text: Text
    hint: Text
    make: Callable[[Kind, Analysed, Choice], Figure]


def figure(name: str, seen: Analysed, choice: Choice | None = None) -> Figure:
    """One figure.

    Raises:
        KeyError: there is none of that name.
    """
    kind = BY_NAME[name]
    return kind.make(kind, seen, choice or Choice())


ABOUT: Final = Text(
    "{people}, {groups}; as of {day}; n = {n}", "{people}，{groups}；截至 {day}；n = {n}"
)
BOTH: Final = Text("both groups", "两组")
UNUSABLE: Final = Text(
    "Data points that cannot be used as they stand: {n}. They are listed with the table.",
    "有 {n} 处数据无法按现状使用，明细列于数据表。",
)
REMOVED: Final = Text(
    "Left out because the use of the data was refused: {n}.", "因拒绝使用数据而排除：{n} 例。"
)
OFF_NOTE: Final = Text(
    "S2: intermission only, censored where treatment is resumed or the group changed. It answers "
    "another question than the main analysis.",
    "敏感性分析 S2：仅间歇组，恢复治疗或换组时删失，与主要分析回答的问题不同。",
)
SPECIFIC_NOTE: Final = Text(
    "Censored at progression or death; the cumulative incidence is the main display.",
    "进展或死亡时删失；以累积发生率为主要展示。",
)
SELF_NOTE: Final = Text(
    "Group is the one chosen at T0, whatever happened later.", "按 T0 时选择分组，不随后续变化。"
)
LOD_NOTE: Final = Text(
    "Positive samples without this measure are not drawn.", "阳性但无该指标的样本不绘制。"
)
MARKER_NOTE: Final = Text(
    "CA15-3 as a multiple of the limit of its laboratory.", "CA15-3 以各实验室上限的倍数表示。"
)
DATE_NOTE: Final = Text(
    "Counted where the window has closed before the end of follow-up, or the visit took place.",
    "窗口在随访结束前已关闭或已完成者计入应完成。",
)


def members(seen: Analysed, choice: Choice) -> Cohort:
    """The enrolled subjects of a choice."""
    found = seen.cohort
    kept = [
        (scene, course)
        for scene, course in found.members
        if (choice.group is None or course.group == choice.group)
        and (choice.people is People.ENROLLED or evaluable(scene, course))
    ]
    return replace(found, members=tuple(kept))


def _heading(
    kind: Kind, seen: Analysed, choice: Choice, n: int, notes: Sequence[Text] = ()
) -> Heading:
    told = list(notes)
    problems = len(seen.problems)
    if problems:
        told.append(UNUSABLE.filled(n=problems))
    if seen.cohort.refused:
        told.append(REMOVED.filled(n=len(seen.cohort.refused)))
    groups = LOOKS[choice.group].text if choice.group else BOTH
    people = choice.people.text
    about = ABOUT.filled(day=seen.day.isoformat(), n=n)
    return Heading(
        kind.text,
        Text(
            about.en.replace("{people}", people.en).replace("{groups}", groups.en),
            about.zh.replace("{people}", people.zh).replace("{groups}", groups.zh),
        ),
        tuple(told),
    )


def _groups(choice: Choice, of: Sequence[str] = GROUPS) -> tuple[str, ...]:
    return tuple(group for group in of if choice.group in (None, group))


# --- curves -------------------------------------------------------------------------------


def _survival(
    endpoint: Endpoint, axis: Text, *more: Text, of: Sequence[str] = GROUPS
) -> Callable[..., Figure]:
    def make(kind: Kind, seen: Analysed, choice: Choice) -> Figure:
        times = _times(endpoint, seen, choice, of)
        observed = {
            group: [Observation(t.days, t.state is State.EVENT) for t in found]
            for group, found in times.items()
        }
        series = curves.survival({g: kaplan_meier(o) for g, o in observed.items()})
        told = curves.notes(series, compare(observed))
        heading = _heading(kind, seen, choice, sum(one.n for one in series), (*told, *more))
        return curves.Curves(heading, series, axis)

    return make


def _incidence(kind: Kind, seen: Analysed, choice: Choice) -> Figure:
    times = _times(mrd_free_interval, seen, choice)
    found = {g: cumulative_incidence(Ended(t.days, t.state) for t in ts) for g, ts in times.items()}
    series = curves.incidence(found)
    notes = (*curves.notes(series, None), curves.COMPETING, curves.CHOSEN)
    heading = _heading(kind, seen, choice, sum(one.n for one in series), notes)
    return curves.Curves(heading, series, _CONVERTED, rising=True)


def _times(
    endpoint: Endpoint, seen: Analysed, choice: Choice, of: Sequence[str] = GROUPS
) -> dict[str, list[TimeToEvent]]:
    """The times of each group; a subject without the endpoint is among the problems."""
    found: dict[str, list[TimeToEvent]] = {group: [] for group in _groups(choice, of)}
    for scene, course in members(seen, choice).members:
        time = endpoint(scene, course)
        if time is not None and course.group in found:
            found[course.group].append(time)
    return found


def _off_treatment(scene: Scene, course: Course) -> TimeToEvent | None:
    return progression_free_survival(scene, course, Analysis.OFF_TREATMENT)


def _overall(_scene: Scene, course: Course) -> TimeToEvent | None:
    return overall_survival(course)


_FREE: Final = Text("Alive without progression", "无进展生存比例")
_ALIVE: Final = Text("Alive", "生存比例")
_UNCONVERTED: Final = Text("Without MRD conversion", "未转阳比例")
_CONVERTED: Final = Text("Converted so far", "累积转阳比例")

# --- courses, trends, counts --------------------------------------------------------------


def _swimmers(kind: Kind, seen: Analysed, choice: Choice) -> Figure:
    found = members(seen, choice).members
    lanes = tuple(swimmers.lane(s, c) for s, c in found if c.group in LOOKS)
    return swimmers.Swimmers(_heading(kind, seen, choice, len(lanes), (SELF_NOTE,)), lanes)


def _trend(read: trends.Read, axis: Text, limit: float | None, note: Text) -> Callable[..., Figure]:
    def make(kind: Kind, seen: Analysed, choice: Choice) -> Figure:
        read_all = (read(s, c) for s, c in members(seen, choice).members if c.group in LOOKS)
        found = tuple(t for t in read_all if t is not None)
        heading = _heading(kind, seen, choice, len(found), (note,))
        return trends.Trends(heading, found, axis, limit)

    return make


def _enrolment(kind: Kind, seen: Analysed, choice: Choice) -> Figure:
    found = [s for s, _ in members(seen, choice).members]
    every = choice.group is None and choice.people is People.ENROLLED
    consented = consents(seen.usable if every else found)
    heading = _heading(kind, seen, choice, len(found))
    return Enrolment(heading, seen.day, consented, choices(found))


def _visits(form: str) -> Callable[..., Figure]:
    def make(kind: Kind, seen: Analysed, choice: Choice) -> Figure:
        scenes = [s for s, _ in members(seen, choice).members]
        lanes = tuple(
            visits.Lane(s.data.subject, follow_up_end(s) < seen.day, tuple(planned(s, form)))
            for s in scenes
        )
        heading = _heading(kind, seen, choice, len(lanes), (DATE_NOTE,))
        counted = [p for x in lanes for p in x.planned if p.expected]
        share = visits.share_words(sum(p.inside for p in counted), len(counted))
        about = Text(f"{heading.about.en}; {share.en}", f"{heading.about.zh}；{share.zh}")
        columns = {p.event.oid: p.due.target for x in lanes for p in x.planned}
        order = sorted(columns, key=lambda v: _place(lanes, v))
        return visits.Visits(replace(heading, about=about), tuple(order), lanes)

    return make


def _place(lanes: Sequence[visits.Lane], visit: str) -> int:
    first = (p for x in lanes for p in x.planned if p.event.oid == visit)
    event = next(first).event
    return event.offset_months * 31 if event.offset_months is not None else event.offset_days or 0


KINDS: Final = (
    Kind(
        "pfs",
        Text("Progression-free survival", "无进展生存（PFS）"),
        Text("treatment choice to progression or death", "自治疗选择至进展或死亡"),
        _survival(progression_free_survival, _FREE),
    ),
    Kind(
        "pfs-off-treatment",
        Text("PFS off treatment (S2)", "停药期间 PFS（S2）"),
        Text("the same, up to resumption", "同上，截至恢复治疗"),
        _survival(_off_treatment, _FREE, OFF_NOTE, of=(INTERMISSION,)),
    ),
    Kind(
        "os",
        Text("Overall survival", "总生存（OS）"),
        Text("treatment choice to death", "自治疗选择至死亡"),
        _survival(_overall, _ALIVE),
    ),
    Kind(
        "conversion",
        Text("Incidence of MRD conversion", "MRD 转阳累积发生率"),
        Text("who converts, by when", "何时转阳、比例多少"),
        _incidence,
    ),
    Kind(
        "mrd-free",
        Text("MRD-free interval (KM)", "无 MRD 间期（KM）"),
        Text("the second display of conversion", "转阳的第二种展示"),
        _survival(mrd_free_interval, _UNCONVERTED, SPECIFIC_NOTE),
    ),
    Kind(
        "courses",
        Text("Single courses", "个体病程图"),
        Text("on and off treatment, MRD, progression, death", "用药与停药、MRD、进展、死亡"),
        _swimmers,
    ),
    Kind(
        "ca153",
        Text("CA15-3 against its limit", "CA15-3 与上限之比"),
        Text("the marker of every subject", "各受试者标志物走势"),
        _trend(trends.marker, Text("CA15-3 / limit", "CA15-3 / 上限"), 1.0, MARKER_NOTE),
    ),
    Kind(
        "vaf",
        Text("ctDNA: mean allele frequency", "ctDNA：平均 VAF"),
        Text("VAF of every positive sample", "各阳性样本 VAF"),
        _trend(trends.allele_frequency, Text("mean VAF, %", "平均 VAF（%）"), None, LOD_NOTE),
    ),
    Kind(
        "mtm",
        Text("ctDNA: tumour molecules", "ctDNA：血浆肿瘤分子数"),
        Text("MTM/mL of every positive sample", "各阳性样本 MTM/mL"),
        _trend(trends.molecules, Text("MTM per mL", "MTM / mL"), None, LOD_NOTE),
    ),
    Kind(
        "enrolment",
        Text("Enrolment", "入组进度"),
        Text("consented and enrolled by month", "按月知情同意与入组"),
        _enrolment,
    ),
    Kind(
        "visits",
        Text("Compliance: visits", "依从性：访视"),
        Text("which visits took place in their window", "各访视是否在窗口内完成"),
        _visits("SV"),
    ),
    Kind(
        "visits-mrd",
        Text("Compliance: MRD samples", "依从性：MRD 采样"),
        Text("the same of MRD samples", "各次 MRD 采样"),
        _visits("MRD"),
    ),
    Kind(
        "visits-tm",
        Text("Compliance: CA15-3", "依从性：CA15-3"),
        Text("the same of CA15-3", "各次 CA15-3"),
        _visits("TM"),
    ),
    Kind(
        "visits-ta",
        Text("Compliance: tumour assessments", "依从性：肿瘤评价"),
        Text("the same of scans", "各次肿瘤评价"),
        _visits("TA"),
    ),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
NAMES: Final = tuple(BY_NAME)


def title_of(name: str, day: date) -> Text:
    """The title with its day, for lists of files."""
    text = BY_NAME[name].text
    return Text(f"{text.en}, {day.isoformat()}", f"{text.zh}，{day.isoformat()}")
