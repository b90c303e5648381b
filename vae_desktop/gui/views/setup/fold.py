"""A part of the form that folds: its title, and while it is shut, what is in it."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from vae_desktop.gui.views.setup.row_mark import RowMark
from vae_desktop.gui.widgets.controls import column, row, styled, toggle
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.theme import SPACING

_ARROW = 10  # px


def setting_grid(label_width: int) -> QGridLayout:
    """An empty grid of mark, label and entry, whose labels have the same width as those of other folds."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(0)
    grid.setVerticalSpacing(SPACING // 2)
    grid.setColumnMinimumWidth(0, SPACING)
    grid.setColumnMinimumWidth(1, label_width + SPACING)
    grid.setColumnStretch(2, 1)
    return grid


class Fold(QWidget):
    """Settings under a title that opens and shuts them.

    Rows say themselves whether they are in sight: one with an error stays so in a fold that is shut.

    Attributes
    ----------
    grid : QGridLayout
        Mark, label and entry of each setting.
    """

    toggled = Signal(bool)

    def __init__(self, name: str, title: str, tip: str, label_width: int) -> None:
        super().__init__()
        self.mark = RowMark(f"{name}FoldMark", title)
        self.button = toggle(f"{name}FoldButton", title, tip, is_flat=True, then=self._show_state)
        self.button.setProperty("fold", True)
        self.button.setIconSize(QSize(_ARROW, _ARROW))
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._summary = styled(ElidedLabel(), "muted", "small")
        self._summary.setObjectName(f"{name}FoldSummary")
        self.grid = setting_grid(label_width)
        title_row = row(self.mark, self.button, 1, spacing=0)
        self.mark.set_in_sight(True)
        policy = self.mark.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.mark.setSizePolicy(policy)
        summary = row((self._summary, 1), margins=(SPACING + _ARROW, 0, 0, 0))
        column(title_row, summary, self.grid, spacing=0, on=self)
        self._show_state()

    @property
    def is_open(self) -> bool:
        return self.button.isChecked()

    def set_open(self, is_open: bool) -> None:
        self.button.setChecked(is_open)

    def set_summary(self, text: str) -> None:
        """Say in a line what is in the fold."""
        self._summary.set_text(text)

    def set_on_screen(self, text: str) -> None:
        """Mark the title if something in the fold differs from the model on screen."""
        self.mark.set_on_screen(text)

    @Slot()
    def _show_state(self) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if self.is_open else Qt.ArrowType.RightArrow)
        self._summary.setVisible(not self.is_open)
        self.toggled.emit(self.is_open)
