"""Formulas as drawings, set from LaTeX by ziamath, which is loaded when the first one is wanted."""

import threading
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

SIZE = 20.0  # of the letters, in the units of a drawing
BLACK = "#000"  # what every drawing is drawn in, to be replaced by the colour of the text around it

# ziamath reads the shapes of its letters from one open file, whose place two threads would move under each other.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Typeset:
    """A formula as a drawing.

    Attributes
    ----------
    svg : str
        In `BLACK`.
    width, height : float
        In units of which a letter has `SIZE`.
    baseline : float
        From the upper edge down to the line on which letters stand.
    """

    svg: str
    width: float
    height: float
    baseline: float


@cache
def typeset(latex: str) -> Typeset:
    """Set a formula, from any thread; the same one is set once in the life of the app."""
    with _one_at_a_time:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of how it reads its own fonts
            import ziamath

        ziamath.config.svg2 = False  # type: ignore[attr-defined]  # what Qt can draw
        element = ziamath.Latex(latex, size=SIZE, color=BLACK).svgxml()  # type: ignore[attr-defined]
    _, top, width, height = (float(number) for number in element.get("viewBox", "").split())
    return Typeset(ElementTree.tostring(element, encoding="unicode"), width, height, -top)


def typeset_all(formulas: Iterable[str]) -> None:
    """Set many formulas, each of which takes some 50 ms, ahead of their being shown."""
    for latex in formulas:
        typeset(latex)
