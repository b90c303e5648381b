"""What the window knows for an engineer: the text behind "Copy diagnostics"."""

import json

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication

from vae_desktop import app_log
from vae_desktop.diagnostics import diagnostics
from vae_desktop.engine.listener import Message
from vae_desktop.gui.bridge import Bridge
from vae_desktop.gui.window_settings import WindowSettings
from vae_desktop.settings import config_to_json


def window_diagnostics(bridge: Bridge, settings: WindowSettings, message: Message | None) -> str:
    """Return versions, devices, settings of the model on screen, the message, and the end of the log."""
    session = bridge.session
    runs = list(session.runs.values())
    shown = session.shown
    facts = {
        "Qt": f"{qVersion()} ({QGuiApplication.platformName()})",
        "Devices": ", ".join(bridge.devices) or "not known before PyTorch is loaded",
        "Models": f"{len(runs)}, {len(session.active)} in training",
    }
    model = ""
    if shown is not None:
        shape = "×".join(map(str, shown.image_shape))
        facts["Model on screen"] = f"{shown.status}, images {shape}, {shown.device or 'not trained here'}"
        model = json.dumps(config_to_json(shown.config), indent=1, ensure_ascii=False)
    sections = {
        "Message": "" if message is None else f"{message.text}\n{message.details}",
        "Settings of the model on screen": model,
        "End of the log": app_log.tail(),
    }
    own = [run.config.dataset.name for run in runs if run.config.dataset.is_own]
    files = [path for run in runs for path in (run.path, run.autosave) if path is not None]
    named = [settings.text("dataset"), settings.text("last_model"), session.data_dir.absolute()]
    return diagnostics(facts, sections, [*own, *files, *named, *settings.recent_files()])
