"""The follow-up letter of a monitoring visit leaves the program as a file to print or send."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from mrd_desktop.insight.reports.follow_up import TITLE, follow_up_letter
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import issue
from mrd_desktop.insight.reports.model import Tongue
from mrd_desktop.record.review import VisitWork
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.files import write_atomically
from ui.work import Desk

KEPT = Text("The letter is saved: {path}", "跟进信已保存：{path}")
NOT_KEPT = Text("The letter could not be saved there. {why}", "跟进信无法保存到该位置。{why}")
KIND = "HTML (*.html)"


def show_letter(desk: Desk, work: VisitWork) -> None:
    """Ask where the letter is to be saved, and save it there; the print is recorded."""
    name = f"{desk.session.folder.site}-follow-up-{work.visit.ended}.html"
    title = desk.context.say(TITLE)
    chosen, _ = QFileDialog.getSaveFileName(desk.shell, title, str(Path.home() / name), KIND)
    if chosen:
        save_letter(desk, work, Path(chosen))


def save_letter(desk: Desk, work: VisitWork, path: Path) -> None:
    """Write the letter in the language of the screen."""
    report = follow_up_letter(desk.study, work)
    stamp = issue(desk.session, report, form="html")
    chinese = desk.context.speech.language is Language.ZH
    page = to_html(report, stamp, Tongue.ZH if chinese else Tongue.EN)
    try:
        write_atomically(path, page.encode("utf-8"))
    except OSError as trouble:
        desk.say(NOT_KEPT.filled(why=trouble.strerror or ""))
        return
    desk.say(KEPT.filled(path=path))
