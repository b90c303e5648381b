"""``vae-desktop bench``: measures the app on this machine."""

import argparse

from vae_desktop.cli.options import add_data_dir_option
from vae_desktop.cli.output import print_json, print_table
from vae_desktop.errors import DeviceError
from vae_desktop.language import N_, tr

HELP = N_("measure the app on this machine")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    from vae_desktop.bench.rows import ROWS

    add_data_dir_option(parser)
    parser.add_argument("--only", choices=list(ROWS), action="append", metavar="KEY", help=", ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help=tr("fewer and shorter runs"))
    parser.add_argument("--json", action="store_true", help=tr("print one JSON object"))


def run(options: argparse.Namespace) -> int:
    """Measure and print all that was asked for, or all that this machine has the devices for."""
    from vae_desktop.bench.rows import ROWS, machine, measure

    rows = {}
    for key in options.only or ROWS:
        try:
            rows[key] = measure(key, options.data_dir, options.quick)
        except DeviceError:
            if options.only:
                raise
    if options.json:
        print_json({"machine": machine(), **rows})
        return 0
    print(machine())
    shown = ("median", "min", "max", "goal")
    print_table([(key, "   ".join(f"{name} {row[name]:.3g}" for name in shown)) for key, row in rows.items()])
    return 0
