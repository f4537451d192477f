"""Whether words name a person: identifiers by pattern, and every identity value of the site.

Check EC-007 asks the site to remove identifiers; the last look before text leaves makes sure that
one which still holds one stays here, whatever became of the question. Words that are about no form
(an incident, a request) are held against the same before they are recorded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, writable
from mrd_desktop.ledger.errors import SealBroken
from mrd_desktop.ledger.record import Kind, RecordClass
from mrd_desktop.ledger.store import PrivateBox
from mrd_desktop.record.entries import answer_of
from mrd_desktop.record.errors import RecordError
from mrd_desktop.record.owning import subject_of
from mrd_desktop.study.address import ItemKey, parse_address
from mrd_desktop.study.identifiers import identifier_in
from mrd_desktop.study.model import Kind as DataKind
from mrd_desktop.study.model import Study
from mrd_desktop.study.rules.identity import IDENTIFIERS
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

_HAN: Final = re.compile("[㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]")
_WORD: Final = re.compile("[0-9a-z]")
_DIGIT: Final = re.compile("[0-9]")
NAMED: Final = "named"
"""In what ends a link: records whose words name the person, whom nobody knows here afterwards."""
OWN_HAN, OWN_OTHER = 2, 4
"""Characters from which a value of the subject itself is looked for."""
FOREIGN_HAN, FOREIGN_OTHER = 3, 6
"""The same for values of other subjects, where short ones would be found by chance."""


_VALUES: Final = frozenset({Kind.ITEM_SET, Kind.ENTRY_SUPERSEDED})


class Names:
    """Identity values of a site, ready to be looked for."""

    def __init__(self, values: Mapping[str, Iterable[str]]) -> None:
        """Takes identity values by subject."""
        self._own = {subject: _Index(v, OWN_HAN, OWN_OTHER) for subject, v in values.items()}
        self._everyone = tuple(value for found in values.values() for value in found)
        self._all = _Index(self._everyone, FOREIGN_HAN, FOREIGN_OTHER)

    @classmethod
    def of(cls, conn: Connection, box: PrivateBox) -> Names:
        """Every value that ever stood in an identifying item, superseded ones included."""
        subjects = conn.exec_driver_sql("SELECT subject FROM p_subject").scalars().all()
        return cls.of_subjects(conn, box, map(str, subjects))

    @classmethod
    def of_subjects(cls, conn: Connection, box: PrivateBox, subjects: Iterable[str]) -> Names:
        """The same of some subjects."""
        found: dict[str, set[str]] = {}
        for subject in subjects:
            values = found.setdefault(subject, set())
            for record in store.private_records(conn, subject, box):
                if record.kind not in _VALUES:
                    continue  # a note or a check at an identifying item has no value
                address = record.body.get("address")
                key = parse_address(address) if isinstance(address, str) else None
                if not isinstance(key, ItemKey) or f"{key.form.form}.{key.item}" not in IDENTIFIERS:
                    continue
                answer = answer_of(record.body)
                if answer is not None and answer.value is not None:
                    values.add(answer.text)
        return cls(found)

    def stand_in(self, text: str, subject: str | None, *, sample: bool = False) -> bool:
        """Whether a text holds an identifier of this subject or, if longer, of any.

        Args:
            sample: it is a sample number, which may look like a number of some document.
        """
        plain = _plain(text)
        closed = _closed(plain)
        if identifier_in(plain, closed, sure=sample):
            return True
        own = self._own.get(subject) if subject else None
        return self._all.found(plain, closed) or (own is not None and own.found(plain, closed))

    def in_words(self, kind: Kind, body: Mapping[str, JSON], subject: str | None) -> bool:
        """Whether what people wrote into a record besides a value names somebody."""
        if kind is Kind.INCIDENT_NOTED:  # about nobody: any name is one too many
            return any(self.name_anybody(text) for text in free_texts(body))
        return any(self.stand_in(text, subject) for text in free_texts(body))

    def name_anybody(self, text: str) -> bool:
        """Whether a text about no subject holds an identifier of any.

        Names count from their shortest on, since such words are few and somebody can write them
        otherwise; numbers count as those of other subjects do.
        """
        plain = _plain(text)
        closed = _closed(plain)
        if identifier_in(plain, closed) or self._all.found(plain, closed):
            return True
        return self._short.found(plain, closed)

    @cached_property
    def _short(self) -> _Index:
        names = (value for value in self._everyone if not _DIGIT.search(_plain(value)))
        return _Index(names, OWN_HAN, OWN_OTHER)


def names_somebody(session: Session, words: str, subject: str | None = None) -> bool:
    """Whether words that somebody typed tell who a person is.

    Without the vault key only patterns can be looked for; the last look before words leave has it.

    Args:
        subject: whom the words are about; None where they are about no subject.
    """
    box = session.box if session.has_vault else None
    with session.reading() as conn:
        names = Names({}) if box is None else Names.of(conn, box)
    return names.name_anybody(words) if subject is None else names.stand_in(words, subject)


class NamesAPerson(RecordError):
    """Words that travel with the data tell who a person is; nothing was recorded."""

    code = "names_a_person"
    template = Text(
        "What is written here travels with the data and may not name anybody. Leave out names, "
        "numbers of identity or record, telephones and addresses.",
        "此处文字会随数据传出，不能包含可识别个人的信息。请去掉姓名、证件号、病历号、电话或地址。",
    )


class HalfCharacter(RecordError):
    """Words that cannot be written down at all; nothing was recorded."""

    code = "half_character"
    template = Text(
        "An unseen or broken character came in, as copying brings them, and cannot be kept. Clear "
        "the line and type it.",
        "其中有看不见或不完整的字符，多由复制粘贴带入，无法保存。请清空后手动输入。",
    )


def refuse_names(conn: Connection, session: Session, subject: str, words: str) -> None:
    """Go on only with words that do not tell who a subject is.

    Raises:
        HalfCharacter: they cannot be written down.
        NamesAPerson: they hold a number or address by which a person is told or, where the session
            has the vault key, a value of the subject's identity forms.
    """
    if not writable(words):
        raise HalfCharacter
    box = session.box if session.has_vault else None
    names = Names({}) if box is None else Names.of_subjects(conn, box, [subject])
    if names.stand_in(words, subject):
        raise NamesAPerson


def free_texts(body: Mapping[str, JSON]) -> Iterator[str]:
    """What people wrote into a record besides a value."""
    reason = body.get("reason")
    candidates = [body.get(f) for f in ("text", "exception", "delegation")] + [reason]
    if isinstance(reason, Mapping):
        candidates.append(reason.get("text"))
    paper = body.get("paper")
    if isinstance(paper, Mapping):
        candidates.append(paper.get("reference"))
    ethics = body.get("ethics")
    if isinstance(ethics, Mapping):
        candidates.append(ethics.get("reference"))
    checklist = body.get("checklist")
    if isinstance(checklist, list):
        candidates += [line.get("answer") for line in checklist if isinstance(line, Mapping)]
    if "check" not in body:  # the words of a check are the definition's
        candidates += [body.get("en"), body.get("zh")]
    return (text for text in candidates if isinstance(text, str))


def named_in(
    conn: Connection, study: Study, chain: str, subject: str, box: PrivateBox
) -> list[int]:
    """The coded records of a chain whose words name a subject, by number.

    They are listed as its link is destroyed, since nothing can be compared afterwards. What was
    altered outside the program does not keep a link from being destroyed.
    """
    names = Names({})
    with suppress(SealBroken):
        names = Names.of_subjects(conn, box, [subject])
    asked = conn.exec_driver_sql("SELECT query, subject FROM p_query")
    queries = {str(query): str(subject) for query, subject in asked}
    found = []
    for record in store.records(conn, chain):
        if record.opening is None or record.header.cls is not RecordClass.CODED:
            continue
        kind, body = record.kind, record.body
        about = subject_of(body, queries)
        value = body.get("value") if _is_text(study, body) else None
        said = isinstance(value, str) and names.stand_in(value, about)
        if said or names.in_words(kind, body, about):
            found.append(record.header.seq)
    return found


def _is_text(study: Study, body: Mapping[str, JSON]) -> bool:
    """Whether a record is about a data point that people fill with words."""
    address = body.get("address")
    key = parse_address(address) if isinstance(address, str) else None
    form = study.by_form.get(key.form.form) if isinstance(key, ItemKey) else None
    if form is None or not isinstance(key, ItemKey):
        return False
    group = form.by_group.get(key.row.group)
    item = group.by_name.get(key.item) if group is not None else None
    return item is not None and item.type.kind is DataKind.TEXT


class _Index:
    """Values by length, so that a text is searched in time that does not grow with their number."""

    def __init__(self, values: Iterable[str], shortest_han: int, shortest: int) -> None:
        self._han: dict[int, set[str]] = {}
        self._other: dict[int, set[str]] = {}
        for value in values:
            plain = _plain(value).strip()
            closed = _closed(plain)
            if _HAN.search(plain):
                if len(closed) >= shortest_han:
                    self._han.setdefault(len(closed), set()).add(closed)
            elif len(plain) >= shortest:
                self._other.setdefault(len(plain), set()).add(plain)

    def found(self, plain: str, closed: str) -> bool:
        for length, values in self._han.items():
            for at in range(len(closed) - length + 1):
                if closed[at : at + length] in values:
                    return True
        for length, values in self._other.items():
            for at in range(len(plain) - length + 1):
                if plain[at : at + length] in values and _alone(plain, at, at + length):
                    return True
        return False


def _alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not _WORD.match(before) and not _WORD.match(after)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _closed(text: str) -> str:
    return "".join(text.split())
