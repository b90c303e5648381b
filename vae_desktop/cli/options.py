"""Options made from the settings' definitions: a new hyperparameter becomes an option by itself."""

import argparse
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from vae_desktop.catalog import describe_dataset
from vae_desktop.config import DatasetConfig, RunConfig
from vae_desktop.paths import default_data_dir
from vae_desktop.presets import PRESETS
from vae_desktop.settings import Setting, settings_of

_SPELLINGS = {"dataset.name": "dataset", "model.kind": "model"}
_DEFAULTS = {"training.epochs": "the data set's own"}
_METAVARS = {"integer": "N", "number": "X", "sizes": "N"}


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting of a run, and one for many of them at once."""
    recipes = "; ".join(f"{preset.name}: {preset.help}" for preset in PRESETS.values())
    parser.add_argument(
        "--preset",
        choices=list(PRESETS),
        metavar="|".join(PRESETS),
        help=_escaped(f"architecture and training that go well together; other options change it. {recipes}"),
    )
    for path, name, entry, default in _run_settings():
        spelling = _SPELLINGS.get(path, name.replace("_", "-"))
        add_setting_option(parser, f"--{spelling}", path, entry, _DEFAULTS.get(path) or entry.format(default))


def run_config(options: argparse.Namespace) -> RunConfig:
    """The settings of a run from the options of `add_run_options`.

    Raises
    ------
    InvalidSetting
        If a value is not what its setting can take.
    """
    values: dict[str, dict[str, Any]] = {section.name: {} for section in fields(RunConfig)}
    for path, name, entry, _ in _run_settings():
        text = getattr(options, path)
        if text is not None:
            values[path.partition(".")[0]][name] = entry.parse(name, _joined(text))
    config = RunConfig(dataset=DatasetConfig(**values["dataset"]))
    config = config.with_training(epochs=describe_dataset(config.dataset.name).epochs)
    if options.preset is not None:
        # A recipe depends on the model asked for, and what was asked for comes before the recipe.
        config = PRESETS[options.preset].applied_to(replace(config, model=replace(config.model, **values["model"])))
    return replace(
        config,
        model=replace(config.model, **values["model"]),
        training=replace(config.training, **values["training"]),
    )


def given_settings(options: argparse.Namespace) -> dict[str, Setting]:
    """The settings of a run for which an option of `add_run_options` was given, by name."""
    return {name: entry for path, name, entry, _ in _run_settings() if getattr(options, path) is not None}


def add_setting_option(
    parser: argparse.ArgumentParser, option: str, destination: str, entry: Setting, default: str
) -> None:
    """Add an option that holds a setting's text; it is None where the option is not given."""
    unit = f" {entry.unit}" if entry.unit and default != entry.automatic else ""
    parser.add_argument(
        option,
        dest=destination,
        nargs="+" if entry.kind == "sizes" else None,
        metavar=_METAVARS.get(entry.kind) or "|".join(choice.value for choice in entry.choices),
        help=_escaped(f"{entry.label}. {entry.help} (default: {default}{unit})"),
    )


def add_data_dir_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--data-dir``."""
    default = default_data_dir()
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=default,
        metavar="DIR",
        help=_escaped(f"folder of downloaded data sets, torchvision's root (default: {default})"),
    )


def setting_of(config: type, name: str) -> Setting:
    """The definition of one setting of a config class."""
    return next(entry for found, entry, _ in settings_of(config) if found == name)


def _run_settings() -> Iterator[tuple[str, str, Setting, Any]]:
    """Yield ("section.name", name, setting, default) of each setting of a run."""
    for section in fields(RunConfig):
        for name, entry, default in settings_of(section.type):
            yield f"{section.name}.{name}", name, entry, default


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else " ".join(text)


def _escaped(text: str) -> str:
    return text.replace("%", "%%")  # argparse formats help texts with %
