"""Records of an enrolled subject that contradict each other, and what an endpoint made of them.

Entry asks about them; a store may hold them all the same. Each is told with its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mrd_desktop.insight.course import Course
from mrd_desktop.insight.outcome import Problem
from mrd_desktop.study.rules.mrd_sequence import contradictory_results, unturned_positives
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.rules.treatment_starts import unrecorded_starts
from mrd_desktop.study.rules.treatment_status import periods, status_on
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.texts import Text

_NEVER_NEGATIVE: Final = Text(
    "positive without a negative result before it: no conversion can be told",
    "阳性之前无阴性结果，无法判断转阳",
)
_SAME_DAY: Final = Text(
    "contradictory results of one day, without times: the positive one counts",
    "同一天结果互相矛盾且无采样时间，以阳性为准",
)
_LEFT_OVER: Final = Text(
    "a result stands on a form that does not say that it was done: it is not used",
    "未记录已执行的表中留有结果，未采用",
)
_DOSE: Final = Text(
    "a dose in an intermission without a resumption: it counts as the start of treatment",
    "间歇期内有用药但无恢复治疗记录，按开始治疗计",
)
_NO_CHANGE: Final = Text(
    "a change to the status that she has already: it changes nothing", "换组前后状态相同，未生效"
)
_OTHER_SCAN: Final = Text(
    "the scan showing the lesion lies outside its assessment", "显示病灶的检查日期不在本次评价期内"
)
_BEFORE_CR: Final = Text(
    "the scan showing the lesion lies before a later assessment with complete response",
    "显示病灶的检查日期早于其后评价为CR的检查",
)
_NO_PROGRESSION: Final = Text(
    "death from breast cancer without a recorded progression", "死于乳腺癌，但无进展记录"
)
_RESULTS: Final = (("MRD.PERF", "MRD.RESULT"), ("TA.PERF", "TA.OVRL"))


def doubtful(scene: Scene, course: Course) -> Iterator[Problem]:
    """What contradicts itself."""
    for _, line in unturned_positives(scene)[:1]:
        yield _problem(scene, line, "MRD.RESULT", _NEVER_NEGATIVE)
    for line in contradictory_results(scene):
        yield _problem(scene, line, "MRD.RESULT", _SAME_DAY)
    for done, result in _RESULTS:
        for line in scene.forms(done.partition(".")[0]):
            if line.text(done) != "Y" and line.text(result) is not None:
                yield _problem(scene, line, result, _LEFT_OVER)
    for _, line in unrecorded_starts(scene):
        yield _problem(scene, line, "TX.STDAT", _DOSE)
    yield from _idle_changes(scene)
    yield from _lesions(scene)
    death = scene.form("DTH")
    if death and course.progression is None and death.text("DTH.CAUSE") == "BC":
        yield _problem(scene, death, "DTH.CAUSE", _NO_PROGRESSION)


def _idle_changes(scene: Scene) -> Iterator[Problem]:
    """Changes of group that begin no period."""
    begun = {(p.start, p.status) for p in periods(scene)}
    for day, line in dated(scene.forms("GS"), "GS.GSDAT"):
        to = line.text("GS.TO")
        if to and (day, to) not in begun and status_on(scene, day) == to:
            yield _problem(scene, line, "GS.TO", _NO_CHANGE)


def _lesions(scene: Scene) -> Iterator[Problem]:
    """Scans of new lesions that cannot be those of their assessment."""
    seen = [(d, x) for d, x in dated(scene.forms("TA"), "TA.STDAT") if x.text("TA.PERF") == "Y"]
    for number, (start, line) in enumerate(seen):
        end = line.day("TA.ENDAT")
        clear = [d for d, x in seen[:number] if x.text("TA.OVRL") == "CR"]
        for row in line.rows("NL"):
            shown = row.day("NL.DAT")
            if shown is None:
                continue
            if any(shown < day for day in clear):
                yield _problem(scene, row, "NL.DAT", _BEFORE_CR)
            elif shown < start or (end and shown > end):
                yield _problem(scene, row, "NL.DAT", _OTHER_SCAN)


def _problem(scene: Scene, line: Line, oid: str, text: Text) -> Problem:
    return Problem(scene.data.subject, oid, text, used=True, address=str(line.key(oid)))
