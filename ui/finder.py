"""Reaching everything by typing: the search field of the window and its list (Ctrl+K)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from mrd_desktop.pinyin import spells
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph, draw
from ui.keys import ENTER, walked
from ui.theme import Size, Type
from ui.tips import tip
from ui.widgets.line import Line

PROMPT = Text("Search: subject, visit, form, value, act…", "搜索：受试者、访视、表单、数据、操作…")
NOTHING = Text("Nothing found for “{typed}”.", "未找到“{typed}”。")
SEARCHING = Text("Searching the data…", "正在搜索数据…")
MARKED = Text("{n} of {of}: {text}, {kind}", "{of} 项中第 {n} 项：{text}，{kind}")


@dataclass(frozen=True, slots=True)
class Found:
    """Something to go to or to do.

    Attributes:
        detail: the quiet right part: a status, a date, a key.
        stays: the list stays open for what the act finds.
        reveal: gives what F2 shows in place of the text, None where it is refused.
    """

    text: Text
    kind: Text
    act: Callable[[], None]
    glyph: Glyph = Glyph.RIGHT
    detail: str = ""
    stays: bool = False
    reveal: Callable[[], Text | None] | None = None


Source: TypeAlias = Callable[[str], Sequence[Found]]
"""Gives what fits the typed words, best first; called at every key, so it must be quick."""


def fits(typed: str, *texts: Text | str) -> bool:
    """Every typed word begins a word of the texts, in either language; Chinese also by pinyin.

    Chinese characters and digits stand anywhere, for nothing parts words there.
    """
    said = [w for t in texts for w in ((t,) if isinstance(t, str) else (t.en, t.zh))]
    whole = " ".join(said).casefold()
    words = typed.casefold().split()
    return all(begun(word, whole) or any(spells(word, text) for text in said) for word in words)


def begun(word: str, whole: str) -> bool:
    """Whether a word stands there; one that begins with a letter, behind no other letter."""
    at = whole.find(word)
    while at > 0 and whole[at - 1 : at + 1].isascii() and whole[at - 1 : at + 1].isalpha():
        at = whole.find(word, at + 1)
    return at >= 0


class FoundList(QWidget):
    """The list below the field.

    Signals:
        chosen: a :class:`Found`.
    """

    chosen = Signal(object)

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._found: tuple[Found, ...] = ()
        self._empty = Text("", "")
        self._busy = ""
        self._at = 0
        self._top = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    @property
    def current(self) -> Found | None:
        """The marked one."""
        return self._found[self._at] if self._found else None

    @property
    def wanted(self) -> int:
        """The width in which nothing of what was found is shortened."""
        return max((self._room_for(found) for found in self._found), default=0)

    @property
    def place(self) -> tuple[int, int]:
        """The marked one's number, and how many there are."""
        return self._at + 1 if self._found else 0, len(self._found)

    def show_found(self, found: Sequence[Found], empty: Text) -> None:
        """Show these, the first one marked; or the words for none."""
        self._found = tuple(found)
        self._empty = empty
        self._at = self._top = 0
        self._fit()
        self.show()
        self.raise_()

    def forget(self) -> None:
        """Hide, and keep nothing."""
        self._found = ()
        self._busy = ""
        self.hide()

    def show_more(self, found: Sequence[Found]) -> None:
        """Show these too, above offers to look further; what stands there already is left out."""
        known = {f.text for f in self._found}
        fresh = (f for f in found if f.text not in known)
        offers = (f for f in self._found if f.stays)
        self._found = (*(f for f in self._found if not f.stays), *fresh, *offers)
        self._fit()

    def show_instead(self, found: Found) -> None:
        """Show another one in place of the marked one."""
        self._found = (*self._found[: self._at], found, *self._found[self._at + 1 :])
        self.update()

    def set_busy(self, words: str) -> None:
        """More is being looked for."""
        if words != self._busy:
            self._busy = words
            self._fit()

    def _fit(self) -> None:
        rows = min(max(len(self._found), 1), Size.POPUP_ROWS)
        foot = Size.FIELD if self._busy and self._found else 0
        self.setFixedHeight(rows * Size.ROW + 2 * Size.GRID + foot)
        self.update()

    def move_mark(self, by: int) -> None:
        """Mark another one."""
        if not self._found:
            return
        self._at = max(0, min(len(self._found) - 1, self._at + by))
        self._top = min(self._top, self._at)
        self._top = max(self._top, self._at - Size.POPUP_ROWS + 1)
        self.update()

    def event(self, event: QEvent) -> bool:
        """The pointer rests on a shortened line: all of it."""
        if isinstance(event, QHelpEvent):
            row = self._row(event.pos().y())
            found = self._found[row] if row is not None else None
            short = found is not None and self._room_for(found) > self.width()
            words = self._context.say(found.text) if found is not None and short else ""
            QToolTip.showText(event.globalPos(), tip(words), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The pointer marks."""
        row = self._row(event.position().y())
        if row is not None and row != self._at:
            self._at = row
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press chooses."""
        row = self._row(event.position().y())
        if row is not None:
            self.chosen.emit(self._found[row])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.edge, Size.HAIR))
        painter.setBrush(tokens.raised)
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), Size.RADIUS, Size.RADIUS
        )
        if not self._found:
            painter.setPen(tokens.secondary)
            painter.setFont(self._context.font())
            room = QRectF(self.rect()).adjusted(Size.PAD, 0, -Size.PAD, 0)
            words = self._busy or self._context.say(self._empty)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        elif self._busy:
            painter.setPen(tokens.secondary)
            painter.setFont(self._context.font(Type.NOTE))
            room = QRectF(self.rect()).adjusted(Size.PAD, 0, -Size.PAD, -Size.GRID)
            room.setTop(room.bottom() - Size.FIELD)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._busy)
        shown = self._found[self._top : self._top + Size.POPUP_ROWS]
        for number, found in enumerate(shown):
            top = Size.GRID + number * Size.ROW
            box = QRectF(Size.GRID, top, self.width() - 2 * Size.GRID, Size.ROW)
            self._row_of(painter, found, box, self._top + number == self._at)
        painter.end()

    def _row_of(self, painter: QPainter, found: Found, box: QRectF, marked: bool) -> None:
        tokens = self._context.tokens
        if marked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.tint)
            painter.drawRoundedRect(box, Size.RADIUS, Size.RADIUS)
        sign = QRectF(box.left() + Size.GAP, box.top(), Size.MARK, box.height())
        draw(painter, found.glyph, sign, tokens.accent if marked else tokens.secondary)
        middle = Qt.AlignmentFlag.AlignVCenter
        room = box.adjusted(Size.GAP + Size.MARK + Size.GAP, 0, -Size.PAD, 0)
        small = self._context.font(Type.NOTE)
        words = self._quiet(found)
        painter.setFont(small)
        painter.setPen(tokens.secondary)
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, words)
        font = self._context.font()
        left = int(room.width()) - QFontMetrics(small).horizontalAdvance(words) - Size.PAD
        name = QFontMetrics(font).elidedText(
            self._context.say(found.text), Qt.TextElideMode.ElideRight, left
        )
        painter.setFont(font)
        painter.setPen(tokens.text)
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, name)

    def _quiet(self, found: Found) -> str:
        """The right part of a line."""
        return "  ".join(x for x in (found.detail, self._context.say(found.kind)) if x)

    def _room_for(self, found: Found) -> int:
        """The width of the list in which this one is not shortened."""
        name = QFontMetrics(self._context.font()).horizontalAdvance(self._context.say(found.text))
        quiet = QFontMetrics(self._context.font(Type.NOTE)).horizontalAdvance(self._quiet(found))
        edges = 2 * Size.GRID + Size.GAP + Size.MARK + Size.GAP + Size.PAD
        return edges + name + Size.PAD + quiet + 1

    def _row(self, y: float) -> int | None:
        row = self._top + int((y - Size.GRID) // Size.ROW)
        return row if 0 <= row < len(self._found) else None


class Finder(Line):
    """The search field. Its list hangs below it while it has the focus.

    Args:
        own: what the window itself offers, whoever is signed in.

    Signals:
        asked: other words are looked for; more may be shown with :meth:`show_more`.
    """

    asked = Signal(str)

    def __init__(self, context: Context, window: QWidget, own: Source) -> None:
        super().__init__(context)
        self._window = window
        self._own = own
        self._sources: list[Source] = [own]
        self._list = FoundList(context, window)
        self._from: QWidget | None = None
        self.setTextMargins(Size.GAP + Size.MARK + Size.GRID, 0, Size.GAP, 0)
        self.setMaximumWidth(Size.SEARCH)
        self.textEdited.connect(self._search)
        self._list.chosen.connect(self._choose)
        window.installEventFilter(self)
        context.speech.changed.connect(self._retranslate)
        self._retranslate()

    def add_source(self, source: Source) -> None:
        """Search here too."""
        self._sources.append(source)

    def drop_source(self, source: Source) -> None:
        """Search here no more."""
        if source in self._sources:
            self._sources.remove(source)

    def clear_sources(self) -> None:
        """Search only the window's own acts (nobody is signed in)."""
        self._sources = [self._own]
        self.clear()
        self._put_away()

    def summon(self) -> None:
        """Take the focus, remembering who had it."""
        before = QApplication.focusWidget()
        if before is not self:
            self._from = before
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()
        self._search(self.text())

    def found(self) -> Found | None:
        """What Enter would go to."""
        return self._list.current if self._list.isVisible() else None

    def show_more(self, typed: str, found: Sequence[Found]) -> None:
        """Show more that fits these words, unless others stand there by now."""
        if self._list.isVisible() and typed == self.text().strip():
            self._list.show_more(found)
            self._place()
            self._tell()

    def show_only(self, typed: str, found: Sequence[Found], empty: Text) -> None:
        """Show these instead, unless other words stand there by now."""
        if self._list.isVisible() and typed == self.text().strip():
            self._list.show_found(found, empty)
            self._place()
            self._tell()

    def set_busy(self, busy: bool, words: Text = SEARCHING) -> None:
        """Say that more is being looked for."""
        self._list.set_busy(self._context.say(words) if busy else "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the list below the field when the window changes its size."""
        if event.type() is QEvent.Type.Resize and self._list.isVisible():
            QTimer.singleShot(0, self, self._place)  # once the field has its own new place
        return False

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Without the focus there is no list."""
        self._put_away()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down mark, Enter goes, Esc returns to where one was."""
        key = event.key()
        if by := walked(event, Size.POPUP_ROWS, typing=True):
            self._list.move_mark(by)
            self._tell()
        elif key == Qt.Key.Key_F2:
            self._reveal()
        elif key in ENTER:
            current = self.found()
            if current is not None:
                self._choose(current)
        elif key == Qt.Key.Key_Escape:
            self._return()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the field, a lens and the key that leads here."""
        super().paintEvent(event)
        tokens = self._context.tokens
        painter = QPainter(self)
        lens = QRectF(Size.GAP, 0, Size.MARK, self.height())
        draw(painter, Glyph.SEARCH, lens, tokens.secondary)
        if not self.text() and not self.hasFocus():
            painter.setFont(self._context.font(Type.NOTE))
            painter.setPen(tokens.secondary)
            room = self.rect().adjusted(0, 0, -Size.GAP, 0)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(room, flags, "Ctrl+K")
        painter.end()

    def _search(self, typed: str) -> None:
        found = [hit for source in self._sources for hit in source(typed.strip())]
        self._list.show_found(found, NOTHING.filled(typed=typed.strip()))
        self._place()
        self._tell()
        self.asked.emit(typed.strip())

    def _place(self) -> None:
        """Below the field, and as wide as what was found asks for where the window has room."""
        left = self.mapTo(self._window, QPoint(0, 0)).x()
        most = self._window.width() - left - Size.MARGIN
        self._list.setFixedWidth(max(self.width(), min(self._list.wanted, most)))
        corner = self.mapTo(self._window, QPoint(0, self.height() + Size.GRID))
        self._list.move(corner)

    def _put_away(self) -> None:
        """Nothing that was found, and no name that was shown, is kept."""
        self._list.forget()
        self._tell()
        self.asked.emit("")

    def _tell(self) -> None:
        """Who does not see the list hears the marked line."""
        current, (n, of) = self._list.current, self._list.place
        words = ""
        if current is not None:
            words = self._context.say(MARKED, n=n, of=of, text=current.text, kind=current.kind)
        self.setAccessibleDescription(words)

    def _reveal(self) -> None:
        current = self.found()
        if current is None or current.reveal is None:
            return
        text = current.reveal()
        if text is not None:
            self._list.show_instead(replace(current, text=text, detail="", reveal=None))
            self._place()
            self._tell()

    def _choose(self, found: Found) -> None:
        if found.stays:
            found.act()
            return
        self._return()  # an act such as light or dark leaves the caret where it was
        found.act()

    def _return(self) -> None:
        self.clear()
        self._put_away()
        self.clearFocus()
        if self._from is not None and self._from.isVisible():
            self._from.setFocus(Qt.FocusReason.OtherFocusReason)

    def _retranslate(self) -> None:
        self.setPlaceholderText(self._context.say(PROMPT))
        self.setAccessibleName(self._context.say(PROMPT))
        if self._list.isVisible():
            self._search(self.text())
            QTimer.singleShot(0, self, self._place)  # the words beside the field may have moved it
