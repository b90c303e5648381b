"""Draw an image, and watch what becomes of it in the model."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from vae_desktop.gui.views.tools.nearest_view import NearestView
from vae_desktop.gui.views.tools.tool_view import ToolView
from vae_desktop.gui.widgets.captioned import Captioned
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.drawing_pad import DrawingPad
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING, Theme, small_font, tabular
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.gui.widgets.value_slider import ValueSlider

_CONTROLS = 144  # px wide


class DrawingView(ToolView):
    """A pad with its tools, and beside it what the model makes of what lies on it."""

    framing_toggled = Signal()
    image_wanted = Signal(int)  # of the test set
    file_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawingView")
        self.pad = DrawingPad()
        self._brush = self._tool("brushButton", self.tr("Brush"), self.tr("Draw with the left button."), checkable=True)
        self._eraser = self._tool(
            "eraserButton", self.tr("Eraser"), self.tr("Erase with the left button too."), checkable=True
        )
        self._brush.setChecked(True)
        self._brush.setAutoExclusive(True)
        self._eraser.setAutoExclusive(True)
        self._colour = self._tool("inkButton", "", self.tr("Colour of the ink."))
        self._colour.setAccessibleName(self.tr("Colour of the ink"))
        self._width = ValueSlider(self.tr("Width of the brush"), (2, 30), per_unit=100, words="{:.0%}")
        self._width.setObjectName("brushWidthSlider")
        self._width.setToolTip(self.tr("Width of the brush, in hundredths of the pad."))
        self._undo = self._tool("undoButton", self.tr("Undo"), self.tr("Take back the last stroke (Ctrl+Z)."))
        self._redo = self._tool("redoButton", self.tr("Redo"), self.tr("Draw it again (Ctrl+Shift+Z)."))
        self._clear = self._tool("clearPadButton", self.tr("Clear"), self.tr("Empty the pad (Delete)."))
        self._invert = self._tool(
            "invertButton", self.tr("Invert"), self.tr("Turn black into white: for dark ink on white paper.")
        )
        self.frames = QCheckBox(self.tr("Centre and scale"), checked=True)
        self.frames.setObjectName("framingCheck")
        self.number = NumberField("padImageSpin", self.tr("Number of a test image"), "", (0, 0))
        self._take = self._tool("takeImageButton", self.tr("Take"), self.tr("Lay this test image on the pad."))
        self._open = self._tool("openImageButton", self.tr("Picture file…"), self.tr("Lay a picture file on the pad."))
        self.input, self.reconstruction = DecodedImage(), DecodedImage()
        for view, name, label, tip in (
            (self.input, "drawnInput", self.tr("The model's input"), self.tr("The image that the encoder is given.")),
            (
                self.reconstruction,
                "drawnReconstruction",
                self.tr("Reconstruction of the drawing"),
                self.tr("Decoded from the mean of its posterior."),
            ),
        ):
            view.setObjectName(name)
            view.setAccessibleName(label)
            view.setToolTip(tip)
            view.setMinimumSize(56, 56)
            view.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)  # all three are equal
            view.set_empty_text("")
        self.samples = TileBoard()
        self.samples.setObjectName("posteriorBoard")
        self.samples.setAccessibleName(self.tr("Reconstructions of samples"))
        self.samples.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self._samples = Captioned(self.samples)
        self.nearest = NearestView()
        self._figures = QLabel()
        self._figures.setObjectName("drawingFigures")
        self._figures.setAutoFillBackground(True)  # what lies under it is not painted for it
        self._figures.setFont(tabular(small_font(self.font())))
        self._figures.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._figures.setTextFormat(Qt.TextFormat.RichText)
        self._lay_out()
        self.main_part = self.pad
        self._connect()
        self.set_framing("")
        self.set_image_count(0, self.tr("Open a model first."))
        self._width.setValue(9)
        self._colour.hide()
        self._show_ink()
        self._show_undo()

    def set_theme(self, theme: Theme) -> None:
        for part in (self.pad, self.input, self.reconstruction, self.samples, self.nearest):
            part.set_theme(theme)

    def set_image_shape(self, shape: tuple[int, int, int], paper: int) -> None:
        """Take images (C, H, W) from now on; what was drawn stays."""
        self.pad.set_image_shape(shape, paper)
        self._colour.setVisible(shape[0] == 3)
        self._width.setValue(round(100 * max(0.09, 1.1 / min(shape[1:]))))  # at least a pixel of a small image
        self._show_ink()
        self._show_undo()

    def set_framing(self, tip: str) -> None:
        """Say how drawings are centred and scaled; nothing if they are taken as they are."""
        self.frames.setEnabled(bool(tip))
        alone = self.tr("Drawings are taken as they are: no rule is known for these images.")
        self.frames.setToolTip(f"<p>{tip or alone}</p>")

    def set_image_count(self, count: int, hint: str) -> None:
        """Offer so many test images; the hint says how to get at them where there are none."""
        self.number.setMaximum(max(count - 1, 0))
        for part in (self.number, self._take):
            part.setEnabled(count > 0)
            part.setToolTip(hint if not count else self.tr("Lay this test image on the pad."))

    def set_samples_caption(self, text: str) -> None:
        self._samples.set_caption(text)

    def set_figures(self, rows: list[tuple[str, str, str]], heading: str = "") -> None:
        """Show a table of names, how they are weighted, and numbers under a heading; the last row is the sum."""
        if not rows:
            self._figures.setText("")
            return
        cells = "".join(
            f"<tr><td>{name}&nbsp;</td><td align=right>{weight}&nbsp;</td><td align=right>{value}</td></tr>"
            for name, weight, value in rows[:-1]
        )
        name, weight, value = rows[-1]
        total = (
            f"<tr><td><b>{name}</b>&nbsp;</td><td align=right>{weight}&nbsp;</td>"
            f"<td align=right><b>{value}</b></td></tr>"
        )
        self._figures.setText(f"{heading}<table>{cells}{total}</table>")

    def figures(self) -> str:
        return self._figures.text()

    def _tool(self, name: str, text: str, tip: str, checkable: bool = False) -> QToolButton:
        button = QToolButton(text=text, checkable=checkable)
        button.setObjectName(name)
        button.setToolTip(tip)
        return button

    def _connect(self) -> None:
        self._eraser.toggled.connect(self._set_eraser)
        self._width.valueChanged.connect(self._set_width)
        self._undo.clicked.connect(self.pad.undo)
        self._redo.clicked.connect(self.pad.redo)
        self._clear.clicked.connect(self.pad.clear)
        self._invert.clicked.connect(self.pad.invert)
        self._colour.clicked.connect(self._ask_for_ink)
        self.pad.changed.connect(self._show_undo)
        self.frames.toggled.connect(self.framing_toggled)
        self._take.clicked.connect(self._want_image)
        self.number.valueChanged.connect(self._want_image)
        self._open.clicked.connect(self.file_wanted)

    @Slot(bool)
    def _set_eraser(self, erases: bool) -> None:
        self.pad.erases = erases

    @Slot(int)
    def _set_width(self, hundredths: int) -> None:
        self.pad.brush_share = hundredths / 100

    @Slot()
    def _want_image(self) -> None:
        self.image_wanted.emit(self.number.value())

    @Slot()
    def _ask_for_ink(self) -> None:
        dialog = QColorDialog(self.pad.ink or QColor("white"), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(self._set_ink)
        dialog.open()

    @Slot(QColor)
    def _set_ink(self, ink: QColor) -> None:
        self.pad.ink = ink
        self._show_ink()

    def _show_ink(self) -> None:
        grey = 255 - self.pad.paper
        sample = QPixmap(14, 14)
        sample.fill(self.pad.ink or QColor(grey, grey, grey))
        self._colour.setIcon(QIcon(sample))

    @Slot()
    def _show_undo(self) -> None:
        self._undo.setEnabled(self.pad.can_undo)
        self._redo.setEnabled(self.pad.can_redo)

    def _lay_out(self) -> None:
        controls = QWidget()
        controls.setFixedWidth(_CONTROLS)
        grid = QGridLayout(controls)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SPACING // 2)
        pens = QHBoxLayout()
        pens.setSpacing(SPACING // 2)
        pens.addWidget(self._brush, 1)
        pens.addWidget(self._eraser, 1)
        ink = QHBoxLayout()
        ink.setSpacing(SPACING // 2)
        ink.addWidget(self._width, 1)
        ink.addWidget(self._colour)
        grid.addLayout(pens, 0, 0, 1, 2)
        grid.addLayout(ink, 1, 0, 1, 2)
        for button in (self._undo, self._redo, self._clear, self._invert, self._open):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for place, button in enumerate((self._undo, self._redo, self._clear, self._invert)):
            grid.addWidget(button, 2 + place // 2, place % 2)
        grid.addWidget(self.frames, 4, 0, 1, 2)
        picks = QHBoxLayout()
        picks.setSpacing(SPACING // 2)
        picks.addWidget(self.number, 1)
        picks.addWidget(self._take)
        grid.addLayout(picks, 5, 0, 1, 2)
        grid.addWidget(self._open, 6, 0, 1, 2)
        grid.setRowStretch(7, 1)
        results = QGridLayout()
        results.setContentsMargins(0, 0, 0, 0)
        results.setHorizontalSpacing(SPACING)
        results.setVerticalSpacing(SPACING // 2)
        results.addWidget(Captioned(self.input, self.tr("model's input")), 0, 0, 1, 2)
        results.addWidget(Captioned(self.reconstruction, self.tr("reconstruction")), 0, 2, 1, 2)
        results.addWidget(self._samples, 0, 4, 1, 2)
        results.addWidget(self._figures, 1, 0, 1, 3, Qt.AlignmentFlag.AlignTop)
        results.addWidget(self.nearest, 1, 3, 1, 3)
        for place in range(6):
            results.setColumnStretch(place, 1)
        results.setRowStretch(0, 6)
        results.setRowStretch(1, 5)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING, 0, SPACING, SPACING)
        layout.setSpacing(2 * SPACING)
        layout.addWidget(controls)
        layout.addWidget(self.pad, 2)
        layout.addLayout(results, 3)
