"""Every text that a person sees in the window goes through the catalogue: in a language of marks it is all marked."""

import html
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTabBar,
    QTableView,
    QTextBrowser,
    QTreeView,
    QWidget,
)

from tests.catalogue import extracted
from vae_desktop import language

OPEN, CLOSE = "⟦", "⟧"
# What is the same in every language: names, formulas, units of the field, keys and kinds of files.
NAMES = re.compile(
    r"\b(MNIST|VAE|AE|PCA|SNE|KL|CPU|GPU|CSV|PNG|GIF|GELU|ReLU|ELBO|English|vae_desktop|Ctrl|Alt|Shift|Esc|Enter|Del|"
    r"Space|Home|End|Tab|Left|Right|Digits|Stable Diffusion|nats|px|dz|exp|log)\b"
)


@pytest.fixture
def marked(tmp_path, monkeypatch) -> Iterator[None]:
    """A language in which every text stands between marks."""
    catalogue = Catalog(locale="zh")
    for message in extracted():
        if message.id:
            texts = message.id if isinstance(message.id, tuple) else (message.id,)
            string = f"{OPEN}{texts[-1]}{CLOSE}"
            catalogue.add(message.id, (string,) if isinstance(message.id, tuple) else string)
    folder = tmp_path / "marks" / "locale" / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{language.DOMAIN}.mo").open("wb") as file:
        write_mo(file, catalogue)
    real = language.resource_path
    monkeypatch.setattr(
        language, "resource_path", lambda name: folder.parents[1] if name == "locale" else real(name)
    )
    monkeypatch.setenv("LANGUAGE", "zh")
    assert language.use() == "zh"
    yield
    monkeypatch.undo()
    language.use("en")


def test_the_window_shows_no_text_that_is_not_in_the_catalogue(marked, open_window) -> None:
    driver = open_window()
    window = driver.window
    window.controller.open_last_model()
    driver.wait(lambda: driver.picture)
    driver.wait(lambda: driver.has_dataset)
    found = set(bare(window))
    for tool in ("images", "samples", "words", "path", "drawing", "denoising"):
        window.show_tool(tool)
        driver.decoded()
        found |= set(bare(window))
    for action in ("keysAction", "glossaryAction"):
        driver.find(action, QAction).trigger()
        found |= set(bare(window))
    window.show_workspace("comparison")
    found |= set(bare(window))
    window.show_workspace("playground")
    driver.train_to_the_end()
    for name in ("measures", "runs"):
        driver.find(f"{name}Dock", QDockWidget).show()
    driver.click("measureButton")
    driver.wait(lambda: driver.shown.measures and driver.find("measureButton").isEnabled())
    found |= set(bare(window))
    assert not found, "\n".join(sorted(found))


def bare(window: QWidget) -> Iterator[str]:
    """The texts of a window, each with where it stands, that have words outside the marks."""
    for widget in [window, *window.findChildren(QWidget)]:
        made_by_qt = "qt_", "Scroll"  # whose own catalogue has them
        if widget.objectName().startswith(made_by_qt) or type(widget).__module__.startswith("pyqtgraph"):
            continue
        for text in texts_of(widget):
            if has_words(text):
                yield f"{type(widget).__name__} {widget.objectName()}: {text[:160]}"
    for action in window.findChildren(QAction):
        if not action.objectName():  # pyqtgraph's, of a menu that is never shown
            continue
        for text in (action.text(), action.toolTip(), action.statusTip()):
            if has_words(text):
                yield f"action {action.objectName()}: {text[:160]}"


def texts_of(widget: QWidget) -> Iterator[str]:
    yield widget.toolTip()
    yield widget.accessibleName()
    yield widget.accessibleDescription()
    yield widget.windowTitle() if not isinstance(widget, QMenu) else ""
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    if isinstance(widget, QTextBrowser):
        lines = widget.toPlainText().splitlines()  # beside a text may stand who it is from, and the English word
        yield from (line for line in lines if OPEN not in line)
    if isinstance(widget, QGroupBox | QMenu):
        yield widget.title()
    if isinstance(widget, QLineEdit):
        yield widget.placeholderText()
    if isinstance(widget, QAbstractSpinBox):
        yield widget.specialValueText()
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(index) for index in range(widget.count()))
    if isinstance(widget, QTabBar):
        yield from (widget.tabText(index) for index in range(widget.count()))
    if isinstance(widget, QTableView | QTreeView) and widget.model() is not None:
        model = widget.model()
        for column in range(model.columnCount()):
            yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")
            for row in range(model.rowCount()):
                yield str(model.index(row, column).data() or "")


def has_words(text: str) -> bool:
    """Whether some word of letters stands outside the marks."""
    text = re.sub(r"(CUDA|MPS): [^<⟦]*", "", html.unescape(text))  # reasons of torch's own
    rest = re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*({CLOSE}|$)", " ", text)  # also one that was cut
    while rest != (rest := re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", rest)):
        pass
    rest = NAMES.sub(" ", re.sub(r"<[^>]*>", " ", rest))
    return bool(re.search(r"[A-Za-z]{3,}", rest))
