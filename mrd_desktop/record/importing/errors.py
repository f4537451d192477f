"""Refusals of report files and mappings. No message holds a value of the file."""

from __future__ import annotations

from mrd_desktop.record.errors import RecordError
from mrd_desktop.texts import Text


class ReportUnreadable(RecordError):
    """The file is no table that can be read."""

    code = "report"
    template = Text("{reason_en}", "{reason_zh}")

    def __init__(self, words: Text) -> None:
        super().__init__(reason_en=words.en, reason_zh=words.zh)


class MappingRefused(RecordError):
    """The mapping does not fit the study or the file."""

    code = "mapping"
    template = Text("{reason_en}", "{reason_zh}")

    def __init__(self, words: Text) -> None:
        super().__init__(reason_en=words.en, reason_zh=words.zh)
