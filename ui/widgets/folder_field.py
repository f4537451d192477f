"""A folder, typed or chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QSizePolicy, QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.widgets.asked import Asked
from ui.widgets.button import Button

CHOOSE = Text("Browse…", "选择…")


class FolderField(QWidget):
    """A field for a path with a button that opens the system's own dialog.

    Args:
        files: a filter of the dialog for one file; without it a folder is chosen.
    """

    def __init__(
        self,
        context: Context,
        label: Text,
        *,
        hint: Text | None = None,
        files: str = "",
        width: int = 320,
        label_width: int = 128,
    ) -> None:
        super().__init__()
        self._context = context
        self._label = label
        self._files = files
        self.button = Button(context, CHOOSE)
        self.button.clicked.connect(self.choose)
        self.asked = Asked(
            context,
            label,
            hint=hint,
            width=width,
            limit=1024,
            label_width=label_width,
            beside=self.button,
        )
        self.setFocusProxy(self.asked)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.asked)
        self.setTabOrder(self.asked.line, self.button)

    @property
    def path(self) -> Path | None:
        """What stands in the field."""
        typed = self.asked.text.strip("\"'")
        return Path(typed).expanduser() if typed else None

    def set_path(self, path: Path) -> None:
        """Put a path into the field."""
        self.asked.line.setText(str(path))

    def begin(self) -> None:
        """The caret goes there and the next key replaces what stands there."""
        self.asked.line.setFocus()
        self.asked.line.selectAll()

    def choose(self) -> None:
        """Ask with the system's dialog."""
        title = self._context.say(self._label)
        start = self.asked.text
        if self._files:
            chosen, _ = QFileDialog.getOpenFileName(self, title, start, self._files)
        else:
            chosen = QFileDialog.getExistingDirectory(self, title, start)
        if chosen:
            self.asked.line.setText(chosen)
            self.asked.approve()
