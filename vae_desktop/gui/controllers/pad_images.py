"""Images that come from the drawing pad, and what is said of those that come from the data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.image_file import image_of_file, image_of_pixels
from vae_desktop.data.dataset import Dataset, Images
from vae_desktop.data.drawing_preprocessing import image_of_drawing
from vae_desktop.dataset_catalog import describe_dataset
from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers import image_texts
from vae_desktop.gui.widgets.drawing_pad import DrawingPad
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, Picture

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import ImageLoss


def preprocessing_tip(dataset: DatasetConfig) -> str:
    """How drawings are made like the images of a data set; nothing if no rule is known."""
    rule = describe_dataset(dataset.name).preprocessing
    if rule is None:
        return ""
    middle = tr("its centre of mass") if rule.by_mass else tr("its middle")
    return tr(
        "As the images of {data} were made: the longer side of the ink becomes {fraction} of the image's, and "
        "{middle} is moved to the middle. Source: {source}."
    ).format(data=dataset.label, fraction=f"{rule.fraction:.0%}", middle=middle, source=rule.source)


def image_on(pad: DrawingPad, run: Run, follows_rule: bool) -> Images | None:
    """What lies on the pad, as an image (C, H, W), uint8, of the data set that a model learns from."""
    if pad.is_empty:
        return None
    rule = describe_dataset(run.config.dataset.name).preprocessing if follows_rule and pad.is_drawing else None
    return image_of_drawing(pad.pixels(), pad.paper, run.image_shape, rule)


def image_of_offered(offered: Path | Images, run: Run) -> Images:
    """An image (C, H, W) for a model from a picture file, or from the pixels (h, w, 4) of the clipboard.

    Raises
    ------
    DataError
        If the file is no picture.
    """
    if isinstance(offered, Path):
        return image_of_file(offered, run.image_shape, run.config.dataset)
    return image_of_pixels(offered, run.image_shape)


def pixels_of(dataset: Dataset | None, number: int) -> Images | None:
    """An image (C, H, W) of a data set, test images first, if it is at hand."""
    if dataset is None:
        return None
    split, index = image_texts.split_of(dataset, number)
    return split.images[index] if index < len(split) else None


def picture_of(dataset: Dataset, number: int) -> Picture:
    """An image of a data set that is at hand, as a picture (H, W, C)."""
    split, index = image_texts.split_of(dataset, number)
    return split.images[index].transpose(1, 2, 0)


def codes_of(run: Run, number: int) -> Codes | None:
    """The posterior of one image of the data set, if it is known."""
    codes = run.all_codes
    if codes is None or number >= len(codes) or not np.isfinite(codes.mean[number]).all():
        return None
    one = slice(number, number + 1)
    return Codes(codes.mean[one], None if codes.log_stddev is None else codes.log_stddev[one], None)


def title_of(run: Run, number: int) -> str:
    """Number and class of an image of the data set, test images first."""
    codes, name = run.all_codes, ""
    if codes is not None and codes.labels is not None and run.class_names and number < len(codes):
        name = run.class_names[codes.labels[number]]
    if run.codes is None or number < len(run.codes):
        return image_texts.numbered(number, True, name)
    return image_texts.numbered(number - len(run.codes), False, name)


def test_number(run: Run, number: int) -> int | None:
    """The number of an image of the data set among the test images; None of a training image."""
    return number if run.codes is None or number < len(run.codes) else None


def terms_of(run: Run, loss: ImageLoss) -> list[tuple[str, float, float]]:
    """The terms that the loss of one image is the sum of: name, weight and value; none without its pixels."""
    if loss.reconstruction is None:
        return []
    terms = [(tr(run.config.model.judged_by.quantity), loss.kind.reconstruction_weight, loss.reconstruction)]
    return terms if loss.kl is None else [*terms, (tr("KL"), loss.kl_weight, loss.kl)]
