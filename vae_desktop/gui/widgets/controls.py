"""Buttons, labels, actions and rows of them, each named, explained and connected in one call.

Every control of the window is made here, so that none lacks what programs, screen readers and the keyboard need: an
object name, an accessible name, a tooltip that wraps, and where it has keys, these in its tooltip too.
"""

import html
import re
from collections.abc import Callable
from typing import Literal, TypeVar

from PySide6.QtCore import QObject, Qt, SignalInstance
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QBoxLayout,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMenu,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vae_desktop.gui.widgets.icons import icon_named
from vae_desktop.gui.widgets.theme import SPACING, heading_font, small_font, tabular

WidgetT = TypeVar("WidgetT", bound=QWidget)
ButtonT = TypeVar("ButtonT", bound=QAbstractButton)
Then = SignalInstance | Callable[..., object]  # a signal that is passed on, or a slot
Part = QWidget | QLayout | int | tuple[QWidget | QLayout, int] | tuple[QWidget, int, Qt.AlignmentFlag]

ARROWS: dict[int, tuple[int, int]] = {  # across and down
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


def named(widget: WidgetT, name: str, label: str = "", tip: str = "") -> WidgetT:
    """Give a widget its object name, what a screen reader calls it, and what its tooltip says."""
    widget.setObjectName(name)
    if label:
        widget.setAccessibleName(label)
    if tip:
        explain(widget, tip)
    return widget


def explain(widget: QWidget, tip: str) -> None:
    """Let a tooltip say this, on several lines where it is long, and a screen reader the same without its markup."""
    widget.setToolTip(tip if not tip or tip.startswith("<p>") else f"<p>{tip}</p>")
    widget.setAccessibleDescription(plain(tip))


def plain(text: str) -> str:
    """Rich text without its markup, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def styled(
    widget: WidgetT, role: str = "", size: Literal["", "small", "heading"] = "", figures: bool = False
) -> WidgetT:
    """Give a widget a role of the style sheet ("muted", "error", "warning"), a size of type, and steady figures."""
    if role:
        widget.setProperty("role", role)
    font = QApplication.font()
    if size:
        font = small_font(font) if size == "small" else heading_font(font)
    if size or figures:
        widget.setFont(tabular(font) if figures else font)
    return widget


def push_button(
    name: str, text: str, tip: str = "", keys: str = "", *, label: str = "", then: Then | None = None
) -> QPushButton:
    """Return a button for what is done often."""
    return _button(QPushButton(), name, text, label, tip, keys, then)


def tool_button(
    name: str, text: str, tip: str = "", keys: str = "", *, label: str = "", icon: str = "", is_flat: bool = False,
    then: Then | None = None,
) -> QToolButton:  # fmt: skip
    """Return a small button, with a text or the icon of this name; a flat one has no frame."""
    button = QToolButton()
    button.setAutoRaise(is_flat)
    if icon:
        button.setIcon(icon_named(icon))
    return _button(button, name, text, label, tip, keys, then)


def toggle(
    name: str, text: str, tip: str = "", keys: str = "", *, label: str = "", is_on: bool = False, is_flat: bool = False,
    then: Then | None = None,
) -> QToolButton:  # fmt: skip
    """Return a small button that stays down; `then` is told whether it is."""
    button = QToolButton()
    button.setAutoRaise(is_flat)
    return _switch(_button(button, name, text, label, tip, keys), is_on, then)


def check_box(
    name: str, text: str, tip: str = "", keys: str = "", *, is_on: bool = False, then: Then | None = None
) -> QCheckBox:
    """Return a check box; `then` is told whether it is checked."""
    return _switch(_button(QCheckBox(), name, text, "", tip, keys), is_on, then)


def add_menu(button: QToolButton) -> QMenu:
    """Give a button a menu, which opens at a click."""
    menu = QMenu(button)
    button.setMenu(menu)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    return menu


def set_text(button: QAbstractButton, text: str) -> None:
    """Let a button say something else; Qt alone would drop its keys."""
    keys = button.shortcut()
    button.setText(text)
    button.setAccessibleName(text)
    button.setShortcut(keys)


def literal(text: str) -> str:
    """A text for a button or a menu in which no letter is taken for an Alt key."""
    return text.replace("&", "&&")


def action(
    parent: QObject,
    name: str,
    text: str,
    tip: str = "",
    keys: QKeySequence | QKeySequence.StandardKey | str | None = None,
    *,
    then: Then | None = None,
    data: object = None,
    is_on: bool | None = None,
) -> QAction:
    """Return an entry of a menu; with `is_on` it can be checked, and `then` is told whether it is."""
    result = QAction(text, parent)
    result.setObjectName(name)
    result.setToolTip(tip)
    result.setStatusTip(plain(tip))
    result.setData(data)
    if keys is not None:
        result.setShortcut(keys)
    if is_on is not None:
        result.setCheckable(True)
        result.setChecked(is_on)
    if then is not None:
        (result.triggered if is_on is None else result.toggled).connect(then)
    return result


def label(
    text: str = "",
    role: str = "",
    size: Literal["", "small", "heading"] = "",
    *,
    name: str = "",
    figures: bool = False,
    wraps: bool = False,
    align: Qt.AlignmentFlag | None = None,
) -> QLabel:
    """Return a text."""
    result = styled(QLabel(text, wordWrap=wraps), role, size, figures)
    result.setObjectName(name)
    if align is not None:
        result.setAlignment(align)
    return result


def progress_bar(label: str, width: int | None = None, maximum: int = 1000) -> QProgressBar:
    """Return a bar without figures; a maximum of 0 says that nobody knows how long it takes."""
    bar = QProgressBar(textVisible=False, minimum=0, maximum=maximum)
    bar.setAccessibleName(label)
    if width is not None:
        bar.setFixedWidth(width)
    return bar


def row(*parts: Part, spacing: int = SPACING, margins: tuple[int, ...] = (0, 0, 0, 0), on: QWidget | None = None
        ) -> QHBoxLayout:  # fmt: skip
    """Lay parts out from left to right, as :func:`column` does from top to bottom."""
    return _filled(QHBoxLayout(on) if on is not None else QHBoxLayout(), parts, spacing, margins)


def column(*parts: Part, spacing: int = SPACING, margins: tuple[int, ...] = (0, 0, 0, 0), on: QWidget | None = None
           ) -> QVBoxLayout:  # fmt: skip
    """Lay parts out from top to bottom.

    Parameters
    ----------
    *parts
        Widgets and layouts; one in a tuple with its stretch, and perhaps its alignment; a number stretches the space.
    spacing : int
        Pixels between two parts.
    margins : (int, int, int, int)
        Pixels around them: left, top, right, bottom.
    on : QWidget, optional
        Whose layout it becomes.
    """
    return _filled(QVBoxLayout(on) if on is not None else QVBoxLayout(), parts, spacing, margins)


BoxT = TypeVar("BoxT", bound=QBoxLayout)


def _filled(layout: BoxT, parts: tuple[Part, ...], spacing: int, margins: tuple[int, ...]) -> BoxT:
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for part in parts:
        if isinstance(part, int):
            layout.addStretch(part)
            continue
        what, *how = part if isinstance(part, tuple) else (part,)
        if isinstance(what, QLayout):
            layout.addLayout(what, *how)
        else:
            layout.addWidget(what, *how)  # type: ignore[arg-type]
    return layout


def _button(
    button: ButtonT, name: str, text: str, label: str, tip: str, keys: str, then: Then | None = None
) -> ButtonT:
    button.setText(text)
    named(button, name, label or text, f"{tip} ({keys})" if tip and keys else tip)
    if keys:
        button.setShortcut(keys)
    if then is not None:
        button.clicked.connect(then)
    return button


def _switch(button: ButtonT, is_on: bool, then: Then | None) -> ButtonT:
    button.setCheckable(True)
    button.setChecked(is_on)
    if then is not None:
        button.toggled.connect(then)
    return button
