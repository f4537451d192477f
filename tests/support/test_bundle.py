"""A file for support holds counts, versions and verdicts, nothing that was typed (R-DOC-04).

The data are synthetic.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record, RecordClass
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.incidents import PROGRAM, Incidents
from mrd_desktop.record.rights import rights
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.support import bundle, inside
from mrd_desktop.support.bundle import Ground, NoZip
from mrd_desktop.support.fields import UNFIT, Code, told
from mrd_desktop.vault import backup, faultlog, rota, secrets_store
from mrd_desktop.vault.errors import StorageFault
from mrd_desktop.vault.session import Session
from tests.clinic import TODAY, Clinic, password_of
from tests.faults.seeded import Person, forms_of_key, forms_of_text, person
from tests.record.test_entry import TYPO
from tests.record.test_incidents import local
from tests.transfer.route import Route

SLIP = "Synthetic: the chart stays white"
CANARY = "Zhangsan.13900001111"


def typed(session: Session, one: Person) -> None:
    """The identity of a subject, a reason, a note and a draft."""
    book = Casebook(session)
    entry = book.open(FormKey(EventKey("01-001", "SCR"), "ID"))
    groups = session.study.by_form["ID"].groups
    for item, value in one.identity.items():
        group = next(g.name for g in groups if item in g.by_name)
        entry.type(ItemKey(RowKey(entry.key, group), item), value)
    entry.save(complete=False, reason=TYPO)
    draft = book.open(FormKey(EventKey("01-001", "SCR"), "VS"))
    draft.type(ItemKey(RowKey(draft.key, "A"), "WEIGHT"), f"61.5 {one.draft}")
    draft.keep_draft()


def answers(session: Session) -> Iterator[str]:
    """Everything that stands in the forms."""
    data = Casebook(session).data("01-001")
    for form in (f for known in session.study.forms for f in data.of(known.oid)):
        yield from (a.text for _, a in form.answers() if len(a.text) >= 5)


def keys(session: Session) -> Iterator[bytes]:
    """Keys of the folder that the session holds."""
    data, vault = session.with_keys()
    assert vault is not None
    yield from (data, vault)
    with session.reading() as conn:
        for name in (secrets_store.SIGN, secrets_store.AGE, secrets_store.LOG):
            yield secrets_store.get(conn, data, name)


def reported(session: Session, words: str = SLIP) -> int:
    return Incidents(session).note(PROGRAM, local(session), "", words)


def printed(session: Session, after: int = 0) -> list[Record]:
    with session.reading() as conn:
        found = list(store.records(conn, session.folder.chain, after=after))
    return [r for r in found if r.opening is not None and r.kind is Kind.PRINTED]


def content(session: Session | None, folder: Path | None, **more: Any) -> Any:
    return json.loads(bundle.text(bundle.gather(Ground(folder, session, **more))))


def texts(value: Any) -> Iterator[str]:
    """Every text of a JSON value, names of fields left out."""
    if isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def test_nothing_that_was_typed_and_no_key_stands_in_it(charted: Clinic, tmp_path: Path) -> None:
    one = person(Random(75))
    with charted.open() as session:
        typed(session, one)
        reported(session, f"Synthetic: {one.note}")
        rota.choose_target(session, tmp_path)
        backup.backup(session, tmp_path)
        words = {*one.identity.values(), one.draft, one.note, *answers(session)}
        words |= {password_of(u) for u in ("crc", "inv", "admin")} - {TODAY[:10]}
        words |= {str(charted.path), charted.path.name, "Synthetic site"}
        sealed = list(keys(session))
        found = bundle.gather(Ground(charted.path, session))
        saved = bundle.save(found, tmp_path / "help.zip", session)
    assert len(words) > 40
    with zipfile.ZipFile(saved.path) as archive:
        assert archive.namelist() == [bundle.NAME]
        data = archive.read(bundle.NAME)
    assert data.decode() == bundle.text(found), "what was shown is what is written"
    for form in (f for w in words for f in forms_of_text(w)):
        assert form not in data, form
    for form in (f for key in sealed for f in forms_of_key(key)):
        assert form not in data
    said = json.loads(data)
    assert not {"crc", "inv", "cra", "aud", "admin"} & set(texts(said))
    within = said["inside"]
    counts = {c["name"]: c["n"] for c in within["counts"]}
    assert (counts["subjects"], counts["drafts"], counts["backups_made"]) == (1, 1, 1)
    assert counts["values"] > 100
    assert {u["role"]: u["open"] for u in within["users"]}["coordinator"] == 1
    checks = {c["name"]: c["ok"] for c in within["checks"]}
    assert checks["chain"] is True and checks["replay"] is True
    assert within["backups"]["last"][0]["act"] == "made"
    assert {"name": "journal_mode", "number": None, "word": "wal"} in within["pragmas"]
    assert said["folder"]["site"] == "01" and said["failed"] == []
    assert UNFIT not in set(texts(said)), "every field holds what it is for"


def test_words_go_along_only_where_they_are_ticked(clinic: Clinic) -> None:
    name = "Synthia 13800138000"
    with clinic.open() as session:
        number, other = reported(session), reported(session, "Synthetic: another one")
        found = bundle.gather(Ground(clinic.path, session))
    assert {r.number for r in bundle.reports(found)} == {other, number}
    assert SLIP not in bundle.text(found)
    with_one = bundle.text(found, {number})
    assert SLIP in with_one and "another one" not in with_one
    told_of = json.loads(with_one)["inside"]["reports"]
    assert {(r["number"], r["closed"]) for r in told_of} == {(other, None), (number, None)}
    with clinic.open() as session:  # written before anything could be looked for
        (first, *_) = Incidents(session).all()
        with pytest.MonkeyPatch.context() as patch:
            named = replace(first, text=name)
            patch.setattr(inside.incidents, "standing", lambda _: (named,))
            found = bundle.gather(Ground(clinic.path, session))
    assert bundle.reports(found) == ()
    assert name not in bundle.text(found, {first.number})
    assert json.loads(bundle.text(found))["inside"]["reports"][0]["named"] is True


def test_words_that_nobody_here_can_check_stay_here(clinic: Clinic) -> None:
    with clinic.open("admin") as session:  # has no key to the identities of the site
        number = reported(session)
        found = bundle.gather(Ground(clinic.path, session))
    assert (bundle.reports(found), bundle.unchecked(found)) == ((), True)
    said = bundle.text(found, {number})
    assert SLIP not in said
    (one,) = json.loads(said)["inside"]["reports"]
    assert (one["checked"], one["words"]) == (False, None)
    with clinic.open() as session:
        found = bundle.gather(Ground(clinic.path, session))
    assert not bundle.unchecked(found)
    assert SLIP in bundle.text(found, {number})


def test_a_reported_problem_has_a_number_and_no_clock(clinic: Clinic) -> None:
    assert PROGRAM in rights().untimed
    with clinic.open() as session:
        number = reported(session)
        (found,) = Incidents(session).all()
        assert (found.number, found.clocks, found.owed) == (number, (), ())
        with session.reading() as conn:
            record = store.record(conn, session.folder.chain, number)
        assert (record.kind, record.header.cls) == (Kind.INCIDENT_NOTED, RecordClass.CODED)
        Incidents(session).close(found, "Synthetic: mended in the next version")
        assert Incidents(session).all()[0].closed is not None


def test_it_is_recorded_by_its_digest_and_never_leaves(clinic: Clinic, tmp_path: Path) -> None:
    with clinic.open() as session:
        number = reported(session)
        found = bundle.gather(Ground(clinic.path, session))
        saved = bundle.save(found, tmp_path / "a.zip", session, {number, 999})
        (record,) = printed(session)
    assert saved.unrecorded is None
    assert record.header.cls is RecordClass.SITE
    assert {n: record.body[n] for n in ("what", "form", "sha256", "words")} == {
        "what": "support", "form": "zip", "sha256": saved.sha256, "words": [number],
    }  # fmt: skip


def test_a_chain_that_takes_no_record_keeps_nobody_from_help(
    clinic: Clinic, tmp_path: Path
) -> None:
    with clinic.open() as session:
        reported(session)
        session.clock.shift -= timedelta(minutes=30)
        found = bundle.gather(Ground(clinic.path, session))
        saved = bundle.save(found, tmp_path / "a.zip", session)
        assert saved.unrecorded is not None
        assert saved.path.is_file()
        clock = json.loads(bundle.text(found))["inside"]["clock"]
        assert (clock["refused"], clock["ahead_of_records"] < -1700) == ("clock_went_back", True)
        session.clock.shift += timedelta(minutes=30)


def test_a_part_that_fails_is_told_by_its_code_and_holds_no_other_up(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_: Session) -> Any:
        raise StorageFault(CANARY)

    def breaks(_: Session) -> Any:
        raise KeyError(CANARY)

    monkeypatch.setattr(inside, "verify_around", refuses)
    monkeypatch.setattr(inside, "accounts", breaks)
    with clinic.open() as session:
        said = content(session, clinic.path)
    assert said["failed"] == [
        {"part": "users", "code": None, "fault": "KeyError"},
        {"part": "checks", "code": StorageFault.code, "fault": None},
    ]
    assert said["inside"]["checks"] is None and said["inside"]["counts"]
    assert CANARY not in json.dumps(said)


def test_a_field_holds_what_its_shape_allows(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What surroundings, a definition or whoever writes to the folder say otherwise stays out."""
    monkeypatch.setenv("LC_ALL", f"{CANARY}_CN.UTF-8")
    monkeypatch.setattr("platform.release", lambda: f"6.1.{CANARY}")
    monkeypatch.setattr("mrd_desktop.installation.here", lambda: f"{CANARY}-{CANARY}")
    line = faultlog.met(ValueError(CANARY)).content()
    forged = [
        {**line, "number": "13900001111"},
        {**line, "fault": "Zhangsan13900001111"},
        {**line, "places": ["13900001111.Zhangsan:1 Zhangsan"]},
        {**line, "program": CANARY},
    ]
    with (clinic.path / faultlog.LOG_FILE).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(one) + "\n" for one in forged)
    said = content(None, clinic.path, refused=f"{CANARY}!")
    assert len(said["faults"]) == len(forged)
    whole = json.dumps(said)
    assert "13900001111" not in whole
    assert (said["computer"]["locale"], said["refused"]) == (UNFIT, UNFIT)
    assert (said["computer"]["system"], said["computer"]["machine"]) == ("other", "other")


@dataclass(frozen=True)
class Loose:
    """A field that somebody added without thinking."""

    words: object


@pytest.mark.parametrize("value", ["words", b"bytes", 1.5, {"a": 1}, Path("place"), ["list"]])
def test_a_text_without_a_shape_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        told(Loose(value))
    assert told(Loose(Code.of("fine"))) == {"words": "fine"}
    assert told(Loose((1, None, True))) == {"words": [1, None, True]}


def test_without_a_sign_in_it_tells_what_lies_open(clinic: Clinic, tmp_path: Path) -> None:
    said = content(None, clinic.path, refused="wrong_password")
    assert said["inside"] is None and said["refused"] == "wrong_password"
    folder = said["folder"]
    assert (folder["kind"], folder["training"], folder["accounts"]) == ("site", True, 5)
    sizes = {f["name"]: f["bytes"] for f in folder["files"]}
    assert sizes["data.mrd"] > 0 and sizes["faults.log"] is None
    assert "Synthetic site" not in json.dumps(said)
    saved = bundle.save(bundle.gather(Ground(clinic.path)), tmp_path / "a.zip", None)
    assert saved.unrecorded is None
    with pytest.raises(NoZip):
        bundle.save(bundle.gather(Ground(clinic.path)), clinic.path / "data.mrd", None)
    with clinic.open() as session:
        assert session.head().seq > 0, "the data were not touched"


def test_a_folder_that_cannot_be_read_is_told_by_its_code(clinic: Clinic, tmp_path: Path) -> None:
    (clinic.path / "site.json").write_bytes(b"{}")
    assert content(None, clinic.path)["folder"]["refused"] == "folder_damaged"
    assert content(None, tmp_path / "nowhere")["folder"]["refused"] == "not_a_folder"
    assert content(None, None)["folder"] is None


def test_a_session_that_is_locked_tells_nothing(clinic: Clinic, tmp_path: Path) -> None:
    with clinic.open() as session:
        session.lock()
        found = bundle.gather(Ground(clinic.path, session))
        assert found.inside is None
        assert bundle.save(found, tmp_path / "a.zip", session).unrecorded is None


def test_who_may_not_verify_gets_no_verdict(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clinic.open("aud") as session:
        monkeypatch.setattr(session, "allows", lambda operation: operation != "verify")
        said = content(session, clinic.path)
    assert said["inside"]["checks"] is None and said["inside"]["reports"] is None
    assert said["failed"] == []


def test_packages_are_told_by_number_and_verdict(route: Route) -> None:
    sent = route.send()
    with route.clinic.open() as session:
        assert content(session, route.clinic.path)["inside"]["packages"][0]["verdict"] == (
            "unanswered"
        )
    route.store.take(sent.path)
    with route.store.open() as session:
        said = content(session, route.store.path)["inside"]
    assert [(p["number"], p["verdict"]) for p in said["packages"]] == [(1, "received")]
    assert said["packages"][0]["records"] == sent.records
