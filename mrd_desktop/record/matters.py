"""Whether notes, requests and incidents are written as their kinds ask (docs/ledger.md).

The fold passes over what is not well formed; whoever takes records of others judges them with
:mod:`mrd_desktop.record.shapes`, which asks here too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, TypeGuard

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.study.address import parse_address
from mrd_desktop.study.errors import AddressError

REQUEST: Final = "request"
INCIDENT: Final = "incident"
OUTCOMES: Final = ("done", "partly", "refused")
_KINDS: Final = (Kind.NOTE_ADDED, Kind.INCIDENT_NOTED)
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Body = Mapping[str, JSON]


def about_no_place(record: Record) -> bool:
    """Whether an open record is a request or an incident, which stand at no form."""
    kind, body = record.kind, record.body
    return (kind is Kind.NOTE_ADDED and REQUEST in body) or (
        kind is Kind.INCIDENT_NOTED and INCIDENT in body
    )


def fault_of(kind: Kind, body: Body) -> str:
    """What is wrong with a note, a request or an incident; empty where nothing is."""
    if kind is Kind.NOTE_ADDED:
        return "" if _note(body) else "is no note as notes are written"
    if kind is Kind.INCIDENT_NOTED and INCIDENT in body:
        return "" if _incident(body) else "is no incident as incidents are written"
    return ""


def well_formed(record: Record) -> bool:
    """Whether an open record can be read as what it says it is."""
    return not fault_of(record.kind, record.body)


def _note(body: Body) -> bool:
    subject, address = body.get("subject"), body.get("address")
    if not isinstance(body.get("text"), str):
        return False
    if REQUEST in body:
        return _words(subject) and address is None and _request(body[REQUEST])
    if "second" in body and not isinstance(body["second"], Mapping):
        return False
    return address is None or _address(address)


def _request(about: JSON) -> bool:
    if not isinstance(about, Mapping):
        return False
    if "of" in about:
        return _of(about["of"]) and about.get("outcome") in OUTCOMES
    days = (about.get("received"), about.get("due"))
    return _words(about.get("what")) and all(_day(d) for d in days)


def _incident(body: Body) -> bool:
    about = body[INCIDENT]
    if not isinstance(about, Mapping) or not isinstance(body.get("text"), str):
        return False
    if "of" in about:
        told = about.get("told")
        return _of(about["of"]) and _words(about.get("clock")) and (told is None or _time(told))
    persons, clocks = about.get("persons"), about.get("clocks")
    counted = persons is None or (_number(persons) and persons >= 0)
    return (
        _words(about.get("what"))
        and _time(about.get("discovered"))
        and counted
        and isinstance(clocks, Mapping)
        and all(_time(until) for until in clocks.values())
    )


def _of(named: JSON) -> bool:
    if not isinstance(named, Mapping):
        return False
    seq = named.get("seq")
    return _words(named.get("chain")) and _number(seq) and seq > 0


def _number(value: JSON) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _words(value: JSON) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value)


def _address(value: JSON) -> bool:
    try:
        return isinstance(value, str) and bool(parse_address(value))
    except AddressError:
        return False


def _day(value: JSON) -> bool:
    return isinstance(value, str) and bool(_DAY.fullmatch(value)) and _is(date, value)


def _time(value: JSON) -> bool:
    return isinstance(value, str) and bool(_TIME.fullmatch(value)) and _is(datetime, value)


def _is(kind: type[date], value: str) -> bool:
    try:
        kind.fromisoformat(value)
    except ValueError:
        return False
    return True
