"""Addresses as people write them: full, or without what can be told from the definition.

``01-002/M12/TM/CA153VAL`` means ``01-002/M12#1/TM#1/B#1/CA153VAL``: a missing number is 1, a
missing group is the section the item stands in, and item names may carry their prefix.
"""

from __future__ import annotations

import re

from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.errors import AddressError
from mrd_desktop.study.model import Form, Study

_PART = re.compile(r"([A-Z0-9]+)(?:#([1-9][0-9]{0,5}))?")


def locate(study: Study, text: str) -> Key:
    """The key that an address means in this study.

    Raises:
        AddressError: the address has another shape, or names what the study does not have.
    """
    subject, *parts = text.strip().split("/")
    if isinstance(parse_address(subject), str) and not parts:
        return subject
    event_oid, event_n = _numbered(parts[0], text)
    if event_oid not in study.by_event:
        raise AddressError(text)
    event = EventKey(subject, event_oid, event_n)
    if len(parts) == 1:
        return event
    form_oid, form_n = _numbered(parts[1], text)
    if form_oid not in study.by_form:
        raise AddressError(text)
    key = FormKey(event, form_oid, form_n)
    form = study.by_form[form_oid]
    if len(parts) == 2:
        return key
    if len(parts) == 3:
        if _group(form, parts[2].partition("#")[0]):
            return _row(key, form, parts[2], text)
        return _lone_item(key, form, parts[2], text)
    if len(parts) == 4:
        row = _row(key, form, parts[2], text)
        name = parts[3].rpartition(".")[2]
        if name not in form.by_group[row.group].by_name:
            raise AddressError(text)
        return ItemKey(row, name)
    raise AddressError(text)


def _row(key: FormKey, form: Form, part: str, whole: str) -> RowKey:
    named = part.rpartition(".")[2] if "#" not in part else part
    name, n = _numbered(named, whole)
    if name not in form.by_group:
        raise AddressError(whole)
    return RowKey(key, name, n)


def _lone_item(key: FormKey, form: Form, name: str, whole: str) -> ItemKey:
    short = name.rpartition(".")[2]
    homes = [g.name for g in form.groups if not g.repeating and short in g.by_name]
    if len(homes) != 1:
        raise AddressError(whole)
    return ItemKey(RowKey(key, homes[0]), short)


def _group(form: Form, name: str) -> bool:
    return name.rpartition(".")[2] in form.by_group and name.rpartition(".")[0] in (
        "",
        "IG",
        f"IG.{form.oid}",
    )


def _numbered(part: str, whole: str) -> tuple[str, int]:
    found = _PART.fullmatch(part)
    if not found:
        raise AddressError(whole)
    return found[1], int(found[2] or 1)
