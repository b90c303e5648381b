"""The lines of a text that may be a list of images, and the fields of each."""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from vae_desktop.data.custom.archive_members import BROKEN
from vae_desktop.data.custom.files import File
from vae_desktop.progress import Progress

OBJECTS = ".jsonl"
LONGEST = 1 << 12  # characters of a line
_LONGEST_OBJECT = 1 << 16
_MOST = 1 << 26  # characters of a list


class NoList(Exception):
    """A file that cannot be a list, or cannot be read."""


def rows_of(file: File, progress: Progress) -> Iterator[list[str]]:
    """The fields of each line, of which the first is the whole line; raises NoList if it is too long to be a list."""
    try:
        with file.open() as stream:
            start = stream.read(LONGEST).decode("utf-8-sig", "replace")
        if "\0" in start:
            raise NoList
        if file.parts[-1].lower().endswith(OBJECTS):
            yield from _rows_of_objects(_lines(file), progress)
            return
        sign = next((sign for sign in "\t,;" if sign in start), None)
        for line in _lines(file):
            progress.check()
            line = line.strip()[:LONGEST]
            if line:
                fields = line.split() if sign is None else next(csv.reader([line], delimiter=sign), [])
                yield [line, *(entry.strip() for entry in fields)]
    except (*BROKEN, csv.Error) as error:
        raise NoList from error  # and why it is no image is said


def _lines(file: File) -> Iterator[str]:
    """The lines of a text, each cut off where it is longer than any in a list; any sign that ends a line does."""
    left = _MOST
    with file.open() as stream, io.TextIOWrapper(stream, "utf-8-sig", "replace") as text:
        while line := text.readline(_LONGEST_OBJECT):
            yield line
            left -= len(line)
            while line and not line.endswith("\n"):
                line = text.readline(_LONGEST_OBJECT)
                left -= len(line)
            if left < 0:
                raise NoList


def _rows_of_objects(lines: Iterable[str], progress: Progress) -> Iterator[list[str]]:
    """As `rows_of`, of lines that are objects in JSON, the names of whose values are the first row."""
    names: list[str] = []
    for line in lines:
        progress.check()
        try:
            found = json.loads(line[:_LONGEST_OBJECT])
        except (ValueError, RecursionError):
            return
        if not isinstance(found, dict):
            return
        if not names:
            names = list(found)
            yield ["", *names]
        yield ["", *(str(found.get(name, ""))[:LONGEST] for name in names)]
