"""What a path goes through, and where that is among the codes of a model."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.tools.path_view import PathView
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, Floats

_SAME = 1e-4  # between the code of an image that was encoded again and the one that is known


@dataclass(eq=False)
class Anchor:
    """A point that the path goes through, or the code of an image or of a class's mean, which move with training.

    Attributes
    ----------
    kind : {"point", "image", "class"}
    code : array (d,)
        Where the anchor was last known to be.
    index : int
        Of the image or the class.
    """

    kind: Literal["point", "image", "class"]
    code: Floats
    index: int = -1

    def follow(self, codes: Codes | None) -> bool:
        """Move to where the image or the mean of the class is among codes; return False and stay if it is nowhere."""
        if codes is None or self.kind == "point":
            return False
        if self.kind == "image":
            found = codes.mean[self.index : self.index + 1]
        else:
            found = codes.mean[:0] if codes.labels is None else codes.mean[codes.labels == self.index]
        found = found[np.isfinite(found).all(1)]
        if len(found):
            self.code = found.mean(0)
        return len(found) > 0

    def class_name(self, run: Run) -> str:
        """The class of the image or the mean; "" of a point, or where images have none."""
        names, codes = run.class_names, run.codes
        if self.kind == "class":
            return names[self.index]
        labels = None if codes is None or self.kind != "image" or not names else codes.labels
        return "" if labels is None or self.index >= len(labels) else names[labels[self.index]]

    def label(self, run: Run) -> str:
        """What the anchor is called."""
        name = self.class_name(run)
        if self.kind == "class":
            return tr("mean of {name}").format(name=name)
        if self.kind == "image":
            return tr("image {number}").format(number=f"{self.index:,}") + (f" ({name})" if name else "")
        if len(self.code) > 2:
            return tr("point")
        return tr("point") + f" ({', '.join(f'{value:.1f}' for value in self.code.tolist())})"


def anchor_at(scatter: LatentScatter, code: Floats) -> Anchor:
    """The anchor for a code (d,): the image that was chosen, if its code is there, or the point itself."""
    image, codes = scatter.chosen, scatter.drawn
    if image is not None and codes is not None and np.allclose(codes.mean[image], code, atol=_SAME):
        return Anchor("image", code, image)
    return Anchor("point", code)


class NextAnchor(QObject):
    """Lets the button say what it would add."""

    def __init__(self, view: PathView, scatter: LatentScatter, point: LatentPoint) -> None:
        super().__init__(view)
        self._view, self._scatter, self._point = view, scatter, point
        # An image is chosen after the point has moved to it.
        self._soon = QTimer(self, interval=0, singleShot=True)
        self._soon.timeout.connect(self._look)
        point.moved.connect(self._soon.start)
        view.sight_changed.connect(self._soon.start)

    @Slot()
    def _look(self) -> None:
        if self._view.is_in_sight:
            self._view.set_adds_image(anchor_at(self._scatter, self._point.code).kind == "image")
