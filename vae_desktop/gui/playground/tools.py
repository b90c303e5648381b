"""All tools of the playground, each with its view."""

from typing import NamedTuple

from vae_desktop.engine.session import Session
from vae_desktop.gui.latent_point import LatentPoint
from vae_desktop.gui.main_window import MainWindow
from vae_desktop.gui.playground.denoiser import Denoiser
from vae_desktop.gui.playground.drawer import Drawer
from vae_desktop.gui.playground.path_guide import PathGuide
from vae_desktop.gui.playground.sampler import Sampler
from vae_desktop.gui.view_requests import ViewRequests


class Tools(NamedTuple):
    """What can be tried with the model on screen."""

    sampler: Sampler
    guide: PathGuide
    drawer: Drawer
    denoiser: Denoiser


def make_tools(window: MainWindow, session: Session, point: LatentPoint, requests: ViewRequests) -> Tools:
    """Make the tools of a window."""
    around = session, point, requests
    scatter = window.stage.scatter
    drawer = Drawer(window.drawing, scatter, *around)
    return Tools(
        Sampler(window.samples, *around),
        PathGuide(window.path, scatter, *around),
        drawer,
        Denoiser(window.denoising, scatter, lambda: drawer.image, *around),
    )
