"""One of the models that are compared: its codes, its pictures of an image and of a code, its grid, random codes."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from vae_desktop.engine.run import Run
from vae_desktop.gui.views.setup.setting_field import SettingField
from vae_desktop.gui.views.stage.class_legend import class_colours
from vae_desktop.gui.views.stage.manifold_view import ManifoldBoard
from vae_desktop.gui.widgets.captioned import Captioned
from vae_desktop.gui.widgets.choice_box import translated
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.elided_label import ElidedLabel
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.normal_item import NormalItem
from vae_desktop.gui.widgets.point_raster import PointStyle
from vae_desktop.gui.widgets.theme import LIGHT, SPACING, Theme, heading_font, small_font, tabular
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.plane import Plane
from vae_desktop.settings import settings_of

_PICTURE = 56  # px, at least
_BUTTON = 28  # px
_AXIS = 30  # px


class ComparisonColumn(QWidget):
    """Shows one model; says where the shared cursor should be and what is wanted of the model."""

    place_pointed = Signal(object)  # (k,) in the plane
    grid_pointed = Signal(object)  # (k,) in shares of the grid from its lower left corner
    random_chosen = Signal(int)
    beta_changed = Signal(object)
    promoted = Signal()
    save_requested = Signal()
    resized = Signal()

    def __init__(self, run: Run, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"comparisonColumn{run.id}")
        self.run = run
        self._theme = LIGHT
        self._title = ElidedLabel()
        self._title.setFont(heading_font(self.font()))
        self._title.setStyleSheet(f"color: {colour};")
        self.set_title(run.name)
        self.open_button = self._button("↗", "promote", self.tr("Open this model in the playground."))
        self.save_button = self._button("⤓", "save", self.tr("Save this model in a file of its own."))
        self.status = ElidedLabel()
        self.status.setProperty("role", "muted")
        self.status.setFont(tabular(small_font(self.font())))
        self.beta = _beta_field(run)
        self.plot = LatentPlot()
        self.plot.setAccessibleName(self.tr("Latent space of {model}").format(model=run.name))
        self.plot.setToolTip(
            f"<p>{self.tr('Click or drag: the shared cursor moves, in the latent space of every model.')}</p>"
        )
        self.plot.setMinimumSize(120, 150)
        self._prior = NormalItem(Qt.PenStyle.DashLine, 1.2)
        self._prior.setZValue(5)
        self.plot.addItem(self._prior, ignoreBounds=True)
        for side in ("bottom", "left"):  # a column is narrow; the status line names what stands along the axes
            self.plot.getAxis(side).showLabel(False)
        self.plot.getAxis("left").setWidth(_AXIS)  # else a common scale would not be quite the same
        self.image, self.cursor = DecodedImage(), DecodedImage()
        self.image.setAccessibleName(self.tr("The test image as {model} reconstructs it").format(model=run.name))
        self.cursor.setAccessibleName(self.tr("What {model} decodes at the cursor").format(model=run.name))
        self.image.setToolTip(self.tr("What this model makes of the chosen image, decoded from its mean."))
        self.cursor.setToolTip(self.tr("What this model decodes at the shared cursor."))
        for picture in (self.image, self.cursor):
            picture.setMinimumSize(_PICTURE, _PICTURE)
            picture.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.grid, self.random = ManifoldBoard(), TileBoard()
        self.grid.setObjectName("comparisonGrid")
        self.random.setObjectName("comparisonRandom")
        self.grid.setAccessibleName(self.tr("Decoded grid of {model}").format(model=run.name))
        self.random.setAccessibleName(self.tr("Random codes of {model}").format(model=run.name))
        self.grid.setToolTip(self.tr("Decoded around the middle of the codes. Click: the cursor goes there."))
        self.random.setToolTip(self.tr("Decoded random codes, the same noise for all. Click: the cursor goes there."))
        for board in (self.grid, self.random):
            board.setMinimumSize(80, 80)
        self.axes = ""  # what stands along them
        self._style: PointStyle | None = None
        self._lay_out()
        self.plot.clicked.connect(self._tell_place)
        self.plot.dragged.connect(self._tell_place)
        self.grid.shares_pointed.connect(self._tell_grid)
        self.random.tile_chosen.connect(self.random_chosen)
        self.grid.resized.connect(self.resized)
        self.open_button.clicked.connect(self.promoted)
        self.save_button.clicked.connect(self.save_requested)
        if self.beta is not None:
            self.beta.committed.connect(self.beta_changed)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.plot.set_theme(theme)
        self._prior.set_look(QColor(theme.text), QColor(theme.surface), small_font(self.font()))
        for view in (self.image, self.cursor, self.grid, self.random):
            view.set_theme(theme)
        self._style = None

    def show_views(self, views: frozenset[str]) -> None:
        """Show these of "codes", "grid" and "random"; the two pictures are always there."""
        for name, view in self._views.items():
            view.setVisible(name in views)

    def set_title(self, title: str) -> None:
        self._title.set_text(title)

    def set_status(self, text: str) -> None:
        self.status.set_text(text)

    def set_plane(self, plane: Plane) -> None:
        """Label the axes, and draw N(0, I) in the plane."""
        labels = plane.labels
        self.axes = ", ".join(labels)
        self._prior.set_normal(np.zeros(len(labels)), np.eye(len(labels)))

    def set_codes(self, places: Floats, labels: Floats | None, classes: int, glide: bool) -> None:
        """Show codes at places (N, 2), coloured by class."""
        if self._style is None or len(self._style.colour_indices) != len(places):
            accent = np.array(QColor(self._theme.accent).getRgb()[:3], np.uint8)[None]
            has_classes = labels is not None and classes > 0
            kinds = labels.astype(np.uint16) if has_classes else np.zeros(len(places), np.uint16)
            self._style = PointStyle(kinds, class_colours(classes) if has_classes else accent)
            self.plot.set_point_style(self._style)
            glide = False
        self.plot.set_points(places, glide)

    def set_minimum_view(self, room: QRectF) -> None:
        """Keep a rectangle in sight, for a scale that all models share; an empty one: the model's own scale."""
        self.plot.set_minimum_view(room)
        self.plot.fit()

    def set_cursor(self, place: Floats | None, share: QPointF | None, reason: str = "") -> None:
        """Mark the shared cursor at a place (k,) in the plane and in shares of the grid; or say why there is none."""
        if place is not None:
            self.plot.set_cursor(float(place[0]), float(place[1]) if len(place) > 1 else 0.0)
        self.plot.show_cursor(place is not None)
        self.grid.set_marker(share)
        self.cursor.set_empty_text(reason)
        if place is None:
            self.cursor.set_picture(None)

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.setSpacing(SPACING // 2)
        header.addWidget(self._title, 1)
        if self.beta is not None:
            header.addWidget(QLabel("β"))
            header.addWidget(self.beta)
        header.addWidget(self.save_button)
        header.addWidget(self.open_button)
        captions = {
            "image": (self.image, self.tr("image")),
            "cursor": (self.cursor, self.tr("at the cursor")),
            "grid": (self.grid, self.tr("grid")),
            "random": (self.random, self.tr("random codes")),
        }
        views = {name: Captioned(view, text) for name, (view, text) in captions.items()}
        pictures, boards = QHBoxLayout(), QHBoxLayout()
        for row, names in ((pictures, ("image", "cursor")), (boards, ("grid", "random"))):
            row.setSpacing(SPACING)
            for name in names:
                row.addWidget(views[name], 1)
        self._views = {"codes": self.plot, "grid": views["grid"], "random": views["random"]}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(header)
        layout.addWidget(self.status)
        layout.addWidget(self.plot, 5)
        layout.addLayout(pictures, 2)
        layout.addLayout(boards, 3)

    def _button(self, text: str, name: str, tip: str) -> QToolButton:
        button = QToolButton(text=text)
        button.setObjectName(f"{name}Button{self.run.id}")
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        button.setFixedSize(_BUTTON, _BUTTON)
        return button

    @Slot(float, float)
    def _tell_place(self, x: float, y: float) -> None:
        self.place_pointed.emit(np.array((x, y), np.float32))

    @Slot(QPointF)
    def _tell_grid(self, shares: QPointF) -> None:
        self.grid_pointed.emit(np.array((shares.x(), 1 - shares.y()), np.float32))


def _beta_field(run: Run) -> SettingField | None:
    """An entry for β, where the kind of model leaves it free."""
    if run.config.model.traits.kl_weight is not None:
        return None
    entry = next(entry for name, entry, _ in settings_of(type(run.config.training)) if name == "beta")
    field = SettingField("beta", entry, run.config.training.beta)
    field.setObjectName(f"betaEdit{run.id}")
    field.setAccessibleName(f"{translated(entry.label)}, {run.name}")
    field.setToolTip(f"<p>{entry.help}</p>")
    field.setFixedSize(2 * _BUTTON, _BUTTON)
    return field


