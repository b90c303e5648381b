"""How an entry shows that it cannot take what is typed: marked, with the reason for whoever points at it or listens."""

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QToolTip, QWidget

from vae_desktop.gui.widgets.controls import plain


def mark(entry: QWidget, error: str) -> None:
    """Mark an entry whose text is refused for a reason, or, if that is "", taken; screen readers say it too."""
    entry.setAccessibleDescription(error or plain(entry.toolTip()))
    if bool(entry.property("invalid")) != bool(error):
        entry.setProperty("invalid", bool(error))
        entry.style().unpolish(entry)
        entry.style().polish(entry)


def show_reason(entry: QWidget, error: str) -> None:
    """Tell the reason below the entry."""
    QToolTip.showText(entry.mapToGlobal(QPoint(0, entry.height())), error, entry)


def answers(event: QEvent, entry: QWidget, error: str, is_changed: bool) -> bool:
    """Whether an entry's event is dealt with: the tooltip is the reason; Escape is its own while text is changed."""
    if event.type() == QEvent.Type.ToolTip and error:
        show_reason(entry, error)
        return True
    is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
    if is_escape and event.type() == QEvent.Type.ShortcutOverride and is_changed:
        event.accept()  # else it would take away the message above
        return True
    return False
