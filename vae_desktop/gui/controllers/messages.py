"""What is told to the person, on the banner and in the log, and to an engineer, by "Copy diagnostics"."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot, qVersion
from PySide6.QtGui import QGuiApplication

from vae_desktop import app_log
from vae_desktop.diagnostics import diagnostics
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.messages import Message
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import sentences, tr

if TYPE_CHECKING:
    from vae_desktop.training.devices import Device

_log = logging.getLogger(__name__)


class MessagesController(QObject):
    """Shows and logs messages, and puts diagnostics on the clipboard."""

    def __init__(self, window: MainWindow, engine: Engine, settings: WindowSettings) -> None:
        super().__init__(window)
        self._window = window
        self._engine = engine
        self._settings = settings
        engine.messages.posted.connect(self._show)
        engine.messages.withdrawn.connect(window.banner.withdraw)
        window.banner.diagnostics_requested.connect(self._copy_diagnostics)
        window.menus.diagnostics_requested.connect(self._copy_diagnostics)
        settings.on_unwritable = self._tell_of_unwritable_settings

    def _show(self, message: Message) -> None:
        if message.level == "error":  # with details: not what a person could have done otherwise
            level = logging.ERROR if message.details else logging.WARNING
            _log.log(level, "%s\n%s" if message.details else "%s%s", message.text, message.details)
        self._window.banner.show_message(message)
        if message.about:  # what was written before must not be read as the answer
            self._window.statusBar().clearMessage()

    def tell_of_lost_settings(self) -> None:
        if self._settings.is_reset:
            text = tr("The file of settings was damaged, so that everything is at its default again.")
            if self._settings.backup is not None:
                text = sentences(text, tr("The damaged file is kept as {path}.").format(path=self._settings.backup))
            self._window.banner.show_message(Message("error", text, is_added=True))

    def _tell_of_unwritable_settings(self) -> None:
        text = tr(
            "Changes of settings are not kept: {path} cannot be written. Unless the file and its folder can be "
            "written to and the disk has room, what you change is forgotten when the window closes."
        )
        text = text.format(path=self._settings.path)
        self._window.banner.show_message(Message("info", text, is_added=True))

    @Slot()
    @Slot(object)
    def _copy_diagnostics(self, message: Message | None = None) -> None:
        """Put what an engineer asks for first on the clipboard, with no personal paths.

        The details are those of the message on show, unless another one is given.
        """
        text = _diagnostics(self._engine, self._settings, message or self._window.banner.message)
        QGuiApplication.clipboard().setText(text)
        self._window.statusBar().showMessage(tr("Diagnostics copied, without personal paths"), 6000)


def _diagnostics(engine: Engine, settings: WindowSettings, message: Message | None) -> str:
    """Return versions, devices, settings of the model on screen, the message, and the end of the log."""
    runs = list(engine.project.runs.values())
    shown = engine.project.shown
    facts = {
        "Qt": f"{qVersion()} ({QGuiApplication.platformName()})",
        "Devices": _devices(engine.tracker.devices) or "not known before PyTorch is loaded",
        "Models": f"{len(runs)}, {len(engine.project.active)} in training",
    }
    model = ""
    if shown is not None:
        shape = "×".join(map(str, shown.image_shape))
        facts["Model on screen"] = f"{shown.status}, images {shape}, {shown.device or 'not trained here'}"
        model = json.dumps(asdict(shown.config), indent=1, ensure_ascii=False)
    sections = {
        "Message": "" if message is None else f"{message.text}\n{message.details}",
        "Settings of the model on screen": model,
        "End of the log": app_log.tail(),
    }
    private: list[Path | str] = [run.config.dataset.name for run in runs if run.config.dataset.is_custom]
    private += [path for run in runs for path in (run.path, run.autosave) if path is not None]
    private += [run.followed.address for run in runs if run.followed is not None]
    private += [settings.text("dataset"), settings.text("last_model"), engine.datasets.data_dir.absolute()]
    return diagnostics(facts, sections, [*private, *settings.recent_files()])


def _devices(devices: Sequence[Device]) -> str:
    """A line for each, and what the driver says of its cards."""
    lines = [f"{device.name}{'' if device.is_there else ' (not there)'}: {device.about}" for device in devices]
    torch = sys.modules.get("torch")
    if lines and torch is not None:
        lines.append(f"PyTorch built for CUDA {torch.version.cuda}, ROCm {torch.version.hip}; driver: {_driver()}")
    return "".join(f"\n  {line}" for line in lines)


def _driver() -> str:
    """What NVIDIA's own tool says, in one line."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "no nvidia-smi"
    query = [tool, "--query-gpu=name,driver_version,memory.total,memory.used", "--format=csv,noheader"]
    try:
        # On Windows without a console that would flash.
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        told = subprocess.run(
            query, capture_output=True, text=True, errors="replace", timeout=3, check=False, creationflags=flags
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"nvidia-smi: {error}"
    return "; ".join((told.stdout + told.stderr).split("\n")).strip("; ")
