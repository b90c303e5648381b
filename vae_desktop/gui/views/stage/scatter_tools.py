"""What stands above one scatter, or above several that show the same images: tools, classes, the selection."""


from collections.abc import Sequence

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QGridLayout, QWidget

from vae_desktop.gui.views.stage.class_legend import ClassLegend
from vae_desktop.gui.views.stage.class_panel import ClassPanel
from vae_desktop.gui.views.stage.hover_card import HoverCard
from vae_desktop.gui.views.stage.scatter_selection import SelectionBar
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import (
    Then,
    action,
    add_menu,
    named,
    progress_bar,
    push_button,
    row,
    styled,
    tool_button,
)
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.terms import with_terms
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr
from vae_desktop.latent.measures import dimension_name

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
    zoom_requested = Signal()
    classes_requested = Signal()
    cancel_requested = Signal()
    update_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons = QWidget()
        tip = tr(
            "<p><b>Axes</b>: two latent dimensions. <b>PCA</b>: the directions in which the codes vary most; the point "
            "moves in that plane. <b>t-SNE</b>: neighbourhoods, computed in the background; it cannot be inverted, so "
            "the point goes from code to code.</p>"
        )
        choices = (tr("Axes"), "axes"), (tr("PCA"), "pca"), (tr("t-SNE"), "tsne")
        tip = with_terms(tip, "principal component", "t-SNE")
        self._projection = ChoiceBox("projectionCombo", tr("Projection"), tip, choices, letters=5)
        self._chosen_axes = (0, 1)
        tip = tr("Which latent dimension lies along this axis.")
        names = {"horizontal": tr("Horizontal axis"), "vertical": tr("Vertical axis")}
        self._axes = [ChoiceBox(f"{side}AxisCombo", name, tip, letters=3) for side, name in names.items()]
        self.note = named(styled(ElidedLabel(), "muted", "small", figures=True), "projectionNote")
        self._bar = progress_bar(tr("Progress of t-SNE"), width=96)
        tip = tr("End t-SNE; the places found so far stay.")
        self._cancel = push_button("cancelLayoutButton", tr("Cancel"), tip, then=self.cancel_requested)
        tip = tr("Lay out the codes as they are now.")
        self._update = tool_button("updateLayoutButton", tr("Update"), tip, then=self.update_requested)
        tip = tr("What of the codes is shown, and what is laid over and under them.")
        self.show_button = tool_button("showButton", tr("Show"), tip)
        self.menu = add_menu(self.show_button)
        self.menu.setToolTipsVisible(True)
        self._overlays = self._fill_menu()
        self._fill_rest()
        parts = (self._projection, *self._axes, self._bar, self._cancel, self._update)
        row(*parts, (self.note, 1, Qt.AlignmentFlag.AlignVCenter), spacing=SPACING // 2, on=self)
        row(self.show_button, spacing=SPACING // 2, on=self.buttons)
        self._projection.currentIndexChanged.connect(self._choose_projection)
        for box in self._axes:
            box.currentIndexChanged.connect(self._choose_axes)
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
        return frozenset(name for name, overlay in self._overlays.items() if overlay.isChecked())

    def set_latent_dim(self, latent_dim: int) -> None:
        """Offer the axes of a model; the choice is kept where the model has as many dimensions as the one before."""
        names = [dimension_name(dimension) for dimension in range(latent_dim)]
        if self._axes[0].count() != latent_dim:
            for position, box in enumerate(self._axes):
                with QSignalBlocker(box):
                    box.clear()
                    box.addItems(names)
                    box.setCurrentIndex(min(position, latent_dim - 1))
            self._chosen_axes = self.axes
            self.set_projection("axes")
        self.setVisible(latent_dim > 2)
        self._show_parts()

    def set_axes(self, axes: Sequence[int]) -> None:
        """Choose axes without telling."""
        self._chosen_axes = axes[0], axes[1]
        for box, dimension in zip(self._axes, axes, strict=True):
            with QSignalBlocker(box):
                box.setCurrentIndex(dimension)

    def set_projection(self, name: str) -> None:
        """Choose a projection without telling."""
        with QSignalBlocker(self._projection):
            self._projection.set_value(name)
        self._show_parts()

    def set_has_posteriors(self, has_posteriors: bool) -> None:
        """An autoencoder's codes are points: they have neither samples nor ellipses."""
        reason = tr("The codes of an autoencoder are points, without a σ.")
        for entry in (self._samples, self._overlays["posterior"]):
            entry.setEnabled(has_posteriors)
            entry.setToolTip(entry.data() if has_posteriors else reason)

    def offer_for_all(self, entries: Sequence[QAction]) -> None:
        """Offer these entries for several scatters together, in place of the choice of codes and images for one."""
        for entry in self._choices:
            entry.setVisible(False)
        first = self.menu.actions()[0]
        self.menu.insertActions(first, entries)
        self.menu.insertSeparator(first)

    def set_has_classes(self, has_classes: bool) -> None:
        """Images without classes have none to hide."""
        self._classes.setEnabled(has_classes)
        self._classes.setToolTip(self._classes.data() if has_classes else tr("These images have no classes."))

    def set_can_embed_training(self, reason: str) -> None:
        """Training images need the data set; the reason says what is missing, or is empty."""
        self._training.setEnabled(not reason)
        self._training.setToolTip(reason or self._training.data())

    @Slot()
    def end_lasso(self) -> None:
        """Let the left button move the point again."""
        self.lasso.setChecked(False)

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

    def _fill_menu(self) -> dict[str, QAction]:
        self._choices: list[QAction] = []  # of codes and images
        means, of_posteriors = tr("Posterior means"), tr("A sample of each posterior")
        tip = with_terms(tr("What the decoder sees in training, with one ε for each image."), "μ", "σ", "ε")
        group = QActionGroup(self)
        group.addAction(self._action("showMeansAction", means, "", is_on=True))
        self._samples = self._action("showSamplesAction", of_posteriors, tip, None, False, self.samples_wanted)
        group.addAction(self._samples)
        test, both = tr("Test images"), tr("Test and training images")
        tip = tr("All images of the data set, each a point.")
        images = QActionGroup(self)
        images.addAction(self._action("testImagesAction", test, "", is_on=True))
        self._training = self._action("allImagesAction", both, tip, None, False, self.training_images_wanted)
        images.addAction(self._training)
        for choices in (group, images):
            self._choices += [*choices.actions(), self.menu.addSeparator()]
        for entry in self._choices:
            self.menu.addAction(entry)
        posterior = tr("Of the image under the mouse, or of the one that was clicked: 1σ and 2σ, at true scale.")
        prior = tr("1σ and 2σ of the prior in this plane, and how much of it lies within.")
        manifold = tr("What the decoder draws at each place of this plane, the other dimensions as they are.")
        holes = tr("How far each place is from the nearest code, in σ of that code, over all dimensions.")
        prior = with_terms(prior, "prior", "N(0, I)", "1σ · 39 %")
        entries = (
            ("points", tr("Points"), tr("The codes themselves.")),
            ("posterior", tr("Posterior of an image"), with_terms(posterior, "posterior", "σ")),
            ("prior", tr("Prior N(0, I)"), prior),
            ("density", tr("Density of the codes"), tr("How densely the codes lie.")),
            ("manifold", tr("Decoded manifold"), with_terms(manifold, "manifold")),
            ("holes", tr("Holes"), with_terms(holes, "hole")),
        )
        overlays = {}
        for number, (name, text, tip) in enumerate(entries, 1):
            is_on = name in FIRST_OVERLAYS
            overlay = self._action(f"{name}OverlayAction", text, tip, f"Ctrl+{number}", is_on, self._change_overlays)
            self.menu.addAction(overlay)
            overlays[name] = overlay
        return overlays

    def _fill_rest(self) -> None:
        self.menu.addSeparator()
        tip = tr("Hide classes, or show one alone.")
        self._classes = self._action("classesAction", tr("Classes…"), tip, then=self.classes_requested)
        tip = tr("Select codes by drawing around them. Ctrl-drag does so at any time; Ctrl+A selects all.")
        self.lasso = self._action("lassoButton", tr("Lasso"), tip, "Ctrl+Shift+L", False, self.lasso_toggled)
        tip = tr("Show all codes again (F). Wheel: zoom. Shift-drag: pan.")
        fit = self._action("fitButton", tr("Fit") + "\tF", tip, then=self.fit_requested)
        tip = with_terms(tr("Zoom to the ellipses of the image: how small σ is beside all codes."), "σ")
        self.zoom = self._action("zoomAction", tr("Zoom to the posterior") + "\tZ", tip, then=self.zoom_requested)
        self.menu.addActions([self._classes, self.lasso, fit, self.zoom])

    def _action(
        self, name: str, text: str, tip: str, keys: str | None = None, is_on: bool | None = None,
        then: Then | None = None,
    ) -> QAction:  # fmt: skip
        result = action(self, name, text, tip, keys, then=then, data=tip, is_on=is_on)
        self.buttons.addAction(result)  # so that its shortcut works while the menu is closed
        return result

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


class ScatterControls(QWidget):
    """Tools, panel of classes, selection bar and hover card.

    Parameters
    ----------
    prefix : str
        Begins the object names of the controls, where a window has them more than once.
    """

    def __init__(self, prefix: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tools, self.legend, self.selection_bar = ScatterTools(), ClassLegend(), SelectionBar()
        self._panel = ClassPanel(self.legend, self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SPACING // 2)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.tools, 0, 0)
        grid.addWidget(self.tools.buttons, 0, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.selection_bar, 1, 0, 1, 2)
        for part in (self, *self.findChildren(QObject)) if prefix else ():
            if part.objectName():
                part.setObjectName(prefix + part.objectName()[0].upper() + part.objectName()[1:])
        self.card = HoverCard(self)  # whoever shows points gives it a parent in which it may stand beside them
        self.tools.classes_requested.connect(self.open_classes)
        self.set_classes(())

    def set_classes(self, names: tuple[str, ...]) -> None:
        """Have a chip for each class."""
        self.legend.set_classes(names)
        self.tools.set_has_classes(bool(names))

    @Slot()
    def open_classes(self) -> None:
        """Open the panel in which classes are hidden and shown."""
        self._panel.open_below(self.tools.show_button)
