"""What was denied and written down, and that nothing else was written."""

from __future__ import annotations

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.vault.session import DENIED, Session


def denied(session: Session, after: int) -> list[str]:
    """The operations that were denied since a record; anything else that was written fails."""
    with session.reading() as conn:
        found = list(store.records(conn, session.folder.chain, after=after))
    coming = (Kind.SESSION_OPENED, Kind.SESSION_CLOSED, Kind.SIGNIN_FAILED, Kind.VAULT_GRANTED)
    said = [r.body for r in found if r.opening and r.kind not in coming]
    assert all(body.get("act") == DENIED for body in said), said
    return [str(body["operation"]) for body in said]
