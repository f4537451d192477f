"""A row like another one takes over what the definition lets it, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locating import locate
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.study.model import Form
from tests.clinic import Clinic


def carrying(form: Form, oid: str) -> Form:
    """The form with one item that may be carried over."""
    groups = (
        replace(g, items=tuple(replace(i, carry=i.oid == oid) for i in g.items))
        for g in form.groups
    )
    return replace(form, groups=tuple(groups))


def test_only_what_may_be_carried_over_stands_in_the_new_row(charted: Clinic) -> None:
    with charted.open() as session:
        key = locate(session.study, "01-001/SCR/PRT")
        assert isinstance(key, FormKey)
        entry = Casebook(session).open(key)
        first = next(r.key for g in entry.groups() if g.group.name == "PRTD" for r in g.rows)
        entry.type(ItemKey(first, "BRAND"), "HLX02")
        plain = entry.add_row("PRTD", like=first)
        assert plain.structure
        rows = [r for g in entry.groups() if g.group.name == "PRTD" for r in g.rows]
        assert all(f.answer is None for f in rows[-1].fields if not f.derived)
        entry.form = carrying(entry.form, "PRTD.DRUG")
        entry.add_row("PRTD", like=first)
        rows = [r for g in entry.groups() if g.group.name == "PRTD" for r in g.rows]
        taken = {f.key.item: f.answer for f in rows[-1].fields if f.answer and not f.derived}
        assert taken == {"DRUG": entry.field(ItemKey(first, "DRUG")).answer}
        entry.undo()
        assert (
            len([r for g in entry.groups() if g.group.name == "PRTD" for r in g.rows])
            == len(rows) - 1
        )
