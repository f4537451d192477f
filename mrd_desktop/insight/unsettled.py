"""A recorded choice that a check refuses: planned by, so that no visit is lost, but not yet valid.

The form of the choice can be saved before what it needs is there. Until the check is content the
screens say so, and every analysis lists it; the full set stays who is recorded as enrolled (3.1).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.checks import Finding, findings
from mrd_desktop.study.model import Check, Study
from mrd_desktop.study.scene import Scene

MAKES: Final = ("TC.TCDAT", "TC.ENRYN", "TC.GROUP")
"""What makes the choice: its date, the enrolment and the group."""


def unsettled(scene: Scene) -> Finding | None:
    """The first hard finding on what makes the choice of an enrolled subject."""
    choice = scene.form("TC")
    if choice is None or choice.text("TC.ENRYN") != "Y":
        return None
    found = findings(scene, {choice.form.key}, _checks(scene.study))
    return next((f for f in found if isinstance(f.key, ItemKey)), None)


@lru_cache(maxsize=8)
def _checks(study: Study) -> tuple[Check, ...]:
    return tuple(c for c in study.checks if c.blocks and c.on == "TC" and c.at in MAKES)
