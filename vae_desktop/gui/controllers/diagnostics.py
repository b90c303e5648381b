"""What the window knows for an engineer: the text behind "Copy diagnostics"."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication

from vae_desktop import app_log
from vae_desktop.diagnostics import diagnostics
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.messages import Message
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.settings import config_to_json

if TYPE_CHECKING:
    from vae_desktop.training.devices import Device


def window_diagnostics(engine: Engine, settings: WindowSettings, message: Message | None) -> str:
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
        model = json.dumps(config_to_json(shown.config), indent=1, ensure_ascii=False)
    sections = {
        "Message": "" if message is None else f"{message.text}\n{message.details}",
        "Settings of the model on screen": model,
        "End of the log": app_log.tail(),
    }
    private: list[Path | str] = [run.config.dataset.name for run in runs if run.config.dataset.is_custom]
    private += [path for run in runs for path in (run.path, run.autosave) if path is not None]
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
