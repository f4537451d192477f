"""The role matrix by real acts (E-07): every principal, act and state of a form, exactly as here.

The table is written by hand from the study's duties, not worked out from the program's own. The
whole of it is tried under ``dev.py soak``, a part that the seed chooses in each run.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Final

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import projection
from mrd_desktop.record.errors import Cause, NotFound, SaveRefused
from mrd_desktop.record.handing import OwnedHere
from mrd_desktop.record.locking import WrongLockState
from mrd_desktop.record.milestones import EndorsementRefused
from mrd_desktop.record.notes import NoteRefused
from mrd_desktop.record.redaction import NothingToRedact
from mrd_desktop.record.signing import NotSignable
from mrd_desktop.transfer.checkpoint import SlipUnreadable
from mrd_desktop.transfer.errors import NotAPackage, NothingToInstall, NoWayBack
from mrd_desktop.vault import folder
from mrd_desktop.vault.errors import PermissionDenied, SessionLocked, VaultClosed, WrongPassword
from tests.clinic import Clinic, password_of
from tests.once import Once
from tests.record.matrix_acts import ACTS, Go, Try
from tests.record.matrix_site import ANSWERED, ASKED, STATES, backup_of, in_states, query

PRINCIPALS: Final = {
    "n": "nobody", "l": "locked", "c": "crc", "i": "inv", "m": "cra", "s": "admin", "a": "aud",
}  # fmt: skip
"""Nobody is a session that has ended; a locked one waits for its password."""

Told = type[Exception] | Cause | str
DONE: Final = "done"
READ: Final = "read"
NOTHING: Final = "nothing"
"""It is let pass, and changes nothing: there is nothing there to do."""


@dataclass(frozen=True)
class Row:
    """Who may do an act.

    Attributes:
        who: letters of :data:`PRINCIPALS`.
        does: what it does for them where the state says nothing else.
        states: what it does for them in one state.
        others: how single others are refused; the rest get ``PermissionDenied``.
        idle: states in which a form that is open asks nothing of its session: there is nothing to
            keep.
    """

    who: str
    does: Told = DONE
    states: Mapping[str, Told] = field(default_factory=dict)
    others: Mapping[str, Told] = field(default_factory=dict)
    idle: tuple[str, ...] = ()

    def told(self, letter: str, state: str) -> Told:
        """What becomes of a try."""
        if letter in "nl":
            return SessionLocked
        if letter in self.who:
            return self.states.get(state, self.does)
        return self.others.get(letter, PermissionDenied)


TYPING: Final = {"locked": Cause.LOCKED, "withdrawn": Cause.WITHDRAWN}
READERS: Final = {"m": Cause.PERMISSION, "a": Cause.PERMISSION}
ALL_OTHERS: Final = {"m": Cause.PERMISSION, "a": Cause.PERMISSION, "s": Cause.PERMISSION}
NOT_SAVED: Final[Mapping[str, Told]] = {"draft": NotFound}

TABLE: Final[dict[str, Row]] = {
    "subjects": Row("cima", READ),
    "chart": Row("cima", READ),
    "findings": Row("cima", READ),
    "form": Row("cima", READ),
    "history": Row("cima", READ),
    "lock history": Row("cima", READ),
    "notes": Row("cima", READ),
    "queries": Row("cima", READ),
    "compared": Row("cima", READ),
    "visits": Row("cima", READ),
    "search": Row("cima", READ),
    "ranges": Row("cima", READ),
    "copy": Row("cima", READ),
    "trail": Row("cima", READ),
    "trail reviews": Row("cima", READ),
    "delegation": Row("cimsa", READ),
    "verify": Row("cimsa", READ),
    "slip compared": Row("cimsa", SlipUnreadable),
    "requests": Row("cima", READ),
    "incidents": Row("cimsa", READ),
    "preview": Row("ci", READ),
    "redactable": Row("i", READ),
    "draft": Row("ci", states={"locked": NOTHING, "withdrawn": NOTHING},
                 others={"m": NOTHING, "a": NOTHING}, idle=("locked", "withdrawn")),
    "save": Row("ci", states=TYPING, others=READERS),
    "complete": Row("ci", states=TYPING, others=READERS),
    "remove form": Row("ci", states={"draft": NotFound, "locked": Cause.LOCKED},
                       others=ALL_OTHERS),
    "restore form": Row("ci", states={"withdrawn": Cause.WITHDRAWN}, others=ALL_OTHERS),
    "remove visit": Row("ci", states={"locked": Cause.LOCKED}, others=ALL_OTHERS),
    "restore visit": Row("ci", others=ALL_OTHERS),
    "remove bare visit": Row("ci", others=ALL_OTHERS),
    "sign": Row("i", states={"draft": NotSignable, "locked": NotSignable}),
    "freeze": Row("m", states={"draft": NotFound, "locked": WrongLockState}),
    "lock": Row("m", states={"draft": NotFound, "locked": WrongLockState}),
    "unlock": Row("m", WrongLockState, states={"draft": NotFound, "locked": DONE}),
    "note": Row("cim", states={"draft": NoteRefused}),
    "ask": Row("m"),
    "answer": Row("ci"),
    "close query": Row("m"),
    "reopen query": Row("m"),
    "compare": Row("m", states={"draft": NOTHING}),
    "differs": Row("m", states={"draft": NOTHING}),
    "redact": Row("i", states={"draft": NothingToRedact}),
    "new subject": Row("ci"),
    "see identity": Row("ci", READ),
    "edit identity": Row("ci"),
    "identity history": Row("ci", READ),
    "note identity": Row("ci"),
    "look at identity": Row("ci"),
    "find person": Row("ci", READ),
    "name": Row("ci"),
    "identification list": Row("ci"),
    "identity copy": Row("ci"),
    "destroy link": Row("i"),
    "claim": Row("ci", OwnedHere),
    "request": Row("ci"),
    "range": Row("ci", others=ALL_OTHERS),
    "visit note": Row("m"),
    "visit begun": Row("m"),
    "milestone": Row("i", EndorsementRefused),
    "incident": Row("cis"),
    "trail file": Row("cima"),
    "calendar file": Row("cima"),
    "review trail": Row("im"),
    "review accounts": Row("is"),
    "slip": Row("cimsa"),
    "export": Row("ci"),
    "import": Row("ci", NotAPackage),
    "card": Row("ci", READ),
    "backup": Row("cis"),
    "drill": Row("cis"),
    "backup place": Row("cis"),
    "add user": Row("s"),
    "confirm user": Row("s"),
    "give role": Row("s"),
    "last day": Row("s"),
    "reset user": Row("s"),
    "close user": Row("s"),
    "data key": Row("s"),
    "give vault": Row("ci", others={"m": VaultClosed, "s": VaultClosed, "a": VaultClosed}),
    "pin": Row("s"),
    "install": Row("s", NothingToInstall),
    "roll back": Row("s", NoWayBack),
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Cell:
    """One try."""

    state: str
    letter: str
    user: str
    act: str

    @property
    def told(self) -> Told:
        return TABLE[self.act].told(self.letter, self.state)

    @property
    def changes(self) -> bool:
        return self.told == DONE


def cells() -> list[Cell]:
    """All of them: a locked session is one whose user may do the act while it is open."""
    return [
        Cell(state, letter, PRINCIPALS[TABLE[act].who[0] if letter in "nl" else letter], act)
        for act in TABLE
        for letter in PRINCIPALS
        for state in STATES
    ]


def test_every_act_has_a_row_and_every_principal_a_column() -> None:
    assert list(TABLE) == list(ACTS)
    assert len(cells()) == len(TABLE) * 7 * 5 >= 2_240


# --- what stands --------------------------------------------------------------------------

BESIDE: Final = frozenset({Kind.SESSION_OPENED, Kind.SESSION_CLOSED, Kind.ENTRY_REFUSED})
"""Told of a try that was refused; nothing of a subject."""
_NO_DATA: Final = ("ledger_", "sqlite_", "p_head", "p_session")


def denials(records: list[Record]) -> list[Record]:
    """Records that say that somebody was refused."""
    return [r for r in records if r.kind is Kind.REVIEW_NOTED and r.body.get("act") == "denied"]


@dataclass(frozen=True)
class Stand:
    """Everything that an act could change, in short."""

    seq: int
    tables: str
    files: str
    manifest: str

    def alike(self, other: Stand) -> bool:
        """Nothing but the trail differs."""
        return (self.tables, self.files, self.manifest) == (
            other.tables, other.files, other.manifest,
        )  # fmt: skip


def _files(place: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in place.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(place)).encode() + path.read_bytes())
    return digest.hexdigest()


def stand(t: Try) -> Stand:
    """What stands now, read past the session's lock."""
    session, digest = t.session, hashlib.sha256()
    with session.database.reading() as conn:
        names = [r[0] for r in conn.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]  # fmt: skip
        for name in names:
            if not name.startswith(_NO_DATA):
                rows = conn.exec_driver_sql(f"SELECT * FROM {name}").all()
                digest.update(repr((name, sorted(map(repr, rows)))).encode())
        seq = store.head(conn, session.folder.chain).seq
    manifest = hashlib.sha256(repr(session.manifest).encode()).hexdigest()
    return Stand(seq, digest.hexdigest(), _files(t.out), manifest)


def since(t: Try, seq: int) -> list[Record]:
    """The records behind one."""
    with t.session.database.reading() as conn:
        return list(store.records(conn, t.session.folder.chain, after=seq))


# --- one try ------------------------------------------------------------------------------


def happened(go: Callable[[], object], told: Told) -> str:
    """What is wrong with the outcome of a try; empty where it is as the table says."""
    try:
        go()
    except SaveRefused as refused:
        return "" if refused.cause is told else f"refused: {refused.cause}"
    except Exception as error:
        fits = isinstance(told, type) and type(error) is told
        return "" if fits else f"{type(error).__name__}: {error}"
    return "" if told in (DONE, READ, NOTHING) else "was done"


def whole(t: Try, act: str) -> object:
    """Both parts of an act at once."""
    return ACTS[act](t)()


def prepared(t: Try, act: str) -> Go:
    """The first part of an act, and where that is refused already, the whole."""
    try:
        return ACTS[act](t)
    except Exception:
        return partial(whole, t, act)


ASIDE: Final = frozenset(
    {"remove form", "restore form", "remove visit", "restore visit", "remove bare visit", "range"}
)
"""Acts that are refused in the words of a form, and noted as denied all the same."""


def tried(t: Try, cell: Cell) -> str:
    """Try one cell; what is wrong with it."""
    before = stand(t)
    began = before.seq

    def both() -> object:
        nonlocal began
        go = ACTS[cell.act](t)
        began = t.session.head().seq  # what was denied on the way is no denial of the act
        return go()

    wrong = happened(both, cell.told)
    after, new = stand(t), since(t, before.seq)
    if wrong:
        return wrong
    if cell.changes:
        return "changed nothing" if after == before else ""
    left = {r.kind for r in new if r not in denials(new)} - BESIDE
    if left or not after.alike(before):
        return f"left {sorted(left)} behind" if left else "changed what is no record"
    told = len(denials(since(t, began)))
    aside = cell.told is Cause.PERMISSION and cell.act in ASIDE  # a refused Save says so itself
    wanted = cell.told in (PermissionDenied, VaultClosed) or aside
    return f"left {told} records of a denial" if told != wanted else ""


def without_session(clinic: Clinic, t: Try, cell: Cell) -> str:
    """The same with a session that is locked or ended between the two parts of the act."""
    go = prepared(t, cell.act)
    first = NOTHING if cell.state in TABLE[cell.act].idle else cell.told
    if cell.letter == "l":
        t.session.lock()
        before = stand(t)
        wrong = happened(go, first) or happened(partial(whole, t, cell.act), cell.told)
        left = stand(t) != before
        t.session.unlock(t.session.user, t.password)
        return wrong or ("left something" if left else "")
    t.session.close()
    before_files = _files(clinic.path)
    wrong = happened(go, first) or happened(partial(whole, t, cell.act), cell.told)
    return wrong or ("left something" if _files(clinic.path) != before_files else "")


def start(site: Clinic, to: Path, user: str) -> tuple[Clinic, Try]:
    """A copy of a prepared site with somebody signed in."""
    clinic = site.copy(to / "site")
    (to / "out").mkdir()
    with_names = clinic.open("crc")
    with with_names:
        asked, answered = query(with_names, ASKED), query(with_names, ANSWERED)
    session = clinic.open(user)
    session.announce()
    return clinic, Try(session, to / "out", backup_of(site), asked, answered)


def run(sites: Mapping[str, Clinic], chosen: list[Cell], tmp: Path) -> list[str]:
    """Try cells: at one site those that change nothing, at a site of its own each other."""
    wrong: list[str] = []

    def note(cell: Cell, said: str) -> None:
        if said:
            wrong.append(f"{cell.state}, {PRINCIPALS[cell.letter]} ({cell.user}), {cell.act}: "
                         f"{said}, not {cell.told}")  # fmt: skip

    def at_once(cell: Cell) -> tuple[object, ...]:
        alone = (cell.act,) if cell.changes or cell.letter == "n" else ()
        return (cell.state, cell.letter, cell.user, *alone)

    for number, (_, group) in enumerate(groupby(sorted(chosen, key=at_once), key=at_once)):
        place = tmp / str(number)
        place.mkdir()
        here = list(group)
        clinic, t = start(sites[here[0].state], place, here[0].user)
        with t.session:
            for cell in here:
                bare = cell.letter in "nl"
                note(cell, without_session(clinic, t, cell) if bare else tried(t, cell))
        shutil.rmtree(place)
    return wrong


@pytest.fixture(scope="session")
def sites(clinic_template: Clinic, once: Once) -> dict[str, Clinic]:
    """The five sites; copy them, never change them."""
    return in_states(clinic_template, once)


@pytest.mark.soak
@pytest.mark.parametrize("state", STATES)
def test_every_act_does_in_every_state_what_the_table_says(
    sites: dict[str, Clinic], tmp_path: Path, seed: int, fraction: Callable[[int, int], int],
    state: str,
) -> None:  # fmt: skip
    everything = [c for c in cells() if c.state == state]
    chosen = Random(seed).sample(everything, fraction(len(everything), 14))
    wrong = run(sites, chosen, tmp_path)
    assert not wrong, "\n".join(wrong)


def test_nobody_gets_a_session_without_a_password_of_the_site(sites: dict[str, Clinic]) -> None:
    for clinic in sites.values():
        for user, password in (("crc", ""), ("crc", password_of("inv")), ("x", password_of("x"))):
            with pytest.raises(WrongPassword):
                folder.open_folder(
                    clinic.path, user, password, study=clinic.study, fold=projection.fold
                )


@pytest.mark.parametrize("user", ["crc", "inv", "cra", "admin", "aud"])
def test_what_nobody_knows_is_allowed_to_nobody(
    sites: dict[str, Clinic], tmp_path: Path, user: str
) -> None:
    with sites["saved"].copy(tmp_path / "site").open(user) as session:
        for ask in (session.allows, session.require):
            with pytest.raises(KeyError):
                ask("form.burn")
