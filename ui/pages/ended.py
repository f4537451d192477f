"""A site at its end: where the certificate lies, and what people destroy themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal

from mrd_desktop.closing.destruction import Certificate
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.texts import Text
from ui.context import Context
from ui.pages.cover import CoverPage
from ui.theme import Ink
from ui.widgets.button import Button, Rank

HEADING = Text("The records are destroyed", "记录已销毁")
GONE = Text(
    "Of site {site} nothing opens any more: keys and files are gone, and {n} backups with them.",
    "中心 {site} 的记录已无法打开：密钥和数据文件已销毁，并销毁备份 {n} 份。",
)
GIVE = Text("Give this certificate to the sponsor: {path}", "请将此销毁证明交给申办方：{path}")
STILL = Text("Destroy yourselves what was out of reach here:", "以下内容在此无法触及，请自行销毁：")
BACKUPS = Text("{n} backups, the last of {at}", "备份 {n} 份，最近 {at}")
ON = Text("{what}, medium {medium}", "{what}，介质 {medium}")
BUNDLES = Text("{n} close-out bundles; each holds a backup", "结题交接包 {n} 份，每份含一个备份")
SHEET = Text("recovery sheet {serial}, on paper", "纸质恢复单 {serial}")
GO = Text("To the start", "前往首页")
_WIDTH = 640


class EndedPage(CoverPage):
    """What was destroyed, and what is left to do.

    Signals:
        left: to the first page.
    """

    left = Signal()

    def __init__(self, context: Context, made: Certificate) -> None:
        super().__init__(context, HEADING, width=_WIDTH)
        backups = made.said.get("backups")
        n = len(backups) if isinstance(backups, list) else 0
        self.paragraph(GONE.filled(site=made.text("site"), n=n), Ink.TEXT)
        self.certificate = self.paragraph(GIVE.filled(path=_shown(made.path)), Ink.TEXT)
        self.certificate.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.paragraph(STILL, Ink.SOFT)
        self.still = [
            self.paragraph(Text(f"· {t.en}", f"· {t.zh}"), Ink.TEXT)
            for t in _still(context, made.said)
        ]
        self.go = Button(context, GO, rank=Rank.PRIMARY, key="Enter")
        self.go.clicked.connect(self.left)
        self.buttons(self.go)

    def enter(self) -> None:
        """Enter goes on."""
        QTimer.singleShot(0, self.go, self.go.setFocus)


def _still(context: Context, said: Mapping[str, JSON]) -> list[Text]:
    found: list[Text] = []
    elsewhere = said.get("elsewhere")
    for one in elsewhere if isinstance(elsewhere, list) else []:
        if isinstance(one, dict):
            at = context.hours.moment(str(one["last"]))
            what = BACKUPS.filled(n=one["backups"], at=at)
            found.append(ON.filled(what=what, medium=one["medium"]) if one["medium"] else what)
    if said.get("bundles"):
        found.append(BUNDLES.filled(n=said["bundles"]))
    found.append(SHEET.filled(serial=said.get("sheet", "")))
    return found


def _shown(path: Path) -> str:
    """A path that may break at its separators: it is longer than a line."""
    return str(path).replace("/", "/\u200b").replace("\\", "\\\u200b")
