"""The docks around the stage: columns of no title at its sides, tools below it whose tabs are their titles."""

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, Slot
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QMenu,
    QScrollArea,
    QTabBar,
    QTabWidget,
    QToolButton,
    QWidget,
)

from vae_desktop.gui.widgets.controls import action, column
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr

_COLUMN = 272, 0.2, 480  # px at least, of the window's width, px at most
_TOOLS = 190, 0.3, 420  # of its height
_NEAR = 6  # px; so exactly does Qt give docks what is asked for


def add_column(window: QMainWindow, name: str, title: str, view: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
    """Add a column at a side, which stays where it is."""
    dock = _add_dock(window, name, title, view, area)
    dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)  # by the View menu
    return dock


def add_tool(window: QMainWindow, name: str, title: str, view: QWidget) -> QDockWidget:
    """Add a tool below the stage."""
    return _add_dock(window, name, title, view, Qt.DockWidgetArea.BottomDockWidgetArea)


def scrolled(title: str) -> QScrollArea:
    """A place for a view that is scrolled where there is less room than it needs."""
    area = QScrollArea(widgetResizable=True)
    area.setAccessibleName(title)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it scrolls into sight
    return area


def column_width(window: QSize) -> int:
    """Width of the column of the current point in a window."""
    return _part_of(window.width(), *_COLUMN)


def tools_height(window: QSize) -> int:
    """Height of the tools in a window."""
    return _part_of(window.height(), *_TOOLS)


def fit_docks(window: QMainWindow, point: QDockWidget, tools: Sequence[QDockWidget], before: QSize | None = None
              ) -> None:  # fmt: skip
    """Give docks their part of the window; with its size before, unless somebody has made them wider or narrower."""
    now = window.size()
    width, height = (None, None) if before is None else (column_width(before), tools_height(before))
    if _is_docked(point) and _is_ours(point.width(), width, column_width(now)):
        window.resizeDocks([point], [column_width(now)], Qt.Orientation.Horizontal)
    front = next((dock for dock in tools if _is_docked(dock) and not dock.visibleRegion().isEmpty()), None)
    if front is not None and _is_ours(front.height(), height, tools_height(now)):
        window.resizeDocks([front], [tools_height(now)], Qt.Orientation.Vertical)


class PassingDock:
    """Takes a dock away while there is nothing for it to show; one that the person has closed stays so."""

    def __init__(self, window: QMainWindow, dock: QDockWidget, width: int) -> None:
        self._window, self._dock, self._width = window, dock, width
        self._is_away = False

    def set_wanted(self, is_wanted: bool) -> None:
        if not is_wanted and not self._dock.isHidden():
            self._dock.hide()
            self._is_away = True
        elif is_wanted and self._is_away:
            self._dock.show()
            self._window.resizeDocks([self._dock], [self._width], Qt.Orientation.Horizontal)
            self._is_away = False

    def forget(self) -> None:
        """Note that the dock was put back where it was."""
        self._is_away = False


class PassingTool:
    """Brings a tool to the front when there comes something for it to show, and takes it away when that is over.

    Parameters
    ----------
    dock : QDockWidget
        Hidden from now on.
    others : sequence of QDockWidget
        The tools of which one is in front before, and again afterwards.
    """

    def __init__(self, dock: QDockWidget, others: Sequence[QDockWidget]) -> None:
        self._dock, self._others = dock, others
        self._before: QDockWidget | None = None
        self._is_wanted = False
        dock.hide()

    def set_wanted(self, is_wanted: bool, is_in_sight: bool = True) -> None:
        """Have the tool there or not; while the tools are out of sight, nothing comes into it."""
        self._is_wanted = is_wanted
        if is_wanted and is_in_sight and self._dock.isHidden():
            self._before = next((dock for dock in self._others if not dock.visibleRegion().isEmpty()), None)
            self._dock.show()
            self._dock.raise_()
        elif not is_wanted and not self._dock.isHidden():
            self._dock.hide()
            if self._before is not None:
                self._before.raise_()

    def come_back(self) -> None:
        """Be there, or not, as was wanted while the tools were out of sight."""
        self.set_wanted(self._is_wanted)


class ToolTabs(QObject):
    """Has the tabs of the tools stand above them, with a menu that floats or closes a tool.

    A tool that floats has a title bar, by which it is moved and docked again.
    """

    def __init__(self, window: QMainWindow, docks: Sequence[QDockWidget]) -> None:
        super().__init__(window)
        self._window, self._docks = window, docks
        window.setTabPosition(Qt.DockWidgetArea.BottomDockWidgetArea, QTabWidget.TabPosition.North)
        for dock in docks:
            dock.topLevelChanged.connect(self._show_title)

    def dress(self) -> None:
        """Give tab bars that Qt has made since then names that can be read in a narrow window, and a menu."""
        for tabs in self._window.findChildren(QTabBar):
            tabs.setElideMode(Qt.TextElideMode.ElideNone)
            tabs.setUsesScrollButtons(True)
            is_new = tabs.contextMenuPolicy() != Qt.ContextMenuPolicy.CustomContextMenu
            if is_new and tabs.parent() is self._window:
                tabs.setAccessibleName(tr("Tools"))
                tabs.setDrawBase(False)
                tabs.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
                tabs.customContextMenuRequested.connect(self._open_menu)

    @Slot(bool)
    def _show_title(self, floats: bool) -> None:
        dock = cast(QDockWidget, self.sender())
        dock.setTitleBarWidget(None if floats else _no_title(dock))  # type: ignore[arg-type]
        self.dress()

    @Slot(QPoint)
    def _open_menu(self, place: QPoint) -> None:
        tabs = cast(QTabBar, self.sender())
        index = tabs.tabAt(place) if tabs.tabAt(place) >= 0 else tabs.currentIndex()
        dock = next((dock for dock in self._docks if dock.windowTitle() == tabs.tabText(index)), None)
        if dock is not None:
            menu = QMenu(tabs)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            tip = tr("Put the panel into a window of its own; a double-click on its title brings it back.")
            menu.addAction(action(menu, "floatToolAction", tr("Float"), tip, then=lambda: dock.setFloating(True)))
            tip = tr("Take the panel away; the View menu brings it back.")
            menu.addAction(action(menu, "closeToolAction", tr("Close"), tip, then=dock.close))
            menu.popup(tabs.mapToGlobal(place))


def tab_of(dock: QDockWidget) -> tuple[QWidget, QRect] | None:
    """The bar and the place of the tab of a dock that stands behind others; None if it has none.

    Where one has to scroll to the tab, it is the button that does.
    """
    for tabs in dock.window().findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        titles = [tabs.tabText(index) for index in range(tabs.count())]
        if tabs.isVisible() and dock.windowTitle() in titles:
            place = tabs.tabRect(titles.index(dock.windowTitle()))
            back, on = (tabs.findChild(QToolButton, f"Scroll{way}Button") for way in ("Left", "Right"))  # Qt's names
            if back is not None and on is not None and on.isVisible():
                if place.left() < 0:
                    return back, back.rect()
                if place.center().x() > min(back.x(), on.x()):
                    return on, on.rect()
            return tabs, place
    return None


def _add_dock(window: QMainWindow, name: str, title: str, view: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
    dock = QDockWidget(title, window)
    dock.setObjectName(name)
    dock.setTitleBarWidget(_no_title(dock))
    view.setAutoFillBackground(True)  # what lies under it is not painted for it
    dock.setWidget(view)
    window.addDockWidget(area, dock)
    return dock


def _no_title(dock: QDockWidget) -> QWidget:
    """A gap instead of a title; without one Qt would take the dock for covered, by its own contents."""
    gap = QWidget(dock)
    column(margins=(0, SPACING // 2, 0, 0), on=gap)
    return gap


def _is_docked(dock: QDockWidget) -> bool:
    return dock.isVisible() and not dock.isFloating()


def _is_ours(length: int, before: int | None, now: int) -> bool:
    """Whether a length is what the window gave, or what was left of it when the window became smaller."""
    return before is None or abs(length - before) <= _NEAR or now < length < before


def _part_of(length: int, least: int, fraction: float, most: int) -> int:
    return min(max(round(fraction * length), least), most)
