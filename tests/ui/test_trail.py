from __future__ import annotations

from ui.trail import Trail


def test_back_and_forward() -> None:
    trail: Trail[str] = Trail()
    assert trail.before() is None
    for place in "abc":
        trail.go(place)
    assert trail.before() == "b"
    assert trail.before() == "a"
    assert trail.before() is None
    assert trail.after() == "b"


def test_a_new_way_forgets_what_lay_ahead() -> None:
    trail: Trail[str] = Trail()
    for place in "abc":
        trail.go(place)
    trail.before()
    assert trail.go("d") == ("c",)
    assert not trail.has_after
    assert trail.before() == "b"


def test_a_place_met_again_is_not_lost() -> None:
    trail: Trail[str] = Trail()
    for place in "aba":
        trail.go(place)
    trail.before()
    assert trail.go("c") == ()


def test_old_places_are_forgotten() -> None:
    trail: Trail[int] = Trail(longest=2)
    assert trail.go(1) == ()
    assert trail.go(2) == ()
    assert trail.go(3) == (1,)
    assert trail.clear() == (2, 3)
    assert trail.here is None
