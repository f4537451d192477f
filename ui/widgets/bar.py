"""How far a piece of work is: a thin bar, without a number of its own."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar

from ui.jobs import Job
from ui.theme import Size


class Bar(QProgressBar):
    """Hidden until it follows a job; it moves to and fro until the job tells numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextVisible(False)
        self.setFixedHeight(Size.GRID + 2)
        self.hide()

    def follow(self, job: Job[object]) -> None:
        """Show how far a job is, from now until it has ended."""
        self.setRange(0, 0)
        self.show()
        job.progressed.connect(self.tell)
        job.ended.connect(self.hide)

    def tell(self, done: int, total: int) -> None:
        """Show a part of a whole."""
        self.setRange(0, max(total, 1))
        self.setValue(done)
