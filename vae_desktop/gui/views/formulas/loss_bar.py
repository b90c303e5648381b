"""How much of a loss each of its two terms is, as the two parts of a bar."""

from PySide6.QtCore import QEvent, QRectF, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.widgets.controls import named
from vae_desktop.gui.widgets.theme import TERM_COLOURS, current_theme
from vae_desktop.language import tr
from vae_desktop.latent.computation import Place

_HEIGHT = 10  # px
_TERMS = ("weighted_error", "weighted_kl")


class LossBar(QWidget):
    """The colours are those of the learning curves; it is empty where a term is negative or not known."""

    pointed = Signal(object)  # the Place of a part, or None

    def __init__(self) -> None:
        super().__init__()
        named(self, "lossBar", tr("Parts of the loss"), tr("How much of the loss each term is."))
        self.setFixedHeight(_HEIGHT)
        self.setMouseTracking(True)
        self.fractions: tuple[float, float] | None = None
        self._lit: frozenset[str] = frozenset()

    def set_terms(self, error: float | None, divergence: float | None) -> None:
        """Show the terms, each with its weight."""
        parts = None if error is None else (error, divergence or 0.0)
        whole = 0.0 if parts is None else sum(parts)
        fractions = None if parts is None or min(parts) < 0 or not whole > 0 else (parts[0] / whole, parts[1] / whole)
        if fractions != self.fractions:
            self.fractions = fractions
            self.update()

    def set_lit(self, places: frozenset[Place]) -> None:
        self._lit = frozenset(place.term for place in places)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.fractions is not None:
            is_second = event.position().x() > self.fractions[0] * self.width()
            self.pointed.emit(Place(_TERMS[is_second]))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, left = QPainter(self), 0.0
        painter.fillRect(self.rect(), self.palette().mid())
        if self.fractions is not None:
            for term, key, fraction in zip(_TERMS, ("reconstruction", "kl"), self.fractions, strict=True):
                part = QRectF(left, 0, fraction * self.width(), self.height())
                painter.fillRect(part, QColor(TERM_COLOURS[key]))
                if term in self._lit and part.width() > 3:
                    painter.setPen(QPen(QColor(current_theme().text), 2))
                    painter.drawRect(part.adjusted(1, 1, -1, -1))
                left += part.width()
        painter.end()
