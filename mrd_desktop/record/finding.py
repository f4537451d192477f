"""Finding data by typing: the values, forms and queries of all subjects at once.

Only the projection is read, which holds no identity item, and no index is kept. The whole site is
walked in pieces, so that a search that is no longer wanted ends soon. After an amendment each form
is searched, and told, in the words of the definition that it was saved under.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection, text

from mrd_desktop.record.editions import former
from mrd_desktop.record.projection import form_key
from mrd_desktop.study.address import ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import Study
from mrd_desktop.study.values import show
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.session import Session

MOST = 60
"""More hits of a kind than this help nobody: the search stops there."""
_PIECE = 4_000
"""Forms read at a time."""
_LEAST = 2
"""Fewer characters than this are found nearly everywhere."""
Place = tuple[str, str, str]
"""Form, section and item name."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found.

    Attributes:
        place: a value, a form, or what a query is about.
        value: what stands there; empty for a form.
        asked: it is a query; then ``value`` is its question.
    """

    place: Key
    value: Text
    asked: bool = False


def find(
    session: Session,
    typed: str,
    stopped: Callable[[], bool] = lambda: False,
    told: Callable[[Hit], None] = lambda _: None,
) -> tuple[Hit, ...]:
    """What fits every typed word: by subject, visit, form and item, and at least one by content.

    A form is found where all of several words name it. Values come first, then forms, then queries.

    Args:
        told: hears of each value as soon as it is found.

    Raises:
        PermissionDenied: the role may not see subjects.
    """
    session.require("subject.see")
    words = typed.casefold().split()
    if sum(map(len, words)) < _LEAST:
        return ()
    with session.reading() as conn:
        search = _Search(conn, session.study, words, stopped, former(conn, session.study))
        values = []
        for hit in islice(search.values(), MOST):
            values.append(hit)
            told(hit)
        forms = tuple(islice(search.forms(), MOST)) if len(words) > 1 else ()
        queries = tuple(islice(search.queries(), MOST))
    return (*values, *forms, *queries)


class _Search:
    """One search over one site."""

    def __init__(
        self,
        conn: Connection,
        study: Study,
        words: Sequence[str],
        stopped: Callable[[], bool],
        former: Mapping[str, Study],
    ) -> None:
        self._conn = conn
        self._study = study
        self._former = former
        self._words = words
        self._stopped = stopped
        self._params: dict[str, object] = {}
        self._items = {s.digest: _items(s) for s in (study, *former.values())}

    def values(self) -> Iterator[Hit]:
        """Data points of which some word is the content and the others the place."""
        contents = [self._content(word) for word in self._words]
        where = " AND ".join(
            f"({self._place(word)} OR {self._item(word)} OR {content})"
            for word, content in zip(self._words, contents, strict=True)
        )
        sql = text(
            "SELECT f.subject, f.event, f.event_repeat, f.form, f.form_repeat,"  # noqa: S608 - _bound
            " f.definition, i.grp, i.row, i.item, i.value, i.many"
            " FROM p_form f JOIN p_item i ON i.form_id = f.form_id"
            " LEFT JOIN p_row r ON r.form_id = i.form_id AND r.grp = i.grp AND r.row = i.row"
            " WHERE f.form_id > :first AND f.form_id <= :last AND f.removed = 0"
            " AND coalesce(r.removed, 0) = 0 AND i.value IS NOT NULL"
            f" AND ({' OR '.join(contents)}) AND {where}"
        )
        for first, last in self._pieces():
            params = {**self._params, "first": first, "last": last}
            for row in self._conn.execute(sql, params):
                key = ItemKey(RowKey(form_key(row), row.grp, row.row), row.item)
                words = self._former.get(row.definition, self._study)
                yield Hit(key, self._said(words, key, row.value, many=bool(row.many)))

    def forms(self) -> Iterator[Hit]:
        """Filled forms that all words name."""
        where = " AND ".join(self._place(word) for word in self._words)
        sql = text(
            "SELECT f.subject, f.event, f.event_repeat, f.form, f.form_repeat"  # noqa: S608 - _bound
            " FROM p_form f"
            f" WHERE f.removed = 0 AND {where} ORDER BY length(f.subject), f.subject, f.form_id"
            " LIMIT :most"
        )
        if not self._stopped():
            for row in self._conn.execute(sql, {**self._params, "most": MOST}):
                yield Hit(form_key(row), Text("", ""))

    def queries(self) -> Iterator[Hit]:
        """Queries whose words or answer hold some word; the others may name the subject."""
        held = [
            f"({like('q.text_en')} OR {like('q.text_zh')} OR {like('coalesce(q.answer, :none)')})"
            for like in map(self._like, self._words)
        ]
        where = " AND ".join(
            f"({h} OR {self._like(word)('q.subject')})"
            for h, word in zip(held, self._words, strict=True)
        )
        sql = text(
            "SELECT q.address, q.text_en, q.text_zh FROM p_query q"  # noqa: S608 - see _bound
            f" WHERE ({' OR '.join(held)}) AND {where}"
            " ORDER BY q.opened_at DESC LIMIT :most"
        )
        if not self._stopped():
            params = {**self._params, "most": MOST, "none": ""}
            for address, en, zh in self._conn.execute(sql, params):
                yield Hit(parse_address(address), Text(en, zh), asked=True)

    def _pieces(self) -> Iterator[tuple[int, int]]:
        """Bounds of form ids, a few thousand forms each."""
        sql = text(
            "SELECT max(form_id) FROM (SELECT form_id FROM p_form WHERE form_id > :after"
            " ORDER BY form_id LIMIT :piece)"
        )
        after = -1
        while not self._stopped():
            last = self._conn.execute(sql, {"after": after, "piece": _PIECE}).scalar()
            if last is None:
                return
            yield after, last
            after = last

    # --- conditions -------------------------------------------------------------------

    def _bound(self, value: object) -> str:
        """What is typed reaches the database as a parameter only, never as words of SQL."""
        name = f"p{len(self._params)}"
        self._params[name] = value
        return f":{name}"

    def _listed(self, values: Sequence[str]) -> str:
        return "(" + ", ".join(map(self._bound, values)) + ")"

    def _like(self, word: str) -> Callable[[str], str]:
        """The word anywhere in a column."""
        for sign in ("\\", "%", "_"):
            word = word.replace(sign, "\\" + sign)
        pattern = self._bound(f"%{word}%")
        return lambda column: f"{column} LIKE {pattern} ESCAPE '\\'"

    def _each(self, made: Callable[[Study], list[str]]) -> list[str]:
        """Conditions that the words of a definition make, for the forms saved under it alone."""
        if not self._former:
            return made(self._study)
        found = []
        for study in (self._study, *self._former.values()):
            parts = made(study)
            if parts:
                others = self._listed([*self._former])
                mine = f"f.definition = {self._bound(study.digest)}"
                if study is self._study:  # also what was never saved under any
                    mine = f"coalesce(f.definition, '') NOT IN {others}"
                found.append(f"({mine} AND ({' OR '.join(parts)}))")
        return found

    def _place(self, word: str) -> str:
        """The word names subject, visit or form."""

        def named(study: Study) -> list[str]:
            events = [e.oid for e in study.events if _fits(word, e.oid, e.text)]
            forms = [f.oid for f in study.forms if _fits(word, f.oid, f.text)]
            parts = [f"f.event IN {self._listed(events)}"] if events else []
            return [*parts, f"f.form IN {self._listed(forms)}"] if forms else parts

        parts = [self._like(word)("f.subject"), *self._each(named)]
        return f"({' OR '.join(parts)})"

    def _item(self, word: str) -> str:
        """The word names the item."""

        def named(study: Study) -> list[str]:
            known, by_item = self._items[study.digest], study.by_item
            found = [p for p, oid in known.items() if _fits(word, oid, by_item[oid].text)]
            return [self._at(found)] if found else []

        return f"({' OR '.join(self._each(named) or ['0'])})"

    def _content(self, word: str) -> str:
        """The word stands in the value, or in what its code means."""
        parts = [self._like(word)("i.value"), *self._each(lambda study: self._coded(study, word))]
        return f"({' OR '.join(parts)})"

    def _coded(self, study: Study, word: str) -> list[str]:
        """The value is a code of which the word stands in the meaning."""
        by_list: dict[str, list[Place]] = {}
        for place, oid in self._items[study.digest].items():
            codelist = study.by_item[oid].codelist
            if codelist is not None:
                by_list.setdefault(codelist.oid, []).append(place)
        parts = []
        for oid, places in by_list.items():
            codes = [c.code for c in study.codelists[oid].codes if _fits(word, c.text)]
            if codes:
                held = [f"i.value IN {self._listed(codes)}"]
                held += [
                    f"(i.many AND instr(i.value, {self._bound(json.dumps(c))}))" for c in codes
                ]
                parts.append(f"({self._at(places)} AND ({' OR '.join(held)}))")
        return parts

    def _at(self, places: Sequence[Place]) -> str:
        """The data point is one of these items."""
        if not places:
            return "0"
        rows = ", ".join(self._listed(place) for place in places)
        return f"(f.form, i.grp, i.item) IN (VALUES {rows})"

    def _said(self, words: Study, key: ItemKey, value: str, *, many: bool) -> Text:
        oid = self._items[words.digest].get((key.form.form, key.row.group, key.item))
        if oid is None:
            return Text(value, value)
        answer = Answer(value=tuple(json.loads(value)) if many else value)
        item = words.by_item[oid]
        en, zh = (show(item, answer, language) for language in (Language.EN, Language.ZH))
        unit = f" {item.unit}" if item.unit else ""
        return Text(f"{en}{unit}", f"{zh}{unit}")


def _items(study: Study) -> dict[Place, str]:
    """The OIDs of a definition's items that may be looked for, by place."""
    return {
        (form.oid, group.name, item.name): oid
        for oid, (form, group, item) in study.places.items()
        if not form.private
    }


def _fits(word: str, *texts: Text | str) -> bool:
    said = " ".join(t if isinstance(t, str) else f"{t.en} {t.zh}" for t in texts)
    return word in said.casefold()
