"""The window's composition root: makes its parts, and runs the application."""

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

if sys.platform == "win32":  # torch's libraries must be loaded before Qt's there (WinError 1114)
    import torch  # noqa: F401

from PySide6.QtCore import QLibraryInfo, QObject, QTranslator, qInstallMessageHandler
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication

from vae_desktop import app_log, language
from vae_desktop.engine.processor import share_lock
from vae_desktop.gui.controllers.process import EndSignals, ErrorReports, Instance, log_or_end, log_qt_message
from vae_desktop.gui.controllers.window import WindowController
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import tr
from vae_desktop.paths import autosave_dir, default_cache_dir, default_data_dir, default_log_dir, default_settings_dir

for name in ("vae_desktop", "qt"):  # where no log is kept, Python would print warnings of a logger without any
    logging.getLogger(name).addHandler(logging.NullHandler())


_QT_NAMES = {"zh": "zh_CN"}  # of its own catalogues, by the names of ours
# One font of many languages draws a Han character in several forms, and Qt takes the first, which may be Japanese.
_FONTS = {"zh": ("Microsoft YaHei UI", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei")}
_windows: list[MainWindow] = []  # not deleted when they close: a task that was not waited for may still post to one


def make_application() -> QApplication:
    """Return the application, in which garbage is collected by the window's thread alone, and threads share the lock.

    Python's collector runs in whatever thread makes the next object. What it frees in a training's thread may be a part
    of a window that was closed, and Qt does not survive that.
    """
    share_lock()
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    _collect_garbage()
    return application


@cache
def _collect_garbage() -> QObject:
    from pyqtgraph.util.garbage_collector import GarbageCollector  # after what `gui` does to its import

    collector: QObject = GarbageCollector()
    return collector


def create_window(
    data_dir: Path | None = None,
    settings_dir: Path | None = None,
    cache_dir: Path | None = None,
    instance: Instance | None = None,
    chosen_language: str = "",
) -> MainWindow:
    """Return the wired main window, not yet shown; a QApplication must be there.

    Parameters
    ----------
    data_dir : Path, optional
        Folder of data sets (torchvision's root); by default the one of the settings, else the user's.
    settings_dir : Path, optional
        Folder of settings and of models that are kept; by default the user's.
    cache_dir : Path, optional
        Folder of what can be made again; by default the user's.
    instance : Instance, optional
        Made earlier, in the same settings' folder.
    chosen_language : {"", "system", "en", "zh"}
        Goes before the one of the settings.
    """
    settings_dir = Path(settings_dir or default_settings_dir())
    settings = WindowSettings(settings_dir)
    stored = settings.text("data_dir")
    folder = Path(data_dir) if data_dir else Path(stored) if stored else default_data_dir()
    instance = instance or Instance(autosave_dir(settings_dir))
    language.use(chosen_language or settings.text("language", language.SYSTEM))
    _translate_qt()
    _choose_fonts()
    window = MainWindow()
    window.controller = WindowController(window, settings, instance, folder, cache_dir or default_cache_dir())
    window.setup.form.choose_dataset(settings.text("dataset"))
    window.controller.tell_of_last_time()
    return window


def _translate_qt() -> None:
    """Have Qt's own words, those of its dialogs and of the menus of its fields, in the chosen language too."""
    application = QApplication.instance()
    if application is None:
        return
    for translator in application.findChildren(QTranslator):
        QApplication.removeTranslator(translator)
        translator.deleteLater()
    if language.current() in _QT_NAMES:
        translator = QTranslator(application)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if translator.load(f"qtbase_{_QT_NAMES[language.current()]}", folder):
            QApplication.installTranslator(translator)


def _choose_fonts() -> None:
    """Have characters in the form that the chosen language writes; Latin letters stay as they are.

    macOS does so by itself, and its own font must not be asked for by name.
    """
    if sys.platform == "darwin":
        return
    font = QApplication.font()
    wanted = [QFontInfo(font).family(), *_FONTS.get(language.current(), ())]
    if len(wanted) > 1 or len(font.families()) > 1:
        font.setFamilies(wanted)
        QApplication.setFont(font)


def run_window(
    model: Path | None = None,
    dataset: str | None = None,
    data_dir: Path | None = None,
    chosen_language: str = "",
    followed: Sequence[str] = (),
) -> int:
    """Open the window and return the exit status when it is closed; 2 where there is no display.

    Of runs that are followed, `followed` holds the folders.
    """
    if not require_display():
        return 2
    app_log.start(default_log_dir())
    instance = Instance(autosave_dir(default_settings_dir()))
    instance.record_crash()  # of Qt's own start too
    application = make_application()
    application.setApplicationName("vae_desktop")
    application.setDesktopFileName("vae_desktop")
    window = create_window(data_dir, instance=instance, chosen_language=chosen_language)
    _windows.append(window)
    ErrorReports(window.banner).install()
    EndSignals(window).requested.connect(window.controller.closer.close_for_system)
    application.commitDataRequest.connect(window.controller.closer.hold_session_end)
    qInstallMessageHandler(log_qt_message)
    if dataset is not None:
        window.setup.form.choose_dataset(dataset)
    if model is not None:
        window.controller.files.open(model)
    if followed:
        window.controller.setup.take_next()
        window.controller.follow.follow(followed)
    elif model is None:
        window.controller.open_last_model()
    window.show()
    status = application.exec()
    return _start_anew(data_dir) if window.controller.restart.is_wanted else status


def _start_anew(data_dir: Path | None) -> int:
    """Have this process, or where that cannot be another one, begin with a window again."""
    command = [sys.executable, "-m", "vae_desktop", *(["--data-dir", str(data_dir)] if data_dir else [])]
    logging.shutdown()
    if sys.platform == "win32":  # where a process that takes another's place has its console taken away
        subprocess.Popen(command)
        return 0
    os.execv(sys.executable, command)


def require_display() -> bool:
    """Return whether a window can be opened; where not, say so in one line on stderr.

    What Qt itself finds out later, a display that does not answer or a missing library, ends in such a line too.
    """
    qInstallMessageHandler(log_or_end)
    if _has_no_display():
        text = tr("there is no display to open a window on (DISPLAY is not set).")
        print(f"vae-desktop: {text}", file=sys.stderr)
        return False
    return True


def _has_no_display() -> bool:
    """Whether Qt would abort for want of a display; other platforms always have one."""
    if not sys.platform.startswith(("linux", "freebsd")):
        return False
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if chosen and not chosen.startswith(("xcb", "wayland")):
        return False
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
