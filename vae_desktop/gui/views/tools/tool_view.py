"""What the views of the playground's tools have in common."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFormLayout, QLayout, QWidget

from vae_desktop.gui.widgets.controls import Part, named, row
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.theme import SPACING


class ToolView(QWidget):
    """A view that knows whether it is in sight; behind another tab Qt takes it for visible.

    Attributes
    ----------
    main_part : QWidget
        Gets the focus with the tool. As a focus proxy it would have the Tab key leave out all that stands before it.
    """

    sight_changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.is_in_sight = False
        self.main_part: QWidget = self

    @Slot(bool)
    def set_in_sight(self, is_in_sight: bool) -> None:
        """Follow the dock."""
        if is_in_sight != self.is_in_sight:
            self.is_in_sight = is_in_sight
            self.sight_changed.emit()

    def _lay_out(self, controls: QLayout, *parts: Part, width: int = 168) -> None:
        """Put controls at the left, so many pixels wide, and the other parts beside them."""
        left = QWidget()
        left.setFixedWidth(width)
        left.setLayout(controls)
        row(left, *parts, spacing=2 * SPACING, margins=(SPACING, 0, SPACING, SPACING), on=self)


def small_picture(name: str, text: str, tip: str) -> DecodedImage:
    """Return a view of one picture among others, which is empty as long as there is none."""
    picture = named(DecodedImage(fills_height=True), name, text, tip)
    picture.setMinimumSize(56, 56)
    picture.set_empty_text("")
    return picture


def form(*rows: tuple[str, QWidget] | tuple[QWidget | QLayout]) -> QFormLayout:
    """Lay out controls one below the other, some with a label before them."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SPACING // 2)
    for entry in rows:
        layout.addRow(*entry)
    return layout
