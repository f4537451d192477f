"""A finding leads to the data points it was read from."""

from __future__ import annotations

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locating import locate
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.checks import findings
from mrd_desktop.study.tracing import sources
from mrd_desktop.texts import Language
from tests.clinic import Clinic


def test_the_other_value_of_a_cross_form_check_is_named_with_what_stands_there(
    charted: Clinic,
) -> None:
    with charted.open() as session:
        book = Casebook(session)
        crdat, advdat = (
            locate(session.study, f"01-001/SCR/{x}") for x in ("CR/CRDAT", "BCH/ADVDAT")
        )
        assert isinstance(crdat, ItemKey)
        assert isinstance(advdat, ItemKey)
        entry = book.open(crdat.form)
        entry.type(crdat, "2001-01-01")
        found = next(f for f in entry.field(crdat).findings if f.check.id == "EC-013")
        [place] = entry.elsewhere(found)
        assert place.key == advdat
        recorded = book.history(advdat)[-1].answer
        assert recorded is not None
        assert place.shown.say(Language.EN) == recorded.text


def test_a_check_within_one_form_leads_nowhere_else(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        stage = locate(session.study, "01-001/SCR/BCH/STAGE")
        assert isinstance(stage, ItemKey)
        entry = book.open(stage.form)
        entry.type(stage, "IV")
        found = next(f for f in entry.findings() if f.check.id == "EC-011")
        assert entry.elsewhere(found) == ()


def test_what_a_finding_reads_names_no_other_subject(charted: Clinic) -> None:
    with charted.open() as session:
        scene = Casebook(session).chart("01-001").scene
        for finding in findings(scene):
            for key in sources(scene, finding):
                assert key.subject == "01-001"
                assert key != finding.key
