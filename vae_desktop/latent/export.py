"""Codes as a table that any program reads."""

import csv
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Codes


def codes_as_csv(codes: Codes, chosen: npt.NDArray[np.int64], class_names: Sequence[str], test_count: int) -> bytes:
    """Codes at some places as comma-separated values in UTF-8, a line per image under a line of names.

    Parameters
    ----------
    codes : Codes
        Of the test images first, then of training images.
    chosen : array (n,)
        Places among them.
    class_names : sequence of str
        Empty for unlabelled images, whose lines name no class.
    test_count : int
        How many of the codes are of test images.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # as RFC 4180 has it
    has_classes = codes.labels is not None and bool(class_names)
    names = ["split", "image", *(["class"] if has_classes else [])]
    names += [f"mean_{dimension}" for dimension in range(codes.latent_dim)]
    if codes.log_stddev is not None:
        names += [f"sigma_{dimension}" for dimension in range(codes.latent_dim)]
    writer.writerow(names)
    for place in chosen.tolist():
        is_test = place < test_count
        row = ["test", place] if is_test else ["train", place - test_count]
        if has_classes:
            row.append(class_names[codes.labels[place]])  # type: ignore[index]
        row += [f"{value:.7g}" for value in codes.mean[place].tolist()]
        if codes.log_stddev is not None:
            row += [f"{value:.7g}" for value in np.exp(codes.log_stddev[place]).tolist()]
        writer.writerow(row)
    return text.getvalue().encode()
