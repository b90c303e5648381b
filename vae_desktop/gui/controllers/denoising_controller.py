"""Adds noise to an image and has the model on screen take it out again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Slot

from vae_desktop.data.dataset import Dataset, Images
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import RestoreRequest
from vae_desktop.gui.controllers.one_image_controller import OneImageController
from vae_desktop.gui.controllers.tool_controller import ToolContext, ToolController
from vae_desktop.gui.views.tools.denoising_view import DenoisingView
from vae_desktop.language import sentences, tr

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Restored


class DenoisingController(ToolController[DenoisingView]):
    """Follows the image that was clicked last, or the drawing.

    Attributes
    ----------
    restored : (float, Restored), or None
        The strength of the noise, and what came of it.
    """

    name = "restored"

    def __init__(self, context: ToolContext, drawing: OneImageController) -> None:
        view = DenoisingView()
        super().__init__(view, context)
        self._drawing = drawing
        self.restored: tuple[float, Restored] | None = None
        view.changed.connect(self.refresh)
        view.load.clicked.connect(self.load_data)
        view.show_nothing(tr("Train or open a model: what it makes of noise is shown here."))
        self._scatter.image_chosen.connect(self._choose_image)

    def begin(self, run: Run) -> None:
        """A denoising model begins with the noise that it has learned to take out."""
        self.restored = None
        model = run.config.model
        if model.traits.is_denoising:
            self.view.set_noise(model.noise, model.noise_strength)
        self.view.denoiser_button.setVisible(not model.traits.is_denoising)
        self.view.show_nothing("")

    def take_images(self, dataset: Dataset) -> None:
        self.view.number.setMaximum(len(dataset.test) - 1)

    def ask(self, run: Run) -> bool:
        view, image = self.view, self._image()
        if image is None:
            self.restored = None
            data = run.config.dataset.label
            if view.source.currentData() == "test":
                view.show_nothing(tr("The images of {data} are not at hand.").format(data=data), data)
            else:
                view.show_nothing(tr("Draw something under One image first."))
            return False
        view.note.setText(self._description(run))
        noise, strength, seed = view.kind.currentData(), view.strength, int(view.seed.value())
        self._requests.ask(
            RestoreRequest(self.name, run.id, image, noise, strength, seed), partial(self._show, image, strength)
        )
        return True

    @Slot(int)
    def _choose_image(self, image: int) -> None:
        """A test image was clicked; of a training image nothing is taken over, the number counts test images."""
        if self.dataset is not None and image < len(self.dataset.test):
            self.view.source.set_value("test")
            self.view.number.setValue(image)

    def _image(self) -> Images | None:
        """The image (C, H, W) that is wanted, if it is at hand."""
        if self.view.source.currentData() == "drawing":
            return self._drawing.image
        number = int(self.view.number.value())
        if self.dataset is None or number >= len(self.dataset.test):
            return None
        return self.dataset.test.images[number]

    def _description(self, run: Run) -> str:
        """What the numbers are, and what the model was trained for."""
        model, kind = run.config.model, self.view.kind
        figures = tr("Squared error against the clean image.")
        if not model.traits.is_denoising:
            text = tr(
                "This {model} was not trained to take noise out: it draws what it takes the noisy image for."
            )
            return sentences(figures, text.format(model=tr(model.traits.short)))
        trained = kind.itemText(kind.findData(model.noise))
        text = tr("Trained to take out: {noise}, {strength:g}.").format(
            noise=trained, strength=model.noise_strength
        )
        is_other = kind.currentData() != model.noise
        return sentences(figures, text, tr("This is another kind of noise.") if is_other else "")

    def _show(self, image: Images, strength: float, restored: Restored) -> None:
        view = self.view
        self.restored = strength, restored
        view.show_picture("clean", np.ascontiguousarray(image.transpose(1, 2, 0)))
        view.show_picture("noisy", restored.noisy, restored.noisy_error)
        view.show_picture("restored", restored.restored, restored.restored_error)
        view.show_picture("reconstruction", restored.reconstruction, restored.reconstruction_error)
        view.verdict.setText(self._verdict(restored))

    def _verdict(self, restored: Restored) -> str:
        """Whether noise was taken out, by squared errors against the clean image."""
        if not restored.noisy_error:
            return ""
        share = restored.restored_error / restored.noisy_error
        if share < 1:
            return tr("Restored is nearer to the clean image than noisy is: {share} of the error is gone.").format(
                share=f"{1 - share:.0%}"
            )
        return tr("Restored is {times} times as far from the clean image as noisy is: nothing is gained.").format(
            times=f"{share:.1f}"
        )
