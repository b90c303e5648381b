"""Dialogs of the main window: names of files, and what the app and its keys are."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from vae_desktop import __version__


def _tr(text: str) -> str:
    return QCoreApplication.translate("MainWindow", text)


def models_filter() -> str:
    """Which files a dialog for models lists."""
    return _tr("Models (*.safetensors);;All files (*)")


def ask_for_name(window: QWidget, title: str, suggestion: Path, kinds: str, ending: str) -> Path | None:
    """Ask for the name of a file to be written, which gets an ending if it has none; None if the dialog is left."""
    dialog = QFileDialog(window, title, str(suggestion.parent), kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(ending)  # before the dialog asks whether to replace a file
    dialog.selectFile(suggestion.name)
    return Path(dialog.selectedFiles()[0]) if dialog.exec() else None


def show_about(window: QWidget) -> None:
    """Say what the app is, and its keys."""
    keys = {
        _tr("Train, continue"): "Ctrl+T, Ctrl+Shift+T",
        _tr("Pause or resume, stop"): "Ctrl+P, Ctrl+.",
        _tr("Randomise, reset the point"): "Ctrl+R, Ctrl+0",
        _tr("Move the point"): _tr("click or drag in the latent space, arrow keys, sliders"),
        _tr("Image behind a point"): _tr("hover, Space"),
        _tr("Zoom, pan, fit"): _tr("wheel, Shift-drag, F"),
        _tr("Select codes"): _tr("Ctrl-drag, Ctrl+Shift+L, Ctrl+A"),
        _tr("Playground, compare"): "F2, F3",
        _tr("Samples, path, draw, denoise"): "F5, F6, F7, F8",
        _tr("Codes, grid, both"): "Alt+1, 2, 3",
        _tr("Points and overlays"): "Ctrl+1 … 6",
        _tr("Log scale of the losses"): "Ctrl+L",
        _tr("Take a run off the list, undo it"): "Del, Ctrl+Z",
    }
    rows = "".join(f"<tr><td>{what}&nbsp;&nbsp;</td><td><b>{how}</b></td></tr>" for what, how in keys.items())
    box = QMessageBox(window)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(_tr("About vae_desktop"))
    about = _tr("<b>vae_desktop {version}</b><br>A latent playground: see and test why a VAE works.")
    box.setText(about.format(version=__version__))
    box.setInformativeText(f"<table>{rows}</table>")
    box.open()
