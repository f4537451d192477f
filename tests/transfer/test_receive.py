"""From site to sponsor: what arrives, what is refused, and that nothing half is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from mrd_desktop.ledger import store as ledger
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.transfer import age, archive, lineage
from mrd_desktop.transfer.errors import Cancelled
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.receive import Arrival
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault import trust
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.transfer.route import CONSENT, Route, fill, make_store, values

pytestmark = pytest.mark.both_stores


def new_subject(route: Route, number: str | None = None, **answers: str) -> str:
    """A synthetic subject with a consent form, some answers of it changed."""
    with route.clinic.open() as session:
        subject = Casebook(session).create_subject(number)
        fill(session, f"{subject}/SCR/IC", {**CONSENT, **answers}, complete=False)
    return subject


def content(route: Route) -> str:
    """A digest of everything in the store's ledger and projection."""
    with route.store.open() as session:
        return content_of(session)


def content_of(session: Session) -> str:
    """The same of a store that is open."""
    with session.reading() as conn:
        digest = hashlib.sha256()
        for chain in ledger.chains(conn):
            if chain != session.folder.chain:
                for record in ledger.records(conn, chain):
                    digest.update(repr((record.header_bytes, record.opening)).encode())
        digest.update(repr(sorted(values(session).items())).encode())
    return digest.hexdigest()


def same_tables(route: Route) -> bool:
    """Whether the store's projection equals the fold of its ledger."""
    with route.store.open() as session, session.reading() as conn:
        return list(projection.differences(conn)) == []


def test_the_sponsors_table_equals_the_sites(charted_route: Route) -> None:
    arrival = charted_route.carry()
    assert (arrival.verdict, arrival.reason) == (Verdict.ACCEPTED, None)
    assert arrival.records > 100
    assert arrival.forms > 5
    with charted_route.clinic.open() as site, charted_route.store.open() as sponsor:
        assert values(sponsor) == values(site)
        assert len(values(sponsor)) > 100
        with site.reading() as here, sponsor.reading() as there:
            head = ledger.head(there, site.folder.chain)
            kept = ledger.record(here, site.folder.chain, head.seq)
            assert kept.digest == head.digest
    assert same_tables(charted_route)


def test_what_is_recorded_later_comes_with_the_next_package(charted_route: Route) -> None:
    charted_route.carry()
    subject = new_subject(charted_route)
    arrival = charted_route.carry()
    assert arrival.verdict is Verdict.ACCEPTED
    with charted_route.clinic.open() as site, charted_route.store.open() as sponsor:
        assert values(sponsor) == values(site)
        assert any(address.startswith(subject) for address in values(sponsor))
    assert same_tables(charted_route)


def test_the_same_package_twice_changes_nothing(charted_route: Route) -> None:
    done = charted_route.send()
    first, second = charted_route.store.take(done.path, done.path)
    before = content(charted_route)
    assert (first.verdict, second.verdict) == (Verdict.ACCEPTED, Verdict.DUPLICATE)
    assert second.reason is not None
    assert second.reason.zh.startswith("该数据包此前已接收")
    assert charted_route.store.take(done.path)[0].verdict is Verdict.DUPLICATE
    assert content(charted_route) == before


def test_a_gap_names_the_missing_packages_and_stores_nothing(route: Route) -> None:
    sent = []
    for _ in range(4):
        new_subject(route)
        sent.append(route.send().path)
    assert route.store.take(sent[0])[0].verdict is Verdict.ACCEPTED
    before = content(route)
    (arrival,) = route.store.take(sent[3])
    assert (arrival.verdict, arrival.missing) == (Verdict.GAP, (2, 3))
    assert arrival.reason is not None
    assert "0002, 0003" in arrival.reason.en
    assert content(route) == before
    verdicts = [a.verdict for a in route.store.take(*sent[1:])]
    assert verdicts == [Verdict.ACCEPTED] * 3
    assert same_tables(route)


def test_a_full_package_closes_a_gap(route: Route) -> None:
    new_subject(route)
    route.carry()
    new_subject(route)
    lost = route.send()
    new_subject(route)
    full = route.send(full=True)
    assert full.head_before.seq == 0
    (arrival,) = route.store.take(full.path)
    assert arrival.verdict is Verdict.ACCEPTED
    assert route.store.take(lost.path)[0].verdict is Verdict.DUPLICATE
    with route.clinic.open() as site, route.store.open() as sponsor:
        assert values(sponsor) == values(site)
    new_subject(route)
    assert route.carry().verdict is Verdict.ACCEPTED
    assert same_tables(route)


def test_two_branches_from_one_parent_are_a_fork(route: Route, tmp_path: Path) -> None:
    new_subject(route)
    route.carry()
    other = Route(route.clinic.copy(tmp_path / "copied"), route.store, tmp_path / "stick2")
    new_subject(route)
    assert route.carry().verdict is Verdict.ACCEPTED
    before = content(route)
    new_subject(other)
    arrival = other.carry()
    assert (arrival.verdict, arrival.code) == (Verdict.FORK, "fork")
    assert content(route) == before


def test_a_branch_of_the_same_length_is_a_fork_and_no_mere_damage(
    route: Route, tmp_path: Path
) -> None:
    new_subject(route)
    route.carry()
    other = Route(route.clinic.copy(tmp_path / "copied"), route.store, tmp_path / "stick2")
    for one in (route, other):
        new_subject(one)
    here, there = route.send(), other.send()
    assert here.head_after.seq == there.head_after.seq
    assert route.store.take(here.path)[0].fine
    new_subject(other)
    assert other.carry().verdict is Verdict.FORK


def test_a_site_that_was_rolled_back_is_a_fork(route: Route, tmp_path: Path) -> None:
    new_subject(route)
    route.carry()
    old = route.clinic.copy(tmp_path / "old")
    for _ in range(2):
        new_subject(route)
        route.carry()
    rolled = Route(old, route.store, tmp_path / "stick2")
    for full in (False, True):
        new_subject(rolled)
        assert rolled.carry(full=full).verdict is Verdict.FORK


@pytest.mark.parametrize("asked", [1, 2, 3])
def test_a_cancelled_number_leaves_no_gap(route: Route, asked: int) -> None:
    new_subject(route)
    route.carry()
    answers = iter([False] * asked + [True])
    with route.clinic.open() as session:
        with pytest.raises(Cancelled):
            export(session, route.stick, cancelled=lambda: next(answers))
        assert [p.name[-11:] for p in sorted(route.stick.iterdir())] == ["0001.mrdpkg"]
        assert len(list(session.folder.archive.iterdir())) == 1
        done = export(session, route.stick)
        with session.reading() as conn:
            sent = lineage.sent(conn, session.folder.chain)
    assert (done.number, sent.unfinished) == (3, None)
    assert route.store.take(done.path)[0].verdict is Verdict.ACCEPTED


def refused(arrival: Arrival) -> tuple[str, str | None]:
    assert arrival.verdict is Verdict.REFUSED
    assert arrival.reason is not None
    return arrival.reason.en, arrival.code


def test_every_refusal_has_a_sentence_of_its_own(
    route: Route, tmp_path: Path, stranger_template: Clinic
) -> None:
    good = route.send().path
    damaged = tmp_path / "damaged.mrdpkg"
    data = good.read_bytes()
    damaged.write_bytes(data[:2000] + bytes([data[2000] ^ 1]) + data[2001:])
    foreign = tmp_path / "holiday.mrdpkg"
    foreign.write_bytes(b"\x89PNG" + bytes(5000))
    stranger = Route(stranger_template, route.store, tmp_path / "stick2").send().path
    absent = tmp_path / "absent.mrdpkg"
    store = route.store
    answers = [refused(a) for a in store.take(damaged, foreign, stranger, absent)]
    assert [code for _, code in answers] == ["damaged", "foreign", "unknown_key", "foreign"]
    assert len({sentence for sentence, _ in answers}) == 3

    live = make_store(tmp_path / "live", route.clinic.study, training=False)
    assert refused(live.take(good)[0])[1] == "training_mismatch"
    assert store.take(good)[0].verdict is Verdict.ACCEPTED


def test_a_package_for_another_sponsor_is_refused(
    charted_route: Route, tmp_path: Path, clinic: Clinic
) -> None:
    other = make_store(tmp_path / "other", clinic.study)
    with other.open() as session:
        trust.pin(session, (charted_route.clinic.path / trust.SITE_PUB).read_bytes())
    assert refused(other.take(charted_route.send().path)[0])[1] == "not_for_us"


def test_a_package_sealed_for_somebody_whom_it_did_not_name_is_refused(
    charted_route: Route, tmp_path: Path, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever can open it may have it from a reader who passed it on (E-03, case 9)."""
    other = make_store(tmp_path / "other", clinic.study)
    with other.open() as session:
        trust.pin(session, (charted_route.clinic.path / trust.SITE_PUB).read_bytes())
        theirs = str(session.age_identity().to_public())
    with charted_route.store.open() as session:
        named = str(session.age_identity().to_public())
    encrypt = age.encrypt
    monkeypatch.setattr(
        age, "encrypt",
        lambda chunks, into, to: encrypt(chunks, into, [theirs if r == named else r for r in to]),
    )  # fmt: skip
    assert refused(other.take(charted_route.send().path)[0])[1] == "not_for_us"


def test_a_key_that_was_replaced_no_longer_counts(charted_route: Route) -> None:
    done = charted_route.send()
    with charted_route.store.open() as session, session.writing() as conn:
        conn.exec_driver_sql("UPDATE vault_pin SET active = 0")
    assert refused(charted_route.store.take(done.path)[0])[1] == "revoked_key"


def test_the_order_given_is_the_order_taken(route: Route) -> None:
    new_subject(route)
    first = route.send().path
    new_subject(route)
    second = route.send().path
    late, early = route.store.take(second, first)
    assert (late.verdict, early.verdict) == (Verdict.GAP, Verdict.ACCEPTED)
    assert late.reason is not None
    assert "are missing: 0001" in late.reason.en and "this one again" in late.reason.en
    assert route.store.take(second)[0].fine, "what had to wait is given once more"


def test_received_packages_are_kept_in_the_archive(charted_route: Route) -> None:
    done = charted_route.send()
    charted_route.store.take(done.path)
    kept = charted_route.store.path / "archive" / done.package
    assert kept.read_bytes() == done.path.read_bytes()


def test_a_failure_while_storing_leaves_the_store_as_it_was(
    charted_route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = charted_route.send()
    before = content(charted_route)

    def broken(*_: object) -> None:
        raise RuntimeError("the power fails here")

    with monkeypatch.context() as patch:
        patch.setattr("mrd_desktop.transfer.receive.lineage.taken", broken)
        with pytest.raises(RuntimeError):
            charted_route.store.take(done.path)
    assert content(charted_route) == before
    assert list((charted_route.store.path / "archive").iterdir()) == []
    assert charted_route.store.take(done.path)[0].verdict is Verdict.ACCEPTED


def drop_opening(lines: list[bytes]) -> list[bytes]:
    at = next(n for n, line in enumerate(lines) if b'"kind":"item.set"' in line)
    return lines[:at] + lines[at + 1 :]


def change_value(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"value":"V1.0"', b'"value":"V9.0"') for line in lines]


def swap_two(lines: list[bytes]) -> list[bytes]:
    return [*lines[:5], lines[6], lines[5], *lines[7:]]


def drop_last(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


def change_time(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"at":"2027', b'"at":"2026'), *lines[2:]]


def other_signature(lines: list[bytes]) -> list[bytes]:
    signed = [n for n, line in enumerate(lines) if b'"sig":' in line]
    first, second = (lines[n].partition(b',"sig":') for n in signed[:2])
    lines[signed[0]] = first[0] + first[1] + second[2]
    return lines


@pytest.mark.parametrize(
    ("part", "change", "told"),
    [
        ("openings", drop_opening, "kinds item.set"),
        ("openings", change_value, "record"),
        ("openings", swap_two, "damaged"),
        ("headers", drop_last, "record"),
        ("headers", swap_two, "record"),
        ("headers", change_time, "record"),
        ("headers", other_signature, "record"),
    ],
)
def test_records_that_do_not_verify_are_refused_though_the_site_signed_the_package(
    route: Route,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    change: Callable[[list[bytes]], list[bytes]],
    told: str,
) -> None:
    new_subject(route)
    real = archive.split

    def tampered(stem: str, lines: Iterable[bytes]) -> Iterator[archive.Part]:
        return real(stem, change(list(lines)) if stem == part else lines)

    with monkeypatch.context() as patch:
        patch.setattr("mrd_desktop.transfer.export.split", tampered)
        done = route.send()
    before = content(route)
    (arrival,) = route.store.take(done.path)
    assert arrival.verdict is Verdict.REFUSED
    assert arrival.reason is not None
    assert told in arrival.reason.en
    assert content(route) == before
