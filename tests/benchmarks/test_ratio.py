"""A ratio says whether it holds."""

from __future__ import annotations

from tests.benchmarks.ratio import Ratio, table


def _time(measured: float, *, hold: float = 2.0, slack: float = 0.0) -> Ratio:
    return Ratio("save", measured, 1.0, "ms", "bare commit", hold, slack)


def test_a_time_may_reach_its_ceiling_and_no_more() -> None:
    assert _time(2.0).met
    assert not _time(2.1).met


def test_slack_is_added_in_the_unit_measured() -> None:
    assert _time(5.0, slack=3.0).met
    assert not _time(5.1, slack=3.0).met


def test_a_speed_has_a_floor() -> None:
    speed = Ratio("verify", 60_000, 50_000, "records/s", "to hold", at_least=True)
    assert speed.met
    assert not Ratio("verify", 40_000, 50_000, "records/s", "to hold", at_least=True).met


def test_the_table_shows_what_was_missed() -> None:
    assert table([_time(3.0)]).splitlines()[-1] == (
        "| save | 3 ms | 1 ms (bare commit) | 3 | ≤ 2 × | NO |"
    )


def test_what_is_only_shown_holds_nothing() -> None:
    cost = Ratio("unlock", 400, 4, "ms", "bare open", shown=True)
    assert cost.met
    assert table([cost]).splitlines()[-1] == "| unlock | 400 ms | 4 ms (bare open) | 100 | – | – |"
