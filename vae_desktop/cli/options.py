"""Options made from the settings' definitions: a new hyperparameter becomes an option by itself."""

import argparse
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from vae_desktop.config import SETTINGS, DatasetConfig, RunConfig
from vae_desktop.dataset_catalog import describe_dataset
from vae_desktop.errors import InvalidSetting
from vae_desktop.files import bytes_of
from vae_desktop.language import N_, tr
from vae_desktop.paths import default_data_dir
from vae_desktop.presets import PRESETS
from vae_desktop.settings import Setting, settings_of
from vae_desktop.words import GUIDANCE

_SPELLINGS = {"name": "dataset", "kind": "model"}
_DEFAULTS = {"epochs": N_("the data set's own")}
_GUIDANCE = Setting(
    N_("Guidance"),
    N_("How far the pictures follow the words: 1 as they were learned, 0 not at all; more makes them more alike."),
    kind="number",
    minimum=0.0,
    maximum=20.0,
)
_METAVARS = {"integer": "N", "number": "X", "sizes": "N"}


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting of a run, and one for many of them at once."""
    recipes = "; ".join(f"{preset.name}: {tr(preset.help)}" for preset in PRESETS.values())
    help = tr("architecture and training that go well together; other options change it. {recipes}")
    parser.add_argument(
        "--preset",
        choices=list(PRESETS),
        metavar="|".join(PRESETS),
        help=_escaped(help.format(recipes=recipes)),
    )
    for part in fields(RunConfig):
        for name, entry, default in settings_of(part.type):
            shown = tr(_DEFAULTS.get(name, "")) or entry.format(default)
            add_setting_option(parser, spelled(name), name, entry, argparse.SUPPRESS, shown)


def run_config(options: argparse.Namespace) -> RunConfig:
    """The settings of a run from the options of `add_run_options`."""
    given = {name: getattr(options, name) for name in given_settings(options)}
    config = RunConfig().with_settings(**given)
    usual = {"epochs": describe_dataset(config.dataset.name).epochs}
    recipe = {}
    if options.preset is not None:  # it depends on the model asked for
        recipe = PRESETS[options.preset].settings_for(config.dataset.name, config.model.latent_dim)
    return config.with_settings(**{**usual, **recipe, **given})


def spelled(name: str) -> str:
    """The option for a setting of a run."""
    return f"--{_SPELLINGS.get(name, name).replace('_', '-')}"


def parse_changes(texts: Sequence[str]) -> dict[str, Any]:
    """The settings of a run, by name, that texts such as "beta=4" and "learning-rate=1e-4" give values.

    Raises
    ------
    InvalidSetting
        If there is no such setting, or a value is not what it can take.
    """
    known = {spelled(name)[2:]: name for name in SETTINGS}
    changes: dict[str, Any] = {}
    for text in texts:
        given, equals, value = text.partition("=")
        name = known.get(given.strip().replace("_", "-"), "")
        if not equals:
            raise InvalidSetting("set", tr("{text} is no change of a setting, such as beta=4.").format(text=repr(text)))
        if not name:
            message = tr("There is no setting {name}, but these: {known}.")
            raise InvalidSetting("set", message.format(name=repr(given), known=", ".join(known)))
        changes[name] = SETTINGS[name].parse(name, value)
    return changes


def given_settings(options: argparse.Namespace) -> dict[str, Setting]:
    """The settings of a run for which an option of `add_run_options` was given, by name."""
    return {name: entry for name, entry in SETTINGS.items() if name in options}


class _SettingAction(argparse.Action):
    """Checks the text of a setting, and keeps its value."""

    def __init__(self, entry: Setting, **details: Any) -> None:
        super().__init__(**details)
        self._entry = entry

    def __call__(self, parser: argparse.ArgumentParser, options: argparse.Namespace, text: Any, *_: object) -> None:
        try:
            value = self._entry.parse(self.dest, text if isinstance(text, str) else " ".join(text))
        except InvalidSetting as error:
            parser.error(str(error))
        setattr(options, self.dest, value)


def add_setting_option(
    parser: argparse.ArgumentParser, option: str, name: str, entry: Setting, default: Any, shown: str = ""
) -> None:
    """Add an option that holds a setting's value, checked.

    Parameters
    ----------
    name : str
        Under which the value is found among the options.
    default : object
        The value where the option is not given; with argparse.SUPPRESS there is none then.
    shown : str, optional
        What the help says of the default in place of its value.
    """
    shown = shown or entry.format(default)
    if entry.unit and shown != entry.automatic:
        shown = f"{shown} {tr(entry.unit)}"
    help = tr("{label}. {help} (default: {default})")
    parser.add_argument(
        option,
        dest=name,
        action=_SettingAction,
        entry=entry,
        default=default,
        nargs="+" if entry.kind == "sizes" else None,
        metavar=_METAVARS.get(entry.kind) or "|".join(choice.name for choice in entry.choices),
        help=_escaped(help.format(label=tr(entry.label), help=tr(entry.help), default=shown)),
    )


def add_guidance_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--guidance``."""
    add_setting_option(parser, "--guidance", "guidance", _GUIDANCE, GUIDANCE)


class _MemoryAction(argparse.Action):
    """Has the pixels of data sets take no more memory than a size in words."""

    def __call__(self, parser: argparse.ArgumentParser, options: argparse.Namespace, text: Any, *_: object) -> None:
        from vae_desktop.data.stored.memory import use_budget

        try:
            use_budget(bytes_of(self.dest, " ".join(text)))
        except InvalidSetting as error:
            parser.error(str(error))


def add_data_dir_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--data-dir``, and ``--memory`` for how much of a data set may be in memory."""
    default = default_data_dir()
    help = tr("folder of downloaded data sets, torchvision's root (default: {default})")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=default,
        metavar="DIR",
        help=_escaped(help.format(default=default)),
    )
    help = tr(
        "memory that the pixels of a data set may take, such as 2 GB; a larger one is kept in the app's cache, on the "
        "disk (default: a quarter of this machine's memory)"
    )
    parser.add_argument(
        "--memory", action=_MemoryAction, default=argparse.SUPPRESS, nargs="+", metavar="SIZE", help=_escaped(help)
    )


def add_exclude_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--exclude``."""
    help = tr(
        "leave out the images that this file lists: a content hash (as --outliers tells it) or the path of an image a "
        "line, or a table with columns hash, or file and part"
    )
    parser.add_argument("--exclude", type=Path, metavar="FILE", help=_escaped(help))


def excluding(config: DatasetConfig, options: argparse.Namespace) -> DatasetConfig:
    """The settings of a data set without the images that ``--exclude`` lists.

    Raises
    ------
    UserError
        If the list cannot be read, or cannot be kept in the app's folder, where models find it again.
    """
    if options.exclude is None:
        return config
    from vae_desktop.data.exclusions import keep_exclusion, read_exclusion
    from vae_desktop.paths import marks_dir

    return replace(config, excluded=keep_exclusion(read_exclusion(options.exclude), marks_dir()))


def _escaped(text: str) -> str:
    return text.replace("%", "%%")  # argparse formats help texts with %
