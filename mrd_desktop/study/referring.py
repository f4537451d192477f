"""Rows that an item points at: an adverse event by its number, a specimen by its label."""

from __future__ import annotations

from dataclasses import dataclass

from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import Item
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.values import show
from mrd_desktop.texts import Language, Text


@dataclass(frozen=True, slots=True)
class Referred:
    """A row that may be pointed at.

    Attributes:
        value: what is kept of it.
        said: what tells it from the others.
    """

    value: str
    said: Text


def referable(scene: Scene, item: Item) -> tuple[Referred, ...]:
    """The rows of the subject that an item may point at, in creation order."""
    if item.refers is None:
        return ()
    form, group, _ = scene.study.places[item.refers.to]
    lines = scene.rows(group.name) if group.repeating else scene.forms(form.oid)
    found: dict[str, Referred] = {}
    for line in lines:
        value = _value(line, item.refers.to)
        if value:
            found.setdefault(value, Referred(value, _said(line, item.refers.shows)))
    return tuple(found.values())


def referred(scene: Scene, item: Item, answer: Answer) -> Text | None:
    """What an answer points at; None where it points at nothing."""
    return next((r.said for r in referable(scene, item) if r.value == answer.text), None)


def _value(line: Line, oid: str) -> str:
    answer = line.answer(oid)
    return answer.text if answer is not None and answer.value is not None else ""


def _said(line: Line, shows: tuple[str, ...]) -> Text:
    study = line.scene.study
    told = [oid for oid in shows if _value(line, oid)]
    en, zh = (
        " · ".join(show(study.by_item[oid], line.answer(oid), spoken) for oid in told)
        for spoken in (Language.EN, Language.ZH)
    )
    return Text(en, zh)
