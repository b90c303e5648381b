"""One training step at a time, by its button and its key, and what is then to be seen of it."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget

from vae_desktop.gui.views.setup.transport import Transport
from vae_desktop.gui.views.tools.step_overlay import ARROWS


def paused(driver, **texts):
    """Hold a training after some steps."""
    driver.stop()
    driver.window.show_workspace("playground")
    driver.train(**{"epochs": "100000", "latentDim": "2", **texts})
    driver.wait(lambda: len(driver.shown.history.training) > 3 and driver.state == "training")
    driver.click("pauseButton")
    driver.wait(lambda: driver.state == "paused")
    return driver


def take_step(driver):
    """Take the next step by the button that stands in the place of Train."""
    step = len(driver.shown.history.training)
    driver.click("singleStepButton")
    driver.wait(lambda: driver.shown.newest_step is not None and driver.shown.newest_step.step > step)
    return driver.shown.newest_step


def tool(driver):
    return driver.window.controller.workspaces.tools.step


def dock(driver):
    return driver.find("stepDock", QDockWidget)


def click_tile(view, index):
    QTest.mouseClick(view.board, Qt.MouseButton.LeftButton, pos=view.board.tile_rect(index).center())


def test_a_step_brings_its_tool_and_training_on_takes_it_away(shared_driver):
    driver = paused(shared_driver)
    driver.window.show_tool("samples")
    assert dock(driver).isHidden()
    steps = len(driver.shown.history.training)
    observed = take_step(driver)
    assert len(driver.shown.history.training) == observed.step == steps + 1
    assert driver.state == "paused"
    assert tool(driver).view.is_in_sight
    assert driver.find("timeLeftText").text() == ""
    assert not driver.find("trainButton").isVisible()
    driver.click("pauseButton")
    driver.wait(lambda: driver.state == "training")
    assert dock(driver).isHidden()
    assert driver.window.tools["samples"].is_in_sight
    assert driver.find("trainButton").isVisible()
    assert tool(driver).observed is None
    driver.stop()


def test_the_table_says_what_the_step_did(shared_driver):
    driver = paused(shared_driver)
    observed = take_step(driver)
    numbers = {key: label.text() for key, label in tool(driver).view.numbers.items()}
    assert numbers["total", "before"] == f"{observed.before.total:.2f}"
    assert numbers["total", "after"] == f"{observed.after.total:.2f}"
    assert numbers["reconstruction", "before"] == f"{observed.before.reconstruction.mean():.2f}"
    assert numbers["kl", "after"] == f"{observed.after.kl.mean():.2f}"
    assert numbers["kl", "pull"] == f"{observed.kl.weights:.2f}"
    assert numbers["total", "pull"] == f"{observed.pull:.2f}"
    balance = observed.balance
    means = f"μ outwards, reconstruction {balance.outwards:+.2f}, KL {-balance.inwards:+.2f}"
    assert means.replace("-", "−") in tool(driver).view.note.text()
    assert len(tool(driver).view.board.pictures) == len(observed.inputs)
    driver.stop()


def test_arrows_lead_from_the_codes_before_to_those_after(shared_driver):
    driver = paused(shared_driver)
    observed, overlay, view = take_step(driver), tool(driver).overlay, tool(driver).view
    view.arrows.set_value("moved")
    moved = observed.after.codes.mean - observed.before.codes.mean
    assert overlay.magnified >= 1
    np.testing.assert_allclose(overlay.vectors["moved"], overlay.magnified * moved, rtol=1e-4, atol=1e-6)
    view.arrows.set_value("pulls")
    drawn, pulls = overlay.vectors, {"reconstruction": observed.reconstruction.mean, "kl": observed.kl.mean}
    assert drawn.keys() == pulls.keys()
    ratios = [np.median(drawn[name] / pulls[name]) for name in pulls]
    assert ratios[0] == pytest.approx(ratios[1], rel=1e-3)  # one scale
    assert 0 < ratios[0] <= 1
    driver.window.show_tool("samples")  # out of sight
    assert overlay.vectors == {}
    driver.stop()


def test_no_arrows_stand_over_earlier_codes_and_the_next_step_is_live(shared_driver):
    driver = paused(shared_driver)
    step, run = take_step(driver).step, driver.shown
    tool(driver).view.arrows.set_value("moved")
    assert tool(driver).overlay.vectors
    driver.wait(lambda: run.timeline.frames)
    driver.engine.playhead.go_to([run], 0)
    driver.wait(lambda: run.moment is not None)
    assert tool(driver).overlay.vectors == {}
    assert tool(driver).observed is None
    assert tool(driver).view.is_in_sight
    assert take_step(driver).step == step + 1
    assert run.moment is None
    assert tool(driver).overlay.vectors
    driver.stop()


def test_a_chosen_image_is_shown_alone_and_the_point_goes_to_its_code(shared_driver):
    driver = paused(shared_driver)
    observed = take_step(driver)
    step = tool(driver)
    click_tile(step.view, 5)
    assert set(step.overlay.vectors) == {"moved", "reconstruction", "kl"}
    assert all(len(vectors) == 1 for vectors in step.overlay.vectors.values())
    assert "in colour" in driver.find("arrowHint").text()
    codes = observed.before.codes
    code = codes.mean[5] + np.exp(codes.log_stddev[5]) * observed.noise[5]
    np.testing.assert_allclose(driver.window.controller.point.code, code, rtol=1e-5)
    numbers = step.view.numbers
    assert numbers["reconstruction", "before"].text() == f"{observed.before.reconstruction[5]:.2f}"
    assert numbers["kl", "pull"].text() == f"{np.linalg.norm(observed.kl.mean[5]):.2f}"
    assert "Image 6 of the batch" in step.view.note.text()
    QTest.keyClick(step.view.board, Qt.Key.Key_Right)
    assert "Image 7 of the batch" in step.view.note.text()
    QTest.keyClick(step.view.board, Qt.Key.Key_Escape)
    assert "On its own batch" in step.view.note.text()
    assert all(len(vectors) > 1 for vectors in step.overlay.vectors.values())
    take_step(driver)  # of another batch
    assert step.view.board.chosen is None
    assert len(step.overlay.vectors) == len(ARROWS[step.view.arrows.value()])
    driver.stop()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("ae", "an autoencoder has no other term"),
        ("vae-no-kl", "the KL term has weight 0"),
        ("kl-only", "the reconstruction has weight 0"),
    ],
)
def test_it_says_which_term_pulls_alone(shared_driver, kind, words):
    box = shared_driver.window.setup.form.box("kind")
    box.set_value(kind)
    take_step(paused(shared_driver))
    assert words in tool(shared_driver).view.note.text()
    shared_driver.stop()
    box.set_value("vae")


def test_the_key_begins_a_training_that_waits_after_its_first_step(shared_driver):
    driver = shared_driver
    driver.stop()
    runs = len(driver.engine.project.runs)
    driver.window.activateWindow()
    QTest.keyClick(driver.window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    driver.wait(lambda: len(driver.engine.project.runs) > runs and driver.shown.newest_step is not None)
    assert driver.shown.newest_step.step == 1
    assert driver.state == "paused"
    QTest.keyClick(driver.window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    driver.wait(lambda: driver.shown.observed.step == 2)
    driver.stop()
    assert driver.shown.newest_step.step == 2  # it is still how the model came to be


def test_a_training_of_one_step_ends_with_it(shared_driver):
    driver = paused(shared_driver, epochs="100000", batchSize="1437")
    driver.type("epochsField", "1")  # it is at its end at once
    driver.qtbot.keyClick(driver.find("epochsField"), Qt.Key.Key_Return)
    driver.click("singleStepButton")
    driver.wait(lambda: driver.state == "idle")
    assert driver.shown.status == "finished"
    driver.type("batchSizeField", "128")


def test_models_side_by_side_show_how_each_is_pulled(shared_driver):
    driver = shared_driver
    driver.stop()
    driver.window.show_workspace("comparison")
    driver.window.comparison.editor.argument_requested.emit(2)
    driver.wait(lambda: driver.state == "training" and len(driver.engine.project.active) == 4)
    driver.click("pauseButton")
    driver.wait(lambda: driver.state == "paused")
    driver.click("singleStepButton")
    runs = driver.engine.project.compared.runs
    driver.wait(lambda: all(run.newest_step is not None for run in runs))
    assert dock(driver).isHidden()  # there is no place for it
    models = {model.run.config.model.kind: model for model in driver.window.controller.workspaces.comparison.models}
    overlays = {kind: model.step_overlay.vectors for kind, model in models.items()}
    assert set(overlays["ae"]) == {"reconstruction"}
    assert set(overlays["vae"]) == {"reconstruction", "kl"}
    assert not overlays["kl-only"].get("reconstruction", np.zeros(1)).any()
    driver.stop()
    driver.window.show_workspace("playground")


def test_the_second_click_of_a_double_click_takes_no_step(qtbot):
    transport = Transport()
    qtbot.addWidget(transport)
    transport.set_state("training", False)
    transport.set_state("paused", False)
    asked = []
    transport.step_requested.connect(lambda: asked.append(1))
    QTest.mouseClick(transport.step_button, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert asked == []
    transport.step_button.click()
    assert asked == [1]
