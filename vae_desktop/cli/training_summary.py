"""What ``vae-desktop train`` prints when the training is over and saved."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.output import figure_rows, figures, print_json, print_table
from vae_desktop.cli.saving import Saved
from vae_desktop.errors import UserError

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.run import Lockstep
    from vae_desktop.training.training_run import TrainingRun


def print_json_summary(training: "Lockstep", names: Sequence[str], saved: Saved) -> None:
    """Print the last JSON object: what became of each model and of the training as a whole."""
    from vae_desktop.training.devices import name_of

    whole = {
        "seconds": training.seconds,
        "images_per_second": training.images_per_second,
        "device": name_of(training.device),
        "epochs": training.runs[0].config.training.epochs,
        "steps": training.step,
    }
    models = zip(training.runs, saved.checkpoints, saved.paths, strict=True)
    entries = [_json_entry(*model) for model in models]
    if len(entries) == 1:
        print_json({**entries[0], **whole})
    else:
        named = [{"model": name, **entry} for name, entry in zip(names, entries, strict=True)]
        print_json({"models": named, **whole})


def _json_entry(run: "TrainingRun", checkpoint: "Checkpoint | None", path: Path | None) -> dict[str, Any]:
    last = None if checkpoint is None else checkpoint.history.last_evaluation
    return {
        **({} if run.failure is None else {"failure": str(run.failure)}),
        **({} if last is None else figures(last)),
        "parameters": run.parameters,
        "output": None if path is None else str(path),
    }


def print_summary(training: "Lockstep", saved: Saved) -> None:
    """Print the last figures of a model alone."""
    run = training.runs[0]
    print_table(
        [
            *figure_rows(run.evaluation, run.config, run.total_steps // run.config.training.epochs),
            ("Steps", _steps(training)),
            ("Parameters", f"{run.parameters:,}"),
            ("Saved", str(saved)),
        ]
    )


def _steps(training: "Lockstep") -> str:
    from vae_desktop.training.devices import name_of

    speed = f"{training.images_per_second:,.0f} images/s on {name_of(training.device)}"
    return f"{training.step:,} in {training.seconds:.1f} s, {speed}"


def print_comparison(training: "Lockstep", names: Sequence[str], saved: Saved) -> None:
    """Print a column for each model that has not failed, a row for each figure; the best of a row has a star.

    Raises
    ------
    UserError
        If there is not enough memory to measure them.
    """
    from vae_desktop.latent.comparison import Compared, comparison_rows
    from vae_desktop.training.failures import is_out_of_memory

    there = [(name, run) for name, run in zip(names, training.runs, strict=True) if run.failure is None]
    try:
        rows = comparison_rows([Compared(run.config, run.measured()) for _, run in there])
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
