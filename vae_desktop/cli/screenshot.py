"""``vae-desktop screenshot``: a picture of the window while it trains."""

import argparse
from pathlib import Path

from vae_desktop.cli.options import add_data_dir_option, add_run_options, run_config
from vae_desktop.cli.output import check_writable
from vae_desktop.errors import InvalidSetting

HELP = "take a picture of the window while it trains"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_run_options(parser)
    add_data_dir_option(parser)
    parser.add_argument("--after", type=float, default=5.0, metavar="EPOCHS", help="when to take it (default: 5)")
    parser.add_argument("--size", default="1360x860", metavar="WxH", help="of the window (default: 1360x860)")
    parser.add_argument("--theme", choices=["light", "dark", "system"], default="light")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where the PNG is saved")


def run(options: argparse.Namespace) -> int:
    """Open a window, train, and save its picture."""
    check_writable(options.output)
    width, _, height = options.size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise InvalidSetting("size", f"Size: {options.size!r} is not like 1360x860.")
    config = run_config(options)
    from vae_desktop.app import require_display
    from vae_desktop.screenshot import take_screenshot

    if not require_display():
        return 2
    take_screenshot(
        config, options.data_dir, options.after, (int(width), int(height)), options.theme, options.output
    )
    return 0
