"""Each block of a report as pieces on pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from mrd_desktop.insight.reports.html import (
    DRAWING_WIDE,
    LIST,
    MISSING,
    SIGN,
    TRAINING,
    WEEKDAYS,
    head_words,
    stamp_words,
)
from mrd_desktop.insight.reports.issue import Stamp
from mrd_desktop.insight.reports.model import (
    Blank,
    Blanks,
    Block,
    Break,
    Cell,
    Codes,
    DayBox,
    Drawing,
    Fact,
    Facts,
    Hand,
    Heading,
    Report,
    Said,
    Signing,
    Table,
    Tongue,
    Weeks,
    Words,
    line,
    lines,
)
from mrd_desktop.texts import Text
from ui.print.figure import paint
from ui.print.flow import Flow, Furniture, Piece, moved
from ui.print.sheet import MM, POINT, Box, Drawn, Face, Leaf, Painted, Stroke, Type, Written
from ui.theme import LIGHT, Ink

PAGE: Final = Text("page {n} of {of}", "第 {n} 页，共 {of} 页")
TITLE: Final = Face(15, strong=True)
PART: Final = Face(11.5, strong=True)
SECTION: Final = Face(9.5, strong=True)
BODY: Final = Face(9)
STRONG: Final = Face(9, strong=True)
SMALL: Final = Face(7.5)
TINY: Final = Face(6.5)
PAD: Final = 1.2 * MM
_BOX: Final = 5 * MM
_TALL: Final = 6 * MM
_RULE: Final = 7 * MM


def leaves(report: Report, stamp: Stamp, tongue: Tongue) -> tuple[Leaf, ...]:
    """The pages of a report."""
    # Head and foot keep to one language: both would take the room of the words between them.
    one = Tongue.EN if tongue is Tongue.EN else Tongue.ZH
    study, site = ("", "") if report.discreet else head_words(stamp, one)
    furniture = Furniture(
        left=site,
        right=study,
        foot=" · ".join(stamp_words(report, stamp, one)),
        training=line(TRAINING, one) if stamp.training and not report.discreet else "",
        each=line(report.each, one),
        watermark=line(TRAINING, one) if stamp.training else "",
    )
    flow = Flow(furniture, landscape=report.landscape)
    writer = _Writer(flow, tongue)
    flow.put(writer.said(report.title, TITLE, flow.width, second=PART))
    flow.gap(2 * MM)
    for n, block in enumerate(report.blocks, 1):
        writer.block(block, report.blocks[n] if n < len(report.blocks) else None)
    return flow.finish(line(PAGE, one))


@dataclass
class _Writer:
    flow: Flow
    tongue: Tongue

    def block(self, block: Block, after: Block | None) -> None:
        """Put one block on the pages; a heading stays with the beginning of what is after it."""
        match block:
            case Heading():
                self._heading(block, after)
            case Words(text, quiet):
                self.flow.put(
                    self.said(text, SMALL if quiet else BODY, self.flow.width, quiet=quiet)
                )
                self.flow.gap(1.5 * MM)
            case Facts():
                self._facts(block)
            case Table():
                self._table(block)
            case Blanks(blanks):
                for blank in blanks:
                    self.flow.put(self._blank(blank))
            case Codes():
                self._codes(block)
            case Signing():
                self._signing(block)
            case Weeks():
                self._weeks(block)
            case Drawing():
                self._drawing(block)
            case Break():
                self.flow.turn()

    def said(
        self,
        said: Said,
        face: Face,
        width: float,
        *,
        quiet: bool = False,
        second: Face | None = None,
        mark: str = "",
    ) -> Piece:
        """Words, with the other language small and quiet below."""
        marks: list[Drawn] = []
        y = 0.0
        for number, words in enumerate(lines(said, self.tongue) or ((mark and " ") or "",)):
            shown = f"{words} {mark}".strip() if mark and not number else words
            if not shown:
                continue
            chosen = face if not number else second or Face(face.points * 0.85)
            text = Type(shown, chosen, width)
            ink = Ink.SECONDARY if quiet or number else Ink.TEXT
            marks.append(Written(0, y, text, ink))
            y += text.height
        return Piece(y, tuple(marks))

    def _heading(self, heading: Heading, after: Block | None = None) -> None:
        self.flow.gap((5 if heading.level == 1 else 3) * MM)
        face = PART if heading.level == 1 else SECTION
        piece = self._on_one_line(heading.text, face)
        keep = 22 * MM
        if isinstance(after, Table) and after.rows:
            head, first = self._beginning(after)
            keep = max(keep, head.height + first.height)
        self.flow.put(_below(piece, 1.2 * MM), keep=keep)

    def _on_one_line(self, said: Said, face: Face) -> Piece:
        """Words with the other language beside them, or below where they are long."""
        first, *second = lines(said, self.tongue) or ("",)
        width = self.flow.width
        wide = _natural(first, face) + 3 * MM
        if not second or wide + _natural(second[0], BODY) > width:
            return self.said(said, face, width, second=BODY)
        text = Type(first, face, wide)
        beside = Written(wide, (face.points - BODY.points) * POINT, Type(second[0], BODY, width))
        return Piece(text.height, (Written(0, 0, text), replace(beside, ink=Ink.SECONDARY)))

    def _facts(self, block: Facts) -> None:
        width = self.flow.width / block.columns
        for start in range(0, len(block.facts), block.columns):
            row = [self._fact(f, width) for f in block.facts[start : start + block.columns]]
            self.flow.put(_beside(row, width))
        self.flow.gap(1.5 * MM)

    def _fact(self, fact: Fact, width: float) -> Piece:
        named = bool(lines(fact.name, self.tongue))
        left = min(width * 0.4, 46 * MM) if named else 0.0
        name = _shifted(self.said(fact.name, BODY, left - PAD, quiet=True), 0, PAD)
        room = width - left - 3 * MM
        if line(fact.value, self.tongue):
            value = _shifted(self.said(fact.value, BODY, room), left, PAD)
        else:
            value = Piece(_RULE, (Stroke(left, _RULE - PAD, left + room, _RULE - PAD, Ink.EDGE),))
        return Piece(max(name.height, value.height) + PAD, (*name.marks, *value.marks))

    def _table(self, table: Table) -> None:
        if not table.rows:
            self.flow.put(self.said(table.empty, BODY, self.flow.width, quiet=True))
            return
        widths = self._widths(table)
        head, first = self._beginning(table)
        self.flow.put(head, keep=max(10 * MM, first.height))
        for row in table.rows:
            piece = self._row(row, widths, least=9 * MM if table.tall else 0.0)
            if not self.flow.fits(piece.height) and not self.flow.fresh:
                self.flow.turn()
                self.flow.put(head)
            self.flow.put(piece)
        self.flow.gap(2 * MM)

    def _widths(self, table: Table) -> list[float]:
        whole = sum(c.share for c in table.columns)
        return [self.flow.width * c.share / whole for c in table.columns]

    def _beginning(self, table: Table) -> tuple[Piece, Piece]:
        """The titles and the first row, which stand on one page."""
        widths = self._widths(table)
        head = self._row([Cell(c.title) for c in table.columns], widths, head=True)
        least = 9 * MM if table.tall else 0.0
        return head, self._row(table.rows[0], widths, least=least)

    def _row(
        self,
        cells: Sequence[Cell],
        widths: Sequence[float],
        *,
        head: bool = False,
        least: float = 0.0,
    ) -> Piece:
        marks: list[Drawn] = []
        x, height = 0.0, least
        for cell, width in zip(cells, widths, strict=True):
            face = SMALL if head else Face(8.5, strong=cell.strong, struck=cell.struck)
            piece = self.said(
                cell.text, face, width - 2 * PAD, quiet=cell.quiet or head, mark=cell.mark
            )
            marks += _shifted(piece, x + PAD * (x > 0), PAD).marks
            height = max(height, piece.height + 2 * PAD)
            x += width
        marks.append(Stroke(0, height, x, height, Ink.EDGE if head else Ink.LINE))
        return Piece(height, tuple(marks))

    def _blank(self, blank: Blank) -> Piece:
        width = self.flow.width
        left, right = width * 0.36, 16 * MM
        room = width - left - right - 6 * MM
        pieces = [self.said(blank.text, BODY, left)]
        notes = [blank.only, blank.note if blank.hand is not Hand.SYSTEM else None]
        first = " · ".join((blank.code, *(lines(n, self.tongue)[0] for n in notes if n)))
        pieces.append(self.said(first, TINY, left, quiet=True))
        if self.tongue is Tongue.BOTH and any(notes):
            more = " · ".join(n.en for n in notes if n)
            pieces.append(self.said(more, TINY, left, quiet=True))
        label = _stacked(pieces)
        hand = _shifted(self._hand(blank, room), left + 3 * MM, 0)
        marks = [*label.marks, *hand.marks]
        height = max(label.height, hand.height, _TALL)
        if blank.missing:
            x = width - right + 2 * MM
            missing = self.said(line(MISSING, self.tongue), TINY, right, quiet=True)
            marks += _shifted(missing, x, 1.2 * MM).marks
            marks.append(Box(width - _BOX, 0, _BOX, _BOX, Ink.EDGE))
        drawn = _shifted(Piece(height, tuple(marks)), 0, PAD)
        height += 2 * PAD
        return Piece(height, (*drawn.marks, Stroke(0, height, width, height)))

    def _hand(self, blank: Blank, room: float) -> Piece:
        match blank.hand:
            case Hand.SYSTEM:
                return self.said(line(blank.note or "", self.tongue), SMALL, room, quiet=True)
            case Hand.BOXES:
                return self._boxes(blank)
            case Hand.OPTIONS:
                return self._options(blank, room)
            case Hand.LIST:
                words = self.said(LIST.filled(name=blank.list), SMALL, room, quiet=True)
                rule = Stroke(0, _RULE, room, _RULE, Ink.EDGE)
                return Piece(_RULE + words.height, (rule, *_shifted(words, 0, _RULE).marks))
            case Hand.LINE:
                marks: list[Drawn] = [
                    Stroke(0, _RULE * n, room, _RULE * n, Ink.EDGE)
                    for n in range(1, blank.rows + 1)
                ]
                return Piece(_RULE * blank.rows + MM, tuple(marks))

    def _boxes(self, blank: Blank) -> Piece:
        marks: list[Drawn] = []
        x = 0.0
        for sign in blank.boxes:
            if sign == "#":
                marks.append(Box(x, 0, _BOX, _TALL, Ink.EDGE))
                x += _BOX + 0.4 * MM
            else:
                marks.append(Written(x + 0.6 * MM, 0.8 * MM, Type(sign, BODY, 3 * MM)))
                x += 3 * MM
        unit = line(blank.unit, self.tongue)
        if unit:
            marks.append(Written(x + 2 * MM, 1 * MM, Type(unit, BODY, 40 * MM), Ink.SECONDARY))
        return Piece(_TALL, tuple(marks))

    def _options(self, blank: Blank, room: float) -> Piece:
        marks: list[Drawn] = []
        x = y = 0.0
        tall = BODY.points * POINT * 1.42
        for option in blank.options:
            words = f"{option.key}  {line(option.text, self.tongue)}"
            tick = 3 * MM
            single = _natural(words, BODY)
            wide = min(single, room - tick - MM)
            if x and x + tick + MM + wide > room:
                x, y = 0.0, y + tall + 0.6 * MM
            text = Type(words, BODY, wide + 1)
            marks.append(Box(x, y + 0.6 * MM, tick, tick, Ink.EDGE))
            marks.append(Written(x + tick + MM, y, text))
            y += text.height - tall
            x += tick + wide + 5 * MM
        return Piece(y + tall, tuple(marks))

    def _codes(self, codes: Codes) -> None:
        name = line(codes.text, self.tongue)
        self._heading(Heading(f"{codes.name} {name}", 2))
        columns = 2 if self.tongue is Tongue.BOTH else 3
        width = self.flow.width / columns
        pieces = []
        for option in codes.options:
            key = Written(0, 0, Type(option.key, Face(8, strong=True), 12 * MM))
            words = self.said(line(option.text, self.tongue), Face(8), width - 14 * MM)
            pieces.append(Piece(words.height + 0.4 * MM, (key, *_shifted(words, 12 * MM, 0).marks)))
        for start in range(0, len(pieces), columns):
            self.flow.put(_beside(pieces[start : start + columns], width))

    def _signing(self, signing: Signing) -> None:
        self.flow.gap(4 * MM)
        width = self.flow.width
        shares = (0.22, 0.26, 0.3, 0.22)
        for person in signing.people:
            marks: list[Drawn] = []
            x = 0.0
            high = 12 * MM
            for number, (share, said) in enumerate(zip(shares, (person, *SIGN), strict=True)):
                face = STRONG if not number else SMALL
                piece = self.said(
                    line(said, self.tongue), face, width * share - 2 * MM, quiet=number > 0
                )
                marks += _shifted(piece, x, high - piece.height - PAD).marks
                if number:
                    marks.append(Stroke(x, high, x + width * share - 3 * MM, high, Ink.EDGE))
                x += width * share
            self.flow.put(Piece(high + 2 * MM, tuple(marks)))

    def _drawing(self, drawing: Drawing) -> None:
        scale = self.flow.width / DRAWING_WIDE
        sheet = drawing.picture.inset(DRAWING_WIDE, self.tongue.language)
        words = "\n".join(label.text for label in sheet.labels())
        painted = partial(paint, sheet=sheet, tokens=LIGHT, paper=True)
        self.flow.put(Piece(sheet.height * scale, (Painted(0, 0, scale, words, painted),)))
        self.flow.gap(3 * MM)

    def _weeks(self, weeks: Weeks) -> None:
        width = self.flow.width / 7
        heads = [
            self.said(line(d, self.tongue), SMALL, width - 2 * PAD, quiet=True) for d in WEEKDAYS
        ]
        self.flow.put(_below(_beside(heads, width), MM))
        high = (self.flow.room - 12 * MM) / len(weeks.weeks)
        for week in weeks.weeks:
            boxes = [self._day(d, width, high) for d in week]
            self.flow.put(_beside(boxes, width))
        self.flow.gap(2 * MM)

    def _day(self, day: DayBox, width: float, high: float) -> Piece:
        marks: list[Drawn] = [Box(0, 0, width, high, Ink.LINE)]
        if day.today:
            marks.append(
                Box(0.4 * MM, 0.4 * MM, width - 0.8 * MM, high - 0.8 * MM, Ink.ACCENT, pen=POINT)
            )
        ink = Ink.TEXT if day.inside else Ink.SECONDARY
        face = STRONG if day.inside else BODY
        marks.append(Written(PAD, 0.6 * MM, Type(str(day.day.day), face, width - 2 * PAD), ink))
        y = 5 * MM
        left = len(day.entries)
        for entry in day.entries:
            words = f"{entry.sign} {line(entry.text, self.tongue)}"
            text = Type(
                _cut(words, Face(7, strong=entry.strong), width - 2 * PAD),
                Face(7, strong=entry.strong),
                width,
            )
            if y + text.height * (2 if left > 1 else 1) > high:
                more = f"+{left}"
                marks.append(Written(PAD, y, Type(more, Face(7), width - 2 * PAD), Ink.SECONDARY))
                break
            marks.append(Written(PAD, y, text, ink))
            y += text.height
            left -= 1
        return Piece(high, tuple(marks))


def _natural(words: str, face: Face) -> float:
    """How wide words are on one line."""
    layout, _ = Type(words, face, 1e9).laid()
    return layout.lineAt(0).naturalTextWidth() if layout.lineCount() else 0.0


def _cut(words: str, face: Face, width: float) -> str:
    """Words cut to one line."""
    if _natural(words, face) <= width:
        return words
    while words and _natural(words + "…", face) > width:
        words = words[:-1]
    return words + "…"


def _shifted(piece: Piece, x: float, y: float) -> Piece:
    return Piece(piece.height + y, tuple(moved(m, x, y) for m in piece.marks))


def _below(piece: Piece, height: float) -> Piece:
    return Piece(piece.height + height, piece.marks)


def _stacked(pieces: Sequence[Piece]) -> Piece:
    marks: list[Drawn] = []
    y = 0.0
    for piece in pieces:
        marks += _shifted(piece, 0, y).marks
        y += piece.height
    return Piece(y, tuple(marks))


def _beside(pieces: Sequence[Piece], width: float) -> Piece:
    marks = [m for n, p in enumerate(pieces) for m in _shifted(p, n * width, 0).marks]
    return Piece(max(p.height for p in pieces), tuple(marks))
