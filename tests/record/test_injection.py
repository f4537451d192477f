"""What is typed is data, whatever it looks like: SQL, wildcards, formats, markup (E-20)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.finding import find
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import EventKey, FormKey, ItemKey
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Item, Kind, Phi
from tests.clinic import Clinic


def is_free(item: Item) -> bool:
    """Whether anything may be typed; direct identifiers stand in a vault of their own."""
    free = item.type.kind is Kind.TEXT and item.codelist is None and item.refers is None
    return free and not item.derived and item.phi is not Phi.DIRECT


_HEARTS = (
    "'", "''", '"', "`", ";", "--", "/*", "*/", "\\", "\\'", "%", "_", "%%", "%s", "%(a)s", "%n",
    "{", "}", "{}", "{0}", "{a.b}", "{{", "}}", "${a}", "$(a)", "`a`", "&&", "||", "|", ">", "<",
    "?", "?1", ":a", "@a", "#", "NULL", "None", "true", "[a]", "a.b", "../a", "C:\\a", "file:a",
)  # fmt: skip
_WHOLE = (
    "x'; DROP TABLE ledger_record; --", "' OR '1'='1", "1) UNION SELECT 1 --", "x' AND 1=1 --",
    "'; PRAGMA key=''; --", "*", "a* NEAR b", 'a" OR "b', "MATCH 'a'", "{__class__}",
    "{0.__init__}", "%(password)s", "<b>x</b>", "<img src=a>", "<a href=b>c</a>", "&lt;b&gt;",
    "&#60;", "<script>1</script>", "]]>", "<!--", "<?xml?>", "{{7*7}}", "=1+1", "+1+1", "-1+1",
    "@SUM(1)", "=cmd|'/c'!A1", "a,b", "a;b", "a\\tb", '"a","b"', "a|b", "01-001/SCR", "\\u0000",
    "\\x00", "%00", "%27", "0x27", "1e400", "NaN",
)  # fmt: skip
PAYLOADS = (
    *(f"a{heart}b" for heart in _HEARTS), *(f"值{heart}" for heart in _HEARTS[:20]), *_WHOLE,
)  # fmt: skip
STUDY = load_study()
FORMS = [
    form.oid
    for form in STUDY.forms
    if any(is_free(i) for group in form.groups for i in group.items)
]
REASON = ChangeReason("TYPO")


def test_there_are_a_hundred_of_them() -> None:
    assert len(set(PAYLOADS)) >= 100


@pytest.mark.soak
def test_every_text_keeps_it_as_typed_and_is_found_by_it(
    charted: Clinic, seed: int, fraction: Callable[[int, int], int]
) -> None:
    chance = Random(seed)
    with charted.open() as session:
        for oid in FORMS:
            tried = 0
            key = FormKey(EventKey("01-001", "LOG" if STUDY.by_form[oid].log else "M03"), oid, 1)
            for payload in chance.sample(PAYLOADS, fraction(len(PAYLOADS), 2)):
                entry = FormEntry(session, key)
                typed = type_everywhere(entry, payload, chance)
                if typed:
                    entry.save(complete=False, reason=REASON)
                    again = FormEntry(session, key)
                    for place in typed:
                        recorded = again.field(place).recorded
                        assert recorded is not None
                        assert recorded.text == again.field(place).text == payload
                    # One sign alone is not searched for: it stands in everything.
                    assert find(session, payload) or len("".join(payload.split())) < 2, payload
                tried += len(typed)
            assert tried, oid
        assert all(check.ok is not False for check in verify_folder(session))


def type_everywhere(entry: FormEntry, payload: str, chance: Random) -> list[ItemKey]:
    """Put it into every free text that is shown and takes it; where it was put."""
    for group in [g.group.name for g in entry.groups() if g.can_add and not g.rows]:
        entry.add_row(group)
    for _ in range(40):
        if not free_texts(entry):
            answer_lists(entry, chance)
    for key in free_texts(entry):
        entry.type(key, payload)
    taken = []
    for key in free_texts(entry):
        if entry.field(key).error is None:
            taken.append(key)
        else:  # too long, or letters that an item of symbols refuses
            entry.type(key, "")
    return taken


def free_texts(entry: FormEntry) -> list[ItemKey]:
    return [
        field.key
        for group in entry.groups()
        for row in group.rows
        for field in row.fields
        if field.shown and is_free(field.item)
    ]


def answer_lists(entry: FormEntry, chance: Random) -> None:
    """Choose from every list: some codes ask for words."""
    for field in [f for g in entry.groups() for r in g.rows for f in r.fields]:
        if field.item.codelist is not None and not field.derived:
            entry.type(field.key, chance.choice(field.item.codelist.codes).code)
