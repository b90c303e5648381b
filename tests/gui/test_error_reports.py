"""Errors that nobody caught, from wherever they come: logged, said once in plain words, and the app lives."""

import logging
import sys
import threading
from types import SimpleNamespace

import pytest
from psygnal import EmitLoopError, Signal
from PySide6.QtCore import QEvent, QTimer, qWarning
from PySide6.QtWidgets import QApplication, QWidget

from vae_desktop.engine.messages import Message
from vae_desktop.errors import UserError
from vae_desktop.gui.controllers.process import ErrorReports, log_qt_message
from vae_desktop.gui.views.window.message_banner import MessageBanner


@pytest.fixture
def hooks(monkeypatch):
    """Install an object's hooks until the test is over; to be called within it, since the runner sets its own."""

    def install(reports: ErrorReports) -> ErrorReports:
        for owner, name in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
            monkeypatch.setattr(owner, name, getattr(owner, name))
        reports.install()
        return reports

    return install


@pytest.fixture
def window(qtbot) -> QWidget:
    result = QWidget()
    qtbot.addWidget(result)
    return result


@pytest.fixture
def banner(window) -> MessageBanner:
    """A banner in a window of its own."""
    banner = MessageBanner(window)
    window.show()
    return banner


@pytest.fixture
def reports(banner) -> ErrorReports:
    return ErrorReports(banner)


def caught(error: BaseException) -> tuple:
    """An error as a hook gets it."""
    try:
        raise error
    except BaseException:  # noqa: BLE001
        return sys.exc_info()


def test_a_slot_that_raises_is_said_and_the_app_lives(driver, hooks, expect_error) -> None:
    expect_error("ValueError: the knob is loose")
    hooks(ErrorReports(driver.window.banner))

    def slot() -> None:
        raise ValueError("the knob is loose")

    QTimer.singleShot(0, slot)
    driver.wait(driver.window.banner.text)
    assert "the knob is loose" in driver.window.banner.text()
    assert "You can go on" in driver.window.banner.text()
    assert "in slot" in driver.window.banner.message.details
    driver.train_to_the_end()


def test_a_thread_that_raises_is_said(qtbot, banner, reports, hooks, caplog) -> None:
    hooks(reports)

    def work() -> None:
        raise OSError("the disk is gone")

    thread = threading.Thread(target=work, name="worker 7")
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: "the disk is gone" in banner.text())
    assert "worker 7" in banner.message.details
    assert "in work" in caplog.text


def test_a_thread_that_exits_is_no_error(qtbot, banner, reports, hooks) -> None:
    hooks(reports)
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    qtbot.wait(20)
    assert banner.text() == ""


def test_an_error_of_a_destructor_is_said(qtbot, banner, reports, hooks) -> None:
    hooks(reports)

    class Fragile:
        def __del__(self) -> None:
            raise RuntimeError("it broke")

    Fragile()
    qtbot.waitUntil(lambda: "it broke" in banner.text())
    assert "__del__" in banner.message.details


def test_an_unraisable_error_may_lack_everything(qtbot, banner, reports, hooks) -> None:
    hooks(reports)
    sys.unraisablehook(
        SimpleNamespace(exc_type=ValueError, exc_value=None, exc_traceback=None, err_msg=None, object=None)
    )
    qtbot.waitUntil(lambda: "ValueError" in banner.text())


def test_an_error_at_each_paint_is_said_once_and_hides_no_other(qtbot, banner, reports, hooks, caplog) -> None:
    hooks(reports)
    painted = []

    class Broken(QWidget):
        def paintEvent(self, event) -> None:
            painted.append(1)
            raise ValueError(f"no paint {len(painted)}")

    broken = Broken()
    qtbot.addWidget(broken)
    broken.show()

    def is_painted() -> bool:
        broken.update()
        return len(painted) >= 25

    qtbot.waitUntil(is_painted)
    assert "no paint 1." in banner.text()
    banner.dismiss()
    broken.update()
    qtbot.wait(20)
    assert banner.text() == ""
    reports.report(*caught(KeyError("another")))
    qtbot.waitUntil(lambda: "another" in banner.text())
    broken.update()
    qtbot.wait(20)
    assert "another" in banner.text()
    broken.hide()
    assert caplog.text.count("uncaught error\n") == 2
    assert caplog.text.count("10 times by now") == 1


def test_an_error_while_an_error_is_shown_does_not_loop(qtbot, banner, reports, hooks, monkeypatch, caplog) -> None:
    hooks(reports)
    shown = []

    def fail(message: Message) -> None:
        shown.append(message)
        raise ValueError("the banner is torn")

    monkeypatch.setattr(banner, "show_message", fail)
    reports.report(*caught(KeyError("first")))
    qtbot.waitUntil(lambda: bool(shown))
    qtbot.wait(50)
    assert len(shown) == 1
    assert "first" in caplog.text
    assert "the banner is torn" in caplog.text


def test_an_error_while_an_error_is_logged_does_not_loop(reports, hooks, monkeypatch) -> None:
    hooks(reports)
    seen = []

    class Fragile(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())
            if len(seen) < 900:
                sys.excepthook(*caught(ValueError("in the log")))
            raise OSError("no space")

    handler = Fragile()
    logging.getLogger().addHandler(handler)
    try:
        reports.report(*caught(KeyError("first")))
    finally:
        logging.getLogger().removeHandler(handler)
    assert "first" in seen[0]
    assert len(seen) < 20


def test_an_error_after_the_window_is_deleted_is_logged(qapp, hooks, caplog) -> None:
    window = QWidget()
    hooks(ErrorReports(MessageBanner(window)))
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    sys.excepthook(*caught(ValueError("too late")))
    assert "ValueError: too late" in caplog.text


class _Wordless(Exception):
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UserError("Choose another file."), "Choose another file."),
        (MemoryError(), "not enough memory"),
        (_Wordless(), "_Wordless"),
        (RecursionError("x" * 10_000), "xxx"),
    ],
)
def test_every_error_has_words(qtbot, banner, reports, error, words) -> None:
    reports.report(*caught(error))
    qtbot.waitUntil(lambda: words in banner.text())
    assert len(banner.text()) < 500


def test_what_qt_says_is_logged(qtbot, caplog) -> None:
    from PySide6.QtCore import QtMsgType, qInstallMessageHandler

    before = qInstallMessageHandler(log_qt_message)
    try:
        qWarning("a timer is in the wrong thread")
    finally:
        qInstallMessageHandler(before)
    log_qt_message(QtMsgType.QtFatalMsg, None, "out of threads")
    levels = {record.getMessage(): record.levelno for record in caplog.records if record.name == "qt"}
    assert levels == {"a timer is in the wrong thread": logging.WARNING, "out of threads": logging.CRITICAL}


def test_a_failed_picture_is_logged_with_its_traceback(driver, monkeypatch, expect_error) -> None:
    from vae_desktop.latent.plain_decoder import PlainDecoder

    expect_error("in fail")
    driver.train_to_the_end()

    def fail(self, weights, code):
        raise RuntimeError("no light")

    monkeypatch.setattr(PlainDecoder, "decode", fail)
    driver.find("latentSlider0").setValue(1.5)
    driver.wait(lambda: "no light" in driver.window.banner.text())


def test_a_failed_job_is_logged_with_its_traceback(driver, tmp_path, caplog) -> None:
    wrong = tmp_path / "holiday.safetensors"
    wrong.write_bytes(b"no model")
    driver.window.file_opened.emit(wrong)
    driver.wait(driver.window.banner.text)
    assert "CheckpointError" in caplog.text
    assert "Traceback" in caplog.text


def test_an_error_that_came_through_a_signal_of_the_engine_is_told_as_itself(reports, banner, qtbot, caplog) -> None:
    class Model:
        changed = Signal()

    def first() -> None:
        raise ValueError("the knob is loose")

    def second() -> None:
        raise ValueError("the lamp is out")

    for listener in (first, second):
        model = Model()
        model.changed.connect(listener)
        with pytest.raises(EmitLoopError) as raised:
            model.changed.emit()
        reports.report(raised.type, raised.value, raised.tb)
    qtbot.waitUntil(lambda: "the lamp is out" in banner.text())  # another line of code, so another error
    assert "the knob is loose" in caplog.text
    assert banner.message.details.endswith("ValueError: the lamp is out\n")
