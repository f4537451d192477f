"""The role matrix (E-07): every principal and operation, in each state of a site, exactly as here.

A new operation needs a row, or this file fails the build. A new role needs a column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest

from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.vault import roles
from mrd_desktop.vault.errors import (
    NotActivated,
    NotConfirmed,
    NotTrained,
    PermissionDenied,
    RecordsMissing,
    SessionLocked,
    UndertakingMissing,
)
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.roles import CLINICAL, HELD, OPERATIONS
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

        def check(denied: frozenset[str], error: type[Exception]) -> None:
            for operation in OPERATIONS:
                allowed = operation in may - denied
                assert session.allows(operation) is allowed, operation
                if allowed:
                    session.require(operation)
                    continue
                expected = error if operation in may else PermissionDenied
                with pytest.raises(expected):
                    session.require(operation)

        check(frozenset(), PermissionDenied)
        session.hold = REASON
        check(frozenset(HELD), RecordsMissing)
        session.hold = None
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
