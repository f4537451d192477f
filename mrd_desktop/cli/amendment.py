"""Amendments at a site on the command line: what waits and would change, install, roll back."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Final

from mrd_desktop.cli.console import Outcome, WrongUsage, speech
from mrd_desktop.cli.definition import ASKED, FORMS, sentences
from mrd_desktop.cli.sessions import open_session
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer import amendment
from mrd_desktop.transfer.errors import NothingToInstall


def options(parser: argparse.ArgumentParser) -> None:
    """What to do; without any, only tell."""
    parser.add_argument("--install", metavar="VERSION", help="put the waiting amendment in force")
    parser.add_argument("--roll-back", action="store_true", help="the former one comes back")


def amend(args: argparse.Namespace) -> Outcome:
    """Tell how it stands and what the waiting amendment would change; install or roll back."""
    if args.install and args.roll_back:
        raise WrongUsage("amendment SITE [--install VERSION | --roll-back]")
    with open_session(args, args.site) as session:
        if args.install:
            found = amendment.try_out(session)
            if found.version != args.install:
                raise NothingToInstall(f": {args.install}, {found.version}")
            amendment.install(session, found.digest)
        elif args.roll_back:
            amendment.roll_back(session)
        now = amendment.standing(session)
        trial = amendment.try_out(session) if now.offer is not None else None
    language = speech(args)
    data: dict[str, JSON] = {**now.json(), "dry_run": None if trial is None else trial.json()}
    return Outcome(data, [*_lines(now, language), *(_trial(trial, language) if trial else ())])


def _lines(now: amendment.Standing, language: Language) -> Iterator[str]:
    way = _BACK if now.stays is None else now.stays
    yield _NOW.say(language, version=now.version, digest=now.digest, way=way)
    for user, form in now.aside:
        yield _ASIDE.say(language, user=user, form=form)


def _trial(found: amendment.DryRun, language: Language) -> Iterator[str]:
    yield _WAITS.say(language, version=found.version, digest=found.digest)
    yield from (f"  {line}" for line in sentences(found.changes, language))
    yield FORMS.say(language, forms=_listed(found.forms, found.form_names, language))
    yield ASKED.say(language, items=_listed(found.required, found.required_names, language))
    yield _SAVED.say(language, saved=found.saved, asks=found.asks, subjects=len(found.subjects))
    going = sum(d.fits for d in found.drafts)
    yield _DRAFTS.say(language, going=going, all=len(found.drafts))
    if found.approved is not None:
        letter = found.approved.ethics
        yield _APPROVED.say(language, reference=letter.reference, day=letter.date)
    if found.activation is not None:
        yield found.activation.say(language)


def _listed(oids: Sequence[str], names: Sequence[Text], language: Language) -> str:
    pairs = zip(oids, names, strict=True)
    return "; ".join(f"{oid} {name.say(language)}" for oid, name in pairs) or "-"


_NOW: Final = Text("definition {version} {digest}: {way}", "研究定义 {version} {digest}：{way}")
_BACK: Final = Text("can be rolled back", "可恢复原版本")
_ASIDE: Final = Text("draft set aside: {user} {form}", "另行保管的录入：{user} {form}")
_WAITS: Final = Text("waiting: {version} {digest}", "待安装：{version} {digest}")
_SAVED: Final = Text(
    "saved forms {saved}, of which asked again {asks}; subjects {subjects}",
    "已保存的此类表单 {saved} 张，其中 {asks} 张需补充填写；受试者 {subjects} 名",
)
_DRAFTS: Final = Text("drafts that go on: {going} of {all}", "可继续的未保存录入：{going}/{all}")
_APPROVED: Final = Text(
    "approved for this site: {reference} of {day}; live mode goes on",
    "本中心已获批准：{reference}（{day}），继续正式使用",
)
