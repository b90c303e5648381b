"""Training from the window: buttons, state, curves, scatter."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel

from vae_desktop.dataset_catalog import DATASETS


@pytest.fixture
def driver(shared_driver, first_settings):
    """The window of all these tests, in which nothing trains and the form is as at first."""
    shared_driver.window.setup.form.set_config(first_settings)
    yield shared_driver
    shared_driver.stop()


def test_trains_draws_and_stays_explorable(driver) -> None:
    driver.train_to_the_end(epochs="12", learningRate="0.01", beta="0.1")
    run = driver.window.controller.engine.project.shown
    total = run.history.training[:, 0]
    assert run.status == "finished"
    assert len(total) == 12 * 12
    assert total[-12:].mean() < 0.8 * total[:12].mean()
    assert run.history.evaluations[-1].total < run.history.evaluations[0].total
    driver.decoded()
    before = driver.picture
    driver.find("latentSlider0").setValue(2.0)
    driver.wait(lambda: driver.picture != before)


def test_sliders_change_the_picture_while_training_goes_on(driver) -> None:
    driver.train(epochs="1000")
    run = driver.window.controller.engine.project.active[0]
    driver.wait(lambda: len(run.history.training) > 100)
    answered = []
    inference = driver.window.controller.engine.inference
    inference.decoded.connect(lambda decoded: answered.append(decoded.request_id))
    driver.find("latentSlider1").setValue(-1.5)
    asked = inference.last_request
    driver.wait(lambda: asked in answered)
    assert driver.state == "training"


def test_the_scatter_moves_while_training(driver) -> None:
    driver.train(epochs="1000")
    session = driver.window.controller.engine
    driver.wait(lambda: session.project.active[0].codes is not None)
    first = session.project.active[0].codes.mean.copy()
    driver.wait(lambda: not (session.project.active[0].codes.mean == first).any())
    assert driver.state == "training"


def test_pause_holds_and_resume_goes_on(driver) -> None:
    driver.train(epochs="1000")
    driver.click("pauseButton")
    driver.wait(lambda: driver.state == "paused")
    assert driver.find("pauseButton").text() == "Resume"
    steps = f"step {len(driver.shown.history.training):,}"  # not those of a moment ago
    assert any(label.text().endswith(steps) for label in driver.window.setup.controls.findChildren(QLabel))
    driver.click("pauseButton")
    driver.wait(lambda: driver.state == "training")
    assert driver.find("pauseButton").text() == "Pause"


def test_stop_keeps_the_model_and_continue_goes_on_to_its_end(driver) -> None:
    driver.train(epochs="1000")
    driver.click("stopButton")
    driver.wait(lambda: driver.state == "idle")
    session = driver.window.controller.engine
    run, steps = session.project.shown, session.project.shown.snapshot.step
    assert run.status == "stopped"
    epochs, count = steps // 12 + 2, len(session.project.runs)
    driver.type("epochsField", str(epochs))
    driver.click("continueButton")
    driver.wait(lambda: run.status == "finished")
    assert len(session.project.runs) == count
    assert run.snapshot.step == epochs * 12
    driver.type("epochsField", "2")
    driver.click("continueButton")  # it has come to its end: as many more
    driver.wait(lambda: run.status == "finished" and run.snapshot.step > epochs * 12)
    assert run.snapshot.step == (epochs + 2) * 12


def test_stop_twice_then_train_at_once_gives_one_new_run(driver) -> None:
    driver.train(epochs="1000")
    driver.find("stopButton").click()
    driver.find("stopButton").click()
    assert driver.state == "stopping"
    driver.find("trainButton").click()
    driver.wait(lambda: driver.state == "training")
    session = driver.window.controller.engine
    assert [run.status for run in session.project.runs.values()][-2:] == ["stopped", "training"]


def test_train_starts_a_new_model_and_the_old_one_can_be_shown_again(driver) -> None:
    driver.train_to_the_end()
    driver.train_to_the_end(latentDim="3")
    session = driver.window.controller.engine
    first, second = list(session.project.runs.values())[-2:]
    assert session.project.shown is second
    assert driver.find("latentSlider2").isVisibleTo(driver.window)
    table = driver.find("runsTable")
    table.clicked.emit(table.model().index(1, 0))
    assert session.project.shown is first
    assert driver.window.panel.findChild(type(driver.find("latentSlider0")), "latentSlider1")
    driver.wait(lambda: driver.window.panel.image.picture is not None)
    assert len(driver.window.controller.point.code) == 2


@pytest.mark.parametrize(("field", "text", "value"), [("beta", "4", 4.0), ("learningRate", "5e-4", 5e-4)])
def test_rates_act_at_once_and_leave_a_mark(driver, field, text, value) -> None:
    driver.train(epochs="1000")
    run = driver.window.controller.engine.project.active[0]
    driver.type(f"{field}Field", text)
    assert not run.history.changes  # half-typed numbers must not act
    driver.find(f"{field}Field").editingFinished.emit()
    driver.wait(lambda: run.history.changes)
    assert run.history.changes[0].value == value


def test_curves_are_drawn_and_can_be_logarithmic(driver) -> None:
    driver.train_to_the_end()
    losses = driver.find("lossPlot")
    driver.wait(lambda: _steps_drawn(losses, "total") == 2 * 12)
    _, y = losses.panes[0].drawn("Total")[0].getData()
    driver.find("logScaleCheck", QAction).trigger()
    _, logarithms = losses.panes[0].drawn("Total")[0].getData()
    assert logarithms[0] < y[0] / 5
    low, high = losses.panes[0].viewRange()[1]
    assert low <= logarithms.min() <= logarithms.max() <= high
    driver.find("logScaleCheck", QAction).trigger()


def test_an_autoencoder_has_no_kl_curve_and_no_beta(driver) -> None:
    box = driver.find("modelCombo")
    box.setCurrentIndex(box.findData("ae"))
    assert not driver.find("betaField").isEnabled()
    driver.train_to_the_end()
    losses = driver.find("lossPlot")
    driver.wait(lambda: _steps_drawn(losses, "total") == 2 * 12)
    assert _steps_drawn(losses, "kl") == 0


@pytest.mark.parametrize("latent_dim", ["1", "7", "128"])
def test_any_number_of_latent_dimensions(driver, latent_dim) -> None:
    driver.train_to_the_end(latentDim=latent_dim, epochs="1")
    last = driver.find(f"latentSlider{int(latent_dim) - 1}")
    driver.decoded()
    before = driver.picture
    last.setValue(2.5)
    driver.wait(lambda: driver.picture != before)


def test_choosing_a_data_set_sets_its_number_of_epochs_until_one_was_typed(open_window) -> None:
    driver = open_window()
    driver.wait(lambda: driver.has_dataset)
    form = driver.window.setup.form
    form.choose_dataset("mnist")
    assert driver.find("epochsField").text() == str(DATASETS["mnist"].epochs)
    driver.type("epochsField", "7")
    form.choose_dataset("digits")
    assert driver.find("epochsField").text() == "7"


def test_a_slider_acts_on_a_training_when_it_is_let_go(driver) -> None:
    driver.train(epochs="1000")
    run, slider = driver.window.controller.engine.project.active[0], driver.find("betaSlider")
    assert driver.find("betaMark").isVisible()
    slider.setSliderDown(True)
    for value in (2.0, 8.0, 5.0):
        slider.setValue(slider.position_of(value))
    begun = len(run.history.training)
    driver.wait(lambda: len(run.history.training) > begun + 20)
    assert not run.history.changes
    slider.setSliderDown(False)
    driver.wait(lambda: run.history.changes)
    assert [change.value for change in run.history.changes] == [5.0]
    driver.stop()
    driver.wait(lambda: not driver.find("betaMark").isVisible())


def test_the_transport_bar_never_moves_and_says_what_it_acts_on(driver) -> None:
    names = ("trainButton", "stopButton", "continueButton", "pauseButton", "actsOnText", "progressText")
    parts = [driver.find(name) for name in names]

    def places():
        return [(part.mapTo(driver.window, QPoint(0, 0)), part.size()) for part in parts]

    before = places()
    driver.train(epochs="1000")
    assert driver.find("actsOnText").text() == driver.window.controller.engine.project.active[0].title
    assert (driver.find("continueButton").isVisible(), driver.find("pauseButton").isVisible()) == (False, True)
    assert "stop it first" in driver.find("trainButton").toolTip()
    assert places() == before
    driver.click("pauseButton")
    driver.wait(lambda: driver.state == "paused")
    assert places() == before
    driver.click("stopButton")
    driver.wait(lambda: driver.state == "idle")
    assert (driver.find("continueButton").isVisible(), driver.find("pauseButton").isVisible()) == (True, False)
    assert places() == before


@pytest.fixture
def slow_double_clicks():
    """A double click may take a minute, so that a slow machine makes one too."""
    before = QApplication.doubleClickInterval()
    QApplication.setDoubleClickInterval(60_000)
    yield
    QApplication.setDoubleClickInterval(before)


def test_the_second_click_of_a_double_click_undoes_nothing(driver, slow_double_clicks) -> None:
    driver.train(epochs="1000")
    driver.click("pauseButton")
    driver.wait(lambda: driver.state == "paused")
    driver.qtbot.mouseClick(driver.find("pauseButton"), Qt.MouseButton.LeftButton)
    begun = len(driver.engine.project.active[0].history.training)
    driver.qtbot.keyClick(driver.find("pauseButton"), Qt.Key.Key_Space)  # keys are meant
    driver.wait(lambda: len(driver.engine.project.active[0].history.training) > begun)


def test_nothing_can_be_stopped_at_the_start(open_window) -> None:
    driver = open_window()
    enabled = []
    driver.window.controller.engine.training.state_changed.connect(
        lambda _: enabled.append(driver.find("stopButton").isEnabled())
    )
    driver.wait(lambda: driver.has_dataset and driver.state == "idle")
    assert not any(enabled)


def test_the_time_of_a_like_training_is_said_beforehand(driver) -> None:
    driver.train(epochs="1000")
    driver.wait(lambda: driver.find("timeLeftText").text())
    driver.stop()
    assert "1,000 epochs, about " in driver.find("nextRunText").text()
    driver.type("hiddenField", "33")
    assert "about" not in driver.find("nextRunText").text()


def _steps_drawn(losses, term) -> int:
    lines = [pane.drawn(curve.name)[0] for pane in losses.panes for curve in pane.curves if curve.term == term]
    return sum(0 if x is None else len(x) for x, _ in (line.getData() for line in lines))
