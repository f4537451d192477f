"""When a finding is told to whoever fills a form: neither before its time nor once only."""

from __future__ import annotations

from collections.abc import Callable, Collection

from mrd_desktop.study.address import EventKey, ItemKey, RowKey
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.model import Check


class Telling:
    """How far the user has come in a form.

    Attributes:
        attempted: the form was saved before, or completing it was tried.
        reached: the last section that a field was left in, as a number.
        earlier: the form was first saved on an earlier day.
    """

    def __init__(self, event: EventKey) -> None:
        self._event = event
        self.attempted = self.earlier = self._insisted = False
        self.reached = 0
        self._row: RowKey | None = None
        self._passed: frozenset[RowKey] = frozenset()

    def insist(self) -> None:
        """Completing was tried: everything is told from now on."""
        self.attempted = self._insisted = True

    def leave(self, row: RowKey, section: int) -> None:
        """A field of this row was left."""
        self.reached = max(self.reached, section)
        if self._row not in (None, row):
            self._passed |= {self._row}
        self._row = row

    def tells(
        self,
        finding: Finding,
        recorded: Collection[RowKey],
        *,
        typed: Callable[[Check], bool],
        awaited: Callable[[Check], bool],
    ) -> bool:
        """Whether it is time to tell a finding.

        An empty required field is told only once the user has tried to complete the form, and in
        a row that is being added once that row was left; rows that are not there yet only once
        the user has gone past their section. What other forms lack is told from the day after this
        form was first saved, when its query is asked, unless an answer typed here is the cause;
        what another visit lacks, never here.

        Args:
            recorded: the rows that are not new.
            typed: an answer typed here is the cause of a check.
            awaited: a check waits for rows that are still to come.
        """
        key, check = finding.key, finding.check
        if isinstance(key, EventKey) and key != self._event:
            return False
        if check.daily and not self.earlier and not typed(check):
            return False
        if check.on != "REQUIRED":
            return self.attempted or not awaited(check)
        begun = isinstance(key, ItemKey) and not (key.row in recorded or key.row in self._passed)
        return self.attempted and (self._insisted or not begun)
