"""Every colour, size and font of the program, for light and dark, on Qt's Fusion style.

Nothing else in ``ui`` names a colour or a size. Colours reach standard widgets through the
palette: an application-wide style sheet would make large forms three times slower to open.
Ratios are those of WCAG 2.2: 4.5 for text, 3 for marks and the edges of controls.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication


class Mode(StrEnum):
    """What the user chose; ``SYSTEM`` follows the desktop."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Size:
    """Lengths in device-independent pixels, on a grid of four."""

    GRID: Final = 4
    GAP: Final = 8
    PAD: Final = 12
    MARGIN: Final = 20
    FIELD: Final = 28
    FINDING: Final = 18
    ROW: Final = 32
    RADIUS: Final = 4
    CARD_RADIUS: Final = 8
    HAIR: Final = 1
    FOCUS: Final = 2
    NAV: Final = 184
    NAV_NARROW: Final = 56
    NARROW: Final = 1200
    BAR: Final = 48
    STATUS: Final = 26
    STRIP: Final = 4
    MARK: Final = 14
    ICON: Final = 18
    LABEL: Final = 248
    READING: Final = 640
    FIELD_MAX: Final = 520
    SEARCH: Final = 520
    POPUP: Final = 380
    POPUP_MOST: Final = 560
    POPUP_ROWS: Final = 9
    SCROLL: Final = 10
    WINDOW_WIDTH: Final = 1280
    WINDOW_HEIGHT: Final = 720
    WINDOW_LEAST_WIDTH: Final = 940
    WINDOW_LEAST_HEIGHT: Final = 560


class Type:
    """Sizes of type in device-independent pixels."""

    NOTE: Final = 11
    BODY: Final = 13
    TITLE: Final = 16
    SUBJECT: Final = 20


class Ink(StrEnum):
    """The colours by name, for widgets that keep a name and ask for its colour when painting."""

    CANVAS = "canvas"
    SURFACE = "surface"
    RAISED = "raised"
    TEXT = "text"
    SECONDARY = "secondary"
    DISABLED = "disabled"
    LINE = "line"
    EDGE = "edge"
    ACCENT = "accent"
    ON_ACCENT = "on_accent"
    TINT = "tint"
    HOVER = "hover"
    HARD = "hard"
    SOFT = "soft"
    GOOD = "good"
    HARD_TINT = "hard_tint"
    SOFT_TINT = "soft_tint"
    NEGATIVE = "negative"
    POSITIVE = "positive"
    NO_RESULT = "no_result"
    INTERMISSION = "intermission"
    CONTINUED = "continued"
    RESUMED = "resumed"
    INTERMISSION_LINE = "intermission_line"
    RESUMED_LINE = "resumed_line"
    TRAINING = "training"
    ON_TRAINING = "on_training"
    WATERMARK = "watermark"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one mode.

    Attributes:
        edge: the outline of a control (3:1 to what lies behind it); ``line`` only divides.
        on_accent: text on ``accent``.
        tint: the quiet fill of what is chosen; ``hover`` of what the pointer is on.
        hard_tint, soft_tint: fill behind a finding.
        negative, positive, no_result: MRD results, each with its own mark.
        intermission, continued, resumed: treatment bars, each with its own hatch.
        intermission_line, resumed_line: the same where a line is drawn; darker, or lighter in the
            dark.
        training: the strip and label of training mode; ``on_training`` the text on it.
    """

    canvas: QColor
    surface: QColor
    raised: QColor
    text: QColor
    secondary: QColor
    disabled: QColor
    line: QColor
    edge: QColor
    accent: QColor
    on_accent: QColor
    tint: QColor
    hover: QColor
    hard: QColor
    soft: QColor
    good: QColor
    hard_tint: QColor
    soft_tint: QColor
    negative: QColor
    positive: QColor
    no_result: QColor
    intermission: QColor
    continued: QColor
    resumed: QColor
    intermission_line: QColor
    resumed_line: QColor
    training: QColor
    on_training: QColor
    watermark: QColor

    def __getitem__(self, ink: Ink) -> QColor:
        colour: QColor = getattr(self, ink.value)
        return colour


def _tokens(**colours: str) -> Tokens:
    return Tokens(**{name: QColor(value) for name, value in colours.items()})


LIGHT: Final = _tokens(
    canvas="#F6F7F9",
    surface="#FFFFFF",
    raised="#FFFFFF",
    text="#1A1F27",
    secondary="#5A6472",
    disabled="#9AA3AF",
    line="#DDE1E7",
    edge="#868F9B",
    accent="#1F6FB2",
    on_accent="#FFFFFF",
    tint="#E6F0F9",
    hover="#EEF1F5",
    hard="#B3261E",
    soft="#8F6000",
    good="#1E7B4F",
    hard_tint="#FCEDEC",
    soft_tint="#FDF4E0",
    negative="#216FA5",
    positive="#C0364A",
    no_result="#7F8896",
    intermission="#7FB7A6",
    continued="#5B6FA8",
    resumed="#C7925B",
    intermission_line="#2F7A66",
    resumed_line="#8F5E2A",
    training="#6B4FA0",
    on_training="#FFFFFF",
    watermark="#0F6B4FA0",
)

DARK: Final = _tokens(
    canvas="#15181D",
    surface="#1C2026",
    raised="#232830",
    text="#E8EBEF",
    secondary="#A3ADBA",
    disabled="#6A7380",
    line="#323843",
    edge="#747E8C",
    accent="#5BA7E0",
    on_accent="#0E1319",
    tint="#20354A",
    hover="#262C35",
    hard="#F2867F",
    soft="#E3B341",
    good="#5FC28F",
    hard_tint="#3A2322",
    soft_tint="#332B18",
    negative="#62ACDD",
    positive="#E8798A",
    no_result="#949EAC",
    intermission="#7FB7A6",
    continued="#8292C8",
    resumed="#D3A574",
    intermission_line="#8CCBB8",
    resumed_line="#DDB384",
    training="#B79FE6",
    on_training="#17131F",
    watermark="#14B79FE6",
)

_GROUNDS: Final = (Ink.CANVAS, Ink.SURFACE, Ink.RAISED)
_READ: Final = (
    Ink.TEXT,
    Ink.SECONDARY,
    Ink.ACCENT,
    Ink.HARD,
    Ink.SOFT,
    Ink.GOOD,
    Ink.NEGATIVE,
    Ink.POSITIVE,
    Ink.TRAINING,
)

TEXT_PAIRS: Final = (
    *((ink, ground) for ground in (*_GROUNDS, Ink.TINT, Ink.HOVER) for ink in _READ),
    (Ink.ON_ACCENT, Ink.ACCENT),
    (Ink.ON_TRAINING, Ink.TRAINING),
    (Ink.HARD, Ink.HARD_TINT),
    (Ink.SOFT, Ink.SOFT_TINT),
    (Ink.TEXT, Ink.HARD_TINT),
    (Ink.TEXT, Ink.SOFT_TINT),
)
"""Inks that are read on grounds: at least 4.5 to 1. Disabled text is exempt by the standard."""

MARK_PAIRS: Final = tuple(
    (ink, ground)
    for ground in _GROUNDS
    for ink in (
        Ink.EDGE,
        Ink.NO_RESULT,
        Ink.CONTINUED,
        Ink.INTERMISSION_LINE,
        Ink.RESUMED_LINE,
    )
)
"""Marks and edges: at least 3 to 1. The two pale treatment bars are drawn with an outline."""


def contrast(a: QColor, b: QColor) -> float:
    """The contrast ratio of two opaque colours, 1 to 21."""
    lighter, darker = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def over(colour: QColor, ground: QColor) -> QColor:
    """What is seen where a colour lets some of its ground through."""
    share = colour.alphaF()
    return QColor.fromRgbF(
        colour.redF() * share + ground.redF() * (1 - share),
        colour.greenF() * share + ground.greenF() * (1 - share),
        colour.blueF() * share + ground.blueF() * (1 - share),
    )


def _luminance(colour: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = colour.redF(), colour.greenF(), colour.blueF()
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


_LATIN: Final = ("Segoe UI", "Noto Sans", "Inter", "Cantarell", "Ubuntu")
_CHINESE: Final = (
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei UI",
    "Microsoft YaHei",
    "PingFang SC",
)


def families() -> list[str]:
    """Font families by name, most wanted first.

    Without a Chinese face by name the platform may pick Japanese forms of the same characters.
    """
    known = set(QFontDatabase.families())
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
    own = [system] if QGuiApplication.platformName() in ("windows", "cocoa") else []
    named = [name for name in (*_LATIN, *_CHINESE) if name in known]
    return list(dict.fromkeys([*own, *named])) or [system]


class Theme(QObject):
    """The look in force: tokens, fonts and the palette of the whole program.

    Signals:
        changed: the mode changed; whoever paints by hand repaints.
    """

    changed = Signal()

    def __init__(self, mode: Mode = Mode.SYSTEM) -> None:
        super().__init__()
        self._mode = mode
        self._training = False
        self._families = families()
        self._fonts: dict[tuple[int, bool], QFont] = {}
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)

    @property
    def mode(self) -> Mode:
        """What the user chose."""
        return self._mode

    @property
    def training(self) -> bool:
        """Training mode is in force: every ground carries the watermark."""
        return self._training

    def show_training(self, on: bool) -> None:
        """Put training mode in force, or live mode."""
        if on is not self._training:
            self._training = on
            self.changed.emit()

    @property
    def dark(self) -> bool:
        """The dark colours are in force."""
        if self._mode is Mode.SYSTEM:
            hints = QGuiApplication.styleHints()
            return hints.colorScheme() is Qt.ColorScheme.Dark
        return self._mode is Mode.DARK

    @property
    def tokens(self) -> Tokens:
        """The colours in force."""
        return DARK if self.dark else LIGHT

    def choose(self, mode: Mode) -> None:
        """Put another mode in force at once."""
        if mode is self._mode:
            return
        self._mode = mode
        self.apply()

    def turn(self) -> None:
        """From light to dark or back."""
        self.choose(Mode.LIGHT if self.dark else Mode.DARK)

    def apply(self) -> None:
        """Give style, palette and font to the application and tell everyone."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            if app.style().objectName() != "fusion":
                app.setStyle("Fusion")
            app.setFont(self.font())
            app.setPalette(palette(self.tokens))
        self.changed.emit()

    def _follow(self) -> None:
        """The desktop has turned light or dark."""
        if self._mode is Mode.SYSTEM:
            self.apply()

    def font(self, size: int = Type.BODY, *, strong: bool = False) -> QFont:
        """The type of the program at a size in pixels, always with tabular figures."""
        key = (size, strong)
        if key not in self._fonts:
            font = QFont(self._families)
            font.setPixelSize(size)
            font.setFeature(QFont.Tag("tnum"), 1)
            font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            if strong:
                font.setWeight(QFont.Weight.DemiBold)
            self._fonts[key] = font
        return self._fonts[key]


def palette(tokens: Tokens) -> QPalette:
    """The palette of Qt's own widgets for these tokens."""
    made = QPalette()
    role = QPalette.ColorRole
    for where, colour in (
        (role.Window, tokens.canvas),
        (role.Base, tokens.surface),
        (role.AlternateBase, tokens.canvas),
        (role.Button, tokens.surface),
        (role.WindowText, tokens.text),
        (role.Text, tokens.text),
        (role.ButtonText, tokens.text),
        (role.BrightText, tokens.hard),
        (role.PlaceholderText, tokens.secondary),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.on_accent),
        (role.Accent, tokens.accent),
        (role.Link, tokens.accent),
        (role.LinkVisited, tokens.accent),
        (role.ToolTipBase, tokens.raised),
        (role.ToolTipText, tokens.text),
        (role.Light, tokens.raised),
        (role.Midlight, tokens.hover),
        (role.Mid, tokens.line),
        (role.Dark, tokens.edge),
        (role.Shadow, tokens.edge),
    ):
        made.setColor(where, colour)
    off = QPalette.ColorGroup.Disabled
    for where in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(off, where, tokens.disabled)
    made.setColor(off, role.Highlight, tokens.line)
    return made
