"""Agreement of first and second entries: what counts, whose error it was, over which days."""

from __future__ import annotations

from datetime import date

import pytest

from mrd_desktop.insight.agreement import Keyed, Tally, agreement, figures
from mrd_desktop.insight.proportion import proportion
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.second.settling import Settling
from mrd_desktop.record.second.standing import Choice
from tests.clinic import Clinic
from tests.second import form_key, item_key, key_again

VS, PRT = form_key("VS"), form_key("PRT")
TYPO = ChangeReason("TYPO")
PULSE, RESP, WEIGHT, TEMP = (item_key(VS, i) for i in ("PULSE", "RESP", "WEIGHT", "TEMP"))
OTHERWISE = {
    ("A", 1, "PULSE"): "99",
    ("A", 1, "RESP"): "17",
    ("A", 1, "WEIGHT"): "",
    ("A", 1, "TEMP"): "36.9",
}


def tallied(tally: Tally) -> tuple[int, int, int]:
    return tally.compared, tally.differing, tally.open


def test_counts_and_whose_error_it_was(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, OTHERWISE)
        key_again(session, PRT)
        with session.reading() as conn:
            found = agreement(conn, session.study)
        assert tallied(found.forms["VS"]) == (9, 4, 4)
        assert (found.first["crc"].errors, found.second["crc2"].errors) == (0, 0)
        settling = Settling(session, VS)
        settling.choose(PULSE, Choice.SECOND)  # an error of the first
        settling.choose(RESP, Choice.FIRST)  # of the second
        settling.type(TEMP, "36.4")  # of both
        settling.save(TYPO)
    with twice.open("crc") as session:
        entry = FormEntry(session, VS)
        entry.type(WEIGHT, "")  # the first person agrees with the second
        entry.save(complete=False, reason=TYPO)
        with session.reading() as conn:
            found = agreement(conn, session.study)
        assert found.keyings == 2
        assert list(found.forms) == ["PRT", "VS"]
        assert tallied(found.forms["VS"]) == (9, 4, 0)
        assert tallied(found.forms["PRT"])[1:] == (0, 0)
        assert tallied(found.items["VS.PULSE"]) == (1, 1, 0)
        assert tallied(found.items["VS.SYSBP"]) == (1, 0, 0)
        keyed = found.total.compared
        assert found.first == {"crc": Keyed(keyed, 3)}
        assert found.second == {"crc2": Keyed(keyed, 2)}
        assert found.forms["VS"].share == proportion(4, 9)
        shown = figures(found)["forms"]["VS"]
        assert (shown["share"], shown["lower"], shown["upper"]) == (0.444444, 0.136996, 0.787991)


@pytest.mark.parametrize(
    ("since", "until", "counted"),
    [
        (None, None, True),
        (date(2027, 6, 30), date(2027, 6, 30), True),
        (date(2027, 7, 1), None, False),
        (None, date(2027, 6, 29), False),
    ],
)
def test_a_period_holds_both_its_days(
    twice: Clinic, since: date | None, until: date | None, counted: bool
) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, OTHERWISE)
        with session.reading() as conn:
            found = agreement(conn, session.study, since, until)
        assert tallied(found.total) == ((9, 4, 4) if counted else (0, 0, 0))
        assert found.keyings == int(counted)
