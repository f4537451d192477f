"""Two at once (E-15): one writer at a time, and who copies gets a state that was committed."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.address import ItemKey, parse_address
from mrd_desktop.transfer.export import export
from mrd_desktop.vault import backup as backups
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.faults.processes import ROOT, command, signed_in, sound, started
from tests.transfer.route import TYPO, Route, values

Fraction = Callable[[int, int], int]
STANDS = "01-001/SCR#1/IC#1/A#1/ICVER"


@contextmanager
def typing(session: Session) -> Iterator[list[tuple[int, str]]]:
    """Somebody saves one value after the other; what was acknowledged: record and value."""
    told: list[tuple[int, str]] = []
    over = threading.Event()
    key = parse_address(STANDS)
    assert isinstance(key, ItemKey)

    def save() -> None:
        for n in count(1):
            if over.is_set():
                return
            entry = Casebook(session).open(key.form)
            entry.type(key, f"V{n}.7")
            entry.save(complete=True, reason=TYPO)
            told.append((session.head().seq, f"V{n}.7"))

    worker = threading.Thread(target=save)
    worker.start()
    try:
        yield told
    finally:
        over.set()
        worker.join()


def waited(told: list[tuple[int, str]], more: int) -> int:
    """Until so many more saves are acknowledged; how many there are."""
    wanted = len(told) + more
    while len(told) < wanted:
        threading.Event().wait(0.002)
    return len(told)


def value_at(session: Session, upto: int) -> str | None:
    """The value that stood at a record, from the ledger itself."""
    found = None
    with session.reading() as conn:
        for record in store.records(conn, session.folder.chain):
            if record.header.seq > upto or record.opening is None:
                continue
            if record.body.get("address") == STANDS and "value" in record.body:
                found = str(record.body["value"])
    return found


def ends_a_transaction(session: Session, seq: int) -> bool:
    with session.reading() as conn:
        return store.record(conn, session.folder.chain, seq).header.end


@pytest.mark.soak
def test_a_backup_during_saves_is_one_committed_state(
    charted: Clinic, tmp_path: Path, seed: int, fraction: Fraction
) -> None:
    chance = Random(seed)
    made = []
    with charted.open() as session:
        with typing(session) as told:
            for n in range(fraction(10, 2)):
                known = told[waited(told, chance.randint(1, 3)) - 1][0]
                made.append((backups.backup(session, tmp_path / f"kept-{n}"), known))
            waited(told, 1)
        assert len(told) > len(made)
        assert sound(session)
        for report, known in made:
            assert report.head.seq >= known, "what was acknowledged before is in it"
            assert ends_a_transaction(session, report.head.seq)
            backups.restore(report.path, tmp_path / report.path.name)
            with Clinic(tmp_path / report.path.name, charted.study).open() as copy:
                assert sound(copy)
                assert values(copy)[STANDS] == value_at(session, report.head.seq)


@pytest.mark.soak
def test_a_package_during_saves_is_one_committed_state(
    charted_route: Route, seed: int, fraction: Fraction
) -> None:
    chance = Random(seed)
    with charted_route.clinic.open() as session:
        with typing(session) as told:
            sent = []
            for _ in range(fraction(10, 2)):
                known = told[waited(told, chance.randint(1, 3)) - 1][0]
                sent.append((export(session, charted_route.stick), known))
        assert sound(session)
        for made, known in sent:
            (arrival,) = charted_route.store.take(made.path)
            assert arrival.fine, arrival.reason
            upto = made.head_after.seq
            assert upto >= known
            assert ends_a_transaction(session, upto)
            with charted_route.store.open() as received:
                assert values(received)[STANDS] == value_at(session, upto)


@pytest.mark.soak
def test_while_one_process_works_no_other_writes_reads_or_copies(
    charted: Clinic, seed: int, fraction: Fraction
) -> None:
    """Ten ways in from another process: each is told who works there, and nothing has changed."""
    who, boss = signed_in(charted.path), signed_in(charted.path, "admin")
    ways = (
        ("set", charted.path, "01-001/SCR/IC/ICVER", "V9", "--reason", "TYPO", *who),
        ("remove", charted.path, "01-001/SCR/PS", "--reason", "TYPO", *who),
        ("findings", charted.path, *who),
        ("audit", charted.path, *who),
        ("derive", charted.path, "--as-of", "2027-06-30", *who),
        ("export", charted.path, "--to", charted.path.parent, *who),
        ("backup", charted.path, "--to", charted.path.parent / "kept", *boss),
        ("verify", charted.path, *boss),
        ("rebuild", charted.path, *boss),
        ("user", charted.path, "list", *boss),
    )
    with charted.open() as session:
        before = session.head()
        for way in Random(seed).sample(ways, fraction(len(ways), 2)):
            done = subprocess.run(
                command("desktop", *way, "--json"), cwd=ROOT, capture_output=True, check=False
            )
            assert done.returncode == 1, way
            assert json.loads(done.stdout)["error"]["code"] == "folder_in_use", way
        assert session.head() == before
        assert sound(session)


@pytest.mark.soak
def test_of_two_processes_that_come_at_once_one_waits_or_is_refused(
    charted: Clinic, fraction: Fraction
) -> None:
    who = signed_in(charted.path)
    rounds = fraction(10, 2)
    kept = []
    for n in range(rounds):
        pair = [
            started(command(
                "desktop", "set", charted.path, "01-001/SCR/IC/ICVER", f"V{n}.{m}",
                "--reason", "TYPO", "--json", *who,
            ))
            for m in range(2)
        ]  # fmt: skip
        ends = [(p.communicate(), p.returncode) for p in pair]
        for m, ((told, said), code) in enumerate(ends):
            if code == 0:
                kept.append(f"V{n}.{m}")
            else:
                assert told, said.decode("utf-8", "replace")
                assert json.loads(told)["error"]["code"] == "folder_in_use"
    assert len(kept) >= rounds
    with charted.open() as session:
        assert sound(session)
        with session.reading() as conn:
            recorded = [
                str(r.body["value"])
                for r in store.records(conn, session.folder.chain)
                if r.opening is not None and r.body.get("address") == STANDS and "was" in r.body
            ]
    assert set(recorded) == set(kept)
