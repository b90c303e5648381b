"""Adds noise to an image and has the model on screen take it out again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Slot

from vae_desktop.data.dataset import Dataset, Images
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.view_requests import RestoreRequest
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.tool import Tool
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.tools.denoising_view import DenoisingView
from vae_desktop.gui.widgets.choice_box import translated

if TYPE_CHECKING:
    from vae_desktop.latent.one_image import Restored

_RESTORED = "restored"


class Denoiser(Tool):
    """Follows the image that was clicked last, or the drawing."""

    def __init__(
        self,
        view: DenoisingView,
        scatter: LatentScatter,
        drawing: Callable[[], Images | None],
        session: Engine,
        point: LatentPoint,
        requests: InferenceThread,
    ) -> None:
        super().__init__(view, session, point, requests)
        self._view = view
        self._drawing = drawing
        view.changed.connect(self.refresh)
        view.data_wanted.connect(self.load_data)
        view.show_nothing(self.tr("Train or open a model: what it makes of noise is shown here."))
        scatter.image_chosen.connect(self._choose_image)

    def begin(self) -> None:
        """A denoising model begins with the noise that it has learned to take out."""
        model = self.run.config.model
        if model.traits.is_denoising:
            self._view.set_noise(model.noise, model.noise_strength)
        self._view.show_nothing("")

    def set_dataset(self, dataset: Dataset | None) -> None:
        if dataset is not None and dataset is not self.dataset:
            self._view.number.setMaximum(len(dataset.test) - 1)
        super().set_dataset(dataset)

    @Slot()
    def refresh(self) -> None:
        run, view = self.run, self._view
        image = self._image()
        if run is None or image is None or not self.is_in_sight:
            self._requests.forget(_RESTORED)
            if run is not None and image is None:
                is_test = view.source.currentData() == "test"
                view.show_nothing(self._missing(), run.config.dataset.label if is_test else "")
            return
        self._describe()
        noise, strength, seed = view.kind.currentData(), view.strength, view.seed.value()
        self._requests.ask(
            RestoreRequest(_RESTORED, run.id, image, noise, strength, seed), partial(self._show, image)
        )

    @Slot(int)
    def _choose_image(self, image: int) -> None:
        """A test image was clicked; of a training image nothing is taken over, the number counts test images."""
        if self.dataset is not None and image < len(self.dataset.test):
            self._view.source.show_value("test")
            self._view.number.setValue(image)

    def _image(self) -> Images | None:
        if self._view.source.currentData() == "drawing":
            return self._drawing()
        number = self._view.number.value()
        has_it = self.dataset is not None and number < len(self.dataset.test)
        return self.dataset.test.images[number] if has_it else None

    def _missing(self) -> str:
        if self._view.source.currentData() == "drawing":
            return self.tr("Draw something under Draw first.")
        return self.tr("The images of {data} are not at hand.").format(data=self.run.config.dataset.label)

    def _describe(self) -> None:
        """Say what the numbers are, and what the model was trained for."""
        model = self.run.config.model
        figures = self.tr("Squared error against the clean image.") + " "
        if not model.traits.is_denoising:
            text = self.tr(
                "This {model} was not trained to take noise out: it draws what it takes the noisy image for."
            )
            self._view.set_note(figures + text.format(model=translated(model.traits.short)))
            return
        trained = self._view.kind.itemText(self._view.kind.findData(model.noise))
        text = self.tr("Trained to take out: {noise}, {strength:g}.").format(
            noise=trained, strength=model.noise_strength
        )
        is_other = self._view.kind.currentData() != model.noise
        self._view.set_note(figures + text + (" " + self.tr("This is another kind of noise.") if is_other else ""))

    def _show(self, image: Images, restored: Restored) -> None:
        pictures = {
            "clean": np.ascontiguousarray(image.transpose(1, 2, 0)),
            "noisy": restored.noisy,
            "restored": restored.restored,
            "reconstruction": restored.reconstruction,
        }
        captions = {
            "clean": self.tr("clean"),
            "noisy": self.tr("noisy · {error}").format(error=f"{restored.noisy_error:.1f}"),
            "restored": self.tr("restored · {error}").format(error=f"{restored.restored_error:.1f}"),
            "reconstruction": self.tr("from clean · {error}").format(error=f"{restored.reconstruction_error:.1f}"),
        }
        self._view.show_pictures(pictures, captions)
