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

    def follow(self, codes: Codes | None) -> None:
        """Move to where the image or the mean of the class is among codes; where that is not known, stay."""
        code = None
        if self.kind == "class":
            code = class_mean(codes, self.index)
        elif self.kind == "image" and codes is not None and self.index < len(codes):
            code = codes.mean[self.index]
        if code is not None and np.isfinite(code).all():
            self.code = code

    def label(self, run: Run) -> str:
        """What the anchor is called."""
        names, codes = run.class_names, run.codes
        if self.kind == "class":
            return _tr("mean of {name}").format(name=names[self.index])
        if self.kind == "image":
            label = _tr("image {number}").format(number=f"{self.index:,}")
            if names and codes is not None and codes.labels is not None and self.index < len(codes):
                label += f" ({names[codes.labels[self.index]]})"
            return label
        if len(self.code) > 2:
            return _tr("point")
        return _tr("point") + f" ({', '.join(f'{value:.1f}' for value in self.code.tolist())})"


def class_mean(codes: Codes | None, index: int) -> Floats | None:
    """The mean (d,) of a class's codes; None if there are none."""
    if codes is None or codes.labels is None:
        return None
    means = codes.mean[codes.labels == index]
    means = means[np.isfinite(means).all(1)]
    return means.mean(0) if len(means) else None


def _tr(text: str) -> str:
    return QCoreApplication.translate("Anchor", text)
