"""Which fields a user wants to be left by themselves: kept from one sign-in to the next."""

from __future__ import annotations

from mrd_desktop.vault.preferences import prefer, preference
from mrd_desktop.vault.session import Session
from ui.fields.advance import Advance

_NAME = "advance"


def advance_of(session: Session) -> Advance:
    """The user's choice; the program's own where nothing was chosen."""
    chosen = preference(session, _NAME)
    if chosen is None:
        return Advance()
    words = chosen.split()
    return Advance(fixed="fixed" in words, numbers="numbers" in words)


def keep_advance(session: Session, advance: Advance) -> None:
    """Keep the user's choice.

    Raises:
        StorageError: it was not kept.
    """
    words = (("fixed", advance.fixed), ("numbers", advance.numbers))
    prefer(session, _NAME, " ".join(word for word, on in words if on))
