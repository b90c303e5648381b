"""What many processes would be worth: a step's time as measured here, and what is sent, by calculation and simulation.

Each process computes its share of a batch and sends its gradients while it still computes others, as
DistributedDataParallel does (Li et al. 2020, arXiv 2006.15704). Links and jitter are assumed, and said.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vae_desktop.bench.probes import on_dataset, probe
from vae_desktop.config import RunConfig
from vae_desktop.presets import PRESETS

COUNTS = (2, 4, 8, 64, 1024)  # processes
_IN_A_MACHINE = 8  # of them are linked as cards of one machine are
_BUCKET, _FIRST_BUCKET = 25 * 2**20, 2**20  # bytes that DistributedDataParallel sends together
_BACKWARD = 2 / 3  # of a step's time: two products of matrices for each weight, after one
_JITTER, _SIMULATED = 0.05, 400  # standard deviation of a step's time, as a fraction of it; steps
_SHARES = (8, 32, 128, 512, 2048)  # images of which a step is timed


class Link(NamedTuple):
    """How long a message of no length takes (seconds), and bytes per second each way."""

    latency: float
    bandwidth: float


WITHIN = Link(5e-6, 300e9)  # between the cards of one machine by NVLink, about
BETWEEN = Link(15e-6, 25e9)  # between machines: 200 Gbit/s for each card, about


@dataclass(frozen=True)
class Model:
    """A model of the app, and how long its steps take on this machine.

    Attributes
    ----------
    name : str
    gradients : tuple of int
        Bytes of the gradient of each parameter, in the order in which they become known: the decoder's end first.
    batch_size : int
        Of its recipe.
    seconds : mapping of int to float
        Of a step by one process, by its number of images.
    """

    name: str
    gradients: tuple[int, ...]
    batch_size: int
    seconds: dict[int, float]

    @property
    def bytes(self) -> int:
        """What each process gives into the sum in a step."""
        return sum(self.gradients)

    def step_seconds(self, images: float) -> float:
        """Of a step of one process on so many images: between those that were timed, and beyond them as steep."""
        known = sorted(self.seconds)
        if images > known[-1]:
            return self.seconds[known[-1]] * images / known[-1]
        return float(np.interp(images, known, [self.seconds[count] for count in known]))


def all_reduce_seconds(size: int, count: int) -> float:
    """Of the sum of `size` bytes over so many processes, by a ring or by a tree, whichever is quicker.

    A ring passes 2 (n - 1) parts of size/n (Patarasuk & Yuan 2009), a pipelined tree twice all of it over 2 log2 n
    hops (Thakur, Rabenseifner & Gropp 2005).
    """
    latency, bandwidth = WITHIN if count <= _IN_A_MACHINE else BETWEEN
    if count < 2:
        return 0.0
    ring = 2 * (count - 1) * (latency + size / count / bandwidth)
    tree = 2 * math.log2(count) * latency + 2 * size / bandwidth
    return min(ring, tree)


def buckets(gradients: Sequence[int]) -> list[int]:
    """Bytes that are sent together: a small part first, so that sending begins early."""
    found, limit = [0], _FIRST_BUCKET
    for size in gradients:
        if found[-1] >= limit:
            found, limit = [*found, 0], _BUCKET
        found[-1] += size
    return found


def simulated_seconds(model: Model, count: int, images: int) -> float:
    """Mean seconds of a step of so many processes on `images` in all, with the slowest of them waited for.

    Parameters
    ----------
    images : int
        At least one for each process.
    """
    alone = model.step_seconds(images / count)
    random = np.random.default_rng(0)
    slowest = alone * (1 + np.abs(random.normal(0, _JITTER, (_SIMULATED, count)))).max(1)
    known = np.cumsum(parts := buckets(model.gradients)) / model.bytes
    sent: npt.NDArray[np.float64] = np.zeros(_SIMULATED)
    for at, size in zip(known, parts, strict=True):
        ready = slowest * (1 - _BACKWARD * (1 - at))
        sent = np.maximum(sent, ready) + all_reduce_seconds(size, count)
    return float(np.maximum(sent, slowest).mean())


def report(model: Model) -> dict[str, Any]:
    """What each number of processes gives: at the recipe's batch in all, and at as large a batch for each.

    "speed_up" is images per second over those of one process at the recipe's batch; "efficiency" is that for each
    process. None where there would not be an image for each.
    """
    one = model.batch_size / model.step_seconds(model.batch_size)
    rows = []
    for count in COUNTS:
        row: dict[str, Any] = {
            "processes": count,
            "sent_bytes": round(2 * (count - 1) / count * model.bytes),
            "all_reduce_ms": 1e3 * all_reduce_seconds(model.bytes, count),
        }
        for name, images in (("same_batch", model.batch_size), ("same_share", count * model.batch_size)):
            found = None
            if images >= count:
                pace = images / simulated_seconds(model, count, images)
                found = {"speed_up": pace / one, "efficiency": pace / one / count}
            row[name] = found
        rows.append(row)
    seconds = {str(images): taken for images, taken in model.seconds.items()}
    return {"gradient_bytes": model.bytes, "batch_size": model.batch_size, "step_seconds": seconds, "rows": rows}


def measured(data_dir: Path, quick: bool) -> dict[str, dict[str, Any]]:
    """The report of each of the recipes for a VAE of 20 dimensions, its steps timed on this machine."""
    found = {}
    for name, preset in PRESETS.items():
        base = RunConfig().with_settings(name=on_dataset(data_dir)["dataset"], latent_dim=20)
        batch_size = preset.applied_to(base).training.batch_size
        options = {"preset": name, "shares": _SHARES, "steps": 5 if quick else 30, **on_dataset(data_dir)}
        timed = probe("training.steps_by_images", **options)
        seconds = {int(images): statistics.median(times) for images, times in timed["seconds"].items()}
        found[name] = report(Model(name, tuple(timed["gradients"]), batch_size, seconds))
    return found
