"""``vae-desktop bench``: measures the app on this machine."""

import argparse
from typing import Any

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
    parser.add_argument("--scaling", action="store_true", help=tr("tell instead what many processes would be worth"))
    parser.add_argument("--quick", action="store_true", help=tr("fewer and shorter runs"))
    parser.add_argument("--json", action="store_true", help=tr("print one JSON object"))


def run(options: argparse.Namespace) -> int:
    """Measure and print all that was asked for, or all that this machine has the devices for."""
    from vae_desktop.bench.rows import ROWS, machine, measure

    if options.scaling:
        return _scaling(options)
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


def _scaling(options: argparse.Namespace) -> int:
    """Print what many processes would be worth for each recipe."""
    from vae_desktop.bench.rows import machine
    from vae_desktop.bench.scaling import BETWEEN, WITHIN, measured

    found = measured(options.data_dir, options.quick)
    if options.json:
        links = {"within": WITHIN._asdict(), "between": BETWEEN._asdict()}
        print_json({"machine": machine(), "links": links, **found})
        return 0
    print(machine())
    for name, told in found.items():
        text = tr("{name}: {megabytes:.1f} MB of gradients, batches of {images} images")
        print(text.format(name=name, megabytes=told["gradient_bytes"] / 1e6, images=told["batch_size"]))
        print_table([(f"  {row['processes']}", _of_processes(row)) for row in told["rows"]])
    return 0


def _of_processes(row: dict[str, Any]) -> str:
    """What a number of processes would be worth, in words."""
    texts = [tr("sum of gradients {ms:.3g} ms").format(ms=row["all_reduce_ms"])]
    for key, text in (("same_batch", tr("same batch")), ("same_share", tr("as large a batch for each"))):
        found = row[key]
        worth = "–" if found is None else f"{found['speed_up']:.3g}x ({found['efficiency']:.0%})"
        texts.append(f"{text} {worth}")
    return "   ".join(texts)
