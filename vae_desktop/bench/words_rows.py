"""Rows of words: how long they are fitted, and how soon a text has its pictures."""

from pathlib import Path

from vae_desktop.bench.probes import Row, dataset_in, on_dataset, probe
from vae_desktop.bench.summary import spread


def words_fit_s(data_dir: Path, quick: bool) -> Row:
    """Seconds in which words are fitted to the bundled VAE in 20-D, all that has to be found out of its images too."""
    seconds = [probe("words.fit", **on_dataset(data_dir))["seconds"] for _ in range(1 if quick else 3)]
    return {**spread(seconds), "dataset": dataset_in(data_dir)}


def words_draw_ms(data_dir: Path, quick: bool) -> Row:
    """Milliseconds from a text to 36 pictures of it, guided, in 30 steps."""
    found = probe("words.draw", **on_dataset(data_dir), count=10 if quick else 50)
    return {**spread(found["ms"]), "dataset": dataset_in(data_dir)}
