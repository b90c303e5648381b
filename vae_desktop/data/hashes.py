"""Content hashes: what tells an image again wherever its file lies, whatever it is called."""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from vae_desktop.progress import Progress, ignore

Hashes = npt.NDArray[np.uint64]

_BYTES = 8
_TOGETHER = 256  # images for a thread at a time
_LARGE = 2048  # bytes, from which on the interpreter is let go of while an image is hashed
_THREADS = min(4, os.cpu_count() or 1)
_MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, so that it maps no two rows to one number


def hashes_of(images: npt.NDArray[np.uint8], progress: Progress = ignore) -> Hashes:
    """64 bits of BLAKE2b over the shape (C, H, W) and the pixels of each image (N, C, H, W).

    Equal images have equal hashes; that two different ones among a million share theirs has a chance of 3 in 10⁸.

    Raises
    ------
    Cancelled
        If `progress`, asked now and then, raised it.
    """
    begun = blake2b(",".join(map(str, images.shape[1:])).encode(), digest_size=_BYTES)

    def digests(first: int) -> bytes:
        found = bytearray()
        for image in images[first : first + _TOGETHER]:
            progress.check()
            hashed = begun.copy()
            hashed.update(np.ascontiguousarray(image).data)
            found += hashed.digest()
        return bytes(found)

    parts = range(0, len(images), _TOGETHER)
    if math.prod(images.shape[1:]) < _LARGE or len(parts) < 2:
        found = b"".join(map(digests, parts))
    else:
        with ThreadPoolExecutor(_THREADS, "hashes") as threads:
            found = b"".join(threads.map(digests, parts))
    return np.frombuffer(found, "<u8").astype(np.uint64)


def place_hashes(files: tuple[str, ...], file_of: npt.NDArray[np.int32], part_of: npt.NDArray[np.int64]) -> Hashes:
    """A number for the place (N,) that each image has: its file, named as in `files`, and its part of that."""
    used = np.unique(file_of)
    names = (files[number].encode("utf-8", "surrogatepass") for number in used.tolist())
    digests = b"".join(blake2b(name, digest_size=_BYTES).digest() for name in names)
    by_file = np.frombuffer(digests, "<u8").astype(np.uint64)
    return by_file[np.searchsorted(used, file_of)] + part_of.astype(np.uint64) * _MIX
