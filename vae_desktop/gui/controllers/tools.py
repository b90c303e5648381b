"""All tools of the playground, each with its view."""

from typing import NamedTuple, Self

from vae_desktop.engine.engine import Engine
from vae_desktop.gui.controllers.denoiser import Denoiser
from vae_desktop.gui.controllers.drawer import Drawer
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.path_guide import PathGuide
from vae_desktop.gui.controllers.sampler import Sampler
from vae_desktop.gui.views.tools.denoising_view import DenoisingView
from vae_desktop.gui.views.tools.drawing_view import DrawingView
from vae_desktop.gui.views.tools.path_view import PathView
from vae_desktop.gui.views.tools.samples_view import SamplesView
from vae_desktop.gui.views.window.main_window import MainWindow


class Tools(NamedTuple):
    """What can be tried with the model on screen."""

    sampler: Sampler
    guide: PathGuide
    drawer: Drawer
    denoiser: Denoiser

    @classmethod
    def of(cls, window: MainWindow, session: Engine, point: LatentPoint) -> Self:
        """Make them, with their views, for a window."""
        samples, path, drawing, denoising = SamplesView(), PathView(), DrawingView(), DenoisingView()
        scatter, around = window.stage.scatter, (session, point, session.inference)
        drawer = Drawer(drawing, scatter, *around)
        guide = PathGuide(path, scatter, *around)
        made = cls(
            Sampler(samples, *around), guide, drawer, Denoiser(denoising, scatter, lambda: drawer.image, *around)
        )
        for name, view in (("samples", samples), ("path", path), ("drawing", drawing), ("denoising", denoising)):
            window.add_tool(name, view)
        window.theme_changed.connect(guide.set_theme)
        guide.set_theme(window.theme)
        return made
