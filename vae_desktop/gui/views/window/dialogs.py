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
    """Say what the app is."""
    box = QMessageBox(window)
    box.setObjectName("aboutBox")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(_tr("About vae_desktop"))
    box.setIconPixmap(window.windowIcon().pixmap(64, 64))
    about = _tr("<b>vae_desktop {version}</b><br>A latent playground: see and test why a VAE works.")
    box.setText(about.format(version=__version__))
    box.setModal(False)
    box.show()
