"""A subject's chart from a story that was changed, as the worklist reads it."""

from __future__ import annotations

from mrd_desktop.record.casebook import Chart, FormLine
from mrd_desktop.record.views import FormState
from mrd_desktop.study.checks import findings
from mrd_desktop.study.scene import Scene
from tests.insight.cases import seen


def charted(subject: str, *edits: str) -> Chart:
    """The chart of a changed story, every form of it complete."""
    return chart_of(seen(subject, *edits))


def chart_of(scene: Scene) -> Chart:
    """The chart of a scene, every form of it complete."""
    keys = [f.key for f in scene.data.forms]
    lines = tuple(
        FormLine(k, FormState.COMPLETE, False, False, False, 0, 0, None, None) for k in keys
    )
    events = tuple(dict.fromkeys(k.event for k in keys))
    return Chart(scene.data, scene, findings(scene), lines, events, {}, ())
