"""Reading JSON from outside into types: exact keys, exact types, nothing forgiven."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from mrd_desktop.ledger.canonical import JSON, loads
from mrd_desktop.ledger.errors import CanonicalError
from mrd_desktop.transfer.errors import Damaged, NewerFormat

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
SITE: Final = re.compile(r"[0-9]{2}")
TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
ANY: Final = re.compile(r"[^\x00]{0,4000}", re.DOTALL)
"""Words of people, lines allowed."""
_TEXT: Final = re.compile(r"[^\x00-\x1f]{1,200}")


class Fields:
    """One JSON object whose fields are taken one by one; ``done`` refuses what is left over.

    Every method raises Damaged naming the field where it is missing or of another type.
    """

    def __init__(self, value: JSON, what: str) -> None:
        if not isinstance(value, Mapping):
            raise Damaged(what)
        self._left = dict(value)
        self._what = what

    @classmethod
    def of(cls, data: bytes, what: str, form: str) -> Fields:
        """The object of canonical bytes whose field ``format`` is ``form``.

        Raises:
            Damaged: no canonical object.
            NewerFormat: another major version of the same format.
        """
        try:
            fields = cls(loads(data), what)
        except CanonicalError:
            raise Damaged(what) from None
        found = fields.text("format")
        if found != form:
            name = form.partition("/")[0]
            raise NewerFormat(found) if re.fullmatch(name + "/[0-9]+", found) else Damaged(what)
        return fields

    def _take(self, name: str) -> JSON:
        if name not in self._left:
            raise self._wrong(name)
        return self._left.pop(name)

    def _wrong(self, name: str) -> Damaged:
        return Damaged(f"{self._what}: {name}")

    def text(self, name: str, shape: re.Pattern[str] = _TEXT) -> str:
        """A text of a shape (by default one line of up to 200 characters)."""
        value = self._take(name)
        if not isinstance(value, str) or not shape.fullmatch(value):
            raise self._wrong(name)
        return value

    def text_or_none(self, name: str, shape: re.Pattern[str] = _TEXT) -> str | None:
        """A text of a shape, or null."""
        if name in self._left and self._left[name] is None:
            del self._left[name]
            return None
        return self.text(name, shape)

    def number(self, name: str, least: int = 0) -> int:
        """An integer from ``least``."""
        value = self._take(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self._wrong(name)
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise self._wrong(name)
        return value

    def object(self, name: str) -> Fields:
        """An object inside."""
        return Fields(self._take(name), f"{self._what}: {name}")

    def object_or_none(self, name: str) -> Fields | None:
        """An object inside, or null."""
        if name in self._left and self._left[name] is None:
            del self._left[name]
            return None
        return self.object(name)

    def list(self, name: str) -> Sequence[JSON]:
        """A list."""
        value = self._take(name)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self._wrong(name)
        return value

    def list_or_none(self, name: str) -> Sequence[JSON] | None:
        """A list; None where the field is not there."""
        return self.list(name) if name in self._left else None

    def texts(self, name: str, shape: re.Pattern[str] = _TEXT) -> tuple[str, ...]:
        """A sorted list of different texts."""
        found = tuple(v for v in self.list(name) if isinstance(v, str) and shape.fullmatch(v))
        again = tuple(sorted(set(found)))
        if found != again:
            raise self._wrong(name)
        return found

    def numbers(self, name: str) -> Mapping[str, int]:
        """An object of positive integers."""
        inside = self.object(name)
        return {key: inside.number(key, 1) for key in tuple(inside._left)}

    def done(self) -> None:
        """Refuse fields that nobody took."""
        if self._left:
            raise self._wrong(min(self._left))
