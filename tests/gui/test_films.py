"""Films, and files with a timeline, by the menu: what they hold, and that nothing half is left."""

import pytest
from PIL import Image
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QProgressBar, QToolButton

from vae_desktop.files import bytes_of
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.training.checkpoint import load_checkpoint


@pytest.fixture(scope="module")
def trained(_shared_driver):
    """A model of twelve steps, with its timeline."""
    driver = _shared_driver
    driver.train_to_the_end(epochs="1", batchSize="128")
    driver.shown.timeline.finish(30)
    driver.wait(lambda: driver.find("saveWithTimelineAction", QAction).isEnabled())
    return driver


@pytest.fixture
def filmed(trained, shared_driver):
    """The shared window, with the model that can be filmed."""
    shared_driver.window.show_workspace("playground")
    return shared_driver


@pytest.fixture
def export(filmed, monkeypatch):
    """Choose a film in the menu, and a name for it."""

    def choose(of, path):
        monkeypatch.setattr(MainWindow, "ask_for_film", lambda *_: path)
        filmed.find(f"{of}FilmAction", QAction).trigger()

    return choose


def is_making(driver):
    return driver.window.filming.isVisible()


@pytest.mark.parametrize(
    ("of", "ending"), [("scatter", "gif"), ("grid", "webp"), ("samples", "gif"), ("point", "webp")]
)
def test_a_film_of_each_kind(filmed, export, tmp_path, of, ending):
    path = tmp_path / f"film.{ending}"
    export(of, path)
    assert is_making(filmed)
    filmed.wait(lambda: not is_making(filmed))
    with Image.open(path) as film:
        assert film.format == ending.upper()
        assert film.n_frames >= len(filmed.shown.timeline.steps)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    assert str(path) in filmed.window.statusBar().currentMessage()


def test_a_name_without_an_ending_is_a_folder_of_pictures(filmed, export, tmp_path):
    export("point", tmp_path / "film")
    filmed.wait(lambda: not is_making(filmed))
    names = [f"step-{step:02}.png" for step in filmed.shown.timeline.steps]
    assert sorted(path.name for path in (tmp_path / "film").iterdir()) == names
    export("point", tmp_path / "film")
    filmed.wait(lambda: "not an empty folder" in filmed.window.banner.text())
    export("point", tmp_path / "film.mp4")
    filmed.wait(lambda: "a film is a .gif, a .webp or" in filmed.window.banner.text())
    filmed.window.banner.dismiss()


@pytest.mark.parametrize("name", ["film.gif", "film"])
def test_a_film_that_is_cancelled_leaves_nothing(filmed, export, tmp_path, name):
    export("scatter", tmp_path / name)
    filmed.wait(lambda: filmed.find("filmProgress", QProgressBar).value() > 250)
    export("scatter", tmp_path / "other.gif")
    assert "A film is being exported" in filmed.window.banner.text()
    filmed.window.banner.dismiss()
    filmed.find("cancelFilmButton", QToolButton).click()
    filmed.wait(lambda: not is_making(filmed))
    assert not list(tmp_path.iterdir())


def test_a_film_of_a_training_that_goes_on_and_of_a_window_that_closes(driver, tmp_path, monkeypatch):
    assert not driver.find("filmMenu", QMenu).isEnabled()
    driver.train(epochs="100000")
    driver.wait(lambda: driver.find("filmMenu", QMenu).isEnabled())
    monkeypatch.setattr(MainWindow, "ask_for_film", lambda *_: tmp_path / "film.gif")
    driver.find("samplesFilmAction", QAction).trigger()
    driver.wait((tmp_path / "film.gif").exists)
    assert driver.state == "training"
    folder = tmp_path / "folder"
    folder.mkdir()
    driver.wait(lambda: not is_making(driver))
    monkeypatch.setattr(MainWindow, "ask_for_film", lambda *_: folder / "pictures")
    driver.wait(lambda: len(driver.shown.timeline.steps) > 30)
    driver.find("gridFilmAction", QAction).trigger()
    driver.wait(lambda: list(folder.iterdir()))
    assert not driver.window.close()
    driver.find("giveUpButton").click()
    driver.wait(lambda: not driver.window.isVisible())
    driver.wait(lambda: not list(folder.iterdir()))


def test_the_kind_of_file_decides_the_ending(filmed, monkeypatch):
    names = []

    def choose(dialog):
        for kind in dialog.nameFilters():
            dialog.selectNameFilter(kind)
            dialog.filterSelected.emit(kind)
            names.append(dialog.selectedFiles()[0].rsplit("/", 1)[-1])
        return False

    monkeypatch.setattr(QFileDialog, "exec", choose)
    filmed.find("gridFilmAction", QAction).trigger()
    assert [name.partition(".")[2] for name in names] == ["gif", "webp", ""]
    assert len({name.partition(".")[0] for name in names}) == 1
    assert not is_making(filmed)


def test_a_file_with_its_timeline(filmed, tmp_path, monkeypatch):
    action, asked = filmed.find("saveWithTimelineAction", QAction), []
    path = tmp_path / "with.safetensors"

    def answer(window, suggestion, title):
        asked.append(title)
        return path

    monkeypatch.setattr(MainWindow, "ask_for_target", answer)
    action.trigger()
    filmed.wait(path.exists)
    filmed.wait(lambda: not filmed.window.isWindowModified())
    said = asked[0].split("about ")[1]
    assert bytes_of("size", said) == pytest.approx(path.stat().st_size, rel=0.1)
    assert said in action.toolTip()
    assert load_checkpoint(path).timeline.steps == filmed.shown.timeline.steps
    before = path.stat().st_ino
    filmed.find("saveModelAction", QAction).trigger()
    filmed.wait(lambda: path.stat().st_ino != before)
    assert load_checkpoint(path).timeline.steps == filmed.shown.timeline.steps  # what the file held it still holds
