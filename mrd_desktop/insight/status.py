"""The status of a subject for the site's screens (section 2.15 of the forms reference).

Derived, and dated by the data, never by the time of entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mrd_desktop.insight.unsettled import unsettled
from mrd_desktop.study.rules.mrd_sequence import conversions
from mrd_desktop.study.rules.treatment_status import status_on
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import day_zero
from mrd_desktop.texts import Text


class Status(Enum):
    """Where a subject stands in the study."""

    NEW = Text("No consent yet", "尚未知情")
    SCREENING = Text("Screening", "筛选中")
    SCREEN_FAILURE = Text("Screen failure", "筛选失败")
    ELIGIBLE = Text("Eligible, choice open", "合格待选择")
    INTERMISSION = Text("Intermission", "间歇组")
    CONTINUE = Text("Continued", "持续治疗组")
    RESUMED = Text("Resumed", "已恢复治疗")
    PROGRESSED = Text("Progressed", "已进展")
    DEAD = Text("Dead", "死亡")
    ENDED = Text("Lost, withdrawn or ended", "失访/退出/结束")

    @property
    def text(self) -> Text:
        """The status in words."""
        return self.value


class Flag(Enum):
    """What stands beside the status."""

    CONVERTED = Text("MRD converted", "MRD转阳")
    CLEARED = Text("MRD cleared", "MRD已转阴")
    UNSETTLED = Text("Choice not valid yet", "治疗选择尚未生效")
    OVERDUE = Text("Screening overdue", "筛选超期")
    WITHDRAWN = Text("Consent withdrawn", "已撤回知情同意")
    LEFT = Text("Left follow-up", "已退出随访")
    SENSITIVE = Text("Sensitive data not agreed to", "未同意处理敏感信息")
    GENES = Text("Genetic testing not agreed to", "未同意基因检测")
    STAYS = Text("Data stay at the site", "数据不外发")

    @property
    def text(self) -> Text:
        """The flag in words."""
        return self.value


@dataclass(frozen=True, slots=True)
class Standing:
    """Status, the group chosen at T0 (None before), and flags."""

    status: Status
    group: Status | None
    flags: tuple[Flag, ...]


def standing(scene: Scene) -> Standing:
    """The status of a subject today."""
    choice = scene.form("TC")
    enrolled = choice is not None and choice.text("TC.ENRYN") == "Y"
    group = choice.text("TC.GROUP") if choice and enrolled else None
    return Standing(
        _status(scene, enrolled=enrolled),
        Status[group] if group in ("INTERMISSION", "CONTINUE") else None,
        tuple(_flags(scene)),
    )


def _status(scene: Scene, *, enrolled: bool) -> Status:
    end, eligibility, consent = scene.form("EOS"), scene.form("IE"), scene.form("IC")
    if scene.form("DTH"):
        return Status.DEAD
    decision = eligibility.text("IE.IEYN") if eligibility else None
    if end and end.text("EOS.DSDECOD"):
        failed = end.text("EOS.DSDECOD") == "SCREEN FAILURE"
        return Status.SCREEN_FAILURE if failed else Status.ENDED
    if scene.form("PD"):
        return Status.PROGRESSED
    now = status_on(scene, scene.today)
    if enrolled and now:
        return Status[now]
    if decision:
        return Status.ELIGIBLE if decision == "Y" else Status.SCREEN_FAILURE
    return Status.SCREENING if consent and consent.date("IC.RFICDAT") else Status.NEW


_ENDS = {"WITHDRAWAL OF CONSENT": Flag.WITHDRAWN, "WITHDRAWAL BY SUBJECT": Flag.LEFT}
_REFUSALS = {
    "IC.ICSENS": Flag.SENSITIVE,
    "IC.ICHGR": Flag.GENES,
    "IC.ICDATA": Flag.STAYS,
}


def _agreed(scene: Scene) -> list[Flag]:
    """What the patient refused or took back: it closes forms, or keeps data from leaving."""
    end, consent = scene.form("EOS"), scene.form("IC")
    taken_back = _ENDS.get(end.text("EOS.DSDECOD") or "") if end else None
    if taken_back is Flag.WITHDRAWN:
        return [Flag.WITHDRAWN]
    asked = (oid for oid in _REFUSALS if consent and oid in scene.study.by_item)
    refused = [_REFUSALS[oid] for oid in asked if consent and consent.text(oid) == "N"]
    return [*([taken_back] if taken_back else []), *refused]


def _flags(scene: Scene) -> list[Flag]:
    flags = [Flag.UNSETTLED] if unsettled(scene) else []
    flags += _agreed(scene)
    last = next((c for c in reversed(conversions(scene)) if c.status != "TRANSIENT"), None)
    if last:
        later = [
            x
            for x in scene.forms("MRD")
            if x.text("MRD.RESULT") == "NEGATIVE" and (x.day("MRD.SAMPDAT") or last.day) > last.day
        ]
        flags.append(Flag.CLEARED if later else Flag.CONVERTED)
    consent = scene.form("IC")
    signed = consent.day("IC.RFICDAT") if consent else None
    if (
        signed
        and day_zero(scene) is None
        and not scene.form("EOS")
        and (scene.today - signed).days > scene.parameter("SCRWIN")
    ):
        flags.append(Flag.OVERDUE)
    return flags
