"""The tools of the drawing pad: a few in sight, the others behind a button."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QColorDialog, QSizePolicy, QWidget, QWidgetAction

from vae_desktop.gui.widgets.controls import add_menu, check_box, column, explain, label, row, toggle, tool_button
from vae_desktop.gui.widgets.drawing_pad import DrawingPad
from vae_desktop.gui.widgets.file_dialogs import ask_for_file
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.gui.widgets.value_slider import ValueSlider
from vae_desktop.language import tr

_NUMBER = 68  # px wide, at least
_NONE = -1  # in place of a number, while what is on show is no test image


class PadTools(QWidget):
    """Acts on a pad, and says which test image is wanted.

    Attributes
    ----------
    number, take_button : NumberField, QToolButton
        Choose a test image by its number; lay it on the pad.
    preprocessing_box : QCheckBox
        Whether drawings are centred and scaled.
    """

    number_chosen = Signal(int)

    def __init__(self, pad: DrawingPad) -> None:
        super().__init__()
        self._pad, stack = pad, pad.undo_stack
        tip = tr("Take back the last stroke (Ctrl+Z).")
        self._undo = tool_button("undoButton", "", tip, label=tr("Undo"), icon="undo", then=stack.undo)
        tip = tr("Empty the pad (Delete), to draw an image of your own.")
        clear = tool_button("clearPadButton", tr("Clear"), tip, then=pad.clear)
        tip = tr("Eraser, width of the brush, redo, invert, a picture file…")
        more = tool_button("padToolsButton", "", tip, label=tr("More tools"), icon="more")
        self.number = _ImageNumber("padImageSpin", tr("Number of a test image"), "", (_NONE, 0))
        self.number.setMinimumWidth(_NUMBER)
        self.take_button = tool_button("takeImageButton", tr("Take"))
        self.preprocessing_box = check_box("framingCheck", tr("Centre and scale"), is_on=True)
        self.error_box = check_box("errorMapCheck", tr("Show the error"))
        action = QWidgetAction(more)
        action.setDefaultWidget(self._make_panel())
        add_menu(more).addAction(action)
        for button in (self._undo, clear, more, self.take_button):
            button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        stack.canUndoChanged.connect(self._undo.setEnabled)
        self._undo.setEnabled(False)
        half = SPACING // 2
        column(
            row(self._undo, (clear, 1), more, spacing=half),
            row((self.number, 1), self.take_button, spacing=half),
            spacing=half,
            on=self,
        )
        self.number.valueChanged.connect(self._choose_number)
        self.set_preprocessing("")
        self._missing = ""  # why an image cannot be laid on the pad
        self.set_image_count(0, False, tr("Open a model first."))
        self.show_number(None, False)
        self._width.setValue(9)
        self._colour.hide()
        self._show_ink()

    def set_image_shape(self, shape: tuple[int, int, int]) -> None:
        """Take images (C, H, W) from now on."""
        self._colour.setVisible(shape[0] == 3)
        self._width.setValue(round(100 * max(0.09, 1.1 / min(shape[1:]))))  # at least a pixel of a small image
        self._show_ink()

    def set_preprocessing(self, tip: str) -> None:
        """Say how drawings are centred and scaled; nothing if they are taken as they are."""
        self.preprocessing_box.setEnabled(bool(tip))
        alone = tr("Drawings are taken as they are: no rule is known for these images.")
        explain(self.preprocessing_box, tip or alone)

    def set_image_count(self, count: int, has_pixels: bool, hint: str) -> None:
        """Offer so many test images; the hint says how to get at them, or at their pixels, where there are none."""
        with QSignalBlocker(self.number):
            self.number.setMaximum(max(count - 1, 0))
        self.number.setEnabled(count > 0)
        explain(self.number, tr("Send the test image of this number through the model.") if count else hint)
        self._missing = "" if has_pixels else hint

    def show_number(self, number: int | None, is_own: bool) -> None:
        """Show which test image is on show, if it is one, without telling; and whether the pad has an own image."""
        with QSignalBlocker(self.number):
            self.number.setValue(_NONE if number is None else number)
        reason = self._missing or (tr("What lies on the pad is yours already.") if is_own else "")
        self.take_button.setEnabled(not reason)
        explain(self.take_button, reason or tr("Lay this image on the pad, to draw on it."))

    def _make_panel(self) -> QWidget:
        """What is needed now and then."""
        pad = self._pad
        brush = toggle("brushButton", tr("Brush"), tr("Draw with the left button."), is_on=True)
        tip = tr("Erase with the left button too.")
        eraser = toggle("eraserButton", tr("Eraser"), tip, then=self._set_eraser)
        for button in (brush, eraser):
            button.setAutoExclusive(True)
        tip = tr("Width of the brush, in hundredths of the pad.")
        self._width = ValueSlider(
            "brushWidthSlider", tr("Width of the brush"), tip, (2, 30), per_unit=100, words="{:.0%}"
        )
        self._width.valueChanged.connect(self._set_width)
        tip = tr("Colour of the ink.")
        self._colour = tool_button("inkButton", "", tip, label=tr("Colour of the ink"), then=self._ask_for_ink)
        tip = tr("Draw it again (Ctrl+Shift+Z).")
        redo = tool_button("redoButton", tr("Redo"), tip, then=pad.undo_stack.redo)
        redo.setEnabled(False)
        pad.undo_stack.canRedoChanged.connect(redo.setEnabled)
        tip = tr("Turn black into white: for dark ink on white paper.")
        invert = tool_button("invertButton", tr("Invert"), tip, then=pad.invert)
        tip = tr("Lay a picture file on the pad.")
        file = tool_button("openImageButton", tr("Picture file…"), tip, then=self._ask_for_file)
        for button in (brush, eraser, redo, invert, file):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        half, panel = SPACING // 2, QWidget()
        column(
            row((brush, 1), (eraser, 1), spacing=half),
            row(label(tr("Width")), (self._width, 1), self._colour, spacing=half),
            row((redo, 1), (invert, 1), spacing=half),
            self.preprocessing_box,
            self.error_box,
            file,
            spacing=half,
            margins=(SPACING,) * 4,
            on=panel,
        )
        return panel

    @Slot()
    def _choose_number(self) -> None:
        if self.number.value() != _NONE:
            self.number_chosen.emit(int(self.number.value()))

    @Slot(bool)
    def _set_eraser(self, erases: bool) -> None:
        self._pad.erases = erases

    @Slot(int)
    def _set_width(self, hundredths: int) -> None:
        self._pad.brush_fraction = hundredths / 100

    @Slot()
    def _ask_for_file(self) -> None:
        path = ask_for_file(self, "picture", tr("Lay a picture on the pad"))
        if path is not None:
            self._pad.image_offered.emit(path)

    @Slot()
    def _ask_for_ink(self) -> None:
        dialog = QColorDialog(self._pad.ink or QColor("white"), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.colorSelected.connect(self._set_ink)
        dialog.open()

    @Slot(QColor)
    def _set_ink(self, ink: QColor) -> None:
        self._pad.ink = ink
        self._show_ink()

    def _show_ink(self) -> None:
        grey = 255 - self._pad.paper
        sample = QPixmap(14, 14)
        sample.fill(self._pad.ink or QColor(grey, grey, grey))
        self._colour.setIcon(QIcon(sample))


class _ImageNumber(NumberField):
    """Is empty where there is no number."""

    def textFromValue(self, value: float) -> str:
        return "" if value == _NONE else super().textFromValue(value)
