"""What a reviewer of the trail should look at: one rule for each flag, none of them a verdict.

A rule sees every record of the chain in order, the earlier ones too: what was signed, typed or
dated before decides what a later record means. Source: EMA guideline on computerised systems
(2023) 6.2.2 and ICH E6(R3) 4.2.3.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from mrd_desktop.insight.audit.limits import Limits
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.alone import Alone
from mrd_desktop.record.audit import TrailLine
from mrd_desktop.record.entries import SECOND_CHECK, Source
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.errors import AddressError
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.vault.clock import DOUBTS, Zone
from mrd_desktop.vault.data_key import SUSPECTED


class Flag(StrEnum):
    """Why a record should be looked at."""

    SIGNED = "after_signature"
    CRITICAL = "critical"
    REMOVED = "removed"
    LATE = "late"
    BURST = "burst"
    HOURS = "hours"
    TRIED = "tried"
    CLOCK = "clock"
    ACCESS = "access"


WORDS: Final = {
    Flag.SIGNED: Text("changed after signature", "签名后更改"),
    Flag.CRITICAL: Text("critical item changed", "关键项更改"),
    Flag.REMOVED: Text("removed or cleared", "移除或清空"),
    Flag.LATE: Text("entered late", "录入延迟"),
    Flag.BURST: Text("many changes at once", "短时大量更改"),
    Flag.HOURS: Text("outside working hours", "非工作时间"),
    Flag.TRIED: Text("several values tried", "反复试填"),
    Flag.CLOCK: Text("clock", "时钟异常"),
    Flag.ACCESS: Text("access and keys", "账户与密钥"),
}


@dataclass(frozen=True, slots=True)
class Ground:
    """What the rules know besides the records."""

    study: Study
    zone: Zone
    limits: Limits


@dataclass(frozen=True, slots=True)
class Seen:
    """A record with its place read."""

    line: TrailLine
    kind: Kind
    key: Key | None
    body: Mapping[str, Any]

    @property
    def seq(self) -> int:
        """Its number."""
        return self.line.seq

    @property
    def at(self) -> datetime:
        """When it was written (UTC)."""
        return datetime.fromisoformat(self.line.at)

    @property
    def typed(self) -> bool:
        """A value that a person entered, changed or cleared; none that the program worked out."""
        worked_out = (Source.DERIVED.value, Source.REDUCED.value, Source.HIDDEN.value)
        return self.kind is Kind.ITEM_SET and self.body.get("source") not in worked_out

    @property
    def change(self) -> bool:
        """A typed value in place of a former one."""
        return self.typed and "was" in self.body


class Rule(Protocol):
    """Tells the numbers of records that are flagged; ``end`` those that only the whole tells."""

    def see(self, seen: Seen) -> Iterable[int]: ...
    def end(self) -> Iterable[int]: ...


class _Rule:
    def __init__(self, ground: Ground) -> None:
        self.study, self.zone, self.limits = ground.study, ground.zone, ground.limits

    def end(self) -> Iterable[int]:
        return ()


class AfterSignature(_Rule):
    """Something in a form changed that somebody had signed."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._signed: set[FormKey] = set()

    def see(self, seen: Seen) -> Iterator[int]:
        form = _form(seen.key)
        if seen.kind is Kind.SIGNATURE_MADE and form is not None:
            self._signed.add(form)
        elif form in self._signed and (seen.typed or seen.kind in _SHAPE):
            yield seen.seq


class Critical(_Rule):
    """A critical item (as the study names them) got another value."""

    def see(self, seen: Seen) -> Iterator[int]:
        if seen.change and isinstance(seen.key, ItemKey):
            group = self.study.by_form[seen.key.form.form].by_group.get(seen.key.row.group)
            item = group.by_name.get(seen.key.item) if group else None
            if item is not None and item.oid in self.study.critical:
                yield seen.seq


class Removed(_Rule):
    """A visit, form or row was removed, a value cleared, redacted, or a person's link destroyed."""

    def see(self, seen: Seen) -> Iterator[int]:
        if seen.kind in _GONE or (seen.change and seen.body.get("cleared")):
            yield seen.seq


class Late(_Rule):
    """A form was first saved later after its visit than the study allows."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._days: dict[EventKey, date] = {}
        self._first: dict[FormKey, tuple[int, date]] = {}

    def see(self, seen: Seen) -> Iterator[int]:
        key = seen.key
        if seen.kind is Kind.ITEM_SET and isinstance(key, ItemKey) and _is_visit_day(key):
            try:
                self._days[key.form.event] = date.fromisoformat(str(seen.body.get("value")))
            except ValueError:
                self._days.pop(key.form.event, None)
        elif seen.kind is Kind.FORM_SAVED and isinstance(key, FormKey):
            self._first.setdefault(key, (seen.seq, self.zone.local(seen.line.at).date()))
        yield from ()

    def end(self) -> Iterator[int]:
        limit = self.study.parameters.get("ENTRYDAYS")
        if limit is None:  # the study says nothing about it
            return
        allowed = timedelta(days=int(limit))
        for key, (seq, entered) in self._first.items():
            day = self._days.get(key.event)
            if day is not None and entered - day > allowed:
                yield seq


class Burst(_Rule):
    """One person made many changes within minutes; the one that reaches the limit is flagged."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._changes: dict[str, deque[datetime]] = defaultdict(deque)

    def see(self, seen: Seen) -> Iterator[int]:
        if seen.change and _full(
            self._changes[seen.line.user], seen.at, self.limits.burst, self.limits.within
        ):
            yield seen.seq


class Hours(_Rule):
    """Data were saved outside working hours: once for each person and day."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._told: set[tuple[str, date]] = set()

    def see(self, seen: Seen) -> Iterator[int]:
        local = self.zone.local(seen.line.at)
        inside = self.limits.opens <= local.time() < self.limits.closes
        told = (seen.line.user, local.date())
        if seen.kind is Kind.FORM_SAVED and not inside and told not in self._told:
            self._told.add(told)
            yield seen.seq


class Tried(_Rule):
    """Several values were typed at one place and taken back after a check, until one passed."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._tries: dict[tuple[str, str | None, date], int] = defaultdict(int)

    def see(self, seen: Seen) -> Iterator[int]:
        if seen.kind is not Kind.ENTRY_SUPERSEDED or seen.body.get("check") == SECOND_CHECK:
            return
        place = (seen.line.user, seen.line.address, self.zone.local(seen.line.at).date())
        self._tries[place] += 1
        if self._tries[place] == self.limits.tries:
            yield seen.seq


class ClockSuspect(_Rule):
    """The clock was found behind; a session worked under a note on it, or where it may be ahead.

    What such a session saves or signs is flagged with it.
    """

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._suspect: set[str] = set()

    def see(self, seen: Seen) -> Iterator[int]:
        user = seen.line.user
        if seen.kind is Kind.SESSION_OPENED:
            self._suspect.discard(user)
            if seen.body.get("time_quality") in _SUSPECT:
                self._suspect.add(user)
                yield seen.seq
        elif seen.kind is Kind.CLOCK_NOTED or (user in self._suspect and seen.kind in _ENTRIES):
            yield seen.seq


class Access(_Rule):
    """One person did what takes two, keys were renewed without their owner, sign-ins guessed at.

    And data were restored, or somebody suspected that the data key is known.
    """

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._failed: deque[datetime] = deque()
        self._alone = Alone(asked=ground.study.oversight.confirmed_by_another)

    def see(self, seen: Seen) -> Iterator[int]:
        body = seen.body
        alone = self._alone.sees(seen.kind, body, seen.line.user)
        match seen.kind:
            case Kind.SIGNIN_FAILED:
                many = _full(self._failed, seen.at, self.limits.failed, self.limits.failed_within)
                found = many or bool(body.get("gap"))
            case Kind.ROLE_GRANTED | Kind.USER_ADDED | Kind.USER_CONFIRMED | Kind.REVIEW_NOTED:
                found = bool(body.get("exception")) or body.get("by") == "recovery" or alone
            case Kind.KEY_ROTATED:
                found = body.get("consent") is None
            case Kind.GENERATION_CHANGED:
                found = body.get("reason") == SUSPECTED
            case Kind.RESTORE_DONE:
                found = not body.get("drill")
            case Kind.CHAIN_CONTINUED:
                found = True
            case _:
                found = False
        if found:
            yield seen.seq


RULES: Final[Mapping[Flag, Callable[[Ground], Rule]]] = {
    Flag.SIGNED: AfterSignature,
    Flag.CRITICAL: Critical,
    Flag.REMOVED: Removed,
    Flag.LATE: Late,
    Flag.BURST: Burst,
    Flag.HOURS: Hours,
    Flag.TRIED: Tried,
    Flag.CLOCK: ClockSuspect,
    Flag.ACCESS: Access,
}

_SUSPECT: Final = DOUBTS | {"noted"}
_ENTRIES: Final = frozenset({Kind.FORM_SAVED, Kind.SIGNATURE_MADE})
_GONE: Final = frozenset(
    {
        Kind.EVENT_REMOVED,
        Kind.FORM_REMOVED,
        Kind.ROW_REMOVED,
        Kind.REDACTION_DONE,
        Kind.LINK_DESTROYED,
    }
)
_SHAPE: Final = frozenset(
    {
        Kind.FORM_REMOVED,
        Kind.FORM_RESTORED,
        Kind.ROW_ADDED,
        Kind.ROW_REMOVED,
        Kind.ROW_RESTORED,
    }
)


def flags(
    lines: Iterable[TrailLine], ground: Ground, rules: Iterable[Flag] = tuple(RULES)
) -> dict[int, tuple[Flag, ...]]:
    """The flags of a whole chain by record number.

    Args:
        lines: from the first record on; what is closed is passed over.
    """
    at_work = {flag: RULES[flag](ground) for flag in rules}
    found: dict[int, list[Flag]] = defaultdict(list)
    for line in lines:
        if line.kind is None or line.content is None:
            continue
        seen = Seen(line, Kind(line.kind), _key(line.address), line.content)
        for flag, rule in at_work.items():
            for seq in rule.see(seen):
                found[seq].append(flag)
    for flag, rule in at_work.items():
        for seq in rule.end():
            found[seq].append(flag)
    order = list(Flag)
    return {seq: tuple(sorted(set(f), key=order.index)) for seq, f in sorted(found.items())}


def _full(times: deque[datetime], at: datetime, limit: int, within: timedelta) -> bool:
    """Whether one more makes the limit; then the count begins anew."""
    times.append(at)
    while times and at - times[0] > within:
        times.popleft()
    if len(times) < limit:
        return False
    times.clear()
    return True


def _key(address: str | None) -> Key | None:
    try:
        return parse_address(address) if address else None
    except AddressError:
        return None


def _form(key: Key | None) -> FormKey | None:
    if isinstance(key, ItemKey | RowKey):
        return key.form
    return key if isinstance(key, FormKey) else None


def _is_visit_day(key: ItemKey) -> bool:
    return key.form.form == "SV" and key.item == "VISDAT"


def flagged_words(flagged: Mapping[str, int]) -> Text:
    """``late 2, removed 1`` in both languages; empty for none."""
    known = {flag.value: WORDS[flag] for flag in Flag}
    said = [(known.get(name, Text(name, name)), n) for name, n in flagged.items()]
    return Text(
        ", ".join(f"{w.en} {n}" for w, n in said), "，".join(f"{w.zh} {n}" for w, n in said)
    )
