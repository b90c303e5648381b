"""Lines of text in a room that does not depend on them."""

import html
import re
from bisect import bisect_left

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QResizeEvent, QTextDocument
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from vae_desktop.gui.widgets.controls import column, styled
from vae_desktop.gui.widgets.theme import line_height
from vae_desktop.language import sentences, tr

_BETWEEN = " · "  # parts of a line
_MUCH = 16  # letters of a part that is cut


class ElidedLabel(QLabel):
    """Cuts its text at the right; the whole of it is then in the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._whole = ""
        self._tip = ""

    def set_tip(self, tip: str) -> None:
        """Explain the text; else the tooltip is the whole of it, where it is cut."""
        self._tip = tip
        self._fit()

    def set_text(self, text: str) -> None:
        """Show a text, or as much of it as there is room for."""
        if text != self._whole:
            self._whole = text
            self._fit()

    def whole_text(self) -> str:
        return self._whole

    def sizeHint(self) -> QSize:
        height = max(super().sizeHint().height(), line_height(self.font()))  # whatever letters the text has
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2, height)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, max(super().minimumSizeHint().height(), line_height(self.font())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self._fitting(max(self.width(), 1))
        if shown != self.text():
            self.setText(shown)
        self.setToolTip(self._tip or (self._whole if shown != self._whole else ""))
        self.updateGeometry()


    def _fitting(self, width: int) -> str:
        """As much of the text as there is room for: of several parts those that can be read whole, if any can.

        The part after these is begun only if it is long, and much of it can be read.
        """
        metrics, parts = self.fontMetrics(), self._whole.split(_BETWEEN)
        for count in range(len(parts), 1, -1):
            whole = _BETWEEN.join(parts[:count])
            text = whole + (f"{_BETWEEN}…" if count < len(parts) else "")
            if metrics.horizontalAdvance(text) <= width:
                begun = metrics.elidedText(_BETWEEN.join(parts[: count + 1]), Qt.TextElideMode.ElideRight, width)
                return begun if len(begun) > len(whole) + len(_BETWEEN) + _MUCH else text
        return metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, width)


class SteadyLabel(QWidget):
    """A label in a room that does not depend on its text.

    With each new text a QLabel has everything around it laid out anew, up to the docks of the window. A line that is
    too long ends with an ellipsis; the tooltip then has all of it.

    Parameters
    ----------
    font : QFont
    lines : int
        That there is room for.
    grows : bool
        Whether a text that needs more lines gets them, and leaves them to those after it.
    """

    def __init__(self, font: QFont, lines: int = 1, parent: QWidget | None = None, grows: bool = False) -> None:
        super().__init__(parent)
        self._grows = grows
        self.label = QLabel(self)
        self.label.setFont(font)
        self.label.setWordWrap(lines > 1)
        self._text, self._is_cut = "", lines == 1
        self._height = lines * line_height(font)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        """Show a text."""
        if text != self._text:
            self._text = text
            self._fit()

    def sizeHint(self) -> QSize:
        return QSize(0, self._height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.label.resize(self.size())
        self._fit()

    def _fit(self) -> None:
        shown = self._text
        if self._is_cut:
            shown = self._shortened(shown, max(self.width(), 1))
            self.label.setToolTip(self._text if shown != self._text else "")
        if shown != self.label.text():
            self.label.setText(shown)
        needed = self.label.heightForWidth(self.width()) if self._grows else 0
        if needed > self._height:
            self._height = needed
            self.updateGeometry()

    def _shortened(self, text: str, width: int) -> str:
        return self.label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)


class ShortenedLabel(QLabel):
    """Keeps to some lines; the last words give way to an ellipsis where there is no room for all of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self._lead, self._rest, self._lines = "", "", 1

    def set_lines(self, lines: int) -> None:
        """Have room for so many."""
        self._lines = lines
        self.setFixedHeight(lines * line_height(self.font()) + 2)
        self._fit()

    def set_text(self, lead: str, rest: str) -> None:
        """Show rich text, which is never shortened, and after it plain text."""
        if (lead, rest) != (self._lead, self._rest):
            self._lead, self._rest = lead, rest
            self._fit()

    def whole_text(self) -> str:
        return self._with(self._rest)

    def hasHeightForWidth(self) -> bool:
        return False  # its lines are given; else all around it would ask for the height that it would like

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _with(self, rest: str) -> str:
        return sentences(self._lead, html.escape(rest, quote=False))

    def _fit(self) -> None:
        document = QTextDocument()
        document.setDocumentMargin(0)
        document.setDefaultFont(self.font())
        document.setTextWidth(max(self.contentsRect().width(), 1))

        def is_too_long(text: str) -> bool:
            document.setHtml(text)
            return document.size().height() > self._lines * line_height(self.font())

        shown = self.whole_text()
        if is_too_long(shown):
            words = [word.end() for word in re.finditer(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+", self._rest)]
            starts = [self._with(f"{self._rest[:end]}…") for end in words]
            shown = starts[max(0, bisect_left(starts, True, key=is_too_long) - 1)] if starts else shown
        if shown != self.text():
            self.setText(shown)


class Captioned(QWidget):
    """Stacks a view and a small line of text."""

    def __init__(self, view: QWidget, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption = styled(ElidedLabel(), "muted", "small", figures=True)
        self._caption.set_text(text)
        self._caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        # What is written must not change how wide the view is.
        self._caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if view.hasHeightForWidth():  # then the text stays close to it, and both in the middle
            column(1, view, self._caption, 1, spacing=0, on=self)
        else:
            column((view, 1), self._caption, spacing=0, on=self)

    def set_caption(self, text: str) -> None:
        self._caption.set_text(text)

    def caption(self) -> str:
        return self._caption.whole_text()


def duration_text(seconds: float) -> str:
    """A length of time in one or two units: "40 s", "12 min", "1 h 5 min"."""
    if seconds < 60:
        return tr("{seconds} s").format(seconds=f"{max(seconds, 1):.0f}")
    minutes = round(seconds / 60)
    text = tr("{minutes} min") if minutes < 60 else tr("{hours} h {minutes} min")
    return text.format(hours=minutes // 60, minutes=minutes % 60)
