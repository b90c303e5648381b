"""Plain-words messages above the stage; never modal, since a message is no question."""

from dataclasses import replace
from functools import partial, reduce
from typing import cast

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QMessageBox, QToolButton, QWidget

from vae_desktop.engine.messages import Action, Message
from vae_desktop.gui.widgets.controls import explain, label, named, row, set_text, tool_button
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr

_LONG = 25  # lines of details, more of which are scrolled
_MOST_LINES = 3  # of errors that were told one after the other


class MessageBanner(QFrame):
    """Shows the newest messages until they are dismissed, with what can be done about it.

    Attributes
    ----------
    message : Message or None
        On show; several are one.
    """

    action_requested = Signal(str)
    dismissed = Signal(str, list)  # the action that was declined, or "", and what the messages were about
    diagnostics_requested = Signal(object)  # with the details of that message

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "messageBanner", tr("Message"))
        self._messages: list[Message] = []  # that are on show together
        self.message: Message | None = None
        self._label = label(wraps=True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._action = tool_button("messageActionButton", "", then=self._request)
        self._alternative = tool_button("messageAlternativeButton", "", then=self._request)
        tip = tr("What an engineer wants to know.")
        self._details = tool_button("messageDetailsButton", tr("Details"), tip, then=self._show_details)
        tip, dismiss = tr("Dismiss this message"), tr("Dismiss message")
        close = tool_button(
            "dismissButton", "", tip, "Esc", label=dismiss, icon="close", is_flat=True, then=self.dismiss
        )
        top = Qt.AlignmentFlag.AlignTop
        buttons = [(button, 0, top) for button in (self._action, self._alternative, self._details, close)]
        row((self._label, 1), *buttons, margins=(SPACING * 3 // 2, SPACING, SPACING, SPACING), on=self)
        self.hide()

    def text(self) -> str:
        """The message on show, or ""."""
        return "" if self.message is None else self.message.text

    def show_message(self, message: Message) -> None:
        """Show a message; what merely informs does not take the place of an offer, nor one error that of another."""
        shown, informs = self.message, message.level == "info" and not message.action
        is_newer = bool(message.about) and any(other.about == message.about for other in self._messages)
        if informs and not message.is_added and not is_newer and shown is not None and shown.action:
            return
        others = [other for other in self._messages if other.text != message.text or other.details != message.details]
        others = [other for other in others if not message.about or other.about != message.about]
        are_wanted = others and (message.is_added or _are_both_wanted(reduce(_together, others), message))
        self._show([*others, message] if are_wanted else [message])

    def withdraw(self, about: str) -> None:
        """Take away what was told about that, which no longer holds; other messages stay."""
        rest = [message for message in self._messages if message.about != about]
        if not rest:
            self.clear()
        elif len(rest) < len(self._messages):
            self._show(rest)

    def _show(self, messages: list[Message]) -> None:
        """Show messages as one."""
        self._messages = messages
        self.message = message = reduce(_together, messages)
        self._label.setText(message.text)
        for button, action in ((self._action, message.action), (self._alternative, message.alternative)):
            text, tip = self._labels(action)
            button.setProperty("action", action)
            set_text(button, text)
            explain(button, tip)
            button.setVisible(bool(action))
        self._details.setVisible(bool(message.details))
        self.setProperty("level", message.level)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()

    def _labels(self, action: Action) -> tuple[str, str]:
        """What the button for an action says, and its tooltip."""
        return {
            "download": (tr("Download"), tr("Fetch the files into the data folder, in the background.")),
            "retry": (tr("Retry"), tr("Fetch the files once more, in the background; whole ones are kept.")),
            "repair": (
                tr("Download again"),
                tr("Fetch the broken files anew, in the background; whole ones are kept."),
            ),
            "open_folder": (tr("Open folder"), tr("Make and show the folder that the files belong in.")),
            "open_kept": (tr("Open"), tr("Put the kept model on screen; nothing is trained or deleted.")),
            "recover": (
                tr("Open and train on"),
                tr("Put the kept model on screen, and go on with its training where it was."),
            ),
            "discard": (tr("Discard"), tr("Delete what was kept of that run.")),
            "slower": (
                tr("Continue slower"),
                tr("Train on from the last good state, with a tenth of the learning rate."),
            ),
            "undo_removal": (tr("Undo"), tr("Bring what was removed back into the list, as it was.")),
            "undo_exclusion": (tr("Undo"), tr("New models learn from those images as before.")),
            "restart": (
                tr("Restart now"),
                tr("Models, trainings, settings and the layout come back as they are; a training goes on."),
            ),
            "": ("", ""),
        }[action]

    def clear_news(self) -> None:
        """Take the message away unless it offers what would otherwise be forgotten."""
        if self.message is None or not _offers_kept(self.message):
            self.clear()

    def clear(self) -> None:
        """Take the message away without declining anything."""
        self._messages = []
        self.message = None
        self.hide()

    @Slot()
    def dismiss(self) -> None:
        """Take the message away as not wanted."""
        action = "" if self.message is None else self.message.action
        about = [message.about for message in self._messages]
        self.clear()
        self.dismissed.emit(action, about)

    @Slot()
    def _request(self) -> None:
        """Ask for what a button offers."""
        action = cast(QToolButton, self.sender()).property("action")
        self.clear()
        self.action_requested.emit(action)

    @Slot()
    def _show_details(self) -> None:
        message = self.message
        if message is None:
            return
        box = QMessageBox(QMessageBox.Icon.NoIcon, tr("Details"), message.text, parent=self.window())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)  # an error's words may look like HTML
        is_long = message.details.count("\n") >= _LONG
        (box.setDetailedText if is_long else box.setInformativeText)(message.details)
        box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        copy = box.addButton(tr("Copy"), QMessageBox.ButtonRole.ActionRole)
        diagnose = box.addButton(tr("Copy diagnostics"), QMessageBox.ButtonRole.ActionRole)
        diagnose.setToolTip(tr("The details with versions, settings and the end of the log; no personal paths."))
        box.addButton(QMessageBox.StandardButton.Close)
        # Of the message in the box: by then another one, or none, may be on show behind it.
        copy.clicked.connect(partial(_copy_details, message))
        diagnose.clicked.connect(partial(self._request_diagnostics, message))
        box.open()

    def _request_diagnostics(self, message: Message, *_: bool) -> None:
        self.diagnostics_requested.emit(message)


def _copy_details(message: Message, *_: bool) -> None:
    QGuiApplication.clipboard().setText(f"{message.text}\n\n{message.details}")


def _offers_kept(message: Message) -> bool:
    """Whether it offers what would otherwise be forgotten."""
    return message.action in ("open_kept", "recover")


def _are_both_wanted(shown: Message, new: Message) -> bool:
    """Whether an error leaves what is on show to be read too, and there is room for both."""
    is_needed = shown.level == "error" or _offers_kept(shown)
    return new.level == "error" and is_needed and len(_lines(shown, new)) <= _MOST_LINES


def _together(first: Message, second: Message) -> Message:
    """Both as one, with what either offers, or else the second one's offer."""
    details = [first.details] if second.details in first.details else [first.details, second.details]
    offer, other = (first, second) if _offers_kept(first) or not second.action else (second, first)
    return replace(
        offer,
        level="error" if "error" in (first.level, second.level) else "info",
        text="\n".join(_lines(first, second)),
        details="\n\n".join(part for part in details if part),
        alternative=other.action if other.action and _offers_kept(offer) else offer.alternative,
    )


def _lines(first: Message, second: Message) -> list[str]:
    """Those of both, each once."""
    return list(dict.fromkeys([*first.text.splitlines(), *second.text.splitlines()]))
