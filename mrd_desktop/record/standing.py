"""Derived values that are recorded, and values that may leave only reduced.

Derived items are projections and are computed when read. Two kinds are recorded all the same, as
coded ``item.set`` with source ``derived``: system numbers, which must never shift, and what derives
from the identity vault, which others could not compute. A value that may leave only reduced is
recorded reduced beside the exact one. Both are said by the definition (``recorded`` and
``reduced`` derivations). Source: formats of the project, sections 4 and 7.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from mrd_desktop.ledger.record import Entry, RecordClass
from mrd_desktop.record import entries
from mrd_desktop.record.entries import Source
from mrd_desktop.record.reading import Recorded, recorded_forms
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import Derivation, Form, Phi
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.vault.session import Session


def standing_values(
    session: Session, conn: Connection, scene: Scene, saved: FormKey
) -> Iterator[Entry]:
    """The recorded derived values that a Save of one form makes or changes."""
    study = session.study
    wanted = [
        d
        for d in study.derivations
        if d.recorded
        and (study.form_of[d.item].oid == saved.form or saved.form in _forms_read(scene, d))
        and (scene.vault or not _needs_vault(scene, d))
    ]
    if not wanted:
        return
    box = session.box if session.has_vault else None
    known: dict[ItemKey, Recorded] = {}
    for form in recorded_forms(conn, saved.subject, box):
        known.update(form.items)
    for derivation in wanted:
        owner = study.form_of[derivation.item]
        group = owner.group_of[derivation.item]
        for line in scene.forms(owner.oid):
            for place in line.rows(group.name) if group.repeating else (line,):
                yield from _standing(place, derivation, known)


def _standing(
    line: Line, derivation: Derivation, known: dict[ItemKey, Recorded]
) -> Iterator[Entry]:
    key = line.key(derivation.item)
    old = known.get(key)
    new = line.scene.computed(line, derivation.item)
    if new is None or new == (old.answer if old else None):
        return
    owner = line.scene.study.form_of[derivation.item]
    was = old.by if old else None
    if owner.private:
        yield entries.item_set(key, new, was=was, source=Source.DERIVED, cls=RecordClass.PRIVATE)
        return
    reduced = reduced_answer(line.scene, key, new)
    cls = RecordClass.SITE if reduced else RecordClass.CODED
    yield entries.item_set(key, new, was=was, source=Source.DERIVED, cls=cls)
    if reduced:
        yield entries.item_set(key, reduced, source=Source.REDUCED)


def reduced_answer(scene: Scene, key: ItemKey, exact: Answer | None) -> Answer | None:
    """What may leave in place of an exact value, None where the exact one may leave."""
    if exact is None or exact.value is None:
        return None
    form = scene.study.by_form[key.form.form]
    oid = form.by_group[key.row.group].by_name[key.item].oid
    for reduction in scene.study.reductions:
        if reduction.item == oid:
            to = reduction.reduce(exact.text)
            return None if to is None else Answer(to)
    return None


def value_class(scene: Scene, form: Form, key: ItemKey, answer: Answer | None) -> RecordClass:
    """How far the record of a value may go: only a value that leaves as it is is coded."""
    item = form.by_group[key.row.group].by_name[key.item]
    if form.private or item.phi is Phi.DIRECT:
        return RecordClass.PRIVATE
    return RecordClass.SITE if reduced_answer(scene, key, answer) else RecordClass.CODED


def _forms_read(scene: Scene, derivation: Derivation) -> frozenset[str]:
    study = scene.study
    return frozenset(
        study.form_of[oid].oid for oid in derivation.value.reads if oid in study.form_of
    )


def _needs_vault(scene: Scene, derivation: Derivation) -> bool:
    return any(scene.study.by_form[f].private for f in _forms_read(scene, derivation))
