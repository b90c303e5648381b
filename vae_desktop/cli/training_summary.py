"""What ``vae-desktop train`` prints when the training is over and saved."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.output import figure_rows, figures, print_json, print_table
from vae_desktop.cli.saving import Saved
from vae_desktop.errors import UserError

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.training.trained_model import TrainedModel


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
    from vae_desktop.latent.table import Compared, comparison_rows
    from vae_desktop.training.failures import is_out_of_memory

    there = [(name, model) for name, model in zip(names, training.models, strict=True) if model.failure is None]
    try:
        rows = comparison_rows([Compared(model.config, model.measures()) for _, model in there])
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
