"""The button that brings the posterior of one image near: at the scale of all codes its ellipses are a dot."""

from PySide6.QtCore import QObject, QSignalBlocker, Slot

from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.tools.one_image_view import OneImageView


class PosteriorZoom(QObject):
    """Is down as long as the plot shows less than all codes because of it; another image is then gone to."""

    def __init__(self, view: OneImageView, scatter: LatentScatter) -> None:
        super().__init__(view)
        self._button, self._scatter = view.zoom_button, scatter
        self._labels = scatter.posterior_labels
        view.zoom_button.toggled.connect(self._toggle)
        scatter.plot.view_changed.connect(self._follow_view)
        self._labels.zoomed.connect(self._press)
        self._labels.shown_changed.connect(view.set_can_zoom)
        view.tools.number_chosen.connect(self._go_on)
        scatter.image_chosen.connect(self._go_on)
        view.set_can_zoom(False)

    @Slot(bool)
    def _toggle(self, is_on: bool) -> None:
        if is_on:
            self._labels.zoom()
        else:
            self._scatter.plot.fit()

    @Slot()
    def _press(self) -> None:
        """It was zoomed from elsewhere."""
        with QSignalBlocker(self._button):
            self._button.setChecked(True)

    @Slot()
    def _follow_view(self) -> None:
        if self._button.isChecked() and self._scatter.plot.follows_points:
            with QSignalBlocker(self._button):
                self._button.setChecked(False)

    @Slot()
    def _go_on(self) -> None:
        if self._button.isChecked():
            self._labels.zoom()
