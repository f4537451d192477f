"""Milestones: when the investigator endorses what is recorded, and what changed since.

An endorsement covers the subjects that this computer owns, up to the heads of all chains held:
every complete form bears a valid signature then. A change of a form that was covered supersedes it.
What a milestone is, and when, is policy of the study (:class:`mrd_desktop.study.model.Milestone`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry
from mrd_desktop.record.endorsing import to_sign
from mrd_desktop.record.errors import RecordError
from mrd_desktop.record.owning import moved, owned_here
from mrd_desktop.record.projection import form_key
from mrd_desktop.study.model import Milestone
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault import statements
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import stated

MEANING: Final = "milestone"
STATEMENT: Final = Text(
    "I have reviewed the data recorded up to this point and endorse them as accurate, complete and "
    "in agreement with the source records.",
    "本人已审阅截至此时所记录的数据，确认其准确、完整，并与原始记录一致。",
)


class EndorsementRefused(RecordError):
    """It cannot be signed like this."""

    code = "milestone"
    template = Text("The milestone was not endorsed: {detail}", "里程碑未确认：{detail}")

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.text = Text(self.template.en.format(detail=why.en),
                         self.template.zh.format(detail=why.zh))  # fmt: skip


UNSIGNED: Final = Text(
    "{n} complete forms wait for a signature. Sign them under To sign first.",
    "有 {n} 张完整表单待签名，请先在“待签名”中签署。",
)
NOBODY: Final = Text("no subject has reached it yet.", "尚无受试者到达此里程碑。")
CHANGED: Final = Text(
    "data have changed since it was shown. Look again, then sign.",
    "显示之后数据又有更改，请重新查看后签名。",
)
UNKNOWN: Final = Text("the study has no such milestone.", "本研究没有此里程碑。")


@dataclass(frozen=True, slots=True)
class Endorsed:
    """The last endorsement of a milestone.

    Attributes:
        heads: how far it goes, by chain.
        covered: of each subject the digest of what was signed of it then.
        forms: how many signed forms it covered.
    """

    at: str
    user: str
    forms: int
    heads: Mapping[str, int]
    covered: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a milestone stands.

    Attributes:
        due: the last day on which it is in time; None where nothing is to be endorsed.
        reached: subjects of this computer that an endorsement would cover now.
        waiting: those that none covers yet.
        superseded: those of whom something that was covered has changed since.
        endorsed: the last endorsement, None before the first.
    """

    milestone: Milestone
    due: date | None
    reached: tuple[str, ...]
    waiting: tuple[str, ...]
    superseded: tuple[str, ...]
    endorsed: Endorsed | None

    def overdue(self, today: date) -> bool:
        """Whether its last day has gone by."""
        return self.due is not None and today > self.due


@dataclass(frozen=True, slots=True)
class Shown:
    """What an endorsement would be about: by subject the digest of its signed forms."""

    oid: str
    forms: int
    subjects: Mapping[str, str]


def standings(session: Session) -> tuple[Standing, ...]:
    """Every milestone of the study, as the tables tell; quick enough for a list of tasks."""
    milestones = session.study.oversight.milestones
    if not milestones:
        return ()
    with session.reading() as conn:
        own = _own(conn, session.folder.chain)
        last = {m.oid: _last(session, conn, m.oid) for m in milestones}
        forms = _forms(conn) if any(last.values()) else {}
        return tuple(_standing(session, conn, m, last[m.oid], own, forms) for m in milestones)


def show(session: Session, oid: str, language: Language) -> Shown:
    """What would be endorsed now.

    Raises:
        PermissionDenied: the role may not sign.
        EndorsementRefused: no such milestone, nobody has reached it, or forms are not signed.
    """
    session.require("form.sign")
    milestone = next((m for m in session.study.oversight.milestones if m.oid == oid), None)
    if milestone is None:
        raise EndorsementRefused(UNKNOWN)
    with session.reading() as conn:
        found = _shown(session, conn, milestone)
    if not found.subjects:
        raise EndorsementRefused(NOBODY)
    waiting = to_sign(session, language, tuple(found.subjects))
    if waiting:
        raise EndorsementRefused(UNSIGNED.filled(n=len(waiting)))
    return found


def endorse(session: Session, shown: Shown, password: str, *, language: Language) -> None:
    """Sign for what was shown.

    Raises:
        PermissionDenied: the role may not sign.
        EndorsementRefused: it has changed since.
        UndertakingMissing, NotConfirmed, WrongPassword, TryLater: nothing was signed.
    """
    session.require("form.sign")
    sign = session.signer(password)
    if show(session, shown.oid, language) != shown:
        raise EndorsementRefused(CHANGED)

    def build(conn: Connection) -> list[Entry]:
        heads = [store.head(conn, chain) for chain in store.chains(conn)]
        said: dict[str, JSON] = {
            "oid": shown.oid,
            "forms": shown.forms,
            "heads": [{"chain": h.chain, "seq": h.seq, "head": h.digest.hex()} for h in heads],
            "subjects": [[subject, digest] for subject, digest in shown.subjects.items()],
        }
        return [stated(session, sign, MEANING, STATEMENT, language, said)]

    session.commit(build)


@dataclass(frozen=True, slots=True)
class _Form:
    """A form that was ever signed, and is not removed.

    Attributes:
        signed: its signatures (chain, seq).
        last: the latest record of its data points and rows, by chain.
    """

    subject: str
    address: str
    signed: tuple[tuple[str, int], ...]
    last: tuple[tuple[str, int], ...]


_SUBJECTS: Final = "SELECT subject, at FROM p_subject ORDER BY subject"
_SIGNED: Final = (
    "SELECT s.form_id, s.chain, s.seq, f.subject, f.event, f.event_repeat, f.form, f.form_repeat"
    " FROM p_signature s JOIN p_form f ON f.form_id = s.form_id WHERE f.removed = 0"
    " ORDER BY s.chain, s.seq"
)
_LAST: Final = (
    "SELECT form_id, chain, max(seq) FROM (SELECT form_id, chain, seq FROM p_item"
    " UNION ALL SELECT form_id, chain, seq FROM p_row) x GROUP BY form_id, chain ORDER BY chain"
)
_REACHED: Final = text(
    "SELECT f.subject, max(i.value) FROM p_item i JOIN p_form f ON f.form_id = i.form_id"
    " WHERE f.form = :form AND i.item = :item AND f.removed = 0 AND i.value IS NOT NULL"
    " GROUP BY f.subject"
)


def _own(conn: Connection, chain: str) -> dict[str, str]:
    """The subjects that this computer owns, and when each was created (UTC)."""
    gone = {s for s in moved(conn) if not owned_here(conn, s, chain)}
    rows = conn.exec_driver_sql(_SUBJECTS).all()
    return {subject: at for subject, at in rows if subject not in gone}


def _forms(conn: Connection) -> dict[str, list[_Form]]:
    last: dict[int, list[tuple[str, int]]] = {}
    for form_id, chain, seq in conn.exec_driver_sql(_LAST):
        last.setdefault(form_id, []).append((chain, seq))
    signed: dict[int, list[tuple[str, int]]] = {}
    keys: dict[int, tuple[str, str]] = {}
    for row in conn.exec_driver_sql(_SIGNED):
        signed.setdefault(row.form_id, []).append((row.chain, row.seq))
        keys[row.form_id] = row.subject, str(form_key(row))
    found: dict[str, list[_Form]] = {}
    for form_id, (subject, address) in keys.items():
        form = _Form(subject, address, tuple(signed[form_id]), tuple(last.get(form_id, ())))
        found.setdefault(subject, []).append(form)
    return found


def _digest(forms: Iterable[_Form], heads: Mapping[str, int] | None) -> tuple[str, int]:
    """What is signed of a subject, up to the heads, as one value; and how many forms."""
    lines: list[JSON] = []
    for form in sorted(forms, key=lambda f: f.address):
        signed = [(c, n) for c, n in form.signed if heads is None or n <= heads.get(c, 0)]
        if signed:
            lines.append([form.address, list(signed[-1]), [list(x) for x in form.last]])
    return hashlib.sha256(dumps({"forms": lines})).hexdigest(), len(lines)


def _reached(
    conn: Connection, milestone: Milestone, own: Mapping[str, str]
) -> dict[str, date | None]:
    """Own subjects that a milestone is about, and the day on which each reached it."""
    if not milestone.item:
        return dict.fromkeys(own)
    form, _, item = milestone.item.partition(".")
    rows = conn.execute(_REACHED, {"form": form, "item": item}).all()
    return {subject: _day(value) for subject, value in rows if subject in own}


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None  # a partial date: reached, on a day that nobody knows


def _standing(
    session: Session,
    conn: Connection,
    milestone: Milestone,
    endorsed: Endorsed | None,
    own: Mapping[str, str],
    forms: Mapping[str, list[_Form]],
) -> Standing:
    reached = _reached(conn, milestone, own)
    zone = session.clock.zone
    since = None if endorsed is None else zone.local(endorsed.at).date()
    waiting: dict[str, date] = {}
    changed: dict[str, date] = {}
    for subject, day in reached.items():
        if endorsed is None or since is None or subject not in endorsed.covered:
            waiting[subject] = day or session.today()
        elif _digest(forms.get(subject, ()), endorsed.heads)[0] != endorsed.covered[subject]:
            at = _changed_at(conn, forms.get(subject, ()), endorsed.heads)
            changed[subject] = since if at is None else zone.local(at).date()
    if milestone.every_days:
        days = [since] if since else [zone.local(at).date() for at in own.values()]
    else:
        days = [*waiting.values(), *changed.values()]
    within = timedelta(days=milestone.every_days or milestone.within_days)
    return Standing(
        milestone, min(days) + within if days else None, tuple(reached), tuple(waiting),
        tuple(changed), endorsed,
    )  # fmt: skip


def _changed_at(conn: Connection, forms: Iterable[_Form], heads: Mapping[str, int]) -> str | None:
    """When the last record came that an endorsement does not cover (UTC)."""
    late = {(c, n) for f in forms for c, n in f.last if n > heads.get(c, 0)}
    return max((store.record(conn, c, n).header.at for c, n in late), default=None)


def _shown(session: Session, conn: Connection, milestone: Milestone) -> Shown:
    own, forms = _own(conn, session.folder.chain), _forms(conn)
    found = {s: _digest(forms.get(s, ()), None) for s in _reached(conn, milestone, own)}
    return Shown(
        milestone.oid, sum(n for _, n in found.values()), {s: d for s, (d, _) in found.items()}
    )


def _last(session: Session, conn: Connection, oid: str) -> Endorsed | None:
    record = statements.last(conn, session.folder.chain, MEANING, oid)
    if record is None:
        return None
    said: Mapping[str, Any] = statements.said(record)
    return Endorsed(
        record.header.at,
        str(record.body["user"]),
        said["forms"],
        {h["chain"]: h["seq"] for h in said["heads"]},
        dict(said["subjects"]),
    )
