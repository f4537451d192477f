"""Stories with changes, cut at their day, and what is derived from them."""

from __future__ import annotations

from mrd_desktop.insight.course import Course, course
from mrd_desktop.study.cut import cut
from mrd_desktop.study.load import load_study
from mrd_desktop.study.scene import Scene
from tests.study.edits import edited

FAILURE, PAUSED, CONTINUED = "01-001", "01-002", "01-004"


def seen(subject: str, *edits: str) -> Scene:
    """The scene of a changed story, cut at its day."""
    study = load_study()
    return Scene(study, cut(study, edited(study, subject, edits).data), vault=True)


def going(subject: str, *edits: str) -> tuple[Scene, Course]:
    """The scene with the course of an enrolled subject."""
    scene = seen(subject, *edits)
    found = course(scene)
    assert isinstance(found, Course)
    return scene, found


def died(day: str, cause: str = "BC") -> str:
    return f"+DTH@LOG DTHDAT={day}; CAUSE={cause}; SRC=FAMILY; PDYN=N"


def progressed(day: str, basis: str = "NEWLES") -> str:
    return f"+PD@LOG PDDAT={day}; BASIS=[{basis}]; SITES=[LIVER]; WHEN=OFF; EVAL=INVESTIGATOR"


def ended(day: str, why: str, contact: str | None = None, use: str = "") -> str:
    data = f"; DATAUSE={use}" if use else ""
    return f"+EOS@EOS DSDECOD={why}; DSSTDAT={day}; LSTCONT={contact or day}{data}"


UNTIL_M06 = (
    *("-TA@M09", "-TA@UNS", "-TA@M12", "-TA@M15", "-TA@M18"),
    *("-*RES", "-*TX", "-*CONV"),
    *("-MRD@M09", "-MRD@UNS", "-MRD@UNS", "-MRD@M12", "-MRD@M15", "-MRD@M18"),
    *("-SV@M09", "-SV@UNS", "-SV@UNS", "-SV@M12", "-SV@M15", "-SV@M18"),
    *("-TM@M09", "-TM@UNS", "-TM@UNS", "-TM@M12", "-TM@M15", "-TM@M18"),
    *("-CV@UNS", "-CV@M12", "-CV@M15", "-CV@M18"),
    *("-PS@M09", "-PS@M12", "-PS@M15", "-PS@M18"),
)
"""The paused patient seen no longer than month 6 (2026-04-22), never positive."""
