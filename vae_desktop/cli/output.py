"""What the commands give back: JSON for programs, tables for people, files checked beforehand."""

import contextlib
import json
import math
import stat
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.config import RunConfig
from vae_desktop.errors import UserError
from vae_desktop.latent.table import by_dimension
from vae_desktop.training.failures import failure_words, is_of_device

if TYPE_CHECKING:
    from vae_desktop.training.history import Evaluation


def error_words(error: Exception) -> str:
    """An error in a line: what it is and, where that is known, what helps."""
    message = " ".join(str(error).split())
    if isinstance(error, UserError):  # it says the cause already, of a device too
        return message
    if is_of_device(error):
        return failure_words(error)
    return f"{type(error).__name__}: {message.rstrip('.')} (run again with --debug for the details)."


def check_writable(path: Path) -> None:
    """Find out before hours of work whether its result can be saved.

    Raises
    ------
    UserError
        If a file could not be made at `path`.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode):  # a device, say, would be replaced by a file
                kind = "a folder" if stat.S_ISDIR(mode) else "not a file"
                raise UserError(f"Cannot write {path}: it is {kind}.")
        if not path.parent.exists():
            raise UserError(f"Cannot write {path}: there is no folder {path.parent}.")
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part"):
            pass
    except OSError as error:
        raise UserError(f"Cannot write {path}: {error.strerror or error}.") from error


def print_json(values: Mapping[str, Any]) -> None:
    """Print one strict JSON object on one line, at once; a number that is not finite becomes null."""
    print(json.dumps(_strict(values), allow_nan=False), flush=True)


def print_table(rows: Sequence[tuple[str, str]]) -> None:
    """Print labels and values in two aligned columns."""
    width = max(len(label) for label, _ in rows)
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
