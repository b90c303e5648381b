"""The strip under the stage, with mouse and keyboard: the whole window as it was at a kept step."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QTreeWidget

from vae_desktop.gui.controllers.timeline_play import TimelinePlayer
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.timeline.play_button import PlayButton
from vae_desktop.gui.widgets.theme import MODEL_COLOURS


def strip_of(driver):
    return driver.window.timeline.strip


def is_at(driver, step):
    """Whether the window shows the model at a kept step, with its codes."""
    run = driver.shown
    frame = driver.engine.timelines.frame(run, step)
    return frame is not None and frame.codes is not None and run.codes is frame.codes


@pytest.fixture(scope="module")
def trained(_shared_driver):
    """A model of forty steps, with its timeline."""
    driver = _shared_driver
    driver.train_to_the_end(epochs="4", batchSize="128")
    driver.shown.timeline.finish(30)
    driver.wait(lambda: strip_of(driver).isVisible() and strip_of(driver).past.frames[-1] == 48)
    return driver


@pytest.fixture
def live(trained, shared_driver):
    """The shared window, shown as it is now."""
    shared_driver.window.show_workspace("playground")
    shared_driver.engine.playhead.go_live([shared_driver.shown])
    return shared_driver


def click(driver, step):
    strip = strip_of(driver)
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(round(strip.place_of(step)), 12))


def test_a_click_shows_all_as_it_was(live):
    driver, run, runs = live, live.shown, live.window.runs
    codes, picture = run.codes, driver.picture
    click(driver, 3)
    driver.wait(lambda: is_at(driver, 3))
    driver.wait(lambda: driver.picture != picture)
    assert np.array_equal(driver.window.stage.scatter.drawn.mean, run.codes.mean)
    assert "as at step 3" in driver.window.stage.subtitle.whole_text()
    assert driver.window.timeline.step.value() == 3
    assert f"from step 3 of #{run.id}" in driver.find("forkText").text()
    row = next(row for row in range(runs.rowCount()) if runs.item(row, 0).text().startswith(f"#{run.id}"))
    assert "newest values" in runs.item(row, 3).text()
    assert not driver.window.timeline.live.isChecked()
    assert all(pane.step == 3 for pane in driver.window.losses.panes)
    driver.window.timeline.live.click()
    assert run.codes is codes
    assert "newest values" not in runs.item(row, 3).text()
    driver.wait(lambda: driver.picture == picture)
    assert "as at" not in driver.window.stage.subtitle.whole_text()
    assert all(pane.step is None for pane in driver.window.losses.panes)


def test_the_strip_stays_where_it_is_at_a_click(live):
    strip = strip_of(live)
    was = strip.geometry()
    click(live, 3)
    live.wait(lambda: is_at(live, 3))
    live.wait(live.find("timelineForkButton").isEnabled)
    assert strip.geometry() == was


def test_names_of_classes_come_along_with_a_step(live):
    driver, labels = live, live.window.stage.scatter.class_labels
    click(driver, 40)
    driver.wait(lambda: is_at(driver, driver.shown.timeline.nearest(40).step))
    driver.wait(lambda: labels.shown)
    before = labels.rects
    click(driver, 3)
    driver.wait(lambda: is_at(driver, 3))
    driver.wait(lambda: labels.rects != before)


def test_keys_and_wheel_go_from_kept_step_to_kept_step(live):
    driver, strip = live, strip_of(live)
    frames = strip.past.frames
    strip.setFocus()
    QTest.keyClick(strip, Qt.Key.Key_Left)
    driver.wait(lambda: is_at(driver, frames[-2]))
    QTest.keyClick(strip, Qt.Key.Key_Left)
    driver.wait(lambda: is_at(driver, frames[-3]))
    QTest.keyClick(strip, Qt.Key.Key_Home)
    driver.wait(lambda: is_at(driver, 0))
    QTest.keyClick(strip, Qt.Key.Key_Right)
    driver.wait(lambda: is_at(driver, frames[1]))
    down = QPoint(0, -120)
    place = QPointF(20, 10)
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False
    QApplication.sendEvent(strip, QWheelEvent(place, strip.mapToGlobal(place), QPoint(), down, *none))
    driver.wait(lambda: is_at(driver, frames[2]))
    QTest.keyClick(strip, Qt.Key.Key_End)
    assert driver.shown.moment is None
    QTest.keyClick(strip, Qt.Key.Key_Right)  # there is nothing later than now
    assert driver.shown.moment is None


def test_the_right_end_is_now(live):
    driver, strip = live, strip_of(live)
    left, place, button = QPoint(60, 12), QPoint(strip.width() - 3, 12), Qt.MouseButton.LeftButton
    QTest.mousePress(strip, button, pos=left)
    driver.wait(lambda: driver.shown.moment is not None)
    QTest.mouseRelease(strip, button, pos=left)
    assert driver.shown.moment is not None
    QTest.mousePress(strip, button, pos=left)
    QTest.mouseRelease(strip, button, pos=place)
    assert driver.shown.moment is None
    assert driver.window.timeline.live.isChecked()


def test_a_typed_step_shows_the_nearest_that_was_kept(live):
    driver, field = live, live.window.timeline.step
    kept = driver.shown.timeline.nearest(37).step
    field.setFocus()
    field.lineEdit().selectAll()
    QTest.keyClicks(field, "37")
    QTest.keyClick(field, Qt.Key.Key_Return)
    driver.wait(lambda: is_at(driver, kept))
    assert field.value() == kept


def test_measures_are_those_known_then_each_with_its_step(live):
    driver, run, tree = live, live.shown, live.window.measures.findChild(QTreeWidget)

    def rows():
        groups = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
        items = [group.child(place) for group in groups for place in range(group.childCount())]
        return {item.text(0): (item.text(1), item.text(2)) for item in items}

    judged = [entry for entry in run.history.evaluations if entry.step <= 20][-1]
    click(driver, 20)
    driver.wait(lambda: run.moment is not None and rows())
    assert not tree.isColumnHidden(2)
    assert rows()["KL divergence"] == (f"{judged.kl:.3f} nats / image", f"{judged.step}")
    assert "Active units" not in rows()
    driver.find("quickMeasuresCheck", QCheckBox).setChecked(True)
    driver.click("measureButton")
    driver.wait(lambda: run.moment.step in run.measured and not driver.engine.measurements.is_running)
    assert rows()["Active units"][1] == f"{run.moment.step}"
    driver.window.timeline.live.click()
    assert "Active units" in rows()  # it is the last that is known
    assert tree.isColumnHidden(2)


def test_a_click_on_the_curves_is_the_playhead(live):
    driver = live
    driver.window.losses.step_chosen.emit(10)
    driver.wait(lambda: is_at(driver, 10))
    assert strip_of(driver).playhead == 10


def test_axes_stay_while_moments_pass(live):
    driver, plot = live, live.window.stage.scatter.plot
    plot.fit()
    view = plot.view_rect()
    for step in (30, 10, 2):  # early codes lie close together
        click(driver, step)
        driver.wait(lambda step=step: is_at(driver, driver.shown.timeline.nearest(step).step))
    assert plot.view_rect() == view


def test_it_plays_from_kept_step_to_kept_step(live):
    driver, panel = live, live.window.timeline
    assert not driver.find("timelineForkButton").isEnabled()  # there is nothing to go another way from
    panel.play.click()
    seen = set()
    driver.wait(lambda: driver.shown.moment is not None and (seen.add(driver.shown.moment.step) or len(seen) > 3))
    assert sorted(seen) == list(strip_of(driver).past.frames[: len(seen)])
    click(driver, 20)  # a hand ends it
    assert not panel.play.isChecked()


def test_it_plays_to_the_end_and_round_and_round_if_asked_to(live):
    driver, panel, strip = live, live.window.timeline, strip_of(live)
    first, *_, before_last, last = strip.past.frames
    panel.play.speeds[4.0].trigger()
    click(driver, before_last)
    driver.wait(lambda: is_at(driver, before_last))
    strip.setFocus()
    QTest.keyClick(strip, Qt.Key.Key_Space)
    driver.wait(lambda: not panel.play.isChecked())
    assert driver.shown.moment is None  # the last is now
    QTest.keyClick(strip, Qt.Key.Key_Space)  # from the end it begins anew
    driver.wait(lambda: driver.shown.moment.step < before_last)
    QTest.keyClick(strip, Qt.Key.Key_Space)
    assert not panel.play.isChecked()
    panel.play.loop.trigger()
    click(driver, before_last)
    driver.wait(lambda: is_at(driver, before_last))
    panel.play.click()
    driver.wait(lambda: driver.shown.moment.step == last)
    driver.wait(lambda: first <= driver.shown.moment.step < before_last)
    panel.live.click()
    assert not panel.play.isChecked()
    panel.play.loop.trigger()
    panel.play.speeds[1.0].trigger()


def test_how_it_is_played_is_remembered(live, tmp_path):
    def fresh():
        button = PlayButton()
        TimelinePlayer(button, live.engine.playhead, list, WindowSettings(tmp_path))
        return button

    button = fresh()
    assert (button.speed, button.loop.isChecked()) == (1.0, False)
    button.speeds[2.0].trigger()
    button.loop.trigger()
    button = fresh()
    assert (button.speed, button.loop.isChecked()) == (2.0, True)


def test_a_fork_begins_at_the_step_on_screen(live):
    driver, parent = live, live.shown
    click(driver, 20)
    driver.wait(lambda: parent.moment is not None)
    step = parent.moment.step
    driver.type("betaField", "5")
    driver.type("seedField", "7")
    plan = driver.find("forkText")
    expected = f"Fork goes on from step {step} of #{parent.id}, with β 5 instead of 1, seed 7 instead of 0."
    driver.wait(lambda: expected in plan.text())
    QTest.mouseClick(driver.find("seedMark"), Qt.MouseButton.LeftButton)
    assert driver.find("seedField").text() == "0"
    driver.type("latentDimField", "3")
    driver.wait(lambda: "The fork keeps its weights, and with them: Latent dimensions." in plan.text())
    assert driver.window.setup.form.rows.by_name["latent_dim"].on_screen == "On screen: 2, which a fork keeps"
    driver.click("timelineForkButton")
    driver.wait(lambda: driver.shown is not parent and driver.state == "idle")
    assert driver.shown.forked_from == (parent.id, step)
    assert driver.shown.config.training.beta == 5
    assert [curve.name for curve in driver.window.losses.panes[0].curves] == [
        f"#{driver.shown.id}", *2 * [f"#{parent.id} (parent)"]
    ]  # fmt: skip
    assert strip_of(driver).past.forks == [step]
    assert {0, step} <= set(strip_of(driver).past.frames)  # with the past of its parent
    assert f"#{driver.shown.id} from step {step}" in {
        driver.window.runs.item(row, 0).text() for row in range(driver.window.runs.rowCount())
    }
    driver.type("betaField", "1")
    driver.type("latentDimField", "2")
    driver.engine.project.show(parent)


def test_a_fork_beside_the_unchanged_training_is_told_from_it(live):
    driver, parent = live, live.shown
    click(driver, 20)
    driver.wait(lambda: parent.moment is not None)
    step = parent.moment.step
    driver.type("betaField", "5")
    driver.window.timeline.compare.trigger()
    driver.wait(lambda: len(driver.engine.project.active) == 2 or driver.window.workspace == "comparison")
    driver.wait(lambda: driver.state == "idle")
    fork, same = driver.engine.project.compared.runs
    columns = driver.window.comparison.columns
    titles = [f"#{fork.id} VAE β=5", f"#{same.id} VAE β=1"]
    assert [column.title.whole_text() for column in columns] == titles
    driver.wait(lambda: f"from #{parent.id}, step {step}" in columns[0].status.whole_text())
    assert f"from #{parent.id}, step {step}, unchanged" in columns[1].status.whole_text()
    past = strip_of(driver).past
    assert [colour for colour, _ in past.curves] == [*MODEL_COLOURS[1:2], MODEL_COLOURS[0]]
    assert [curve.name for curve in driver.window.comparison.curves.panes[0].curves] == titles
    driver.type("betaField", "1")
    driver.window.show_workspace("playground")
    driver.engine.project.show(fork)  # whose best step is none of those before its β
    driver.wait(lambda: {0, step} <= set(strip_of(driver).past.frames))
    assert strip_of(driver).past.best is None or strip_of(driver).past.best > step
    driver.engine.project.show(parent)


def test_a_ruined_training_is_brought_back(live):
    driver, run = live, live.shown
    driver.wait(lambda: driver.state == "idle")
    click(driver, 20)
    driver.wait(lambda: run.moment is not None and run.moment.codes is not None)
    step, rates = run.moment.step, (run.config.training.learning_rate, run.config.training.beta)
    driver.type("learningRateField", "1")
    driver.type("betaField", "9")
    driver.type("epochsField", "1")
    driver.window.timeline.go_back.trigger()
    driver.wait(lambda: driver.state == "idle" and run.status == "finished" and run.progress.step != 48)
    assert run.moment is None
    assert run.progress.step >= step
    assert driver.shown is run
    assert (run.config.training.learning_rate, run.config.training.beta) == rates  # not those that ruin it again
    assert (driver.find("learningRateField").value(), driver.find("betaField").value()) == rates
    assert f"#{run.id} trains on from step {step}, with rate and β as they were there" in driver.window.banner.text()


def test_continue_says_that_it_goes_on_from_the_newest_step_and_shows_it(live):
    driver, run = live, live.shown
    step = run.step
    click(driver, 2)
    driver.wait(lambda: run.moment is not None)
    driver.wait(lambda: f"from the newest step ({step})" in driver.find("nextRunText").text())
    driver.click("continueButton")
    assert run.moment is None
    driver.wait(lambda: driver.state == "idle" and run.step > step)


def test_a_training_goes_on_behind_the_past(live):
    driver = live
    driver.train(epochs="100000")
    driver.wait(lambda: driver.state == "training" and len(strip_of(driver).past.frames) > 5)
    click(driver, 2)
    driver.wait(lambda: driver.shown.moment is not None)
    step, steps = driver.shown.moment.step, len(driver.shown.history.training)
    driver.wait(lambda: len(driver.shown.history.training) > steps + 20)
    assert driver.shown.moment.step == step
    driver.window.timeline.live.click()
    assert driver.shown.moment is None
    driver.stop()


def test_at_an_earlier_step_the_setup_is_that_of_a_fork(live):
    driver, plan = live, live.find("nextRunText")
    driver.train(epochs="100000")
    driver.wait(lambda: driver.state == "training" and len(strip_of(driver).past.frames) > 5)
    run, beta = driver.shown, driver.find("betaField")
    click(driver, 2)
    driver.wait(lambda: run.moment is not None)
    driver.type("betaField", "7")
    QTest.keyClick(beta, Qt.Key.Key_Return)
    driver.wait(lambda: f"with β 7 instead of 1. It stops the training of #{run.id}." in driver.find("forkText").text())
    assert "nothing acts on the training" in plan.text()
    steps = len(run.history.training)
    driver.wait(lambda: len(run.history.training) > steps + 3)
    assert (run.config.training.beta, run.history.changes) == (1, [])
    driver.window.timeline.live.click()
    assert "It trains with 100,000 epochs, rate 0.001, β 1." in plan.text()
    driver.type("betaField", "2")
    QTest.keyClick(beta, Qt.Key.Key_Return)
    driver.wait(lambda: run.config.training.beta == 2)
    changed = run.history.changes[0].step
    driver.wait(lambda: changed in strip_of(driver).past.frames and len(run.history.training) > changed + 3)
    driver.window.losses.step_chosen.emit(changed)  # in mid-training, and at the very change: that is undone
    driver.wait(lambda: run.moment is not None and run.moment.step == changed)
    driver.window.timeline.go_back.trigger()
    driver.wait(lambda: driver.state == "training" and run.config.training.beta == 1)
    assert (run.history.changes, beta.value()) == ([], 1)
    click(driver, 2)
    driver.wait(lambda: run.moment is not None)
    driver.click("timelineForkButton")
    driver.wait(lambda: driver.shown is not run)
    assert f"#{run.id} " in driver.window.banner.text()
    assert "for the fork." in driver.window.banner.text()
    detail = driver.find("onScreenDetail").whole_text()
    assert f"training · from #{run.id}, step {driver.shown.forked_from[1]}" in detail
    driver.stop()


def test_models_side_by_side_move_together(live):
    driver = live
    driver.window.show_workspace("comparison")
    driver.window.comparison.editor.argument_requested.emit(2)
    driver.wait(lambda: driver.state == "training" and len(driver.engine.project.active) == 4)
    driver.wait(lambda: strip_of(driver).isVisible() and len(strip_of(driver).past.frames) > 8)
    driver.stop()
    runs = driver.engine.project.compared.runs
    assert all(run.timeline.finish(30) for run in runs)
    click(driver, 4)
    driver.wait(lambda: all(run.moment is not None for run in runs))
    assert len({run.moment.step for run in runs}) == 1
    driver.window.show_workspace("playground")


def test_what_a_timeline_keeps_is_chosen_and_remembered(live):
    driver = live
    driver.find("0TimelineAction", QAction).trigger()
    runs = len(driver.engine.project.runs)
    driver.train_to_the_end(epochs="1")
    driver.wait(lambda: len(driver.engine.project.runs) > runs)
    assert not driver.window.timeline.isVisible()
    driver.find("256000000TimelineAction", QAction).trigger()
    assert driver.engine.timelines.budget == 256_000_000


def test_a_size_may_be_typed_and_one_that_is_too_small_is_told_at_its_field(live):
    driver, other = live, live.find("otherTimelineAction", QAction)
    other.trigger()
    field, error = driver.find("timelineSizeField"), driver.find("timelineSizeError")
    assert field.text() == "256 MB"
    driver.type("timelineSizeField", "much")
    assert "'much' is no size such as 256 MB" in error.text()
    driver.type("timelineSizeField", "20 kB")
    assert error.text().startswith("Timeline: 20 kB hold not even the first and the last moment, which take ")
    assert not driver.find("timelineSizeApplyButton").isEnabled()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert driver.engine.timelines.budget == 256_000_000
    driver.type("timelineSizeField", "100 MB")
    assert error.text() == ""
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert driver.engine.timelines.budget == 100_000_000
    assert (other.text(), other.isChecked()) == ("&Other: 100 MB…", True)
    driver.find("256000000TimelineAction", QAction).trigger()
    assert (other.text(), other.isChecked()) == ("&Other…", False)
    other.trigger()
    driver.find("timelineSizeCancelButton").click()
    assert driver.find("256000000TimelineAction", QAction).isChecked()


def test_a_model_without_kept_steps_has_no_strip(live):
    live.show("vae-2d")
    assert not live.window.timeline.isVisible()


def test_a_damaged_step_is_named_and_the_rest_plays_until_the_window_closes(driver):
    driver.train_to_the_end(epochs="2", batchSize="128")
    run, strip = driver.shown, strip_of(driver)
    assert run.timeline.finish(30)
    driver.wait(lambda: strip.isVisible() and strip.past.frames[-1] == 24)
    (run.timeline.folder.path / f"{2:010}.weights.safetensors").write_bytes(b"nonsense")
    click(driver, 2)
    driver.wait(lambda: "Step 2 is left out of the timeline." in driver.window.banner.text())
    driver.wait(lambda: 2 not in strip.past.frames)
    click(driver, 0)
    driver.window.timeline.play.click()
    seen = set()
    driver.wait(lambda: run.moment is not None and (seen.add(run.moment.step) or {0, 1, 3, 4} <= seen))
    assert 2 not in seen
    driver.window.close()
    driver.wait(lambda: not driver.window.isVisible())
