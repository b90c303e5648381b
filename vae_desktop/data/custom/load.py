"""From the path of a person's own images to a data set."""

import os
import stat
import warnings
import zipfile
from pathlib import Path, PurePath

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.archives import is_archive, opened
from vae_desktop.data.custom.array_files import assemble_arrays_of, reader_of
from vae_desktop.data.custom.arrays import assemble_arrays
from vae_desktop.data.custom.assembled import Assembled, NoImages, to_dataset
from vae_desktop.data.custom.image_files import assemble_files, assemble_folder
from vae_desktop.data.custom.messages import listed
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.fingerprint import Fingerprint
from vae_desktop.data.stored_array import BrokenFile
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import kind_of_file
from vae_desktop.language import N_, tr
from vae_desktop.progress import Progress

ACCEPTED = N_(
    "Choose a folder or an archive (zip, tar) of images, in which subfolders are classes, or a file of arrays: NumPy "
    "(.npy, .npz), CSV, MATLAB (.mat), IDX, HDF5 or Parquet."
)

_DATA_SETS = (".npy", ".npz", ".csv", ".tsv", ".mat", ".h5", ".hdf5", ".parquet", ".arrow")  # endings
_MOST_NAMES = 3  # of files, in a message


def load_custom(config: DatasetConfig, progress: Progress, learned: Fingerprint | None = None) -> Dataset:
    """Load a person's own images; nothing is written, and nothing in them is run.

    Every image is converted by `conversion.CONVERSION_RULE` to the side that `choose_side` names. Where the
    source has no split, a fifth is held out by content, of each class in proportion.

    Parameters
    ----------
    config : DatasetConfig
        Its name is the path of a folder or an archive of images, of a file of arrays, or of a folder of such files.
    progress : Progress
        Told now and then the files (of a folder) or images done and those in total; the first only grows. Asked several
        times a second whether to stop.
    learned : Fingerprint or None
        Of the model that the data set is for, as in `load_dataset`.

    Returns
    -------
    Dataset
        Images (N, C, S, S), C being 1 or 3; its report says what was read, converted and skipped.

    Raises
    ------
    DataError
        If the path is gone or none of these, is broken, or has fewer than 10 images.
    Cancelled
        If `progress` raised it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow and NumPy, about files; what matters is in the report
        try:
            return to_dataset(config, _assemble(Path(config.name), config, progress), learned, progress)
        except BrokenFile as error:
            raise DataError(tr("{error} Choose another file.").format(error=error)) from error


def _assemble(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    mode = _mode(path)
    is_file = stat.S_ISREG(mode)
    if stat.S_ISDIR(mode):
        return assemble_arrays_of(path, config, progress) or assemble_folder(path, config, progress)
    reader = reader_of(path) if is_file else None
    if reader is not None:
        return reader(path, config, progress)
    kind = kind_of_file(path) if is_file else None
    may_be_archive = kind is None or kind.is_packed or path.suffix.lower() == ".zip"
    if is_file and may_be_archive and is_archive(path):
        return _assemble_archive(path, config, progress)
    text = tr("{path} cannot be used as a data set: it is {kind}. {accepted}")
    if kind is None:
        text = tr("{path} cannot be used as a data set. {accepted}")
    raise DataError(text.format(path=path, kind=kind, accepted=tr(ACCEPTED)))


def _assemble_archive(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    with opened(path, progress) as found:
        endings = [PurePath(file.parts[-1].lower().removesuffix(".gz")).suffix for file in found.files]
        if not set(endings) - {".npy"} and endings and zipfile.is_zipfile(path):
            return assemble_arrays(path, config, progress)
        try:
            return assemble_files(found, path, config, progress)
        except NoImages as error:
            inside = [file.name for file, ending in zip(found.files, endings, strict=True) if ending in _DATA_SETS]
            if not inside:
                raise
            text = tr("{path} holds no images, but {files}. Unpack it and choose that file.")
            raise DataError(text.format(path=path, files=", ".join(listed(inside, _MOST_NAMES)))) from error


def _mode(path: Path) -> int:
    """What kind of file lies at a path, as `os.stat` tells it; raises DataError with the reason if none can be read."""
    try:
        return os.stat(path).st_mode
    except FileNotFoundError as error:
        kind = kind_of_file(path)
        text = tr("{path} is {kind}. {accepted}")
        if kind is None:
            text = tr("{path} is not there; it may have been moved or renamed. {accepted}")
        raise DataError(text.format(path=path, kind=kind, accepted=tr(ACCEPTED))) from error
    except (OSError, ValueError) as error:
        text = tr("{path} cannot be read: {reason}. {accepted}")
        reason = getattr(error, "strerror", None) or error
        raise DataError(text.format(path=path, reason=reason, accepted=tr(ACCEPTED))) from error
