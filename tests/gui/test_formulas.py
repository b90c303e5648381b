"""The whole computation of one image: its numbers are the engine's, and what is lit belongs together."""

import sys

import numpy as np
import pytest
import torch
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from torch.distributions import Normal, kl_divergence

from tests.gui.pointing import move
from vae_desktop.gui.views.tools.posterior_table import short
from vae_desktop.latent.computation import Place

DIMENSIONAL = ("mean", "stddev", "noise", "code", "kl")


class Formulas:
    """The view beside the codes, with image 3 of the digits at hand."""

    def __init__(self, driver):
        self.driver = driver
        driver.window.show_tool("drawing")
        self.strip = driver.window.tools["drawing"]
        self.drawing = driver.window.controller.workspaces.tools.drawing
        self.controller = driver.window.controller.formulas
        self.point = driver.window.controller.point
        self.sliders = driver.window.panel.sliders
        driver.window.stage.show_views("formulas")
        driver.wait(lambda: self.controller.view is not None and self.controller.view.isVisible())
        self.view = self.controller.view
        self.lights = self.controller.lights

    def take(self, number):
        self.driver.find("padImageSpin").setValue(number)
        self.driver.wait(lambda: self.shows(number))

    def shows(self, number):
        shown = self.controller.shown
        return (
            self.drawing.at_hand == number and shown is not None and shown is self.drawing.coded
            and shown.loss is not None and self.view.title.whole_text().startswith(f"test image {number}")
        )  # fmt: skip

    def number(self, term):
        return self.view.terms[term].value

    def column(self, term):
        index = [quantity.term for quantity in self.view.numbers.columns].index(term)
        return self.view.numbers.values[index]

    def cells(self):
        model = self.view.numbers
        return [model.index(row, column) for row in range(model.rowCount()) for column in range(model.columnCount())]


@pytest.fixture(scope="module")
def trained(_shared_driver):
    """A model of the digits, whose pixels are at hand."""
    _shared_driver.train_to_the_end(latentDim="2")
    return _shared_driver.shown


@pytest.fixture
def formulas(trained, shared_driver):
    shared_driver.engine.project.show(trained)
    result = Formulas(shared_driver)
    result.take(3)
    yield result
    result.lights.point_at(None)
    shared_driver.window.stage.show_views("codes")


def test_nothing_of_it_is_loaded_before_it_is_shown(open_window):
    driver = open_window()
    driver.wait(lambda: driver.window.controller.formulas is not None)
    assert driver.window.controller.formulas.view is None
    assert driver.window.findChild(QToolButton, "formulasButton") is not None
    if "ziamath" in sys.modules:  # another test of this process has loaded it
        return
    assert "vae_desktop.gui.views.formulas.view" not in sys.modules


@torch.inference_mode()
def test_every_number_is_the_engines_and_that_of_torch_distributions(formulas):
    coded = formulas.drawing.coded
    loss, stddev = coded.loss, np.exp(coded.codes.log_stddev[0])
    normal = Normal(torch.from_numpy(coded.codes.mean[0]), torch.from_numpy(stddev))
    image = torch.from_numpy(formulas.drawing.pixels() / np.float32(255))
    code = normal.loc + normal.scale * torch.from_numpy(coded.noise[0])
    decoded = formulas.driver.engine.inference.newest_snapshot(formulas.driver.shown.id)
    kl = kl_divergence(normal, Normal(0.0, 1.0))
    for term, engine, reference in (
        ("mean", coded.codes.mean[0], normal.loc),
        ("stddev", np.exp(coded.codes.log_stddev[0]), normal.scale),
        ("noise", coded.noise[0], torch.from_numpy(coded.noise[0])),
        ("code", coded.drawn[0], code),
        ("kl", loss.kl_per_dimension, kl),
    ):
        assert formulas.column(term) == pytest.approx(engine, abs=1e-5)
        assert formulas.column(term) == pytest.approx(reference.numpy(), abs=1e-5)
    error = float((decoded_by(decoded, formulas.driver.shown, code) - image.numpy()).__pow__(2).sum())
    assert formulas.number("error") == pytest.approx(loss.reconstruction, abs=1e-5)
    assert formulas.number("error") == pytest.approx(error, abs=1e-4)
    assert formulas.number("kl") == pytest.approx(loss.kl, abs=1e-5)
    assert formulas.number("kl") == pytest.approx(float(kl.sum()), abs=1e-5)
    assert formulas.number("loss") == pytest.approx(loss.total, abs=1e-5)
    parts = [formulas.number(term) for term in ("weighted_error", "weighted_kl")]
    assert sum(parts) == pytest.approx(formulas.number("loss"), abs=1e-5)
    assert formulas.number("pixels") == image.numel()


def decoded_by(snapshot, run, code):
    """The picture (C, H, W) of a code, by a model made anew from its weights."""
    from vae_desktop.models.autoencoder import model_of

    model = model_of(run.config.model, run.image_shape, snapshot.weights)
    return model.decode(code[None])[0].numpy()


def test_numbers_of_one_image_never_stand_under_the_title_of_another(formulas):
    shown = formulas.controller.shown
    formulas.driver.find("padImageSpin").setValue(5)  # the answer is under way
    formulas.view.sight_changed.emit(True)
    assert formulas.controller.shown is shown
    assert formulas.view.title.whole_text().startswith("test image 3")
    formulas.driver.wait(lambda: formulas.shows(5))


def test_what_is_written_is_each_number_rounded(formulas):
    for index in formulas.cells():
        value = formulas.view.numbers.values[index.column()][index.row()]
        assert index.data() == short(float(value))
    for term in ("kl", "error", "loss", "weighted_error"):
        assert formulas.view.terms[term].text == short(formulas.number(term))
        assert short(formulas.number(term)) in formulas.view.terms[term].accessibleName()
    assert formulas.view.bar.fractions[1] == pytest.approx(formulas.number("weighted_kl") / formulas.number("loss"))


def test_sample_again_changes_the_noise_and_all_that_follows_from_it(formulas):
    before = {term: formulas.column(term).copy() for term in DIMENSIONAL}, formulas.number("error")
    formulas.driver.find("sampleAgainButton", QToolButton).click()
    formulas.driver.wait(lambda: not np.array_equal(formulas.column("noise"), before[0]["noise"]))
    assert np.array_equal(formulas.column("mean"), before[0]["mean"])
    assert formulas.column("code") == pytest.approx(
        formulas.column("mean") + formulas.column("stddev") * formulas.column("noise"), abs=1e-6
    )
    formulas.driver.wait(lambda: formulas.number("error") != before[1])


def test_a_slider_moves_z_and_the_noise_says_what_would_have_led_there(formulas):
    formulas.driver.find("latentSlider1").setValue(1.25)
    formulas.driver.wait(lambda: formulas.column("code")[1] == pytest.approx(1.25, abs=1e-5))
    assert formulas.column("code") == pytest.approx(formulas.point.code, abs=1e-5)
    led = formulas.column("mean") + formulas.column("stddev") * formulas.column("noise")
    assert led == pytest.approx(formulas.point.code, abs=1e-5)
    assert "current point" in formulas.driver.find("formulaNote").text()
    formulas.take(4)  # another image takes the point to its own code
    assert not formulas.driver.find("formulaNote").isVisible()


def test_a_hovered_image_is_shown_until_it_is_left(formulas):
    scatter = formulas.driver.window.stage.scatter
    scatter.image_hovered.emit(7)
    formulas.driver.wait(lambda: formulas.shows(7))
    assert formulas.column("mean") == pytest.approx(formulas.driver.shown.codes.mean[7], abs=1e-4)
    assert formulas.lights.pointed == Place("mean")
    scatter.hover_ended.emit()
    formulas.driver.wait(lambda: formulas.shows(3))
    assert formulas.lights.pointed is None


def test_a_term_that_is_pointed_at_lights_all_that_stands_for_it(formulas):
    enter(formulas.view.terms["weighted_error"])
    lit = {term for term, part in formulas.view.terms.items() if part.is_lit}
    assert lit == {"weighted_error", "error"}
    assert is_lit(formulas.view.pictures["error"])
    assert is_lit(formulas.strip.sample)
    QApplication.sendEvent(formulas.view.terms["weighted_error"], QEvent(QEvent.Type.Leave))
    assert not any(part.is_lit for part in formulas.view.terms.values())
    assert not is_lit(formulas.strip.sample)


def test_a_number_lights_its_slider_its_cell_in_the_strip_and_its_place_in_the_scatter(formulas):
    window, place = formulas.driver.window, Place("code", 1)
    before = window.stage.scatter.grab().toImage()
    strip = formulas.driver.find("sampleTable").grab().toImage()
    sliders = [formulas.driver.find(f"latentSlider{each}").grab().toImage() for each in range(2)]
    formulas.view.table.setCurrentIndex(formulas.view.numbers.index(1, 3))
    formulas.view.table.setFocus()
    formulas.view.table.pointed.emit(place)
    assert formulas.lights.pointed == place
    assert window.stage.scatter.grab().toImage() != before
    assert formulas.driver.find("sampleTable").grab().toImage() != strip
    changed = [formulas.driver.find(f"latentSlider{each}").grab().toImage() != sliders[each] for each in range(2)]
    assert changed == [False, True]


def test_what_is_pointed_at_elsewhere_lights_its_number(formulas):
    enter(formulas.driver.find("latentSlider1"))
    lit = [index for index in formulas.cells() if index.data(Qt.ItemDataRole.UserRole + 1)]
    assert {index.row() for index in lit} == {1}
    assert len(lit) == 5
    QApplication.sendEvent(formulas.driver.find("latentSlider1"), QEvent(QEvent.Type.Leave))
    enter(formulas.strip.input)
    assert formulas.view.terms["pixels"].is_lit
    QApplication.sendEvent(formulas.strip.input, QEvent(QEvent.Type.Leave))
    table = formulas.driver.find("posteriorTable")
    rect = table.visualRect(table.model().index(0, 1))
    move(table.viewport(), rect.center() + QPoint(1, 1))
    formulas.driver.wait(lambda: formulas.lights.pointed == Place("stddev", 0))


def test_the_keyboard_points_as_the_mouse_does(formulas):
    formulas.driver.window.activateWindow()
    term = formulas.view.terms["error"]
    term.setFocus(Qt.FocusReason.TabFocusReason)
    formulas.driver.wait(lambda: term.is_lit)
    table = formulas.view.table
    table.setFocus()
    table.setCurrentIndex(formulas.view.numbers.index(0, 0))
    QTest.keyClick(table, Qt.Key.Key_Right)
    formulas.driver.wait(lambda: formulas.lights.pointed == Place("stddev", 0))


def test_an_autoencoder_has_its_code_and_its_error_alone(formulas):
    formulas.driver.show("ae-2d")
    formulas.driver.wait(lambda: [quantity.term for quantity in formulas.view.numbers.columns] == ["code"])
    assert not formulas.view.terms["kl"].isVisible()
    assert not formulas.view.terms["weighted_kl"].isVisible()
    formulas.driver.wait(lambda: formulas.view.numbers.values)
    assert formulas.number("error") is None  # of MNIST no pixels are at hand
    assert formulas.number("loss") is None
    assert "MNIST" in formulas.driver.find("formulaNote").text()
    assert formulas.column("code") == pytest.approx(formulas.drawing.coded.codes.mean[0], abs=1e-5)


def test_numbers_follow_training_also_behind_another_tool(shared_driver):
    shared_driver.train(epochs="100000", latentDim="2")
    formulas = Formulas(shared_driver)
    formulas.driver.find("learningCurvesDock").raise_()
    shared_driver.wait(lambda: formulas.view.numbers.values and formulas.number("loss") is not None)
    before = formulas.number("loss")
    shared_driver.wait(lambda: formulas.number("loss") not in (before, None))
    shared_driver.stop()
    shared_driver.window.stage.show_views("codes")


def test_it_is_opened_by_button_and_menu_and_gives_the_place_back(formulas):
    window, button = formulas.driver.window, formulas.driver.find("formulasButton", QToolButton)
    assert button.isChecked()
    button.click()
    assert window.stage.views == "codes"
    assert not formulas.view.isVisible()
    formulas.driver.find("formulasViewAction", QAction).trigger()
    assert formulas.view.isVisible()
    assert button.isChecked()
    formulas.driver.find("closeFormulasButton", QToolButton).click()
    assert window.stage.views == "codes"


def test_in_a_narrow_window_they_stand_alone(formulas):
    window = formulas.driver.window
    before = window.size()
    window.resize(1000, 560)
    formulas.driver.wait(lambda: not window.stage.scatter.isVisible())
    assert formulas.view.isVisible()
    assert formulas.view.mapTo(window, QPoint(formulas.view.width(), 0)).x() <= window.width()
    window.resize(before)
    formulas.driver.wait(window.stage.scatter.isVisible)
    assert formulas.view.width() >= formulas.view.sizeHint().width()


def test_the_menu_brings_back_the_model_and_its_image(formulas):
    window = formulas.driver.window
    window.stage.show_views("codes")
    window.show_workspace("comparison")
    formulas.driver.find("formulasViewAction", QAction).trigger()
    assert window.workspace == "playground"
    formulas.driver.wait(lambda: formulas.strip.is_in_sight and formulas.view.isVisible())
    formulas.driver.wait(lambda: formulas.number("loss") is not None)


def test_they_are_there_again_at_the_next_start(open_window):
    first = open_window()
    first.wait(lambda: first.window.controller.formulas is not None)
    first.window.stage.show_views("formulas")
    first.wait(lambda: first.window.controller.formulas.view is not None)
    first.window.close()
    second = open_window()
    second.wait(lambda: second.window.controller.formulas is not None and second.window.controller.formulas.view)
    assert second.window.stage.views == "formulas"
    assert second.window.controller.formulas.view.isVisible()


def enter(widget):
    middle = QPointF(widget.rect().center())
    QApplication.sendEvent(widget, QEnterEvent(middle, middle, QPointF(widget.mapToGlobal(widget.rect().center()))))


def is_lit(picture):
    """Whether a picture stands in a frame of the accent."""
    image, accent = picture.grab().toImage(), picture.palette().accent().color()
    return any(
        image.pixelColor(x, y) == accent for x in range(image.width() // 2) for y in (image.height() // 2,)
    )
