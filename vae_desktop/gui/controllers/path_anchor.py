"""What a path goes through, and where that is among the codes of a model."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QCoreApplication

from vae_desktop.engine.run import Run
from vae_desktop.latent.codes import Codes, Floats


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
            return _tr("mean of {name}").format(name=name)
        if self.kind == "image":
            return _tr("image {number}").format(number=f"{self.index:,}") + (f" ({name})" if name else "")
        if len(self.code) > 2:
            return _tr("point")
        return _tr("point") + f" ({', '.join(f'{value:.1f}' for value in self.code.tolist())})"


def _tr(text: str) -> str:
    return QCoreApplication.translate("Anchor", text)
