"""What the sponsor wrote, above what comes: also where nothing was written."""

from __future__ import annotations

from typing import Any

from pytestqt.qtbot import QtBot

from ui.context import Context
from ui.pages.sponsor_words import SponsorWords


def test_where_nothing_was_written_no_size_below_zero_is_asked_for(
    qtbot: QtBot, context: Context, qtlog: Any
) -> None:
    words = SponsorWords(context)
    qtbot.addWidget(words)
    words.show_words([], [])
    assert [r.message for r in qtlog.records] == []
