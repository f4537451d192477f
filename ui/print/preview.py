"""A report before it is printed: its pages as they will be, and the keys to print or save it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.reports.certified import write_print
from mrd_desktop.insight.reports.issue import Stamp, issue, preview
from mrd_desktop.insight.reports.model import Report, Tongue
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.session import Session
from ui.context import Context
from ui.icons import Glyph
from ui.page import Page
from ui.print.blocks import leaves
from ui.print.pdf import layout_of, pdf_bytes
from ui.print.printing import Draw, NoPrinter, print_out
from ui.print.sheet import Leaf
from ui.theme import LIGHT, Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.note import Note

PRINT = Text("Print", "打印")
SAVE = Text("Save as PDF", "存为 PDF")
TONGUES = {
    Tongue.ZH: Text("Chinese", "中文"),
    Tongue.EN: Text("English", "英文"),
    Tongue.BOTH: Text("Both languages", "中英对照"),
}
PAGE = Text("Page {n} of {of}", "第 {n} 页，共 {of} 页")
RECORDED = Text("Each print is recorded and numbered.", "每次打印均有记录并编号。")
PRINTED = Text("Printed: copy {n}, {pages} pages.", "已打印：第 {n} 份，共 {pages} 页。")
SAVED = Text("Saved as PDF: copy {n}. {path}", "已存为 PDF：第 {n} 份。{path}")
CERTIFIED = Text(
    "Saved as PDF: copy {n}. {path}. Beside it (.sig) the site's signature: hand over both.",
    "已存为 PDF：第 {n} 份。{path}。旁边的 .sig 文件是中心签名，请一并交付。",
)
FAILED = Text(
    "The file could not be written. Choose another folder and try again.",
    "文件无法写入。请选择其他文件夹后重试。",
)
_PDF = "PDF (*.pdf)"


class Sheets(QWidget):
    """One page, as large as there is room for."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.pages: tuple[Leaf, ...] = ()
        self.at = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_pages(self, pages: tuple[Leaf, ...]) -> None:
        """Show these pages; the place in them is kept where there is such a page."""
        self.pages = pages
        self.at = min(self.at, len(pages) - 1)
        self.update()

    def turn(self, by: int) -> None:
        """Another page."""
        self.at = max(0, min(len(self.pages) - 1, self.at + by))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the page: white, whatever the colours of the program."""
        if not self.pages:
            return
        leaf = self.pages[self.at]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room_x, room_y = self.width() - 2 * Size.GAP, self.height() - 2 * Size.GAP
        scale = min(room_x / leaf.width, room_y / leaf.height)
        wide, high = leaf.width * scale, leaf.height * scale
        x, y = (self.width() - wide) / 2, (self.height() - high) / 2
        tokens = self._context.tokens
        painter.setPen(QPen(tokens.accent, Size.FOCUS) if self.hasFocus() else tokens.edge)
        painter.setBrush(LIGHT[Ink.SURFACE])
        painter.drawRect(QRectF(x, y, wide, high))
        painter.translate(x, y)
        painter.scale(scale, scale)
        leaf.draw(painter)
        painter.end()


class PreviewPage(Page):
    """The report in front."""

    def __init__(self, context: Context, session: Session, report: Report) -> None:
        super().__init__(context)
        self._session = session
        self.report = report
        chinese = context.speech.language is Language.ZH
        self.tongue = Tongue.ZH if chinese else Tongue.EN
        self.sheets = Sheets(context)
        self._number = Note(context, ink=Ink.SECONDARY)
        self.language = Button(context, TONGUES[self.tongue], rank=Rank.PLAIN, key="L")
        self.save = Button(context, SAVE, glyph=Glyph.SAVE, key="Ctrl+S")
        self.print = Button(context, PRINT, glyph=Glyph.PRINT, rank=Rank.PRIMARY, key="Ctrl+P")
        self.language.clicked.connect(self.turn_language)
        self.save.clicked.connect(self.ask_path)
        self.print.clicked.connect(self.ask_printer)
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(Note(context, report.title, size=Type.TITLE, strong=True))
        head.addWidget(self._number)
        head.addStretch(1)
        for button in (self.language, self.save, self.print):
            head.addWidget(button)
        foot = Note(context, RECORDED, size=Type.NOTE, ink=Ink.SECONDARY)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP)
        column.addLayout(head)
        column.addWidget(self.sheets, 1)
        column.addWidget(foot)
        self._lay()

    def title(self) -> Text:
        """The report's title."""
        return self.report.title

    def enter(self) -> None:
        """The keys are the page's."""
        QTimer.singleShot(0, self.sheets, self.sheets.setFocus)

    def retranslate(self) -> None:
        """Count pages anew."""
        self._count()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The page grows with the window."""
        super().resizeEvent(event)
        self.sheets.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turning the wheel turns pages."""
        self._turn(-1 if event.angleDelta().y() > 0 else 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pages by arrows, Ctrl+P prints, Ctrl+S saves, L changes the language."""
        key = Qt.Key(event.key())
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        steps = {
            Qt.Key.Key_PageDown: 1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Space: 1,
            Qt.Key.Key_PageUp: -1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Home: -len(self.sheets.pages),
            Qt.Key.Key_End: len(self.sheets.pages),
        }
        if held and key == Qt.Key.Key_P:
            self.ask_printer()
        elif held and key == Qt.Key.Key_S:
            self.ask_path()
        elif key == Qt.Key.Key_L and not held:
            self.turn_language()
        elif key == Qt.Key.Key_Escape:
            self.back.emit()
        elif key in steps and not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._turn(steps[key])
        else:
            super().keyPressEvent(event)

    # --- acts -------------------------------------------------------------------------

    def turn_language(self) -> None:
        """Chinese, English, both."""
        order = list(Tongue)
        self.tongue = order[(order.index(self.tongue) + 1) % len(order)]
        self.language.show_text(TONGUES[self.tongue])
        self._lay()

    def ask_path(self) -> None:
        """Ask where to save and save."""
        subject = f"-{self.report.subject}" if self.report.subject else ""
        name = f"{self.report.what}{subject}.pdf"
        title = self.context.say(SAVE)
        start = str(Path.home() / name)
        chosen, _ = QFileDialog.getSaveFileName(self, title, start, _PDF)
        if chosen:
            self.save_to(Path(chosen))

    def save_to(self, path: Path) -> None:
        """Record the print and write it."""
        try:
            stamp = issue(self._session, self.report, form="pdf")
            pages = leaves(self.report, stamp, self.tongue)
            data = pdf_bytes(pages, self.report.title.say(self.tongue.language))
            signature = write_print(self._session, self.report, path, data)
        except MrdError as refused:
            self.said.emit(refused.text)
        except OSError:
            self.said.emit(FAILED)
        else:
            said = CERTIFIED if signature else SAVED
            self.said.emit(said.filled(n=stamp.copy, path=path))

    def ask_printer(self) -> None:
        """Ask for a printer and print."""
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setPageLayout(layout_of(self.sheets.pages[0]))
        if not printer.isValid():
            self.said.emit(NoPrinter().text)
            return
        dialog = QPrintDialog(printer, self)
        if dialog.exec():
            self.print_on(printer)

    def print_on(self, printer: QPrinter) -> None:
        """Record the print and give it to a printer."""

        def pages(stamp: Stamp) -> list[Draw]:
            return [leaf.draw for leaf in leaves(self.report, stamp, self.tongue)]

        first = self.sheets.pages[0]
        try:
            printed = print_out(
                printer,
                layout_of(first),
                first.width,
                lambda: issue(self._session, self.report, form="paper"),
                pages,
            )
        except MrdError as refused:
            self.said.emit(refused.text)
        else:
            self.said.emit(PRINTED.filled(n=printed.copy, pages=printed.pages))

    def _turn(self, by: int) -> None:
        self.sheets.turn(by)
        self._count()

    def _lay(self) -> None:
        stamp = preview(self._session, self.report)
        self.sheets.show_pages(leaves(self.report, stamp, self.tongue))
        self._count()

    def _count(self) -> None:
        words = PAGE.filled(n=self.sheets.at + 1, of=len(self.sheets.pages))
        self._number.show_text(words)
        self.sheets.setAccessibleName(self.context.say(words))
        self.sheets.setAccessibleDescription(self.sheets.pages[self.sheets.at].text)
