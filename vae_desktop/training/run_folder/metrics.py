"""The metrics of a model as lines of JSON, which a file only ever gains at its end."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from vae_desktop.files import write_atomically
from vae_desktop.latent.codes import Floats
from vae_desktop.training.history import TERMS, Change, Evaluation, History

_FULL = 2**20  # steps, after which as many have half as many numbers, and so on: so a file has an end
_TOGETHER = 4096  # numbers of a line, at most


class MetricsFile:
    """Writes what a history gains to the end of a file; whole lines, in the order of their steps of each kind.

    Attributes
    ----------
    size : int
        Bytes of the file that are whole lines.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = 0
        self._rows = self._evaluations = self._changes = 0  # of the history, that are written
        self._lines: list[bytes] = []  # of what was taken in, to be written

    def take(self, history: History, is_end: bool = False) -> None:
        """Take in what a history has gained; the last numbers of all where several steps share one wait for the end."""
        rows = history.training
        found, self._rows = _metric_lines(rows, self._rows, is_end)
        evaluations, self._evaluations = history.evaluations[self._evaluations :], len(history.evaluations)
        changes, self._changes = history.changes[self._changes :], len(history.changes)
        self._lines += [json_bytes(line) for line in (*found, *_noted(evaluations, changes))]

    def write_anew(self) -> None:
        """Write a file of what was taken in, in the place of what there is; raises UserError if that cannot be."""
        lines = [*self._lines]  # another thread may take in more meanwhile
        write_atomically(self._path, b"".join(lines))
        self.size = sum(map(len, lines))
        del self._lines[: len(lines)]

    def write(self) -> None:
        """Add what was taken in; raises OSError if that cannot be, and another attempt adds it then."""
        lines = [*self._lines]
        if not lines:
            return
        text = b"".join(lines)
        with self._path.open("r+b") as file:
            file.truncate(self.size)  # what an attempt before has left
            file.seek(self.size)
            file.write(text)
        self.size += len(text)
        del self._lines[: len(lines)]


def _noted(evaluations: Iterable[Evaluation], changes: Iterable[Change]) -> Iterator[dict[str, Any]]:
    yield from ({"evaluation": asdict(evaluation)} for evaluation in evaluations)
    yield from ({"change": asdict(change)} for change in changes)


def steps_together(step: int) -> int:
    """How many steps share one number, from the one after `step` on."""
    return 2 ** min(step // _FULL, 20)


def _metric_lines(rows: Floats, first: int, is_end: bool) -> tuple[list[dict[str, Any]], int]:
    """Lines of the metrics from step `first` + 1 on, and the step up to which they go."""
    lines = []
    while first < len(rows):
        every = steps_together(first)
        last = min(len(rows), first + _TOGETHER * every, (first // _FULL + 1) * _FULL)
        whole = (last - first) // every * every
        if whole == 0 and not is_end:
            break
        taken = rows[first : first + (whole or last - first)]
        means = taken if every == 1 else _means(taken, every)
        columns = zip(TERMS, means.T, strict=True)
        said = {name: None if np.isnan(column).all() else _numbers(column) for name, column in columns}
        lines.append({"first": first + 1, "every": every, **said})
        first += len(taken)
    return lines, first


def _means(rows: Floats, every: int) -> Floats:
    """Means (n, 3) of so many rows each; the last may be of fewer."""
    firsts = np.arange(0, len(rows), every)
    counts = np.minimum(every, len(rows) - firsts)
    sums = np.add.reduceat(rows, firsts, 0, np.float64)
    return (sums / counts[:, None]).astype(np.float32)


def _numbers(column: Floats) -> list[float | None]:
    """Numbers with as many digits as bring a 32-bit one back; None where they are not finite, as JSON has it."""
    return [float(f"{value:.9g}") if np.isfinite(value) else None for value in column.tolist()]


def json_bytes(said: Any) -> bytes:
    """A value as one line of JSON, with no number that is not finite."""
    return json.dumps(said, allow_nan=False, separators=(",", ":")).encode() + b"\n"
