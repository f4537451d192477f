"""Signing in from the command line, with the projection wired in."""

from __future__ import annotations

import argparse
from pathlib import Path

from mrd_desktop.cli.console import existing, password, user_name
from mrd_desktop.record import projection
from mrd_desktop.study.load import definition_bytes, load_study, read_sources, study_from_bytes
from mrd_desktop.study.model import Study
from mrd_desktop.vault.folder import open_folder
from mrd_desktop.vault.session import Session


def open_session(args: argparse.Namespace, path: Path) -> Session:
    """Sign in to a site or store as ``--user``; without one, the name is asked for."""
    existing(path)
    user = user_name(args)
    return open_as(path, user, password(args.password_file), args)


def open_as(path: Path, user: str, secret: str, args: argparse.Namespace) -> Session:
    """Sign in with a password already at hand."""
    return open_folder(
        path,
        user,
        secret,
        study=definition(),
        fold=projection.fold,
        now=args.now,
        patience=getattr(args, "wait", 0.0),
    )


def chosen_definition(args: argparse.Namespace) -> tuple[Study, bytes | None]:
    """The definition a new folder is made with, and its bytes where it is not the program's."""
    if args.study is None:
        return definition(), None
    data = definition_bytes(read_sources(existing(args.study)))
    study = study_from_bytes(data)
    return study, None if study.digest == definition().digest else data


def definition() -> Study:
    """The study definition that this program carries."""
    return load_study()
