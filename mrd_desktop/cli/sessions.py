"""Signing in from the command line, with the projection wired in."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from typing import Final

from mrd_desktop.cli.console import existing, password, speech, user_name, warn
from mrd_desktop.record import projection
from mrd_desktop.record.soundness import check_daily
from mrd_desktop.study.load import definition_bytes, load_study, read_sources, study_from_bytes
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.transfer.tail.coming import compare
from mrd_desktop.vault import tries
from mrd_desktop.vault.errors import RecordsAltered, StorageError
from mrd_desktop.vault.folder import open_folder
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.session import Session, let_in


def open_session(args: argparse.Namespace, path: Path) -> Session:
    """Sign in to a site or store as ``--user``; without one, the name is asked for."""
    existing(path)
    user = user_name(args)
    return open_as(path, user, password(args.password_file), args)


def open_as(path: Path, user: str, secret: str, args: argparse.Namespace) -> Session:
    """Sign in with a password already at hand; that is a record, whatever the command does.

    Which sign-ins failed is told on the standard error, for the next one will not tell them again.
    As the window does, the first sign-in of a day walks and replays the whole site.
    """
    session = open_folder(
        path,
        user,
        secret,
        study=definition(),
        fold=projection.fold,
        now=args.now,
        patience=getattr(args, "wait", 0.0),
        before=compare,
    )
    try:
        let_in(session)
        _look_round(session, args)
    except BaseException:
        session.close()
        raise
    return session


def _look_round(session: Session, args: argparse.Namespace) -> None:
    """Do and tell what the window does at a sign-in; what cannot be read now stops no command."""
    language = speech(args)
    if session.own_tries:
        times = ", ".join(session.own_tries)
        warn(_OWN.filled(n=len(session.own_tries), times=times).say(language))
    if session.guessable:
        warn(_GUESSABLE.say(language))
    with suppress(StorageError):
        if session.allows(MANAGING):
            found = tries.since_last(session)
            names = ", ".join(f"{t.user or '?'} {len(t.times)}" for t in found.many)
            if names:
                warn(_MANY.filled(names=names).say(language))
            if found.cut:
                warn(_CUT.say(language))
    with suppress(StorageError):
        altered = check_daily(session)
        if altered is not None:  # a command that is refused for it says so itself
            args.besides = RecordsAltered(altered).text


def chosen_definition(args: argparse.Namespace) -> tuple[Study, bytes | None]:
    """The definition a new folder is made with, and its bytes where it is not the program's."""
    if args.study is None:
        return definition(), None
    data = definition_bytes(read_sources(existing(args.study)))
    study = study_from_bytes(data)
    return study, None if study.digest == definition().digest else data


_OWN: Final = Text(
    "sign-ins that failed with your name, {n}: {times}", "以您的用户名登录失败 {n} 次：{times}"
)
_GUESSABLE: Final = Text(
    "by today's list of common passwords yours is easily guessed: choose another one",
    "按现行常见密码清单，您的密码容易被猜到，请更换",
)
_MANY: Final = Text(
    "sign-ins that failed since yours before: {names}", "自您上次登录以来的登录失败：{names}"
)
_CUT: Final = Text(
    "lines of signin.log are gone: somebody changed or deleted it",
    "signin.log 缺行：该文件曾被改动或删除",
)


def definition() -> Study:
    """The study definition that this program carries."""
    return load_study()
