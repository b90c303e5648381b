"""The classes and their colours; a click hides or shows one."""

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from vae_desktop.gui.point_raster import Colours
from vae_desktop.gui.theme import CLASS_COLOURS


def class_colours(count: int) -> Colours:
    """Colours (count, 3), uint8, of classes; the sequence is repeated where there are more."""
    table = [QColor(name).getRgb()[:3] for name in CLASS_COLOURS]
    return np.array([table[index % len(table)] for index in range(count)], np.uint8).reshape(-1, 3)


class ClassLegend(QWidget):
    """A chip per class. A click hides or shows the class, a double-click shows it alone or all again."""

    hidden_changed = Signal(object)  # frozenset of class indices

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._chips: list[_Chip] = []
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._layout.addStretch()

    def set_classes(self, names: tuple[str, ...]) -> None:
        """Show chips for these classes, all of them shown; unless they are the ones that stand there."""
        if names == self._names:
            return
        self._names = names
        for chip in self._chips:
            chip.deleteLater()
        self._chips = []
        for index, (name, colour) in enumerate(zip(names, class_colours(len(names)), strict=True)):
            chip = _Chip(name, QColor(*colour.tolist()))
            chip.setObjectName(f"classChip{index}")
            tip = self.tr("Hide or show the codes of class {name}. Double-click: only these.")
            chip.setToolTip(tip.format(name=name))
            chip.toggled.connect(self._tell)
            chip.double_clicked.connect(self._isolate)
            self._layout.insertWidget(index, chip)
            self._chips.append(chip)
        self._tell()

    @Slot()
    def _tell(self) -> None:
        self.hidden_changed.emit(
            frozenset(index for index, chip in enumerate(self._chips) if not chip.isChecked())
        )

    @Slot()
    def _isolate(self) -> None:
        chosen = self.sender()
        alone = all(not chip.isChecked() for chip in self._chips if chip is not chosen)
        for chip in self._chips:
            chip.blockSignals(True)
            chip.setChecked(alone or chip is chosen)
            chip.blockSignals(False)
        self._tell()


class _Chip(QToolButton):
    double_clicked = Signal()

    def __init__(self, name: str, colour: QColor) -> None:
        super().__init__(text=name, checkable=True, checked=True, autoRaise=True)
        self.setAccessibleName(name)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setStyleSheet("QToolButton { border: none; background: transparent; padding: 2px 5px; }")
        icon = QIcon()
        icon.addPixmap(_dot(colour, filled=True), QIcon.Mode.Normal, QIcon.State.On)
        icon.addPixmap(_dot(colour, filled=False), QIcon.Mode.Normal, QIcon.State.Off)
        self.setIcon(icon)
        self.toggled.connect(self._fade)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.double_clicked.emit()

    @Slot(bool)
    def _fade(self, shown: bool) -> None:
        font = self.font()
        font.setStrikeOut(not shown)
        self.setFont(font)


def _dot(colour: QColor, filled: bool) -> QPixmap:
    pixmap = QPixmap(32, 32)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(colour)
    if filled:
        painter.setBrush(colour)
    painter.drawEllipse(3, 3, 10, 10)
    painter.end()
    return pixmap
