"""Packages in any order, dropped, doubled and from forked copies: always the right answer.

What a store answers depends on what it holds and on the file offered, and only ``accepted`` changes
what it holds. So every file offered to a store in every state, and nothing changed by the others,
covers all orders, drops and duplicates; random walks show the same end to end.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.transfer.receive import Arrival, receive
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.transfer.route import Route, Store
from tests.transfer.test_receive import content_of as content
from tests.transfer.test_receive import new_subject

Fraction = Callable[[int, int], int]


@dataclass(frozen=True)
class Sent:
    """A package and what must be held before it, oldest first."""

    name: str
    number: int
    before: tuple[str, ...]


MAIN = [Sent(f"{n}", n, tuple(f"{k}" for k in range(1, n))) for n in range(1, 7)]
SHORT_FORK = Sent("3'", 3, ("1", "2"))
LONG_FORK = Sent("5'", 5, ("1", "2", "3", "4"))
FILES = {sent.name: sent for sent in (*MAIN, SHORT_FORK, LONG_FORK)}
HOLDINGS = [
    *(tuple(f"{k}" for k in range(1, n + 1)) for n in range(7)),
    (*SHORT_FORK.before, SHORT_FORK.name),
    (*LONG_FORK.before, LONG_FORK.name),
]


@dataclass
class Model:
    """What a store must answer, from the story alone; it knows no record and no digest."""

    held: list[str]

    def says(self, name: str) -> tuple[Verdict, tuple[int, ...]]:
        """The verdict and the numbers missing."""
        file = FILES[name]
        if name in self.held:
            return Verdict.DUPLICATE, ()
        if tuple(self.held) == file.before:
            self.held.append(name)
            return Verdict.ACCEPTED, ()
        last = FILES[self.held[-1]].number if self.held else 0
        if file.number > last + 1:  # what is between may explain it
            return Verdict.GAP, tuple(range(last + 1, file.number))
        return Verdict.FORK, ()


@dataclass(frozen=True)
class Files:
    """The packages by name, and an empty store that trusts their site."""

    paths: dict[str, Path]
    route: Route

    def store(self, to: Path) -> Store:
        shutil.copytree(self.route.store.path, to / "store")
        return Store(to / "store", self.route.store.study)


@pytest.fixture(scope="module")
def files(route_template: Route, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Six packages; copies of the site after the second and the fourth go their own ways."""
    root = tmp_path_factory.mktemp("lineage")
    route = route_template.copy(root / "route")
    copies: dict[str, Clinic] = {}
    paths: dict[str, Path] = {}
    for sent in MAIN:
        for fork in (SHORT_FORK, LONG_FORK):
            if len(fork.before) == sent.number - 1:
                copies[fork.name] = route.clinic.copy(root / f"copy {fork.number}")
        for _ in range(2):
            new_subject(route)
        paths[sent.name] = route.send().path
    for fork, subjects in ((SHORT_FORK, 1), (LONG_FORK, 3)):
        stick = root / f"stick {fork.number}"
        stick.mkdir()
        other = Route(copies[fork.name], route.store, stick)
        for _ in range(subjects):
            new_subject(other)
        paths[fork.name] = other.send().path
    return Files(paths, route)


def offer(store: Session, files: Files, name: str) -> Arrival:
    return receive(store, [files.paths[name]])[0]


def answered(arrival: Arrival) -> tuple[Verdict, tuple[int, ...]]:
    """The answer, after its words were looked at: none for accepted, else its own, with numbers."""
    if arrival.verdict is Verdict.ACCEPTED:
        assert arrival.reason is None
    else:
        assert arrival.reason is not None
        for words in (arrival.reason.en, arrival.reason.zh):
            assert all(f"{n:04}" in words for n in arrival.missing), words
    return arrival.verdict, arrival.missing


@pytest.mark.parametrize("held", HOLDINGS, ids=lambda held: "+".join(held) or "nothing")
def test_every_package_offered_to_every_store_gets_its_answer(
    files: Files, tmp_path: Path, held: tuple[str, ...]
) -> None:
    with files.store(tmp_path).open() as store:
        for name in held:
            assert offer(store, files, name).verdict is Verdict.ACCEPTED
        before = content(store)
        for name in FILES:
            expected = Model(list(held)).says(name)
            if expected[0] is not Verdict.ACCEPTED:  # what is accepted leads to another state
                assert answered(offer(store, files, name)) == expected, name
                assert content(store) == before, name


def test_every_state_that_accepting_leads_to_is_looked_at() -> None:
    reached = {()}
    for held in HOLDINGS:
        for name in FILES:
            model = Model(list(held))
            if model.says(name)[0] is Verdict.ACCEPTED:
                reached.add(tuple(model.held))
    assert reached == set(HOLDINGS)


@pytest.mark.soak
def test_any_order_with_drops_and_duplicates_ends_as_the_story_says(
    files: Files, tmp_path: Path, seed: int, fraction: Fraction
) -> None:
    chance = Random(seed)
    for walk in range(fraction(500, 3)):
        offered = [n for n in FILES if chance.random() > 0.2]
        offered += chance.choices(list(FILES), k=4)
        chance.shuffle(offered)
        model = Model([])
        with files.store(tmp_path / f"{walk}").open() as store:
            for name in (*offered, *FILES):  # at last in order, so that every walk arrives
                assert answered(offer(store, files, name)) == model.says(name), offered
        shutil.rmtree(tmp_path / f"{walk}")


def test_the_answers_are_all_different_sentences(files: Files, tmp_path: Path) -> None:
    with files.store(tmp_path).open() as store:
        told = [offer(store, files, name) for name in ("1", "3", "2", "2", "3", "3'")]
    words = {a.reason.zh: a.verdict for a in told if a.reason is not None}
    assert sorted(words.values()) == [Verdict.DUPLICATE, Verdict.FORK, Verdict.GAP]
