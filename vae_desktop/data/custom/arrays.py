"""Images and labels from NumPy's .npy and .npz files."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.canvas import MAX_BYTES
from vae_desktop.data.custom.messages import listed, shown
from vae_desktop.data.custom.npy import Header, Stored, open_arrays, read_blocks, read_header, read_values
from vae_desktop.data.custom.stacks import Stack, assemble_stacks, check_shape
from vae_desktop.errors import DataError
from vae_desktop.files import size_in_words
from vae_desktop.progress import Progress

_IMAGES = ("x_train", "train_images", "images", "imgs", "x", "data", "arr_0", "")
_LABELS = ("y_train", "train_labels", "labels", "y", "targets", "arr_1")
_TEST_IMAGES = ("x_test", "test_images")
_TEST_LABELS = ("y_test", "test_labels")
_MOST_NAMES = 8  # of arrays, in a message

_NUMBERS = "buif"  # NumPy's letters for booleans, integers and floats
_CLASSES = "buiUS"  # and for texts


def assemble_arrays(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read images, and labels if there are any, from an .npy or .npz file.

    In an .npz they are told by their names, capitals aside: x_train, y_train, x_test and y_test; train_images,
    train_labels, test_images and test_labels; or images, imgs, x, data or arr_0 with labels, y, targets or arr_1.
    Images are shaped and scaled as in `assemble_stacks`; labels are whole numbers or texts, one for each image.

    Raises
    ------
    DataError
        If it is broken, promises more than it holds or than 4 GB, holds Python objects, or no images.
    Cancelled
        If `progress` raised it.
    """
    with open_arrays(path) as arrays:
        parts = _parts(path, arrays)
        used = [array for part in parts for array in part if array is not None]
        headers = {array.where: read_header(array) for array in used}
        for images, labels in parts:
            _check(images, headers[images.where], labels, headers[labels.where] if labels else None)
        size = sum(header.nbytes for header in headers.values())
        if size > MAX_BYTES:
            raise DataError(
                f"{path} holds {size_in_words(size)}, more than {size_in_words(MAX_BYTES)}. "
                "Save fewer or smaller images."
            )

        def stack(images: Stored, labels: Stored | None) -> Stack:
            header = headers[images.where]
            read = partial(read_blocks, images, header, progress=progress)
            classes = None if labels is None else read_values(labels, headers[labels.where], progress).reshape(-1)
            return Stack(header.shape, header.dtype, read, classes)

        stacks = [stack(images, labels) for images, labels in parts]
        skipped = [f"{shown(name)}: not used" for name, array in arrays.items() if array not in used]
        return assemble_stacks(stacks, path, config, progress, skipped)


def _parts(path: Path, arrays: Mapping[str, Stored]) -> list[tuple[Stored, Stored | None]]:
    """Images and labels of the one or two parts that there are."""
    by_name = {name.lower(): array for name, array in arrays.items()}
    images, labels, test_images, test_labels = (
        next((by_name[name] for name in names if name in by_name), None)
        for names in (_IMAGES, _LABELS, _TEST_IMAGES, _TEST_LABELS)
    )
    if images is None:
        names = ", ".join(listed([shown(name) for name in arrays], _MOST_NAMES))
        raise DataError(
            f"{path} cannot be used: its arrays are named {names}. Name the images “images” and their labels, "
            "if there are any, “labels”."
        )
    return [(images, labels)] + ([(test_images, test_labels)] if test_images else [])


def _check(images: Stored, image_header: Header, labels: Stored | None, label_header: Header | None) -> None:
    """Raise DataError unless these are images, and these their labels."""
    if image_header.dtype.kind not in _NUMBERS:
        raise _refusal(images, f"its values are of type {image_header.dtype}, not numbers")
    try:
        check_shape(image_header.shape)
    except ValueError as error:
        raise _refusal(images, str(error)) from error
    if labels is None or label_header is None:
        return
    if label_header.dtype.kind not in _CLASSES:
        raise _refusal(labels, f"labels of type {label_header.dtype} are neither whole numbers nor texts")
    if label_header.shape not in ((count := image_header.shape[0],), (count, 1)):
        raise _refusal(labels, f"it has the shape {label_header.shape}, not one label for each of {count:,} images")


def _refusal(array: Stored, reason: str) -> DataError:
    return DataError(f"{array.where} cannot be used: {reason}. Choose another file.")
