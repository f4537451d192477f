"""Strings that occur nowhere by chance: names, numbers, words and passwords, from one seed."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

_GIVEN: Final = "泽楷瑾萱沐宸梓涵奕辰语桐钰琪昊霖婧琳锦妍煜祺晗玥"
_SURNAMES: Final = ["欧阳", "司徒", "上官", "诸葛", "夏侯", "慕容", "尉迟", "长孙", "宇文", "独孤"]
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK: Final = "10X98765432"
TEXTS: Final = ("utf-8", "utf-16-le", "gb18030")
SHORTEST: Final = 6
"""Bytes below which a string could be found by chance."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is typed of one synthetic participant.

    Attributes:
        identity: items of form ID, by name.
        born: day of birth.
        staff, note, draft, reason: words typed elsewhere.
    """

    identity: Mapping[str, str]
    born: str
    staff: str
    note: str
    draft: str
    reason: str

    def strings(self) -> Iterator[str]:
        """What must not stand readable anywhere."""
        yield from self.identity.values()
        yield from (self.staff, self.note, self.draft, self.reason)


def person(chance: Random) -> Person:
    """One synthetic participant; the identity number has its check character."""
    year, month, day = chance.randint(1950, 1985), chance.randint(1, 12), chance.randint(1, 28)
    head = f"{chance.randint(990000, 999999)}{year}{month:02}{day:02}"
    head += f"{chance.randint(0, 99):02}{chance.choice('02468')}"
    total = sum(int(d) * w for d, w in zip(head, _WEIGHTS, strict=True))
    digits = lambda n: "".join(chance.choice("0123456789") for _ in range(n))  # noqa: E731
    name = lambda: chance.choice(_SURNAMES) + "".join(chance.sample(_GIVEN, 3))  # noqa: E731
    identity = {
        "PATNAME": name(),
        "IDNO": head + _CHECK[total % 11],
        "MRN": f"SYN{digits(9)}",
        "OPNO": f"OP{digits(10)}",
        "INSNO": f"INS{digits(14)}",
        "MOBILE": f"1{chance.choice('3456789')}{digits(9)}",
        "TEL2": f"021{digits(8)}",
        "WECHAT": f"wx_{word(chance)}",
        "ADDR": f"虚构路{digits(6)}号{name()}",
        "KINNAME": name(),
        "KINTEL": f"1{chance.choice('3456789')}{digits(9)}",
    }
    words = (word(chance) for _ in range(4))
    return Person(identity, f"{year}-{month:02}-{day:02}", *words)


def word(chance: Random) -> str:
    """A word of letters that no dictionary has."""
    return "".join(chance.choice("bcdfghjklmnpqrstvwxz") for _ in range(12))


def password(chance: Random) -> str:
    """A password as people choose them."""
    return " ".join(word(chance)[:7] for _ in range(3))


def forms_of_text(text: str) -> set[bytes]:
    """How a text may stand in a file."""
    return {f for f in (text.encode(e) for e in TEXTS) if len(f) >= SHORTEST}


def forms_of_key(key: bytes) -> set[bytes]:
    """How a key may stand in a file: raw, in hexadecimal, in base64 at each of three places."""
    found = {key, key.hex().encode(), key.hex().upper().encode()}
    for lead in range(3):
        inner = base64.b64encode(bytes(lead) + key)[4 if lead else 0 :]
        found.add(inner[: len(inner) // 4 * 4 - 4])
        found.add(inner[: len(inner) // 4 * 4 - 4].replace(b"+", b"-").replace(b"/", b"_"))
    return found


def searched(places: Iterable[Path], forms: Mapping[str, set[bytes]]) -> tuple[set[str], int]:
    """Where something stands readable (place and what), and how many bytes were looked through."""
    hits, size = set(), 0
    for path in _files(places):
        try:
            data = path.read_bytes()
        except OSError:  # somebody else's, and gone
            continue
        size += len(data)
        data += b"\n" + os.fsencode(path)
        hits |= {f"{path}: {what}" for what, some in forms.items() if any(f in data for f in some)}
    return hits, size


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        found = place.rglob("*") if place.is_dir() else (place,)
        yield from (p for p in found if p.is_file() and not p.is_symlink())
