"""The classes: a legend in which a click hides or shows one, and the colours of their points."""

import html
from typing import cast

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QKeyEvent, QMouseEvent, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QToolButton, QWidget

from vae_desktop.film.points import Colours, PointStyle
from vae_desktop.gui.widgets.controls import ARROWS, literal, named
from vae_desktop.gui.widgets.theme import class_palette, current_theme
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes

_GAP = 2  # px, between chips
_MOST_ROWS = 10  # more are scrolled
_LONGEST_NAME = 140  # px
_PALE = 0.25  # how much of their colour codes keep that are not selected


def class_colours(count: int) -> Colours:
    """Colours (count, 3), uint8, of so many classes."""
    return np.array([rgb(name) for name in class_palette(count)], np.uint8).reshape(-1, 3)


def rgb(name: str) -> tuple[int, int, int]:
    """Red, green and blue of a colour, 0 to 255."""
    colour = QColor(name)
    return colour.red(), colour.green(), colour.blue()


class ClassLegend(QScrollArea):
    """A chip per class. A click hides or shows the class, a double-click shows it alone or all again.

    The chips are one stop of the Tab key; arrow keys go from one to the next.
    """

    hidden_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "classLegend", tr("Classes"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._names: tuple[str, ...] = ()
        self._chips: list[_Chip] = []
        self.setStyleSheet(
            "QToolButton { border: 1px solid transparent; background: transparent; padding: 1px 1px; }"
            "QToolButton:focus { border-color: palette(highlight); }"
        )
        self._board = QWidget()
        self.setWidget(self._board)

    def set_classes(self, names: tuple[str, ...]) -> None:
        """Show chips for these classes, all of them shown; unless they are the ones that stand there."""
        if names == self._names:
            return
        self._names = names
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(index, name) for index, name in enumerate(names)]
        self._colour()
        self._arrange()
        self.verticalScrollBar().setValue(0)
        self.hidden_changed.emit()

    def hidden(self, codes: Codes) -> npt.NDArray[np.bool_]:
        """Which codes (N,) are of classes that are hidden."""
        hidden = [index for index, chip in enumerate(self._chips) if not chip.isChecked()]
        if codes.labels is None or not hidden:
            return np.zeros(len(codes), bool)
        return np.isin(codes.labels, hidden)

    def line_width(self) -> int:
        """Width that all chips in one row take."""
        return sum(chip.sizeHint().width() + _GAP for chip in self._chips)

    def focus_first(self) -> None:
        """Bring the keyboard to the first chip."""
        if self._chips:
            self._chips[0].setFocus(Qt.FocusReason.TabFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        for chip, colour in zip(self._chips, class_palette(len(self._chips)), strict=True):
            chip.set_colour(QColor(colour))

    def _chip(self, index: int, name: str) -> "_Chip":
        chip = _Chip(name, self._board)
        tip = tr("Hide or show the codes of class {name}. Double-click or Enter: only these, or all again.")
        named(chip, f"classChip{index}", name, tip.format(name=html.escape(name)))
        chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus if index == 0 else Qt.FocusPolicy.ClickFocus)
        chip.clicked.connect(self.hidden_changed)
        chip.isolated.connect(self._isolate)
        chip.stepped.connect(self._step)
        chip.show()
        return chip

    def _arrange(self) -> None:
        """Put the chips in rows, and make room for a few of these."""
        right, place, row_height = self.viewport().width(), QPoint(0, 0), 0
        for chip in self._chips:
            size = chip.sizeHint()
            if place.x() and place.x() + size.width() > right:
                place = QPoint(0, place.y() + row_height + _GAP)
            chip.setGeometry(place.x(), place.y(), size.width(), size.height())
            place.setX(place.x() + size.width() + _GAP)
            row_height = max(row_height, size.height())
        height = place.y() + row_height
        self.verticalScrollBar().setSingleStep(row_height + _GAP)
        self._board.resize(right, height)
        self.setFixedHeight(min(height, _MOST_ROWS * (row_height + _GAP) - _GAP) if self._chips else 0)

    @Slot()
    def _isolate(self) -> None:
        chosen = self.sender()
        alone = all(not chip.isChecked() for chip in self._chips if chip is not chosen)
        for chip in self._chips:
            chip.setChecked(alone or chip is chosen)
        self.hidden_changed.emit()

    @Slot(int)
    def _step(self, direction: int) -> None:
        chip = self._chips[(self._chips.index(cast(_Chip, self.sender())) + direction) % len(self._chips)]
        chip.setFocus(Qt.FocusReason.OtherFocusReason)
        self.ensureWidgetVisible(chip, 0, 0)


class _Chip(QToolButton):
    isolated = Signal()
    stepped = Signal(int)  # to the next chip (+1) or the one before (-1)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setChecked(True)
        self.setAutoRaise(True)
        self.setText(_elided(name, self.fontMetrics()))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(12, 16))
        self.toggled.connect(self._fade)

    def set_colour(self, colour: QColor) -> None:
        """Show a dot of a colour, filled where the class is shown."""
        icon = QIcon()
        icon.addPixmap(_dot(colour, filled=True), QIcon.Mode.Normal, QIcon.State.On)
        icon.addPixmap(_dot(colour, filled=False), QIcon.Mode.Normal, QIcon.State.Off)
        self.setIcon(icon)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.isolated.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ARROWS:
            self.stepped.emit(sum(ARROWS[event.key()]))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.isolated.emit()
        else:
            super().keyPressEvent(event)

    @Slot(bool)
    def _fade(self, shown: bool) -> None:
        font = self.font()
        font.setStrikeOut(not shown)
        self.setFont(font)


def _elided(name: str, metrics: QFontMetrics) -> str:
    """A name on one line, cut where it is long, with no letter taken for an Alt key."""
    return literal(metrics.elidedText(" ".join(name.split()), Qt.TextElideMode.ElideRight, _LONGEST_NAME))


def _dot(colour: QColor, filled: bool) -> QPixmap:
    pixmap = QPixmap(24, 32)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(colour)
    if filled:
        painter.setBrush(colour)
    painter.drawEllipse(1, 3, 10, 10)
    painter.end()
    return pixmap


def point_style(
    codes: Codes,
    class_count: int,
    hidden: npt.NDArray[np.bool_],
    selected: npt.NDArray[np.int64],
) -> PointStyle:
    """Colour codes by class; greyed classes lie below, and selected codes on top of paler ones.

    Parameters
    ----------
    codes : Codes
        N of them.
    class_count : int
        0 where the images have no classes.
    hidden : array (N,), bool
        Codes of classes that are greyed.
    selected : array (n,), int64
    """
    theme = current_theme()
    grey, accent, surface = (np.array(rgb(name), np.uint8) for name in (theme.border, theme.accent, theme.surface))
    colours = class_colours(class_count) if class_count else accent[None]
    indices = np.zeros(len(codes), np.uint16)
    if codes.labels is not None and class_count:
        indices = codes.labels.astype(np.uint16)
    if len(selected):
        is_pale = np.ones(len(codes), bool)
        is_pale[selected] = False
        indices = indices + is_pale.astype(np.uint16) * np.uint16(len(colours))
    if hidden.any():
        indices = np.where(hidden, np.uint16(2 * len(colours)), indices)
    pale = (colours * _PALE + surface * (1 - _PALE)).astype(np.uint8)
    return PointStyle(indices, np.concatenate((colours, pale, grey[None])), hidden, selected, rgb(theme.text))
