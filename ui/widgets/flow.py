"""Widgets one after the other, on as many lines as the width asks for."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem


class Flow(QLayout):
    """A layout of lines; items keep their own size."""

    def __init__(self, spacing: int) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._gap = spacing
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """At the end."""
        self._items.append(item)

    def count(self) -> int:
        """How many there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """One of them, None beyond the end."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Take one out."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """In neither direction."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """The narrower, the more lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of all lines."""
        return self._lay(QRect(0, 0, width, 0), move=False)

    def sizeHint(self) -> QSize:
        """All on one line."""
        sizes = [item.sizeHint() for item in self._items]
        wide = sum(s.width() for s in sizes) + self._gap * max(len(sizes) - 1, 0)
        return QSize(wide, max((s.height() for s in sizes), default=0))

    def minimumSize(self) -> QSize:
        """The largest alone."""
        sizes = [item.sizeHint() for item in self._items]
        return QSize(
            max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0)
        )

    def setGeometry(self, rect: QRect) -> None:
        """Put every item in its place."""
        super().setGeometry(rect)
        self._lay(rect, move=True)

    def _lay(self, rect: QRect, *, move: bool) -> int:
        left, top, tall = rect.left(), rect.top(), 0
        for item in self._items:
            size = item.sizeHint()
            if left > rect.left() and left + size.width() > rect.left() + rect.width():
                left, top, tall = rect.left(), top + tall + self._gap, 0
            if move:
                item.setGeometry(QRect(QPoint(left, top), size))
            left += size.width() + self._gap
            tall = max(tall, size.height())
        return top + tall - rect.top()


class Groups(Flow):
    """Groups of widgets in lines: a group begins a new line rather than be broken.

    Args:
        apart: between two groups that stand on one line.
    """

    def __init__(self, spacing: int, apart: int) -> None:
        super().__init__(spacing)
        self._apart = apart
        self._starts: list[int] = []

    def begin_group(self) -> None:
        """What is added from here on is another group; its first item leads the lines of it."""
        self._starts.append(self.count())

    def _lay(self, rect: QRect, *, move: bool) -> int:
        left, top, tall = rect.left(), rect.top(), 0
        right = rect.left() + rect.width()
        for start, end in zip(self._starts, [*self._starts[1:], self.count()], strict=True):
            sizes = [item.sizeHint() for item in self._items[start:end]]
            wide = sum(s.width() + self._gap for s in sizes) - self._gap
            if left > rect.left() and left + wide > right:
                left, top, tall = rect.left(), top + tall + self._gap, 0
            for item, size in zip(self._items[start:end], sizes, strict=True):
                if left > rect.left() and left + size.width() > right:
                    left = rect.left() + sizes[0].width() + self._gap
                    top, tall = top + tall + self._gap, 0
                if move:
                    item.setGeometry(QRect(QPoint(left, top), size))
                left += size.width() + self._gap
                tall = max(tall, size.height())
            left += self._apart - self._gap
        return top + tall - rect.top()
