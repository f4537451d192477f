"""The audit trail leaves the program as a file: about whom, which kind of file, where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from mrd_desktop.insight.reports.trail_file import TITLE, TrailForm, save_trail
from mrd_desktop.texts import Text
from ui.jobs import Job, Progress
from ui.work import Desk

HINT = Text(
    "every record in order, as a file (CSV, HTML, JSON lines)",
    "按顺序的全部记录，存为 CSV、HTML 或 JSONL 文件",
)
FORMS = {
    TrailForm.CSV: Text("CSV, for table programs", "CSV，用表格软件打开"),
    TrailForm.HTML: Text("HTML, to read and print", "HTML，可阅读和打印"),
    TrailForm.JSONL: Text("JSON lines, for other programs", "JSONL，供其他程序读取"),
}
WHICH_FORM = Text("Which kind of file", "选择文件格式")
SAVED = Text("The trail is saved: {n} records. {path}", "稽查轨迹已保存，共 {n} 条记录。{path}")


def ask_trail_path(desk: Desk, subject: str, form: TrailForm) -> Path | None:
    """Where the file is to be; None if the user thought better of it."""
    about = f"-{subject}" if subject else ""
    name = f"{desk.session.folder.site}-audit{about}.{form.value}"
    title = desk.context.say(TITLE)
    kinds = f"{form.value.upper()} (*.{form.value})"
    chosen, _ = QFileDialog.getSaveFileName(desk.shell, title, str(Path.home() / name), kinds)
    return Path(chosen) if chosen else None


def ask_either(desk: Desk) -> tuple[Path, TrailForm] | None:
    """Where the file is to be, its kind by its ending; None if the user thought better of it."""
    name = f"{desk.session.folder.site}-audit.csv"
    kinds = ";;".join(f"{desk.context.say(text)} (*.{form.value})" for form, text in FORMS.items())
    chosen, kind = QFileDialog.getSaveFileName(
        desk.shell, desk.context.say(TITLE), str(Path.home() / name), kinds
    )
    if not chosen:
        return None
    form = next(f for f in TrailForm if f"*.{f.value}" in kind)
    return Path(chosen).with_suffix(f".{form.value}"), form


def start_saving(
    desk: Desk,
    path: Path,
    subject: str,
    form: TrailForm,
    said: Callable[[Text], None],
    *,
    typed: str = "",
) -> Job[object]:
    """Write the file in a worker, in the language of the screen; its making is recorded."""
    session, language = desk.session, desk.context.speech.language

    def work(progress: Progress) -> object:
        return save_trail(
            session, path, form, language, subject=subject, typed=typed, tell=progress
        )

    job = desk.run(work)
    job.finished.connect(lambda n: said(SAVED.filled(n=n, path=path)))
    job.refused.connect(lambda refused: said(refused.text))
    return job
