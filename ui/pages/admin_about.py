"""What this program is, and under which definition it works."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from mrd_desktop import __version__, installation
from mrd_desktop.known_issues import known_issues
from mrd_desktop.texts import Text
from ui.context import Context
from ui.jobs import Progress
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.work import Desk

NAME = Text("MRD Desktop", "MRD Desktop")
VERSION = Text("Version", "程序版本")
DEFINITION = Text("Study definition", "研究定义")
DEFINITION_SAYS = Text("{oid} version {version}", "{oid} 第 {version} 版")
DIGEST = Text("Its digest", "定义摘要")
FOLDER = Text("Site folder", "中心文件夹")
CHAIN = Text("Chain", "记录链")
MODE = Text("Mode", "模式")
LIVE = Text("live", "正式")
TRAINING = Text("training, synthetic data only", "培训，仅用虚构数据")
RUNTIME = Text("Runs on", "运行环境")
INSTALLED = Text("Installation", "安装")
SOURCE = Text(
    "runs from its source, not installed from a release", "从源代码运行，并非发布的安装包"
)
READING = Text("being compared with the release …", "正在与发布版本比对……")
AS_RELEASED = Text(
    "all {n} files as released (commit {commit}, signed by {signer})",
    "全部 {n} 个文件与发布时一致（提交 {commit}，签名密钥 {signer}）",
)
LICENCE = Text(
    "Apache-2.0. With Qt under LGPL-3.0 and SQLCipher under its BSD licence; the texts lie beside "
    "the program.",
    "Apache-2.0 许可。使用 Qt（LGPL-3.0）与 SQLCipher（BSD），许可文本随程序提供。",
)
ISSUES = Text("Known issues", "已知问题")
ISSUE = Text("Risk: {risk} Way round: {way}", "风险：{risk}规避：{way}")


class AboutPart(Page):
    """A table of facts."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        folder, study = desk.session.folder, desk.study
        card = Card(context)
        grid = QGridLayout(card)
        grid.setContentsMargins(Size.MARGIN, Size.MARGIN, Size.MARGIN, Size.MARGIN)
        grid.setHorizontalSpacing(2 * Size.MARGIN)
        grid.setVerticalSpacing(Size.GAP)
        grid.setColumnStretch(1, 1)
        grid.addWidget(Note(context, NAME, size=Type.SUBJECT, strong=True), 0, 0, 1, 2)
        facts: tuple[tuple[Text, Text | str], ...] = (
            (VERSION, __version__),
            (DEFINITION, DEFINITION_SAYS.filled(oid=study.oid, version=study.version)),
            (DIGEST, study.digest),
            (FOLDER, str(folder.path)),
            (CHAIN, folder.chain),
            (MODE, TRAINING if folder.training else LIVE),
            (
                RUNTIME,
                f"Python {platform.python_version()} · Qt {qVersion()} · {platform.system()}",
            ),
        )
        for row, (name, fact) in enumerate(facts, 1):
            said = Note(context, fact)
            said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(Note(context, name, ink=Ink.SECONDARY), row, 0)
            grid.addWidget(said, row, 1)
        self.installed = Note(context, SOURCE, wrap=True)
        grid.addWidget(Note(context, INSTALLED, ink=Ink.SECONDARY), len(facts) + 1, 0)
        grid.addWidget(self.installed, len(facts) + 1, 1)
        self._compare(desk)
        licence = Note(context, LICENCE, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        grid.addWidget(licence, len(facts) + 2, 0, 1, 2)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, Size.SCROLL, 0)
        column.setSpacing(Size.PAD)
        column.addWidget(card)
        column.addWidget(_issues(context))
        column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Scroller(context, inside))

    def _compare(self, desk: Desk) -> None:
        root = installation.place()
        if root is None:
            return
        self.installed.show_text(READING)

        def work(progress: Progress) -> object:
            return installation.inspect(root, progress)

        job = desk.run(work)
        job.finished.connect(self._compared)
        job.refused.connect(lambda refused: self.installed.show_text(refused.text, Ink.HARD))

    def _compared(self, found: installation.Installation) -> None:
        if found.bar is not None:
            self.installed.show_text(found.bar, Ink.HARD)
        else:
            said = AS_RELEASED.filled(n=found.files, commit=found.commit[:12], signer=found.signer)
            self.installed.show_text(said, Ink.GOOD)


def _issues(context: Context) -> Card:
    """What is known to be wrong or missing, with its risk and the way round."""
    card = Card(context)
    column = QVBoxLayout(card)
    column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
    column.setSpacing(Size.GRID)
    column.addWidget(Note(context, ISSUES, strong=True))
    for issue in known_issues():
        head = Text(
            f"{issue.oid} · {issue.since} · {issue.text.en}",
            f"{issue.oid} · {issue.since} · {issue.text.zh}",
        )
        below = ISSUE.filled(risk=issue.risk, way=issue.workaround)
        column.addWidget(Note(context, head, wrap=True))
        column.addWidget(Note(context, below, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
    return card
