"""The ledger entries that data entry makes: one function a record kind, payload shapes included.

These shapes are permanent (docs/ledger.md). A value is ``{"value": …}``, ``{"missing": CODE}`` or
``{"cleared": true}``; ``was`` names the replaced record and never copies its value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record.owning import OPENED_ON
from mrd_desktop.record.paper import Paper
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.texts import Text

SECOND_CHECK: Final = "SECOND"
"""The check of an ``entry.superseded`` that keeps what a second entry says otherwise."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A record of a chain."""

    chain: str
    seq: int

    def payload(self) -> dict[str, JSON]:
        """As it stands in a payload."""
        return {"chain": self.chain, "seq": self.seq}


@dataclass(frozen=True, slots=True)
class ChangeReason:
    """A ReasonForChange: a code of the study's list, with words where the code asks for them."""

    code: str
    text: str = ""

    def payload(self) -> dict[str, JSON]:
        """As it stands in a payload."""
        return {"code": self.code, "text": self.text} if self.text else {"code": self.code}


class Source(StrEnum):
    """Where a recorded value comes from."""

    ENTRY = "entry"
    DERIVED = "derived"
    REDUCED = "reduced"
    HIDDEN = "hidden"
    IMPORT = "import"
    LABRANGE = "labrange"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """The row of an imported report that a value comes from.

    The file is known by its SHA-256 (hex) alone, for its name may be a patient's; ``row`` counts
    as a spreadsheet does, the heading being row 1.
    """

    sha256: str
    row: int

    def payload(self) -> dict[str, JSON]:
        """As it stands in a payload."""
        return {"row": self.row, "sha256": self.sha256}


def subject_created(subject: str) -> Entry:
    """A subject number was given out."""
    return Entry(Kind("subject.created"), RecordClass.CODED, {"subject": subject})


def added(key: EventKey | FormKey | RowKey, cls: RecordClass = RecordClass.CODED) -> Entry:
    """An event, form or row was opened."""
    return Entry(Kind(f"{_noun(key)}.added"), cls, {"address": str(key)})


def removed(
    key: EventKey | FormKey | RowKey, reason: ChangeReason, cls: RecordClass = RecordClass.CODED
) -> Entry:
    """An event, form or row was set aside; it stays viewable and can be restored."""
    return Entry(
        Kind(f"{_noun(key)}.removed"), cls, {"address": str(key), "reason": reason.payload()}
    )


def restored(
    key: EventKey | FormKey | RowKey, reason: ChangeReason, cls: RecordClass = RecordClass.CODED
) -> Entry:
    """A removed event, form or row was brought back."""
    return Entry(
        Kind(f"{_noun(key)}.restored"), cls, {"address": str(key), "reason": reason.payload()}
    )


def item_set(
    key: ItemKey,
    answer: Answer | None,
    *,
    was: Reference | None = None,
    reason: ChangeReason | None = None,
    source: Source = Source.ENTRY,
    cls: RecordClass = RecordClass.CODED,
    report: ReportRow | None = None,
    labrange: Reference | None = None,
) -> Entry:
    """A data point was answered, changed or cleared.

    Args:
        report: the row it was imported from (source ``import``).
        labrange: the laboratory range it was filled from (source ``labrange``).
    """
    payload: dict[str, JSON] = {"address": str(key), "source": source.value, **content(answer)}
    if report:
        payload["report"] = report.payload()
    if labrange:
        payload["labrange"] = labrange.payload()
    if was:
        payload["was"] = was.payload()
    if reason:
        payload["reason"] = reason.payload()
    owner = key.subject if cls is RecordClass.PRIVATE else None
    return Entry(Kind("item.set"), cls, payload, owner)


def content(answer: Answer | None) -> dict[str, JSON]:
    """The value part of a payload."""
    if answer is None:
        return {"cleared": True}
    if answer.missing is not None:
        return {"missing": answer.missing}
    value = answer.value
    return {"value": list(value) if isinstance(value, tuple) else value}


def answer_of(payload: Mapping[str, JSON]) -> Answer | None:
    """The answer that the value part of a payload states."""
    if "cleared" in payload:
        return None
    if "missing" in payload:
        return Answer(missing=str(payload["missing"]))
    value = payload["value"]
    if isinstance(value, list):
        return Answer(value=tuple(str(v) for v in value))
    return Answer(value=str(value))


def values_of(answer: Answer | None) -> tuple[str, ...]:
    """The texts of a value."""
    value = answer.value if answer else None
    return value if isinstance(value, tuple) else (value,) if value else ()


def form_saved(
    key: FormKey,
    *,
    complete: bool,
    definition: str,
    cls: RecordClass = RecordClass.CODED,
    paper: Paper | None = None,
) -> Entry:
    """The user saved a form and declared it complete or not.

    Args:
        paper: the paper record it was transcribed from.
    """
    payload: dict[str, JSON] = {
        "address": str(key),
        "declared": "complete" if complete else "incomplete",
        "definition": definition,
    }
    if paper:
        payload["paper"] = paper.payload()
    return Entry(Kind("form.saved"), cls, payload)


def form_state(kind: str, key: FormKey, reason: ChangeReason | None) -> Entry:
    """A form was frozen, locked or unlocked; ``kind`` is the verb."""
    payload: dict[str, JSON] = {"address": str(key)}
    if reason:
        payload["reason"] = reason.payload()
    return Entry(Kind(f"form.{kind}"), RecordClass.CODED, payload)


def sdv_marked(key: ItemKey, of: Reference, *, verified: bool, text: str = "") -> Entry:
    """A value was compared with the source; the mark holds for the record ``of`` alone."""
    payload: dict[str, JSON] = {"address": str(key), "of": of.payload(), "verified": verified}
    if text:
        payload["text"] = text
    return Entry(Kind.SDV_MARKED, RecordClass.CODED, payload)


def review_noted(begun: date, ended: date, subjects: Sequence[str], text: str) -> Entry:
    """A monitor was at the site. It names subjects whatever they agreed to, so it stays there."""
    payload: dict[str, JSON] = {
        "begun": begun.isoformat(),
        "ended": ended.isoformat(),
        "subjects": sorted(subjects),
        "text": text,
    }
    return Entry(Kind.REVIEW_NOTED, RecordClass.SITE, payload)


def trail_noted(after: int, upto: int, text: str) -> Entry:
    """What a reviewer of the trail wrote. Words may name anything, so they stay at the site."""
    payload: dict[str, JSON] = {"trail": {"after": after, "upto": upto}, "text": text}
    return Entry(Kind.REVIEW_NOTED, RecordClass.SITE, payload)


def entry_refused(address: str, cause: str) -> Entry:
    """Save was refused. Neither the typed value nor a name is kept."""
    return Entry(Kind("entry.refused"), RecordClass.CODED, {"address": address, "cause": cause})


def entry_superseded(
    key: ItemKey, answer: Answer, check: str, cls: RecordClass = RecordClass.CODED
) -> Entry:
    """A value that made a check fire was corrected before it was saved."""
    owner = key.subject if cls is RecordClass.PRIVATE else None
    return Entry(
        Kind("entry.superseded"),
        cls,
        {"address": str(key), "check": check, **content(answer)},
        owner,
    )


def second_keyed(key: FormKey, of: Reference) -> Entry:
    """A second person has keyed the form; it was compared with what ``form.saved`` stood for."""
    return _second_note(key, {"keyed": of.payload()})


def second_compared(row: RowKey, counts: Mapping[str, Mapping[str, int]]) -> Entry:
    """How many data points of a section were compared: by first keyer and item.

    It stands at the section and not at the form, for what a section holds may have to stay.
    """
    told: list[JSON] = [
        {"user": user, "items": dict(items)} for user, items in sorted(counts.items())
    ]
    return _second_note(row, {"compared": told})


def second_differs(
    key: ItemKey,
    answer: Answer | None,
    *,
    result: str,
    keyer: str,
    whole_row: bool,
    cls: RecordClass = RecordClass.CODED,
) -> Entry:
    """What the second person keyed and the first did not, or ``cleared`` where it is nothing.

    Args:
        keyer: who keyed the first value, or last saved the form where there is none.
    """
    about: dict[str, JSON] = {"result": result, "keyer": keyer}
    if whole_row:
        about["row"] = True
    payload = {"address": str(key), "check": SECOND_CHECK, **content(answer), "second": about}
    return Entry(Kind.ENTRY_SUPERSEDED, cls, payload)


def second_chosen(key: ItemKey, of: Reference, chosen: str) -> Entry:
    """A difference was settled with the paper: the first value, the second or another one."""
    return _second_note(key, {"chosen": chosen, "of": of.payload()})


def second_settled(key: FormKey, settled: int, *, holds: bool) -> Entry:
    """Differences of a form were settled; ``holds``: nothing else had changed since the keying."""
    return _second_note(key, {"settled": settled, "holds": holds})


def _second_note(key: FormKey | RowKey | ItemKey, about: dict[str, JSON]) -> Entry:
    payload: dict[str, JSON] = {"address": str(key), "text": "", "second": about}
    return Entry(Kind.NOTE_ADDED, RecordClass.CODED, payload)


def check_outcome(check: str, address: str, *, fires: bool) -> Entry:
    """What a check that needs the identity vault said; no value."""
    return Entry(
        Kind("check.outcome"),
        RecordClass.CODED,
        {"check": check, "address": address, "fires": fires},
    )


def subject_handed(subject: str, to: str, digest: str, identity: str | None) -> Entry:
    """A subject goes to another computer of the site; from here on only that one writes.

    Args:
        identity: digest of which private records stand; None where the link was destroyed.
    """
    payload: dict[str, JSON] = {"subject": subject, "to": to, "digest": digest}
    more: dict[str, JSON] = {} if identity is None else {"identity": identity}
    return Entry(Kind.SUBJECT_HANDED, RecordClass.CODED, {**payload, **more})


def subject_received(subject: str, of: Reference, digest: str) -> Entry:
    """A subject that was handed over by the record ``of`` is owned here from now on."""
    payload: dict[str, JSON] = {"subject": subject, "from": of.chain, "seq": of.seq}
    return Entry(Kind.SUBJECT_RECEIVED, RecordClass.CODED, {**payload, "digest": digest})


def query_opened(
    address: str, text: Text, *, check: str | None = None, about: Reference | None = None
) -> Entry:
    """A question about the data. Site queries are known as ``Q-<seq>``."""
    payload: dict[str, JSON] = {"address": address, "en": text.en, "zh": text.zh}
    if check:
        payload["check"] = check
    if about:
        payload["about"] = about.payload()
    return Entry(Kind("query.opened"), RecordClass.CODED, payload)


@dataclass(frozen=True, slots=True)
class AskedOn:
    """The chain on which a query was opened, where it is another one, and whom it is about."""

    chain: str
    subject: str


def query_act(kind: str, query: str, text: str = "", asked: AskedOn | None = None) -> Entry:
    """An open query was answered, closed or reopened; ``kind`` is the verb."""
    payload: dict[str, JSON] = {"query": query}
    if asked:
        payload |= {OPENED_ON: asked.chain, "subject": asked.subject}
    if text:
        payload["text"] = text
    return Entry(Kind(f"query.{kind}"), RecordClass.CODED, payload)


def check_answered(check: str, address: str, text: str) -> Entry:
    """A soft finding was explained in place; its query counts as answered."""
    return Entry(
        Kind("check.answered"),
        RecordClass.CODED,
        {"check": check, "address": address, "text": text},
    )


def note_added(key: ItemKey, text: str, cls: RecordClass) -> Entry:
    """Somebody wrote a note at a data point."""
    owner = key.subject if cls is RecordClass.PRIVATE else None
    return Entry(Kind.NOTE_ADDED, cls, {"address": str(key), "text": text}, owner)


def _noun(key: EventKey | FormKey | RowKey) -> str:
    if isinstance(key, EventKey):
        return "event"
    return "form" if isinstance(key, FormKey) else "row"
