"""``mrd-sponsor roster``: the accounts of sites, to be held against the delegation log on paper."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any, Final

from mrd_desktop.cli.console import Outcome, WrongUsage, existing, password, speech, user_name
from mrd_desktop.cli.sessions import open_as, open_session
from mrd_desktop.errors import printable
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer import delegation
from mrd_desktop.transfer.delegation import Standing
from mrd_desktop.vault.roster import Act, Listed

ABOUT: Final = "accounts of sites: list them, sign that they were compared with the delegation log"
_USAGE: Final = (
    "roster STORE [SITE] | roster STORE --compared DIGEST... [--unknown USER... --text T]"
    " [--known USER...]"
)
UPTO = Text("{site} {chain} up to record {upto}, digest {digest}",
            "{site} {chain} 截至第 {upto} 条记录，摘要 {digest}")  # fmt: skip
NEVER = Text("nobody has compared this list yet", "此清单尚无人核对")
COMPARED = Text("compared {at} by {user}, up to record {upto}",
                "{at} 由 {user} 核对，截至第 {upto} 条记录")  # fmt: skip
HEARD: Final = {
    None: Text("the site has not said that it knows", "中心尚未告知已收到"),
    True: Text("the site holds the same list", "中心的清单与此相同"),
    False: Text("THE SITE HOLDS ANOTHER LIST: call it", "中心的清单与此不同：请致电该中心"),
}
NEW = Text("not compared as it is now", "现状尚未核对")
UNKNOWN = Text("not on the delegation log: {text}", "不在授权分工表中：{text}")
CLOSED = Text("closed {at} by {by}", "{at} 由 {by} 关闭")
ADDED = Text("added {at} by {by}", "{at} 由 {by} 添加")
CONFIRMED = Text("confirmed {at} by {by}", "{at} 由 {by} 确认密钥")
BOTH = Text("{said} with {second}", "{said}（另有 {second} 核对）")
ALONE = Text("{said} alone: {why}", "{said}（仅由一人确认：{why}）")
UNCONFIRMED = Text("key not confirmed", "密钥未确认")
NO_KEY = Text("no key yet", "尚无密钥")
KEY = Text("key {key} since {at}", "密钥 {key}，自 {at}")
ROLE = Text("{role} since {at}", "{role}，自 {at}")
SIGNED = Text("{n} signatures", "签名 {n} 次")


def roster(args: argparse.Namespace) -> Outcome:
    """List the accounts of sites; with ``--compared`` sign that they were compared."""
    language = speech(args)
    if args.compared:
        existing(args.site)
        user, secret = user_name(args), password(args.password_file)
        with open_as(args.site, user, secret, args) as session:
            found = delegation.compare(
                session, args.compared, secret, language=language,
                unknown=args.unknown or (), words=args.text or "", known=args.known or (),
            )  # fmt: skip
    else:
        if args.unknown or args.known or args.text:
            raise WrongUsage(_USAGE)
        with open_session(args, args.site) as session:
            found = delegation.standings(session, args.number)
    lines = [line for standing in found for line in _lines(standing, language)]
    return Outcome([_json(standing) for standing in found], lines)


def options(p: argparse.ArgumentParser) -> None:
    """Which site; what was compared, and what was found."""
    p.add_argument("number", nargs="?", metavar="SITE")
    p.add_argument(
        "--compared", nargs="+", metavar="DIGEST",
        help="sign that these lists were compared: the digest of each, or its first 12 digits",
    )  # fmt: skip
    p.add_argument("--unknown", action="append", metavar="USER", help="is not on the log")
    p.add_argument("--text", metavar="T", help="what the site is told of the unknown ones")
    p.add_argument("--known", action="append", metavar="USER", help="is on the log after all")


def _json(s: Standing) -> dict[str, Any]:
    waiting = {a.user for a in s.waiting}
    return {
        "site": s.site,
        "chain": s.roster.chain,
        "upto": s.roster.upto,
        "digest": s.roster.digest,
        "compared": None if s.said is None else s.said.json(),
        "site_agrees": s.heard,
        "accounts": [
            {
                **a.json(),
                "confirmed_alone": s.alone[a.user].why if a.user in s.alone else None,
                "confirmed_with": s.seconds.get(a.user) if a.confirmed else None,
                "signatures": s.signatures.get(a.user, 0),
                "waiting": a.user in waiting,
                "unknown": s.unknown[a.user].text if a.user in s.unknown else None,
            }
            for a in s.roster.accounts
        ],
    }


def _lines(s: Standing, language: Language) -> Iterator[str]:
    """The list, its digest, and three lines for each account. Times are UTC."""
    head = {"site": s.site, "chain": s.roster.chain, "upto": s.roster.upto}
    yield UPTO.filled(**head, digest=s.roster.digest).say(language)
    if s.said is None:
        yield f"   {NEVER.say(language)}"
    else:
        told = {"at": s.said.at, "user": s.said.user, "upto": s.said.upto}
        yield f"   {COMPARED.filled(**told).say(language)} · {HEARD[s.heard].say(language)}"
    waiting = {a.user for a in s.waiting}
    for account in s.roster.accounts:
        yield from _account(account, s, waiting, language)


def _account(a: Listed, s: Standing, waiting: set[str], language: Language) -> Iterator[str]:
    """The names are those that a site gave: what does not print is shown by its number."""
    role = (
        ROLE.filled(role=printable(a.role), at=a.duties[-1].since) if a.duties else Text("-", "-")
    )
    key = KEY.filled(key=a.key, at=a.keys[-1].since) if a.keys else NO_KEY
    signed = SIGNED.filled(n=s.signatures.get(a.user, 0))
    confirmed = UNCONFIRMED if a.confirmed is None else _act(CONFIRMED, a.confirmed)
    if a.user in s.alone:
        confirmed = ALONE.filled(said=confirmed, why=printable(s.alone[a.user].why))
    elif a.confirmed and a.user in s.seconds:
        confirmed = BOTH.filled(said=confirmed, second=printable(s.seconds[a.user]))
    rest = [_act(ADDED, a.added) if a.added else None, confirmed,
            _act(CLOSED, a.closed) if a.closed else None]  # fmt: skip
    said = f"{printable(a.user)} ({printable(a.printed)})"
    yield f"   {said} {role.say(language)} · {key.say(language)} · {signed.say(language)}"
    yield f"      {' · '.join(text.say(language) for text in rest if text)}"
    if a.user in s.unknown:
        yield f"      {UNKNOWN.filled(text=printable(s.unknown[a.user].text)).say(language)}"
    elif a.user in waiting:
        yield f"      {NEW.say(language)}"


def _act(words: Text, act: Act) -> Text:
    return words.filled(at=act.at, by=printable(act.by) or "-")
