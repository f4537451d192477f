"""The keys of a form: of everybody at work in it, and of who compares and locks."""

from __future__ import annotations

from mrd_desktop.texts import Text
from ui.key_lines import KeyLine

EDIT = "form.edit"
NOTE = "note.add"
ANSWER = "query.answer"
_EDITS = (EDIT,)
DISCARD_WORDS = Text("discard what is typed and not saved", "放弃未保存的录入")
DISCARD_WAITING = KeyLine("Ctrl+Shift+Del", DISCARD_WORDS)
"""In a form that may not be changed now, where typing waits."""

FORM_KEYS: tuple[KeyLine, ...] = (
    KeyLine("Enter  Tab  ↓", Text("next field", "下一项")),
    KeyLine("Shift+Tab  ↑", Text("previous field", "上一项")),
    KeyLine("PgUp  PgDn", Text("section before, after", "上一节、下一节")),
    KeyLine(
        "t  =  +13w", Text("today, visit date, weeks later", "今天、访视日期、13 周后"), _EDITS
    ),
    KeyLine("16  0316  260316", Text("day; month and day; whole date", "日；月日；年月日"), _EDITS),
    KeyLine(
        "2017  2017-06  UN",
        Text("year or month alone; unknown", "仅年、年月；日期不详"),
        _EDITS,
    ),
    KeyLine("1  2  3 …", Text("a choice by its number", "按编号选择选项"), _EDITS),
    KeyLine("F2", Text("why missing", "缺失原因"), _EDITS),
    KeyLine("F3", Text("next point to mend", "下一处问题")),
    KeyLine("F4  Alt+↓", Text("pick list", "选择列表"), _EDITS),
    KeyLine("F5", Text("note at the field", "本项备注"), (NOTE,)),
    KeyLine("F6", Text("explain a finding, answer a query", "说明问题、答复质疑"), (EDIT, ANSWER)),
    KeyLine("F8", Text("history and notes of the field", "本项修改历史和备注")),
    KeyLine("F11", Text("keyed from paper: its day", "纸质补录，填写纸质日期"), _EDITS),
    KeyLine("Ctrl+G", Text("to the other value of a finding", "查看问题涉及的另一项")),
    KeyLine("Ctrl+PgUp  Ctrl+PgDn", Text("form before, after", "上一张、下一张表单")),
    KeyLine("Alt+PgUp  Alt+PgDn", Text("visit before, after", "上一次、下一次访视")),
    KeyLine("Ctrl+Shift+PgUp/PgDn", Text("subject before, after", "上一位、下一位受试者")),
    KeyLine("Ctrl+N", Text("add a row", "添加一行"), _EDITS),
    KeyLine("Ctrl+D", Text("add a row like this one", "仿照本行添加"), _EDITS),
    KeyLine("Ctrl+Del", Text("remove the row", "删除本行"), _EDITS),
    KeyLine("Ctrl+Z  Ctrl+Y", Text("undo, redo", "撤销、重做"), _EDITS),
    KeyLine("Ctrl+Shift+Del", DISCARD_WORDS, _EDITS),
    KeyLine("Ctrl+S", Text("save", "保存"), _EDITS),
    KeyLine(
        "Ctrl+Enter",
        Text("complete and next form", "完成并下一张"),
        _EDITS,
        Text("next form of the visit", "本次访视的下一张"),
    ),
    KeyLine(
        "Ctrl+Shift+Enter",
        Text("complete and one more (where a form repeats)", "完成并再录一份（可多份的表单）"),
        _EDITS,
    ),
    KeyLine(
        "Esc", Text("back; the draft is kept", "返回，草稿会保留"), _EDITS, Text("back", "返回")
    ),
)
AGREES = KeyLine(
    "F7", Text("agrees with the source; on to the next", "与原始资料一致，转到下一项"), ("sdv",)
)
DIFFERS = KeyLine(
    "Shift+F7", Text("differs: what the source says", "不一致：原始资料的内容"), ("sdv",)
)
REST_AGREES = KeyLine("Ctrl+F7", Text("all the rest agrees", "其余全部一致"), ("sdv",))
LOCK = KeyLine("F9", Text("freeze, lock, unlock", "冻结、锁定、解锁"), ("form.lock",))
SECOND = KeyLine(
    "F10",
    Text("key it a second time, or compare", "二次录入或比对"),
    _EDITS,
    Text("compare its two entries", "查看两次录入的比对"),
)
TAKE = KeyLine(
    "Ctrl+E",
    Text(
        "change under the version in force; take up typing set aside",
        "按现行版本修改；取用另行保管的录入",
    ),
)
ERASE = KeyLine(
    "Ctrl+F8",
    Text(
        "take content of the field out by two people (in an identity form: destroy the link)",
        "两人遮蔽本项内容（身份表单中为销毁身份关联）",
    ),
    ("form.sign",),
)
REVIEW_KEYS = (AGREES, DIFFERS, REST_AGREES, LOCK, SECOND, TAKE, ERASE)
