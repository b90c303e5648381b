"""Images in Parquet as Hugging Face lays them out: several files that are one set, with a split in their names."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.caption_files import FoundCaptions
from vae_desktop.data.custom.extras import load_extra
from vae_desktop.data.custom.files import File
from vae_desktop.data.custom.image_files import assemble_placed
from vae_desktop.data.custom.layout import Layout, Placed
from vae_desktop.data.custom.parquet_shard import Shard, column_of, opened_file
from vae_desktop.data.custom.parquet_table import rows_of
from vae_desktop.data.custom.split_names import TEST, TRAIN, VALIDATION, part_of
from vae_desktop.data.custom.tables import Table, assemble_tables, choose_parts
from vae_desktop.data.origins import Origins
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_SUFFIX = ".parquet"
_SHARD = re.compile(r".+-\d+-of-\d+(?:-[0-9a-f]+)?", re.IGNORECASE)


def is_parquet_name(name: str) -> bool:
    """Whether a file of this name is Parquet."""
    return name.lower().endswith(_SUFFIX)


def parquet_in(folder: Path) -> list[Path]:
    """The Parquet files in a folder, or in its subfolder "data" where there are none in it itself."""
    for place in (folder, folder / "data"):
        try:
            found = sorted(path for path in place.iterdir() if is_parquet_name(path.name) and path.is_file())
        except OSError:
            continue  # who lists it next says why
        if found:
            return found
    return []


def shards_of(path: Path) -> list[Path]:
    """All files of the set that a file is of, told by names such as ``train-00000-of-00002``; a test set's too."""
    if _SHARD.fullmatch(path.stem) is None:
        return [path]
    part = _part(path)
    wanted = (TRAIN, TEST, VALIDATION) if part == TRAIN else (part,)
    return [other for other in parquet_in(path.parent) if _SHARD.fullmatch(other.stem) and _part(other) in wanted]


def _part(path: Path) -> str:
    """The part of a split that a file's name speaks of; "train" if it speaks of none."""
    found = part_of(path.stem)
    return TRAIN if found is None else found[0]


def assemble_parquet(source: Path, files: Sequence[Path], config: DatasetConfig, progress: Progress) -> Assembled:
    """Read the images of Parquet files with their labels; names of the files say what is for the test.

    The column of images holds bytes, or pairs of bytes and path; that of labels whole numbers, with names of the
    classes in the metadata that Hugging Face writes, or texts. Where there are no bytes, images are numbers, in a
    column each or as lists. A test set without labels is not used if there are others, and neither is a validation set
    beside a test set.

    Raises
    ------
    BrokenFile
        If a file is broken, promises more than it holds, or has no column of images.
    DataError
        If pyarrow is missing, or fewer than 10 images can be read.
    Cancelled
        If `progress` raised it.
    """
    parquet = load_extra("pyarrow.parquet", source, tr("a Parquet file"))
    parts: dict[str, list[Shard]] = {}
    for path in files:
        progress.check()
        file = opened_file(parquet, path)
        column = column_of(file.schema_arrow)
        if column is None:
            return _assemble_numbers(parquet, source, files, config, progress)
        parts.setdefault(_part(path), []).append(Shard.opened(parquet, file, path, column))
    train, test, skipped, on_validation = choose_parts(parts, config.measured_on)
    has_labels = all(shard.labels.classes is not None for shard in (*train, *test))
    skipped += dict.fromkeys(shard.labels.note for shard in (*train, *test) if shard.labels.note)
    placed, rows, captions = [], {}, FoundCaptions()
    for number, shard in enumerate((*train, *test)):
        classes, captioned = shard.labels.classes if has_labels else None, shard.captions()
        for row in range(shard.count):
            file = File(f"{shard.path}/{row}", (shard.path.name, str(row)), partial(shard.open, row), in_archive=True)
            name = None if classes is None else str(classes[row])
            placed.append(Placed(file, name, number >= len(train)))
            rows[file.path] = (number, row)
            for text in captioned[row] if captioned is not None else ():
                captions.add(file, text)
    captions.finish()
    layout = Layout(placed, bool(test), on_validation, skipped=[*skipped, *captions.skipped])
    assembled = assemble_placed(layout, source, config, progress)
    if assembled.origins is None:
        return assembled
    origins = np.array([rows[assembled.origins.files[number]] for number in assembled.origins.file_of], np.int64)
    paths = tuple(str(shard.path) for shard in (*train, *test))
    texts = captions.along(assembled.origins)
    return replace(assembled, origins=Origins(paths, origins[:, 0].astype(np.int32), origins[:, 1]), captions=texts)


def _assemble_numbers(
    parquet: Any, source: Path, files: Sequence[Path], config: DatasetConfig, progress: Progress
) -> Assembled:
    parts: dict[str, list[Table]] = {}
    skipped: list[str] = []
    notes: list[str] = []
    for path in files:
        rows, more = rows_of(parquet, path, _part(path), progress)
        skipped += rows.skipped
        notes += more
        for part, table in rows.tables().items():
            parts.setdefault(part, []).append(table)
    return assemble_tables(parts, source, config, progress, skipped, [*dict.fromkeys(notes)])
