"""The trail as a file: whole, in words, without a name, recorded, harmless to table programs."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest

from mrd_desktop.insight.audit.review import sign_off, survey
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import preview
from mrd_desktop.insight.reports.model import Tongue
from mrd_desktop.insight.reports.periodic import compile_pack, pack_report
from mrd_desktop.insight.reports.periodic_read import period
from mrd_desktop.insight.reports.trail_file import TrailForm, save_trail
from mrd_desktop.insight.reports.trail_rows import TITLES, Teller
from mrd_desktop.insight.reports.trail_words import (
    CHOICES,
    KINDS,
    NOT_KEYED,
    NOTES,
    RESULTS,
    SECOND,
)
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import projection
from mrd_desktop.record.audit import trail
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.renewing import renew_data_key
from mrd_desktop.record.second.compare import Result
from mrd_desktop.record.second.settling import Settling
from mrd_desktop.record.second.standing import Choice
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.texts import Language
from mrd_desktop.vault import folder, own_key, users
from mrd_desktop.vault.errors import PermissionDenied, WrongPassword
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.denials import denied
from tests.second import form_key, item_key, key_again

VITALS = FormKey(EventKey("01-001", "SCR"), "VS")
WEIGHT = ItemKey(RowKey(VITALS, "A"), "WEIGHT")


def save(session: Session, path: Path, language: Language = Language.EN, **more: str) -> int:
    return save_trail(session, path, TrailForm(path.suffix[1:]), language, **more)


def read(path: Path, language: Language = Language.EN) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    names = {title.say(language): name for name, title in TITLES.items()}
    return [{names[k]: v for k, v in row.items()} for row in rows]


def test_every_kind_of_record_has_words() -> None:
    assert set(KINDS) == set(Kind)
    assert all(words.en and words.zh for words in KINDS.values())


def test_every_record_stands_in_the_file_and_its_making_is_the_last(
    charted: Clinic, tmp_path: Path
) -> None:
    path = tmp_path / "trail.csv"
    with charted.open("cra") as session:
        written = save(session, path)
        head = session.head().seq
        with session.reading() as conn:
            last = list(store.records(conn, session.folder.chain))[-1]
    rows = read(path)
    assert [int(r["seq"]) for r in rows] == list(range(1, head + 1))
    assert written == len(rows)
    assert (last.kind, last.body["what"], last.body["form"]) == (Kind.PRINTED, "audit", "csv")
    assert (rows[-1]["act"], rows[-1]["user"]) == (KINDS[Kind.PRINTED].en, "cra")


def test_a_change_shows_both_values_and_the_reason(charted: Clinic, tmp_path: Path) -> None:
    path = tmp_path / "trail.csv"
    with charted.open() as session:
        book = Casebook(session)
        before = book.open(VITALS).field(WEIGHT).text
        entry = book.open(VITALS)
        entry.type(WEIGHT, "61.5")
        entry.save(complete=True, reason=ChangeReason("OTHER", "synthetic words"))
        save(session, path)
    (row,) = [r for r in read(path) if r["act"] == "value changed"]
    assert (row["subject"], row["item"], row["place"][:3]) == ("01-001", "VS.WEIGHT", "SCR")
    assert (row["before"], row["after"]) == (f"{before} kg", "61.5 kg")
    assert row["reason"] == "Other reason, specify: synthetic words"


def test_the_screen_tells_a_new_key_and_a_failed_sign_in_without_proofs(
    charted: Clinic, tmp_path: Path
) -> None:
    with pytest.raises(WrongPassword):
        folder.open_folder(
            charted.path, "inv", "no password of anybody",
            study=charted.study, fold=projection.fold,
        )  # fmt: skip
    with charted.open("inv") as session:
        with pytest.raises(WrongPassword):
            own_key.rotate(
                session, "yearly change", password_of("inv"),
                second="admin", second_password="no password of anybody",
            )  # fmt: skip
        made = own_key.rotate(
            session, "yearly change", password_of("inv"),
            second="admin", second_password=password_of("admin"),
        )  # fmt: skip
    with charted.open("cra") as session:
        lines, teller = list(trail(session)), Teller(session, Language.EN)
        with session.reading() as conn:
            rows = [(line.kind, teller.row(conn, line)) for line in lines]
        save(session, tmp_path / "trail.csv")
    (changed,) = [r for kind, r in rows if kind == Kind.KEY_ROTATED]
    assert (changed.before, changed.after) == (made.former, made.fingerprint)
    assert (changed.words, changed.reason) == ("inv with admin", "yearly change")
    failed = [r for kind, r in rows if kind == Kind.SIGNIN_FAILED]
    assert {r.user for r in failed} == {"inv", "admin"}
    assert all("wrong password of this account" in r.words and r.role == "" for r in failed)
    assert not any("Z: " in r.words or "n: " in r.words for r in failed)
    assert not any(len(r.words) > 600 for _, r in rows), "no certificate, key or signature"
    in_file = next(r for r in read(tmp_path / "trail.csv") if r["act"] == "key changed")
    assert "statement: " in in_file["words"], "the file keeps what the record holds"


def test_the_trail_tells_why_the_data_key_was_changed(charted: Clinic, tmp_path: Path) -> None:
    words = "a stick was lost (synthetic)"
    with charted.open("admin") as session:
        renew_data_key(session, "leak_suspected", password_of("admin"), words)
        users.close_user(session, "aud", "left")
    with charted.open("cra") as session:
        save(session, tmp_path / "trail.csv")
    leak, left = (r for r in read(tmp_path / "trail.csv") if r["act"] == "data key changed")
    assert (leak["reason"], leak["words"]) == (
        f"suspected leak: {words}",
        "generation: 2; user: admin",
    )
    assert left["reason"] == "a user was closed"


def test_no_file_holds_a_name_whoever_makes_it(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        person = Casebook(session).data("01-001").of("ID")[0]
        private = {a.text for k, a in person.answers() if k.item in ("PATNAME", "MRN", "MOBILE")}
        assert len(private) == 3
        for name in ("trail.csv", "trail.html", "trail.jsonl"):
            save(session, tmp_path / name)
            text = (tmp_path / name).read_text(encoding="utf-8")
            assert not any(value in text for value in private)


def test_one_subjects_trail_is_about_nobody_else_and_holds_its_answers(
    charted: Clinic, tmp_path: Path
) -> None:
    path = tmp_path / "trail.csv"
    with charted.open("cra") as session:
        Queries(session).open(str(WEIGHT), "=synthetic question")
        asked = Queries(session).all(subject="01-001")[0].query
    with charted.open() as session:
        Casebook(session).create_subject()
        Queries(session).answer(asked, "@synthetic answer")
        save(session, path, Language.ZH, subject="01-001")
    rows = read(path, Language.ZH)
    assert {r["subject"] for r in rows} == {"01-001"}
    told = {r["act"]: r["words"] for r in rows}
    assert told["提出质疑"] == "'=synthetic question"
    assert "synthetic answer" in told["回复质疑"]


def test_html_holds_the_same_records_escaped(charted: Clinic, tmp_path: Path) -> None:
    path = tmp_path / "trail.html"
    with charted.open("cra") as session:
        Queries(session).open(str(WEIGHT), "<b>synthetic</b>")
        written = save(session, path, Language.ZH)
    text = path.read_text(encoding="utf-8")
    assert text.count("<tr>") == written + 1
    assert "&lt;b&gt;synthetic&lt;/b&gt;" in text
    assert "<b>" not in text
    assert "稽查轨迹" in text


def test_json_lines_hold_the_same_records_as_kept_and_as_told(
    charted: Clinic, tmp_path: Path
) -> None:
    with charted.open("cra") as session:
        Queries(session).open(str(WEIGHT), "=synthetic question")
        written = save(session, tmp_path / "trail.jsonl")
        total = session.head().seq
        save(session, tmp_path / "trail.csv")
        with session.reading() as conn:
            kept = {r.header.seq: r for r in store.records(conn, session.folder.chain)}
        only = save(session, tmp_path / "one.jsonl", subject="01-001")
        asked = save(session, tmp_path / "asked.jsonl", typed="cra query opened")
    lines = [json.loads(x) for x in (tmp_path / "trail.jsonl").read_text("utf-8").splitlines()]
    assert [x["seq"] for x in lines] == list(range(1, total + 1))
    assert written == total
    for line, row in zip(lines, read(tmp_path / "trail.csv"), strict=False):
        assert {k: v.lstrip("'") for k, v in row.items()} == {
            k: v.lstrip("'") for k, v in line["told"].items()
        }
        record = kept[line["seq"]]
        assert line["at"] == record.header.at
        if line["content"] is not None and record.opening is not None:
            assert line["kind"] == record.kind.value
            assert line["content"].items() <= record.body.items()
    question = next(x for x in lines if x["kind"] == "query.opened" and x["user"] == "cra")
    assert question["content"]["en"] == "=synthetic question", "data, not a cell of a table"
    for name, many in (("one", only), ("asked", asked)):
        part = [json.loads(x) for x in (tmp_path / f"{name}.jsonl").read_text("utf-8").splitlines()]
        assert len(part) == many > 0
        assert [x["seq"] for x in part] == sorted(x["seq"] for x in part)
    assert asked == 1
    assert {x["told"]["subject"] for x in part} == {"01-001"}


@pytest.mark.parametrize("language", list(Language))
def test_the_steps_of_a_second_entry_are_told_in_words(
    twice: Clinic, tmp_path: Path, language: Language
) -> None:
    path, vitals = tmp_path / "trail.csv", form_key("VS")
    with twice.open("crc2") as session:
        key_again(session, vitals, {("A", 1, "PULSE"): "99", ("A", 1, "WEIGHT"): ""})
        settling = Settling(session, vitals)
        settling.choose(item_key(vitals, "PULSE"), Choice.FIRST)
        settling.save()
        save(session, path, language)
    steps = {words.say(language): step for step, words in SECOND.items()}
    told = [(steps[r["act"]], r) for r in read(path, language) if r["act"] in steps]
    assert [step for step, _ in told] == [
        "keyed", "compared", "result", "result", "chosen", "settled"
    ]  # fmt: skip
    pulse, weight = (r for step, r in told if step == "result")
    assert pulse["after"].startswith("99 ")
    assert weight["after"] == NOT_KEYED.say(language)
    for step, row in told:
        raw = [v for v in ("{", "keyed:", "second:", "text:") if v in row["words"]]
        assert not raw, (step, row["words"])
    chosen = next(r for step, r in told if step == "chosen")
    assert CHOICES[Choice.FIRST].say(language) in chosen["words"]
    assert RESULTS[Result.ONLY_FIRST].say(language) in weight["words"]


def test_who_was_there_while_nothing_could_be_written_is_told_in_words(
    charted: Clinic, tmp_path: Path
) -> None:
    with charted.open("cra") as session:
        right = session.clock.shift
        session.clock.shift = right - timedelta(days=30)
        session.come_in()
        session.note_denial("form.edit")
        session.lock()
        session.clock.shift = right
    with charted.open("cra") as session:
        session.come_in()
        for language in Language:
            save(session, tmp_path / f"{language}.csv", language)
        pack = compile_pack(session, period(session, None, None))
        told = to_html(pack_report(pack), preview(session, pack_report(pack)), Tongue.EN)
    english, chinese = (read(tmp_path / f"{x}.csv", x) for x in (Language.EN, Language.ZH))
    said = [r["words"] for r in english if r["act"] == NOTES["presence"].en]
    assert [x.partition(", ")[0] for x in said] == [
        "cra: signed in", "cra: tried what is not allowed (form.edit)", "cra: locked",
    ]  # fmt: skip
    assert all(x.endswith("by the clock; the clock was behind") for x in said)
    assert any("尝试了不允许的操作 (form.edit)" in r["words"] for r in chinese)
    assert "Recorded later" in told
    assert "tried what is not allowed (the clock was behind)" in told


def test_notes_and_exact_values_stand_in_it_and_it_says_so(charted: Clinic, tmp_path: Path) -> None:
    path = tmp_path / "trail.html"
    ethnic = ItemKey(RowKey(FormKey(EventKey("01-001", "SCR"), "DM"), "A"), "CETHNIC")
    with charted.open() as session:
        Notes(session).add(ethnic, "synthetic note of the site")
        save(session, path)
    text = path.read_text(encoding="utf-8")
    assert "synthetic note of the site" in text
    assert "do not hand out" in text


def test_who_may_not_see_the_trail_makes_no_file(charted: Clinic, tmp_path: Path) -> None:
    with charted.open("admin") as session:
        before = session.head().seq
        with pytest.raises(PermissionDenied):
            save(session, tmp_path / "trail.csv")
        assert len(denied(session, before)) == 1
    assert list(tmp_path.glob("*.csv")) == []


def test_flags_and_reviews_stand_in_the_file_and_it_can_be_narrowed(
    charted: Clinic, tmp_path: Path
) -> None:
    path, part = tmp_path / "trail.csv", tmp_path / "part.csv"
    with charted.open() as session:
        Casebook(session).remove(VITALS, ChangeReason("WRONGPLACE"))
    with charted.open("inv") as session:
        shown = survey(session)
        words = "synthetic words of a review"
        sign_off(
            session, shown, frozenset(shown.open), words, password_of("inv"), language=Language.EN
        )
        save(session, path)
        assert save(session, part, typed="crc removed") == 1
    rows = read(path)
    (gone,) = [r for r in rows if r["act"] == "form removed"]
    assert "removed or cleared" in gone["flags"]
    assert [(r["act"], r["flags"]) for r in read(part)] == [("form removed", gone["flags"])]
    (signed,) = [r for r in rows if r["act"] == "audit trail reviewed"]
    assert signed["words"].startswith(f"records 1–{shown.head.seq}, {shown.head.seq} in all; ")
    assert "removed or cleared 1" in signed["words"]
    (noted,) = [r for r in rows if r["act"] == "words on the audit trail"]
    assert noted["words"] == words
