"""What the commands print: JSON for programs, tables for people, notes and a bar on stderr."""

import contextlib
import json
import math
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.saving import Saved
from vae_desktop.config import RunConfig
from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.latent.table import by_dimension
from vae_desktop.progress import Progress
from vae_desktop.training.failures import failure_words, is_of_device, is_of_peers, is_out_of_memory

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.history import Evaluation
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.training.trained_model import TrainedModel


def error_words(error: Exception) -> str:
    """An error in a line: what it is and, where that is known, what helps."""
    message = " ".join(str(error).split())
    if isinstance(error, UserError):  # it says the cause already, of a device too
        return message
    if is_of_device(error) or is_of_peers(error):
        return failure_words(error)
    text = tr("{error}: {message} (run again with --debug for the details).")
    return text.format(error=type(error).__name__, message=message.rstrip("."))


def say(program: str, *lines: str, mark: str = "") -> None:
    """Tell the person something on stderr; each line begins with the command's name, and a mark such as "note: "."""
    for line in lines:
        print(f"{program}: {mark}{line}", file=sys.stderr)


@contextmanager
def silent(is_silent: bool) -> Iterator[None]:
    """Print nothing within the block, if so."""
    if not is_silent:
        yield
        return
    with Path(os.devnull).open("w") as nowhere:
        output, errors = contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere)
        with output, errors:
            yield


def progress_bar(is_hidden: bool = False, **details: Any) -> Any:
    """A bar on stderr; it shows nothing where that is no terminal, or if it `is_hidden`."""
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no thread that looks after a bar which is told of each step
    size = shutil.get_terminal_size()  # tqdm's own measure hides the bar on terminals that do not tell their size
    return tqdm(ncols=size.columns - 1, nrows=size.lines, miniters=1, disable=is_hidden or None, **details)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """The progress of work, which a bar on stderr shows until the end of the block."""
    with progress_bar(bar_format="{l_bar}{bar}| {elapsed}", leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield Progress(show)


def print_json(values: Mapping[str, Any]) -> None:
    """Print one strict JSON object on one line, at once; a number that is not finite becomes null."""
    print(json.dumps(_strict(values), allow_nan=False), flush=True)


def print_table(rows: Sequence[tuple[str, str]], width: int = 0) -> None:
    """Print labels and values in two aligned columns, the first at least so wide."""
    width = max(width, *(columns_of(label) for label, _ in rows))
    for label, value in rows:
        print(f"{label}{' ' * (width - columns_of(label))}  {value}")


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes: Chinese characters two each."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def figures(evaluation: "Evaluation") -> dict[str, Any]:
    """The figures on the test set under the names that all commands give them, per image."""
    return {
        "test_loss": evaluation.total,
        "reconstruction": evaluation.reconstruction,
        "kl": evaluation.kl,
        "kl_per_dimension": evaluation.kl_per_dimension,
    }


def figure_rows(evaluation: "Evaluation", config: RunConfig, per_epoch: int) -> list[tuple[str, str]]:
    """The figures of a run of so many steps an epoch on the test set for a table, with their units."""
    judged = config.model.judged_by
    quantity = tr("{value:.3f} {quantity} per image")
    quantity = quantity.format(value=evaluation.reconstruction, quantity=tr(judged.quantity))
    reconstruction = (tr("Reconstruction"), quantity)
    if evaluation.kl is None or evaluation.kl_per_dimension is None:
        return [reconstruction]
    if config.model.traits.reconstruction_weight:
        loss = tr("{value:.3f} {unit} (reconstruction + β·KL, {beta})")
    else:
        loss = tr("{value:.3f} nats per image (KL only)")
    beta = _beta(evaluation, config, per_epoch)
    return [
        (tr("Test loss"), loss.format(value=evaluation.total, unit=tr(judged.unit), beta=beta)),
        reconstruction,
        (tr("KL divergence"), tr("{value:.3f} nats per image").format(value=evaluation.kl)),
        (tr("KL by dimension"), by_dimension(evaluation.kl_per_dimension)),
    ]


def _beta(evaluation: "Evaluation", config: RunConfig, per_epoch: int) -> str:
    """The β that was in the sum, and how far a warm-up that was not over had come in training."""
    from vae_desktop.training.schedule import kl_weight_after

    weighed = evaluation.kl_weight(config)
    judged = config.with_settings(beta=weighed) if config.model.traits.kl_weight is None else config
    reached = kl_weight_after(judged, evaluation.step, per_epoch)
    text = "β = {weighed:g}" if reached == weighed else tr("β = {weighed:g}; in training β had reached {reached:.3g}")
    return text.format(weighed=weighed, reached=reached)


def _strict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _strict(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_json_summary(training: "TrainingLoop", names: Sequence[str], saved: Saved) -> None:
    """Print the last JSON object: what became of each model and of the training as a whole."""
    from vae_desktop.training.devices import name_of

    whole = {
        "seconds": training.seconds,
        "images_per_second": training.images_per_second,
        "device": name_of(training.device),
        "processes": training.processes.count,
        "epochs": training.models[0].config.training.epochs,
        "steps": training.steps,
    }
    models = zip(training.models, saved.checkpoints, saved.paths, strict=True)
    entries = [_json_entry(*model) for model in models]
    if len(entries) == 1:
        print_json({**entries[0], **whole})
    else:
        named = [{"model": name, **entry} for name, entry in zip(names, entries, strict=True)]
        print_json({"models": named, **whole})


def _json_entry(model: "TrainedModel", checkpoint: "Checkpoint | None", path: Path | None) -> dict[str, Any]:
    last = None if checkpoint is None else checkpoint.history.last_evaluation
    return {
        **({} if model.failure is None else {"failure": model.failure.message}),
        **({} if last is None else figures(last)),
        "parameters": model.parameters,
        "output": None if path is None else str(path),
    }


def print_summary(training: "TrainingLoop", saved: Saved) -> None:
    """Print the last figures of a model alone."""
    model = training.models[0]
    print_table(
        [
            *figure_rows(model.evaluation, model.config, model.batches.per_epoch),
            (tr("Steps"), _steps(training)),
            (tr("Parameters"), f"{model.parameters:,}"),
            (tr("Saved"), str(saved)),
        ]
    )


def _steps(training: "TrainingLoop") -> str:
    from vae_desktop.training.devices import name_of

    text = tr("{steps:,} in {seconds:.1f} s, {speed:,.0f} images/s on {device}")
    speed, device = training.images_per_second, name_of(training.device)
    if training.processes.are_several:
        device = f"{training.processes.count} × {device}"
    return text.format(steps=training.steps, seconds=training.seconds, speed=speed, device=device)


def print_comparison(training: "TrainingLoop", names: Sequence[str], saved: Saved) -> None:
    """Print a column for each model that has not failed, a row for each figure; the best of a row has a star.

    Raises
    ------
    UserError
        If there is not enough memory to measure them.
    """
    from vae_desktop.latent.comparison import comparison_rows
    from vae_desktop.latent.verdict import Compared

    there = [(name, model) for name, model in zip(names, training.models, strict=True) if model.failure is None]
    try:
        rows = comparison_rows([Compared(model.config, model.measures()) for _, model in there])
        rows = [row for row in rows if any(cell.text for cell in row.cells)]  # of drawn images nothing is measured here
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        text = tr("Memory ran out while the models were measured. They are saved: {files}.").format(files=saved)
        raise UserError(text) from None
    cells = [[f"{cell.text}{' *' if cell.rank == 'best' else '  '}" for cell in row.cells] for row in rows]
    cells.insert(0, [f"{name}  " for name, _ in there])
    widths = [max(columns_of(row[place]) for row in cells) for place in range(len(there))]
    labels = ["", *(f"{tr(row.label)} ({tr(row.unit)})" if row.unit else tr(row.label) for row in rows)]
    width = max(map(columns_of, labels))
    for label, row in zip(labels, cells, strict=True):
        shown = (" " * (size - columns_of(text)) + text for text, size in zip(row, widths, strict=True))
        print(label + " " * (width - columns_of(label)), *shown)
    print()
    print(tr("* the best of models whose figures share a unit. More figures: vae-desktop evaluate, or the window."))
    print_table([(tr("Steps"), _steps(training)), (tr("Saved"), str(saved))])
