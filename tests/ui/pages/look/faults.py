"""What is wrong with a screen: each checker names the faults it finds, none on a good one.

Texts are judged as they were written (:mod:`drawn`), names as a screen reader hears them, contrast
on the picture itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QColor, QHelpEvent, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QStackedWidget,
    QToolTip,
    QWidget,
)

from mrd_desktop.texts import Language
from tests.ui.pages.look.drawn import Drawn
from ui.finder import FoundList
from ui.pages.support import FILE
from ui.theme import contrast
from ui.widgets.listing import Heading, Listing

HAN = re.compile("[㐀-鿿]")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’]*[a-z][A-Za-z'’]*")
_CODE = re.compile(
    r"\S*[0-9+/_]\S*|\S*\.[a-z]+\b|[A-Za-z]*[a-z]{1,3}[A-Z][A-Za-z]{6,}|(\w{4}-)+\w{4}"
    r"|密钥( [a-z2-7]{4})+|“[^”]*”|mrd-(desktop|sponsor)( [a-z]+)?|--[a-z-]+"
)
"""Fingerprints, numbers with letters, files, codes for one use, commands, what was typed."""
_READ = 4.5
_NEAR = 1.0
_ROUND = 4


# --- room ---------------------------------------------------------------------------------------


def cut(texts: Sequence[Drawn]) -> Iterator[str]:
    """Texts written beyond their room or their widget, or shortened with no way to read them."""
    for text in texts:
        if not text.text.strip() or _own(text):
            continue
        area = _area(text.widget)
        room = QRectF(text.widget.rect())
        if text.room is not None:
            room = room.intersected(text.room)
        sides = []
        if text.box.left() < room.left() - _NEAR or text.box.right() > room.right() + _NEAR:
            sides.append("wide")
        whole = room.top() <= text.box.top() and text.box.bottom() <= room.bottom()
        if not whole and area is None:
            letters = text.letters
            if letters.top() < room.top() - _NEAR or letters.bottom() > room.bottom() + _NEAR:
                sides.append("high")
        if sides:
            yield f"cut ({' and '.join(sides)}): {_told(text)}"
        if text.full and not _explained(text):
            yield f"shortened without a tool tip: {_told(text)} of {text.full[:80]!r}"


def tight(window: QWidget) -> Iterator[str]:
    """Labels, buttons and prompts that have less room than they ask for."""
    for label in _seen(window, QLabel):
        if not label.text():
            continue
        wide = label.fontMetrics().horizontalAdvance(label.text())
        if label.wordWrap() and label.heightForWidth(label.width()) > label.height() + 1:
            yield f"label is too low: {label.text()[:60]}"
        elif not label.wordWrap() and not label.toolTip() and wide > label.width() + 1:
            yield f"label is too narrow: {label.text()[:60]}"
    for button in _seen(window, QAbstractButton):
        if button.text() and button.minimumSizeHint().width() > button.width() + 1:
            yield f"button is too narrow: {button.text()}"
    for line in _seen(window, QLineEdit):
        prompt, margins = line.placeholderText(), line.textMargins()
        room = line.width() - margins.left() - margins.right()
        if line.fontMetrics().horizontalAdvance(prompt) > room:
            yield f"prompt is cut: {prompt}"


def overlapping(texts: Sequence[Drawn], window: QWidget) -> Iterator[str]:
    """Texts written over one another."""
    bands = [(_band(t, window), t) for t in texts if t.text.strip()]
    bands.sort(key=lambda x: x[0].top())
    for n, (box, text) in enumerate(bands):
        for other_box, other in bands[n + 1 :]:
            if other_box.top() >= box.bottom():
                break
            both = box.intersected(other_box)
            if both.width() <= _NEAR or both.height() <= _NEAR:
                continue
            if text.widget is other.widget or _shown_at(window, both, text, other):
                yield f"written over one another: {_told(text)} and {_told(other)}"


def outside(window: QWidget) -> Iterator[str]:
    """Widgets that reach beyond what holds them, or lie over their neighbours."""
    for parent in [window, *_seen(window, QWidget)]:
        if _is_viewport(parent) or isinstance(parent, QAbstractScrollArea | QStackedWidget):
            continue
        children = [c for c in parent.children() if isinstance(c, QWidget) and _plain(c)]
        room = parent.rect().adjusted(-1, -1, 1, 1)
        for n, child in enumerate(children):
            if not room.contains(child.geometry()):
                yield f"outside its parent: {_named(child)} in {_named(parent)}"
            for other in children[n + 1 :]:
                both = child.geometry().intersected(other.geometry())
                if both.width() > 1 and both.height() > 1:
                    yield f"neighbours overlap: {_named(child)} and {_named(other)}"


# --- words --------------------------------------------------------------------------------------


def untold(
    texts: Sequence[Drawn], language: Language, known: Callable[[str], bool]
) -> Iterator[str]:
    """Words of the other language.

    Args:
        known: whether a word may stand on a Chinese screen (a unit, a code, a key, a name), or a
            text with Han characters on an English one (a name that was typed).
    """
    for text in texts:
        if _own(text):
            continue
        if language is Language.EN:
            if HAN.search(text.text) and not known(text.text):
                yield f"Chinese on an English screen: {_told(text)}"
            continue
        strange = [w for w in _WORD.findall(_CODE.sub(" ", text.text)) if not known(w)]
        if strange and not known(text.text):
            yield f"English on a Chinese screen: {strange} in {_told(text)}"


def unnamed(window: QWidget) -> Iterator[str]:
    """What can be reached and says nothing to a screen reader, or not what it is."""
    root = QAccessible.queryAccessibleInterface(window)
    for held in _heard(root):
        state = held.state()
        if not state.focusable or state.invisible:
            continue
        widget = held.object()
        if isinstance(widget, QWidget) and not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            continue
        if isinstance(widget, QAbstractScrollArea) and widget.focusPolicy().value == 0:
            continue
        name = held.text(QAccessible.Text.Name).strip()
        if not name:
            yield f"no name: {_named(widget) if isinstance(widget, QWidget) else held.role()}"
        plain = held.role() in (QAccessible.Role.NoRole, QAccessible.Role.Client)
        if name and plain and not held.text(QAccessible.Text.Description).strip():
            yield f"no role and no description: {name}"


# --- sight --------------------------------------------------------------------------------------


def faint(texts: Sequence[Drawn], window: QWidget, picture: QImage) -> Iterator[str]:
    """Texts that stand out too little from the ground they were written on.

    Args:
        picture: the window, at any scale.
    """
    for text in texts:
        if not text.text.strip() or not text.widget.isEnabled():
            continue
        ground = _ground(text.inside(window), picture)
        if ground is None:
            continue
        ratio = contrast(text.ink, ground)
        if ratio < _READ:
            yield f"faint ({ratio:.1f} : 1): {_told(text)}"


def unfocused(window: QWidget) -> Iterator[str]:
    """Widgets that look the same with the focus as without it."""
    before = QApplication.focusWidget()
    window.setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)  # as Tab does
    for widget in _seen(window, QWidget):
        reached = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled()
        if not reached or widget.focusProxy() is not None or widget.visibleRegion().isEmpty():
            continue
        around = widget.rect().translated(widget.mapTo(window, QPoint(0, 0)))
        around = around.adjusted(-_ROUND, -_ROUND, _ROUND, _ROUND).intersected(window.rect())
        widget.clearFocus()
        without = window.grab(around).toImage()
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        if window.grab(around).toImage() == without:
            yield f"the focus is not seen: {_named(widget)}"
    if before is not None:
        before.setFocus(Qt.FocusReason.OtherFocusReason)


def coloured(window: QWidget) -> Iterator[str]:
    """Rows of a list that differ in nothing but a colour."""
    for view in _seen(window, Listing):
        looks: dict[tuple[object, ...], tuple[object, ...]] = {}
        for row in view.rows.rows:
            if isinstance(row, Heading):
                looks = {}
                continue
            cells = [c.cell(row) for c in view.rows.columns]
            signs = tuple((x.text, x.glyph, x.strong) for x in cells)
            inks = tuple(x.ink for x in cells)
            if looks.setdefault(signs, inks) != inks:
                yield f"told by colour alone: {[x.text for x in cells]}"


# --- inside -------------------------------------------------------------------------------------


def _seen(window: QWidget, kind: type) -> list:  # type: ignore[type-arg]
    found = window.findChildren(kind)
    return [w for w in found if w.window() is window.window() and w.isVisibleTo(window)]


def _plain(child: QWidget) -> bool:
    """Laid out by us, not one of the hidden parts of Qt's own widgets."""
    return child.isVisible() and not child.isWindow() and not isinstance(child, _OVERLAYS)


_OVERLAYS = (FoundList,)
"""What is meant to lie over the page."""


def _area(widget: QWidget) -> QAbstractScrollArea | None:
    parent = widget.parentWidget()
    held = isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget
    return parent if held else None


def _is_viewport(widget: QWidget) -> bool:
    return _area(widget) is not None


def _own(text: Drawn) -> bool:
    """Text of one's own in a line: it is said as typed, and moves with the caret."""
    widget = text.widget
    if isinstance(widget, QLineEdit):
        return text.text in widget.text() or set(text.text) <= {"●", "•", "*"}
    # A file is shown as it will be written, in both languages at once.
    shown = widget if isinstance(widget, QPlainTextEdit) else widget.parentWidget()
    return isinstance(shown, QPlainTextEdit) and shown.objectName() == FILE


def _explained(text: Drawn) -> bool:
    """The pointer resting on a shortened text shows all of it."""
    QToolTip.hideText()
    spot = text.box.center().toPoint()
    event = QHelpEvent(QEvent.Type.ToolTip, spot, text.widget.mapToGlobal(spot))
    QApplication.sendEvent(text.widget, event)
    told = QToolTip.text() or text.widget.toolTip()
    QToolTip.hideText()
    return _pressed(text.full) in _pressed(told)


def _pressed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _band(text: Drawn, window: QWidget) -> QRectF:
    """Where the letters are dense: overlapping there cannot be read."""
    box = text.inside(window)
    base = box.top() + text.base - text.box.top()
    up = text.base - text.box.top()
    band = QRectF(box.left() + _NEAR, base - 0.6 * up, box.width() - 2 * _NEAR, 0.6 * up)
    own = QRectF(text.widget.rect())
    if text.room is not None:
        own = own.intersected(text.room)
    own.translate(QPointF(text.widget.mapTo(window, QPoint(0, 0))))
    return band.intersected(own)


def _shown_at(window: QWidget, place: QRectF, *texts: Drawn) -> bool:
    """Both texts can be seen there: neither widget lies under something that covers it."""
    top = window.childAt(place.center().toPoint())
    while top is not None and top not in [t.widget for t in texts]:
        if top.isAncestorOf(texts[0].widget) and top.isAncestorOf(texts[1].widget):
            return True
        top = top.parentWidget()
    return False


def _ground(box: QRectF, picture: QImage) -> QColor | None:
    """The commonest colour around the letters; None outside the picture."""
    scale = picture.devicePixelRatio()
    left, right = int(box.left() * scale) - 1, int(box.right() * scale) + 1
    top, bottom = round(box.top() * scale), int(box.bottom() * scale)
    step = round(2 * scale)
    spots = [(x, y) for x in range(left, right, step) for y in (top, bottom)]
    spots += [(x, y) for x in (left, right) for y in range(top, bottom, step)]
    found = Counter(picture.pixel(x, y) for x, y in spots if picture.valid(x, y))
    return QColor(found.most_common(1)[0][0]) if found else None


def _heard(root: QAccessibleInterface | None) -> Iterator[QAccessibleInterface]:
    if root is None or not root.isValid():
        return
    yield root
    if isinstance(root.object(), QAbstractItemView):
        return  # cells say their AccessibleTextRole
    for n in range(root.childCount()):
        yield from _heard(root.child(n))


def _told(text: Drawn) -> str:
    return f"{text.text[:60]!r} in {_named(text.widget)}"


def _named(widget: QWidget) -> str:
    holder = widget.parentWidget() if _is_viewport(widget) else widget
    name = holder.accessibleName() or holder.objectName()
    if isinstance(holder, QHeaderView):
        name = "heads"
    return f"{type(holder).__name__} {name[:40]}".strip()
