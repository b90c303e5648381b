"""What is known of each image of a data set, as facts that words can say: a 7, rather thick, at the top left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vae_desktop.data.appearance import COLOURS
from vae_desktop.data.attributes import Attributes, attributes_of
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.language import tr
from vae_desktop.progress import Progress, ignore

Values = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]

UNKNOWN = -9999  # a value of a fact that is not known of an image
PLACES = ("top_left", "top", "top_right", "left", "middle", "right", "bottom_left", "bottom", "bottom_right")
TURNS = ("0", "15", "30", "45", "60", "75", "90")  # degrees

_QUANTILES = (0.1, 0.3, 0.4, 0.6, 0.7, 0.9)  # of the training images, between the seven levels
_SIDES = ("low", "middle", "high")
_FEWEST = 50  # images of a class, from which on its own quantiles count
_MIDDLE = 0.42, 0.58  # of the image's side, between which a centre of mass lies in the middle
_UPRIGHT, _LEFT = 5.0, -5.0  # degrees; strokes that lean further to the left are said to
_LEAST_SPREAD = {  # standard deviation, and that over the mean, below which images do not differ in a respect
    "thickness": (0.05, 0.05),
    "slant": (2.0, 0.0),
    "width": (0.0, 0.05),
    "height": (0.0, 0.08),  # of MNIST, which is scaled to one height, 0.06
    "length": (0.0, 0.05),
    "size": (0.0, 0.05),
    "brightness": (0.03, 0.0),
}
_NAMED = {"colour": COLOURS, "background": COLOURS, "place": PLACES, "turn": TURNS}
_SHADES = {"black", "grey", "white"}
_LEAST_MOTION = 0.08  # standard deviation of a centre of mass, of the image's side; of clothes that fill it 0.05
_DRAWN_FROM = ("x", "y", "scale", "rotation")  # factors that say all of an image


class Fact(NamedTuple):
    """Something that is known of an image.

    Attributes
    ----------
    kind : str
        "class", one of LEVELS, "colour", "background", "place" or "turn".
    value : int
        Number of the class, of the colour in COLOURS, of the place in PLACES or of the turn in TURNS. A level is -3
        (very low), -2 (low), -1 (slightly low), 0 (in the middle) and so on to 3, by quantiles of the training images.
    """

    kind: str
    value: int

    @property
    def key(self) -> str:
        """What it says, without its degree: "thickness.high", "colour.red"."""
        if self.kind in LEVELS:
            return f"{self.kind}.{_SIDES[int(np.sign(self.value)) + 1]}"
        names = _NAMED.get(self.kind)
        return f"{self.kind}.{self.value if names is None else names[self.value]}"

    @classmethod
    def of_key(cls, key: str) -> Fact:
        """The fact of a key, a level without "very" or "slightly"; raises ValueError if there is none."""
        kind, _, value = key.partition(".")
        if kind in LEVELS:
            return cls(kind, 2 * (_SIDES.index(value) - 1))
        names = _NAMED.get(kind)
        return cls(kind, int(value) if names is None else names.index(value))


LEVELS = tuple(_LEAST_SPREAD)


@dataclass(frozen=True)
class Subject:
    """What captions of a data set can speak of.

    Attributes
    ----------
    dataset : str
        Its name; of a person's own, "custom".
    class_names : tuple of str
    kinds : tuple of str
        The kinds of facts that are known, "class" among them where there are classes.
    are_strokes : bool
        Whether the images are written or drawn in lines.
    """

    dataset: str
    class_names: tuple[str, ...]
    kinds: tuple[str, ...]
    are_strokes: bool

    @property
    def described(self) -> dict[str, Any]:
        """The subject as JSON."""
        return {
            "dataset": self.dataset,
            "class_names": list(self.class_names),
            "kinds": list(self.kinds),
            "are_strokes": self.are_strokes,
        }

    @classmethod
    def of_description(cls, described: Mapping[str, Any]) -> Subject:
        """The subject that was `described`; raises KeyError, TypeError or ValueError if it is none."""
        names, kinds = (tuple(described[key]) for key in ("class_names", "kinds"))
        if not all(isinstance(text, str) for text in (described["dataset"], *names, *kinds)):
            raise TypeError("names")
        if set(kinds) - {"class", "colour", "background", "place", "turn", *LEVELS}:
            raise ValueError("kinds")
        return cls(described["dataset"], names, kinds, described["are_strokes"] is True)


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of each of N images.

    Attributes
    ----------
    subject : Subject
    values : array (N, K), int16
        Of each kind of the subject, in its order; UNKNOWN where it is not known.
    bounds : dict of arrays (G, 6)
        By level kind, the bounds between the levels; for each class, or for all of them where G is 1.
    """

    subject: Subject
    values: Values
    bounds: Mapping[str, Floats]

    @classmethod
    def of(cls, dataset: Dataset, progress: Progress = ignore) -> Facts:
        """What is known of the training images of a data set; raises Cancelled if `progress` raised it.

        Images are measured, unless they were before, which takes some seconds for a large set.
        """
        return cls._of(dataset, dataset.train, None, progress)

    def of_test(self, dataset: Dataset, progress: Progress = ignore) -> Facts:
        """What is known of the test images of the same data set, by the bounds of its training images."""
        return self._of(dataset, dataset.test, self, progress)

    @classmethod
    def _of(cls, dataset: Dataset, split: Split, known: Facts | None, progress: Progress) -> Facts:
        is_drawn = set(_DRAWN_FROM) <= set(dataset.factor_names) and split.factors is not None
        attributes = None
        if not is_drawn:
            attributes = attributes_of(split, progress, None if known is None else known.subject.are_strokes)
        are_strokes = attributes is not None and attributes.are_strokes
        numbers = level_numbers(attributes) if attributes is not None else _of_factors(dataset, split)
        columns, bounds = dict[str, Values](), dict[str, Floats]()
        if dataset.class_names and split.labels is not None:
            is_none = np.array([name == tr("no label") for name in dataset.class_names])
            columns["class"] = np.where(is_none[split.labels], UNKNOWN, split.labels).astype(np.int16)
        groups = split.labels if dataset.class_names else None  # a big sandal is big for a sandal
        for kind in LEVELS if known is None else known.bounds:
            if known is not None:
                bounds[kind] = known.bounds[kind]
            elif kind in numbers and _differ(kind, numbers[kind]):
                bounds[kind] = _bounds(numbers[kind], groups, len(dataset.class_names))
            if kind in bounds:
                columns[kind] = _levels(kind, numbers[kind], groups, bounds[kind])
        columns |= _categories(attributes, numbers, known)
        name = "custom" if dataset.config.is_custom else dataset.config.name
        subject = Subject(name, dataset.class_names, tuple(columns), are_strokes) if known is None else known.subject
        unknown = np.full(len(split), UNKNOWN, np.int16)
        values = [columns.get(kind, unknown) for kind in subject.kinds]
        return cls(subject, np.stack(values, 1) if values else unknown[:, None][:, :0], bounds)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, number: int) -> tuple[Fact, ...]:
        """What is known of an image."""
        pairs = zip(self.subject.kinds, self.values[number].tolist(), strict=True)
        return tuple(Fact(kind, value) for kind, value in pairs if value != UNKNOWN)


def level_numbers(attributes: Attributes) -> dict[str, Floats]:
    """The numbers (N,) that levels are told by, among others, by their kinds: thickness, slant, size ..."""
    numbers = {name: column.astype(np.float64) for name, column in attributes.columns().items()}
    if attributes.are_strokes:
        numbers["size"] = np.sqrt(numbers["width"] * numbers["height"])
        del numbers["brightness"]  # it tells how much ink there is, which "thick" says better
    else:
        numbers["size"] = numbers["extent"]
    return numbers


def _of_factors(dataset: Dataset, split: Split) -> dict[str, Floats]:
    """What the images were drawn from."""
    assert split.factors is not None
    names = {"scale": "size"}
    columns = split.factors.astype(np.float64).T
    return {names.get(name, name): column for name, column in zip(dataset.factor_names, columns, strict=True)}


def _differ(kind: str, numbers: Floats) -> bool:
    """Whether images differ in a respect so much that it is worth a word."""
    known = numbers[np.isfinite(numbers)]
    if len(known) < _FEWEST // 5:
        return False
    least, relative = _LEAST_SPREAD[kind]
    return bool(known.std() > max(least, relative * abs(known.mean())))


def _bounds(numbers: Floats, groups: npt.NDArray[np.int64] | None, count: int) -> Floats:
    """The bounds (G, 6) between the levels, for each group that has enough images."""
    known = np.isfinite(numbers)
    whole = np.quantile(numbers[known], _QUANTILES)
    if groups is None:
        return whole[None]
    bounds = np.tile(whole, (count, 1))
    for group in range(len(bounds)):
        some = numbers[known & (groups == group)]
        if len(some) >= _FEWEST:
            bounds[group] = np.quantile(some, _QUANTILES)
    return bounds


def _levels(kind: str, numbers: Floats, groups: npt.NDArray[np.int64] | None, bounds: Floats) -> Values:
    """The level of each image.

    Of strokes that are among the least slanted ones only those that lean to the left are said to; the others are
    upright, and what lies between is not worth a word.
    """
    own = bounds[np.zeros(len(numbers), np.int64) if groups is None or len(bounds) == 1 else groups]
    levels = ((numbers[:, None] > own).sum(1) - 3).astype(np.int16)
    if kind == "slant":
        is_low = levels <= -2
        right = (levels > 0) & (numbers > _UPRIGHT)
        left = is_low & (numbers < _LEFT)
        levels = np.where(right | left, levels, np.where(is_low & ~left, 0, UNKNOWN)).astype(np.int16)
    levels[~np.isfinite(numbers)] = UNKNOWN
    return levels


def _categories(attributes: Attributes | None, numbers: Mapping[str, Floats], known: Facts | None) -> dict[str, Values]:
    """Facts that are one of several: colours, places and turns."""
    found: dict[str, Values] = {}
    if attributes is not None:
        for name in ("colour", "background"):
            column = attributes.columns().get(name)
            if column is not None and (known is not None or _are_coloured(name, column)):
                found[name] = np.where(np.isfinite(column), np.nan_to_num(column), UNKNOWN).astype(np.int16)
    across, down = numbers.get("x"), numbers.get("y")
    if across is not None and down is not None:
        is_known = np.isfinite(across) & np.isfinite(down)
        if known is not None or (is_known.any() and max(np.nanstd(across), np.nanstd(down)) > _LEAST_MOTION):
            number = np.searchsorted(_MIDDLE, across) + 3 * np.searchsorted(_MIDDLE, down)
            found["place"] = np.where(is_known, number, UNKNOWN).astype(np.int16)
    if "rotation" in numbers:
        found["turn"] = np.rint(numbers["rotation"] / 15).astype(np.int16)
    return found


def _are_coloured(name: str, column: npt.NDArray[np.float32]) -> bool:
    """Whether images differ in colour; shades of grey alone are told by their brightness."""
    different = {COLOURS[number] for number in np.unique(column[np.isfinite(column)]).astype(int).tolist()}
    return len(different) > 1 and (name == "background" or bool(different - _SHADES))
