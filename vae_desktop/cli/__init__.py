"""The ``vae-desktop`` command: opens the window, or does one job without it.

Nothing here imports torch or Qt at module level, so that help and mistakes are answered at once. A new
command is a module with HELP, add_options and run, and one entry in COMMANDS.
"""

import argparse
import contextlib
import gettext
import io
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from vae_desktop import __version__, language
from vae_desktop.cli import bench, data, draw, evaluate, film, fork, info, sample, screenshot, train, words
from vae_desktop.cli.output import error_words
from vae_desktop.config import SETTINGS
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.errors import InvalidSetting, LibraryMissing, UserError
from vae_desktop.language import N_, tr
from vae_desktop.resources import resource_path
from vae_desktop.system_libraries import how_to_install, missing_libraries
from vae_desktop.training.failures import is_of_peers
from vae_desktop.training.joining import rank_of_several

_log = logging.getLogger(__name__)
_PROGRAM = "vae-desktop"
_INTERRUPTED = 130  # what shells report after Ctrl-C: 128 + SIGINT

# What argparse says by itself, for the catalogues.
_OF_ARGPARSE = (
    N_("usage: "),
    N_("options"),
    N_("positional arguments"),
    N_("show this help message and exit"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("expected one argument"),
    N_("expected at least one argument"),
    N_("ignored explicit argument %r"),
    N_("invalid %(type)s value: %(value)r"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
)

COMMANDS = {
    "data": data,
    "train": train,
    "fork": fork,
    "evaluate": evaluate,
    "sample": sample,
    "words": words,
    "draw": draw,
    "film": film,
    "info": info,
    "bench": bench,
    "screenshot": screenshot,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; by default those that the process was started with.

    Returns
    -------
    int
        The exit status: 0, 2 for bad arguments or a missing library of the system, 130 after Ctrl-C, 1 for any other
        failure. A failure is one line on stderr; with ``--debug``, the traceback stands before it.
    """
    _print_any_character()
    arguments = _naming_model(sys.argv[1:] if arguments is None else arguments)
    program, debug = _PROGRAM, False
    try:
        with _language_of(arguments):
            options = _parser().parse_args(arguments)
        program, debug = options.program, options.debug
        if options.command is None:
            return _open_window(options)
        _refuse_window_options(options)
        status = COMMANDS[options.command].run(options)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # whoever read our output has had enough
        _drop_output()
        return 1
    except Exception as error:  # noqa: BLE001 - the last place that can still say it in one line
        if debug:
            traceback.print_exc()
        try:
            sys.stdout.flush()
        except OSError:  # it leads to a full disk
            _drop_output()
        return _report(error, program)


def _naming_model(arguments: Sequence[str]) -> Sequence[str]:
    """Take a file alone for the model to open, as a file manager gives it."""
    is_file = bool(arguments) and arguments[0].lower().endswith(".safetensors") and arguments[0] not in COMMANDS
    return ["--model", *arguments] if is_file and not arguments[0].startswith("-") else arguments


class _BadArguments(UserError):
    """The arguments are not as the parser called `program` wants them."""

    def __init__(self, program: str, message: str) -> None:
        super().__init__(message)
        self.program = program


class _Parser(argparse.ArgumentParser):
    """An argument parser that names the mistake and does not print its usage over it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        raise _BadArguments(self.prog, message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=_PROGRAM,
        description=tr("Train autoencoders and drag through their latent space. No command: opens the window."),
    )
    version_help = tr("show program's version number and exit")  # which argparse does not ask gettext for
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}", help=version_help)
    parser.add_argument("--debug", action="store_true", help=tr("show the traceback of a failure"))
    parser.add_argument(
        "--language",
        choices=(language.SYSTEM, *language.LANGUAGES),
        metavar="LANGUAGE",
        help=tr("language of all texts: {names}; by default that of the window's settings, or the system's").format(
            names=", ".join((language.SYSTEM, *language.LANGUAGES))
        ),
    )
    # Their own destinations: a command's option of the same name would silently win over them.
    parser.add_argument("--model", dest="window_model", type=Path, metavar="FILE", help=tr("model to open"))
    parser.add_argument(
        "--dataset",
        dest="window_dataset",
        metavar="NAME|PATH",
        help=tr("data set to choose: {names}, or images of your own").format(names=", ".join(DATASETS)),
    )
    parser.add_argument(
        "--data-dir", dest="window_data_dir", type=Path, metavar="DIR", help=tr("folder of downloaded data sets")
    )
    parser.add_argument(
        "--follow",
        dest="window_follow",
        action="append",
        metavar="FOLDER|URL",
        help=tr("training to be followed by the folder of its --run-dir, here or elsewhere; several, side by side"),
    )
    parser.set_defaults(program=parser.prog)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title=tr("commands"))
    for name, command in COMMANDS.items():
        help = tr(command.HELP)
        own = commands.add_parser(name, help=help, description=tr("{help}.").format(help=help.capitalize()))
        own.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        own.set_defaults(program=own.prog)
        command.add_options(own)
    return parser


def _open_window(options: argparse.Namespace) -> int:
    name = options.window_dataset
    if name is not None:
        name = SETTINGS["name"].parse("name", name)
    from vae_desktop.app import run_window

    try:
        window = options.window_model, name, options.window_data_dir, options.language or ""
        return run_window(*window, options.window_follow or ())
    except Exception:
        _log.warning("the window could not be opened", exc_info=True)  # for the file: the terminal gets one line
        raise


def _refuse_window_options(options: argparse.Namespace) -> None:
    for option in ("model", "dataset", "data-dir", "follow"):
        if getattr(options, f"window_{option.replace('-', '_')}") is not None:
            text = tr("--{option} goes after the command {command}.")
            raise _BadArguments(_PROGRAM, text.format(option=option, command=options.command))


def _report(error: Exception, program: str) -> int:
    """Print an error's one line and return the exit status."""
    if isinstance(error, ImportError | OSError) and (libraries := missing_libraries(str(error))):
        error = LibraryMissing(how_to_install(libraries))
    if isinstance(error, _BadArguments):
        program = error.program
    is_mistake = isinstance(error, _BadArguments | InvalidSetting)
    rank = rank_of_several()
    # Each process finds a mistake by itself, and notices the end of another one: the first says it.
    if rank == 0 or not (is_mistake or is_of_peers(error.__cause__ or error)):
        place = tr(" (process {rank})").format(rank=rank) if rank else ""
        print(f"{program}{place}: {error_words(error)}", file=sys.stderr)
    return 2 if is_mistake or isinstance(error, LibraryMissing) else 1


@contextlib.contextmanager
def _language_of(arguments: Sequence[str]) -> Iterator[None]:
    """Choose the language before there is a parser, whose help has one, also for the words that argparse adds itself.

    It asks gettext for them, which knows no other choice than the environment's.
    """
    named = [after for option, after in pairwise(arguments) if option == "--language"]
    named += [option.partition("=")[2] for option in arguments if option.startswith("--language=")]
    gettext.bindtextdomain(language.DOMAIN, str(resource_path("locale")))
    gettext.textdomain(language.DOMAIN)
    before = os.environ.get("LANGUAGE")
    os.environ["LANGUAGE"] = language.use(named[0] if named else language.SYSTEM)
    try:
        yield
    finally:
        if before is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = before


def _print_any_character() -> None:
    """Escape what the terminal's encoding lacks (β, for one) instead of failing on it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Lead stdout nowhere, or Python complains once more at exit about what could not be written."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
