"""Acts on accounts, in words that name no subject.

A record whose words name somebody stays at the site as a whole. The sponsor would go on without the
role, the name, the confirmation or the end of the account that it tells of. So each act here is the
one of the vault, with its arguments and refusals, and raises besides, before anything is done:

    NamesAPerson: the words say who a subject is; ``said`` of its parameters tells which.

Who may not act at all is told that instead. Without the vault key, as for an administrator, only
patterns of identifiers are found.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Concatenate, Final, ParamSpec, TypeVar

from mrd_desktop.record.names import NamesAPerson, names_somebody
from mrd_desktop.vault import confirming, users
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.session import Session

P = ParamSpec("P")
T = TypeVar("T")


def _naming_nobody(
    act: Callable[Concatenate[Session, P], T], *words: str
) -> Callable[Concatenate[Session, P], T]:
    """An act whose arguments of these names are held against the subjects first."""
    arguments = signature(act)

    @wraps(act)
    def checked(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> T:
        given = arguments.bind(session, *args, **kwargs).arguments
        for name in words:
            said = str(given.get(name, ""))
            if said and session.allows(MANAGING) and names_somebody(session, said):
                raise NamesAPerson(said=name)
        return act(session, *args, **kwargs)

    return checked


add_user: Final = _naming_nobody(users.add_user, "exception")
grant_role: Final = _naming_nobody(users.grant_role, "exception")
name_user: Final = _naming_nobody(users.name_user, "reason")
close_user: Final = _naming_nobody(users.close_user, "reason")
confirm_user: Final = _naming_nobody(confirming.confirm_user, "delegation", "exception")
