"""The tool Words: what is typed, what is drawn of it, its walk from noise to codes, and fitting the diffusion."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolButton

from vae_desktop.latent.codes import Codes

WORDS = {"seven": "class.7", "four": "class.4", "thick": "thickness.high", "thin": "thickness.low", "a": ""}


def untaught(latent_dim, step, seed=0):
    """A diffusion that knows some words and has learned nothing: what it draws follows from its first weights."""
    from vae_desktop.words.diffusion import Denoiser
    from vae_desktop.words.latent_diffusion import LatentDiffusion
    from vae_desktop.words.text_encoder import TEXT_DIM, TextEncoder

    networks = {"denoiser": Denoiser(latent_dim, TEXT_DIM, 16, 1), "text": TextEncoder(tuple(WORDS))}
    weights = {"middle": np.zeros(latent_dim, np.float32), "scale": np.ones(latent_dim, np.float32)}
    for prefix, network in networks.items():
        network.initialize(seed)
        weights |= {f"{prefix}.{name}": part.detach().numpy() for name, part in network.named_parameters()}
    random = np.random.default_rng(seed)
    weights["captions"] = random.normal(0, 1, (2048, TEXT_DIM)).astype(np.float32)
    for name in ("denoiser.last.weight", "denoiser.outer.0.weight"):
        weights[name] = random.normal(0, 0.3, weights[name].shape).astype(np.float32)
    words = {word: [100, said, 1.0] for word, said in WORDS.items()}
    described = {"words": words, "width": 16, "layers": 1, "images": 100, "seed": seed}
    names = [str(digit) for digit in range(10)]
    subject = {"dataset": "mnist", "class_names": names, "kinds": ["class", "thickness"], "are_strokes": True}
    described |= {"examples": {"en": ["a thin four", "a thick seven"], "zh": []}, "subject": subject}
    return LatentDiffusion(weights, described, step)


class Words:
    """The tool, used as a person would."""

    def __init__(self, driver):
        self.driver = driver
        driver.window.show_tool("words")
        self.view = driver.window.tools["words"]
        self.controller = driver.window.controller.workspaces.tools.words
        self.point = driver.window.controller.point

    def give(self, diffusion):
        run = self.driver.shown
        run.diffusion = diffusion
        self.driver.engine.project.words_changed.emit(run)
        return diffusion

    def type(self, text):
        self.view.line.clear()
        QTest.keyClicks(self.view.line, text)
        QTest.keyClick(self.view.line, Qt.Key.Key_Return)

    def drawn(self, text):
        """Wait until that text is drawn; return the walks."""
        self.driver.wait(lambda: self.controller.drawn is not None and self.controller.drawn.text == text)
        self.driver.wait(lambda: self.view.board.pictures is not None)
        return self.controller.walks

    def click(self, index):
        QTest.mouseClick(self.view.board, Qt.MouseButton.LeftButton, pos=self.view.board.tile_rect(index).center())


@pytest.fixture
def words(shared_driver):
    driver = shared_driver.show("vae-2d")
    words = Words(driver)
    words.view.guidance.setValue(2.0)
    words.view.steps.setValue(10)
    words.view.seed.setValue(0)
    words.view.line.clear()
    words.diffusion = words.give(untaught(2, driver.shown.step))
    words.drawn("")
    return words


def test_what_is_typed_is_drawn_with_enter_and_after_a_pause(words):
    words.type("a thick seven")
    walks = words.drawn("a thick seven")
    assert np.array_equal(walks, words.diffusion.draw("a thick seven", 36, 2.0, 10, 0))
    assert len(words.view.board.pictures) == 36
    QTest.keyClicks(words.view.line, " thick")
    words.drawn("a thick seven thick")
    words.view.guidance.setValue(4.5)
    words.driver.wait(lambda: words.controller.drawn.guidance == 4.5)
    assert np.array_equal(words.controller.walks, words.diffusion.draw("a thick seven thick", 36, 4.5, 10, 0))
    words.driver.find("newWordsButton", QToolButton).click()
    words.driver.wait(lambda: words.controller.drawn.seed == 1)


def test_of_several_texts_the_newest_wins(words):
    for text in ("thin", "four", "seven"):
        words.view.set_text(text)
    words.drawn("seven")
    assert words.controller.drawn.text == "seven"


def test_what_was_understood_is_lit_and_the_rest_is_struck(words):
    words.type("thick purple seven")
    words.drawn("thick purple seven")
    assert "<s>purple</s>" in words.view.understood.text()
    assert "<s>seven" not in words.view.understood.text()
    assert "not known from these images" in words.view.understood.accessibleDescription()


@pytest.mark.parametrize("text", ["quantum giraffe", "!!!", "?" * 10_000, "ж" * 10_000])
def test_what_is_not_grounded_is_refused_with_the_reason(words, text):
    before = words.point.code
    words.view.set_text(text)
    assert words.view.board.pictures is None
    assert words.view.board.empty_text == words.diffusion.understand(text).reason
    assert words.view.examples.isVisible()
    assert words.controller.walks is None
    assert not words.view.travel.slider.isEnabled()
    assert words.point.code is before
    words.type("four")
    words.drawn("four")


def test_an_empty_line_draws_without_words(words):
    words.type("   ")
    assert np.array_equal(words.drawn(""), words.diffusion.draw(None, 36, 2.0, 10, 0))
    assert "without words" in words.driver.find("wordsExamplesLead", QLabel).text()


def test_a_click_goes_there_and_the_slider_leads_from_noise_to_the_code(words):
    words.type("four")
    walks = words.drawn("four")
    words.click(7)
    assert np.array_equal(words.point.code, walks[-1, 7])
    words.driver.wait(lambda: words.view.walk.pictures is not None)
    assert len(words.view.walk.pictures) == 11
    overlay = words.controller.overlay
    assert overlay.way == pytest.approx(walks[:, 7])
    words.view.travel.slider.setValue(0)
    assert np.array_equal(words.point.code, walks[0, 7])
    assert overlay.crosses.positions == pytest.approx(walks[0])
    assert words.view.travel.where.whole_text() == "0 / 10"
    QTest.keyClick(words.view.walk, Qt.Key.Key_Right)
    assert np.array_equal(words.point.code, walks[1, 7])
    words.point.set_coordinate(0, 3.0)  # whoever moves the point away
    assert words.view.board.chosen is None
    assert words.view.walk.pictures is None
    assert not len(overlay.way)


def test_the_walk_is_played_to_its_end(words):
    words.type("four")
    walks = words.drawn("four")
    words.click(3)
    seen = []
    words.point.moved.connect(lambda code: seen.append(code))
    words.view.travel.play_button.click()
    words.driver.wait(lambda: not words.view.travel.play_button.isChecked())
    assert np.array_equal(seen[0], walks[0, 3])
    assert np.array_equal(seen[-1], walks[-1, 3])
    assert words.controller.step == 10


def test_crosses_are_drawn_while_in_sight_and_never_in_a_layout(words):
    crosses = words.controller.overlay.crosses
    assert len(crosses.positions) == 36
    words.driver.window.show_tool("path")
    assert not len(crosses.positions)
    assert words.driver.engine.inference.newest("words") is None
    words.driver.window.show_tool("words")
    assert len(crosses.positions) == 36
    scatter = words.driver.window.stage.scatter
    scatter.set_layout(np.zeros((len(scatter.drawn), 2), np.float32))
    assert not len(crosses.positions)
    scatter.set_plane(scatter.plane)
    assert len(crosses.positions) == 36


def test_a_text_that_is_longer_than_the_line_leaves_room_for_what_is_understood(words):
    words.type("thick " * 30 + "seven")
    words.drawn("thick " * 29 + "thick seven")
    assert words.view.understood.text().endswith("… → thick, 7")


def test_where_it_is_narrow_the_pictures_stand_above_their_slider(words):
    view, window = words.view, words.driver.window
    wide = window.size()
    try:
        window.resize(1000, 560)
        words.driver.wait(lambda: view.travel.geometry().top() > view.board.geometry().bottom())
        assert view.width() <= view.parentWidget().width()  # it does not scroll sideways
    finally:
        window.resize(wide)
    words.driver.wait(lambda: view.travel.geometry().left() > view.board.geometry().right())
    assert not view.walk.isHidden()


def test_without_a_diffusion_a_text_waits_and_is_drawn_once_there_is_one(words):
    words.give(None)
    assert "Fit it" in words.view.guidance.toolTip()
    words.type("four")
    assert words.view.board.pictures is None
    words.give(words.diffusion)
    words.drawn("four")


def test_without_a_diffusion_the_place_of_the_pictures_says_why(words):
    words.give(None)
    assert not words.view.guidance.isEnabled()
    assert words.view.fit_button.property("primary")
    assert words.view.board.pictures is None
    assert words.view.walk.empty_text == ""
    assert "Fit it" in words.view.board.empty_text
    assert words.view.fit_button.isEnabled()
    assert "MNIST" in words.view.note.text()
    run = words.driver.shown
    codes = run.newest_codes
    try:
        run.newest_codes = Codes(np.zeros_like(codes.mean), codes.log_stddev, codes.labels)
        words.controller.refresh()
        assert "collapsed" in words.view.board.empty_text
        assert not words.view.fit_button.isEnabled()
        run.newest_codes = None
        words.controller.refresh()
        assert "no codes" in words.view.board.empty_text
    finally:
        run.newest_codes = codes
    words.driver.engine.project.codes_changed.emit(run)  # as the first ones of a training come
    assert "Fit it" in words.view.board.empty_text
    assert words.view.fit_button.isEnabled()


def test_one_that_is_of_another_step_is_called_so(words):
    assert "may be off" not in words.view.note.text()
    words.give(replace(words.diffusion, step=1))
    assert words.view.fit_button.text() == "Fit anew"
    assert "Of step 1;" in words.view.note.text()


def test_a_diffusion_grows_old_while_its_model_trains_on(shared_driver):
    driver = shared_driver
    driver.train_to_the_end(epochs="10")
    words = Words(driver)
    words.give(untaught(2, driver.shown.step))
    assert words.view.note.text() == f"Fitted at step {driver.shown.step:,}."
    driver.click("continueButton")
    driver.wait(lambda: "may be off" in words.view.note.text())
    driver.stop()


def test_another_model_has_none_of_it(words):
    words.type("four")
    words.drawn("four")
    words.driver.show("vae-20d")
    assert words.controller.walks is None
    assert words.view.board.pictures is None
    assert words.view.line.text() == "four"
    assert not len(words.controller.overlay.crosses.positions)


def test_samples_can_be_drawn_from_it(words):
    driver = words.driver
    driver.window.show_tool("samples")
    view = driver.window.tools["samples"]
    samples = driver.window.controller.workspaces.tools.samples
    view.count.setValue(36)
    view.seed.setValue(4)
    view.source.set_value("diffusion")
    wanted = words.diffusion.draw(None, 36, 1.0, seed=4)[-1]
    driver.wait(lambda: samples.codes.shape == wanted.shape and np.allclose(samples.codes, wanted))
    driver.show("vae-20d")
    assert view.source.value() == "prior"
    view.source.set_value("diffusion")  # greyed
    assert view.source.value() == "prior"
    place = view.source.findData("diffusion")
    assert "fit one under Words" in view.source.itemData(place, Qt.ItemDataRole.ToolTipRole)


def test_the_fit_can_be_cancelled_and_leaves_nothing(shared_driver):
    driver = shared_driver
    driver.train_to_the_end(epochs="10")
    words = Words(driver)
    words.view.fit_button.setFocus()
    QTest.keyClick(words.view.fit_button, Qt.Key.Key_Space)
    driver.wait(lambda: words.view.cancel_button.isVisible())
    assert not words.view.fit_button.isVisible()
    assert driver.window.focusWidget() is words.view.cancel_button
    QTest.keyClick(words.view.cancel_button, Qt.Key.Key_Space)
    driver.wait(lambda: words.view.fit_button.isVisible())
    assert driver.window.focusWidget() is words.view.fit_button
    assert driver.shown.diffusion is None


@pytest.mark.parametrize("has_words", [False, True])
def test_its_key_brings_the_line(shared_driver, has_words):
    driver = shared_driver.show("vae-2d")
    words = Words(driver)
    words.give(untaught(2, driver.shown.step) if has_words else None)
    driver.window.show_tool("path")
    driver.find("wordsAction", QAction).trigger()
    assert driver.window.focusWidget() is words.view.line
