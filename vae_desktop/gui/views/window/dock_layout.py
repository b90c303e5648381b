"""Which docks the main window has, and how they are laid out."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, Slot
from PySide6.QtWidgets import QMainWindow, QWidget

from vae_desktop.gui.views.tools.tool_view import ToolView
from vae_desktop.gui.views.window.docks import (
    PassingDock,
    PassingTool,
    ToolTabs,
    add_column,
    add_tool,
    fit_docks,
    scrolled,
)
from vae_desktop.language import tr

_VERSION = 7  # raised when docks change, so that an older layout is not restored
_SETUP = 288  # px
_NARROW = 248  # px, the column of the point beside models that are compared


class DockLayout(QObject):
    """Columns at both sides of the stage, and tools below it, which make room while models are compared.

    Parameters
    ----------
    window : QMainWindow
    columns : pair of QWidget
        The views of setup and point.
    panels : sequence of QWidget
        Those of the learning curves, of runs and of measures; tools get theirs by :meth:`fill`.

    Attributes
    ----------
    docks : list of QDockWidget
    point_column : PassingDock
    is_restored : bool
        Whether the docks stand as at the last time, or as at first.
    """

    def __init__(self, window: QMainWindow, columns: tuple[QWidget, QWidget], panels: Sequence[QWidget]) -> None:
        super().__init__(window)
        self._window = window
        self.is_restored = False
        self._before = QByteArray()  # of the playground, while models are compared
        self._is_away = False
        areas = Qt.DockWidgetArea
        window.setCorner(Qt.Corner.BottomLeftCorner, areas.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, areas.RightDockWidgetArea)
        setup = add_column(window, "setupDock", tr("Setup"), columns[0], areas.LeftDockWidgetArea)
        self._point = add_column(window, "latentPointDock", tr("Latent point"), columns[1], areas.RightDockWidgetArea)
        self.point_column = PassingDock(window, self._point, _NARROW)
        titles = {"learningCurves": tr("Learning curves"), "runs": tr("Runs"), "measures": tr("Measures")}
        below = [
            add_tool(window, f"{name}Dock", title, view)
            for (name, title), view in zip(titles.items(), panels, strict=True)
        ]
        titles = {
            "images": tr("Images"),
            "samples": tr("Samples"),
            "words": tr("Words"),
            "path": tr("Path"),
            "drawing": tr("One image"),
            "denoising": tr("Denoise"),
            "step": tr("One step"),
        }
        self._areas = {name: scrolled(title) for name, title in titles.items()}
        self._tools = {name: add_tool(window, f"{name}Dock", titles[name], area) for name, area in self._areas.items()}
        self._below = [*below, *self._tools.values()]
        self.docks = [setup, self._point, *self._below]
        for before, dock in pairwise(self._below):
            window.tabifyDockWidget(before, dock)
        below[0].raise_()
        step = self._tools["step"]
        self._tools["denoising"].hide()  # of use to few: the View menu, the lab or such a model brings it
        self._step_tool = PassingTool(step, [dock for dock in self._below if dock is not step])
        self._tabs = ToolTabs(window, self._below)
        window.resizeDocks([setup], [_SETUP], Qt.Orientation.Horizontal)
        self._first = self._now

    @property
    def _now(self) -> QByteArray:
        return self._window.saveState(_VERSION)

    def fill(self, name: str, view: ToolView) -> None:
        """Put the view of a tool into its dock: by the name of its controller."""
        dock = self._tools[name]
        self._areas[name].setWidget(view)
        dock.visibilityChanged.connect(view.set_in_sight)
        view.set_in_sight(dock.isVisible() and not dock.visibleRegion().isEmpty())

    def bring_up(self, name: str) -> None:
        """Bring a tool to the front."""
        dock = self._tools[name]
        dock.show()
        dock.raise_()
        if dock.isFloating():
            dock.activateWindow()

    def offer(self, name: str) -> None:
        """Have a tool among the others, behind the one in front."""
        dock, front = self._tools[name], [dock for dock in self._below if not dock.visibleRegion().isEmpty()]
        if dock.isHidden() and not self._is_away:
            dock.show()
            for one in front:
                one.raise_()

    @Slot(bool)
    def set_has_step(self, has_step: bool) -> None:
        """Bring the tool *One step* to the front when there is a step to be seen, and take it away afterwards."""
        self._step_tool.set_wanted(has_step, not self._is_away)

    def state(self) -> QByteArray:
        """Where the docks of the playground stand, as :meth:`restore` takes it."""
        return self._before if self._is_away else self._now

    def restore(self, state: QByteArray) -> None:
        """Put the docks where they were."""
        if not state.isEmpty():
            self.is_restored = self._window.restoreState(state, _VERSION)
            self._step_tool.set_wanted(False)

    def reset(self) -> None:
        """Put the docks where they were at first."""
        self._window.restoreState(self._first, _VERSION)
        self.fit()

    def fit(self, before: QSize | None = None) -> None:
        """Give the docks their part of the window; with its size before, unless somebody has moved them."""
        fit_docks(self._window, self._point, self._below, before)

    def dress(self) -> None:
        """Give tab bars that Qt has made since then their look."""
        self._tabs.dress()

    def set_away(self, is_away: bool) -> None:
        """Give the room of the docks that tell of one model to models side by side, or take it back."""
        self._is_away = is_away
        if is_away:
            self._before = self._now
            for dock in self._below:
                dock.hide()
            self._window.resizeDocks([self._point], [_NARROW], Qt.Orientation.Horizontal)
        else:
            self._window.restoreState(self._before, _VERSION)
            self._step_tool.come_back()
            self.point_column.forget()
