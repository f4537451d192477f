"""Operations and the roles that may do them. The table is data; deny is the default.

A site's roles belong to the study definition, a store's to ``resources/roles.yaml``. An
operation that is not in :data:`OPERATIONS` is a mistake of the program, found at the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from ruamel.yaml import YAML

from mrd_desktop.resources import resource
from mrd_desktop.study.model import Role, Study
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import DutiesApart, RoleRefused
from mrd_desktop.vault.manifest import FolderKind

OPERATIONS: Final = frozenset(
    {
        "subject.create",
        "subject.see",
        "form.edit",
        "form.sign",
        "form.lock",
        "note.add",
        "query.answer",
        "query.open",
        "query.close",
        "sdv",
        "identity.see",
        "identity.edit",
        "user.manage",
        "trust.manage",
        "export",
        "import",
        "backup",
        "restore",
        "audit.see",
        "audit.review",
        "verify",
    }
)
"""Everything that is asked of :meth:`Session.require`."""

MANAGING: Final = "user.manage"

CLINICAL: Final = frozenset(
    {
        "subject.create",
        "form.edit",
        "form.sign",
        "form.lock",
        "note.add",
        "query.answer",
        "query.open",
        "query.close",
        "sdv",
        "identity.edit",
    }
)
"""What writes clinical data: on a live site only while it is activated."""

HELD: Final = CLINICAL | {"export"}
"""What waits while records are missing that are known elsewhere."""

UNSOUND: Final = HELD | {"audit.review"}
"""What waits while the database is not what the program wrote: also to answer for the trail, to
redact and to destroy a link, which cannot be taken back. Who may sign in is managed all the same.
"""

SIGNING: Final = frozenset({"form.sign", "audit.review"})
"""What signs: only where somebody who manages users has confirmed whose key it is, and where, at a
live site, its owner has signed the undertaking."""

TRAINED: Final = CLINICAL | SIGNING
"""What only trained people do at a live site."""

RECORDING: Final = UNSOUND | {MANAGING, "trust.manage", "import"}
"""What leaves records: refused while records are missing, for what comes back follows only where
nothing was written since. What is not of :data:`HELD` stays offered, and is refused in words."""

FRESH: Final = frozenset({MANAGING, "trust.manage"})
"""What nobody does at another's open seat: accounts, trust, the definition, what opens a site.

A password typed lately is asked for (C.8, ASVS 7.5.1 and 7.5.3); a signed act asks for its own.
"""

SIGNABLE: Final = SIGNING | {"export", "restore", MANAGING}
"""What leads to a signature of one's own; roles without any of it are asked for no undertaking."""

_JOINT: Final = "+"
_SHORTEST_REASON: Final = 4


def role_table(kind: FolderKind, study: Study) -> Mapping[str, Role]:
    """The roles of a folder by OID.

    Raises:
        KeyError: a role names an operation that does not exist.
    """
    roles = study.roles if kind is FolderKind.SITE else _store_roles()
    return checked(roles)


def checked(roles: Iterable[Role]) -> Mapping[str, Role]:
    """The roles by OID, their operations all known; raises KeyError otherwise."""
    table = {role.oid: role for role in roles}
    for role in table.values():
        for operation in role.operations:
            known(operation)
    return table


def known(operation: str) -> str:
    """The operation itself; KeyError where there is none of that name."""
    if operation not in OPERATIONS:
        raise KeyError(f"no such operation: {operation}")
    return operation


def role_of(kind: FolderKind, study: Study, oid: str) -> Role:
    """One role of a folder, or the two of a person who has both by a recorded exception.

    Raises:
        RoleRefused: there is none of that name.
    """
    table = role_table(kind, study)
    if oid in table:
        return table[oid]
    joint = next((r for r in combined(table) if r.oid == oid), None)
    if joint is None:
        raise RoleRefused(oid, roles=", ".join(table))
    return joint


def is_combined(oid: str) -> bool:
    """Whether a role joins duties that are kept apart elsewhere; it needs a reason on record."""
    return _JOINT in oid


def excepted(oid: str, reason: str) -> dict[str, str]:
    """What the record of a role says of an exception; empty for a role that needs none.

    Raises:
        DutiesApart: the role joins duties, and no reason is given.
    """
    if not is_combined(oid):
        return {}
    if len(reason.strip()) < _SHORTEST_REASON:
        raise DutiesApart
    return {"exception": reason.strip()}


def combined(table: Mapping[str, Role]) -> tuple[Role, ...]:
    """Roles of a clinic too small to keep duties apart: to enter data and to manage accounts.

    Who signs, monitors or audits never manages accounts: a reset would be in the hands of the one
    whose signatures it renews, or whose work is looked at.
    """
    managing = [r for r in table.values() if MANAGING in r.operations and not r.vault]
    entering = [
        r for r in table.values()
        if r.vault and "form.edit" in r.operations and "form.sign" not in r.operations
    ]  # fmt: skip
    return tuple(
        Role(
            f"{e.oid}{_JOINT}{m.oid}",
            Text(f"{e.text.en} + {m.text.en.lower()}", f"{e.text.zh}兼{m.text.zh}"),
            e.operations | m.operations,
            vault=True,
        )
        for e in entering
        for m in managing
    )


def managing_role(table: Mapping[str, Role]) -> Role:
    """The role of a folder's first user: it manages users and opens no vault."""
    return next(r for r in table.values() if MANAGING in r.operations and not r.vault)


@cache
def _store_roles() -> tuple[Role, ...]:
    yaml = YAML(typ="safe", pure=True)
    rows = yaml.load(resource("roles.yaml").read_text(encoding="utf-8"))["roles"]
    return tuple(
        Role(r["oid"], Text(r["en"], r["zh"]), frozenset(r["operations"]), vault=False)
        for r in rows
    )
