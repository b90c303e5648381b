"""The keyboard's focus among docks of which some lie behind others."""

from typing import cast

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QScrollArea, QTabBar, QWidget


class DockFocus(QObject):
    """Keeps the focus where it can be seen, and leads it through the window as one reads it.

    Qt takes what lies behind another tab for visible: the Tab key would lead there, and keys would act on it unseen.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._docks = window.findChildren(QDockWidget)
        for dock in self._docks:
            dock.visibilityChanged.connect(self._leave)
        cast(QApplication, QApplication.instance()).focusChanged.connect(self._bring_to_front)

    def go_on(self, forward: bool) -> bool:
        """Bring the focus to what one reads next, or before that; False if nothing takes it."""
        stops = self._stops()
        if not stops:
            return False
        now = self._window.focusWidget()
        place = stops.index(now) if now in stops else -1 if forward else 0
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        target = stops[(place + (1 if forward else -1)) % len(stops)]
        target.setFocus(reason)
        parent = target.parentWidget()
        while parent is not None:
            if isinstance(parent, QScrollArea):
                parent.ensureWidgetVisible(target)
            parent = parent.parentWidget()
        return True

    def _stops(self) -> list[QWidget]:
        """What takes the focus and can be seen, and what has it: from left to right, children in their order.

        Not by nextInFocusChain: PySide makes what it returns a child of the widget before, and lets go of it, be it
        the menu bar with all its menus, when that widget is deleted.
        """
        behind = [dock for dock in self._docks if _is_behind(dock)]
        ranked: list[tuple[int, QWidget]] = []
        now = self._window.focusWidget()  # it may have just been greyed out: what comes next is meant from there
        for widget in self._window.findChildren(QWidget):
            takes_it = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
            is_there = widget.isVisible() and widget.isEnabled() and widget.window() is self._window
            is_there = is_there and not (isinstance(widget, QTabBar) and _is_behind(widget))  # of closed docks
            is_there = is_there and bool(takes_it) and not any(dock.isAncestorOf(widget) for dock in behind)
            if is_there or widget is now:
                ranked.append((self._rank(widget), widget))
        return [stop for _, stop in sorted(ranked, key=lambda entry: entry[0])]

    def _rank(self, widget: QWidget) -> int:
        """Of the part of the window: the column at the left, the middle, the tools with their tabs, the right."""
        middle = self._window.centralWidget()
        if middle is not None and middle.isAncestorOf(widget):
            return 1
        if isinstance(widget, QTabBar) and widget.parent() is self._window:
            return 2
        for dock in self._docks:
            if dock.isAncestorOf(widget):
                area = self._window.dockWidgetArea(dock)
                return {Qt.DockWidgetArea.LeftDockWidgetArea: 0, Qt.DockWidgetArea.BottomDockWidgetArea: 3}.get(area, 4)
        return 5

    @Slot(bool)
    def _leave(self, is_seen: bool) -> None:
        """Take the focus out of a dock that another one has covered: it belongs to the tab that was clicked."""
        dock, focused = cast(QDockWidget, self.sender()), self._window.focusWidget()
        if not is_seen and focused is not None and dock.isAncestorOf(focused) and _is_behind(dock):
            tabs = self._tabs_of(dock)
            if tabs is not None:
                tabs.setFocus(Qt.FocusReason.OtherFocusReason)
            else:
                self._window.focusNextPrevChild(True)

    def _tabs_of(self, dock: QDockWidget) -> QTabBar | None:
        """The bar in which a dock has a tab."""
        bars = self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        titles = ((bar, [bar.tabText(index) for index in range(bar.count())]) for bar in bars if bar.isVisible())
        return next((bar for bar, texts in titles if dock.windowTitle() in texts), None)

    @Slot(QWidget, QWidget)
    def _bring_to_front(self, _: QWidget | None, focused: QWidget | None) -> None:
        """Show what has got the focus in another way, such as by its Alt key."""
        for dock in self._docks:
            if focused is not None and dock.isAncestorOf(focused) and _is_behind(dock):
                dock.raise_()


def _is_behind(part: QWidget) -> bool:
    """Whether Qt has put a part of the window out of sight without hiding it."""
    return part.isVisible() and part.visibleRegion().isEmpty()


def focus_first(whole: QWidget) -> None:
    """Give the focus to what can be used first in a part of the window."""
    usable = (part for part in whole.findChildren(QWidget) if part.isVisible() and part.isEnabled())
    first = next((part for part in usable if part.focusPolicy() & Qt.FocusPolicy.TabFocus), None)
    if first is not None:
        first.setFocus(Qt.FocusReason.TabFocusReason)
