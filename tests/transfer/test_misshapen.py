"""Whoever holds a key may sign anything: records that are not what they say are refused, named."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.cli.sponsor import main
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.errors import Misshapen
from mrd_desktop.ledger.record import (
    KINDS,
    Entry,
    Header,
    Kind,
    Opening,
    Record,
    RecordClass,
    payload_bytes,
)
from mrd_desktop.record import projection, shapes
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.transfer import container, lineage, release
from mrd_desktop.transfer import export as exporting
from mrd_desktop.transfer.errors import RecordsRefused
from mrd_desktop.transfer.handover.judging import records_in
from mrd_desktop.transfer.handover.manifest import HANDOVER
from mrd_desktop.transfer.lines import joined
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.transfer.pair import Pair
from tests.transfer.route import CONSENT, SPONSOR, SPONSOR_PASSWORD, Route, Store, fill

VECTORS = Path(__file__).parents[1] / "vectors"
PACKAGES, HANDOVERS = VECTORS / "package", VECTORS / "handover"

FORM = "01-001/SCR#1/PS#1"
ITEM = f"{FORM}/A#1/ECOG"
PLACE = {"address": ITEM}
SHAPES: tuple[tuple[Kind, dict[str, Any]], ...] = (
    (Kind.CHAIN_CREATED, {"site": 1}),
    (Kind.USER_ADDED, {}),
    (Kind.ROLE_GRANTED, {}),
    (Kind.ROLE_REVOKED, {"role": "crc"}),
    (Kind.CLOCK_NOTED, {}),
    (Kind.DEFINITION_INSTALLED, {}),
    (Kind.DEFINITION_INSTALLED, {"digest": "0" * 64, "version": 1}),
    (Kind.ACTIVATION_INSTALLED, {}),
    (Kind.SUBJECT_CREATED, {}),
    (Kind.SUBJECT_CREATED, {"subject": None}),
    (Kind.SUBJECT_CREATED, {"subject": "nobody"}),
    (Kind.EVENT_ADDED, {"address": "01-001"}),
    (Kind.FORM_ADDED, {"address": ITEM}),
    (Kind.FORM_ADDED, {"address": "01-001/SCR#1"}),
    (Kind.FORM_SAVED, {}),
    (Kind.FORM_SAVED, {"address": ["x"]}),
    (Kind.FORM_SAVED, {"address": FORM, "declared": {"complete": True}, "entered": ["x"]}),
    (Kind.FORM_SAVED, {"address": FORM, "declared": "perhaps", "definition": "0" * 64}),
    (Kind.FORM_SAVED, {"address": FORM, "declared": "complete", "definition": "0" * 64,
                       "paper": {"date": "someday"}}),
    (Kind.ROW_ADDED, {"address": FORM}),
    (Kind.ITEM_SET, {"address": "no address", "value": "1", "source": "entry"}),
    (Kind.ITEM_SET, PLACE),
    (Kind.ITEM_SET, {**PLACE, "value": {"deep": 1}, "source": "entry"}),
    (Kind.ITEM_SET, {**PLACE, "value": ["1", 2], "source": "entry"}),
    (Kind.ITEM_SET, {**PLACE, "value": "1", "missing": "UNK", "source": "entry"}),
    (Kind.ITEM_SET, {**PLACE, "value": "1", "source": 3}),
    (Kind.ITEM_SET, {**PLACE, "value": "1", "was": {"chain": 5, "seq": "x"}}),
    (Kind.ITEM_SET, {**PLACE, "cleared": False}),
    (Kind.ENTRY_REFUSED, {"address": "01-001"}),
    (Kind.ENTRY_SUPERSEDED, {}),
    (Kind.ENTRY_SUPERSEDED, {**PLACE, "check": "SECOND", "value": "1"}),
    (Kind.FORM_LOCKED, {"address": 5}),
    (Kind.FORM_LOCKED, {"address": FORM, "reason": "synthetic"}),
    (Kind.FORM_REMOVED, {}),
    (Kind.QUERY_OPENED, {"query": "Q-1"}),
    (Kind.QUERY_OPENED, {**PLACE, "en": "x", "zh": "x", "query": {"a": 1}}),
    (Kind.QUERY_ANSWERED, {"query": ["x"], "text": "synthetic"}),
    (Kind.CHECK_OUTCOME, {}),
    (Kind.CHECK_OUTCOME, {**PLACE, "check": "EC-001", "fires": "no"}),
    (Kind.CHECK_ANSWERED, {"check": 1}),
    (Kind.NOTE_ADDED, {**PLACE, "text": "", "second": {}}),
    (Kind.NOTE_ADDED, {**PLACE, "text": "", "second": {"compared": [{"user": "crc"}]}}),
    (Kind.LABRANGE_SET, {"laboratory": "synthetic"}),
    (Kind.LABRANGE_SET, {"laboratory": "synthetic", "item": "WBCVAL", "valid_from": "later",
                         "unit": "10*9/L"}),
    (Kind.SDV_MARKED, {}),
    (Kind.SDV_MARKED, {**PLACE, "of": {"chain": "x"}, "verified": True}),
    (Kind.REVIEW_NOTED, {"act": [1]}),
    (Kind.SUBJECT_HANDED, {"subject": "01-001"}),
    (Kind.SUBJECT_RECEIVED, {"subject": "01-001", "from": "x", "seq": True, "digest": ""}),
    (Kind.SUBJECT_WITHHELD, {"subject": "01-001", "seqs": "all"}),
    (Kind.SUBJECT_WITHHELD, {"subject": ["a"], "seqs": [1]}),
    (Kind.SUBJECT_WITHHELD, {"subject": "01-001", "seqs": [True, -5]}),
    (Kind.PACKAGE_BEGUN, {"overdue": 5}),
    (Kind.PACKAGE_BEGUN, {"failed": "six"}),
    (Kind.PACKAGE_SEALED, {}),
    (Kind.TRUST_PINNED, {}),
    (Kind.REPLY_ADOPTED, {"messages": [1]}),
    (Kind.BACKUP_MADE, {"head": []}),
    (Kind.INCIDENT_NOTED, {"refused": 1}),
)  # fmt: skip


def foreign(kind: Kind, body: dict[str, Any], seq: int) -> Record:
    """A record of another chain as a file brings it, its commitment as the content wants it."""
    opening = Opening(bytes(32), payload_bytes(Entry(kind, RecordClass.CODED, body)))
    header = Header(
        1, 1, "b" * 25 + "a", seq, 1, True, RecordClass.CODED, "2027-06-01T08:00:00.000Z",
        "c" * 25 + "a", opening.commitment(), "0" * 64,
    )  # fmt: skip
    return Record(header.to_bytes(), None, opening)


@pytest.fixture(scope="module")
def holding(route_template: Route, tmp_path_factory: pytest.TempPathFactory) -> Route:
    """A site with a few values, and a store that has received them."""
    route = route_template.copy(tmp_path_factory.mktemp("misshapen"))
    with route.clinic.open() as session:
        Casebook(session).create_subject("01-001")
        fill(session, "01-001/SCR/IC", CONSENT)
        fill(session, "01-001/SCR/PS", {"PERF": "Y", "ECOG": "1"}, complete=False)
    assert route.carry().verdict is Verdict.ACCEPTED
    return route


@contextmanager
def hostile(
    clinic: Clinic, to: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Session, lineage.Sent]]:
    """A copy of a site whose program folds nothing; and what was sent from there so far."""
    with clinic.copy(to).open() as session:
        with session.reading() as conn:
            sent = lineage.sent(conn, session.folder.chain)
        with monkeypatch.context() as patch:
            patch.setattr(Session, "_project", lambda *_: None)
            yield session, sent


def sign(session: Session, kind: Kind, body: dict[str, Any]) -> int:
    """Really sign such a record; its number."""
    (record,) = session.commit([Entry(kind, RecordClass.CODED, body)])
    return record.header.seq


def seal(
    session: Session,
    sent: lineage.Sent,
    to: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    but: int = 0,
) -> Path:
    """What a program seals that holds nothing coded back; all else of it is the real one.

    Args:
        sent: what was sent before, told because the program may not be able to read it.
        but: the one record that it holds back.
    """
    real = release.Release._judge

    def judged(self: release.Release, record: Record) -> tuple[release.Reason | None, int]:
        if record.header.cls is not RecordClass.CODED or record.header.seq == but:
            return release.Reason.SITE, 0
        with suppress(Exception):
            real(self, record)
        return None, release._KIND_CODES[str(record.body["kind"])]

    with monkeypatch.context() as patch:
        patch.setattr(release.Release, "_judge", judged)
        patch.setattr(release, "ever_in_force", lambda _conn, study: (study,))
        patch.setattr(exporting, "retracted", lambda *_: [])
        patch.setattr(exporting.Replay, "passing", lambda _self, records, _chain: records)
        patch.setattr(exporting, "disagreement", lambda _: None)
        patch.setattr(lineage, "sent", lambda *_: sent)
        patch.setattr(lineage, "owes_all", lambda *_: False)
        return exporting.export(session, to).path


def refused(route: Route, path: Path, seq: int) -> None:
    """The store refuses a package, and names the record."""
    (arrival,) = route.store.take(path)
    assert arrival.verdict is Verdict.REFUSED
    assert arrival.reason is not None
    assert f"record {seq} " in arrival.reason.en


@pytest.mark.parametrize(("kind", "body"), SHAPES, ids=str)
def test_the_fold_of_what_others_wrote_ends_in_no_fault(
    clinic: Clinic, kind: Kind, body: dict[str, Any]
) -> None:
    with clinic.open() as session:
        Casebook(session).create_subject("01-001")
        fill(session, "01-001/SCR/IC", CONSENT)
        with suppress(Misshapen), session.writing() as conn:
            projection.take_in(conn, [foreign(kind, body, 7)])


UNFOLDED = (
    (Kind.EVENT_ADDED, {"address": "01-001"}),
    (Kind.FORM_ADDED, {"address": ITEM}),
    (Kind.FORM_SAVED, {}),
    (Kind.ROW_ADDED, {"address": FORM}),
    (Kind.LABRANGE_SET, {"laboratory": "synthetic"}),
)


@pytest.mark.parametrize(("kind", "body"), UNFOLDED, ids=str)
def test_the_fold_names_what_it_cannot_read(
    clinic: Clinic, kind: Kind, body: dict[str, Any]
) -> None:
    with (
        clinic.open() as session,
        pytest.raises(Misshapen, match="record 7"),
        session.writing() as conn,
    ):
        projection.take_in(conn, [foreign(kind, body, 7)])


@pytest.mark.parametrize(("kind", "body"), SHAPES, ids=str)
def test_what_a_hostile_site_seals_is_refused_with_the_number(
    holding: Route,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    body: dict[str, Any],
) -> None:
    with hostile(holding.clinic, tmp_path / "site", monkeypatch) as (session, sent):
        seq = sign(session, kind, body)
        path = seal(session, sent, tmp_path, monkeypatch)
    refused(holding, path, seq)


@pytest.mark.parametrize(
    "more", [{"package": 5}, {"address": FORM}, {"review": {"after": 1}}], ids=str
)
def test_so_is_a_sound_signature_of_what_is_none(
    holding: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    with hostile(holding.clinic, tmp_path / "site", monkeypatch) as (session, sent):
        statement = {"user": session.user, "meaning": "package", **more}
        signature, key = session.signer(password_of("crc"))(dumps(statement))
        made = {"key": key, "signature": base64.b64encode(signature).decode()}
        seq = sign(session, Kind.SIGNATURE_MADE, {**statement, **made})
        path = seal(session, sent, tmp_path, monkeypatch)
    refused(holding, path, seq)


TOLD_BEFORE = (
    (Kind.FORM_SAVED, {}),
    (Kind.DEFINITION_INSTALLED, {}),
    (Kind.ROLE_GRANTED, {}),
    (Kind.CHECK_ANSWERED, {"check": 1}),
    (Kind.ITEM_SET, {"address": ITEM, "value": {"deep": 1}, "source": "entry"}),
)
"""What once ended a command, or all that came after it."""


@pytest.mark.parametrize(("kind", "body"), TOLD_BEFORE, ids=str)
def test_so_is_what_is_opened_only_later(
    holding: Route,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    body: dict[str, Any],
) -> None:
    store = tmp_path / "store"
    shutil.copytree(holding.store.path, store)
    route = Route(holding.clinic, Store(store, holding.store.study), tmp_path)
    with hostile(holding.clinic, tmp_path / "site", monkeypatch) as (session, sent):
        seq = sign(session, kind, body)
        first = seal(session, sent, tmp_path, monkeypatch, but=seq)
        with session.reading() as conn:
            (last,) = list(lineage.of_kind(conn, session.folder.chain, Kind.PACKAGE_SEALED))[-1:]
            then = replace(
                sent, number=sent.number + 1, manifest=str(last.body["manifest"]),
                after=lineage._point(last.body["after"]), held=frozenset({seq}),
            )  # fmt: skip
        second = seal(session, then, tmp_path, monkeypatch)
    assert route.store.take(first)[0].verdict is Verdict.ACCEPTED
    refused(route, second, seq)


def test_the_rest_of_a_batch_is_taken_and_everything_works_afterwards(
    holding: Route,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = []
    for n, (kind, body) in enumerate(TOLD_BEFORE):
        to = tmp_path / str(n)
        to.mkdir()
        with hostile(holding.clinic, to / "site", monkeypatch) as (session, sent):
            sign(session, kind, body)
            paths.append(seal(session, sent, to, monkeypatch))
    route = holding.copy(tmp_path / "route")
    with route.clinic.open() as session:
        fill(session, "01-001/SCR/PS", {"ECOG": "2"}, complete=False)
    arrivals = route.store.take(*paths, route.send().path)
    assert [a.verdict for a in arrivals] == [Verdict.REFUSED] * len(paths) + [Verdict.ACCEPTED]

    words = tmp_path / "words"
    words.write_text(SPONSOR_PASSWORD)

    def told(command: str, *more: str) -> str:
        who = ("--user", SPONSOR, "--password-file", str(words))
        assert main([command, str(route.store.path), *more, *who]) == 0, capsys.readouterr()
        return capsys.readouterr().out

    assert "package 2" in told("status")
    assert '"2"' in told("trace", ITEM, "--json")
    told("datasets", "--to", str(tmp_path / "tables"), "--format", "csv,odm")
    written = [path.read_text("utf-8") for path in (tmp_path / "tables").rglob("*.xml")]
    assert any("ClinicalData" in text and "ECOG" in text for text in written)
    told("resolve")
    told("verify")


@pytest.mark.parametrize(("kind", "body"), TOLD_BEFORE, ids=str)
def test_another_computer_of_the_site_refuses_it_too(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, kind: Kind, body: dict[str, Any]
) -> None:
    with pair.a.open() as session, monkeypatch.context() as patch:
        patch.setattr(Session, "_project", lambda *_: None)
        seq = sign(session, kind, body)
    with pytest.raises(RecordsRefused, match=f"record {seq} "):
        pair.move(pair.a, pair.b)


@pytest.mark.parametrize(("kind", "body"), TOLD_BEFORE, ids=str)
def test_verification_tells_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, kind: Kind, body: dict[str, Any]
) -> None:
    with clinic.open() as session:
        with monkeypatch.context() as patch:
            patch.setattr(Session, "_project", lambda *_: None)
            seq = sign(session, kind, body)
        found = {check.name: check for check in verify_folder(session)}
        assert found["signatures"].ok is False
        assert f"record {seq} " in found["signatures"].detail.en


# --- what was ever written passes -----------------------------------------------------------


def judged(payload: bytes) -> str:
    body = json.loads(payload)
    return shapes.fault_of(KINDS[body["kind"]], body)


@pytest.mark.parametrize("name", ["good-records-first", "good-records-full"])
def test_the_records_of_the_package_vectors_pass(name: str) -> None:
    keys = json.loads((PACKAGES / "records.json").read_text("utf-8"))
    site, path = bytes.fromhex(keys["site"]), PACKAGES / f"{name}.mrdpkg"
    with container.opened(path, container.PACKAGE, lambda _: [site], [keys["sponsor"]]) as package:
        records = list(joined(package.lines("headers"), package.lines("openings")))
    opened = [r.opening.payload for r in records if r.opening is not None]
    assert opened
    assert [judged(payload) for payload in opened] == [""] * len(opened)


def test_the_records_of_the_handover_vector_pass() -> None:
    keys = json.loads((HANDOVERS / "records.json").read_text("utf-8"))
    site, path = bytes.fromhex(keys["site"]), HANDOVERS / "good-records.mrdhandover"
    with container.opened(path, HANDOVER, lambda _: [site], [keys["receiver"]]) as package:
        opened = [
            record.opening.payload
            for stretch in package.manifest.chains
            for record in records_in(package, stretch.chain)
            if record.opening is not None
        ]
    assert opened
    assert [judged(payload) for payload in opened] == [""] * len(opened)


def test_the_records_of_the_chain_vectors_pass() -> None:
    """Their addresses are abridged; everything else of them is as the first program wrote it."""
    chains = json.loads((VECTORS / "ledger" / "chains-good.json").read_text("utf-8"))
    seen = set()
    for one in (r["payload"] for chain in chains for r in chain["records"] if r.get("payload")):
        body = json.loads(one)
        if "address" in body:
            body["address"] = ITEM
        seen.add(body["kind"])
        assert shapes.fault_of(KINDS[body["kind"]], body) == "", body
    assert "item.set" in seen and "session.opened" in seen


def test_every_record_of_a_site_with_stories_passes(
    stories_template: Clinic, tmp_path: Path
) -> None:
    with stories_template.copy(tmp_path / "site").open() as session:
        faults: list[str] = []
        with session.reading() as conn:
            chain, box = session.folder.chain, session.box
            counted = sum(1 for _ in shapes.passing(store.records(conn, chain, box=box), faults))
    assert counted > 1000
    assert faults == []


def test_every_kind_has_a_shape() -> None:
    assert set(shapes.SHAPES) == set(Kind)
