"""Draw an image, and watch what becomes of it in the model."""

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QColorDialog, QFileDialog, QGridLayout, QLayout, QSizePolicy

from vae_desktop.gui.views.tools.tool_view import NearestView, ToolView, small_picture
from vae_desktop.gui.widgets.controls import check_box, column, explain, label, named, row, toggle, tool_button
from vae_desktop.gui.widgets.drawing_pad import DrawingPad
from vae_desktop.gui.widgets.labels import Captioned
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.gui.widgets.value_slider import ValueSlider

_CONTROLS = 144  # px wide
_POLICY = QSizePolicy.Policy


class DrawingView(ToolView):
    """A pad with its tools, and beside it what the model makes of what lies on it.

    Attributes
    ----------
    pad : DrawingPad
    number, take_button : NumberField, QToolButton
        Choose a test image, which is to be laid on the pad.
    preprocessing_box : QCheckBox
        Whether drawings are centred and scaled.
    input, reconstruction : DecodedImage
        What the encoder is given, and what the mean of its posterior decodes to.
    samples, samples_caption : TileBoard, Captioned
        What samples of the posterior decode to.
    nearest : NearestView
    loss : QLabel
    """

    def __init__(self) -> None:
        super().__init__("drawingView")
        self.pad = DrawingPad()
        controls = self._make_controls()
        tip = self.tr("The image that the encoder is given.")
        self.input = small_picture("drawnInput", self.tr("The model's input"), tip)
        tip = self.tr("Decoded from the mean of its posterior.")
        self.reconstruction = small_picture("drawnReconstruction", self.tr("Reconstruction of the drawing"), tip)
        self.samples = named(TileBoard(), "posteriorBoard", self.tr("Reconstructions of samples"))
        for view in (self.input, self.reconstruction, self.samples):
            view.setSizePolicy(_POLICY.Ignored, _POLICY.Expanding)  # all three are equal
        self.samples_caption = Captioned(self.samples)
        self.nearest = NearestView()
        self.loss = label("", "", "small", name="drawingFigures", figures=True)
        self.loss.setAutoFillBackground(True)  # what lies under it is not painted for it
        self.loss.setSizePolicy(_POLICY.Ignored, _POLICY.Preferred)
        self.loss.setTextFormat(Qt.TextFormat.RichText)
        self._lay_out(controls, (self.pad, 2), (self._results(), 3), width=_CONTROLS)
        self.main_part = self.pad
        self.set_preprocessing("")
        self.set_image_count(0, self.tr("Open a model first."))
        self._width.setValue(9)
        self._colour.hide()
        self._show_ink()

    def set_image_shape(self, shape: tuple[int, int, int], paper: int) -> None:
        """Take images (C, H, W) from now on; what was drawn stays."""
        self.pad.set_image_shape(shape, paper)
        self._colour.setVisible(shape[0] == 3)
        self._width.setValue(round(100 * max(0.09, 1.1 / min(shape[1:]))))  # at least a pixel of a small image
        self._show_ink()

    def set_preprocessing(self, tip: str) -> None:
        """Say how drawings are centred and scaled; nothing if they are taken as they are."""
        self.preprocessing_box.setEnabled(bool(tip))
        alone = self.tr("Drawings are taken as they are: no rule is known for these images.")
        explain(self.preprocessing_box, tip or alone)

    def set_image_count(self, count: int, hint: str) -> None:
        """Offer so many test images; the hint says how to get at them where there are none."""
        self.number.setMaximum(max(count - 1, 0))
        for part in (self.number, self.take_button):
            part.setEnabled(count > 0)
            explain(part, self.tr("Lay this test image on the pad.") if count else hint)

    def show_loss(self, terms: list[tuple[str, float, float]], total: float, heading: str) -> None:
        """Show the terms of a loss, each by its name, weight and value, and the total, under a heading."""
        rows = [(name, "" if weight == 1 else f"{weight:g} ×", _short(value)) for name, weight, value in terms]
        rows.append((f"<b>{self.tr('Loss')}</b>", "", f"<b>{_short(total)}</b>"))
        cells = "".join(
            f"<tr><td>{name}&nbsp;</td><td align=right>{weight}&nbsp;</td><td align=right>{value}</td></tr>"
            for name, weight, value in rows
        )
        self.loss.setText(f"{heading}<table>{cells}</table>")

    def show_nothing(self) -> None:
        """Show nothing of what a model makes of an image."""
        self.input.set_picture(None)
        self.reconstruction.set_picture(None)
        self.samples.set_pictures(None)
        self.samples_caption.set_caption("")
        self.loss.setText("")

    def _make_controls(self) -> QLayout:
        pad, stack = self.pad, self.pad.undo_stack
        tip = self.tr("Draw with the left button.")
        brush = toggle("brushButton", self.tr("Brush"), tip, is_on=True)
        tip = self.tr("Erase with the left button too.")
        eraser = toggle("eraserButton", self.tr("Eraser"), tip, then=self._set_eraser)
        for button in (brush, eraser):
            button.setAutoExclusive(True)
        tip = self.tr("Width of the brush, in hundredths of the pad.")
        self._width = ValueSlider(
            "brushWidthSlider", self.tr("Width of the brush"), tip, (2, 30), per_unit=100, words="{:.0%}"
        )
        self._width.valueChanged.connect(self._set_width)
        tip = self.tr("Colour of the ink.")
        self._colour = tool_button("inkButton", "", tip, label=self.tr("Colour of the ink"), then=self._ask_for_ink)
        tip = self.tr("Take back the last stroke (Ctrl+Z).")
        undo = tool_button("undoButton", self.tr("Undo"), tip, then=stack.undo)
        tip = self.tr("Draw it again (Ctrl+Shift+Z).")
        redo = tool_button("redoButton", self.tr("Redo"), tip, then=stack.redo)
        for button, can_change in ((undo, stack.canUndoChanged), (redo, stack.canRedoChanged)):
            button.setEnabled(False)
            can_change.connect(button.setEnabled)
        clear = tool_button("clearPadButton", self.tr("Clear"), self.tr("Empty the pad (Delete)."), then=pad.clear)
        tip = self.tr("Turn black into white: for dark ink on white paper.")
        invert = tool_button("invertButton", self.tr("Invert"), tip, then=pad.invert)
        self.preprocessing_box = check_box("framingCheck", self.tr("Centre and scale"), is_on=True)
        self.number = NumberField("padImageSpin", self.tr("Number of a test image"), "", (0, 0))
        self.take_button = tool_button("takeImageButton", self.tr("Take"))
        tip = self.tr("Lay a picture file on the pad.")
        file = tool_button("openImageButton", self.tr("Picture file…"), tip, then=self._ask_for_file)
        grid = QGridLayout()
        grid.setSpacing(SPACING // 2)
        for index, button in enumerate((undo, redo, clear, invert, file)):
            button.setSizePolicy(_POLICY.Expanding, _POLICY.Fixed)
            if button is not file:
                grid.addWidget(button, index // 2, index % 2)
        return column(
            row((brush, 1), (eraser, 1), spacing=SPACING // 2),
            row((self._width, 1), self._colour, spacing=SPACING // 2),
            grid,
            self.preprocessing_box,
            row((self.number, 1), self.take_button, spacing=SPACING // 2),
            file,
            1,
            spacing=SPACING // 2,
        )

    def _results(self) -> QLayout:
        results = QGridLayout()
        results.setHorizontalSpacing(SPACING)
        results.setVerticalSpacing(SPACING // 2)
        results.addWidget(Captioned(self.input, self.tr("model's input")), 0, 0, 1, 2)
        results.addWidget(Captioned(self.reconstruction, self.tr("reconstruction")), 0, 2, 1, 2)
        results.addWidget(self.samples_caption, 0, 4, 1, 2)
        results.addWidget(self.loss, 1, 0, 1, 3, Qt.AlignmentFlag.AlignTop)
        results.addWidget(self.nearest, 1, 3, 1, 3)
        for index in range(6):
            results.setColumnStretch(index, 1)
        results.setRowStretch(0, 6)
        results.setRowStretch(1, 5)
        return results

    @Slot(bool)
    def _set_eraser(self, erases: bool) -> None:
        self.pad.erases = erases

    @Slot(int)
    def _set_width(self, hundredths: int) -> None:
        self.pad.brush_fraction = hundredths / 100

    @Slot()
    def _ask_for_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Lay a picture on the pad"))
        if name:
            self.pad.image_offered.emit(Path(name))

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


def _short(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 1e5 else f"{value:.3g}"
