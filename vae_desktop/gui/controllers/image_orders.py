"""Which images of a data set come first on the sheet, and why; they are numbered as codes are, test images first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Run
from vae_desktop.errors import UserError
from vae_desktop.gui.controllers import image_texts
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.language import tr

if TYPE_CHECKING:
    from vae_desktop.latent.outliers import OutlierScores

Indices = npt.NDArray[np.int64]

BY_MODEL = {"outliers": None, "error": "error", "distance": "distance"}  # kinds of scores, None for all of them

_MOST_NAMED = 3  # others that an image nearly equals


class Ordered(NamedTuple):
    """The images (n,) to be shown in this order, and what stands under one of them, if anything."""

    numbers: Indices
    caption: Callable[[int], str] | None = None


@dataclass(eq=False)
class ImageOrders:
    """Knows the images of one data set, and the model on screen if it learns from them."""

    _engine: Engine
    _scatter: LatentScatter
    dataset: Dataset | None = None
    run: Run | None = None  # that learns from the images
    excluded: Indices = field(default_factory=lambda: np.empty(0, np.int64))
    tags: dict[str, Indices] = field(default_factory=dict)
    excluded_count: int = 0  # with those that are not in the data set at hand
    _order: str = field(default="files", init=False)  # that was asked for last, and the kind of score that it is by
    _kind: str | None = field(default=None, init=False)

    def take_marks(self) -> None:
        """Read what is noted of the images."""
        self.excluded, self.tags, self.excluded_count = np.empty(0, np.int64), {}, 0
        if self.dataset is None:
            return
        marks = self._engine.marks
        try:
            self.excluded, self.tags = marks.excluded(self.dataset), marks.tagged(self.dataset)
            self.excluded_count = len(marks.of(self.dataset.config.name).exclusion())
        except UserError as error:
            self._engine.messages.complain(str(error))

    def reasons(self) -> dict[str, str]:
        """Why some orders cannot be chosen."""
        found: dict[str, str] = {}
        if self.run is None:
            text = tr("Train a model on these images, or open one: it says which are unlike the others.")
            found |= dict.fromkeys(BY_MODEL, text)
            found["selection"] = tr("The codes in the plot are not of these images.")
        elif not len(self._scatter.selection.images):
            found["selection"] = tr("Select codes in the plot first: Show ▸ Lasso, or Ctrl-drag.")
        if not any(map(len, self.tags.values())):
            found["tagged"] = tr("No image has a tag yet: choose some, then More ▸ Tag.")
        if not len(self.excluded):
            found["excluded"] = tr("None of these images is excluded.")
        return found

    def ordered(self, order: str) -> Ordered | None:
        """The images in an order; None while that is being found out."""
        dataset, run, findings = self.dataset, self.run, self._engine.findings
        self._order, self._kind = order, BY_MODEL.get(order)
        assert dataset is not None
        if order in BY_MODEL and run is not None:
            scores = findings.outliers(run, dataset)
            if scores is None or (findings.is_outdated(run, dataset) and not run.is_in_motion):
                findings.find_outliers(run)
            if scores is None:
                return None
            kind = BY_MODEL[order]
            return Ordered(np.argsort(-scores.scores(kind), kind="stable"), _caption_of(scores, kind))
        if order == "duplicates":
            lookalikes = findings.duplicates(dataset)
            if lookalikes is None:
                findings.find_duplicates(dataset)
                return None
            groups = {number: place for place, group in enumerate(lookalikes.groups, 1) for number in group}
            return Ordered(np.array(list(groups), np.int64), image_texts.group_words(dataset, groups))
        if order == "selection" and run is not None:
            return Ordered(self._scatter.selection.images)
        if order == "excluded":
            return Ordered(self.excluded)
        if order == "tagged":
            several = [images for _, images in sorted(self.tags.items())]
            numbers = np.concatenate([np.empty(0, np.int64), *several])
            return Ordered(numbers[np.sort(np.unique(numbers, return_index=True)[1])], self._tags_of)
        return Ordered(dataset.file_order)

    def why(self, number: int) -> str:
        """What is to be noticed of an image, as far as it is known by now."""
        return " · ".join(self._whys(number))

    def _whys(self, number: int) -> Iterator[str]:
        dataset = self.dataset
        if dataset is None:
            return
        if number in self.excluded:
            yield tr("excluded")
        tags = self._tags_of(number)
        if tags:
            yield tr("tagged {tags}").format(tags=tags)
        scores = None if self.run is None else self._engine.findings.outliers(self.run, dataset)
        if scores is not None:
            outlier = scores.outlier(number)
            first = [] if self._kind is None else [scores.reason(number, self._kind)]  # by which they are ordered
            others = outlier.reasons if self._order in BY_MODEL and self._kind is None else outlier.notable
            yield from map(str, first)
            yield from (str(reason) for reason in others if reason.kind != self._kind)
        lookalikes = self._engine.findings.duplicates(dataset)
        for other, likeness in () if lookalikes is None else lookalikes.of(number)[:_MOST_NAMED]:
            text = tr("nearly equals {other} (correlation {likeness:.3f})")
            name = image_texts.place_of(dataset, other) or image_texts.title_of(dataset, other)
            yield text.format(other=name, likeness=likeness)

    def _tags_of(self, number: int) -> str:
        return tr(", ").join(tag for tag, images in self.tags.items() if number in images)


def _caption_of(scores: OutlierScores, kind: str | None) -> Callable[[int], str]:
    """Tells by what an image is ordered: how many times the median its value of a kind is, or its largest deviation."""
    if kind is None:
        deviations = scores.scores()
        return lambda number: f"{deviations[number]:.1f} σ"

    def ratio(number: int) -> str:
        value = float(scores.ratios[kind][number])
        return f"{value:.1f} ×" if value < 100 else f"{value:,.0f} ×"

    return ratio
