"""Which subject number comes next, where records may be missing that gave numbers out.

A number is given once. A subject of whom nothing could leave has no record that comes back from a
package, so each package says up to which number this computer has given them out. Where nothing
says so, people type the number from paper: decision 0073.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import loads
from mrd_desktop.vault.computers import computers, own_numbers

GIVEN: Final = "given"
"""Of ``package.begun``: the highest number given out by this computer."""

_SAYING: Final = (
    "SELECT p FROM (SELECT CAST(o.payload AS TEXT) AS p FROM ledger_opening o"
    " JOIN ledger_chain c ON c.no = o.chain_no WHERE c.chain = ?) WHERE "
    "json_extract(p, '$.kind') = 'package.begun' AND json_extract(p, '$.given') IS NOT NULL OR "
    "json_extract(p, '$.kind') = 'restore.done' AND json_extract(p, '$.tail') IS NOT NULL OR "
    "json_extract(p, '$.kind') = 'signature.made' AND json_extract(p, '$.loss') IS NOT NULL"
)


def following(conn: Connection, own: str) -> int:
    """The number that comes next at this computer: of its block, or of nobody's."""
    block, number = own_numbers(conn, own), last_given(conn, own) + 1
    theirs = [c.numbers for c in computers(conn, own) if block is None and c.numbers is not None]
    while met := next((b for b in theirs if number in b), None):
        number = met.last + 1
    return number


def last_given(conn: Connection, own: str) -> int:
    """The highest number that this computer is known to have given out; before its first, none."""
    block, others = own_numbers(conn, own), computers(conn, own)
    taken = conn.execute(text("SELECT subject FROM p_subject")).scalars()
    numbers = [int(str(subject).partition("-")[2]) for subject in taken]
    if block is not None:
        numbers = [n for n in numbers if n in block]
    theirs = [c.numbers for c in others if block is None and c.numbers is not None]
    numbers = [n for n in numbers if not any(n in b for b in theirs)]
    told = [said[GIVEN] for said in _saying(conn, own) if GIVEN in said]
    numbers += [n for n in told if isinstance(n, int)]
    return max(numbers, default=block.first - 1 if block else 0)


def is_unsure(conn: Connection, own: str) -> bool:
    """Whether records are missing that may have given numbers out, and nothing says which.

    So it is once somebody has signed for a loss, and after packages came back whose last one does
    not say up to which number they were given.
    """
    for said in _saying(conn, own):
        tail = said.get("tail")
        if isinstance(tail, Mapping):
            last = tail["last"]
            assert isinstance(last, int)
            begun = store.record(conn, own, last)
            if begun.opening is None or GIVEN not in begun.body:
                return True
        elif "loss" in said:
            return True
    return False


def _saying(conn: Connection, own: str) -> list[Mapping[str, object]]:
    found: list[Mapping[str, object]] = []
    for (payload,) in conn.exec_driver_sql(_SAYING, (own,)):
        said = loads(str(payload).encode())
        assert isinstance(said, Mapping)
        found.append(said)
    return found
