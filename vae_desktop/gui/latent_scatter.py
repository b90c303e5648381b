"""The stage: the codes of the test set, coloured by class, with the current point among them."""

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from vae_desktop.gui.choice_box import ChoiceBox
from vae_desktop.gui.class_legend import ClassLegend, class_colours
from vae_desktop.gui.latent_plot import LatentPlot
from vae_desktop.gui.point_hover import PointHover
from vae_desktop.gui.point_raster import Colours
from vae_desktop.gui.theme import LIGHT, SPACING, Theme, heading_font, small_font, tabular
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.names import dimension_name

_SPREAD = 10 / 3  # height over which a one-dimensional latent space is spread, about that of the prior


class LatentScatter(QWidget):
    """Shows codes in two of the latent dimensions; with one, they are spread by class over the height."""

    coordinates_pointed = Signal(object)  # {dimension: value}

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("latentScatter")
        self.setAccessibleName(self.tr("Latent space"))
        self._codes: Codes | None = None
        self._code: Floats = np.zeros(2, np.float32)
        self._hidden: frozenset[int] = frozenset()
        self._spread: Floats = np.empty(0, np.float32)
        self._class_count = 0
        self._heading = QLabel(self.tr("Latent space"))
        self._heading.setFont(heading_font(self.font()))
        self._subtitle = QLabel()
        self._subtitle.setProperty("role", "muted")
        self._subtitle.setFont(tabular(small_font(self.font())))
        self._axis_boxes = [self._axis_box(name) for name in ("horizontalAxisCombo", "verticalAxisCombo")]
        self._axes = QWidget()
        self._fit = QToolButton(text=self.tr("Fit"))
        self._fit.setObjectName("fitButton")
        self._fit.setAccessibleName(self.tr("Fit the latent space"))
        self._fit.setToolTip(self.tr("Show all codes again (F). Wheel: zoom. Shift-drag: pan."))
        self._legend = ClassLegend()
        self.plot = LatentPlot()
        self.plot.setAccessibleName(self.tr("Latent space. Arrow keys move the current point."))
        self.plot.setToolTip(
            self.tr(
                "<p>Click or drag: the current point moves there, and the picture follows. Arrow keys do the same.</p>"
                "<p>Rest on a point: the image behind it. Space: the one nearest to the current point.</p>"
            )
        )
        self._hover = PointHover(self.plot)
        self._empty = QLabel(
            self.tr("Press Train: each image becomes a point here,\nand you can watch the latent space form.")
        )
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setProperty("role", "muted")
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.plot)
        self._lay_out()
        self._use_colours(LIGHT)
        self._fit.clicked.connect(self.plot.fit)
        self._legend.hidden_changed.connect(self._set_hidden)
        self.plot.pointed.connect(self._tell_pointed)

    def set_theme(self, theme: Theme) -> None:
        self.plot.set_theme(theme)
        self._hover.set_theme(theme)
        self._use_colours(theme)
        self._draw_codes()

    def set_model(self, codes: Codes | None, class_names: tuple[str, ...], latent_dim: int) -> None:
        """Begin with the codes of another model."""
        self._codes = codes
        self._class_count = len(class_names)
        self._spread = np.empty(0, np.float32)
        self._offer_axes(latent_dim)  # before anything is drawn with axes that the model may not have
        self._hover.set_class_names(class_names)
        self._legend.set_classes(class_names)
        self._axes.setVisible(latent_dim > 2)
        self._label_axes()
        self._draw_codes()
        self.plot.fit()

    def set_codes(self, codes: Codes) -> None:
        """Move the points to new codes of the same images."""
        self._codes = codes
        self._draw_codes()

    def set_pictures(self, originals: Picture | None, reconstructions: Picture | None, hint: str = "") -> None:
        """Let a point under the mouse show its image, until another model is set.

        Parameters
        ----------
        originals, reconstructions : array (N, H, W, C), uint8, or None
            In the order of the codes; the sizes of the two may differ. With neither, nothing is shown.
        hint : str
            How to get at the originals, shown where they are missing.
        """
        self._hover.set_pictures(originals, reconstructions, hint)

    def set_subtitle(self, text: str) -> None:
        """Say in a line what is shown."""
        self._subtitle.setText(text)

    def set_point(self, code: Floats) -> None:
        """Put the cross-hair at the current point (d,)."""
        self._code = code
        horizontal, vertical = self._shown_axes()
        y = 0.0 if vertical is None else float(code[vertical])
        self.plot.set_cursor(float(code[horizontal]), y)

    def _shown_axes(self) -> tuple[int, int | None]:
        if len(self._code) == 1:
            return 0, None
        return max(self._axis_boxes[0].currentIndex(), 0), max(self._axis_boxes[1].currentIndex(), 0)

    def _offer_axes(self, latent_dim: int) -> None:
        names = [dimension_name(dimension) for dimension in range(latent_dim)]
        self._code = np.zeros(latent_dim, np.float32)
        for position, box in enumerate(self._axis_boxes):
            if box.count() != latent_dim:
                box.blockSignals(True)
                box.clear()
                box.addItems(names)
                box.setCurrentIndex(min(position, latent_dim - 1))
                box.blockSignals(False)

    def _label_axes(self) -> None:
        horizontal, vertical = self._shown_axes()
        by_class = self.tr("spread by class, to see more")
        at_random = self.tr("spread at random, to see more")
        spread = by_class if self._class_count else at_random
        self.plot.set_axis_labels(dimension_name(horizontal), spread if vertical is None else dimension_name(vertical))

    def _draw_codes(self) -> None:
        codes = self._codes
        self._stack.setCurrentIndex(0 if codes is None else 1)
        if codes is None:
            return
        horizontal, vertical = self._shown_axes()
        y = self._class_spread(codes) if vertical is None else codes.mean[:, vertical]
        points = np.stack((codes.mean[:, horizontal], y), axis=1)
        colours = self._colours(codes)
        behind = np.zeros(len(codes), bool) if codes.labels is None else np.isin(codes.labels, list(self._hidden))
        self._hover.set_points(np.where(behind[:, None], np.float32(np.inf), points), codes.labels)
        if behind.any():  # greyed classes lie below the others
            colours[behind] = self._hidden_colour
            order = np.argsort(~behind, kind="stable")
            points, colours = points[order], colours[order]
        self.plot.set_points(points, colours)

    def _colours(self, codes: Codes) -> Colours:
        if codes.labels is None or not self._class_count:
            return np.tile(self._neutral_colour, (len(codes), 1))
        return class_colours(self._class_count)[codes.labels]

    def _use_colours(self, theme: Theme) -> None:
        self._hidden_colour = np.array(QColor(theme.border).getRgb()[:3], np.uint8)
        self._neutral_colour = np.array(QColor(theme.accent).getRgb()[:3], np.uint8)

    def _class_spread(self, codes: Codes) -> Floats:
        """Heights that part the classes of a one-dimensional latent space; they mean nothing else."""
        if len(self._spread) != len(codes):
            jitter = np.random.default_rng(0).uniform(-0.4, 0.4, len(codes))
            labels = np.zeros(len(codes)) if codes.labels is None else codes.labels
            classes = max(self._class_count, 1)
            self._spread = ((labels + jitter - (classes - 1) / 2) * _SPREAD / classes).astype(np.float32)
        return self._spread

    @Slot(object)
    def _set_hidden(self, hidden: frozenset[int]) -> None:
        self._hidden = hidden
        self._draw_codes()

    @Slot(float, float)
    def _tell_pointed(self, x: float, y: float) -> None:
        horizontal, vertical = self._shown_axes()
        values = {horizontal: x} if vertical is None else {horizontal: x, vertical: y}
        self.coordinates_pointed.emit(values)

    @Slot()
    def _axes_changed(self) -> None:
        self._label_axes()
        self._draw_codes()
        self.set_point(self._code)
        self.plot.fit()

    def _axis_box(self, name: str) -> ChoiceBox:
        box = ChoiceBox()
        box.setObjectName(name)
        box.setMinimumContentsLength(4)
        box.setToolTip(self.tr("Which latent dimension lies along this axis."))
        box.setAccessibleName(self.tr("Axis of the scatter"))
        box.currentIndexChanged.connect(self._axes_changed)
        return box

    def _lay_out(self) -> None:
        axes = QHBoxLayout(self._axes)
        axes.setContentsMargins(0, 0, 0, 0)
        axes.setSpacing(SPACING // 2)
        axes.addWidget(QLabel(self.tr("Axes")))
        for box in self._axis_boxes:
            axes.addWidget(box)
        self._axes.hide()
        header = QHBoxLayout()
        header.setSpacing(SPACING)
        header.addWidget(self._heading)
        header.addWidget(self._subtitle, 1, Qt.AlignmentFlag.AlignBottom)
        header.addWidget(self._axes)
        header.addWidget(self._fit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING, SPACING // 2, SPACING, 0)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(header)
        layout.addWidget(self._legend)
        layout.addLayout(self._stack, 1)
