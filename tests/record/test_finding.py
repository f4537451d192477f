"""Finding data by typing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mrd_desktop.record.finding import MOST, Hit, find
from mrd_desktop.record.queries import Queries
from mrd_desktop.study.address import ItemKey
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic


@pytest.fixture(scope="module")
def loaded(paused_template: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    clinic = paused_template.copy(tmp_path_factory.mktemp("finding") / "site")
    with clinic.open("cra") as cra:
        Queries(cra).open("01-002/M12#1/TM#1", "Was the tube haemolysed?")
    return clinic


@pytest.fixture
def site(loaded: Clinic) -> Iterator[Session]:
    with loaded.open("cra") as session:
        yield session


def places(found: tuple[Hit, ...]) -> list[str]:
    return [str(hit.place) for hit in found]


def test_a_value_is_found_anywhere(site: Session) -> None:
    assert places(find(site, "B0001-S06")) == ["01-002/UNS#1/MRD#1/A#1/SAMPID"]
    (hit,) = find(site, "spring festival")
    assert isinstance(hit.place, ItemKey)
    assert hit.place.item == "TERM"


def test_words_narrow_by_subject_visit_form_and_item(site: Session) -> None:
    assert places(find(site, "m12 ca15-3 12.8")) == ["01-002/M12#1/TM#1/B#1/CA153VAL"]
    assert places(find(site, "002 第12个月 12.8")) == ["01-002/M12#1/TM#1/B#1/CA153VAL"]
    assert not find(site, "m12 b0001-s06")
    assert not find(site, "01-003 12.8")


def test_a_code_is_found_by_its_meaning_in_either_language(site: Session) -> None:
    for typed in ("m09 mrd 阳性", "m09 mrd positive"):
        values = [h for h in find(site, typed) if isinstance(h.place, ItemKey)]
        assert "01-002/M09#1/MRD#1/C#1/RESULT" in places(tuple(values))
        assert all("阳性" in h.value.zh for h in values)


def test_one_of_several_codes_is_found(site: Session) -> None:
    found = find(site, "tc 往返就医")
    assert any(isinstance(h.place, ItemKey) and h.place.item == "REASON" for h in found)


def test_forms_are_found_by_what_names_them(site: Session) -> None:
    assert "01-002/M12#1/TM#1" in places(find(site, "01-002 m12 tm"))


def test_queries_are_found_by_their_words(site: Session) -> None:
    (hit,) = find(site, "haemolysed 002")
    assert (str(hit.place), hit.asked) == ("01-002/M12#1/TM#1", True)


def test_what_a_pattern_means_to_the_database_means_nothing(site: Session) -> None:
    for typed in ("%%", "__", "m12' OR '1'='1", "12_8", "\\\\"):
        assert not [h for h in find(site, typed) if isinstance(h.place, ItemKey)]


def test_identity_is_in_no_answer_of_this_search(loaded: Clinic) -> None:
    with loaded.open("crc") as session:
        for typed in ("测试乙", "13000000000", "SYN0002", "990101197809020229"):
            assert not find(session, typed)


def test_a_search_ends_when_it_is_no_longer_wanted(site: Session) -> None:
    assert not find(site, "2026", lambda: True)
    assert len([h for h in find(site, "2026") if isinstance(h.place, ItemKey)]) == MOST


def test_values_are_told_as_they_are_found(site: Session) -> None:
    heard: list[Hit] = []
    found = find(site, "B0001-S06", told=heard.append)
    assert tuple(heard) == tuple(h for h in found if isinstance(h.place, ItemKey))
    assert heard


def test_who_sees_no_subjects_finds_nothing(loaded: Clinic) -> None:
    with loaded.open("admin") as admin, pytest.raises(PermissionDenied):
        find(admin, "2026")
