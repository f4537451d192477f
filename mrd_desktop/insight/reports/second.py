"""Agreement of first and second entries on paper: by form, by item, by person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from mrd_desktop.insight.agreement import Agreement, Keyed, Tally, agreement
from mrd_desktop.insight.proportion import Proportion
from mrd_desktop.insight.reports.model import (
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Heading,
    Report,
    Signing,
    Table,
    Words,
)
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

WHAT: Final = "second"
TITLE = Text("Agreement of two entries", "两次录入一致率")
DAY = Text("As of {day}", "截至 {day}")
KEYINGS = Text("Second entries", "第二次录入份数")
COMPARED, DIFFER = Text("Compared", "比对项"), Text("Differ", "差异项")
OPEN, SHARE = Text("To settle", "待处理"), Text("Share", "差异率")
INTERVAL = Text("95 % interval", "95% 置信区间")
FORM, ITEM = Text("Form", "表单"), Text("Item", "项目")
BY_FORM = Text("By form", "按表单")
BY_ITEM = Text("Items that differed", "有差异的项目")
FIRST, SECOND = (
    Text("First entry by person", "首次录入（按人）"),
    Text("Second entry by person", "第二次录入（按人）"),
)
PERSON, KEYED = Text("Person", "录入人"), Text("Keyed", "录入项")
ERRORS, RATE = Text("Errors", "错误项"), Text("Error rate", "错误率")
HOW = Text(
    "A value counts where at least one entry has something. A difference is an error of whoever "
    "the paper did not confirm, once it is settled. Intervals are exact (Clopper-Pearson).",
    "至少一次录入有内容的项目计入比对。差异处理后，与纸质记录不符的一方计为错误。置信区间为精确法"
    "（Clopper-Pearson）。",
)
PEOPLE = (Text("Prepared by", "制表人"), Text("Reviewed by", "审核人"))


def second_report(book: Casebook) -> Report:
    """The figures of all second entries so far.

    Raises:
        PermissionDenied: the role may not see subjects.
    """
    session, study = book.session, book.study
    session.require("subject.see")
    with session.reading() as conn:
        found = agreement(conn, study)
    day = session.today()
    return Report(WHAT, TITLE, tuple(_blocks(study, found, str(day))), about=str(day))


def asked(session: Session) -> bool:
    """Whether the study asks for second entries and the user may see data."""
    return session.allows("subject.see") and any(f.second_entry for f in session.study.forms)


def _blocks(study: Study, found: Agreement, day: str) -> Iterator[Block]:
    yield Words(DAY.filled(day=day), quiet=True)
    total = found.total
    yield Facts(
        (
            Fact(KEYINGS, str(found.keyings)),
            Fact(COMPARED, str(total.compared)),
            Fact(DIFFER, str(total.differing)),
            Fact(OPEN, str(total.open)),
            Fact(SHARE, percent(total.share)),
            Fact(INTERVAL, interval(total.share)),
        )
    )
    yield Heading(BY_FORM, 2)
    yield _table(FORM, ((_form(study, oid), t) for oid, t in found.forms.items()))
    yield Heading(BY_ITEM, 2)
    yield _table(ITEM, ((_item(study, oid), t) for oid, t in found.items.items() if t.differing))
    for title, people in ((FIRST, found.first), (SECOND, found.second)):
        yield Heading(title, 2)
        yield _people(people)
    yield Words(HOW, quiet=True)
    yield Signing(PEOPLE)


def _table(name: Text, rows: Iterable[tuple[Text, Tally]]) -> Table:
    return Table(
        (
            Column(name, 3),
            *(Column(title) for title in (COMPARED, DIFFER, OPEN, SHARE)),
            Column(INTERVAL, 1.5),
        ),
        tuple(
            (
                Cell(text, strong=True),
                *(Cell(str(n)) for n in (tally.compared, tally.differing, tally.open)),
                Cell(percent(tally.share)),
                Cell(interval(tally.share)),
            )
            for text, tally in rows
        ),
    )


def _people(people: Mapping[str, Keyed]) -> Table:
    return Table(
        (Column(PERSON, 3), *(Column(t) for t in (KEYED, ERRORS, RATE)), Column(INTERVAL, 1.5)),
        tuple(
            (
                Cell(user, strong=True),
                Cell(str(keyed.keyed)),
                Cell(str(keyed.errors)),
                Cell(percent(keyed.share)),
                Cell(interval(keyed.share)),
            )
            for user, keyed in people.items()
        ),
    )


def _form(study: Study, oid: str) -> Text:
    form = study.by_form.get(oid)
    return form.text if form else Text(oid, oid)


def _item(study: Study, oid: str) -> Text:
    place = study.places.get(oid)
    if place is None:
        return Text(oid, oid)
    form, _, item = place
    return Text(f"{form.text.en} · {item.text.en}", f"{form.text.zh} · {item.text.zh}")


def percent(share: Proportion | None) -> str:
    """A share in percent, a dash without a denominator."""
    return "–" if share is None else f"{100 * float(share.value):.2f} %"


def interval(share: Proportion | None) -> str:
    """Both limits in percent."""
    return "–" if share is None else f"{100 * share.lower:.2f} – {100 * share.upper:.2f} %"
