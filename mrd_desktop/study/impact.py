"""What an amendment means for the forms: which it touches, and what it asks anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mrd_desktop.study.compare import Change, Subject
from mrd_desktop.study.model import Requirement, Study

_ASKED: Final = (Requirement.MUST, Requirement.REQUIRED, Requirement.CONDITIONAL)


def affected_forms(study: Study, changes: Iterable[Change]) -> tuple[str, ...]:
    """The forms of which something changes: their items, words, codes, checks or derivations."""
    touched: set[str] = set()
    for change in changes:
        touched |= set(forms_of(study, change))
    return tuple(f.oid for f in study.forms if f.oid in touched)


def forms_of(study: Study, change: Change) -> tuple[str, ...]:
    """The forms that one change touches, in the order of the study."""
    touched = _touched(study, change)
    return tuple(f.oid for f in study.forms if f.oid in touched)


def _touched(study: Study, change: Change) -> set[str]:
    name = change.name
    match change.subject:
        case Subject.FORM:
            return {name}
        case Subject.SECTION:
            return {f.oid for f in study.forms if any(g.oid == name for g in f.groups)}
        case Subject.ITEM | Subject.DERIVATION:
            return {f.oid for f in study.forms if any(i.oid == name for i in f.items)}
        case Subject.CODELIST | Subject.CODE:
            lists = {name, name.partition(".")[0], name.rpartition(".")[0]}
            return {
                f.oid
                for f in study.forms
                if any(i.codelist and i.codelist.oid in lists for i in f.items)
            }
        case Subject.CHECK:
            return {form for c in study.checks if c.id == name for form in c.forms}
        case _:
            return set()


def newly_required(held: Study, study: Study) -> tuple[str, ...]:
    """Items that must be answered and need not be so far, new ones included."""
    before = {i.oid for f in held.forms for i in f.items if i.required in _ASKED}
    return tuple(
        i.oid for f in study.forms for i in f.items if i.required in _ASKED and i.oid not in before
    )
