"""``mrd-sponsor``: the sponsor's side, headless."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mrd_desktop import __version__
from mrd_desktop.cli import (
    closing,
    custody,
    data_key,
    figures,
    golive,
    insight,
    own_key,
    roster,
    second,
    support,
    vows,
)
from mrd_desktop.cli.console import (
    REFUSED,
    Outcome,
    Parser,
    WrongUsage,
    acting,
    common,
    existing,
    password,
    run,
    speech,
    user_name,
)
from mrd_desktop.cli.sessions import open_as, open_session
from mrd_desktop.errors import printable
from mrd_desktop.faults import tell_places_only
from mrd_desktop.record.incidents import Incident
from mrd_desktop.record.locating import locate
from mrd_desktop.record.queries import STATE_WORDS
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.errors import AddressError
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer import amending, asking, branches, overview, publish, team, words
from mrd_desktop.transfer import reply as replies
from mrd_desktop.transfer.errors import TeamError
from mrd_desktop.transfer.receive import Arrival
from mrd_desktop.transfer.receive import receive as take_in
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import pins_on

_PATIENCE = 60.0


@contextmanager
def working(args: argparse.Namespace) -> Iterator[Session]:
    """A session that changes the store; what a team sees follows before it ends."""
    with open_session(args, args.site) as session:
        yield session
        try:
            team.follow(session)
        except TeamError as trouble:  # what was done is done, and follows later
            print(trouble.say(speech(args)), file=sys.stderr)


def receive(args: argparse.Namespace) -> Outcome:
    """Take packages in, in the order given; exit code 1 if any is not accepted or duplicate."""
    for path in args.packages:
        existing(path)
    with working(args) as session:
        arrivals = take_in(session, args.packages)
    language = speech(args)
    wrong = [a for a in arrivals if not a.fine]
    complaint = _complaint(wrong[0]) if wrong else None
    lines = [
        f"{a.package} {a.verdict.value} {a.reason.say(language) if a.reason else ''}".strip()
        for a in arrivals
    ]
    lines += [FOLLOWED.filled(key=a.key).say(language) for a in arrivals if a.key]
    lines += [
        TO_COMPARE.filled(package=a.package, users=_names(a.accounts)).say(language)
        for a in arrivals
        if a.accounts
    ]
    return Outcome([_arrival(a) for a in arrivals], lines, REFUSED if wrong else 0, complaint)


TO_COMPARE = Text(
    "{package} tells of accounts that nobody has compared with the delegation log: {users}. List "
    "them with `roster`.",
    "{package} 含尚未与授权分工表核对的账户：{users}。请用 `roster` 列出并核对。",
)
FOLLOWED = Text(
    "The site has a new key, {key}; the key trusted until now has signed for it, and it is trusted "
    "from here on.",
    "该中心已更换密钥，新密钥为 {key}；此前受信任的密钥已为其签名，今后信任新密钥。",
)


def _names(users: Sequence[str]) -> str:
    """Users as a site named them; what does not print is shown by its number."""
    return ", ".join(map(printable, users))


def _arrival(a: Arrival) -> dict[str, Any]:
    return {
        **({"key": a.key} if a.key else {}),  # scripts know the fields below
        **({"accounts": list(a.accounts)} if a.accounts else {}),
        "package": a.package,
        "verdict": a.verdict.value,
        "reason": a.code,
        "message_en": a.reason.en if a.reason else None,
        "message_zh": a.reason.zh if a.reason else None,
        "missing": list(a.missing),
        "records": a.records,
        "forms": a.forms,
    }


def _complaint(a: Arrival) -> Text:
    reason = a.reason or Text("", "")
    return Text(f"{a.package}: {reason.en}", f"{a.package}:{reason.zh}")


def status(args: argparse.Namespace) -> Outcome:
    """Sites, last packages, gaps, open queries, open incidents with their clocks."""
    language = speech(args)
    with open_session(args, args.site) as session:
        sites = overview.status(session)
    rows = [dict(s.json()) for s in sites]
    lines = [
        line
        for s in sites
        for line in (
            f"{s.site} {s.chain} package {s.last_package} {s.last_at or '-'} missing {s.missing}"
            f" days {'-' if s.lag_days is None else s.lag_days} queries {s.open_queries} open,"
            f" {s.answered_queries} answered, definition {_in_force(s)}",
            *(f"   exception: {said}" for said in s.exceptions),
            *(f"   overdue: {said}" for said in s.overdue),
            *((f"   failed sign-ins before the last package: {s.failed}",) if s.failed else ()),
            *((f"   {UNSEEN.filled(n=s.unseen).say(language)}",) if s.unseen else ()),
            *(f"   {AHEAD.filled(**a.json()).say(language)}" for a in s.ahead),
            *_accounts(s, language),
            *(f"   contradicts: package {f.number}" for f in s.forks if f.decision is None),
            *(f"   {line}" for i in s.incidents for line in _incident(i, s.asked_at, language)),
        )
    ]
    return Outcome(rows, lines)


def _accounts(s: overview.SiteStatus, language: Language) -> Iterator[str]:
    """What is to be done about its accounts."""
    if s.uncompared:
        yield f"   {UNCOMPARED.filled(users=_names(s.uncompared)).say(language)}"
    for user, n in s.unknown.items():
        yield f"   {NOT_LISTED.filled(user=printable(user), n=n).say(language)}"


UNSEEN = Text("critical values without a second look: {n}", "尚无第二人核对的关键数据：{n} 项")
UNCOMPARED = Text(
    "accounts not compared with the delegation log: {users}", "尚未与授权分工表核对的账户：{users}"
)
NOT_LISTED = Text(
    "account {user} is not on the delegation log, signatures by it: {n}",
    "账户 {user} 不在授权分工表中，其签名 {n} 次",
)


def _in_force(status: overview.SiteStatus) -> str:
    """The version under which a site works, as far as packages tell."""
    now = next((e for e in status.editions if e.in_force), None)
    return "-" if now is None else now.version or now.digest[:12]


AHEAD = Text(
    "clock ahead: package {package} has {records} records later than its arrival, from record "
    "{since} on, by up to {minutes} minutes",
    "时钟偏快：第 {package} 号数据包自第 {since} 条记录起有 {records} 条晚于接收时间，"
    "最多 {minutes} 分钟",
)
INCIDENT = Text(
    "incident {n}: {what}, discovered {at}, not closed",
    "事件 {n}：{what}，发现时间 {at}，未结案",
)
RUNS = Text("{who}: until {until}", "{who}：时限 {until}")
OVERDUE = Text("{who}: until {until}, overdue", "{who}：时限 {until}，已逾期")
TOLD = Text("{who}: told {at}", "{who}：告知时间 {at}")
TOLD_LATE = Text("{who}: told {at}, after {until}", "{who}：告知时间 {at}，晚于时限 {until}")
NOT_NEEDED = Text("{who}: not needed", "{who}：无须告知")


def _incident(incident: Incident, now: str, language: Language) -> Iterator[str]:
    """A line for an open incident, and one for each of its clocks. Times are UTC."""
    about = {"n": incident.number, "what": incident.name, "at": incident.discovered}
    yield INCIDENT.filled(**about).say(language)
    for due in incident.clocks:
        at = None if due.step is None else due.step.moment
        if due.step is None:
            text = OVERDUE if due.overdue(now) else RUNS
        elif at is None:
            text = NOT_NEEDED
        else:
            text = TOLD_LATE if due.late else TOLD
        yield f"   {text.filled(who=due.clock.text, until=due.until, at=at or '').say(language)}"


def resolve(args: argparse.Namespace) -> Outcome:
    """Packages that contradict what is held: list them, compare one, or decide about it."""
    if args.package is None:
        return _forks(args)
    existing(args.package)
    if args.reason is None:
        with open_session(args, args.site) as session:
            return _compared(branches.compare(session, args.package))
    if not args.second:
        raise WrongUsage("resolve STORE PACKAGE --reason T --second USER")
    user, secret = user_name(args), password(args.password_file)
    other = password(args.second_password_file, f"Password of {args.second}: ")
    with open_as(existing(args.site), user, secret, args) as session:
        made = branches.hold(
            session, args.package, args.reason, secret, second=args.second, second_password=other
        )
    return Outcome(
        {"chain": made.chain, **made.json()}, [f"record {made.seq}: what is held stands"]
    )


def _forks(args: argparse.Namespace) -> Outcome:
    with open_session(args, args.site) as session:
        found = [(s.site, f) for s in overview.status(session) for f in s.forks]
    rows = [{"site": site, "chain": f.chain, **f.json()} for site, f in found]
    lines = [
        f"{site} {f.chain} package {f.number} {f.at}"
        f" {'open' if f.decision is None else f'decided {f.decision.at} {f.decision.user}'}"
        for site, f in found
    ]
    return Outcome(rows, lines)


def _compared(found: branches.Branch) -> Outcome:
    data = {
        "site": found.site,
        "chain": found.chain,
        "number": found.number,
        "package": found.package,
        "common": found.common.json(),
        "head": found.head.json(),
        "held": [t.json() for t in found.held],
        "other": [t.json() for t in found.other],
    }
    lines = [f"both histories agree up to record {found.common.seq}"]
    for name, side in (("held", found.held), ("other", found.other)):
        lines.append(f"{name}: {len(side)} records")
        lines += [f"  {t.seq} {t.at} {t.user} {t.kind} {t.address}".rstrip() for t in side]
    return Outcome(data, lines)


def query(args: argparse.Namespace) -> Outcome:
    """Ask about an address, list queries, close one or ask again."""
    acts = [args.address, args.close, args.reopen, args.list or None]
    wordless = (args.address or args.reopen) and not args.text
    if sum(a is not None for a in acts) != 1 or wordless or (args.state and not args.list):
        raise WrongUsage(_QUERY)
    if args.list:
        return _queries(args)
    with working(args) as session:
        if args.close:
            asking.close(session, args.close, args.text or "")
            name, state = args.close, "closed"
        elif args.reopen:
            asking.reopen(session, args.reopen, args.text)
            name, state = args.reopen, "open"
        else:
            name = asking.ask(session, locate(session.study, args.address), args.text)
            state = "open"
    return Outcome({"query": name, "state": state}, [f"{name} {state}"])


_QUERY = (
    "query STORE ADDRESS --text T | query STORE --list [--state open|answered|closed] | "
    "query STORE --close ID [--text T] | query STORE --reopen ID --text T"
)
ON_ITS_WAY = Text("not yet confirmed by the site", "尚待中心确认")


def _queries(args: argparse.Namespace) -> Outcome:
    language = speech(args)
    with open_session(args, args.site) as session:
        found = [q for q in asking.queries(session) if args.state in (None, q.state)]
    lines = [line for q in found for line in _query(q, language)]
    return Outcome([dict(q.json()) for q in found], lines)


def _query(q: asking.StoreQuery, language: Language) -> Iterator[str]:
    """A line for a query, one for its words, one for the answer. Times are UTC."""
    way = f" ({ON_ITS_WAY.say(language)})" if q.on_its_way else ""
    yield f"{q.name} {STATE_WORDS[q.state].say(language)}{way} {q.address}"
    yield f"   {q.opened_at} {q.opened_by}: {q.text.say(language)}"
    if q.answer is not None:
        yield f"   {q.changed_at} {q.changed_by}: {q.answer}"


def message(args: argparse.Namespace) -> Outcome:
    """Write to a site, or list what was written and what has come there."""
    with working(args) as session:
        if args.text is not None:
            words.say(session, args.number, args.text)
        with session.reading() as conn:
            own = session.folder.chain
            pins = [p for p in pins_on(conn) if p.active and p.site == args.number]
            upto = words.taken(conn, own, [p.chain for p in pins])
            said = words.said(conn, own, args.number)
    rows = [{**w.json(), "read": w.seq <= upto} for w in said]
    return Outcome(rows, [f"{w.at} {w.user} {'read' if w.seq <= upto else '-'}: {w.text}"
                          for w in said])  # fmt: skip


def amend(args: argparse.Namespace) -> Outcome:
    """Put a new version of the definition in force; it travels with the next replies."""
    with working(args) as session:
        digest = amending.amend(session, existing(args.dir))
    return Outcome({"definition": digest}, [f"definition {digest}"])


def reply(args: argparse.Namespace) -> Outcome:
    """Write the replies for a site: receipts, queries, amendments; one for each of its chains."""
    with open_session(args, args.site) as session:
        made = replies.make_reply(session, args.number, args.to)
    rows = [
        {
            "reply": r.reply,
            "number": r.number,
            "path": str(r.path),
            "manifest_sha256": r.manifest_sha256,
            "receipts": r.receipts,
            "queries": r.queries,
            "definition": r.definition,
            "refusals": r.refusals,
        }
        for r in made
    ]
    return Outcome(rows, [str(r.path) for r in made])


def datasets(args: argparse.Namespace) -> Outcome:
    """Write tables."""
    formats = [f for f in args.format.split(",") if f]
    if formats == ["all"]:
        formats = list(publish.FORMATS)
    unknown = set(formats) - set(publish.FORMATS)
    if unknown or not formats:
        raise WrongUsage(f"--format {','.join(publish.FORMATS)}, or all")
    language = Language(args.lang or Language.EN)
    with open_session(args, args.site) as session:
        written = publish.publish(session, args.to, formats, language)
    return Outcome([f.json() for f in written], [f"{f.name} {f.rows}" for f in written])


_DATASETS = """\
Write tables of everything the store holds. The same ledger gives the same bytes.

  csv      one exact table per form and repeating section, the visits, the queries,
           and a data dictionary
  sheet    the same for a spreadsheet program, cells protected from being computed
  audit    the audit trail as a table, a row for each record about a subject; with
           sheet also protected
  odm      ODM-XML 1.3.2: a snapshot, and the whole history as Transactional
  odm2     ODM-XML 2.0: a snapshot, with who recorded each value and the queries
  json     CDISC Dataset-JSON 1.1 in SDTM-like domains, with Define-XML 2.1
  ndjson   the same, one row a line
  xpt      SAS transport files (version 5) of the same domains; report.csv says
           what did not fit
  parquet  the tables of csv, divided by site and month

--lang chooses the language of decoded codes and labels. docs/datasets.md says
what each file holds and how to read it."""


def trace(args: argparse.Namespace) -> Outcome:
    """Who recorded a value, when, why, in which package; also what was decided against."""
    with open_session(args, args.site) as session:
        key = locate(session.study, args.address)
        if not isinstance(key, ItemKey):
            raise AddressError(args.address)
        found = overview.trace(session, key)
        aside = branches.values_at(session, key) if args.all else ()
    rows = [dict(t.json()) for t in found]
    lines = [_stood(t, speech(args)) for t in found] or [NO_VALUE.say(speech(args))]
    lines += [f"{v.at} {v.user} {v.value} #{v.number} (not held as true)" for v in aside]
    return Outcome([*rows, *(dict(v.json()) for v in aside)], lines)


NO_VALUE = Text("no value was recorded there", "该处未录入过任何值")
CLEARED = Text("cleared", "已清除")
BY_UNKNOWN = Text("(account not on the delegation log)", "（账户不在授权分工表中）")


def _stood(t: overview.Trace, language: Language) -> str:
    """A value on one line: when (UTC), who, in which role, what, in which package, why."""
    shown = t.value if isinstance(t.value, str) else ";".join(t.value or ())
    if t.missing is not None:
        shown = f"[{t.missing}]"
    reason = t.reason or {}
    why = " ".join(str(reason[part]) for part in ("code", "text") if reason.get(part))
    package = "-" if t.package is None else f"#{t.package}"
    said = f"{t.at} {t.user} ({t.role}) {shown or CLEARED.say(language)} {package} {why}"
    return f"{said.rstrip()} {BY_UNKNOWN.say(language) if t.unknown else ''}".rstrip()


def team_tables(args: argparse.Namespace) -> Outcome:
    """Give a team its tables in PostgreSQL, bring them up to the store, or let them go."""
    with open_session(args, args.site) as session:
        if args.address:
            found: team.Standing | None = team.attach(session, args.address)
        elif args.let_go:
            team.detach(session)
            found = None
        elif args.rebuild:
            found = team.rebuild(session)
        elif args.only_look:
            found = team.standing(session)
        else:
            found = team.follow(session)
    if found is None:
        return Outcome({"address": None, "behind": None}, ["no team"])
    return Outcome(dict(found.json()), [f"{found.address} behind {found.behind}"])


def verify(args: argparse.Namespace) -> Outcome:
    """Verify the store."""
    with open_session(args, args.site) as session:
        return custody.verify_open(session)


def _query_options(p: argparse.ArgumentParser) -> None:
    p.add_argument("address", nargs="?")
    p.add_argument("--text")
    p.add_argument("--list", action="store_true", help="every query of every site")
    p.add_argument("--state", choices=asking.STATES)
    p.add_argument("--close", metavar="ID")
    p.add_argument("--reopen", metavar="ID")


def parser() -> Parser:
    """The whole command line."""
    top = Parser(prog="mrd-sponsor", description="The sponsor's side.")
    top.add_argument("--version", action="version", version=f"mrd-sponsor {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, act: Any, help: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help, description=help, parents=[common(), acting()])
        made.set_defaults(act=act)
        made.add_argument("site", type=Path, metavar="STORE")
        made.add_argument(
            "--wait", type=float, default=_PATIENCE, metavar="SECONDS",
            help=f"how long for somebody else at the store to finish (default {_PATIENCE:g})",
        )  # fmt: skip
        return made

    p = add("init", custody.new_store, "make a store")
    p.add_argument("--training", action="store_true")
    p.add_argument("--admin", required=True, metavar="USER")
    p.add_argument("--admin-name", metavar="TEXT", help="the printed name")
    p.add_argument("--recovery-sheet", type=Path, metavar="FILE")
    p.add_argument("--study", type=Path, metavar="DIR", help="a definition other than the own one")
    p = add("trust", custody.pin, "pin a site's key; without SITE.pub, list the keys")
    custody.pin_options(p, "SITE.pub")
    p = add("activate", golive.make, "make the activation file that live mode needs")
    p.add_argument("--site", dest="number", required=True, metavar="NN")
    p.add_argument("--to", type=Path, required=True, metavar="FILE")
    golive.ethics_options(p)
    p.add_argument("--program", action="append", metavar="V", help="approved; default this one")
    p.add_argument("--protocol-version", action="append", metavar="V", help="default in force")
    p.add_argument("--until", metavar="DATE", help="last day on which it holds")
    p = add("receive", receive, "take packages in")
    p.add_argument("packages", nargs="+", type=Path, metavar="PACKAGE")
    add("status", status, "sites, packages, gaps, open incidents")
    roster.options(add("roster", roster.roster, roster.ABOUT))
    p = add("second", second.second, "second entries: where they stand, agreement")
    second.second_options(p)
    _query_options(add("query", query, "ask about an address; list, close or reopen queries"))
    add("amend", amend, "put a new definition in force").add_argument(
        "dir", type=Path, metavar="DIR"
    )
    golive.approval_options(
        add("approve", golive.approve, "approve the definition in force for a live site")
    )
    p = add("message", message, "write to a site; it goes with the next reply")
    p.add_argument("--site", dest="number", required=True, metavar="NN")
    p.add_argument("--text", metavar="T", help="without, what was written and what was read")
    p = add("reply", reply, "write the replies for a site")
    p.add_argument("--site", dest="number", required=True, metavar="NN")
    p.add_argument("--to", type=Path, required=True, metavar="DIR")
    p = add("datasets", datasets, "write tables")
    p.add_argument("--to", type=Path, required=True, metavar="DIR")
    p.description = _DATASETS
    p.formatter_class = argparse.RawDescriptionHelpFormatter
    p.add_argument(
        "--format",
        default=f"{publish.CSV},{publish.AUDIT}",
        help=f"{','.join(publish.FORMATS)}, or all (default csv,audit)",
    )
    p = add("derive", insight.derive, "derived variables, windows, curves, over all sites")
    insight.derive_options(p)
    p.set_defaults(at_seq=None, at_package=None)
    figures.options(add("figures", figures.write, "write the figures as files, over all sites"), {})
    _custody_commands(add)
    return top


def _custody_commands(add: Callable[[str, Any, str], argparse.ArgumentParser]) -> None:
    """What a store needs to be kept well."""
    p = add("team", team_tables, "a team's tables in PostgreSQL: bring them up to the store")
    wish = p.add_mutually_exclusive_group()
    wish.add_argument("--address", metavar="URL", help="postgresql+psycopg://user@host/database")
    wish.add_argument("--only-look", action="store_true", help="how far they have come")
    wish.add_argument("--rebuild", action="store_true", help="make them anew from the ledger")
    wish.add_argument("--let-go", action="store_true", help="follow no more")
    p = add("trace", trace, "the history of a value")
    p.add_argument("address", metavar="ADDRESS")
    p.add_argument("--all", action="store_true", help="with values that were decided against")
    p = add("resolve", resolve, "histories that contradict: list, compare, decide")
    p.add_argument("package", nargs="?", type=Path, metavar="PACKAGE", help="the refused one")
    p.add_argument("--reason", metavar="T", help="decide that what is held is true, and why")
    p.add_argument("--second", metavar="USER", help="who confirms: manages users")
    p.add_argument("--second-password-file", type=Path, metavar="F2")
    add("verify", verify, "verify the store")
    about = "check a certificate of destruction"
    add("certificate", closing.certificate, about).add_argument("file", type=Path, metavar="FILE")
    p = add("clock", vows.clock, "the clock: see, sign why it was behind, say it is right")
    vows.clock_options(p)
    p = add("user", custody.user, "add, list, name, move, close or reset accounts")
    custody.user_options(p)
    add("rebuild", custody.rebuild, "fold the ledger again")
    own_key.options(add("rotate-key", own_key.rotate, own_key.ABOUT))
    data_key.options(add("rotate-data-key", data_key.rotate, data_key.ABOUT))
    support.options(add("support", support.support, support.ABOUT))
    p = add("keys", closing.store_keys, "a copy of the key that opens what sites send, sealed")
    p.add_argument("--to", type=Path, required=True, metavar="DIR")
    p.add_argument(
        "--passphrase-file", type=Path, metavar="F",
        help="seal it with a passphrase; without, the recovery sheet opens it",
    )  # fmt: skip
    p = add("backup", custody.back_up, "make a verified backup")
    p.add_argument("--to", type=Path, required=True, metavar="DIR")
    p.set_defaults(daily=False)
    add("drill", custody.drill, "restore a backup for trial and compare").add_argument(
        "backup", type=Path, metavar="BACKUP"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    if argv is None:  # a process of its own
        tell_places_only()
    return run(parser(), sys.argv[1:] if argv is None else argv)
