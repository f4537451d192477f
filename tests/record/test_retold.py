"""What stands in the place of redacted content is refused unless two people signed for it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Header, Kind, Opening, Record, RecordClass
from mrd_desktop.record.retold import Retold, signed_for
from mrd_desktop.record.standin import MARK, payload_digest

CHAIN = "a" * 26
FIRST: dict[str, JSON] = {"check": "C", "address": "S-1/V/F/A/I", "text": "synthetic words"}
INSTEAD: dict[str, JSON] = {"chain": CHAIN, "seq": 2}
STANDS: dict[str, JSON] = {**FIRST, "text": MARK, "taken": ["text"], "instead": INSTEAD}
HANDS: list[JSON] = [{"user": "a"}, {"user": "b"}]


def record(seq: int, kind: Kind, body: Mapping[str, JSON], *, end: bool = True) -> Record:
    header = Header(
        1, 1, CHAIN, seq, 2, end, RecordClass.CODED, "2026-01-01T00:00:00.000Z",
        "e" * 26, "0" * 64, "0" * 64,
    )  # fmt: skip
    told = {**body, "kind": kind.value}
    return Record(header.to_bytes(), None, Opening(bytes(32), dumps(told)))


def pair(stands: Mapping[str, JSON] = STANDS, **changed: JSON) -> list[Record]:
    """A stand-in and the redaction that names it."""
    stand_in = record(5, Kind.CHECK_ANSWERED, stands, end=False)
    kept = payload_digest(stand_in.body)
    said: dict[str, JSON] = {"seqs": [2], "gone": [{"seq": 2, "kept": kept}], "signed": HANDS}
    return [stand_in, record(6, Kind.REDACTION_DONE, {**said, **changed})]


def faults(records: list[Record], first: Mapping[str, JSON] = FIRST) -> list[str]:
    held = record(2, Kind.CHECK_ANSWERED, first)
    found: list[str] = []
    assert list(Retold(lambda _: held).passing(records, found)) == records
    return found


def test_one_that_is_named_and_signed_for_passes() -> None:
    assert faults(pair()) == []
    assert signed_for(pair()) == {5}


@pytest.mark.parametrize(
    "instead",
    [
        5, "2", [2], None, {"chain": CHAIN}, {"chain": CHAIN, "seq": "2"},
        {"chain": CHAIN, "seq": 5}, {"chain": CHAIN, "seq": 0}, {"chain": "b" * 26, "seq": 2},
    ],
    ids=str,
)  # fmt: skip
def test_one_that_stands_for_nothing_is_refused(instead: JSON) -> None:
    assert "record 5 stands for nothing before it" in faults(pair({**STANDS, "instead": instead}))


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"gone": []}, "was not signed for"),
        ({"gone": [{"seq": 2}]}, "was not signed for"),
        ({"gone": [{"seq": 3, "kept": "0" * 64}]}, "was not signed for"),
        ({"gone": [{"seq": 2, "kept": "0" * 64}]}, "was not signed for"),
        ({"gone": "2"}, "was not signed for"),
        ({"seqs": [3]}, "was not signed for"),
        ({"signed": None}, "without the signatures"),
    ],
    ids=str,
)
def test_a_redaction_names_and_signs_it(changed: dict[str, JSON], what: str) -> None:
    assert any(what in fault for fault in faults(pair(**changed)))


def test_one_without_a_redaction_in_its_transaction_is_refused() -> None:
    stray = record(5, Kind.CHECK_ANSWERED, STANDS)
    assert faults([stray]) == [
        "record 5 stands for another one, and no redaction beside it names it"
    ]
    assert signed_for([stray]) == frozenset()


def test_two_in_one_place_are_refused() -> None:
    stand_in, redaction = pair()
    again = record(5, Kind.CHECK_ANSWERED, STANDS, end=False)
    assert faults([stand_in, again, redaction])


def test_one_that_says_otherwise_than_the_first_is_refused() -> None:
    assert faults(pair(), {**FIRST, "address": "S-1/V/F/A/J"})


def test_a_link_is_destroyed_by_two() -> None:
    assert faults([record(5, Kind.LINK_DESTROYED, {"subject": "S-1", "seqs": []})])


def destroyed(**changed: JSON) -> Record:
    said: dict[str, JSON] = {"subject": "01-001", "seqs": [2, 3], "signed": HANDS}
    return record(6, Kind.LINK_DESTROYED, {**said, **changed})


def private(seq: int) -> Record:
    header = record(seq, Kind.ITEM_SET, {}).header._replace(cls=RecordClass.PRIVATE)
    return Record(header.to_bytes())


def judged(link: Record, *, held: bool) -> list[str]:
    """What is said of a destroyed link: of records held before, or that came along."""
    known = {2: private(2), 3: private(3), 4: record(4, Kind.ITEM_SET, FIRST)}
    found: list[str] = []
    if held:
        list(Retold(known.get).passing([link], found))
    else:
        list(Retold().passing([*known.values(), link], found))
    return found


@pytest.mark.parametrize("held", [True, False])
def test_a_destroyed_link_names_identities_alone(held: bool) -> None:
    assert judged(destroyed(), held=held) == []
    assert judged(destroyed(seqs=[]), held=held) == []
    for changed in (
        {"seqs": [2, 4]}, {"seqs": [4]}, {"seqs": [5]}, {"seqs": [6]}, {"seqs": [0]},
        {"seqs": ["2"]}, {"seqs": "23"}, {"seqs": None}, {"subject": None}, {"subject": ""},
        {"subject": ["01-001"]},
    ):  # fmt: skip
        assert judged(destroyed(**changed), held=held) == ["record 6 destroys more than a link"]
