"""Whether a record holds what its kind holds (docs/ledger.md): the fields that readers need.

Whoever has a key may sign anything, and a header once stored stays. So records of others are judged
before they are taken: by a store that receives a package, by a computer that takes a file of
another one, and by the verification of a folder. What any version of the program wrote passes:
fields that some version left out are optional, and fields that are not named here are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import matters
from mrd_desktop.record.entries import SECOND_CHECK
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.study.errors import AddressError

Body = Mapping[str, JSON]
Test = Callable[[JSON], bool]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind holds.

    Attributes:
        needs: fields that must be there, each with what it must be.
        may: fields that need not be there.
        one_value: it states a value: exactly one of ``value``, ``missing`` and ``cleared``.
    """

    needs: Mapping[str, Test] = field(default_factory=dict)
    may: Mapping[str, Test] = field(default_factory=dict)
    one_value: bool = False

    def fault(self, body: Body) -> str:
        """The first thing wrong with a payload; empty where nothing is."""
        for name, test in self.needs.items():
            if name not in body:
                return f"lacks {name}"
            if not test(body[name]):
                return f"has no {name} that can be read"
        for name, test in self.may.items():
            if name in body and not test(body[name]):
                return f"has no {name} that can be read"
        return "states no value, or more than one" if self.one_value and not _value(body) else ""


def fault_of(kind: Kind, body: Body) -> str:
    """What is wrong with an open record, to follow its number; empty where nothing is."""
    fault = SHAPES[kind].fault(body)
    if not fault and kind is Kind.ENTRY_SUPERSEDED and body["check"] == SECOND_CHECK:
        fault = "" if _compared(body.get("second")) else "has no second that can be read"
    return f"is no {kind} as one is written: it {fault}" if fault else matters.fault_of(kind, body)


def fault_in(record: Record) -> str:
    """What is wrong with a record of a chain, named by its number; empty where nothing is.

    Raises:
        LedgerError: it cannot be read.
    """
    fault = "" if record.opening is None else fault_of(record.kind, record.body)
    return f"record {record.header.seq} {fault}" if fault else ""


def passing(records: Iterable[Record], found: list[str]) -> Iterator[Record]:
    """Hand records on to a walk, noting what is wrong with those that can be read."""
    for record in records:
        with suppress(LedgerError):  # the walk names what cannot be read
            fault = fault_in(record)
            found += [fault] if fault else []
        yield record


# --- what a field may be ------------------------------------------------------------------


def _words(value: JSON) -> bool:
    return isinstance(value, str)


def _flag(value: JSON) -> bool:
    return isinstance(value, bool)


def _number(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _count(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _seq(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _object(value: JSON) -> bool:
    return isinstance(value, Mapping)


def _among(*names: str) -> Test:
    return lambda value: isinstance(value, str) and value in names


def _or_null(test: Test) -> Test:
    return lambda value: value is None or test(value)


def _either(*tests: Test) -> Test:
    return lambda value: any(test(value) for test in tests)


def _list(test: Test) -> Test:
    return lambda value: (
        isinstance(value, Sequence) and not isinstance(value, str) and all(map(test, value))
    )


def _each(test: Test) -> Test:
    """An object whose every value is one of these."""
    return lambda value: isinstance(value, Mapping) and all(map(test, value.values()))


def _of(needs: Mapping[str, Test], may: Mapping[str, Test] | None = None) -> Test:
    """An object with these fields."""
    shape = Shape(needs, may or {})
    return lambda value: isinstance(value, Mapping) and not shape.fault(value)


def _at(*kinds: type) -> Test:
    """An address that reads as the key of one of these; any where none is named."""

    def test(value: JSON) -> bool:
        try:
            return isinstance(value, str) and isinstance(parse_address(value), kinds or object)
        except AddressError:
            return False

    return test


def _day(value: JSON) -> bool:
    try:
        return isinstance(value, str) and bool(_DAY(value)) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _decimal(value: JSON) -> bool:
    try:
        return isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _offset(value: JSON) -> bool:
    """``+08:00`` of UTC; the oldest chains counted minutes."""
    if isinstance(value, str):
        return bool(_ZONE(value))
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _DAY_MINUTES


def _value(body: Body) -> bool:
    if sum(name in body for name in ("value", "missing", "cleared")) != 1:
        return False
    if "cleared" in body:
        return body["cleared"] is True
    if "missing" in body:
        return isinstance(body["missing"], str) and bool(body["missing"])
    return _text_or_codes(body["value"])


def _second(value: JSON) -> bool:
    """What the program notes of a second entry: one of four acts."""
    if not isinstance(value, Mapping):
        return False
    judged = (test(value[act]) and more(value) for act, test, more in _ACTS if act in value)
    return next(judged, False)


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_ZONE: Final = re.compile(r"[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]").fullmatch
_DAY_MINUTES: Final = 24 * 60
_REF: Final = _of({"chain": _words, "seq": _seq})
_POINT: Final = _of({"seq": _count, "digest": _words})
_REASON: Final = _of({"code": _words}, {"text": _words})
_SEQS: Final = _list(_seq)
_NAMES: Final = _list(_words)
_LEAVE: Final = _of({"reference": _words, "until": _day}, {"scope": _NAMES})
_STANDS: Final = _of({"jurisdiction": _words, "purpose": _words, "approval": _or_null(_LEAVE)})
_HANDS: Final = _list(_of({"user": _words, "key": _words, "signature": _words}))
_PLACE: Final = _at()
_EVENT: Final = _at(EventKey)
_FORM: Final = _at(FormKey)
_ROW: Final = _at(RowKey)
_ITEM: Final = _at(ItemKey)
_SUBJECT: Final = _at(str)
_text_or_codes: Final = _either(_words, _NAMES)
_compared: Final = _of(
    {"result": _among("differs", "only_first", "only_second"), "keyer": _words}, {"row": _flag}
)
_ACTS: Final[Sequence[tuple[str, Test, Test]]] = (
    ("keyed", _REF, _object),
    ("compared", _list(_of({"user": _words, "items": _each(_count)})), _object),
    ("chosen", _among("first", "second", "other"), _of({"of": _REF})),
    ("settled", _count, _of({}, {"holds": _flag})),
)

# --- the kinds ----------------------------------------------------------------------------

_WHO: Final[Mapping[str, Test]] = {"user": _words, "by": _words}
_TWO: Final[Mapping[str, Test]] = {
    "user": _words, "second": _words, "at": _words, "signed": _HANDS, "cause": _words,
}  # fmt: skip
_ADDED: Final = {"reason": _REASON}


def _stands(address: Test) -> Shape:
    return Shape({"address": address}, _ADDED)


_CREATED: Final[Mapping[str, Test]] = {
    "format": _words, "study": _words, "site": _or_null(_words), "name": _words, "training": _flag,
    "sign": _words, "age": _words, "recovery": _words,
}  # fmt: skip
_QUERY_ACT: Final = Shape(
    {"query": _words},
    {
        "text": _words, "opened_on": _words, "subject": _SUBJECT, "chain": _words, "reply": _words,
        "actor": _words, "address": _PLACE,
    },
)  # fmt: skip
_LOOKED: Final = Shape(
    {"what": _words},
    {
        "subject": _or_null(_words), "copy": _count, "about": _or_null(_words), "form": _words,
        "head": _POINT,
    },
)  # fmt: skip
_BACKUP: Final = Shape(
    {},
    {
        "user": _words, "head": _POINT, "sha256": _words, "size": _count, "apart": _flag,
        "medium": _or_null(_words), "drill": _flag, "missing": _or_null(_number),
    },
)  # fmt: skip
_TAIL: Final = _of(
    {"first": _seq, "last": _seq, "packages": _list(_words), "unopened": _list(_list(_seq))}
)
_UNKNOWN: Final = _of({"user": _words, "text": _words})
_SIGNED: Final[Mapping[str, Test]] = {
    "review": _of(
        {"after": _count, "upto": _count, "records": _count, "flagged": _each(_count)},
        {"head": _words},
    ),
    "package": _of(
        {"number": _count},
        {"full": _flag, "upto": _count, "head": _words, "late": _count, "back": _count},
    ),
    "loss": _object, "undertaking": _object, "training": _object, "exercises": _object,
    "accounts": _object, "keys": _object, "milestone": _object,
    "clock": _object,
    "roster": _of(
        {
            "site": _words, "chain": _words, "upto": _seq, "digest": _words,
            "unknown": _list(_UNKNOWN),
        }
    ),
    "unlocking": _of({"form": _FORM, "reason": _words}),
}  # fmt: skip
_BOUND: Final[Mapping[str, Test]] = {
    "apart": _NAMES, "chain": _words, "head": _of({"seq": _count, "digest": _words}),
    "previous": _or_null(_REF), "program": _words, "records": _words, "site": _words,
    "study": _words, "time_quality": _words, "zone": _words,
}  # fmt: skip
"""What a signature on a form says besides of its place, its time and its program."""
_ON_A_FORM: Final = Shape(
    {"address": _FORM, "content": _words, "definition": _words, "role": _words, "text": _words}
)
_RANGE: Final = Shape({"laboratory": _words, "item": _words, "valid_from": _day, "unit": _words})


_NO_ACT: Final = ("begun", "ended", "subjects", "trail")
_VISIT: Final = Shape({"begun": _day, "ended": _day, "subjects": _NAMES, "text": _words})


class _Signature(Shape):
    """An e-signature; one on a form states besides what it is about."""

    def fault(self, body: Body) -> str:
        about = _ON_A_FORM.fault(body) if "address" in body else ""
        return about or Shape.fault(self, body)


class _Note(Shape):
    """A visit, words on the trail, or an act; nothing is an act and one of the others."""

    def fault(self, body: Body) -> str:
        if "act" in body:
            other = next((name for name in _NO_ACT if name in body), "")
            if other:
                return f"has an act, and {other} besides"
        elif "begun" in body:
            return _VISIT.fault(body)
        elif "trail" in body and "text" not in body:
            return "lacks text"
        return Shape.fault(self, body)


class _LabRange(Shape):
    """The normal range of a laboratory; one that is withdrawn need not be stated again."""

    def fault(self, body: Body) -> str:
        stated = "" if body.get("withdrawn") is True else _RANGE.fault(body)
        return stated or Shape.fault(self, body)


SHAPES: Final[Mapping[Kind, Shape]] = {
    Kind.CHAIN_CREATED: Shape({}, _CREATED),
    Kind.CHAIN_CONTINUED: Shape({}, _CREATED),
    Kind.SESSION_OPENED: Shape(
        {
            "user": _words, "at": _words, "role": _words, "session_key": _words, "user_key": _words,
            "cert": _words, "program": _words, "definition": _words, "offset": _offset,
        },
        {
            "organisation": _words, "workstation": _words, "zone": _words, "time_quality": _words,
            "wall": _words, "build": _words,
        },
    ),
    Kind.SESSION_CLOSED: Shape({}, {"user": _words, "why": _words}),
    Kind.SIGNIN_FAILED: Shape(
        {}, {"user": _or_null(_words), "at": _words, "n": _count, "gap": _flag, "cause": _words}
    ),
    Kind.USER_ADDED: Shape({"user": _words, "name": _words}, {**_WHO, "full_name": _words}),
    Kind.USER_CONFIRMED: Shape(
        {"user": _words},
        {
            **_WHO, **_TWO, "document": _words, "key": _words, "delegation": _words,
            "exception": _words,
        },
    ),
    Kind.USER_CLOSED: Shape({"user": _words}, {**_WHO, "reason": _words}),
    Kind.KEY_ENROLLED: Shape({"user": _words, "key": _words, "proof": _words}, {"box": _words}),
    Kind.KEY_ROTATED: Shape(
        {"user": _words, "old": _words, "key": _words, "proof": _words},
        {
            "consent": _or_null(_words), "reason": _words, "box": _words, "folder": _words,
            "statement": _words, **_TWO,
        },
    ),
    Kind.ROLE_GRANTED: Shape(
        {"user": _words, "role": _words},
        {**_WHO, "exception": _or_null(_words), "until": _or_null(_words)},
    ),
    Kind.ROLE_REVOKED: Shape({"user": _words}, {**_WHO, "role": _words}),
    Kind.VAULT_GRANTED: Shape({"user": _words}, _WHO),
    Kind.GENERATION_CHANGED: Shape(
        {"user": _words, "generation": _count, "reason": _words},
        {**_TWO, "recovery": _words, "replaces": _words, "text": _words, "by": _words},
    ),
    Kind.CLOCK_NOTED: Shape({"user": _words, "wall": _words, "last": _words, "reason": _words}),
    Kind.DEFINITION_INSTALLED: Shape(
        {"version": _words, "digest": _words},
        {"study": _words, "amends": _flag, "replaces": _words, "back": _flag},
    ),
    Kind.ACTIVATION_INSTALLED: Shape(
        {"version": _words, "digest": _words, "file": _words},
        {
            "user": _words, "ethics": _of({"reference": _words, "date": _words}),
            "ethics_by": _words, "continues": _or_null(_words), "given": _flag, "site": _words,
        },
    ),
    Kind.SUBJECT_CREATED: Shape({"subject": _SUBJECT}),
    # The first packages called the cause a reason.
    Kind.SUBJECT_WITHHELD: Shape(
        {"subject": _SUBJECT, "seqs": _SEQS}, {"cause": _words, "reason": _words}
    ),
    Kind.SUBJECT_HANDED: Shape(
        {"subject": _SUBJECT, "to": _words, "digest": _words}, {"identity": _words}
    ),
    Kind.SUBJECT_RECEIVED: Shape(
        {"subject": _SUBJECT, "from": _words, "seq": _seq, "digest": _words},
        {**_TWO, "forced": _flag, "since": _seq, "why": _words},
    ),
    Kind.EVENT_ADDED: _stands(_EVENT),
    Kind.EVENT_REMOVED: _stands(_EVENT),
    Kind.EVENT_RESTORED: _stands(_EVENT),
    Kind.FORM_ADDED: _stands(_FORM),
    Kind.FORM_REMOVED: _stands(_FORM),
    Kind.FORM_RESTORED: _stands(_FORM),
    Kind.ROW_ADDED: _stands(_ROW),
    Kind.ROW_REMOVED: _stands(_ROW),
    Kind.ROW_RESTORED: _stands(_ROW),
    Kind.FORM_SAVED: Shape(
        {"address": _FORM, "declared": _among("complete", "incomplete"), "definition": _words},
        {"paper": _of({"date": _day}, {"reference": _words})},
    ),
    Kind.FORM_FROZEN: _stands(_FORM),
    Kind.FORM_LOCKED: _stands(_FORM),
    Kind.FORM_UNLOCKED: _stands(_FORM),
    Kind.ITEM_SET: Shape(
        {"address": _ITEM},
        {
            "source": _words, "was": _REF, "reason": _REASON, "labrange": _REF,
            "report": _of({"sha256": _words, "row": _seq}),
        },
        one_value=True,
    ),
    Kind.ENTRY_REFUSED: Shape({"address": _PLACE, "cause": _words}),
    Kind.ENTRY_SUPERSEDED: Shape({"address": _ITEM, "check": _words}, one_value=True),
    Kind.CHECK_OUTCOME: Shape({"check": _words, "address": _PLACE, "fires": _flag}),
    Kind.CHECK_ANSWERED: Shape({"check": _words, "address": _PLACE, "text": _words}),
    Kind.QUERY_OPENED: Shape(
        {"address": _PLACE, "en": _words, "zh": _words},
        {"check": _words, "about": _REF, "query": _words, "reply": _words, "actor": _words},
    ),
    Kind.QUERY_ANSWERED: _QUERY_ACT,
    Kind.QUERY_CLOSED: _QUERY_ACT,
    Kind.QUERY_REOPENED: _QUERY_ACT,
    Kind.SDV_MARKED: Shape({"address": _ITEM, "of": _REF, "verified": _flag}, {"text": _words}),
    Kind.SIGNATURE_MADE: _Signature(
        {"user": _words, "meaning": _words, "key": _words, "signature": _words},
        {
            "at": _words, "role": _words, "text": _words, "language": _words, "content": _words,
            "definition": _words, "name": _words, "offset": _offset, **_BOUND, **_SIGNED,
        },
    ),
    Kind.NOTE_ADDED: Shape({"text": _words}, {"second": _second}),
    Kind.REVIEW_NOTED: _Note(
        {},
        {
            "begun": _day, "ended": _day, "subjects": _NAMES, "text": _words, "act": _words,
            "what": _words, "why": _words, "at": _words,
            "trail": _of({"after": _count, "upto": _count}), "read": _each(_count), **_WHO,
            "second": _words, "signed": _HANDS,
        },
    ),
    Kind.LABRANGE_SET: _LabRange(
        {},
        {
            "laboratory": _words, "item": _words, "valid_from": _day, "unit": _words,
            "low": _decimal, "high": _decimal, "sex": _words, "age_from": _count, "age_to": _count,
            "valid_to": _day, "withdrawn": _flag, "was": _REF, "reason": _REASON,
        },
    ),
    Kind.FILE_ATTACHED: Shape(
        {}, {"sha256": _words, "size": _count, "type": _words, "title": _words}
    ),
    Kind.IDENTITY_LOOKED: _LOOKED,
    Kind.PRINTED: _LOOKED,
    Kind.PACKAGE_BEGUN: Shape(
        {"number": _count},
        {
            "full": _flag, "overdue": _NAMES, "failed": _count, "read": _each(_count),
            "given": _count,
        },
    ),
    Kind.PACKAGE_SEALED: Shape(
        {"number": _count, "manifest": _words},
        {
            "after": _POINT, "held": _list(_list(_seq)), "full": _flag, "records": _count,
            "opened": _count, "withheld": _each(_count), "format": _words, "site": _words,
            "chain": _words, "upto": _count, "barred": _list(_list(_seq)),
        },
    ),
    Kind.PACKAGE_VOIDED: Shape({"number": _count}, {"cause": _words}),
    Kind.PACKAGE_RECEIVED: Shape(
        {"site": _words, "chain": _words, "number": _count},
        {
            "package": _words, "previous": _or_null(_words), "before": _POINT, "after": _POINT,
            "records": _count, "opened": _count, "forms": _count, "anew": _NAMES, "format": _words,
            "verdict": _words, "manifest": _words, "heads": _each(_count), "unlinked": _SEQS,
            "named": _SEQS, "late": _list(_list(_seq)),
        },
    ),
    Kind.BRANCH_RESOLVED: Shape(
        {
            "chain": _words, "parent": _words, "seq": _count, "reason": _words, "held": _POINT,
            "other": _of({"number": _count, "package": _words, "head": _POINT}), "user": _words,
            "second": _words, "at": _words,
        },
        {"signed": _HANDS},
    ),
    Kind.TRUST_PINNED: Shape(
        {"holder": _words, "chain": _words, "key": _words, "public": _words},
        {
            "site": _or_null(_words), "recipient": _words, "replaces": _or_null(_words),
            "vault": _words, "rotation": _object, "place": _STANDS, **_TWO,
        },
    ),
    Kind.DATASET_EXPORTED: Shape({"formats": _NAMES}, {"to": _words}),
    Kind.REPLY_ADOPTED: Shape(
        {
            "number": _count, "store": _words, "manifest": _words, "signature": _words,
            "messages": _list(_object),
        },
        {
            "reply": _words, "words": _list(_object), "refusals": _list(_object),
            "roster_same": _flag,
            "roster": _of(
                {
                    "seq": _seq, "at": _words, "user": _words, "upto": _seq, "digest": _words,
                    "unknown": _list(_UNKNOWN),
                }
            ),
        },
    ),
    Kind.BACKUP_MADE: _BACKUP,
    Kind.RESTORE_DONE: Shape({}, {**_BACKUP.may, "tail": _TAIL}),
    Kind.REDACTION_DONE: Shape(
        {"seqs": _SEQS},
        {
            **_TWO,
            "gone": _list(
                _of({"seq": _seq, "c": _words, "of": _words}, {"was": _REF, "kept": _words})
            ),
        },
    ),
    Kind.LINK_DESTROYED: Shape({"seqs": _SEQS}, {**_TWO, "subject": _SUBJECT, "named": _SEQS}),
    Kind.INCIDENT_NOTED: Shape(
        {},
        {
            "what": _words, "text": _words, "user": _words, "subject": _or_null(_words),
            "site": _words,
            "refused": _of(
                {
                    "site": _words, "chain": _words, "number": _count, "verdict": _words,
                    "code": _words, "missing": _list(_count), "package": _or_null(_words),
                },
            ),
        },
    ),
}  # fmt: skip
