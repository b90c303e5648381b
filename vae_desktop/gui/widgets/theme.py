"""The look: one spacing unit, one accent, three type sizes, in light and in dark."""

import math
from dataclasses import asdict
from string import Template
from typing import cast

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette, QTextDocument
from PySide6.QtWidgets import QApplication

from vae_desktop import language
from vae_desktop.colours import DARK, LIGHT, Theme, class_colours
from vae_desktop.resources import resource_path

SPACING = 8  # px; every distance is a multiple or a half of it

# Of models side by side, in the order of their columns, in every plot and table.
MODEL_COLOURS = ("#4a90e2", "#e0792f", "#2fa37c", "#b964c4")
# Each term of the loss keeps its colour in every plot.
TERM_COLOURS = {"total": "#3f78c9", "reconstruction": "#1f9e89", "kl": "#e2711d", "gradient": "#8a63b8"}


_line_heights: dict[tuple[str, ...], int] = {}


def current_theme() -> Theme:
    """The theme that the palette of the application is of. A change of it is told by Qt, as one of each palette."""
    return DARK if QGuiApplication.palette().window().color().lightness() < 128 else LIGHT


def class_palette(count: int) -> tuple[str, ...]:
    """Colours of so many classes in the current theme."""
    return class_colours(count, current_theme() is DARK)


class ThemeSwitch(QObject):
    """Follows the system's colour scheme, or holds the one that was chosen."""

    _SCHEMES = {  # noqa: RUF012
        "system": Qt.ColorScheme.Unknown,
        "light": Qt.ColorScheme.Light,
        "dark": Qt.ColorScheme.Dark,
    }

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.mode = "system"
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._apply)

    def set_mode(self, mode: str) -> None:
        """Use "system", "light" or "dark"; anything else counts as "system"."""
        self.mode = mode if mode in self._SCHEMES else "system"
        QGuiApplication.styleHints().setColorScheme(self._SCHEMES[self.mode])
        self._apply()

    @Slot()
    def _apply(self) -> None:
        # Where the platform knows no schemes, the mode alone decides.
        scheme = QGuiApplication.styleHints().colorScheme()
        dark = self.mode == "dark" or (self.mode == "system" and scheme == Qt.ColorScheme.Dark)
        theme = DARK if dark else LIGHT
        application = cast(QApplication, QApplication.instance())
        icons = resource_path("icons")
        template = Template(resource_path("style.qss").read_text(encoding="utf-8"))
        sheet = template.substitute(asdict(theme), icons=icons.as_posix())
        if sheet == application.styleSheet():
            return  # to style all windows anew takes half a second
        application.setStyle("Fusion")
        palette = _palette(theme)
        application.setPalette(palette)
        if dark:
            # Fusion outlines them in the window's colour made darker: nothing to be seen where that is dark.
            palette.setColor(QPalette.ColorRole.Window, QColor(theme.muted))
            for name in ("QCheckBox", "QRadioButton", "QAbstractSpinBox"):
                application.setPalette(palette, name)  # type: ignore[arg-type]  # bytes, as the stubs say, are refused
        application.setStyleSheet(sheet)


def heading_font(base: QFont) -> QFont:
    """The largest of the three type sizes, for the title of a panel."""
    font = QFont(base)
    font.setPointSizeF(base.pointSizeF() * 1.2)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def small_font(base: QFont) -> QFont:
    """The smallest of the three type sizes, for hints and axes."""
    font = QFont(base)
    font.setPointSizeF(base.pointSizeF() * 0.9)
    return font


def line_height(font: QFont) -> int:
    """Pixels from one line to the next in the chosen language, whose letters another font may have to lend."""
    sample = language.LANGUAGES[language.current()]
    known = sample, font.key(), *font.families()
    if known not in _line_heights:
        document = QTextDocument()
        document.setDocumentMargin(0)
        document.setDefaultFont(font)
        document.setPlainText(sample)
        _line_heights[known] = math.ceil(document.size().height())
    return _line_heights[known]


def tabular(font: QFont) -> QFont:
    """The font with figures of equal width, for numbers that change."""
    result = QFont(font)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, theme.window),
        (roles.WindowText, theme.text),
        (roles.Base, theme.surface),
        (roles.AlternateBase, theme.window),
        (roles.Text, theme.text),
        (roles.PlaceholderText, theme.muted),
        (roles.Button, theme.surface),
        (roles.ButtonText, theme.text),
        (roles.BrightText, theme.error),
        (roles.Highlight, theme.accent),
        (roles.HighlightedText, theme.on_accent),
        (roles.Accent, theme.accent),
        (roles.Link, theme.accent),
        (roles.ToolTipBase, theme.surface),
        (roles.ToolTipText, theme.text),
        (roles.Mid, theme.border),
        (roles.Dark, theme.border),
        (roles.Light, theme.surface),
    ):
        palette.setColor(role, QColor(colour))
    faded = QColor(theme.muted)
    faded.setAlpha(140)
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, faded)
    return palette
