"""What the views of the playground's tools have in common."""


from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractSpinBox, QFormLayout, QHBoxLayout, QLabel, QLayout, QSizePolicy, QWidget

from vae_desktop.gui.widgets.controls import Part, column, literal, named, row, styled, tool_button
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture

COUNT = 4  # images
_LETTER = 7  # px wide, of the font in which widths were chosen


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
        self._left: QWidget | None = None  # with the controls
        self._least = 0  # px of its width

    @Slot(bool)
    def set_in_sight(self, is_in_sight: bool) -> None:
        """Follow the dock."""
        if is_in_sight != self.is_in_sight:
            self.is_in_sight = is_in_sight
            self.sight_changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        """Give the controls room for their labels, whose font and language are known by now."""
        super().showEvent(event)
        if self._left is not None:
            wide = self._least * self.fontMetrics().averageCharWidth() // _LETTER
            self._left.setFixedWidth(max(self._least, wide, self._left.minimumSizeHint().width()))

    def _lay_out(self, controls: QLayout, *parts: Part, width: int = 168) -> None:
        """Put controls at the left, so many pixels wide (more with a large font), and the other parts beside them."""
        self._left, self._least = QWidget(), width
        self._left.setLayout(controls)
        row(self._left, *parts, spacing=2 * SPACING, margins=(SPACING, 0, SPACING, SPACING), on=self)


def small_picture(name: str, text: str, tip: str) -> DecodedImage:
    """Return a view of one picture among others, which is empty as long as there is none."""
    picture = named(DecodedImage(fills_height=True), name, text, tip)
    picture.setMinimumSize(48, 48)
    picture.set_empty_text("")
    return picture


def form(*rows: tuple[str, QWidget | QLayout] | tuple[QWidget | QLayout]) -> QFormLayout:
    """Lay out controls one below the other, some with a label before them."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SPACING // 2)
    for entry in rows:
        layout.addRow(*entry)
        if isinstance(entry[-1], QAbstractSpinBox):  # it needs less than it would like, and else cuts its label
            entry[-1].setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        head = layout.labelForField(entry[-1])
        if isinstance(head, QLabel):
            hint = head.sizeHint()
            head.setMinimumSize(hint.width(), max(hint.height(), entry[-1].sizeHint().height()))  # on one line with it
    return layout


def with_redraw(seed: NumberField, name: str, text: str, tip: str) -> QHBoxLayout:
    """The field of a seed, and beside it a button that goes on to the next one."""
    redraw = tool_button(name, "", tip, label=text, icon="redraw", then=seed.take_next)
    return row((seed, 1), redraw, spacing=SPACING // 2)


class NearestView(QWidget):
    """Shows some images in a row, and what can be said of how near they are.

    Attributes
    ----------
    title, note, distance : ElidedLabel
        What kind of images they are; what is to be expected; how far the picture's code is from those of real images.
    board : TileBoard
    load : QToolButton
        Offers to load the data set.
    """

    def __init__(self) -> None:
        super().__init__()
        self.title, self.note, self.distance = ElidedLabel(), ElidedLabel(), named(ElidedLabel(), "codeDistance")
        for label in (self.title, self.note, self.distance):
            styled(label, "muted", "small", figures=True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # the board says how wide
        self.board = named(TileBoard(), "nearestBoard", tr("Nearest images"))
        self.load = tool_button("loadDataButton", "")
        column(self.title, (self.board, 1), self.load, self.note, self.distance, spacing=2, on=self)
        self.clear("")

    def offer_data(self, name: str) -> None:
        """Offer to load the data set, whose images are not at hand."""
        self.load.setText(literal(tr("Load {data}").format(data=name)))
        self.load.setToolTip(tr("Load the data set: its real images can then be looked at."))
        self.load.show()

    def set_note(self, text: str, tip: str = "") -> None:
        self.note.set_tip(f"<p>{tip}</p>" if tip else "")
        self.note.set_text(text)
        self.note.setVisible(bool(text))

    def clear(self, reason: str) -> None:
        """Show nothing, and why."""
        self.board.set_pictures(None)
        self.board.set_empty_text(reason)
        self.title.set_text("")
        self.load.hide()
        self.set_note("")
        self.distance.set_text("")

    def show_images(self, title: str, pictures: Picture, captions: Sequence[str]) -> None:
        """Show pictures (M, H, W, C), uint8, nearest first."""
        self.title.set_text(title)
        self.load.hide()
        self.board.set_tiles(len(pictures), pictures.shape[1:3], has_captions=True)
        self.board.set_captions(captions)
        self.board.set_pictures(pictures)
