"""Codes as tables that any program reads: comma-separated values in UTF-8, a line of numbers each under their names."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Codes, Floats


def codes_as_csv(codes: Codes, chosen: npt.NDArray[np.int64], class_names: Sequence[str], test_count: int) -> bytes:
    """Some codes, a line per image.

    Parameters
    ----------
    codes : Codes
        Of the test images first, then of training images.
    chosen : array (n,)
        Indices among them.
    class_names : sequence of str
        Empty for unlabelled images, whose lines name no class.
    test_count : int
        How many of the codes are of test images.
    """
    columns: dict[str, Iterable[Any]] = {
        "split": np.where(chosen < test_count, "test", "train"),
        "image": np.where(chosen < test_count, chosen, chosen - test_count),
    }
    if codes.labels is not None and class_names:
        columns["class"] = [class_names[label] for label in codes.labels[chosen]]
    columns |= _by_dimension("mean", codes.mean[chosen])
    if codes.log_stddev is not None:
        columns |= _by_dimension("sigma", np.exp(codes.log_stddev[chosen]))
    return _csv(columns)


def path_as_csv(codes: Floats, fractions: npt.NDArray[np.float64], distances: Floats | None) -> bytes:
    """The codes (N, d) of a path, a line per step.

    `fractions` (N,) say how far along the path a step is, `distances` (N,) how far from the nearest code of the data,
    as latent.code_distances has it.
    """
    columns: dict[str, Iterable[Any]] = {"step": range(len(codes)), "share": _numbers(fractions)}
    if distances is not None:
        columns["distance"] = _numbers(distances)
    return _csv(columns | _by_dimension("z", codes))


def _by_dimension(name: str, values: Floats) -> dict[str, Iterable[Any]]:
    return {f"{name}_{dimension}": _numbers(column) for dimension, column in enumerate(values.T)}


def _numbers(values: npt.NDArray[Any]) -> list[str]:
    return [f"{value:.7g}" for value in values.tolist()]


def _csv(columns: dict[str, Iterable[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # as RFC 4180 has it
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode()
