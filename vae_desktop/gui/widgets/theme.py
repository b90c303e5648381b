"""The look: one spacing unit, one accent, three type sizes, in light and in dark."""

import cmath
import math
from dataclasses import asdict, dataclass
from string import Template
from typing import cast

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from vae_desktop.resources import resource_path

SPACING = 8  # px; every distance is a multiple or a half of it

# Of up to ten classes, on the light and on the dark surface: each at a contrast of 3:1 at least, and any two as far
# apart as could be had for normal, protanopic, deuteranopic and tritanopic sight; see tests/gui/test_colours.py.
CLASS_COLOURS = {
    "light": (
        "#2b5dcd", "#f8559a", "#556102", "#a2665e", "#2d00af", "#03a3a1", "#a00062", "#9a9709", "#55332c", "#a17df8",
    ),
    "dark": (
        "#34fbfe", "#e80c74", "#def7d0", "#8b670b", "#79a0ff", "#1b7a6d", "#ae8ea5", "#faec0b", "#fc8a6e", "#903aef",
    ),
}  # fmt: skip
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
# Of five, since hues that come close to one another are 8, 13, 21 or 34 classes apart: none a multiple.
_LIGHTNESSES = (0.48, 0.72, 0.56, 0.8, 0.64)
_CHROMA = 0.13
# Of models side by side, in the order of their columns, in every plot and table.
MODEL_COLOURS = ("#4a90e2", "#e0792f", "#2fa37c", "#b964c4")
# Each term of the loss keeps its colour in every plot.
TERM_COLOURS = {"total": "#3f78c9", "reconstruction": "#1f9e89", "kl": "#e2711d", "gradient": "#8a63b8"}


@dataclass(frozen=True)
class Theme:
    """Colours by what they are for."""

    window: str
    surface: str  # what holds content: plots, fields, lists
    border: str
    text: str
    muted: str  # secondary text, axes
    accent: str
    on_accent: str
    error: str
    warning: str
    hole: str  # where the data has no codes
    error_surface: str
    info_surface: str
    hover: str  # buttons and entries of menus under the mouse
    handle: str  # of scroll bars
    disabled: str


_COLOURS = {  # in light and in dark
    "window": ("#f3f4f6", "#16191e"),
    "surface": ("#ffffff", "#1e2228"),
    "border": ("#d8dce2", "#343a43"),
    "text": ("#1b232e", "#e7eaee"),
    "muted": ("#5d6877", "#9aa5b3"),
    "accent": ("#2b62c9", "#7aa7f5"),
    "on_accent": ("#ffffff", "#0f1520"),
    "error": ("#b3261e", "#ff8a80"),
    "warning": ("#8a5300", "#f2b866"),
    "hole": ("#a3195b", "#e0559a"),
    "error_surface": ("#fdeceb", "#3a2224"),
    "info_surface": ("#e8effc", "#202c40"),
    "hover": ("#eef1f5", "#2a3039"),
    "handle": ("#828b98", "#6a7381"),
    "disabled": ("#eceef1", "#272b32"),
}
LIGHT, DARK = (Theme(**{name: pair[index] for name, pair in _COLOURS.items()}) for index in range(2))


def current_theme() -> Theme:
    """The theme that the palette of the application is of. A change of it is told by Qt, as one of each palette."""
    return DARK if QGuiApplication.palette().window().color().lightness() < 128 else LIGHT


def class_palette(count: int) -> tuple[str, ...]:
    """Colours of so many classes in the current theme.

    Beyond ten no palette is safe for colour-blind eyes, and beyond some fifty for any: hues a golden angle apart,
    at alternating lightnesses, are as far apart as can be had, and hiding classes in the legend tells the rest.
    """
    colours = CLASS_COLOURS["dark" if current_theme() is DARK else "light"]
    if count <= len(colours):
        return colours[:count]
    return tuple(
        _oklch(_LIGHTNESSES[index % len(_LIGHTNESSES)], _CHROMA, index * _GOLDEN_ANGLE) for index in range(count)
    )


def _oklch(lightness: float, chroma: float, hue: float) -> str:
    """A colour of perceived lightness, chroma and hue (Ottosson 2020, "A perceptual color space"), cut to sRGB."""
    ab = cmath.rect(chroma, hue)
    long = (lightness + 0.3963377774 * ab.real + 0.2158037573 * ab.imag) ** 3
    medium = (lightness - 0.1055613458 * ab.real - 0.0638541728 * ab.imag) ** 3
    short = (lightness - 0.0894841775 * ab.real - 1.2914855480 * ab.imag) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _to_srgb(min(max(part, 0.0), 1.0))):02x}" for part in linear)


def _to_srgb(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


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
        application.setStyle("Fusion")
        palette = _palette(theme)
        application.setPalette(palette)
        if dark:
            # Fusion outlines them in the window's colour made darker: nothing to be seen where that is dark.
            palette.setColor(QPalette.ColorRole.Window, QColor(theme.muted))
            for name in ("QCheckBox", "QRadioButton", "QAbstractSpinBox"):
                application.setPalette(palette, name)  # type: ignore[arg-type]  # bytes, as the stubs say, are refused
        icons = resource_path("icons")
        sheet = Template(resource_path("style.qss").read_text(encoding="utf-8"))
        application.setStyleSheet(sheet.substitute(asdict(theme), icons=icons.as_posix()))


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
