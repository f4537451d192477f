"""Refusals of second entry."""

from __future__ import annotations

from mrd_desktop.record.errors import RecordError
from mrd_desktop.texts import Text


class NoSecondEntry(RecordError):
    """The form takes no second entry now."""

    code = "no_second_entry"
    template = Text(
        "{detail} takes no second entry now: the form is not marked for it, not saved yet, or "
        "keyed twice already.",
        "{detail} 目前无需第二次录入：表单未要求第二次录入、尚未保存，或已录入两次。",
    )


class SameHand(RecordError):
    """The user keyed what is to be keyed again, or what is to be settled."""

    code = "same_hand"
    template = Text(
        "You keyed values of {detail}. Another person keys it again and settles the differences.",
        "{detail} 中有您录入的数据，请由另一人进行第二次录入和差异处理。",
    )


class Unread(RecordError):
    """Some typed text is no value."""

    code = "unread"
    template = Text(
        "{n} fields hold text that is no value. Correct them, then compare.",
        "有 {n} 项内容无法识别，请更正后再比对。",
    )


class NotAsked(RecordError):
    """A chosen value would stand in a question that is not asked after the other choices."""

    code = "not_asked"
    template = Text(
        "“{en}” is not asked after the other choices. Choose there what fits them.",
        "按其他项的选择，“{zh}”不应填写，请改为与之相符的选择。",
    )


class NoChoice(RecordError):
    """Nothing was chosen."""

    code = "no_choice"
    template = Text(
        "Nothing is chosen yet. Choose a value for at least one line.",
        "尚未选择，请至少为一项选择数值。",
    )


class DifferencesOpen(RecordError):
    """A form whose two entries differ is neither signed nor locked until that is settled."""

    code = "differences_open"
    template = Text(
        "{detail}: the two entries differ, and nobody has settled it yet. Settle the differences "
        "with the paper first.",
        "{detail}：两次录入有差异尚未处理，请先对照纸质记录处理差异。",
    )
