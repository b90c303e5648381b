"""The tools of the scatter: which plane is shown, what of the codes, and what is laid over them."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QProgressBar, QPushButton, QToolButton, QWidget

from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.elided_label import ElidedLabel
from vae_desktop.gui.widgets.theme import SPACING, small_font, tabular
from vae_desktop.latent.names import dimension_name

FIRST_OVERLAYS = frozenset({"points", "posterior", "prior"})


class ScatterTools(QWidget):
    """Emits what the person wants to see; shows no more tools than the model has use for.

    The projection stands in this widget, which a model of one or two dimensions has no use for; what can always be
    done stands in `buttons`.
    """

    projection_chosen = Signal(str)  # "axes", "pca" or "tsne"
    axes_chosen = Signal(int, int)
    samples_wanted = Signal(bool)
    training_images_wanted = Signal(bool)
    overlays_changed = Signal(object)  # frozenset of names
    lasso_toggled = Signal(bool)
    fit_requested = Signal()
    cancel_requested = Signal()
    update_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons = QWidget()
        self._projection = self._projection_box()
        self._chosen_axes = (0, 1)
        self._axes = [
            self._axis_box("horizontalAxisCombo", self.tr("Horizontal axis")),
            self._axis_box("verticalAxisCombo", self.tr("Vertical axis")),
        ]
        self.note = ElidedLabel()
        self.note.setObjectName("projectionNote")
        self.note.setProperty("role", "muted")
        self.note.setFont(tabular(small_font(self.font())))
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(96)
        self._bar.setAccessibleName(self.tr("Progress of t-SNE"))
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.setObjectName("cancelLayoutButton")
        self._cancel.setToolTip(self.tr("End t-SNE; the places found so far stay."))
        self._update = QToolButton(text=self.tr("Update"))
        self._update.setObjectName("updateLayoutButton")
        self._update.setToolTip(self.tr("Lay out the codes as they are now."))
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self._overlays = self._fill_menu()
        self.show_button = QToolButton(text=self.tr("Show"))
        self.show_button.setObjectName("showButton")
        self.show_button.setToolTip(self.tr("What of the codes is shown, and what is laid over and under them."))
        self.show_button.setMenu(self.menu)
        self.show_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.lasso = QToolButton(text=self.tr("Lasso"), checkable=True)
        self.lasso.setObjectName("lassoButton")
        self.lasso.setShortcut("Ctrl+Shift+L")
        tip = self.tr("Select codes by drawing around them. Ctrl-drag does so at any time; Ctrl+A selects all.")
        self.lasso.setToolTip(f"<p>{tip} (Ctrl+Shift+L)</p>")
        self._fit = QToolButton(text=self.tr("Fit"))
        self._fit.setObjectName("fitButton")
        self._fit.setAccessibleName(self.tr("Fit the latent space"))
        self._fit.setToolTip(self.tr("Show all codes again (F). Wheel: zoom. Shift-drag: pan."))
        self._lay_out()
        self._fit.clicked.connect(self.fit_requested)
        self._cancel.clicked.connect(self.cancel_requested)
        self._update.clicked.connect(self.update_requested)
        self.lasso.toggled.connect(self.lasso_toggled)
        self.end_progress()
        self.set_latent_dim(0)

    @property
    def projection(self) -> str:
        return self._projection.currentData()

    @property
    def axes(self) -> tuple[int, int]:
        """The latent dimensions chosen for the horizontal and the vertical axis."""
        return tuple(max(box.currentIndex(), 0) for box in self._axes)  # type: ignore[return-value]

    @property
    def overlays(self) -> frozenset[str]:
        return frozenset(name for name, action in self._overlays.items() if action.isChecked())

    def set_latent_dim(self, latent_dim: int) -> None:
        """Offer the axes of a model; the choice is kept where the model has as many dimensions as the one before."""
        names = [dimension_name(dimension) for dimension in range(latent_dim)]
        if self._axes[0].count() != latent_dim:
            for position, box in enumerate(self._axes):
                box.blockSignals(True)
                box.clear()
                box.addItems(names)
                box.setCurrentIndex(min(position, latent_dim - 1))
                box.blockSignals(False)
            self._chosen_axes = self.axes
            self.set_projection("axes")
        self.setVisible(latent_dim > 2)
        self._show_parts()

    def set_axes(self, axes: Sequence[int]) -> None:
        """Choose axes without telling."""
        self._chosen_axes = axes[0], axes[1]
        for box, dimension in zip(self._axes, axes, strict=True):
            box.blockSignals(True)
            box.setCurrentIndex(dimension)
            box.blockSignals(False)

    def set_projection(self, name: str) -> None:
        """Choose a projection without telling."""
        self._projection.blockSignals(True)
        self._projection.setCurrentIndex(self._projection.findData(name))
        self._projection.blockSignals(False)
        self._show_parts()

    def set_has_posteriors(self, has_posteriors: bool) -> None:
        """An autoencoder's codes are points: they have neither samples nor ellipses."""
        reason = self.tr("The codes of an autoencoder are points, without a σ.")
        for action in (self._samples, self._overlays["posterior"]):
            action.setEnabled(has_posteriors)
            action.setToolTip(action.data() if has_posteriors else reason)

    def offer_only_overlays(self) -> None:
        """Leave out the choice of codes, where several scatters show them each in its own way."""
        for action in self.menu.actions():
            if action is self._overlays["points"]:
                return
            action.setVisible(False)

    def set_can_embed_training(self, reason: str) -> None:
        """Training images need the data set; the reason says what is missing, or is empty."""
        self._training.setEnabled(not reason)
        self._training.setToolTip(reason or self._training.data())

    def show_progress(self, done: int, total: int) -> None:
        """t-SNE is under way."""
        self._bar.setRange(0, total if done else 0)  # a moving bar until the first steps are done
        self._bar.setValue(done)
        for part in (self._bar, self._cancel):
            part.show()
        self._update.hide()

    def end_progress(self, can_update: bool = False) -> None:
        """t-SNE is done or was ended; `can_update` offers to do it again."""
        for part in (self._bar, self._cancel):
            part.hide()
        self._update.setVisible(can_update)

    def _show_parts(self) -> None:
        has_axes = self._axes[0].count() > 2 and self.projection == "axes"
        for box in self._axes:
            box.setVisible(has_axes)

    def _projection_box(self) -> ChoiceBox:
        box = ChoiceBox()
        box.setObjectName("projectionCombo")
        box.setMinimumContentsLength(5)
        box.setAccessibleName(self.tr("Projection"))
        for name, text in (("axes", self.tr("Axes")), ("pca", self.tr("PCA")), ("tsne", self.tr("t-SNE"))):
            box.addItem(text, name)
        box.setToolTip(
            self.tr(
                "<p><b>Axes</b>: two latent dimensions. <b>PCA</b>: the directions in which the codes vary most; the "
                "point moves in that plane. <b>t-SNE</b>: neighbourhoods, computed in the background; it cannot be "
                "inverted, so the point goes from code to code.</p>"
            )
        )
        box.currentIndexChanged.connect(self._choose_projection)
        return box

    def _axis_box(self, name: str, label: str) -> ChoiceBox:
        box = ChoiceBox()
        box.setObjectName(name)
        box.setMinimumContentsLength(3)
        box.setToolTip(self.tr("Which latent dimension lies along this axis."))
        box.setAccessibleName(label)
        box.currentIndexChanged.connect(self._choose_axes)
        return box

    def _fill_menu(self) -> dict[str, QAction]:
        codes = QActionGroup(self)
        means = self._choice(codes, "showMeansAction", self.tr("Posterior means"), "", checked=True)
        self._samples = self._choice(
            codes,
            "showSamplesAction",
            self.tr("A sample of each posterior"),
            self.tr("μ + σ·ε with one ε for each image: what the decoder sees in training."),
        )
        self._samples.toggled.connect(self.samples_wanted)
        self.menu.addActions([means, self._samples])
        self.menu.addSeparator()
        images = QActionGroup(self)
        test = self._choice(images, "testImagesAction", self.tr("Test images"), "", checked=True)
        self._training = self._choice(
            images,
            "allImagesAction",
            self.tr("Test and training images"),
            self.tr("All images of the data set, each a point."),
        )
        self._training.toggled.connect(self.training_images_wanted)
        self.menu.addActions([test, self._training])
        self.menu.addSeparator()
        entries = (
            ("points", self.tr("Points"), self.tr("The codes themselves.")),
            (
                "posterior",
                self.tr("Posterior of an image"),
                self.tr("1σ and 2σ of the image under the mouse, or of the one that was clicked, at true scale."),
            ),
            (
                "prior",
                self.tr("Prior N(0, I)"),
                self.tr("1σ and 2σ of the prior in this plane, and how much of it lies within."),
            ),
            ("density", self.tr("Density of the codes"), self.tr("How densely the codes lie.")),
            (
                "manifold",
                self.tr("Decoded manifold"),
                self.tr("What the decoder draws at each place of this plane, the other dimensions as they are."),
            ),
            (
                "holes",
                self.tr("Holes"),
                self.tr("How far each place is from the nearest code, in σ of that code, over all dimensions."),
            ),
        )
        overlays = {}
        for number, (name, text, tip) in enumerate(entries, 1):
            action = self._action(f"{name}OverlayAction", text, tip, checked=name in FIRST_OVERLAYS)
            action.setShortcut(QKeySequence(f"Ctrl+{number}"))
            action.toggled.connect(self._change_overlays)
            self.menu.addAction(action)
            overlays[name] = action
        return overlays

    def _choice(self, group: QActionGroup, name: str, text: str, tip: str, checked: bool = False) -> QAction:
        action = self._action(name, text, tip, checked)
        group.addAction(action)
        return action

    def _action(self, name: str, text: str, tip: str, checked: bool) -> QAction:
        action = QAction(text, self, checkable=True, checked=checked)
        action.setObjectName(name)
        action.setToolTip(tip)
        action.setData(tip)
        self.buttons.addAction(action)  # so that its shortcut works while the menu is closed
        return action

    @Slot()
    def _change_overlays(self) -> None:
        self.overlays_changed.emit(self.overlays)

    @Slot()
    def _choose_projection(self) -> None:
        self._show_parts()
        self.projection_chosen.emit(self.projection)

    @Slot()
    def _choose_axes(self) -> None:
        if self.axes[0] == self.axes[1]:  # one axis has taken the other's: they change places
            self.set_axes(self._chosen_axes[::-1])
        self._chosen_axes = self.axes
        self.axes_chosen.emit(*self.axes)

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        for part in (self._projection, *self._axes, self._bar, self._cancel, self._update):
            layout.addWidget(part)
        layout.addWidget(self.note, 1, Qt.AlignmentFlag.AlignVCenter)
        buttons = QHBoxLayout(self.buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(SPACING // 2)
        for button in (self.show_button, self.lasso, self._fit):
            buttons.addWidget(button)
