"""Options made from the settings' definitions: a new hyperparameter becomes an option by itself."""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from vae_desktop.catalog import describe_dataset
from vae_desktop.config import SETTINGS, RunConfig
from vae_desktop.paths import default_data_dir
from vae_desktop.presets import PRESETS
from vae_desktop.settings import Setting, settings_of

_SPELLINGS = {"name": "dataset", "kind": "model"}
_DEFAULTS = {"epochs": "the data set's own"}
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
    for part in fields(RunConfig):
        for name, entry, default in settings_of(part.type):
            option = f"--{_SPELLINGS.get(name, name).replace('_', '-')}"
            add_setting_option(parser, option, name, entry, _DEFAULTS.get(name) or entry.format(default))


def run_config(options: argparse.Namespace) -> RunConfig:
    """The settings of a run from the options of `add_run_options`.

    Raises
    ------
    InvalidSetting
        If a value is not what its setting can take.
    """
    given: dict[str, Any] = {}
    for name, entry in given_settings(options).items():
        text = getattr(options, name)
        given[name] = entry.parse(name, text if isinstance(text, str) else " ".join(text))
    config = RunConfig().with_settings(**given)
    usual = {"epochs": describe_dataset(config.dataset.name).epochs}
    recipe = {}
    if options.preset is not None:  # it depends on the model asked for
        recipe = PRESETS[options.preset].settings_for(config.dataset.name, config.model.latent_dim)
    return config.with_settings(**{**usual, **recipe, **given})


def given_settings(options: argparse.Namespace) -> dict[str, Setting]:
    """The settings of a run for which an option of `add_run_options` was given, by name."""
    return {name: entry for name, entry in SETTINGS.items() if getattr(options, name) is not None}


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


def _escaped(text: str) -> str:
    return text.replace("%", "%%")  # argparse formats help texts with %
