"""The role matrix (E-07): every principal and operation, in each state of a site, exactly as here.

A new operation needs a row, or this file fails the build. A new role needs a column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from mrd_desktop.record import incidents as incident_records
from mrd_desktop.record import projection
from mrd_desktop.record import requests as request_records
from mrd_desktop.record.entries import Reference
from mrd_desktop.record.incidents import Incidents
from mrd_desktop.record.requests import Outcome as RequestOutcome
from mrd_desktop.record.requests import Request, Requests
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.vault import folder, roles, users
from mrd_desktop.vault.errors import (
    NotActivated,
    NotConfirmed,
    NotTrained,
    PermissionDenied,
    ProgramNotReleased,
    RecordsAltered,
    RecordsMissing,
    SessionLocked,
    UndertakingMissing,
)
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.roles import CLINICAL, HELD, OPERATIONS, RECORDING, UNSOUND
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.denials import denied
from tests.transfer.route import SPONSOR_PASSWORD, Route, acquaint, make_store
from tests.vault.kit import ROLES, Site

# c coordinator, i investigator, m monitor, s site administrator, a auditor;
# store: d data manager, u auditor
MATRIX: Final = {
    "subject.create": "ci",
    "subject.see": "cima du",
    "form.edit": "ci",
    "form.sign": "i",
    "form.lock": "m",
    "note.add": "cim",
    "query.answer": "ci",
    "query.open": "m d",
    "query.close": "m d",
    "sdv": "m",
    "identity.see": "ci",
    "identity.edit": "ci",
    "user.manage": "s d",
    "trust.manage": "s d",
    "export": "ci d",
    "import": "ci d",
    "backup": "cis d",
    "restore": "s d",
    "audit.see": "cima du",
    "audit.review": "im",
    "verify": "cimsa du",
}
SITE: Final = {
    "c": "coordinator", "i": "investigator", "m": "monitor", "s": "siteadmin", "a": "auditor",
}  # fmt: skip
STORE: Final = {"d": "sponsor", "u": "auditor"}
USERS: Final = {role: user for user, role in {**ROLES, "admin": "siteadmin"}.items()}
REASON: Final = Text("synthetic reason.", "测试原因。")


def of(table: Mapping[str, str], part: int) -> dict[str, set[str]]:
    """Operations by role, as the matrix says for site (0) or store (1)."""
    said: dict[str, set[str]] = {role: set() for role in table.values()}
    for operation, row in MATRIX.items():
        for letter in (*row.split(" "), "")[part] if part or not row.startswith(" ") else "":
            said[table[letter]].add(operation)
    return said


def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    assert set(MATRIX) == OPERATIONS


@pytest.mark.parametrize(("kind", "table", "part"), [(FolderKind.SITE, SITE, 0),
                                                     (FolderKind.STORE, STORE, 1)])  # fmt: skip
def test_the_roles_may_what_the_matrix_says_and_no_more(
    study: Study, kind: FolderKind, table: Mapping[str, str], part: int
) -> None:
    found = {oid: set(r.operations) for oid, r in roles.role_table(kind, study).items()}
    assert found == of(table, part)


def test_the_joint_role_of_a_small_clinic_is_the_sum_of_its_two(study: Study) -> None:
    (joint,) = roles.combined(roles.role_table(FolderKind.SITE, study))
    said = of(SITE, 0)
    assert joint.operations == said["coordinator"] | said["siteadmin"]
    assert "form.sign" not in joint.operations
    assert "audit.review" not in joint.operations


@pytest.mark.parametrize("role", list(SITE.values()))
def test_each_state_of_a_site_denies_exactly_what_it_must(site: Site, role: str) -> None:
    may = of(SITE, 0)[role]
    with site.open(USERS[role]) as session:

        def check(
            denied: frozenset[str], error: type[Exception], waiting: frozenset[str] = frozenset()
        ) -> None:
            for operation in OPERATIONS:
                allowed = operation in may - denied
                assert session.allows(operation) is allowed, operation
                if allowed and operation not in waiting:
                    session.require(operation)
                    continue
                expected = error if operation in may else PermissionDenied
                with pytest.raises(expected):
                    session.require(operation)

        check(frozenset(), PermissionDenied)
        session.hold = REASON
        check(frozenset(HELD), RecordsMissing, RECORDING)
        session.hold, session.altered = None, REASON
        check(frozenset(UNSOUND), RecordsAltered)
        session.altered, session.unreleased = None, REASON
        check(frozenset(UNSOUND), ProgramNotReleased)
        session.unreleased = None
        live = replace(session.folder, training=False)
        training, session.__dict__["folder"] = session.folder, live
        check(frozenset(CLINICAL), NotActivated)
        session.__dict__["folder"] = training
        unconfirmed = replace(session.account, confirmed=False)
        session.__dict__["account"] = unconfirmed
        check(roles.SIGNING, NotConfirmed)
        session.__dict__["account"] = replace(session.account, confirmed=True)
        session.undertaken = False
        check(roles.SIGNING, UndertakingMissing)
        session.undertaken, session.trained = True, False
        check(roles.TRAINED, NotTrained)
        session.lock()
        for operation in OPERATIONS:
            with pytest.raises(SessionLocked):
                session.require(operation)


# The acts on participants' requests and on incidents, by the same letters: each is tried for real.
RIGHTS: Final = {
    "request.read": "cima du",
    "request.record": "ci",
    "request.answer": "ci",
    "incident.read": "cimsa du",
    "incident.record": "cis",
    "incident.tell": "cis",
    "incident.close": "cis",
}
AT_SITE: Final = {"c": "crc", "i": "inv", "m": "cra", "s": "admin", "a": "aud"}
AT_STORE: Final = {"d": "boss", "u": "looker"}
LOOKER: Final = "synthetic-looker-password"


def acts(session: Session) -> Mapping[str, Callable[[], object]]:
    """One try of each act, with what it needs to succeed."""
    requests, incidents = Requests(session), Incidents(session)
    with session.reading() as conn:  # whoever may not read them tries to write all the same
        asked = [r for r in request_records.standing(conn) if r.answer is None]
        noted = [i for i in incident_records.standing(conn) if i.closed is None]
    day = session.today()
    asked.append(Request(Reference("a" * 26, 1), "01-001", "copy", day, day, "", "", "crc"))
    running = [i for i in noted if i.owed]
    told = [i for i in noted if not i.owed]
    at = session.clock.zone.local(session.now()).strftime("%Y-%m-%d %H:%M")
    words = "Synthetic words"
    return {
        "request.read": requests.all,
        "request.record": lambda: requests.receive("01-001", "copy", session.today(), words),
        "request.answer": lambda: requests.answer(asked[0], RequestOutcome.DONE, words),
        "incident.read": incidents.all,
        "incident.record": lambda: incidents.note("lost", at, "0", words),
        "incident.tell": lambda: incidents.tell(running[0], running[0].owed[0].clock.oid, at, ""),
        "incident.close": lambda: incidents.close(told[0], words),
    }


def tried(session: Session, letter: str, part: int) -> None:
    """Each act does what its row says, and leaves nothing where it is denied."""
    for act, go in acts(session).items():
        row = [*RIGHTS[act].split(" "), ""]
        before = session.head().seq
        if letter in row[part]:
            go()
            continue
        with pytest.raises(PermissionDenied):
            go()
        assert len(denied(session, before)) == 1, f"{act} is written down once"


@pytest.fixture
def asked(charted: Clinic, tmp_path: Path) -> Route:
    """A site with an open request, an incident whose clocks run and one to be closed; its store."""
    route = Route(charted, make_store(tmp_path / "store", charted.study), tmp_path / "stick")
    acquaint(route.clinic, route.store)
    with route.clinic.open() as session:
        at = session.clock.zone.local(session.now()).strftime("%Y-%m-%d %H:%M")
        Requests(session).receive("01-001", "copy", session.today(), "")
        for _ in range(2):
            Incidents(session).note("lost", at, "0", "Synthetic words")
        first = Incidents(session).all()[0]
        for due in first.owed:
            Incidents(session).tell(first, due.clock.oid, at, "")
    assert route.carry().fine
    with route.store.open() as session:
        users.add_user(session, "looker", "auditor", password=LOOKER)
    return route


@pytest.mark.parametrize("letter", list(AT_SITE))
def test_requests_and_incidents_are_for_whom_the_matrix_says(asked: Route, letter: str) -> None:
    with asked.clinic.open(AT_SITE[letter]) as session:
        tried(session, letter, 0)


@pytest.mark.parametrize("letter", list(AT_STORE))
def test_a_store_reads_incidents_and_writes_none(asked: Route, letter: str) -> None:
    password = SPONSOR_PASSWORD if letter == "d" else LOOKER
    store = asked.store
    with folder.open_folder(
        store.path, AT_STORE[letter], password, study=store.study, fold=projection.fold
    ) as session:
        tried(session, letter, 1)
        assert len(Incidents(session).all()) == 2
        assert Requests(session).all() == (), "they stay at the site"


def test_every_act_of_requests_and_incidents_has_a_row(asked: Route) -> None:
    with asked.clinic.open() as session:
        assert set(acts(session)) == set(RIGHTS)
    public = {n for c in (Requests, Incidents) for n in vars(c) if not n.startswith("_")}
    assert public == {"all", "receive", "answer", "note", "tell", "close"}
