"""Text that changes often does not move what is around it."""

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from vae_desktop.gui.widgets.labels import SteadyLabel


class LayoutCounter(QObject):
    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.mark.parametrize("is_steady", [True, False])
def test_only_a_steady_label_has_nothing_laid_out_anew(qtbot, qapp, is_steady) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    label = SteadyLabel(window.font()) if is_steady else QLabel()
    QVBoxLayout(window).addWidget(label)
    with qtbot.waitExposed(window):
        window.show()
    qapp.sendPostedEvents()
    counter = LayoutCounter()
    window.installEventFilter(counter)
    for number in range(3):
        (label.set_text if is_steady else label.setText)(f"step {10**number}")
        qapp.sendPostedEvents()
    assert counter.count == (0 if is_steady else 3)
    assert label.text() == "step 100"


def test_a_training_lays_out_no_dock_anew(driver) -> None:
    driver.train(epochs="1000")
    run = driver.window.controller.engine.project.active[0]
    driver.wait(lambda: len(run.history.training) > 20)
    counter = LayoutCounter()
    for dock in ("setupDock", "learningCurvesDock"):
        driver.find(dock).installEventFilter(counter)
    shown = driver.find("progressText", QLabel).text()
    begun = len(run.history.training)
    driver.wait(lambda: len(run.history.training) > begun + 200 and driver.find("progressText", QLabel).text() != shown)
    assert counter.count <= 1  # a note on the settings may have come; each progress would count a hundred times
