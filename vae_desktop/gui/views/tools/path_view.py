"""A path through the latent space: its anchors, its pictures step by step, and what moves along it."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHBoxLayout, QListWidget

from vae_desktop.gui.views.tools.path_overlay import letter
from vae_desktop.gui.views.tools.tool_view import ToolView, form
from vae_desktop.gui.views.tools.travel_bar import TravelBar
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import (
    action,
    add_menu,
    check_box,
    column,
    label,
    literal,
    named,
    row,
    set_text,
    tool_button,
)
from vae_desktop.gui.widgets.decoded_image import to_image
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture

_ANCHORS = 40  # px high, with a scroll bar
_THUMBNAIL = 22  # px


class PathView(ToolView):
    """Shows a path and says what is wanted of it.

    Attributes
    ----------
    shape, pace, steps, loop : ChoiceBox, NumberField, NumberField, QCheckBox
        What the path is to be like.
    add_button : QToolButton
        Clicked when the current point is wanted as the next anchor.
    class_menu, export_menu : QMenu
        The data of an action is the number of the class whose mean is wanted as the next anchor, -1 for all of them;
        or the kind of file that the path is to be saved as: "gif", "png" or "csv".
    anchors : AnchorList
        Its current row is the anchor that is chosen.
    board : TileBoard
        The steps of the path.
    travel : TravelBar
        What leads the current point along the path.
    note : QLabel
        Says why something cannot be had or seen.
    """

    def __init__(self) -> None:
        super().__init__("pathView")
        tip = tr(
            "<b>Straight</b>: through the middle, where in many dimensions no code lies. <b>Spherical</b>: around it, "
            "as far out as the anchors are."
        )
        shapes = ((tr("Straight"), "straight"), (tr("Spherical"), "spherical"))
        self.shape = ChoiceBox("pathShapeCombo", tr("Shape of the path"), tip, shapes)
        tip = tr("How long the way from one anchor to the next takes, on average.")
        self.pace = NumberField(
            "pathPaceSpin", tr("Seconds per leg"), tip, (0.2, 30.0), 2.0, decimals=1, step=0.5
        )
        self.pace.setSuffix(tr(" s"))
        tip = tr("How many pictures are shown and exported.")
        self.steps = NumberField("pathStepsSpin", tr("Steps"), tip, (2, 120), 24)
        tip = tr("Lead back to the first anchor, and play on.")
        self.loop = check_box("pathLoopCheck", tr("Loop"), tip)
        self.note = label("", "warning", "small", name="pathNote", wraps=True)
        about = tr("Steps of the path. Arrow keys go from one to the next.")
        self.board = named(TileBoard(), "pathBoard", about)
        tip = tr("Save the steps of the path as an animation, a picture or a table.")
        self._export = tool_button("exportPathButton", tr("Export"), tip)
        formats = (
            ("gif", tr("GIF animation…")),
            ("png", tr("PNG strip…")),
            ("csv", tr("Codes as CSV…")),
        )
        self.export_menu = add_menu(self._export)
        self.export_menu.addActions([action(self, f"{kind}PathAction", text, data=kind) for kind, text in formats])
        settings = form((tr("Time per leg"), self.pace), (tr("Steps"), self.steps))
        last = row((self.loop, 1), self._export, spacing=SPACING // 2)
        self._figures = label("", "muted", "small", name="pathFigures", wraps=True)
        controls = column(self.shape, settings, last, self._figures, self.note, 1, spacing=SPACING // 2)
        self.travel = TravelBar(
            "path",
            tr("How far along the path"),
            tr("Move the current point along the path."),
            tr("Move the current point along the path by hand."),
        )
        body = column(self._anchor_row(), (self.board, 1), self.travel, spacing=SPACING // 2)
        self._lay_out(controls, (body, 1))
        self.main_part = self.board
        self.set_anchors(())
        self.set_classes(())
        self.set_unit("")

    def set_classes(self, names: Sequence[str]) -> None:
        """Offer the means of these classes."""
        menu = self.class_menu
        menu.clear()
        if names:
            menu.addAction(action(menu, "", tr("All classes"), data=-1))
            menu.addSeparator()
        menu.addActions(
            [action(menu, f"addClass{name}Action", literal(name), data=index) for index, name in enumerate(names)]
        )
        self._class.setEnabled(bool(names))

    @property
    def step_count(self) -> int:
        """How many steps are shown."""
        return int(self.steps.value())

    @property
    def last_step(self) -> int:
        """Steps from the beginning of the path to its end."""
        return self.step_count if self.loop.isChecked() else self.step_count - 1

    def set_anchors(self, labels: Sequence[str]) -> None:
        """List the anchors; with fewer than two there is no path."""
        self.anchors.set_labels(labels)
        has_path = len(labels) > 1
        self.travel.set_usable(has_path)
        self._export.setEnabled(has_path)
        for part in (self._remove, self._clear):
            part.setEnabled(bool(labels))
        texts = {
            0: tr("Add the current point, or the mean of a class: two anchors make a path."),
            1: tr("One more anchor makes a path."),
        }
        self.board.set_empty_text(texts.get(len(labels), ""))
        if not has_path:
            self.set_unit("")
            self.board.set_pictures(None)

    def set_adds_image(self, adds_image: bool) -> None:
        """Say whether the current point is at an image, which would be the anchor."""
        text = tr("+ Image") if adds_image else tr("+ Point")
        if text != self.add_button.text():
            set_text(self.add_button, text)

    def set_unit(self, unit: str) -> None:
        """Say in which unit the figures under the steps are; without one there are none."""
        self._figures.setText(tr("Under each step: distance to the nearest code, in {unit}.").format(unit=unit))
        self._figures.setVisible(bool(unit))

    def set_note(self, text: str) -> None:
        """Say why something cannot be had or seen."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _anchor_row(self) -> QHBoxLayout:
        """The anchors, and what adds them and takes them out."""
        tip = tr("Make the current point an anchor. At an image, the anchor follows the image's code.")
        self.add_button = tool_button("addAnchorButton", tr("+ Image"), tip)
        self.add_button.setMinimumWidth(self.add_button.sizeHint().width())  # whichever of both it says
        self.set_adds_image(False)
        tip = tr("Make the mean of a class's codes an anchor; it follows them.")
        self._class = tool_button("addClassButton", tr("+ Class"), tip)
        self.class_menu = add_menu(self._class)
        self.anchors = AnchorList()
        tip = tr("Take the chosen anchor out of the path (Delete).")
        text, then = tr("Remove"), self.anchors.remove_chosen
        self._remove = tool_button("removeAnchorButton", "", tip, label=text, icon="close", then=then)
        tip = tr("Take all anchors out.")
        self._clear = tool_button("clearPathButton", tr("Clear"), tip, then=self.anchors.remove_all)
        parts = self.add_button, self._class, (self.anchors, 1), self._remove, self._clear
        return row(*parts, spacing=SPACING // 2)


class AnchorList(QListWidget):
    """The anchors in a row: dragging changes their order, Delete takes one out."""

    order_wanted = Signal(object)  # the numbers of the anchors that are to stay, in their new order

    def __init__(self) -> None:
        super().__init__()
        tip = tr("The anchors in order. Drag one to another place; Delete takes it out.")
        named(self, "anchorList", tr("Anchors of the path"), tip)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedHeight(_ANCHORS)
        self.setSpacing(2)
        self.setIconSize(QSize(_THUMBNAIL, _THUMBNAIL))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        # Queued, as the list is filled anew, which must not happen before a move has ended.
        self.model().rowsMoved.connect(self._want_order, Qt.ConnectionType.QueuedConnection)

    def set_labels(self, labels: Sequence[str]) -> None:
        wanted = list(enumerate(labels))
        if wanted == self._entries():
            return
        chosen = self.currentRow()
        self.clear()
        for number, text in wanted:
            # What a point is its picture says.
            name = "" if text.startswith(tr("point")) else f"  {text}"
            self.addItem(letter(number) + name)
            self.item(number).setData(Qt.ItemDataRole.UserRole, (number, text))
            self.item(number).setToolTip(text)
        self.setCurrentRow(min(chosen, len(labels) - 1))
        if len(labels) > 1 and chosen < 0:
            self.scrollToItem(self.item(len(labels) - 1))

    def set_pictures(self, pictures: Picture) -> None:
        """Show what each anchor decodes to: pictures (K, h, w, C), uint8."""
        if len(pictures) == self.count():
            for row, picture in enumerate(pictures):
                self.item(row).setIcon(QIcon(QPixmap.fromImage(to_image(picture))))

    def labels(self) -> list[str]:
        """What the anchors are called, in order."""
        return [text for _, text in self._entries()]

    def wheelEvent(self, event: QWheelEvent) -> None:
        """What lies beside the row comes into sight."""
        bar, turned = self.horizontalScrollBar(), event.angleDelta()
        bar.setValue(bar.value() - (turned.x() or turned.y()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_chosen()
        else:
            super().keyPressEvent(event)

    @Slot()
    def remove_chosen(self) -> None:
        """Take out the anchor that is chosen, or without one the last."""
        order = [number for number, _ in self._entries()]
        if order:
            del order[self.currentRow()]  # -1 without one
            self.order_wanted.emit(order)

    @Slot()
    def remove_all(self) -> None:
        self.order_wanted.emit([])

    @Slot()
    def _want_order(self) -> None:
        self.order_wanted.emit([number for number, _ in self._entries()])

    def _entries(self) -> list[tuple[int, str]]:
        """The number of each anchor, as it was listed, and what it is called."""
        return [tuple(self.item(row).data(Qt.ItemDataRole.UserRole)) for row in range(self.count())]
