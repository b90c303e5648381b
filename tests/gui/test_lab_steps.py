"""Each step of the lab can be taken in a window, and *Show me* takes it; offline, with nothing but what is bundled."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QRadioButton, QTabBar, QWidget

from tests.words.quick_fits import fit_quickly
from vae_desktop.gui.controllers import lab_hand, training
from vae_desktop.lab.course import read_course
from vae_desktop.variants import kl_term_configs

STEPS = [
    pytest.param(number, index, step, id=step.name)
    for number, chapter in enumerate(read_course("en"))
    for index, step in enumerate(chapter.steps)
]


def _quick(movements):
    """The same with short trainings."""
    return (movement.replace("epochsField 20", "epochsField 4") for movement in movements)


def _small(*arguments):
    """The models of what the KL term does, small ones."""
    return [config.with_settings(hidden=(32,)) for config in kl_term_configs(*arguments)]


@pytest.fixture
def lab(shared_driver, monkeypatch):
    fit_quickly(monkeypatch, steps=60, captions=4000)
    monkeypatch.setattr(lab_hand, "DIGITS", tuple(_quick(lab_hand.DIGITS)))
    monkeypatch.setattr(training, "kl_term_configs", _small)
    shared_driver.wait(lambda: shared_driver.window.controller.lab)
    controller = shared_driver.window.controller.lab
    controller.hand.set_pace(120, 60)
    shared_driver.engine.pixels.steps = 20
    shared_driver.window.setup.form.field("hidden").set_value((32,))
    shared_driver.window.setup.show_face("lab")
    yield controller
    shared_driver.window.stage.toggle_formulas(False)
    normals = shared_driver.window.controller.normals.view
    for view in (normals, shared_driver.window.controller.pixels.view):
        if view is not None:
            view.close()


@pytest.mark.parametrize(("number", "index", "step"), STEPS)
def test_show_me_takes_the_step(lab, shared_driver, number, index, step):
    lab.go_to(number, index)
    for choice in shared_driver.window.findChildren(QRadioButton, "labChoice0")[-1:]:
        choice.click()
    lab.hand.do(_quick(step.show))
    shared_driver.wait(lambda: not lab.hand.is_busy and lab.found.is_done)
    told = shared_driver.find("labFound", QLabel)
    assert told.isVisible()
    assert told.property("done")
    assert ("The course" in shared_driver.find("labVerdict", QLabel).text()) is (step is STEPS[-1].values[-1])


@pytest.mark.parametrize(("number", "index", "step"), STEPS)
def test_what_is_ringed_and_done_is_there(lab, shared_driver, number, index, step):
    shared_driver.show("vae-20d")  # sliders are of a model
    names = [name for group in (step.ring, *step.ring_for.values()) for name in group]
    assert not [name for name in names if shared_driver.window.findChild(QWidget, name.partition(".")[0]) is None]
    assert not set(step.ring_for) - set(step.outcomes)
    assert {movement.split()[0] for movement in step.show} <= lab.hand.words


def test_the_button_sets_the_hand_going(lab, shared_driver):
    lab.go_to(3, 3)
    shared_driver.find("labShowButton", QPushButton).click()
    shared_driver.wait(lambda: not lab.hand.is_busy and lab.found.is_done)


def test_nothing_that_is_said_shows_its_marks(lab, shared_driver):
    lab.go_to(2, 0)
    shared_driver.show("vae-2d")
    told = shared_driver.find("labFound", QLabel)
    shared_driver.wait(lambda: lab.found.key == "is_vae" and "Examples" in told.text())
    lab.look()
    assert told.textFormat() == told.textFormat().RichText


def test_another_model_is_no_movement_of_the_point(lab, shared_driver):
    shared_driver.window.tools["drawing"].pad.clear()  # to whose code the point goes with the next model
    shared_driver.show("ae-2d")
    shared_driver.decoded()
    lab.go_to(0, 1)
    assert lab.found.key == "not_moved"
    shared_driver.window.controller.point.set_coordinate(0, 3)
    shared_driver.decoded()
    lab.look()
    assert lab.found.is_done
    shared_driver.show("vae-2d")
    shared_driver.decoded()
    lab.look()
    assert lab.found.key == "not_moved"


def test_the_tab_of_a_tool_behind_others_is_ringed(lab, shared_driver):
    shared_driver.show("ae-2d")
    shared_driver.window.show_tool("drawing")
    lab.go_to(2, 0)
    ring = shared_driver.find("labRing")
    shared_driver.wait(ring.isVisible)
    assert isinstance(ring.target, QTabBar)
    shared_driver.window.show_tool("samples")
    shared_driver.window.tools["samples"].source.set_value("box")
    shared_driver.wait(lambda: ring.target.objectName() == "samplesWayCombo")


def test_models_at_rest_that_have_no_figures_are_measured_by_button(lab, shared_driver):
    (step,) = (step for _, _, step in (each.values for each in STEPS) if step.name == "not_enough.holes")
    lab.go_to(4, 2)
    lab.hand.do(step.show)
    shared_driver.wait(lambda: not lab.hand.is_busy and lab.found.is_done)
    for run in shared_driver.window.controller.engine.project.compared.runs:
        run.measured = {}  # as of models that were opened
    ring = shared_driver.find("labRing")
    shared_driver.wait(lambda: lab.found.key == "not_measured" and ring.isVisible())
    assert ring.target.objectName() in ("measureAllButton", "figuresComparedButton")
    lab.hand.do(step.show)
    shared_driver.wait(lambda: not lab.hand.is_busy and lab.found.is_done)


def test_a_jump_is_no_move_and_the_way_begins_where_it_ended(lab, shared_driver):
    shared_driver.show("vae-2d")
    shared_driver.decoded()
    lab.go_to(0, 1)
    point = shared_driver.window.controller.point
    point.move_to([5, 5])  # as a chosen image does
    shared_driver.decoded()
    lab.look()
    assert lab.found.key == "not_moved"
    point.set_coordinate(0, 5.5)
    shared_driver.decoded()
    lab.look()
    assert lab.found.numbers["way"] == pytest.approx(0.5)


def test_what_is_shown_is_shown_on_the_example(lab, shared_driver):
    shared_driver.show("ae-2d")
    lab.go_to(6, 3)
    lab.hand.do(lab.step.show)
    shared_driver.wait(lambda: not lab.hand.is_busy and lab.found.is_done)
    assert lab.found.numbers["kind"] == "VAE"


def test_the_keyboard_stays_in_the_lab(lab, shared_driver):
    window = shared_driver.window
    window.activateWindow()
    lab.go_to(0, 0)
    window.setup.controls.train_button.setFocus()
    window.menus.face_chosen.emit("lab")
    assert window.focusWidget() is window.setup.lab.choices[0]
    window.menus.face_chosen.emit("setup")
    assert window.setup.form.window().focusWidget().isVisible()
    assert not window.setup.controls.isAncestorOf(window.focusWidget())
    window.menus.face_chosen.emit("lab")
    controls = window.setup.controls
    controls.set_state("training", False)
    controls.stop_button.setFocus()
    controls.set_state("stopping", False)
    controls.set_state("idle", False)
    assert window.setup.lab.isAncestorOf(window.focusWidget())
    lab.go_to(len(lab.chapters) - 1, len(lab.chapters[-1].steps) - 2)
    window.setup.lab.next_button.setFocus()
    window.setup.lab.next_button.click()
    assert window.setup.lab.isAncestorOf(window.focusWidget())


def test_steps_and_answers_have_keys(lab, shared_driver):
    shared_driver.window.activateWindow()  # others may have been in front
    shared_driver.wait(shared_driver.window.isActiveWindow)
    lab.go_to(0, 1)
    choices = shared_driver.window.setup.lab.choices
    choices[0].setFocus()
    QTest.keyClick(choices[0], Qt.Key.Key_Down)
    assert choices[1].isChecked()
    shortcuts = ("labShowButton", "labNextButton", "labBackButton")
    keys = [shared_driver.find(name, QPushButton).shortcut().toString() for name in shortcuts]
    assert keys == ["Alt+S", "Alt+Right", "Alt+Left"]


def test_one_tab_and_one_menu_are_ringed_and_not_their_bars(lab, shared_driver):
    shared_driver.show("vae-2d")
    ring = shared_driver.find("labRing")
    lab.go_to(2, 0)
    shared_driver.wait(lambda: ring.isVisible() and ring.target.objectName() == "menuBar")
    assert ring.width() < ring.target.width() / 4
    lab.go_to(4, 0)
    shared_driver.window.show_workspace("playground")
    shared_driver.wait(lambda: ring.target is not None and ring.target.objectName() == "workspaceTabs")
    assert ring.x() > ring.target.tabRect(0).right()
