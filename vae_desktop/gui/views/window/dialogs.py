"""What the dialogs of the main window say: which files they list, and what the app is."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from vae_desktop import __version__
from vae_desktop.language import tr


def models_filter() -> str:
    """Which files a dialog for models lists."""
    return tr("Models (*.safetensors);;All files (*)")


def show_about(window: QWidget) -> None:
    """Say what the app is."""
    box = QMessageBox(window)
    box.setObjectName("aboutBox")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(tr("About vae_desktop"))
    box.setIconPixmap(window.windowIcon().pixmap(64, 64))
    about = tr("<b>vae_desktop {version}</b><br>A latent playground: see and test why a VAE works.")
    box.setText(about.format(version=__version__))
    box.setModal(False)
    box.show()
