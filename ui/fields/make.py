"""The editor of an item."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from mrd_desktop.study.limits import ANY, Range
from mrd_desktop.study.model import Item, Kind
from ui.context import Context
from ui.fields.advance import Advance
from ui.fields.code import CodeEditor
from ui.fields.codes import CodesEditor
from ui.fields.date import DateEditor
from ui.fields.editor import Editor
from ui.fields.number import NumberEditor
from ui.fields.symbol import SymbolEditor
from ui.fields.text import TextEditor
from ui.fields.time import TimeEditor
from ui.theme import Size

_PADDING = 3 * Size.GAP
_WIDTHS = {Kind.DATE: 12, Kind.PARTIAL_DATE: 12, Kind.TIME: 7, Kind.CODE: 7, Kind.CODES: 20}


def make_editor(
    context: Context,
    item: Item,
    parent: QWidget,
    *,
    advance: Advance,
    legal: Range = ANY,
) -> Editor:
    """The editor for an item's data type."""
    match item.type.kind:
        case Kind.INTEGER | Kind.DECIMAL:
            return NumberEditor(context, item, parent, advance=advance, legal=legal)
        case Kind.DATE | Kind.PARTIAL_DATE:
            return DateEditor(context, item, parent, advance=advance)
        case Kind.TIME:
            return TimeEditor(context, item, parent, advance=advance)
        case Kind.CODE:
            return CodeEditor(context, item, parent, advance=advance)
        case Kind.CODES:
            return CodesEditor(context, item, parent)
        case _:
            return (SymbolEditor if item.capitals else TextEditor)(context, item, parent)


def width_of(item: Item, digit: int) -> int:
    """How wide the editor of an item is: as wide as what stands in it.

    Args:
        digit: width of one digit in pixels.
    """
    kind = item.type
    if kind.kind in _WIDTHS:
        letters = _WIDTHS[kind.kind]
    elif kind.kind is Kind.TEXT:
        letters = 2 * kind.length if kind.length <= 30 else kind.length + 20
    else:
        letters = max(kind.length + 2, 5)
    return min(letters * digit + _PADDING, Size.FIELD_MAX)
