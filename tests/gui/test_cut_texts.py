"""No text of the window is cut in Chinese, whose letters are higher and wider, on a screen of 1280 × 800."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontInfo, QImage, QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QTreeWidget,
    QWidget,
)

from vae_desktop import language
from vae_desktop.gui.widgets.decoded_image import DecodedImage
from vae_desktop.gui.widgets.flow_arrow import FlowArrow
from vae_desktop.gui.widgets.labels import ElidedLabel, ShortenedLabel
from vae_desktop.gui.widgets.theme import small_font

SLACK = 1  # px, of rounding
TEXT = "采样得到的图像"


@pytest.fixture
def chinese(monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("LANGUAGE", "zh")
    yield
    language.use("en")


def test_no_text_of_the_window_is_cut(chinese, open_window) -> None:
    driver = open_window()
    window = driver.window
    window.controller.open_last_model()
    driver.wait(lambda: driver.picture and driver.has_dataset)
    found = {}
    for face in ("setup", "lab"):
        window.setup.show_face(face)
        driver.decoded()
        found |= cut(window)
    lab = window.controller.lab
    for number, chapter in enumerate(lab.chapters):
        for index in range(len(chapter.steps)):
            lab.go_to(number, index)
            driver.qtbot.wait(1)
            found |= cut(window.setup.lab)
    for tool in window.tools:
        window.show_tool(tool)
        driver.decoded()
        found |= cut(window)
    for dock in ("measuresDock", "runsDock", "learningCurvesDock"):
        driver.find(dock).raise_()
        driver.decoded()
        found |= cut(window)
    window.show_workspace("comparison")
    driver.wait(lambda: driver.find("compareKlTerm2dButton").isVisible())
    found |= cut(window)
    assert not found, "\n".join(f"{text}: {why}" for text, why in found.items())


def test_the_word_over_an_arrow_is_whole(chinese, qtbot) -> None:
    language.use("zh")
    inked = {}
    for part in (FlowArrow("arrow", TEXT, TEXT, ""), QLabel(TEXT, font=small_font(QApplication.font()))):
        qtbot.addWidget(part)
        part.resize(part.sizeHint())
        image = part.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        grey = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)[:, : image.width()]
        lines = (grey[:, : image.width() - 12].astype(int) - int(grey[-1, -1])).any(1)  # without the arrow's head
        inked[type(part)] = int(np.argmin(lines[np.argmax(lines) :]))
    assert inked[FlowArrow] == inked[QLabel]


def test_chinese_has_its_own_forms_of_characters_and_latin_letters_stay(chinese, open_window) -> None:
    latin = QFontInfo(QApplication.font()).family()
    font = open_window().window.font()
    assert QFontInfo(font).family() == latin
    assert any("Sans" in family and family.endswith("SC") for family in font.families())


def tabs() -> QTabBar:
    bar = QTabBar()
    bar.addTab(TEXT)
    bar.addTab(TEXT)
    return bar


def box() -> QComboBox:
    result = QComboBox()
    result.addItems(["样本", TEXT])
    return result


def tree() -> QTreeWidget:
    result = QTreeWidget()
    result.setHeaderLabels([TEXT, TEXT])
    return result


@pytest.mark.parametrize(
    "make",
    [
        lambda: QLabel(TEXT), lambda: QLabel(f"<b>{TEXT}</b>"), lambda: QLabel(TEXT, wordWrap=True),
        lambda: QPushButton(TEXT), lambda: QCheckBox(TEXT), tabs, box, tree,
    ],
)  # fmt: skip
def test_a_text_with_too_little_room_is_found(qtbot, make) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    part = make()
    part.setParent(window)
    part.resize(400, 80)
    window.resize(400, 80)
    with qtbot.waitExposed(window):
        window.show()
    assert not cut(window)
    if isinstance(part, QTreeWidget):
        part.header().resizeSection(0, 50)
    else:
        part.resize(60, 15)
    assert any(TEXT in text for text in cut(window))


def test_what_lies_beyond_an_edge_is_cut(qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    QLabel(TEXT, window).move(30, 0)
    window.resize(60, 80)
    window.show()
    assert cut(window)


@pytest.mark.parametrize("kind", [ElidedLabel, ShortenedLabel])
def test_a_shortened_text_needs_a_tip_that_has_all_of_it(qtbot, kind) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    label = kind(window)
    label.resize(60, 40)
    label.set_text(*(["", TEXT * 3] if kind is ShortenedLabel else [TEXT * 3]))
    window.show()
    label.setToolTip(TEXT * 3)
    assert label.text().endswith("…")
    assert not cut(window)
    label.setToolTip("")
    assert cut(window)


def cut(window: QWidget) -> dict[str, str]:
    """The texts in sight that have too little room, each with what it has and what it needs."""
    result = {}
    for part in window.findChildren(QWidget):
        surface = part.viewport() if isinstance(part, QAbstractScrollArea) else part
        if part.isVisible() and not surface.visibleRegion().isEmpty():  # a dock behind another one is off the window
            for text, room, needed in written_on(part):
                if needed > room + SLACK:
                    result[f"{type(part).__name__} {part.objectName()} “{text}”"] = f"{room} px of {needed}"
    return result


def written_on(part: QWidget) -> Iterator[tuple[str, float, float]]:
    """The texts on a part of the window, each with the room that it has and the room that it needs."""
    if isinstance(part, QLabel) and part.text():
        yield from in_label(part)
    if isinstance(part, DecodedImage):
        yield part.accessibleName(), width_in_sight(part), part.width()
    if isinstance(part, QAbstractButton) and part.text():
        yield part.text(), width_in_sight(part), part.sizeHint().width()
    if isinstance(part, QComboBox):
        option = QStyleOptionComboBox()
        part.initStyleOption(option)
        control, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = part.style().subControlRect(control, option, field, part).width()
        for index in range(part.count()):
            yield part.itemText(index), room, part.fontMetrics().horizontalAdvance(part.itemText(index))
    if isinstance(part, QTabBar) and part.count():
        texts = " | ".join(part.tabText(index) for index in range(part.count()))
        yield texts, width_in_sight(part), part.sizeHint().width()
    if isinstance(part, QHeaderView) and part.orientation() == Qt.Orientation.Horizontal:
        for index in range(part.count()):
            text = str(part.model().headerData(index, part.orientation()))
            if not part.isSectionHidden(index):
                yield text, part.sectionSize(index), part.fontMetrics().size(0, text).width()


def in_label(label: QLabel) -> Iterator[tuple[str, float, float]]:
    text, metrics = label.text(), label.fontMetrics()
    room = width_in_sight(label) - (label.width() - label.contentsRect().width())
    whole = label.whole_text() if isinstance(label, ElidedLabel | ShortenedLabel) else text
    if text.endswith("…") and whole != text and whole not in label.toolTip():
        yield whole, room, metrics.horizontalAdvance(whole)
    if label.wordWrap():
        yield text, label.height(), label.heightForWidth(label.width())
    form, tag = label.textFormat(), re.compile(r"<\w+[^>]*>")
    if form == Qt.TextFormat.RichText or (form == Qt.TextFormat.AutoText and tag.search(text)):
        document = QTextDocument()
        document.setDefaultFont(label.font())
        document.setDocumentMargin(0)
        document.setHtml(text)
        if label.wordWrap():
            document.setTextWidth(room)
        yield document.toPlainText(), room, document.idealWidth()
    elif not label.wordWrap():
        yield text, room, metrics.size(Qt.TextFlag.TextShowMnemonic, text).width()


def width_in_sight(part: QWidget) -> int:
    """How much of a part's width no edge of what it lies in cuts off, where one cannot scroll to the rest."""
    left, right, above = 0, part.width(), part
    while not above.isWindow():
        above = above.parentWidget()
        area = above.parentWidget()
        if isinstance(area, QAbstractScrollArea) and above is area.viewport() and area.horizontalScrollBar().maximum():
            break
        place = part.mapTo(above, QPoint(0, 0)).x()
        left, right = max(left, -place), min(right, above.width() - place)
    return right - left
