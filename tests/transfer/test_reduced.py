"""Values that leave only reduced: the sponsor reads the latest, whatever stood there before."""

from __future__ import annotations

import pytest

from tests.transfer.route import Route, fill, values
from tests.transfer.test_receive import new_subject

pytestmark = pytest.mark.both_stores


@pytest.mark.parametrize(
    ("form", "item", "answers", "shown"),
    [
        ("DM", "CETHNIC", ("HAN", "ZHUANG", "HAN", "ZHUANG"), ("HAN", "OTHER", "HAN", "OTHER")),
        ("ID", "BRTHDAT", ("1960-01-01", "1930-01-01", "1960-01-01"), ("67", ">89", "67")),
    ],
)
def test_a_value_that_comes_to_leave_reduced_replaces_the_exact_one(
    route: Route, form: str, item: str, answers: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    subject = new_subject(route)
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/DM", {"SEX": "F"}, complete=False)
    read = "AGE" if item == "BRTHDAT" else item
    found = []
    for answer in answers:
        with route.clinic.open() as session:
            fill(session, f"{subject}/SCR/{form}", {item: answer}, complete=False)
        assert route.carry().fine
        with route.store.open() as session:
            found.append(next(v for a, v in values(session).items() if a.endswith(f"/{read}")))
    assert tuple(found) == shown
    with route.clinic.open() as session:
        exact = next(v for a, v in values(session).items() if a.endswith(f"/{read}"))
    assert exact == (answers[-1] if item == "CETHNIC" else "67")
