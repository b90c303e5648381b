"""The colours of the look, in light and in dark, and of classes; whatever draws them."""

import cmath
import math
from dataclasses import dataclass

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


def class_colours(count: int, is_dark: bool) -> tuple[str, ...]:
    """Colours of so many classes on the surface of a theme.

    Beyond ten no palette is safe for colour-blind eyes, and beyond some fifty for any: hues a golden angle apart,
    at alternating lightnesses, are as far apart as can be had, and hiding classes in the legend tells the rest.
    """
    colours = CLASS_COLOURS["dark" if is_dark else "light"]
    if count <= len(colours):
        return colours[:count]
    return tuple(
        _oklch(_LIGHTNESSES[index % len(_LIGHTNESSES)], _CHROMA, index * _GOLDEN_ANGLE) for index in range(count)
    )


def rgb(colour: str) -> tuple[int, int, int]:
    """The red, green and blue, 0 to 255, of a colour such as "#2b5dcd"."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


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
