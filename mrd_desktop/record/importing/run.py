"""Taking a report in: tried once more, then every form in one transaction, or nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.importing.mapping import ReportMapping
from mrd_desktop.record.importing.table import ReportTable
from mrd_desktop.record.importing.trial import RowResult, Tell, Trial, Verdict, try_report
from mrd_desktop.record.saving import good_reason, save_forms
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

NEEDS_REASON: Final = Text(
    "A recorded value would change; the run states no reason for it.",
    "将更改已保存的数据，但本次导入未说明原因。",
)


@dataclass(frozen=True)
class Imported:
    """What a run did.

    Attributes:
        trial: the rows; those that lacked a reason are refused.
        forms: forms saved; 0 where a refused row kept everything from being taken in.
        records: audit records written.
    """

    trial: Trial
    forms: int = 0
    records: int = 0


def import_report(
    session: Session,
    table: ReportTable,
    mapping: ReportMapping,
    *,
    reason: ChangeReason | None = None,
    skip_refused: bool = False,
    tell: Tell | None = None,
) -> Imported:
    """Take a report in: all of its rows in one transaction, or none.

    Values that are recorded otherwise change only if a good reason is given; it stands in the
    record of each of them. Forms are never declared complete here.

    Args:
        reason: for every change of a recorded value.
        skip_refused: take the other rows although some are refused.

    Raises:
        MappingRefused, SaveRefused: as :func:`try_report`; nothing was recorded.
        ChangedMeanwhile: a form was saved by hand while this ran; nothing was recorded.
    """
    tried = try_report(session, table, mapping, tell)
    trial = with_reason(session, tried, reason)
    refused = trial.count(Verdict.REFUSED)
    intents = [replace(r.intent, reason=reason) for r in trial.rows if r.intent]
    if not intents or (refused and not skip_refused):
        return Imported(trial)
    saved = save_forms(session, intents)
    return Imported(trial, len(saved), saved[0].records)


def with_reason(session: Session, trial: Trial, reason: ChangeReason | None) -> Trial:
    """The trial with every row refused that would change a value without a good reason."""
    if good_reason(session, reason):
        return trial

    def judged(row: RowResult) -> RowResult:
        if row.verdict is not Verdict.DIFFERENT:
            return row
        words = Text(f"{row.reason.en} {NEEDS_REASON.en}", f"{row.reason.zh}{NEEDS_REASON.zh}")
        return replace(row, verdict=Verdict.REFUSED, reason=words, intent=None)

    return Trial(tuple(judged(r) for r in trial.rows))
