"""Queries there and back, twice: each arrives once, with its words, and ends as it was closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.record.queries import Queries
from mrd_desktop.study.address import Key, parse_address
from mrd_desktop.transfer import asking
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.receive import receive
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.transfer.transmittal import transmittals
from mrd_desktop.vault.session import Session
from tests.transfer.route import Route, values

Fraction = Callable[[int, int], int]


def there(site: Session, store: Session, stick: Path) -> None:
    """A package to the sponsor."""
    assert receive(store, [export(site, stick).path])[0].fine


def back(site: Session, store: Session, stick: Path, *, lost: bool = False) -> int:
    """A reply to the site; how many acts on queries were new there."""
    (reply,) = make_reply(store, "01", stick)
    return 0 if lost else import_reply(site, reply.path).queries


def of_sponsor(site: Session) -> dict[str, tuple[str, str, str, str]]:
    """Every query of the sponsor at the site: place, question, state, answer."""
    return {
        q.query: (q.address, q.text.zh, q.state, q.answer or "")
        for q in Queries(site).all()
        if q.source == "sponsor"
    }


def at_store(store: Session) -> Counter[str]:
    """States of the site's queries as the sponsor sees them come back."""
    own = store.folder.chain
    with store.reading() as conn:
        rows = conn.exec_driver_sql(
            "SELECT state FROM p_query WHERE chain <> ? AND query LIKE 'S-%'", (own,)
        )
        return Counter(str(state) for (state,) in rows)


@pytest.mark.soak
def test_nothing_is_lost_over_two_round_trips(
    charted_route: Route, seed: int, fraction: Fraction
) -> None:
    chance, stick = Random(seed), charted_route.stick
    n = fraction(1_000, 24)
    with charted_route.clinic.open() as site, charted_route.store.open() as store:
        there(site, store, stick)
        before = values(site)
        addresses: list[Key] = [parse_address(a) for a in sorted(values(store))]
        asked: dict[str, tuple[Key, str]] = {}

        def ask(count: int, words: str) -> list[str]:
            new = []
            for number in range(count):
                key, said = chance.choice(addresses), f"{words} {number}：请核对“原件”\n第二行"
                query = asking.ask(store, key, said)
                asked[query] = (key, said)
                new.append(query)
            return new

        first = ask(n, "第一轮")
        assert back(site, store, stick, lost=True) == 0
        assert back(site, store, stick) == n  # the next one makes good for the lost one
        for query in first:
            Queries(site).answer(query, f"已核对 {query}")
        there(site, store, stick)
        assert at_store(store) == Counter(answered=n)

        closed = set(chance.sample(first, n // 2))
        for query in closed:
            asking.close(store, query, "谢谢")
        second = ask(n // 2, "第二轮")
        assert back(site, store, stick) == len(closed) + len(second)
        for query in second:
            Queries(site).answer(query, f"已核对 {query}")
        there(site, store, stick)
        for query in (*first, *second):
            if query not in closed:
                asking.close(store, query)
        assert back(site, store, stick) == n + n // 2 - len(closed)
        assert back(site, store, stick) == 0

        found = of_sponsor(site)
        assert found == {
            query: (str(key), said, "closed", f"已核对 {query}")
            for query, (key, said) in asked.items()
        }
        there(site, store, stick)
        assert at_store(store) == Counter(closed=n + n // 2)
        assert back(site, store, stick) == 0
        assert values(site) == before, "no reply changed a value"
        assert all(sent.confirmed is not None for sent in transmittals(site))
