"""Tips show what was typed as typed (E-20)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtGui import Qt, QTextDocument

import ui
from ui.tips import tip

UI = Path(ui.__file__).parent


@pytest.mark.parametrize(
    "text", ["12.8", "a < b", "<b>x</b>", "<img src='file:///etc/hosts'>", "&lt;", "一\n<i>二</i>"]
)
def test_a_tip_reads_as_the_text(text: str) -> None:
    given = tip(text)
    if Qt.mightBeRichText(given):
        shown = QTextDocument()
        shown.setHtml(given)
        given = shown.toPlainText().replace("\u2028", "\n")
    assert given.split() == text.split()


def test_markup_is_never_given_to_qt_as_it_is() -> None:
    """Qt reads the tip of a widget or cell as markup where it looks like some."""
    bare = [
        f"{path.relative_to(UI)}:{node.lineno}"
        for path in sorted(UI.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("setToolTip", "setWhatsThis", "showText")
        and not any(ast.unparse(a).startswith("tip(") for a in node.args)
    ]
    assert bare == []
