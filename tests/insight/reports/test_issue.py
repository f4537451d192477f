"""Every print is recorded, numbered and stamped; a preview writes nothing."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.reports.html import stamp_words
from mrd_desktop.insight.reports.issue import PREVIEW, issue, note_look, preview
from mrd_desktop.insight.reports.model import Report, Tongue
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record, RecordClass
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.denials import denied

TITLE = Text("Report", "报告")
REPORT = Report("slip", TITLE, (), subject="01-001", about="M12")


def last(session: Session) -> Record:
    with session.reading() as conn:
        return store.record(conn, session.folder.chain, session.head().seq)


def test_a_print_is_a_record_of_the_site_with_its_copy_number(clinic: Clinic) -> None:
    with clinic.open() as session:
        assert issue(session, REPORT, form="pdf").copy == 1
        assert issue(session, REPORT, form="paper").copy == 2
        other = Report("slip", TITLE, (), subject="01-002", about="M12")
        assert issue(session, other, form="pdf").copy == 1
        assert issue(session, Report("slip", TITLE, ()), form="pdf").copy == 1
        record = last(session)
        assert (record.kind, record.header.cls) == (Kind.PRINTED, RecordClass.SITE)
        assert record.body["what"] == "slip"


def test_copies_are_counted_over_sessions(clinic: Clinic) -> None:
    with clinic.open() as session:
        issue(session, REPORT, form="pdf")
    with clinic.open("inv") as session:
        stamp = issue(session, REPORT, form="html")
        assert (stamp.copy, stamp.user) == (2, "inv")
        assert last(session).body == {
            "about": "M12", "copy": 2, "form": "html", "kind": "printed", "subject": "01-001",
            "what": "slip",
        }  # fmt: skip


def test_a_preview_writes_nothing_and_says_so(clinic: Clinic) -> None:
    with clinic.open() as session:
        before = session.head()
        stamp = preview(session, REPORT)
        assert session.head() == before
        assert stamp.copy == PREVIEW
        assert "预览，非正式打印件" in stamp_words(REPORT, stamp, Tongue.ZH)


def test_a_stamp_tells_subject_user_time_copy_and_state(clinic: Clinic) -> None:
    with clinic.open() as session:
        stamp = issue(session, REPORT, form="pdf")
        said = " ".join(stamp_words(REPORT, stamp, Tongue.EN))
        digest = session.study.digest
        head = session.head()
    for part in ("01-001", "crc", "2027-06-30 09:", "+08:00", "copy 1", digest[:12]):
        assert part in said
    assert f"record {head.seq} {head.digest.hex()[:12]}" in said


def test_identity_is_printed_only_by_who_may_see_it(clinic: Clinic) -> None:
    private = Report("identities", TITLE, (), private=True)
    with clinic.open("cra") as session:
        before = session.head().seq
        with pytest.raises(PermissionDenied):
            issue(session, private, form="pdf")
        with pytest.raises(PermissionDenied):
            note_look(session, "identities")
        assert len(denied(session, before)) == 2
    with clinic.open() as session:
        note_look(session, "copy", "01-001")
        assert last(session).kind is Kind.IDENTITY_LOOKED
        assert last(session).header.cls is RecordClass.SITE
