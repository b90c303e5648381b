"""The colours of the scatter's points: by class, paler where others are selected, grey where a class is hidden."""

import numpy as np
import numpy.typing as npt

from vae_desktop.gui.views.stage.class_legend import class_colours, rgb
from vae_desktop.gui.widgets.point_raster import PointStyle
from vae_desktop.gui.widgets.theme import current_theme
from vae_desktop.latent.codes import Codes

_PALE = 0.25  # how much of their colour codes keep that are not selected


def point_style(
    codes: Codes,
    class_count: int,
    hidden: npt.NDArray[np.bool_],
    selected: npt.NDArray[np.int64],
) -> PointStyle:
    """Colour codes by class; greyed classes lie below, and selected codes on top of paler ones.

    Parameters
    ----------
    codes : Codes
        N of them.
    class_count : int
        0 where the images have no classes.
    hidden : array (N,), bool
        Codes of classes that are greyed.
    selected : array (n,), int64
    """
    theme = current_theme()
    grey, accent, surface = (np.array(rgb(name), np.uint8) for name in (theme.border, theme.accent, theme.surface))
    colours = class_colours(class_count) if class_count else accent[None]
    indices = np.zeros(len(codes), np.uint16)
    if codes.labels is not None and class_count:
        indices = codes.labels.astype(np.uint16)
    if len(selected):
        is_pale = np.ones(len(codes), bool)
        is_pale[selected] = False
        indices = indices + is_pale.astype(np.uint16) * np.uint16(len(colours))
    if hidden.any():
        indices = np.where(hidden, np.uint16(2 * len(colours)), indices)
    pale = (colours * _PALE + surface * (1 - _PALE)).astype(np.uint8)
    return PointStyle(indices, np.concatenate((colours, pale, grey[None])), hidden, selected, rgb(theme.text))
