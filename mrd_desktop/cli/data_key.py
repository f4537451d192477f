"""``rotate-data-key``: how the data key stands, and a new one, of a site folder or a store."""

from __future__ import annotations

import argparse
from typing import Final

from mrd_desktop.cli.console import Outcome, WrongUsage, existing, password, speech, user_name
from mrd_desktop.cli.sessions import open_as
from mrd_desktop.record.renewing import renew_data_key
from mrd_desktop.texts import Text
from mrd_desktop.vault import data_key
from mrd_desktop.vault.data_key import CAUSES, REASONS, SUSPECTED
from mrd_desktop.vault.roles import MANAGING

ABOUT: Final = "the key of the data file: since when, or a new one (yearly, suspected leak)"

_STANDS: Final = Text(
    "Data key {n}, in use since {since}; to be changed by {due}.",
    "第 {n} 代数据密钥，自 {since} 起使用；应于 {due} 前更换。",
)
_WHY: Final = Text("Reason of the last change: {why}.", "上次更换原因：{why}。")
_OWED: Final = Text(
    "A change that was held up is due: the next sign-in makes it.",
    "有一次更换未能完成，将在下次登录时进行。",
)
_CHANGED: Final = Text("Data key {n} is in force.", "第 {n} 代数据密钥已启用。")
_VOIDED: Final = Text(
    "No password and no one-time code of {user} is valid now: reset this user.",
    "{user} 已没有有效的密码或一次性代码：请重置该用户。",
)
_NEXT: Final = Text(
    "Make a backup at once (backup FOLDER --to DIR). Earlier ones still open with the former key "
    "and the passwords of their day: destroy them or keep them locked.",
    "请立即备份（backup FOLDER --to DIR）。此前的备份仍可用原密钥和当时的密码打开，"
    "请销毁或妥善锁存。",
)
_AFTER_LEAK: Final = Text(
    "A password that somebody may know is not mended by this: reset that user, and once the new "
    "password is chosen change the data key again. Whoever could read the data could read the "
    "folder's own key too: rotate-key.",
    "如密码可能被他人知晓，仅更换数据密钥不够：请重置该用户，待其设置新密码后再更换一次数据密钥。"
    "能读取数据的人也能读取本文件夹的自有密钥：请用 rotate-key 更换。",
)


def rotate(args: argparse.Namespace) -> Outcome:
    """Change the data key; without ``--cause`` nothing is changed and it is told how it stands."""
    existing(args.site)
    if args.reason and not args.cause:
        raise WrongUsage(f"rotate-data-key FOLDER --cause {SUSPECTED} --reason T")
    user, secret = user_name(args), password(args.password_file)
    language = speech(args)
    with open_as(args.site, user, secret, args) as session:
        if args.cause:
            made = renew_data_key(session, args.cause, secret, args.reason or "")
            after = [_NEXT, _AFTER_LEAK] if args.cause == SUSPECTED else [_NEXT]
            lines = [
                _CHANGED.filled(n=made.generation),
                *(_VOIDED.filled(user=u) for u in made.voided),
                *after,
            ]
            data = {"generation": made.generation, "voided": list(made.voided)}
            return Outcome(data, [line.say(language) for line in lines])
        session.require(MANAGING)
        found = data_key.standing(session)
        late = found.overdue(session.today())
    data = {
        "generation": found.generation,
        "since": found.since.isoformat(),
        "reason": found.reason or None,
        "due": found.due.isoformat() if found.asked else None,
        "overdue": late,
        "owed": found.owed,
    }
    told = [_STANDS.filled(n=found.generation, since=found.since, due=found.due)]
    if found.reason:
        told.append(_WHY.filled(why=REASONS.get(found.reason, found.reason)))
    if found.owed:
        told.append(_OWED)
    return Outcome(data, [line.say(language) for line in told])


def options(p: argparse.ArgumentParser) -> None:
    """Why, and of a suspected leak what happened."""
    p.add_argument("--cause", choices=tuple(CAUSES), help="change it; without, tell how it stands")
    p.add_argument("--reason", metavar="T", help="leak_suspected: what happened, in a few words")
