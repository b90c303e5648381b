"""What the hand of the lab does about trainings and fits: begins one, lets it come so far, ends it."""

from collections.abc import Callable
from functools import partial
from typing import cast

from PySide6.QtWidgets import QAbstractButton, QPushButton, QWidget

from vae_desktop.engine.run import Run
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.lab.checks.kl import STEPS
from vae_desktop.variants import KL_TERM

# Has a model trained on the images that are always there.
DIGITS = (
    "workspace playground",
    "stop",
    "wait",
    "face setup",
    "choose datasetCombo digits",
    "choose modelCombo vae",
    "type latentDimField 10",
    "switch optimisationFoldButton on",
    "type epochsField 20",
    "face lab",
    "click trainButton",
    "wait",
)

Find = Callable[[str], QWidget | None]  # the part of that object name that can be seen


def words_of_training(window: MainWindow, find: Find) -> dict[str, Callable[..., bool]]:
    """The words, each with what it does and whether that could be done."""
    return {
        "side-by-side": partial(_compare, window, find),
        "steps": partial(_have_come, window),
        "stop": partial(_stop, window, find),
        "measure": partial(_measure, window, find),
    }


def _compare(window: MainWindow, find: Find) -> bool:
    """Have the models of the argument side by side: those that are there, or new ones."""
    window.show_workspace("comparison")
    engine = window.controller.engine
    compared = engine.project.compared
    runs = () if compared is None else compared.runs
    kinds = {run.config.model.kind for run in runs}
    if {variant.kind for variant in KL_TERM} <= kinds and all(
        run.status == "training" or run.progress.step >= STEPS for run in runs
    ):
        window.comparison.show_columns()
        return True
    begins = find("compareKlTerm2dButton")
    if begins is None:
        window.comparison.show_editor()
    elif not engine.starter.is_beginning and not cast(QPushButton, begins).isDown():
        cast(QPushButton, begins).animateClick()
    return False  # until the models are there


def _have_come(window: MainWindow, wanted: str) -> bool:
    """Whether each model that trains has come so far, beside others only those; without a training there is no wait."""
    engine = window.controller.engine
    if engine.starter.is_beginning:
        return False
    runs, compared = engine.project.active, engine.project.compared
    if window.workspace == "comparison" and compared is not None:
        runs = [run for run in runs if run in compared.runs]
    return all(len(run.history.training) >= int(wanted) for run in runs)


def _stop(window: MainWindow, find: Find) -> bool:
    """Press Stop, unless a model on its own trains while those side by side are at rest."""
    project, button = window.controller.engine.project, find("stopButton")
    others = window.workspace == "comparison" and not _train_side_by_side(window)
    if isinstance(button, QPushButton) and button.isEnabled() and not (others and project.active):
        button.animateClick()
    return True


def _measure(window: MainWindow, find: Find) -> bool:
    """Have the models side by side measured; True as soon as they are."""
    engine = window.controller.engine
    compared = engine.project.compared
    if compared is None or all("sampling" in run.measures and _is_of_shown_step(run) for run in compared.runs):
        return True
    if _train_side_by_side(window) or engine.starter.is_beginning or engine.measurements.is_running:
        return False  # it is measured by itself at the end
    button = find("measureAllButton") or find("figuresComparedButton")  # folded, or pressed and its bar in its place
    if isinstance(button, QAbstractButton) and button.isEnabled() and not button.isDown():
        button.animateClick()
    return False


def _train_side_by_side(window: MainWindow) -> bool:
    project = window.controller.engine.project
    return project.compared is not None and any(run in project.active for run in project.compared.runs)


def _is_of_shown_step(run: Run) -> bool:
    return run.measured_step == run.shown_step


def have_diffusion(window: MainWindow, find: Find) -> bool:
    """Have a diffusion fitted to the model on screen; True as soon as there is one."""
    engine = window.controller.engine
    shown = engine.project.shown
    if shown is not None and shown.diffusion is not None and shown.diffusion.step == shown.shown_step:
        return True
    button = find("fitWordsButton")
    if engine.words.fitted is None and isinstance(button, QAbstractButton) and button.isEnabled():
        button.animateClick()
    return False
