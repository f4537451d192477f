"""Tidy pandas tables for statisticians, from the connection of a site or of a sponsor's store.

Most people want :func:`mrd_desktop.insight.open_store`; described in ``docs/notebooks.md``. From an
open connection::

    with session.reading() as conn:
        samples = frame(conn, session.study, "MRD", as_of=date(2027, 6, 30))
        variants = frame(conn, session.study, "MRD", section="MRDV", as_of=date(2027, 6, 30))
        times = results(conn, session.study, as_of=date(2027, 6, 30))

``frame`` has one row for a filled form (or for a row of a repeating section) and these columns:

- ``SITEID``, ``SUBJID`` (text), ``EVENT`` (category in the order of the schedule), ``EVENTREP``,
  ``FORMREP`` and, of a section, ``ROWNO`` (``Int64``);
- each item under its name: ``Int64`` for whole numbers, ``Float64`` for decimals, an ordered
  category of codes in the order of the code list, ``datetime64`` for dates, text for text and
  times, and codes joined by ``;`` where several may be chosen. Derived items are included;
- ``<ITEM>_PREC`` beside a date: ``D``, ``M`` or ``Y``, how precisely it is known. Of a date known
  in part the column holds the first day that it may mean: not an imputation, look at the flag;
- ``<ITEM>_MISS``: the missing reason where there is no value.

Identifying items have no column. Data dated after ``as_of`` are left out.
``results`` is long: one row for each subject and time to an event, with ``PARAM``, ``DAYS``,
``STATE``, ``STARTDT``, ``ENDDT``, ``REASON``, ``IMPUTED``, ``RULE`` and the ``GROUP`` chosen at T0.
``problems`` lists what could not be read or used, each with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection

from mrd_desktop.insight.detail import times
from mrd_desktop.insight.outcome import State
from mrd_desktop.insight.population import Analysed, population
from mrd_desktop.study.model import Item, ItemGroup, Kind, Phi, Study
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.rules.treatment_status import CONTINUE, INTERMISSION
from mrd_desktop.study.scene import Line

if TYPE_CHECKING:
    import pandas as pd

_STATES: Final = tuple(state.name for state in State)
PRECISION: Final = ("Y", "M", "D")
"""Known to the year, the month, the day."""


def frame(
    conn: Connection, study: Study, form: str, *, as_of: date, section: str | None = None
) -> pd.DataFrame:
    """All filled forms of one kind, or the rows of one of their repeating sections.

    Args:
        form: OID of a form; a form of direct identifiers has no table.
        section: name of a repeating section of it.

    Raises:
        KeyError: the study has no such form or section.
    """
    return form_frame(population(conn, study, as_of).at(as_of), study, form, section)


def form_frame(seen: Analysed, study: Study, form: str, section: str | None = None) -> pd.DataFrame:
    """The same of an analysis at hand."""
    import pandas as pd  # noqa: PLC0415  (slow to import; only analyses need it)

    definition = study.by_form[form]
    if definition.private:
        raise KeyError(form)
    groups: Sequence[ItemGroup] = [g for g in definition.groups if not g.repeating]
    if section is not None:
        groups = [g for g in definition.groups if g.repeating and g.name == section]
        if not groups:
            raise KeyError(section)
    lines = [
        line
        for scene in seen.usable
        for whole in scene.forms(form)
        for line in (whole.rows(section) if section else (whole,))
    ]
    columns: dict[str, pd.Series[Any]] = {
        "SITEID": pd.Series([x.scene.data.site for x in lines], dtype="str"),
        "SUBJID": pd.Series([x.event.subject for x in lines], dtype="str"),
        "EVENT": _category([x.event.event for x in lines], [e.oid for e in study.events]),
        "EVENTREP": pd.Series([x.event.repeat for x in lines], dtype="Int64"),
        "FORMREP": pd.Series([x.form.key.repeat for x in lines], dtype="Int64"),
    }
    if section is not None:
        numbers = [x.row.key.row if x.row else None for x in lines]
        columns["ROWNO"] = pd.Series(numbers, dtype="Int64")
    reasons = [c.code for c in study.codelists["MISS"].codes]
    for item in (i for g in groups for i in g.items if i.phi is not Phi.DIRECT):
        columns |= _item_columns(item, lines)
        missing = [line.missing(item.oid) for line in lines]
        columns[f"{item.name}_MISS"] = _category(missing, reasons)
    return pd.DataFrame(columns)


def results(conn: Connection, study: Study, *, as_of: date) -> pd.DataFrame:
    """Every time to an event of every enrolled subject, one row each.

    A subject whose dates make an endpoint impossible has a row with no ``DAYS``.
    """
    return result_frame(population(conn, study, as_of).at(as_of))


def result_frame(seen: Analysed) -> pd.DataFrame:
    """The same of an analysis at hand."""
    import pandas as pd  # noqa: PLC0415

    rows = [
        (course.subject, course.group, name, time)
        for scene, course in seen.cohort.members
        for name, time in times(scene, course).items()
    ]
    found = [time for *_, time in rows]
    return pd.DataFrame(
        {
            "SUBJID": pd.Series([r[0] for r in rows], dtype="str"),
            "GROUP": _category([r[1] for r in rows], [INTERMISSION, CONTINUE]),
            "PARAM": pd.Series([r[2] for r in rows], dtype="str"),
            "DAYS": pd.Series([t.days if t else None for t in found], dtype="Int64"),
            "STATE": _category(
                [t.state.name if t else None for t in found], [s.name for s in State]
            ),
            "STARTDT": _days([t.start if t else None for t in found]),
            "ENDDT": _days([t.end if t else None for t in found]),
            "REASON": pd.Series([t.reason.text.en if t else None for t in found], dtype="str"),
            "IMPUTED": _category([t.imputed if t else None for t in found], ["D", "M"]),
            "RULE": pd.Series([t.rule if t else None for t in found], dtype="str"),
        }
    )


def problem_frame(seen: Analysed) -> pd.DataFrame:
    """What could not be read or used: subject, item, address, reason, and whether the subject was
    used all the same."""
    import pandas as pd  # noqa: PLC0415

    found = seen.problems
    return pd.DataFrame(
        {
            "SUBJID": pd.Series([p.subject for p in found], dtype="str"),
            "ITEM": pd.Series([p.item for p in found], dtype="str"),
            "ADDRESS": pd.Series([p.address or None for p in found], dtype="str"),
            "REASON": pd.Series([p.text.en for p in found], dtype="str"),
            "REASONZH": pd.Series([p.text.zh for p in found], dtype="str"),
            "USED": pd.Series([p.used for p in found], dtype="bool"),
        }
    )


def _item_columns(item: Item, lines: Sequence[Line]) -> dict[str, pd.Series[Any]]:
    import pandas as pd  # noqa: PLC0415

    values = [line[item.oid] for line in lines]
    match item.type.kind:
        case Kind.DATE | Kind.PARTIAL_DATE:
            dates = [v if isinstance(v, PartialDate) else None for v in values]
            return {
                item.name: _days([d.earliest if d else None for d in dates]),
                f"{item.name}_PREC": _category([_precision(d) for d in dates], PRECISION),
            }
        case Kind.INTEGER:
            whole = [None if v is None else int(str(v)) for v in values]
            return {item.name: pd.Series(whole, dtype="Int64")}
        case Kind.DECIMAL:
            decimals = [None if v is None else float(str(v)) for v in values]
            return {item.name: pd.Series(decimals, dtype="Float64")}
        case Kind.CODE if item.codelist:
            order = [c.code for c in item.codelist.codes]
            return {item.name: _category(values, order)}
        case Kind.CODES:
            joined = [";".join(sorted(v)) if isinstance(v, frozenset) else None for v in values]
            return {item.name: pd.Series(joined, dtype="str")}
    return {item.name: pd.Series([None if v is None else str(v) for v in values], dtype="str")}


def _precision(value: PartialDate | None) -> str | None:
    return None if value is None else {4: "Y", 7: "M", 10: "D"}[len(value.text)]


def _days(values: Sequence[date | None]) -> pd.Series[Any]:
    import pandas as pd  # noqa: PLC0415

    texts = pd.Series([None if v is None else v.isoformat() for v in values], dtype="str")
    return pd.to_datetime(texts, format="%Y-%m-%d").astype("datetime64[s]")


def _category(values: Sequence[Any], order: Sequence[str]) -> pd.Series[Any]:
    import pandas as pd  # noqa: PLC0415

    return pd.Series(pd.Categorical(values, categories=list(order), ordered=True))
