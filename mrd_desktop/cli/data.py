"""Commands on the data of an open site: load, single acts, findings, trail."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import Any

from mrd_desktop.cli import shapes
from mrd_desktop.cli.console import REFUSED, Outcome, existing, password, speech, user_name
from mrd_desktop.cli.sessions import open_as, open_session
from mrd_desktop.insight.audit.finding import fitting
from mrd_desktop.insight.reports.trail_file import TrailForm, save_trail
from mrd_desktop.record import audit, questions
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import NotTraining, SubjectExists
from mrd_desktop.record.locating import locate
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.signing import show, sign_form
from mrd_desktop.record.story import Loaded, check_story, load_story, read_story
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.study.errors import AddressError, ValueRefused
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session


def load(args: argparse.Namespace) -> Outcome:
    """Enter story files; a refused record or an existing subject ends with exit code 1."""
    stories = [read_story(existing(p)) for p in args.stories]
    with open_session(args, args.site) as session:
        require_training(session)
        book = Casebook(session)
        for n, story in enumerate(stories):
            check_story(book, story)
            if any(story.subject == other.subject for other in stories[:n]):
                raise SubjectExists(story.subject)
        results = [r for story in stories for r in load_story(book, story, _teller(args))]
    refused = [r for r in results if r.status == "refused"]
    complaint = None
    if refused:
        text = refused[0].reasons[0].text
        complaint = Text(f"{refused[0].key}: {text.en}", f"{refused[0].key}:{text.zh}")
    done = sum(r.status == "complete" for r in results)
    return Outcome(
        None if args.jsonl else [shapes.loaded(r) for r in results],
        [] if args.jsonl else [f"{len(results)} forms, {done} complete"],
        REFUSED if refused else 0,
        complaint,
    )


def _teller(args: argparse.Namespace) -> Any:
    if not args.jsonl:
        return None

    def tell(r: Loaded) -> None:
        line = {"index": r.index, "copy": r.copy, "address": str(r.key), "status": r.status}
        print(json.dumps({**line, "seq": r.seq}), flush=True)

    return tell


def set_value(args: argparse.Namespace) -> Outcome:
    """Type one value and save its form; an empty value clears it."""
    with open_session(args, args.site) as session:
        key = locate(session.study, args.address)
        if not isinstance(key, ItemKey):
            raise AddressError(args.address)
        book = Casebook(session)
        entry = book.open(key.form)
        view = next(
            (f for g in entry.groups() for r in g.rows for f in r.fields if f.key == key), None
        )
        if view is None or view.derived:
            raise AddressError(args.address)
        if args.value.startswith("missing:"):
            entry.mark_missing(key, _missing_code(session, args.value))
        else:
            entry.type(key, args.value)
        error = entry.field(key).error
        if error:
            raise ValueRefused(error)
        reason = reason_for(session, args.reason) if args.reason else None
        declared = bool(entry.recorded and entry.recorded.declared)
        saved = entry.save(complete=declared, reason=reason)
        found = [f for f in saved.findings if f.key == key]
        states = _query_states(session, key.subject)
    language = speech(args)
    return Outcome(
        {
            "address": str(key),
            "seq": saved.seq,
            "state": saved.state.value,
            "findings": [shapes.finding(f, states) for f in found],
        },
        [f"{key} {saved.state.value}", *(f.text.say(language) for f in found)],
    )


def set_aside(args: argparse.Namespace) -> Outcome:
    """Remove a form or row, or restore it."""
    with open_session(args, args.site) as session:
        key = locate(session.study, args.address)
        if isinstance(key, str | ItemKey):
            raise AddressError(args.address)
        act = Casebook(session).remove if args.command == "remove" else Casebook(session).restore
        act(key, reason_for(session, args.reason))
    return Outcome({"address": str(key)}, [str(key)])


def answer(args: argparse.Namespace) -> Outcome:
    """Answer a query."""
    with open_session(args, args.site) as session:
        queries = Queries(session)
        queries.answer(args.query, args.text)
        line = queries.find(args.query)
    return Outcome(shapes.query(line), [f"{line.query} {line.state}"])


def sign(args: argparse.Namespace) -> Outcome:
    """Sign a complete form; the password is the second component."""
    existing(args.site)
    user = user_name(args)
    secret = password(args.password_file)
    with open_as(args.site, user, secret, args) as session:
        key = locate(session.study, args.address)
        if not isinstance(key, FormKey):
            raise AddressError(args.address)
        language = speech(args)
        sign_form(session, show(session, key, language), secret, language=language)
    return Outcome({"address": str(key), "state": "signed"}, [f"{key} signed"])


def findings(args: argparse.Namespace) -> Outcome:
    """Every finding now; a hard one gives exit code 1. Never writes."""
    with open_session(args, args.site) as session:
        book = Casebook(session)
        found = []
        for line in book.subjects():
            states = _query_states(session, line.subject)
            for f in book.findings(line.subject, args.as_of):
                found.append((f, shapes.finding(f, states)))
    language = speech(args)
    hard = [f for f, _ in found if f.check.blocks]
    complaint = None
    if hard:
        n = len(hard)
        complaint = Text(
            f"{n} hard finding(s); correct them to complete the forms.",
            f"存在{n}项硬性核查问题，请更正后完成表单。",
        )
    lines = [
        f"{f.check.id} {f.check.severity.value} {f.key} {f.text.say(language)}" for f, _ in found
    ]
    return Outcome([shape for _, shape in found], lines, REFUSED if hard else 0, complaint)


def trail(args: argparse.Namespace) -> Outcome:
    """The audit trail, identity left out without the vault key; as a file, always left out."""
    with open_session(args, args.site) as session:
        if args.to is not None:
            existing(args.to.parent)
            form = TrailForm(args.to.suffix.removeprefix("."))
            subject, typed = args.subject or "", args.find
            n = save_trail(session, args.to, form, speech(args), subject=subject, typed=typed)
            return Outcome({"path": str(args.to), "records": n}, [f"{args.to} {n}"])
        entries = audit.trail(session, subject=args.subject)
        found = fitting(entries, args.find, session.study, session.clock.zone)
        rows = [e.as_json() for e in found]
    lines = [f"{r['seq']} {r['at']} {r['user']} {r['kind']} {r['address'] or ''}" for r in rows]
    return Outcome(rows, lines)


def as_trail_file(text: str) -> Path:
    """A file of the command line whose name says which kind it is."""
    path = Path(text)
    if path.suffix not in {f".{form.value}" for form in TrailForm}:
        raise argparse.ArgumentTypeError(f"none of .csv, .html, .jsonl: {text}")
    return path


def require_training(session: Session) -> None:
    """Go on only in a training site.

    Raises:
        NotTraining: the site is live.
    """
    if not session.folder.training:
        raise NotTraining


def reason_for(session: Session, words: str) -> ChangeReason:
    """A reason by its code where the words are one, else «other» with the words."""
    codes = {r.code for r in session.study.offered_reasons}
    if words in codes:
        return ChangeReason(words)
    other = next(r.code for r in session.study.reasons if r.needs_text)
    return ChangeReason(other, words)


def _missing_code(session: Session, value: str) -> str:
    """The code of ``missing:CODE``.

    Raises:
        ValueRefused: the study has no such missing reason.
    """
    code, known = value.removeprefix("missing:"), session.study.codelists["MISS"].by_code
    if code not in known:
        named = ", ".join(known)
        raise ValueRefused(Text(f"Missing reasons are {named}.", f"缺失原因可选：{named}。"))
    return code


def _query_states(session: Session, subject: str) -> dict[questions.Place, str]:
    with session.reading() as conn:
        known = questions.standing_queries(conn, subject)
    return {place: s.state for place, s in known.items()}


def as_day(text: str) -> date:
    """A day of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a date: {text}") from None
