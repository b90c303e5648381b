"""The sliders of all latent dimensions in their order, those that say nothing folded away."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from vae_desktop.gui.views.point.latent_slider import LatentSlider
from vae_desktop.gui.widgets.controls import column, label, named, set_text, toggle
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr, tr_count
from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.latent.measures import dimension_name

_NAMED = 4  # collapsed dimensions; more names than that have no room


class SliderList(QScrollArea):
    """Emits what the person moves; says which latent traversals its sliders need."""

    coordinate_changed = Signal(int, float)
    lock_toggled = Signal(int, bool)
    dimension_pointed = Signal(object)  # under the mouse or with the keyboard, or None
    traversals_outdated = Signal()  # other sliders, or other values of theirs, are in sight

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, widgetResizable=True)
        named(self, "sliderList", tr("Coordinates of the current point"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its sliders have it
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._sliders: list[LatentSlider] = []
        self._is_folded: npt.NDArray[np.bool_] = np.empty(0, bool)  # of each dimension, where its slider lies
        self._fold = toggle("collapsedFold", "", is_flat=True, then=self._unfold)
        self._fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._reasons = "", ""  # why some dimensions have collapsed, or all; nothing as long as nobody can know it
        self._is_active: npt.NDArray[np.bool_] = np.empty(0, bool)  # of each dimension, as far as it is known
        self._reason = label("", "muted", "small", name="collapsedReason", wraps=True)
        half = SPACING // 2
        self._shown, self._folded_rows, holder = column(spacing=half), QWidget(), QWidget()
        self._folded = column(spacing=half, on=self._folded_rows)
        parts = (self._shown, self._fold, self._reason, self._folded_rows)
        column(*parts, 0, spacing=half, margins=(0, 0, half, 0), on=holder)
        self.setWidget(holder)
        # What is in sight is known when all is laid out; many changes at once need one traversal.
        self._outdated = QTimer(self, singleShot=True, interval=0)
        self._outdated.timeout.connect(self.traversals_outdated)
        self.verticalScrollBar().valueChanged.connect(self._outdated.start)
        self.viewport().installEventFilter(self)
        holder.installEventFilter(self)
        cast(QApplication, QApplication.instance()).focusChanged.connect(self._show_locks)
        self._show_fold()
        self._reason.hide()

    def set_latent_dim(self, latent_dim: int) -> None:
        """Show as many sliders."""
        while len(self._sliders) > latent_dim:
            slider = self._sliders.pop()
            for layout in (self._shown, self._folded):
                layout.removeWidget(slider)
            # Still a child: one without a parent would be Python's, whose collector may run in any thread.
            slider.hide()
            slider.deleteLater()
        while len(self._sliders) < latent_dim:
            self._sliders.append(self._slider(len(self._sliders)))
        self._is_active = np.empty(0, bool)
        self._show_reason()
        self._place(np.zeros(latent_dim, bool))

    def set_point(self, code: Floats) -> None:
        """Follow the current point (d,)."""
        has_widened = False
        for slider, value in zip(self._sliders, code.tolist(), strict=True):
            has_widened |= not slider.minimum() <= value <= slider.maximum()
            slider.follow(value)
        if has_widened:
            self._outdated.start()

    def set_lit(self, dimensions: frozenset[int]) -> None:
        """Let the sliders of these dimensions stand out."""
        for dimension, slider in enumerate(self._sliders):
            slider.set_lit(dimension in dimensions)

    def set_locked(self, locked: frozenset[int]) -> None:
        """Show which coordinates are held."""
        for dimension, slider in enumerate(self._sliders):
            slider.set_locked(dimension in locked)

    def set_ranges(self, ranges: Sequence[tuple[float, float]]) -> None:
        """Let each slider cover a range."""
        before = [(slider.minimum(), slider.maximum()) for slider in self._sliders]
        for slider, (low, high) in zip(self._sliders, ranges, strict=True):
            slider.set_range(low, high)
        if before != [(slider.minimum(), slider.maximum()) for slider in self._sliders]:
            self._outdated.start()

    def set_information(
        self, amounts: npt.NDArray[np.float64], active: npt.NDArray[np.bool_], tips: Sequence[str], is_new: bool
    ) -> None:
        """Show how much each dimension says (d,), and fold away those that say nothing.

        While the mouse or the keyboard is at them, they stay where they are, unless `is_new`.
        """
        most = max(float(amounts.max()), 1e-9)
        for slider, amount, is_active, tip in zip(self._sliders, amounts, active, tips, strict=True):
            slider.head.set_information(float(amount) / most, bool(is_active), tip)
        is_held = self.underMouse() or self.isAncestorOf(self.window().focusWidget() or self.window())
        if is_new or not is_held:
            is_folded = ~active if active.any() and self._reasons[0] else np.zeros(len(active), bool)
            if not np.array_equal(is_folded, self._is_folded):
                self._place(is_folded)
        self._is_active = active
        self._show_reason()

    def set_reasons(self, of_some: str, of_all: str) -> None:
        """Say why dimensions have collapsed, if some have or if all have."""
        self._reasons = of_some, of_all
        self._show_reason()

    def visible_dimensions(self) -> list[int]:
        """The dimensions whose sliders are in sight."""
        return [index for index, slider in enumerate(self._sliders) if not slider.visibleRegion().isEmpty()]

    def frames(self, dimension: int) -> Floats:
        """Values (n,) whose pictures the latent traversal of a slider is made of."""
        return self._sliders[dimension].frames()

    def set_traversal(self, dimension: int, pictures: Picture) -> None:
        """Show the pictures (n, h, w, C) of the frames of a slider."""
        if dimension < len(self._sliders):
            self._sliders[dimension].set_traversal(pictures)

    def clear_traversals(self) -> None:
        for slider in self._sliders:
            slider.groove.set_traversal(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.LayoutRequest):
            self._outdated.start()
        return super().eventFilter(watched, event)

    def _slider(self, dimension: int) -> LatentSlider:
        name = dimension_name(dimension)
        slider = named(LatentSlider(name), f"latentSlider{dimension}", name)
        slider.value_changed.connect(self._tell_changed)
        slider.lock_toggled.connect(self._tell_locked)
        slider.pointed.connect(self._tell_pointed)
        return slider

    def _place(self, is_folded: npt.NDArray[np.bool_]) -> None:
        """Put the sliders in order, some of them under the fold."""
        self._is_folded = is_folded
        self.setUpdatesEnabled(False)
        for layout, dimensions in (
            (self._shown, np.flatnonzero(~is_folded).tolist()),
            (self._folded, np.flatnonzero(is_folded).tolist()),
        ):
            for place, dimension in enumerate(dimensions):
                # Not by itemAt: a Python object of an item outlives it when Qt moves the widget, and crashes later
                # when another object gets the item's place in memory.
                if layout.indexOf(self._sliders[dimension]) != place:
                    layout.insertWidget(place, self._sliders[dimension])
        self._show_fold()
        self.setUpdatesEnabled(True)
        self._outdated.start()

    def _show_reason(self) -> None:
        """Say why dimensions have collapsed, also while their sliders wait for their new places."""
        reason = self._reasons[not self._is_active.any()]
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason) and not self._is_active.all())

    def _show_fold(self) -> None:
        count = int(self._is_folded.sum())
        self._fold.setVisible(count > 0)
        text = tr_count("{count} collapsed dimension", "{count} collapsed dimensions", count).format(count=count)
        names = ", ".join(dimension_name(dimension) for dimension in np.flatnonzero(self._is_folded).tolist())
        set_text(self._fold, f"{text}: {names}" if count <= _NAMED else text)
        self._fold.setArrowType(Qt.ArrowType.DownArrow if self._fold.isChecked() else Qt.ArrowType.RightArrow)
        self._folded_rows.setVisible(count > 0 and self._fold.isChecked())

    @Slot(QWidget, QWidget)
    def _show_locks(self, before: QWidget | None, now: QWidget | None) -> None:
        """Show the lock of the slider that has the keyboard."""
        for widget in (before, now):
            while widget is not None and not isinstance(widget, LatentSlider):
                widget = widget.parentWidget()
            if widget is not None and self.isAncestorOf(widget):
                widget.show_lock()
                self.dimension_pointed.emit(self._sliders.index(widget) if widget.hasFocus() else None)

    @Slot()
    def _unfold(self) -> None:
        self._show_fold()
        self._outdated.start()

    @Slot(float)
    def _tell_changed(self, value: float) -> None:
        self.coordinate_changed.emit(self._sliders.index(cast(LatentSlider, self.sender())), value)

    @Slot(bool)
    def _tell_pointed(self, is_there: bool) -> None:
        self.dimension_pointed.emit(self._sliders.index(cast(LatentSlider, self.sender())) if is_there else None)

    @Slot(bool)
    def _tell_locked(self, is_locked: bool) -> None:
        self.lock_toggled.emit(self._sliders.index(cast(LatentSlider, self.sender())), is_locked)
