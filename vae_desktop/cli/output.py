"""What the commands print: JSON for programs, tables for people, notes and a bar on stderr."""

import json
import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.saving import Saved
from vae_desktop.config import RunConfig
from vae_desktop.errors import UserError
from vae_desktop.latent.table import by_dimension
from vae_desktop.training.failures import failure_words, is_of_device, is_out_of_memory

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
    if is_of_device(error):
        return failure_words(error)
    return f"{type(error).__name__}: {message.rstrip('.')} (run again with --debug for the details)."


def say(program: str, *lines: str, mark: str = "") -> None:
    """Tell the person something on stderr; each line begins with the command's name, and a mark such as "note: "."""
    for line in lines:
        print(f"{program}: {mark}{line}", file=sys.stderr)


def progress_bar(is_hidden: bool = False, **details: Any) -> Any:
    """A bar on stderr; it shows nothing where that is no terminal, or if it `is_hidden`."""
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no thread that looks after a bar which is told of each step
    size = shutil.get_terminal_size()  # tqdm's own measure hides the bar on terminals that do not tell their size
    return tqdm(ncols=size.columns - 1, nrows=size.lines, miniters=1, disable=is_hidden or None, **details)


def print_json(values: Mapping[str, Any]) -> None:
    """Print one strict JSON object on one line, at once; a number that is not finite becomes null."""
    print(json.dumps(_strict(values), allow_nan=False), flush=True)


def print_table(rows: Sequence[tuple[str, str]], width: int = 0) -> None:
    """Print labels and values in two aligned columns, the first at least so wide."""
    width = max(width, *(len(label) for label, _ in rows))
    for label, value in rows:
        print(f"{label:<{width}}  {value}")


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
    reconstruction = ("Reconstruction", f"{evaluation.reconstruction:.3f} {judged.quantity} per image")
    if evaluation.kl is None or evaluation.kl_per_dimension is None:
        return [reconstruction]
    if config.model.traits.reconstruction_weight:
        loss = f"{judged.unit} (reconstruction + β·KL, {_beta(evaluation, config, per_epoch)})"
    else:
        loss = "nats per image (KL alone)"
    return [
        ("Test loss", f"{evaluation.total:.3f} {loss}"),
        reconstruction,
        ("KL divergence", f"{evaluation.kl:.3f} nats per image"),
        ("KL by dimension", by_dimension(evaluation.kl_per_dimension)),
    ]


def _beta(evaluation: "Evaluation", config: RunConfig, per_epoch: int) -> str:
    """The β that was in the sum, and how far a warm-up that was not over had come in training."""
    from vae_desktop.training.schedule import kl_weight_after

    weighed = evaluation.kl_weight(config)
    judged = config.with_settings(beta=weighed) if config.model.traits.kl_weight is None else config
    reached = kl_weight_after(judged, evaluation.step, per_epoch)
    words = f"β = {weighed:g}"
    return words if reached == weighed else f"{words}; in training β had reached {reached:.3g}"


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
            ("Steps", _steps(training)),
            ("Parameters", f"{model.parameters:,}"),
            ("Saved", str(saved)),
        ]
    )


def _steps(training: "TrainingLoop") -> str:
    from vae_desktop.training.devices import name_of

    speed = f"{training.images_per_second:,.0f} images/s on {name_of(training.device)}"
    return f"{training.steps:,} in {training.seconds:.1f} s, {speed}"


def print_comparison(training: "TrainingLoop", names: Sequence[str], saved: Saved) -> None:
    """Print a column for each model that has not failed, a row for each figure; the best of a row has a star.

    Raises
    ------
    UserError
        If there is not enough memory to measure them.
    """
    from vae_desktop.latent.comparison import Compared, comparison_rows

    there = [(name, model) for name, model in zip(names, training.models, strict=True) if model.failure is None]
    try:
        rows = comparison_rows([Compared(model.config, model.measures()) for _, model in there])
        rows = [row for row in rows if any(cell.text for cell in row.cells)]  # of drawn images nothing is measured here
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise UserError(f"Memory ran out while the models were measured. They are saved: {saved}.") from None
    cells = [[f"{cell.text}{' *' if cell.rank == 'best' else '  '}" for cell in row.cells] for row in rows]
    widths = [max(len(name) + 2, *(len(row[place]) for row in cells)) for place, (name, _) in enumerate(there)]
    labels = [f"{row.label} ({row.unit})" if row.unit else row.label for row in rows]
    width = max(map(len, labels))
    print(" " * width, *(f"{name + '  ':>{size}}" for (name, _), size in zip(there, widths, strict=True)))
    for label, row in zip(labels, cells, strict=True):
        print(f"{label:<{width}}", *(f"{text:>{size}}" for text, size in zip(row, widths, strict=True)))
    print()
    print("* the best of models whose figures share a unit. More figures: vae-desktop evaluate, or the window.")
    print_table([("Steps", _steps(training)), ("Saved", str(saved))])
