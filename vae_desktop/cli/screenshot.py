"""``vae-desktop screenshot``: a picture of the real window in a real training, for the README and for its design."""

import argparse
from pathlib import Path

from vae_desktop.cli.options import add_data_dir_option, add_run_options, run_config
from vae_desktop.cli.saving import check_writable, save_pictures
from vae_desktop.config import RunConfig
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.language import N_, tr

HELP = N_("take a picture of the window while it trains")
_POINT = (-0.6, 0.8)  # where the current point stands
_SETTLING = 0.7  # seconds from the last move to the picture


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_run_options(parser)
    add_data_dir_option(parser)
    parser.add_argument("--after", type=float, default=5.0, metavar="EPOCHS", help=tr("when to take it (default: 5)"))
    parser.add_argument("--size", default="1360x860", metavar="WxH", help=tr("of the window (default: 1360x860)"))
    parser.add_argument("--theme", choices=["light", "dark", "system"], default="light")
    help = tr("where the picture is saved: as PNG, or, in a .npy, as an array (1, H, W, 3)")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help=help)


def run(options: argparse.Namespace) -> int:
    """Open a window with fresh settings, train, and save its picture while it still trains."""
    check_writable(options.output)
    width, _, height = options.size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise InvalidSetting("size", tr("Size: {size!r} is not like 1360x860.").format(size=options.size))
    config = run_config(options)
    from vae_desktop.app import require_display

    if not require_display():
        return 2
    _take(config, (int(width), int(height)), options)
    return 0


def _take(config: RunConfig, size: tuple[int, int], options: argparse.Namespace) -> None:
    from vae_desktop.driver import fresh_window
    from vae_desktop.gui.views.point.latent_slider import LatentSlider

    with fresh_window(options.data_dir) as driver:
        window, project = driver.window, driver.engine.project

        def is_time() -> bool:
            run = project.shown
            return run is not None and (
                not project.active or len(run.history.training) >= options.after * run.steps_per_epoch
            )

        window.controller.choose_theme(options.theme)
        window.setup.form.choose_dataset(config.dataset.name)
        window.setup.form.set_config(config)
        window.resize(*size)
        window.show()
        driver.wait_until(lambda: window.banner.text() or driver.state == "idle")
        window.setup.controls.train_button.click()
        driver.wait_until(lambda: window.banner.text() or is_time())
        if window.banner.text():
            raise UserError(window.banner.text())
        for slider, value in zip(window.panel.sliders.findChildren(LatentSlider), _POINT, strict=False):
            slider.setValue(value)
        driver.wait(_SETTLING)
        save_pictures(options.output, driver.picture()[None])
