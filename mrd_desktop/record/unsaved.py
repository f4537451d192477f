"""What of a form is typed and not saved, told so that somebody can decide to give it up."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from mrd_desktop.record.drafts import Draft
from mrd_desktop.study.address import ItemKey, RowKey
from mrd_desktop.study.model import Form


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What was typed in a form, or in a part of it, and is not saved.

    Attributes:
        keys: data points with another text than is recorded, in the order of the form.
        rows: rows added, struck or brought back.
        words: explanations of findings, a paper record, words in a line.
    """

    keys: tuple[ItemKey, ...] = ()
    rows: int = 0
    words: int = 0

    def __bool__(self) -> bool:
        return bool(self.keys or self.rows or self.words)


def unsaved_of(form: Form, draft: Draft, recorded: Collection[ItemKey]) -> Unsaved:
    """What a draft of this form holds.

    Args:
        recorded: the data points that have an answer; an empty text in another says nothing.
    """
    place = {
        (g.name, i.name): (n, m) for n, g in enumerate(form.groups) for m, i in enumerate(g.items)
    }
    texts = {k for k, text in draft.texts.items() if text or k in recorded}
    keys = {k for k in {*texts, *draft.missing} if (k.row.group, k.item) in place}

    def order(key: ItemKey) -> tuple[int, int, int]:
        section, item = place[key.row.group, key.item]
        return section, key.row.row, item

    return Unsaved(
        tuple(sorted(keys, key=order)),
        len(draft.rows) + len(draft.removed) + len(draft.restored),
        len(draft.answers) + (draft.paper is not None) + (draft.saying is not None),
    )


def parted(draft: Draft, here: Callable[[RowKey], bool]) -> Draft:
    """What a draft enters in some rows, with what is said about it.

    A row that is struck enters nothing, and an explanation of what is recorded is no value.
    """
    texts = {k: text for k, text in draft.texts.items() if here(k.row)}
    missing = {k: code for k, code in draft.missing.items() if here(k.row)}
    rows = tuple(r for r in draft.rows if here(r))
    about = {*map(str, texts), *map(str, missing), *map(str, rows)}
    return Draft(
        texts=texts,
        missing=missing,
        rows=rows,
        restored=tuple(r for r in draft.restored if here(r)),
        answers={(c, at): words for (c, at), words in draft.answers.items() if at in about},
    )
