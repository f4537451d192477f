"""A synthetic site over five versions of the definition, with forms saved under each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Final

from mrd_desktop.ledger.record import Entry
from mrd_desktop.record import entries
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.transfer.amendment import install, try_out
from mrd_desktop.vault.session import Session
from tests.transfer.edition import Edits, bring, edition
from tests.transfer.route import CONSENT, Route

VERSIONS: Final = 5
VALUES: Final = {"PERF": "Y", "TEMP": "36.50", "SYSBP": "118", "PULSE": "76"}
_PAIN: Final = """      - oid: VS.PAIN{n}
        en: Pain {n}
        zh: 疼痛评分{n}
        type: I(2)
        required: R
        show_when: "VS.PERF = 'Y'"

"""


def edits_of(n: int) -> dict[str, Edits]:
    """Version 0.n: a question more than before, other words of a question and of a choice."""
    pain = "".join(_PAIN.format(n=k) for k in range(2, n + 1))
    return {
        "VS": [
            ("en: Pulse\n        zh: 脉搏", f"en: Pulse {n}\n        zh: 脉搏{n}"),
            ("      - oid: VS.WEIGHT\n", f"{pain}      - oid: VS.WEIGHT\n"),
        ],
        "NY": [('en: "Yes", zh: "是"', f'en: "Yes {n}", zh: "是{n}"')],
    }


def forms(route: Route, version: int, subjects: int, each: int) -> dict[str, str]:
    """Save vital signs under the version in force; each subject and form in its own place.

    Returns:
        What was saved, by address.
    """
    saved: dict[str, str] = {}
    answers = {**VALUES, **{f"PAIN{k}": str(k) for k in range(2, version + 1)}}
    with route.clinic.open() as session:
        for subject in range(1, subjects + 1):
            event = EventKey(f"01-{subject:03d}", "UNS", version)

            def made(event: EventKey = event) -> Iterator[Entry]:
                if version == 1:
                    yield entries.subject_created(event.subject)
                    yield from consent(session, event.subject, saved)
                yield entries.added(event)
                for number in range(1, each + 1):
                    key = FormKey(event, "VS", number)
                    yield entries.added(key)
                    for name, value in answers.items():
                        item = ItemKey(RowKey(key, "A", 1), name)
                        saved[str(item)] = value
                        yield entries.item_set(item, Answer(value=value))
                    yield entries.form_saved(key, complete=True, definition=session.study.digest)

            session.commit(list(made()))
    return saved


def consent(session: Session, subject: str, saved: dict[str, str]) -> Iterator[Entry]:
    """The informed consent without which nothing leaves."""
    key = FormKey(EventKey(subject, "SCR"), "IC")
    form = session.study.by_form["IC"]
    yield entries.added(key.event)
    yield entries.added(key)
    for name, value in CONSENT.items():
        group = next(g for g in form.groups if name in g.by_name)
        item = ItemKey(RowKey(key, group.name, 1), name)
        saved[str(item)] = value
        yield entries.item_set(item, Answer(value=value))
    yield entries.form_saved(key, complete=True, definition=session.study.digest)


def amend(route: Route, root: Path, version: int) -> float:
    """The next version comes with a reply, is looked at and installed; the seconds of the site."""
    folder = edition(root / f"v{version}", f"0.{version}", **edits_of(version))
    bring(route, folder)
    began = perf_counter()
    with route.clinic.open("admin") as session:
        install(session, try_out(session).digest)
    with route.clinic.open():
        return perf_counter() - began


def through_five(
    route: Route, root: Path, subjects: int, each: int
) -> tuple[dict[str, str], float]:
    """Forms under five versions: what was saved, and the seconds that four amendments took."""
    saved, took = forms(route, 1, subjects, each), 0.0
    for version in range(2, VERSIONS + 1):
        took += amend(route, root, version)
        saved |= forms(route, version, subjects, each)
    return saved, took
