"""E-signatures on forms: bound to exactly what was shown.

The content digest covers the sorted (address, chain, seq, commitment) of the form's current
records, the derived values shown, the definition and the language. It is also the token of having
seen the form: whoever signs hands over the digest of what was shown, and a form that has changed
meanwhile is refused. Source: formats of the project, section 7; 21 CFR 11.50, 11.70 and 11.200.

What is recorded leaves out the calculated values that read genetic items or identities, and names
them in ``apart``: they have no salt, so that a digest of them would be guessed from outside. They
follow from the records up to ``head``, which the signature binds. The token has them all.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop import __version__
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record.casebook import Casebook, Chart
from mrd_desktop.record.editions import edition
from mrd_desktop.record.errors import RecordError
from mrd_desktop.record.reading import RecordedForm
from mrd_desktop.record.second.errors import DifferencesOpen
from mrd_desktop.record.soundness import hold, require_agreement
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.dependence import genetic, identifying
from mrd_desktop.study.model import Study
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.errors import RecordsAltered
from mrd_desktop.vault.session import Session, Signature

APART: Final = "apart"
"""In a signature on a form: OIDs of the calculated items that its digest leaves out."""
MEANINGS = {
    "review": Text(
        "I have reviewed this form and confirm that it agrees with the source records.",
        "本人已审阅此表单，确认其与原始记录一致。",
    ),
}
"""What a signature states; the text is part of the signed bytes."""


class NotSignable(RecordError):
    """Only a complete form is signed."""

    code = "not_signable"
    template = Text(
        "{detail} is not complete yet, so it cannot be signed. Complete it first.",
        "{detail} 尚未完整，不能签名，请先补全。",
    )


class IdentityNotSigned(RecordError):
    """Signatures travel to the sponsor; identity forms never do."""

    code = "identity_not_signed"
    template = Text(
        "{detail} holds identity data, stays at the site and is not signed.",
        "{detail} 为身份信息，仅保存在本中心，无需签名。",
    )


class NotAsShown(RecordError):
    """The form is no longer what was shown to the signer."""

    code = "not_as_shown"
    template = Text(
        "{detail} has changed since it was shown, so it was not signed. Look at it again.",
        "{detail} 显示之后又有更改，未予签名，请重新审阅。",
    )


class NotSeen(RecordError):
    """The form was listed, but its content was not on the screen (EMA 6.3, R-SIG-10)."""

    code = "not_seen"
    template = Text(
        "{detail} was not signed: all of it has to be looked at first.",
        "{detail} 未予签名：请先查看其全部内容。",
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A form as it was shown: the digest (hex) says which content."""

    key: FormKey
    digest: str


@dataclass(frozen=True, slots=True)
class Signed:
    """What signing a series of forms did; each form was signed or refused by itself."""

    signed: tuple[FormKey, ...]
    refused: tuple[tuple[FormKey, RecordError], ...]


def show(session: Session, key: FormKey, language: Language) -> Shown:
    """What a signature on a form would be about, as the form stands now, for who is shown it whole.

    A form page calls it when all of the form was in sight; the command line, where one form is
    signed by its address. It counts as seen from here on.

    Raises:
        NotFound: there is no such subject.
        NotSignable: nothing was saved there.
        PermissionDenied: the role may not see it.
    """
    session.require("subject.see")
    with session.reading() as conn:
        chart = Casebook(session).chart_on(conn, key.subject)
        if key not in chart.recorded:
            raise NotSignable(str(key))
        shown = Shown(key, content_digest(conn, chart, key, language))
    saw(session, shown)
    return shown


def saw(session: Session, shown: Shown) -> None:
    """Note that this content of a form was on the screen, all of it."""
    session.seen.add((str(shown.key), shown.digest))


def is_seen(session: Session, shown: Shown) -> bool:
    """Whether this content of a form was on the screen in this session."""
    return (str(shown.key), shown.digest) in session.seen


def sign_form(
    session: Session,
    shown: Shown,
    password: str,
    *,
    language: Language,
    meaning: str = "review",
) -> None:
    """Sign a complete form with the user's own key.

    Raises:
        PermissionDenied: the role may not sign.
        NotSignable: the form is empty, incomplete, locked or has unsaved typing.
        DifferencesOpen: its two entries differ.
        IdentityNotSigned: it never leaves the site.
        NotAsShown: it is not what was shown.
        RecordsAltered: tables or records were changed outside the program.
        NotSeen: not all of it was on the screen.
        WrongPassword: nothing was signed.
    """
    done = sign_forms(session, [shown], password, language=language, meaning=meaning)
    for _, refused in done.refused:
        raise refused


def sign_forms(
    session: Session,
    forms: Sequence[Shown],
    password: str,
    *,
    language: Language,
    meaning: str = "review",
) -> Signed:
    """Sign a series of complete forms, each with a signature of its own, in one transaction.

    A form that is not signable, has changed since it was shown or was not on the screen in full is
    left out and told; the others are signed.

    What is shown of their subjects is held against their records before anything is signed.

    Raises:
        PermissionDenied: the role may not sign.
        RecordsAltered: tables or records were changed outside the program; nothing was signed.
        WrongPassword, TryLater: nothing was signed.
    """
    session.require("form.sign")
    sign = session.signer(password)
    refused: list[tuple[FormKey, RecordError]] = []

    def build(conn: Connection) -> list[Entry]:
        require_agreement(conn, {shown.key.subject for shown in forms})
        book = Casebook(session)
        charts: dict[str, Chart] = {}
        made = []
        for shown in forms:
            try:
                if shown.key.subject not in charts:
                    charts[shown.key.subject] = book.chart_on(conn, shown.key.subject)
                chart = charts[shown.key.subject]
                _agree(session, conn, chart, shown, language)
                words = shown_under(conn, chart, shown.key)
                form = chart.recorded[shown.key]
                without = apart(words, shown.key.form)
                content = content_of(conn, form, chart.scene, words, language, without)
            except RecordError as error:
                refused.append((shown.key, error))
            else:
                made.append(
                    _signature(conn, session, sign, form, content, words, language, meaning)
                )
        return made

    try:
        session.commit(build)
    except RecordsAltered as altered:
        hold(session, altered.where)
        raise
    left = {key for key, _ in refused}
    return Signed(tuple(s.key for s in forms if s.key not in left), tuple(refused))


def _agree(
    session: Session, conn: Connection, chart: Chart, shown: Shown, language: Language
) -> None:
    """Refuse a form that may not be signed as it was shown."""
    if chart.scene.study.by_form[shown.key.form].private:
        raise IdentityNotSigned(str(shown.key))
    line = next((f for f in chart.forms if f.key == shown.key), None)
    signable = (FormState.COMPLETE, FormState.SIGNED)
    if line is None or line.drafted or line.state not in signable:
        raise NotSignable(str(shown.key))
    if line.second is not None and line.second.open:
        raise DifferencesOpen(str(shown.key))
    content = content_digest(conn, chart, shown.key, language)
    if content != shown.digest:
        raise NotAsShown(str(shown.key))
    if not is_seen(session, shown):
        raise NotSeen(str(shown.key))


def _signature(
    conn: Connection,
    session: Session,
    sign: Signature,
    form: RecordedForm,
    content: str,
    words: Study,
    language: Language,
    meaning: str,
) -> Entry:
    key = form.key
    head = store.head(conn, session.folder.chain)
    without = apart(words, key.form)
    statement: dict[str, JSON] = {
        "address": str(key),
        "content": content,
        **({APART: list(without)} if without else {}),
        "definition": words.digest,
        "language": language.value,
        "meaning": meaning,
        "text": MEANINGS[meaning].say(language),
        "user": session.user,
        "role": session.role,
        "at": session.now(),
        **session.signs_as(),
        # What binds it to its place, its time and its program besides (C.4 of the reference).
        "study": session.folder.study,
        "site": session.folder.site,
        "chain": session.folder.chain,
        "head": {"seq": head.seq, "digest": head.digest.hex()},
        "records": records_digest(conn, form),
        "previous": _previous(conn, form),
        "zone": session.clock.zone.name,
        "time_quality": session.clock.quality(),
        "program": __version__,
    }
    signature, key_id = sign(dumps(statement))
    payload = {**statement, "key": key_id, "signature": base64.b64encode(signature).decode()}
    return Entry(Kind.SIGNATURE_MADE, RecordClass.CODED, payload)


def shown_under(conn: Connection, chart: Chart, key: FormKey) -> Study:
    """The definition in whose words a form is shown to be signed: the one it was saved under."""
    return edition(conn, chart.recorded[key].definition, chart.scene.study)


def content_digest(conn: Connection, chart: Chart, key: FormKey, language: Language) -> str:
    """SHA-256 (hex) of everything a signature on this form is about.

    Values of removed rows are no part of it: they are not shown as the form's content.
    """
    words = shown_under(conn, chart, key)
    return content_of(conn, chart.recorded[key], chart.scene, words, language)


def apart(study: Study, form: str) -> tuple[str, ...]:
    """OIDs of a form's calculated items that tell of genetic items or identities, sorted.

    None where the form is marked whole: its signature stays where it stays.
    """
    if form in genetic(study):
        return ()
    closed = genetic(study) | identifying(study)
    return tuple(sorted(i.oid for i in study.by_form[form].items if i.derived and i.oid in closed))


def content_of(
    conn: Connection,
    form: RecordedForm,
    scene: Scene,
    words: Study,
    language: Language,
    without: Collection[str] = (),
) -> str:
    """The same of a form that was read apart from the tables.

    Args:
        conn: where the ledger is.
        words: the definition that the form was saved under.
        without: OIDs of calculated items that are left out.
    """
    body: dict[str, JSON] = {
        "records": _records(conn, form),
        "derived": [
            [str(key), list(answer.codes)]
            for key, answer in derived_answers(scene, form.key, words)
            if f"{key.form.form}.{key.item}" not in without
        ],
        "definition": words.digest,
        "language": language.value,
    }
    return hashlib.sha256(dumps(body)).hexdigest()


def records_digest(conn: Connection, form: RecordedForm) -> str:
    """SHA-256 (hex) of the form's current records alone, which no rule of derivation touches."""
    return hashlib.sha256(dumps(_records(conn, form))).hexdigest()


def _records(conn: Connection, form: RecordedForm) -> list[JSON]:
    """Address, chain, number and commitment of each current record, in order of address."""
    gone = {row for row, removed in form.rows.items() if removed}
    return [
        [
            str(item_key),
            item.by.chain,
            item.by.seq,
            store.record(conn, item.by.chain, item.by.seq).header.c,
        ]
        for item_key, item in sorted(form.items.items())
        if item_key.row not in gone
    ]


def _previous(conn: Connection, form: RecordedForm) -> JSON:
    """The last signature on a form before this one, None where there is none."""
    found = conn.execute(_LAST_SIGNATURE, {"form": form.form_id}).first()
    return None if found is None else {"chain": str(found[0]), "seq": int(found[1])}


_LAST_SIGNATURE: Final = text(
    "SELECT chain, seq FROM p_signature WHERE form_id = :form ORDER BY at DESC, seq DESC LIMIT 1"
)


def derived_answers(scene: Scene, key: FormKey, words: Study) -> Iterator[tuple[ItemKey, Answer]]:
    """The calculated values that a form shows, in the order of the form."""
    form = scene.line(key)
    if form is None:
        return
    for group in words.by_form[key.form].groups:
        for line in form.rows(group.name) if group.repeating else (form,):
            for item in group.items:
                answer = line.answer(item.oid) if item.derived else None
                if answer:
                    yield line.key(item.oid), answer
