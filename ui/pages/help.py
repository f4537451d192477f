"""Help without leaving the window: the keys, and short pages on each kind of work."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPalette, QTextCursor
from PySide6.QtWidgets import QTextBrowser, QVBoxLayout

from mrd_desktop.resources import resource
from mrd_desktop.texts import Language, Text
from ui.context import Context
from ui.form.words import KEYS as FORM_KEYS
from ui.page import Page
from ui.second_entry import KEY as SECOND_KEY
from ui.theme import Size, Type
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.note import Note
from ui.widgets.scroll import narrow_bars

HEADING = Text("Help", "帮助")
TOPICS = Text("Topics", "主题")
KEYS = "keys"
PAGES: tuple[tuple[str, Text], ...] = (
    (KEYS, Text("Keys", "按键一览")),
    ("start", Text("First steps", "开始使用")),
    ("today", Text("Today", "今日工作")),
    ("entry", Text("Entering data", "数据录入")),
    ("second", Text("Second entry", "第二次录入")),
    ("subject", Text("Subjects and visits", "受试者与访视")),
    ("reports", Text("Laboratory reports", "检验报告")),
    ("charts", Text("Charts", "图表")),
    ("queries", Text("Queries and signatures", "质疑与签名")),
    ("monitoring", Text("Monitoring and locks", "监查与锁定")),
    ("paper", Text("Calendar and paper", "日历与打印")),
    ("transfer", Text("Export and receive", "导出与接收")),
    ("care", Text("Passwords and backups", "密码与备份")),
)
EVERYWHERE = Text("Everywhere", "任何页面")
IN_LISTS = Text("In lists", "列表")
ON_SUBJECT = Text("On a subject's page", "受试者页")
ON_OTHERS = Text("On other pages", "其他页面")
IN_FORM = Text("In a form", "表单")
REVIEWING = Text("In a form: comparing and locking", "表单：核对与锁定")
GENERAL_KEYS: tuple[tuple[str, Text], ...] = (
    (
        "Ctrl+K",
        Text("find and go: subject, visit, form, act", "搜索并前往：受试者、访视、表单、操作"),
    ),
    ("Alt+1 … Alt+9", Text("sections of the window", "左侧各栏目")),
    ("Alt+← Alt+→", Text("page before, page after", "后退、前进")),
    ("Ctrl+L", Text("lock", "锁定")),
    ("F12", Text("Chinese or English", "中文或英文")),
    ("F1", Text("this help; in a form its keys", "帮助；在表单中显示按键")),
)
LIST_KEYS: tuple[tuple[str, Text], ...] = (
    ("↑ ↓  PgUp PgDn", Text("walk", "移动")),
    ("Enter", Text("open", "打开")),
    ("← →", Text("another filter (Today, Queries)", "切换筛选（今日工作、质疑）")),
    ("/", Text("search in the list (Today, Queries)", "在列表中搜索（今日工作、质疑）")),
    ("O  P", Text("Today: order, print", "今日工作：排列方式、打印")),
    ("Ctrl+N", Text("new subject", "新受试者")),
    ("A  C  R", Text("query: answer, close, reopen", "质疑：回复、关闭、重新打开")),
)
SUBJECT_KEYS: tuple[tuple[str, Text], ...] = (
    ("↑ ↓ ← →", Text("walk the grid of visits and forms", "在访视与表单表格中移动")),
    ("Enter", Text("open the form", "打开表单")),
    ("Ctrl+PgUp  Ctrl+PgDn", Text("subject before, after", "上一位、下一位受试者")),
    ("P", Text("read the picture mark by mark, by arrows", "用方向键逐个读取病程图标记")),
    ("V", Text("the story as a table; both on paper", "病程表；图与表均可打印")),
    ("Ctrl+S", Text("save the picture (PDF, PNG, SVG, CSV)", "保存病程图（PDF、PNG、SVG、CSV）")),
    ("J", Text("queries of this subject", "此受试者的质疑")),
    ("N", Text("add a visit, a log form, another record", "添加访视、随时记录表或另一条记录")),
    ("S", Text("sign complete forms (investigator)", "签名完整的表单（研究者）")),
    ("Q", Text("ask a question (monitor)", "提出质疑（监查员）")),
    ("L", Text("meaning of the signs", "图例")),
    ("Del", Text("remove a form, with a reason", "移除表单，须说明原因")),
    ("Esc", Text("back", "返回")),
)
REVIEW_KEYS: tuple[tuple[str, Text], ...] = (
    ("F7", Text("agrees with the source; on to the next", "与原始资料一致，转到下一项")),
    ("Shift+F7", Text("differs: what the source says", "不一致：原始资料的内容")),
    ("Ctrl+F7", Text("all the rest agrees", "其余全部一致")),
    ("F9", Text("freeze, lock, unlock", "冻结、锁定、解锁")),
    (SECOND_KEY, Text("key it a second time, or compare", "二次录入或比对")),
)
OTHER_KEYS: tuple[tuple[str, Text], ...] = (
    ("PgUp  PgDn  T", Text("Calendar: months, today", "日历：换月、今天")),
    ("Ctrl+P  Ctrl+E", Text("Calendar: print, export", "日历：打印、导出")),
    ("G  P  T  D", Text("Charts: groups, people, table, day", "图表：分组、人群、表格、日期")),
    ("Ctrl+S  Ctrl+P", Text("Charts: write a file, print", "图表：存为文件、打印")),
    ("Space  A", Text("To sign: choose, all of the subject", "待签名：选择、该受试者全部")),
    (
        "U  F  S  T",
        Text("Import: unit, fixed value, skip, trial run", "导入：单位、固定值、跳过、试运行"),
    ),
    ("/  Del", Text("Ranges: search, withdraw", "参考范围：搜索、撤销")),
    ("N  L", Text("Monitoring: note a visit, its letter", "监查：记录访视、随访信")),
    ("1  2  3  0", Text("Compare: first, second, other, none", "比对：首录、复录、其他、取消")),
    ("A  F2", Text("Compare: all or differing, missing", "比对：全部或仅不同、缺失原因")),
)
TABLES: tuple[tuple[Text, Sequence[tuple[str, Text]]], ...] = (
    (EVERYWHERE, GENERAL_KEYS),
    (IN_LISTS, LIST_KEYS),
    (ON_SUBJECT, SUBJECT_KEYS),
    (ON_OTHERS, OTHER_KEYS),
    (IN_FORM, FORM_KEYS),
    (REVIEWING, REVIEW_KEYS),
)


_KEYS = 150
"""Width of the column of keys."""


class HelpPage(Page):
    """Topics and their text."""

    def __init__(self, context: Context, topic: str = KEYS) -> None:
        super().__init__(context)
        self.chips = Chips(context, TOPICS)
        self.chips.show_choices([Choice(key, text) for key, text in PAGES])
        self.chips.choose(topic)
        self.chips.chosen.connect(lambda _: self._show())
        self.text = QTextBrowser()
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.text.setOpenLinks(False)
        self.text.document().setDocumentMargin(Size.PAD)
        narrow_bars(context, self.text)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(Size.GAP, Size.GAP, 1, Size.GAP)
        inside.addWidget(self.text)
        ground.show_focus_of(self.text)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.PAD)
        column.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        column.addWidget(self.chips)
        column.addWidget(ground, 1)
        context.theme.changed.connect(self._show)
        self._show()

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """The caret is in the text, so that arrows scroll."""
        QTimer.singleShot(0, self.text, self.text.setFocus)

    def retranslate(self) -> None:
        """Show the topic in the other language."""
        self._show()

    def _show(self) -> None:
        language = self.context.speech.language
        key = self.chips.key
        palette = self.text.palette()
        palette.setColor(QPalette.ColorRole.Base, self.context.tokens.raised)
        palette.setColor(QPalette.ColorRole.Text, self.context.tokens.text)
        self.text.setPalette(palette)
        self.text.document().setDefaultFont(self.context.font())
        if key == KEYS:
            self.text.setLineWrapMode(QTextBrowser.LineWrapMode.WidgetWidth)
            self.text.setHtml(keys_page(language, self.context.tokens.secondary.name()))
        else:
            self.text.setLineWrapMode(QTextBrowser.LineWrapMode.FixedPixelWidth)
            self.text.setLineWrapColumnOrWidth(Size.READING)
            self.text.setMarkdown(page(key, language))
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self.text.setAccessibleName(self.context.say(dict(PAGES)[key]))


def page(key: str, language: Language) -> str:
    """One shipped page as Markdown."""
    return resource("help", language.value, f"{key}.md").read_text(encoding="utf-8")


def keys_page(language: Language, quiet: str) -> str:
    """All keys as HTML, in two columns; the same content as the printed sheet.

    Args:
        quiet: colour of the words beside the keys.
    """
    of_form = next(n for n, (heading, _) in enumerate(TABLES) if heading is IN_FORM)
    general = "".join(_table(h, k, language, quiet) for h, k in TABLES[:of_form])
    form = "".join(_table(h, k, language, quiet) for h, k in TABLES[of_form:])
    return (
        f"<table width='100%'><tr><td width='50%'>{general}</td>"
        f"<td width='50%'>{form}</td></tr></table>"
    )


def _table(heading: Text, keys: Sequence[tuple[str, Text]], language: Language, quiet: str) -> str:
    rows = "".join(
        f"<tr><td width={_KEYS}><b>{escape(key)}</b></td>"
        f'<td><font color="{quiet}">{escape(text.say(language))}</font></td></tr>'
        for key, text in keys
    )
    head = f"<p><b>{escape(heading.say(language))}</b></p>"
    return f"{head}<table cellpadding=3 cellspacing=0>{rows}</table>"
