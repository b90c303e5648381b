"""Forks below the models that they come from: their order in a list, and the lines that lead to them."""

from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from vae_desktop.engine.run import Run
from vae_desktop.gui.widgets.theme import current_theme

BRANCHES = Qt.ItemDataRole.UserRole + 1  # of an item: for each level, whether a line goes on below it
_INDENT = 16  # px for each level
_DEEPEST = 6  # levels that are indented


class Branch(NamedTuple):
    """A model in the list, and whether at each level above it another fork follows; the last is its own level."""

    run: Run
    levels: tuple[bool, ...]


def as_tree(runs: Iterable[Run]) -> list[Branch]:
    """Put each fork below its parent, if that is there: newest first, and first the model with the newest fork."""
    there = {run.id: run for run in runs}
    forks: dict[int | None, list[Run]] = {}
    for run in there.values():
        parent = None if run.forked_from is None else run.forked_from[0]
        forks.setdefault(parent if parent in there else None, []).append(run)

    def newest(run: Run) -> int:
        return max([run.id, *(newest(fork) for fork in forks.get(run.id, ()))])

    found: list[Branch] = []

    def add(parent: int | None, levels: tuple[bool, ...], is_root: bool) -> None:
        own = sorted(forks.get(parent, ()), key=newest, reverse=True)
        for run in own:
            below = levels if is_root else (*levels, run is not own[-1])
            found.append(Branch(run, below))
            add(run.id, below, is_root=False)

    add(None, (), is_root=True)
    return found


class BranchDelegate(QStyledItemDelegate):
    """Indents what has `BRANCHES`, and draws lines from a model to its forks."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        levels = (index.data(BRANCHES) or ())[-_DEEPEST:]
        whole = QRectF(option.rect)
        if levels:
            self.initStyleOption(option, index)
            option.text = ""
            style = option.widget.style()
            style.drawControl(style.ControlElement.CE_ItemViewItem, option, painter, option.widget)
            option.rect.setLeft(option.rect.left() + _INDENT * len(levels))
            option.state &= ~option.state.State_HasFocus
        super().paint(painter, option, index)
        is_selected = bool(option.state & option.state.State_Selected)
        colour = option.palette.highlightedText().color() if is_selected else QColor(current_theme().muted)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(colour, 1))
        for place, goes_on in enumerate(levels):
            x, middle = round(whole.left() + _INDENT * (place + 0.75)), round(whole.center().y())
            is_own = place == len(levels) - 1
            if goes_on or is_own:
                painter.drawLine(x, round(whole.top()), x, round(whole.bottom()) if goes_on else middle)
            if is_own:
                painter.drawLine(x, middle, x + _INDENT // 2, middle)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width() + _INDENT * min(len(index.data(BRANCHES) or ()), _DEEPEST), size.height())
