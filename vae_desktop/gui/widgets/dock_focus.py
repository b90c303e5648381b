"""The keyboard's focus among docks of which some lie behind others."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabBar, QWidget


class DockFocus(QObject):
    """Keeps the focus where it can be seen.

    Qt takes what lies behind another tab for visible: the Tab key would lead there, and keys would act on it unseen.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._docks = window.findChildren(QDockWidget)
        for dock in self._docks:
            dock.visibilityChanged.connect(self._leave)
        cast(QApplication, QApplication.instance()).focusChanged.connect(self._bring_to_front)

    @contextmanager
    def on_what_is_seen(self) -> Iterator[None]:
        """While this lasts, the Tab key cannot lead to what lies behind another tab."""
        behind = [widget for dock in self._docks if _is_behind(dock) for widget in dock.findChildren(QWidget)]
        behind += [tabs for tabs in self._window.findChildren(QTabBar) if _is_behind(tabs)]  # of closed docks
        hidden = [
            (widget, widget.focusPolicy())
            for widget in behind
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        ]
        for widget, _ in hidden:
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        try:
            yield
        finally:
            for widget, policy in hidden:
                widget.setFocusPolicy(policy)

    @Slot(bool)
    def _leave(self, is_seen: bool) -> None:
        """Take the focus out of a dock that another one has covered."""
        dock, focused = cast(QDockWidget, self.sender()), self._window.focusWidget()
        if not is_seen and focused is not None and dock.isAncestorOf(focused) and _is_behind(dock):
            self._window.focusNextPrevChild(True)

    @Slot(QWidget, QWidget)
    def _bring_to_front(self, _: QWidget | None, focused: QWidget | None) -> None:
        """Show what has got the focus in another way, such as by its Alt key."""
        for dock in self._docks:
            if focused is not None and dock.isAncestorOf(focused) and _is_behind(dock):
                dock.raise_()


def _is_behind(part: QWidget) -> bool:
    """Whether Qt has put a part of the window out of sight without hiding it."""
    return part.isVisible() and part.visibleRegion().isEmpty()
