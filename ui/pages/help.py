"""Help without leaving the window: the keys, and short pages on each kind of work."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPalette, QTextBlockFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QHBoxLayout, QTextBrowser, QVBoxLayout

from mrd_desktop.resources import resource
from mrd_desktop.texts import Language, Text
from ui.context import Context
from ui.key_lines import Allows
from ui.keymap import Keys, tables
from ui.page import Page
from ui.theme import Size, Type
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.note import Note
from ui.widgets.scroll import narrow_bars

HEADING = Text("Help", "帮助")
TOPICS = Text("Topics", "主题")
REPORT = Text("Report a problem", "报告问题")
SUPPORT = Text("Make a file for support", "生成技术支持文件")
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

_LEADING = 118
"""Height of a line of prose, in percent of the letters' own."""
_KEYS = 150
"""Width of the column of keys."""


class HelpPage(Page):
    """Topics and their text.

    Signals:
        report_wanted: a problem with the program is to be reported.

    Args:
        allows: what the reader may do; the keys of other people's acts are left out.
        reports: the reader may report problems here.
    """

    report_wanted = Signal()

    def __init__(
        self, context: Context, allows: Allows, topic: str = KEYS, *, reports: bool = False
    ) -> None:
        super().__init__(context)
        self._allows = allows
        self._reports = reports
        self.report = Button(context, REPORT, key="R")
        self.report.clicked.connect(self.report_wanted)
        if not reports:  # shown before it has a place it would be a window of its own
            self.report.hide()
        self.support = Button(context, SUPPORT, key="S")
        self.support.clicked.connect(self.support_wanted)
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
        head = QHBoxLayout()
        head.setSpacing(Size.GAP)
        head.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        head.addStretch(1)
        head.addWidget(self.report)
        head.addWidget(self.support)
        column.addLayout(head)
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

    def show_topic(self, topic: str, paragraph: Text | None = None) -> None:
        """Turn to a topic.

        Args:
            paragraph: how the paragraph begins that is brought to the top.
        """
        self.chips.choose(topic)
        if paragraph is not None:
            QTimer.singleShot(0, self, lambda: self._scroll_to(self.context.say(paragraph)))

    def _scroll_to(self, begins: str) -> None:
        document = self.text.document()
        block = document.begin()
        while block.isValid():
            if block.text().startswith(begins):
                self.text.setTextCursor(QTextCursor(block))
                top = document.documentLayout().blockBoundingRect(block).top()
                self.text.verticalScrollBar().setValue(int(top))
                return
            block = block.next()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """K shows the keys, R reports a problem, S makes a file for support, Esc leaves."""
        plain = not event.modifiers()
        if event.key() == Qt.Key.Key_K and plain:
            self.show_topic(KEYS)
        elif event.key() == Qt.Key.Key_S and plain:
            self.support_wanted.emit()
        elif event.key() == Qt.Key.Key_R and plain and self._reports:
            self.report_wanted.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        else:
            super().keyPressEvent(event)

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
            quiet = self.context.tokens.secondary.name()
            self.text.setHtml(keys_page(self._allows, language, quiet))
        else:
            self.text.setLineWrapMode(QTextBrowser.LineWrapMode.FixedPixelWidth)
            self.text.setLineWrapColumnOrWidth(Size.READING)
            self.text.setMarkdown(page(key, language))
            air(self.text.document())
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self.text.setAccessibleName(self.context.say(dict(PAGES)[key]))


def air(document: QTextDocument) -> None:
    """Give paragraphs and headings of a text some room below."""
    block = document.begin()
    while block.isValid():
        form = block.blockFormat()
        form.setBottomMargin(Size.GRID + 2)
        form.setLineHeight(_LEADING, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        QTextCursor(block).setBlockFormat(form)
        block = block.next()


def page(key: str, language: Language) -> str:
    """One shipped page as Markdown."""
    return resource("help", language.value, f"{key}.md").read_text(encoding="utf-8")


def keys_page(allows: Allows, language: Language, quiet: str) -> str:
    """The keys that somebody has as HTML, in two columns; the same content as the printed sheet.

    Args:
        quiet: colour of the words beside the keys.
    """
    found = tables(allows)
    general = "".join(_table(t.heading, t.keys, language, quiet) for t in found if not t.form)
    form = "".join(_table(t.heading, t.keys, language, quiet) for t in found if t.form)
    return (
        f"<table width='100%'><tr><td width='50%'>{general}</td>"
        f"<td width='50%'>{form}</td></tr></table>"
    )


def _table(heading: Text, keys: Keys, language: Language, quiet: str) -> str:
    rows = "".join(
        f"<tr><td width={_KEYS}><b>{escape(key)}</b></td>"
        f'<td><font color="{quiet}">{escape(text.say(language))}</font></td></tr>'
        for key, text in keys
    )
    head = f"<p><b>{escape(heading.say(language))}</b></p>"
    return f"{head}<table cellpadding=3 cellspacing=0>{rows}</table>"
