"""Where else a finding looked: the data points of other forms, named and with their values."""

from __future__ import annotations

from dataclasses import dataclass

from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.study.checks import Finding, reads_beyond
from mrd_desktop.study.model import Form, Item, Phi
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.tracing import sources
from mrd_desktop.study.values import show
from mrd_desktop.texts import Language, Text


@dataclass(frozen=True, slots=True)
class Place:
    """A data point that a finding read.

    Attributes:
        shown: its value in print, in either language; empty for what identifies a person.
    """

    key: ItemKey
    form: Form
    item: Item
    shown: Text


def places(scene: Scene, finding: Finding, beside: FormKey | None) -> tuple[Place, ...]:
    """The data points of forms other than ``beside`` (of any without it) a finding was read from.

    What is of the same kind as the data point that the finding stands at comes first.
    """
    if beside and not reads_beyond(scene.study, finding.check, beside.form):
        return ()
    found = []
    for key in sources(scene, finding):
        if key.form != beside:
            found.append(place_at(scene, key))
    at = finding.key
    if isinstance(at, ItemKey):
        form = scene.study.by_form[at.form.form]
        kind = form.by_group[at.row.group].by_name[at.item].type.kind
        found.sort(key=lambda p: p.item.type.kind is not kind)
    return tuple(found)


def place_at(scene: Scene, key: ItemKey) -> Place:
    """A data point, whether or not its form is there."""
    form = scene.study.by_form[key.form.form]
    item = form.by_group[key.row.group].by_name[key.item]
    return Place(key, form, item, _shown(scene, key, item))


def _shown(scene: Scene, key: ItemKey, item: Item) -> Text:
    form = scene.data.by_key.get(key.form)
    row = form.row(key.row.group, key.row.row) if form else None
    answer = row.answers.get(key.item) if row else None
    if answer is None or item.phi is Phi.DIRECT:
        return Text("", "")
    missing = scene.study.codelists["MISS"]
    return Text(show(item, answer, Language.EN, missing), show(item, answer, Language.ZH, missing))
