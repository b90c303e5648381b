"""Labels in whatever way people store them; what is none costs nobody the images, but is said."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.data.stored_array import BrokenFile, NumberArray
from vae_desktop.files import size_in_words
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_CLASSES = "buifUS"  # NumPy's letters for booleans, integers, floats and texts
_MOST_COLUMNS = 1000  # of one-hot labels
_LARGEST, _LARGEST_TEXTS = 10**9, 1 << 26  # bytes; of texts that have room for more letters than a name has
_LONGEST = 255  # characters of a name, as of a folder's: an array takes the room of the longest for each
_NONE = ("", "nan", "none", "null", "n/a")  # texts that stand for no label


@dataclass(frozen=True, eq=False)
class FoundLabels:
    """The classes (N,) of images, whole numbers or names; None if there are none, and a line for the report."""

    classes: npt.NDArray[Any] | None
    note: str = ""


def read_labels(open_array: Callable[[], NumberArray], count: int, progress: Progress) -> FoundLabels:
    """Read the labels of `count` images, whatever is wrong with them.

    They are whole numbers, also as floats, or texts, one for each image; or one-hot, (N, K). NaN, an empty text, a row
    of zeros, and -1 among numbers of at least two other classes that are not negative, stand for no label: such images
    have a class of their own.

    Parameters
    ----------
    open_array : callable
        Returns the array, or raises BrokenFile.
    count : int
    progress : Progress

    Returns
    -------
    FoundLabels
        None, with the reason, if they are something else or broken.

    Raises
    ------
    Cancelled
        If `progress` raised it.
    """
    try:
        array = open_array()
        reason = _refusal(array, count)
        if reason:
            return FoundLabels(None, left_out(array.where, reason))
        values = array.read(progress)
    except BrokenFile as error:
        return FoundLabels(None, tr("loaded without labels: {error}").format(error=error))
    return labels_of_values(values, array.where)


def labels_of_values(values: npt.NDArray[Any], where: str) -> FoundLabels:
    """The labels that values of the right shape are, or the reason why they are none, which names `where`."""
    try:
        return FoundLabels(*_classes(values))
    except ValueError as error:
        return FoundLabels(None, left_out(where, str(error)))


def names_of(texts: Iterable[str]) -> npt.NDArray[np.str_]:
    """Names of classes (N,); one that is longer than any can be is cut, and `labels_of_values` refuses it."""
    return np.array([text[: _LONGEST + 1] for text in texts], np.str_)


def left_out(where: str, reason: str) -> str:
    """The report's line about labels that are not used."""
    return tr("{name}: not used as labels, {reason}").format(name=where, reason=reason)


def _refusal(array: NumberArray, count: int) -> str:
    """Why an array cannot be the labels of so many images, told by its header; "" if it can."""
    if array.dtype.kind not in _CLASSES:
        return tr("which are of type {kind}, not numbers or texts").format(kind=array.dtype)
    many = [side for side in array.shape if side != 1]
    if array.nbytes > _LARGEST:
        return tr("as they take {size}").format(size=size_in_words(array.nbytes))
    if many == [count]:
        return too_long() if array.nbytes > _LARGEST_TEXTS and _letters(array.dtype) > _LONGEST else ""
    if len(many) == 2 and many[0] == count and many[1] <= _MOST_COLUMNS and array.dtype.kind in "buif":
        return ""
    return tr("as their shape is {shape}: not one for each of {count:,} images").format(shape=array.shape, count=count)


def _letters(dtype: np.dtype[Any]) -> int:
    """How many letters a text of this type may have; 0 of numbers."""
    return dtype.itemsize // {"U": 4, "S": 1}[dtype.kind] if dtype.kind in "US" else 0


def too_long() -> str:
    """Why texts are no names of classes."""
    return tr("as they are texts of more than {most} characters").format(most=_LONGEST)


def _classes(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any] | None, str]:
    """The classes that labels of the right shape name, and what was done; raises ValueError if they name none."""
    values = values.reshape(len(values), -1) if values.shape[0] != 1 else values.reshape(-1, 1)
    if values.shape[1] > 1:
        return _with_missing(*_one_hot(values))
    values = values[:, 0]
    if _letters(values.dtype) > _LONGEST:
        longest = int(np.char.str_len(values).max())
        if longest > _LONGEST:
            raise ValueError(too_long())
        values = values.astype(f"{values.dtype.kind}{max(longest, 1)}")
    if values.dtype.kind in "US":
        names = np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values
        return _with_missing(names, np.isin(np.char.lower(np.char.strip(names)), _NONE))
    is_missing = np.zeros(len(values), np.bool_)
    if values.dtype.kind == "f":
        is_missing = np.isnan(values)
        known = values[~is_missing]
        if not (np.isfinite(known).all() and (np.abs(known) < 2**53).all() and (known == np.rint(known)).all()):
            raise ValueError(tr("as they are measures, not classes: not whole numbers"))
        values = np.where(is_missing, 0, values).astype(np.int64)
    if values.dtype.kind == "i" and not is_missing.any():
        found = np.unique(values)
        if found[0] == -1 and len(found) > 2:
            is_missing = values == -1
    return _with_missing(values, is_missing)


def _one_hot(values: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The column in which each row has its only number that is not 0, and which rows have none."""
    counts = (values != 0).sum(axis=1)
    if counts.max() > 1:
        raise ValueError(tr("as they have {count:,} numbers for each image").format(count=values.shape[1]))
    return (values != 0).argmax(axis=1), counts == 0


def _with_missing(values: npt.NDArray[Any], is_missing: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[Any] | None, str]:
    """The classes, among which images without a label have one of their own, and the line that says so."""
    count = int(is_missing.sum())
    if count == 0:
        return values, ""
    if count == len(values):
        raise ValueError(tr("as all of them are missing"))
    name = tr("no label")
    names = values.astype(np.str_)
    width = max(names.dtype.itemsize // 4, len(name))
    line = tr("images whose label is missing, in a class “{name}” of their own: {count:,}")
    return np.where(is_missing, name, names.astype(f"U{width}")), line.format(name=name, count=count)
