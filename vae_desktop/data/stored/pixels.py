"""Images in a file of the cache that is being filled: written and read without mapping it, and chosen by their numbers.

A mapped file on a disk that is full ends the process; plain writes say so.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vae_desktop.errors import DataError
from vae_desktop.language import tr

Images = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Shape = tuple[int, int, int, int]

AT_ONCE = 1 << 22  # bytes that are read together


class ImageFile:
    """A file of N images of one shape, one after the other, without a header.

    Parameters
    ----------
    path : Path
    shape : tuple of int
        (N, C, S, S).
    """

    def __init__(self, path: Path, shape: Shape) -> None:
        self.shape = shape
        self._path = path
        self._lock = threading.Lock()
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b", 0)

    @property
    def image_bytes(self) -> int:
        return int(np.prod(self.shape[1:]))

    def write(self, first: int, images: Images) -> None:
        """Write images (n, C, S, S) from number `first` on; raises DataError if the disk does not take them."""
        memory = np.ascontiguousarray(images).reshape(-1).data
        with self._lock, naming_the_cache(self._path):
            self._file.seek(first * self.image_bytes)
            done = 0
            while done < len(memory):
                done += self._file.write(memory[done:])

    def read(self, first: int, count: int) -> Images:
        """The images (n, C, S, S) from number `first` on."""
        images = np.empty((count, *self.shape[1:]), np.uint8)
        memory = images.reshape(-1).data
        with self._lock, naming_the_cache(self._path):
            self._file.seek(first * self.image_bytes)
            done = 0
            while done < len(memory):
                more = self._file.readinto(memory[done:])
                if not more:
                    raise OSError(tr("it is cut off"))
                done += more
        return images

    def chosen(self, numbers: Numbers) -> Images:
        """The images (n, C, S, S) of these numbers, which ascend."""
        images = np.empty((len(numbers), *self.shape[1:]), np.uint8)
        ends = np.flatnonzero(np.diff(numbers) != 1) + 1
        for run in np.split(np.arange(len(numbers)), ends) if len(numbers) else ():
            images[run] = self.read(int(numbers[run[0]]), len(run))
        return images

    def sync(self) -> None:
        """Have all that was written on the disk."""
        with naming_the_cache(self._path):
            os.fsync(self._file.fileno())
            if hasattr(os, "posix_fadvise"):  # on the way to the next image nobody reads these
                os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def reach(self, count: int) -> None:
        """Let it hold so many images at least; those that nobody has written are black."""
        with naming_the_cache(self._path):
            size = count * self.image_bytes
            if os.fstat(self._file.fileno()).st_size < size:
                self._file.truncate(size)

    def end_at(self, count: int) -> None:
        """Let it hold no more than so many images."""
        with naming_the_cache(self._path):
            self._file.truncate(count * self.image_bytes)
            os.fsync(self._file.fileno())

    def close(self) -> None:
        with self._lock:
            self._file.close()


class Collected:
    """Images of an ImageFile, chosen by their numbers; what a Split holds of images while they are parted.

    Parameters
    ----------
    file : ImageFile
    numbers : array (N,), int64
        Ascending.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, file: ImageFile, numbers: Numbers) -> None:
        self.file = file
        self.numbers = numbers

    @property
    def shape(self) -> Shape:
        return (len(self.numbers), *self.file.shape[1:])

    @property
    def nbytes(self) -> int:
        return len(self) * self.file.image_bytes

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Images]:
        for part in self.parts():
            yield from part

    def __getitem__(self, places: slice | Numbers) -> "Collected":
        """Those at these places, which ascend."""
        return Collected(self.file, self.numbers[places])

    def parts(self, size: int = AT_ONCE) -> Iterator[Images]:
        """The images, so many bytes at a time."""
        together = max(1, size // self.file.image_bytes)
        for first in range(0, len(self), together):
            yield self.file.chosen(self.numbers[first : first + together])


@contextlib.contextmanager
def naming_the_cache(path: Path) -> Iterator[None]:
    """Turn what goes wrong with a file of the cache into a DataError that names it, and what to do."""
    try:
        yield
    except OSError as error:
        text = tr(
            "The images do not fit into the app's cache: {path} cannot be written or read ({reason}). Free some space "
            "there, or choose a smaller image size or fewer images. What is read by now is kept."
        )
        raise DataError(text.format(path=path, reason=error.strerror or error)) from error
