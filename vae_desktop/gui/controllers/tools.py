"""All tools of the playground, each a controller with its view."""

from typing import Any, NamedTuple, Self

from vae_desktop.engine.engine import Engine
from vae_desktop.gui.controllers.denoising_controller import DenoisingController
from vae_desktop.gui.controllers.images_controller import ImagesController
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.one_image_controller import OneImageController
from vae_desktop.gui.controllers.path_controller import PathController
from vae_desktop.gui.controllers.samples_controller import SamplesController
from vae_desktop.gui.controllers.step_controller import StepController
from vae_desktop.gui.controllers.tool_controller import ToolContext, ToolController
from vae_desktop.gui.controllers.words_controller import WordsController
from vae_desktop.gui.views.window.main_window import MainWindow


class Tools(NamedTuple):
    """What can be tried with the model on screen; the names are those of the docks."""

    images: ImagesController
    samples: SamplesController
    words: WordsController
    path: PathController
    drawing: OneImageController
    denoising: DenoisingController
    step: StepController

    @classmethod
    def of(cls, window: MainWindow, engine: Engine, point: LatentPoint) -> Self:
        """Make the tools, and put their views into the docks of a window."""
        context = ToolContext(window.stage.scatter, point, engine)
        drawing = OneImageController(context)
        denoising = DenoisingController(context, drawing)
        others = SamplesController(context), WordsController(context), PathController(context)
        tools = cls(ImagesController(context), *others, drawing, denoising, StepController(context))
        controllers: tuple[ToolController[Any], ...] = tools
        for name, tool in zip(cls._fields, controllers, strict=True):
            window.add_tool(name, tool.view)
            tool.start()
        return tools
