"""Something went wrong that the program did not foresee: said in plain words, with a way on."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal

from mrd_desktop.faults import places
from mrd_desktop.texts import Text
from ui.context import Context
from ui.pages.cover import CoverPage
from ui.pages.help import SUPPORT
from ui.theme import Ink, Type
from ui.widgets.button import Button, Rank

HEADING = Text("Something unexpected happened", "程序遇到意外情况")
WORDS = Text(
    "What was saved is safe, and your typing is kept as a draft. The window is locked: name and "
    "password take you back. If it happens once more, close the program, make a backup and pass "
    "the number and these lines on, or make a file for support; neither holds patient data.",
    "已保存的数据不受影响，未保存的输入已存为草稿。窗口已锁定，输入用户名和密码即可返回。若再次"
    "出现，请关闭程序并备份，然后将编号及以下内容转告技术支持，或生成技术支持文件"
    "（均不含受试者数据）。",
)
NUMBER = Text("Number {number}", "编号 {number}")
BACK = Text("Continue", "继续")


class FaultPage(CoverPage):
    """The page of the last resort.

    Args:
        number: under which the fault stands in the log and in the trail.

    Signals:
        closed: back to work.
    """

    closed = Signal()

    def __init__(self, context: Context, fault: BaseException, number: str) -> None:
        super().__init__(context, HEADING)
        self.paragraph(WORDS, Ink.TEXT)
        self.paragraph(NUMBER.filled(number=number), Ink.TEXT)
        self.paragraph(places(fault), size=Type.NOTE)
        self.go = Button(context, BACK, rank=Rank.PRIMARY, key="Enter")
        self.go.clicked.connect(self.closed)
        self.support = Button(context, SUPPORT)
        self.support.clicked.connect(self.support_wanted)
        self.buttons(self.go, self.support)

    def enter(self) -> None:
        """Enter goes on."""
        QTimer.singleShot(0, self.go, self.go.setFocus)
