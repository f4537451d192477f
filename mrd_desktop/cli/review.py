"""Commands of the monitor: freeze, lock, unlock, and values compared with the source."""

from __future__ import annotations

import argparse

from mrd_desktop.cli.console import Outcome, existing, password, speech, user_name
from mrd_desktop.cli.data import reason_for
from mrd_desktop.cli.sessions import open_as, open_session
from mrd_desktop.record.errors import NotFound
from mrd_desktop.record.locating import locate
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.sdv import SourceChecks
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.study.errors import AddressError

ACTS = {"freeze": LockAct.FREEZE, "lock": LockAct.LOCK, "unlock": LockAct.UNLOCK}


def change(args: argparse.Namespace) -> Outcome:
    """Freeze, lock or unlock a form."""
    act = ACTS[args.command]
    existing(args.site)
    user, secret = user_name(args), password(args.password_file)
    with open_as(args.site, user, secret, args) as session:
        key = locate(session.study, args.address)
        if not isinstance(key, FormKey):
            raise AddressError(args.address)
        reason = reason_for(session, args.reason)
        change_lock(session, key, act, reason, secret, language=speech(args))
    return Outcome({"address": str(key), "state": act.value}, [f"{key} {act.value}"])


def compare(args: argparse.Namespace) -> Outcome:
    """Mark one value, or every value of a form that the plan wants, as compared.

    Without ``--differs`` the values agree with the source; with it the words become a query.
    """
    with open_session(args, args.site) as session:
        checks = SourceChecks(session)
        key = locate(session.study, args.address)
        if not isinstance(key, FormKey | ItemKey):
            raise AddressError(args.address)
        values = checks.form(key if isinstance(key, FormKey) else key.form)
        chosen = [v for v in values if v.needed] if isinstance(key, FormKey) else []
        chosen += [v for v in values if v.key == key]
        if not chosen:
            raise NotFound(str(key))
        checks.mark(chosen, verified=args.differs is None, words=args.differs or "")
        after = checks.form(chosen[0].key.form)
    state = next(v.mark for v in after if v.key == chosen[0].key).value
    data = {"address": str(key), "state": state, "values": len(chosen)}
    return Outcome(data, [f"{key} {state} {len(chosen)}"])
