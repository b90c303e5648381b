"""Sets that torchvision reads, in the window: CIFAR-10's layout trained and damaged, and one that a person fetches."""

import io
import tarfile
import threading
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices

from tests.data.faulty_server import FaultyServer
from tests.data.torchvision_standins import STANDINS, TRAIN, md5
from vae_desktop.dataset_catalog import DATASETS

_HASHES = ("train_list", "test_list", "meta")


@pytest.fixture
def driver(shared_driver):
    return shared_driver


@pytest.fixture
def cifar(driver, monkeypatch):
    """Have torchvision's class know a small CIFAR-10 in the data folder of the open window."""
    import torchvision.datasets

    folder = driver.engine.datasets.data_dir
    kind, _ = STANDINS["cifar-10"](folder, torchvision.datasets)
    for name in _HASHES:
        monkeypatch.setattr(torchvision.datasets.CIFAR10, name, getattr(kind, name))
    yield folder
    driver.engine.datasets.forget("cifar-10")


def _choose(driver, name: str) -> None:
    driver.window.setup.form.choose_dataset(name)


def test_a_set_in_torchvisions_layout_is_trained_convolutional(driver, cifar):
    _choose(driver, "cifar-10")
    driver.wait(lambda: driver.engine.datasets.held(driver.window.setup.form.config().dataset))
    driver.window.setup.form.box("architecture").set_value("convolutional")
    driver.train_to_the_end(hidden="4 8", imageSize="16", batchSize="8")
    assert driver.shown.image_shape == (3, 16, 16)
    assert driver.shown.class_names[:2] == ("class 0", "class 1")
    assert driver.shown.snapshot.step == 2 * 3  # 20 images in batches of 8
    assert driver.shown.title.endswith("CIFAR-10")


def test_a_damaged_set_is_offered_anew(driver, cifar):
    (cifar / "cifar-10-batches-py" / "test_batch").write_bytes(b"damaged")
    _choose(driver, "cifar-10")
    driver.wait(lambda: "MD5 differs" in driver.window.banner.text())
    assert driver.window.banner.message.action == "repair"


def test_for_what_only_a_person_can_fetch_the_folder_is_shown(driver, monkeypatch):
    shown = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(Path(url.toLocalFile())))
    _choose(driver, "celeba")
    driver.wait(lambda: "The app cannot download it" in driver.window.banner.text())
    assert "Train says where to get it" in driver.find("nextRunText").text()
    driver.find("messageActionButton").click()
    folder = driver.engine.datasets.data_dir / "celeba"
    assert shown == [folder]
    assert folder.is_dir()


def test_the_list_of_sets_stands_in_two_groups_and_says_size_and_terms(driver):
    box = driver.window.setup.form.box("name")
    texts = [box.itemText(number) for number in range(len(DATASETS) + 1)]
    labels = [kind.label for kind in DATASETS.values()]
    assert texts == [*labels[:6], "", *labels[6:]]
    tip = box.itemData(box.findData("svhn"), Qt.ItemDataRole.ToolTipRole)
    assert tip.endswith("Download: 250 MB. Terms: for non-commercial use only.")


def test_a_set_is_downloaded_and_then_read(driver, monkeypatch, tmp_path):
    import torchvision.datasets

    kind, _ = STANDINS["cifar-100"](tmp_path, torchvision.datasets)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(tmp_path / kind.base_folder, kind.base_folder)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with FaultyServer({kind.filename: packed.getvalue()}) as server:
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01))
        thread.start()
        known = {"url": server.mirror("good") + kind.filename, "tgz_md5": md5(packed.getvalue())}
        for name, value in {**{name: getattr(kind, name) for name in _HASHES}, **known}.items():
            monkeypatch.setattr(torchvision.datasets.CIFAR100, name, value)
        _choose(driver, "cifar-100")
        driver.wait(lambda: "Download it (169 MB; terms: not stated)" in driver.window.banner.text())
        driver.find("messageActionButton").click()
        driver.wait(lambda: driver.engine.datasets.held(driver.window.setup.form.config().dataset))
        server.shutdown()
        thread.join()
    assert len(driver.window.setup.form.dataset.train) == TRAIN
