"""Recorded values as words for a report."""

from __future__ import annotations

from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import Item, Study
from mrd_desktop.study.unit_words import unit_text
from mrd_desktop.study.values import show
from mrd_desktop.texts import Language, Text

MISSING = Text("missing: {reason}", "缺失：{reason}")


def meaning(study: Study, item: Item, answer: Answer | None) -> Text:
    """What stands in a data point: codes by their meaning, with the unit; empty for nothing."""
    en, zh = (_said(study, item, answer, x) for x in (Language.EN, Language.ZH))
    return Text(en, zh)


def _said(study: Study, item: Item, answer: Answer | None, language: Language) -> str:
    said = show(item, answer, language, study.codelists["MISS"])
    if answer is None or not said:
        return ""
    if answer.missing is not None:
        return MISSING.say(language, reason=said)
    unit = unit_text(item.unit).say(language)
    return f"{said} {unit}" if unit else said
