"""The printed agreement of two entries."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.reports import catalogue
from mrd_desktop.insight.reports.catalogue import Wish
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import preview
from mrd_desktop.insight.reports.model import Tongue
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.vault.errors import PermissionDenied
from tests.clinic import Clinic
from tests.insight.reports.test_reports import rows
from tests.second import form_key, key_again


def test_it_counts_by_form_item_and_person(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, form_key("VS"), {("A", 1, "PULSE"): "99", ("A", 1, "WEIGHT"): ""})
        report = catalogue.make(Casebook(session), "second", Wish())
        assert rows(report) == [("Vital signs", "8", "2", "2", "25.00 %", "3.19 – 65.09 %")]
        assert [r[0] for r in rows(report, 1)] == ["Vital signs · Pulse", "Vital signs · Weight"]
        assert rows(report, 2) == [("crc", "8", "0", "0.00 %", "0.00 – 36.94 %")]
        assert rows(report, 3)[0][0] == "crc2"
        page = to_html(report, preview(session, report), Tongue.ZH)
        assert "两次录入一致率" in page
        assert [p.what for p in catalogue.printables(session)].count("second") == 1
    with twice.open("admin") as session, pytest.raises(PermissionDenied):
        catalogue.make(Casebook(session), "second", Wish())


def test_a_study_without_second_entries_does_not_offer_it(charted: Clinic) -> None:
    with charted.open() as session:
        assert "second" not in [p.what for p in catalogue.printables(session)]
        report = catalogue.make(Casebook(session), "second", Wish())
        assert rows(report) == []
