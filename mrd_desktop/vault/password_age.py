"""A password that is older than the study allows: off unless the study asks for it (R-ACC-07).

Current guidance speaks against changes by date; some assessors of the national baseline ask for
them all the same, so it is policy (:class:`mrd_desktop.study.model.Oversight`).
"""

from __future__ import annotations

from mrd_desktop.ledger import store
from mrd_desktop.vault import statements
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session


def days_old(session: Session) -> int:
    """Days since this user chose the password; since the chain began where no record tells."""
    chain = session.folder.chain
    with session.reading() as conn:
        at = store.record(conn, chain, statements.password_seq(conn, session.user)).header.at
    return (session.today() - session.clock.zone.local(at).date()).days


def too_old(session: Session) -> bool:
    """Whether it has to be changed before anything is entered or signed: live sites only."""
    days = session.study.oversight.password_days
    asked = session.folder.kind is FolderKind.SITE and not session.folder.training
    return bool(days) and asked and days_old(session) > days
