"""A key confirmed by the one administrator of a synthetic live site, where nobody else can."""

from __future__ import annotations

from mrd_desktop.vault.confirming import confirm_user
from mrd_desktop.vault.session import Session

LISTED = "2026-03-02, line 2"
ALONE = "synthetic clinic of two people"


def confirmed(session: Session, user: str, document: str = "passport") -> None:
    """Confirm, with all that a live site asks for but a second person."""
    confirm_user(session, user, document, delegation=LISTED, exception=ALONE)
