"""A path through the latent space: its anchors, its pictures step by step, and what moves along it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vae_desktop.gui.views.tools.tool_view import ToolView
from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.elided_label import ElidedLabel
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING, Theme, small_font, tabular
from vae_desktop.gui.widgets.tile_board import TileBoard
from vae_desktop.gui.widgets.value_slider import ValueSlider

_CONTROLS = 168  # px wide
_FINE = 1000  # places of the slider
_ANCHORS = 30  # px high


class PathView(ToolView):
    """Shows a path and says what is wanted of it."""

    point_wanted = Signal()  # as the next anchor
    class_wanted = Signal(int)
    all_classes_wanted = Signal()
    anchor_removed = Signal(int)
    anchor_chosen = Signal(int)  # -1 for none
    anchors_ordered = Signal(object)  # the old places, in their new order
    cleared = Signal()
    changed = Signal()  # shape, loop or steps
    play_toggled = Signal(bool)
    share_chosen = Signal(float)  # how far along the path, 0 to 1
    tile_chosen = Signal(int)
    export_wanted = Signal(str)  # "gif", "png" or "csv"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pathView")
        self.shape = ChoiceBox()
        self.shape.setObjectName("pathShapeCombo")
        self.shape.addItem(self.tr("Straight"), "straight")
        self.shape.addItem(self.tr("Spherical"), "spherical")
        tip = self.tr(
            "<b>Straight</b>: through the middle, where in many dimensions no code lies. <b>Spherical</b>: around it, "
            "as far out as the anchors are."
        )
        self.shape.setToolTip(f"<p>{tip}</p>")
        self.shape.setAccessibleName(self.tr("Shape of the path"))
        tip = self.tr("How long the way from one anchor to the next takes, on average.")
        self.pace = NumberField(
            "pathPaceSpin", self.tr("Seconds per leg"), tip, (0.2, 30.0), 2.0, decimals=1, step=0.5
        )
        self.pace.setSuffix(self.tr(" s"))
        tip = self.tr("How many pictures are shown and exported.")
        self.steps = NumberField("pathStepsSpin", self.tr("Steps"), tip, (2, 120), 24)
        self.loop = QCheckBox(self.tr("Loop"))
        self.loop.setObjectName("pathLoopCheck")
        self.loop.setToolTip(self.tr("Lead back to the first anchor, and play on."))
        self._add = self._button("addAnchorButton", self.tr("+ Point"))
        tip = self.tr("Make the current point an anchor. At an image, the anchor follows the image's code.")
        self._add.setToolTip(f"<p>{tip}</p>")
        self._classes = QMenu(self)
        self._class = QToolButton(text=self.tr("+ Class"), popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self._class.setObjectName("addClassButton")
        self._class.setToolTip(self.tr("Make the mean of a class's codes an anchor; it follows them."))
        self._class.setMenu(self._classes)
        self._anchors = _AnchorList()
        self._remove = self._button("removeAnchorButton", self.tr("Remove"))
        self._remove.setToolTip(self.tr("Take the chosen anchor out of the path (Delete)."))
        self._clear = self._button("clearPathButton", self.tr("Clear"))
        self._clear.setToolTip(self.tr("Take all anchors out."))
        self.board = TileBoard()
        self.board.setObjectName("pathBoard")
        self.board.setAccessibleName(self.tr("Steps of the path. Arrow keys go from one to the next."))
        self._play = QPushButton(self.tr("Play"), checkable=True)
        self._play.setObjectName("playPathButton")
        self._play.setToolTip(self.tr("Move the current point along the path."))
        self._slider = ValueSlider(
            self.tr("How far along the path"), (0, _FINE), per_unit=_FINE, words="{:.0%}"
        )
        self._slider.setObjectName("pathSlider")
        self._slider.setToolTip(self.tr("Move the current point along the path by hand."))
        self._where = ElidedLabel()
        self._where.setObjectName("pathWhere")
        self._where.setFont(tabular(small_font(self.font())))
        self._where.setProperty("role", "muted")
        self._warning = self._hint = ""
        self._note = QLabel(wordWrap=True)
        self._note.setObjectName("pathNote")
        self._note.setProperty("role", "warning")
        self._note.setFont(small_font(self.font()))
        self._export = QToolButton(text=self.tr("Export"), popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self._export.setObjectName("exportPathButton")
        self._export.setToolTip(self.tr("Save the steps of the path as an animation, a picture or a table."))
        self._export.setMenu(self._export_menu())
        self._lay_out()
        self.main_part = self.board
        self._connect()
        self.set_anchors(())
        self.set_classes(())

    def set_theme(self, theme: Theme) -> None:
        self.board.set_theme(theme)

    def set_classes(self, names: Sequence[str]) -> None:
        """Offer the means of these classes."""
        self._classes.clear()
        if names:
            self._classes.addAction(self.tr("All classes")).triggered.connect(self.all_classes_wanted)
            self._classes.addSeparator()
        for index, name in enumerate(names):
            action = QAction(name, self._classes)
            action.setData(index)
            action.triggered.connect(self._choose_class)
            self._classes.addAction(action)
        self._class.setEnabled(bool(names))

    def set_anchors(self, labels: Sequence[str]) -> None:
        """List the anchors; with fewer than two there is no path."""
        self._anchors.set_labels(labels)
        has_path = len(labels) > 1
        for part in (self._play, self._slider, self._export):
            part.setEnabled(has_path)
        for part in (self._remove, self._clear):
            part.setEnabled(bool(labels))
        texts = {
            0: self.tr("Add the current point, or the mean of a class: two anchors make a path."),
            1: self.tr("One more anchor makes a path."),
        }
        self.board.set_empty_text(texts.get(len(labels), ""))
        if not has_path:
            self.board.set_pictures(None)
            self._where.set_text("")
            self._show_share(0.0)

    def anchors(self) -> list[str]:
        """What the anchors are called, in order."""
        return self._anchors.labels()

    def set_distances(self, texts: Sequence[str], tints: npt.NDArray[np.floating]) -> None:
        """Write under each step how far the nearest code is; 0 to 1: how much that is to be noticed."""
        self.board.set_captions(texts, tints.tolist())

    def set_share(self, share: float, step: int) -> None:
        """Show how far along the path the current point is, and the step nearest to it."""
        self._show_share(share)
        self.board.set_chosen(step)

    def _show_share(self, share: float) -> None:
        """Put the slider there without telling."""
        self._slider.blockSignals(True)
        self._slider.setValue(self._slider.position_of(share))
        self._slider.blockSignals(False)

    def set_where(self, text: str) -> None:
        self._where.set_text(text)

    def set_where_tip(self, tip: str) -> None:
        self._where.set_tip(tip)

    def set_hint(self, text: str) -> None:
        """Say what is not seen of the path, as long as nothing more urgent is to be said."""
        self._hint = text
        self._show_note()

    def where(self) -> str:
        return self._where.whole_text()

    def set_note(self, text: str) -> None:
        """Say why something that was asked for cannot be had."""
        self._warning = text
        self._show_note()

    def note(self) -> str:
        return self._note.text()

    def _show_note(self) -> None:
        self._note.setText(self._warning or self._hint)
        self._note.setVisible(bool(self._note.text()))

    def set_playing(self, plays: bool) -> None:
        self._play.setChecked(plays)
        self._play.setText(self.tr("Pause") if plays else self.tr("Play"))

    @property
    def is_playing(self) -> bool:
        return self._play.isChecked()

    def _connect(self) -> None:
        self._add.clicked.connect(self.point_wanted)
        self._remove.clicked.connect(self._remove_chosen)
        self._clear.clicked.connect(self.cleared)
        self._anchors.removal_wanted.connect(self._remove_chosen)
        self._anchors.ordered.connect(self.anchors_ordered)
        self._anchors.currentRowChanged.connect(self.anchor_chosen)
        self._play.toggled.connect(self.play_toggled)
        self._slider.valueChanged.connect(self._choose_share)
        self.shape.currentIndexChanged.connect(self.changed)
        self.loop.toggled.connect(self.changed)
        self.steps.valueChanged.connect(self.changed)
        self.board.resized.connect(self.changed)
        self.board.tile_chosen.connect(self.tile_chosen)

    @Slot()
    def _choose_class(self) -> None:
        self.class_wanted.emit(self.sender().data())

    @Slot(int)
    def _choose_share(self, place: int) -> None:
        self.share_chosen.emit(self._slider.value_of(place))

    @Slot()
    def _remove_chosen(self) -> None:
        count = self._anchors.count()
        if count:
            chosen = self._anchors.currentRow()
            self.anchor_removed.emit(chosen if chosen >= 0 else count - 1)

    @Slot()
    def _choose_export(self) -> None:
        self.export_wanted.emit(self.sender().data())

    def _export_menu(self) -> QMenu:
        menu = QMenu(self)
        for kind, text in (
            ("gif", self.tr("GIF animation…")),
            ("png", self.tr("PNG strip…")),
            ("csv", self.tr("Codes as CSV…")),
        ):
            action = menu.addAction(text)
            action.setObjectName(f"{kind}PathAction")
            action.setData(kind)
            action.triggered.connect(self._choose_export)
        return menu

    def _button(self, name: str, text: str) -> QToolButton:
        button = QToolButton(text=text)
        button.setObjectName(name)
        return button

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(SPACING // 2)
        form.addRow(self.tr("Time per leg"), self.pace)
        form.addRow(self.tr("Steps"), self.steps)
        last = QHBoxLayout()
        last.setSpacing(SPACING // 2)
        last.addWidget(self.loop, 1)
        last.addWidget(self._export)
        controls = QWidget()
        controls.setFixedWidth(_CONTROLS)
        column = QVBoxLayout(controls)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addWidget(self.shape)
        column.addLayout(form)
        column.addLayout(last)
        column.addWidget(self._note)
        column.addStretch()
        anchors = QHBoxLayout()
        anchors.setSpacing(SPACING // 2)
        anchors.addWidget(self._add)
        anchors.addWidget(self._class)
        anchors.addWidget(self._anchors, 1)
        anchors.addWidget(self._remove)
        anchors.addWidget(self._clear)
        transport = QHBoxLayout()
        transport.setSpacing(SPACING)
        transport.addWidget(self._play)
        transport.addWidget(self._slider, 1)
        transport.addWidget(self._where)
        body = QVBoxLayout()
        body.setSpacing(SPACING // 2)
        body.addLayout(anchors)
        body.addWidget(self.board, 1)
        body.addLayout(transport)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING, 0, SPACING, SPACING)
        layout.setSpacing(2 * SPACING)
        layout.addWidget(controls)
        layout.addLayout(body, 1)


class _AnchorList(QListWidget):
    """The anchors in a row: dragging changes their order, Delete takes one out."""

    removal_wanted = Signal()
    ordered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("anchorList")
        self.setAccessibleName(self.tr("Anchors of the path"))
        self.setToolTip(self.tr("The anchors in order. Drag one to another place; Delete takes it out."))
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFixedHeight(_ANCHORS)
        self.setSpacing(2)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.model().rowsMoved.connect(self._tell_order)

    def set_labels(self, labels: Sequence[str]) -> None:
        if list(labels) == self.labels():
            return
        row = self.currentRow()
        self.clear()
        for place, label in enumerate(labels):
            self.addItem(f"{place + 1}  {label}")
            self.item(place).setData(Qt.ItemDataRole.UserRole, (place, label))
        self.setCurrentRow(min(row, len(labels) - 1))
        if len(labels) > 1 and row < 0:
            self.scrollToItem(self.item(len(labels) - 1))

    def labels(self) -> list[str]:
        return [self.item(row).data(Qt.ItemDataRole.UserRole)[1] for row in range(self.count())]

    def wheelEvent(self, event: QWheelEvent) -> None:
        """What lies beside the row comes into sight."""
        bar, turned = self.horizontalScrollBar(), event.angleDelta()
        bar.setValue(bar.value() - (turned.x() or turned.y()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removal_wanted.emit()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _tell_order(self) -> None:
        self.ordered.emit([self.item(row).data(Qt.ItemDataRole.UserRole)[0] for row in range(self.count())])
