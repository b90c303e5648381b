"""How much memory images may take, chosen in the menu."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest

from vae_desktop.data.stored.mapped import is_mapped
from vae_desktop.data.stored.memory import default_budget, memory_budget, use_budget
from vae_desktop.files import size_in_words


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    use_budget(None)


def test_a_budget_is_typed_and_larger_images_are_trained_from_the_disk(driver, tmp_path):
    automatic, other = driver.find("autoMemoryAction", QAction), driver.find("otherMemoryAction", QAction)
    assert (automatic.text(), automatic.isChecked()) == (f"&Automatic: {size_in_words(default_budget())}", True)
    other.trigger()
    driver.type("memorySizeField", "many")
    assert "'many' is no size such as 256 MB" in driver.find("memorySizeError").text()
    assert not driver.find("memorySizeApplyButton").isEnabled()
    driver.type("memorySizeField", "10 kB")
    QTest.keyClick(driver.find("memorySizeField"), Qt.Key.Key_Return)
    assert (memory_budget(), other.text(), other.isChecked()) == (10_000, "&Other: 10 kB…", True)
    np.save(tmp_path / "own.npy", np.random.default_rng(0).integers(0, 256, (200, 16, 16), np.uint8))
    driver.window.setup.form.choose_dataset(str(tmp_path / "own.npy"))
    driver.train_to_the_end(epochs="1")
    run = driver.engine.project.shown
    assert is_mapped(driver.engine.datasets.of(run).train.images)
    assert run.status == "finished"
    automatic.trigger()
    assert (memory_budget(), other.text()) == (default_budget(), "&Other…")
