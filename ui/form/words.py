"""The words of the form page."""

from __future__ import annotations

from mrd_desktop.record.views import FormState
from mrd_desktop.texts import Text
from ui.icons import Glyph
from ui.theme import Ink

STATES: dict[FormState, tuple[Glyph, Text, Ink]] = {
    FormState.EMPTY: (Glyph.EMPTY, Text("Not started", "未开始"), Ink.SECONDARY),
    FormState.DRAFT: (Glyph.DRAFT, Text("Draft", "草稿"), Ink.ACCENT),
    FormState.INCOMPLETE: (Glyph.DRAFT, Text("Incomplete", "未完整"), Ink.SOFT),
    FormState.COMPLETE: (Glyph.COMPLETE, Text("Complete", "完整"), Ink.GOOD),
    FormState.SIGNED: (Glyph.SIGNED, Text("Signed", "已签名"), Ink.GOOD),
    FormState.LOCKED: (Glyph.LOCKED, Text("Locked", "已锁定"), Ink.SECONDARY),
}

OPTIONAL = Text("optional", "选填")
COMPUTED = Text("computed", "自动计算")
COMPUTED_LATER = Text("computed once its data are there", "资料齐备后自动计算")
EXPLAIN = Text("F6 explain · or correct", "F6 说明原因 · 或直接更正")
SAY_WHY = Text("F2 why missing", "F2 标注缺失原因")
ASKED = Text("Query: {question}", "质疑：{question}")
ANSWER = Text("F6 answer", "F6 答复")
ANSWERED = Text("The query is answered.", "质疑已答复。")
EXPLAINED = Text("Explained: {words}", "已说明：{words}")
MORE_CODES = Text("F4 all {n}", "F4 全部 {n} 项")
ENTER_CODE = Text("Enter confirms", "Enter 确认")

SAVE = Text("Save", "保存")
FINISH = Text("Complete and next form", "完成并下一张")
ANOTHER = Text("Complete and one more", "完成并再录一份")
HISTORY = Text("History", "历史")
MISSING = Text("Why missing", "缺失原因")
HELP = Text("Keys", "按键")
DRAFT_KEPT = Text("Draft kept {time}", "草稿已存 {time}")
SAVED_SHORT = Text("Saved {time}", "已保存 {time}")
SAVED = Text("{form} saved {time}", "{form} 已保存 {time}")
CHANGES = Text("changes: {n}", "{n} 项变更")
NOW_COMPLETE = Text("now complete", "现已完整")
CLOSES = Text("closed now: {names}", "现已关闭：{names}")
CLOSES_MANY = Text(
    "forms are closed now, see the subject's page", "部分表单现已关闭，请查看受试者页"
)
SAVED_SAME = Text("{form}: nothing had changed", "{form}：内容无变化")
STILL_OPEN = Text(
    "{n} points keep the form from being complete. F3: next one; Ctrl+S: save incomplete.",
    "还有 {n} 处使表单不能完整。F3 转到下一处；也可用 Ctrl+S 先存为未完整。",
)
NOT_READ = Text(
    "{n} texts are no values and stay as a draft. F3 goes to the next.",
    "{n} 处内容无法识别，仅保留为草稿。F3 转到下一处。",
)
SOURCES = {
    "import": Text("imported", "导入"),
    "labrange": Text("laboratory range", "实验室参考范围"),
}
LIMITS_FILLED = Text(
    "Limits were filled in from the laboratory's ranges; their source stands with them.",
    "已按实验室参考范围带出上下限，来源见各项旁注。",
)
HIDES = Text("Save will clear {n} filled: {labels}", "保存时将清除 {n} 项已填内容：{labels}")
HIDES_KEYS = Text("Enter go on · Esc take the change back", "Enter 继续 · Esc 撤回更改")
AND_MORE = Text("{labels} …", "{labels}等")
REOPENED = Text(
    "Somebody changed this form while you were typing. It is shown as it is now, your typing on "
    "top: look, then save.",
    "在您录入期间，此表单已被他人更改。现已显示最新内容并保留您的录入，请核对后保存。",
)
TYPING_KEPT = Text(
    "{why} Your typing is kept as a draft; Ctrl+Shift+Del discards it.",
    "{why}您的录入已存为草稿，按 Ctrl+Shift+Del 可放弃。",
)
DISCARD = Text("Discard typing", "放弃录入")
DISCARDS = Text(
    "Discard what was typed here and not saved? {what}. What is saved stays.",
    "放弃此处未保存的录入？{what}。已保存的内容保留。",
)
DISCARDS_STUCK = Text(
    "Discard what was typed in closed sections and not saved? {what}. What is saved stays.",
    "放弃已关闭部分中未保存的录入？{what}。已保存的内容保留。",
)
DISCARD_KEYS = Text("Enter discard · Esc keep", "Enter 放弃 · Esc 保留")
DISCARDED = Text("Discarded; what is saved stays.", "已放弃未保存的录入，已保存的内容保留。")
DISCARDED_CLOSED = Text(
    "Discarded; what is saved stays. {why}", "已放弃未保存的录入，已保存的内容保留。{why}"
)
NOTHING_UNSAVED = Text("Nothing is typed here that is not saved.", "此处没有未保存的录入。")
LOST_VALUES = Text("Values: {n}", "{n} 项内容")
LOST_NAMED = Text("{what} ({labels})", "{what}（{labels}）")
LOST_ROWS = Text("rows added, removed or restored: {n}", "增删或恢复 {n} 行")
LOST_WORDS = Text("explanations or notes: {n}", "{n} 条说明或备注")
STUCK = Text(
    "What was typed here and not saved cannot be saved now, and keeps the form from being saved. "
    "Ctrl+Shift+Del discards it; what is saved stays.",
    "此处未保存的录入现不能保存，并使整张表单无法保存。按 Ctrl+Shift+Del 放弃；已保存的内容保留。",
)
STUCK_SAVE = Text(
    "“{section}” is closed now, and what was typed there keeps the form from being saved. "
    "Ctrl+Shift+Del discards it; then save again.",
    "“{section}”现已关闭，其中未保存的录入使表单无法保存。按 Ctrl+Shift+Del 放弃后再保存。",
)
SHUT = Text(
    "Nothing can be entered in this section now. Ctrl+G goes to the reason.",
    "本节现不可录入，按 Ctrl+G 查看原因。",
)
CLOSED_BY = Text("{why} Ctrl+G goes there.", "{why}按 Ctrl+G 前往。")
GO_THERE = Text("Ctrl+G {place}", "Ctrl+G 查看{place}")
GO_THERE_MANY = Text("Ctrl+G {place} and {n} more", "Ctrl+G 查看{place}等 {n} 处")
NOWHERE = Text("The finding here was read from this form alone.", "此处的问题只涉及本表单。")
WHERE = Text("Where the finding looked", "涉及的数据")
ROW_LIKE = Text("Like this row", "仿照本行")
END = Text("End of the form.", "已到表单末尾。")
END_ROWS = Text(
    "End of the form. “{section}” has no rows: Ctrl+N adds one.",
    "已到表单末尾。“{section}”尚无记录，如有请按 Ctrl+N 添加。",
)
ROWS_EXPECTED = Text(
    "“{section}” has no rows. Ctrl+N adds one; if there is none, press Ctrl+Enter again.",
    "“{section}”尚无记录。按 Ctrl+N 添加；如确实没有，请再按一次 Ctrl+Enter。",
)
NOTHING_LEFT = Text("Nothing is left to mend here.", "没有需要处理的问题。")
NO_REASON_HERE = Text(
    "This field needs a value; a missing reason is not accepted.",
    "此项必须填写，不接受缺失原因。",
)
NO_LIST = Text("This field has no list.", "此项没有可选列表。")
NO_LABORATORY = Text(
    "No laboratory has its ranges here yet: Reports › Laboratory ranges. A name can be typed.",
    "尚未设置实验室：请到“检验报告 › 实验室参考范围”添加；名称也可直接填写。",
)
NOT_DECLARED = Text("{n}, not declared complete: Ctrl+Enter", "{n} 尚未声明完成 Ctrl+Enter")
NONE_RECORDED = Text("“{rows}”: nothing is recorded yet.", "“{rows}”尚无记录，请先录入。")
NO_FINDING = Text("There is nothing to explain at this field.", "此项没有需要说明的问题。")
NOT_TO_ANSWER = Text(
    "The answer is given by those who enter the data.", "质疑由录入数据的人员答复。"
)
HARD_STAYS = Text(
    "This cannot be explained away: correct the value.", "此问题不能以说明代替，请更正数值。"
)
TAKE_BACK = Text("No missing reason", "取消缺失原因")
ADD_ROW = Text("Add a row", "添加一行")
REMOVE_ROW = Text("Remove this row", "删除本行")
RESTORE_ROW = Text("Restore", "恢复")
REMOVED_ROWS = Text("{n} removed rows", "已删除 {n} 行")
ROW = Text("Row {n}", "第 {n} 行")
NO_ROWS = Text("No rows yet.", "暂无记录。")
CANNOT_ADD = Text("Rows do not apply here.", "目前不适用，无需填写。")

WHY_CHANGED = Text("Recorded values that change: {n}. Why?", "将更改 {n} 项已保存的数据，原因：")
WHY_ROWS = Text("Recorded rows are removed. Why?", "将删除已保存的行，原因：")
IN_WORDS = Text("In words", "补充说明")
REASON = Text("Reason for change", "更改原因")
NOTES = Text("Note", "备注")
NOTE_SO = Text("Note: {label}", "备注：{label}")
NOTE_KEPT = Text("The note is kept.", "备注已保存。")
NOTE_PRIVACY = Text("No names or numbers of the patient", "请勿填写患者姓名、证件号、电话")
NOTED = Text("Notes: {n}. F8 shows them.", "备注 {n} 条，按 F8 查看。")
PAPER = Text("From paper", "纸质补录")
PAPER_SO = Text(
    "Day on the paper record, then its number", "纸质记录上的日期，空格后可写原件编号："
)
PAPER_HINT = Text("0316 or 2026-03-16 A-17", "0316 或 2026-03-16 A-17")
PAPER_SHOWN = Text("Paper record of {day} {ref}", "纸质记录 {day} {ref}")
PAPER_TAKEN = Text(
    "The day on the paper is kept with the next Save; the time of entry stands beside it.",
    "保存时将一并记录纸质记录日期，录入时间另行保留。",
)
WHY_SO = Text("Explain: {label}", "说明：{label}")
ANSWER_SO = Text("Answer: {label}", "答复：{label}")
KEEP_WORDS = Text("Enter keep · Esc leave", "Enter 确定 · Esc 取消")

UNDER = Text("version {version} “{label}”", "版本 {version}“{label}”")
FORMER_MARK = Text("Version {version}", "版本 {version}")
FORMER = Text(
    "Shown as saved, in the words of version {version}.",
    "按保存时的版本 {version} 显示。",
)
FORMER_ASKS = Text(
    "Shown as saved, in the words of version {version}; version {now} asks for more here: {n}.",
    "按保存时的版本 {version} 显示；版本 {now} 在此另有 {n} 项须填写。",
)
TAKE_UP = Text("Change under version {version}", "按版本 {version} 修改")
ASIDE = Text(
    "Typed under version {version} and set aside: {n} values fit here.",
    "版本 {version} 下录入的内容已另行保管，其中 {n} 项可在此取用。",
)
ASIDE_WAITS = Text(
    "Typed under version {version} and set aside until it is installed again: {n} values.",
    "版本 {version} 下录入的 {n} 项内容已另行保管，待该版本重新安装后恢复。",
)
TAKE_ASIDE = Text("Take up what fits", "取用适用内容")
ASIDE_TAKEN = Text(
    "Taken up as your typing, not saved yet. Look, then save.",
    "已取用为未保存的录入，请核对后保存。",
)
NEWLY = Text(
    "Version {version} asks for more here: the caret is at the first, F3 goes to the next.",
    "版本 {version} 在此另有必填项，光标已在第一处，按 F3 转到下一处。",
)
NO_HISTORY = Text("Nothing is recorded here yet.", "尚无记录。")

SIGNED_NOTE = Text(
    "Signed. A change needs a reason and removes the signature.",
    "表单已签名。更改须说明原因，并会撤销签名。",
)
SIGNED_BY = Text(
    "Electronically signed: {who}, {role}, {at}. {says}",
    "电子签名：{who}，{role}，{at}。{says}",
)
SUPERSEDED_BY = Text(
    "The signature of {who}, {role}, {at} ({says}) no longer counts: {user} changed the form, "
    "{changed}.",
    "{who}（{role}）于 {at} 的签名（{says}）已失效：{user} 于 {changed} 更改了表单。",
)
READ_ONLY = Text("Read only", "只读")
