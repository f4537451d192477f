"""Samples that were drawn before testing was refused: somebody has to see what becomes of them.

A refusal of genetic testing, and a withdrawn consent, close the forms; the blood lies at the
laboratory all the same, and what is left of it may be tested. The program cannot stop that, so it
asks once for who can. It ends with a request of the participant about the samples (kind
``samples``), which has an answer and a last day of its own. Decision 0043.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mrd_desktop.insight.task import Task, Urgency
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text

KIND: Final = "samples"
"""Of the task, and of the request that ends it."""
BLOOD: Final = Text("blood samples: {n}, the last of {last}", "血样 {n} 份，最近采样 {last}")
TISSUE: Final = Text("tissue used for the test", "已用于检测设计的组织")
TELL: Final = Text(
    "Testing is no longer agreed to ({what}): tell the laboratory, and record under Requests what "
    "becomes of the samples",
    "患者不再同意检测（{what}）：请通知检测机构，并在“受试者请求”中登记样本的处理",
)
_NEEDED: Final = frozenset({"IC.ICHGR", "MRD.SAMPDAT", "EOS.DSDECOD", "PATH.MRDUSE"})


def drawn(scene: Scene) -> Iterator[Task]:
    """One task where samples were drawn from somebody who does not agree to testing now."""
    if not scene.study.by_item.keys() >= _NEEDED or not _refused(scene):
        return
    days = [d for mrd in scene.forms("MRD") if (d := mrd.day("MRD.SAMPDAT")) is not None]
    tissue = any(row.text("PATH.MRDUSE") == "Y" for row in scene.rows("PATH"))
    said = [BLOOD.filled(n=len(days), last=max(days))] if days else []
    said += [TISSUE] if tissue else []
    if said:
        what = Text(", ".join(s.en for s in said), "，".join(s.zh for s in said))
        subject = scene.data.subject
        yield Task(KIND, Urgency.DUE, subject, TELL.filled(what=what), None, subject)


def _refused(scene: Scene) -> bool:
    consent, end = scene.form("IC"), scene.form("EOS")
    return (consent is not None and consent.text("IC.ICHGR") == "N") or (
        end is not None and end.text("EOS.DSDECOD") == "WITHDRAWAL OF CONSENT"
    )
