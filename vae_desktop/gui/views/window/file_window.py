"""The files that a person chooses in the main window: asked for by dialogs, or dropped on it."""

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow

from vae_desktop.gui.views.window.dialogs import models_filter
from vae_desktop.gui.widgets.file_dialogs import ask_for_file, ask_for_folder, ask_for_name
from vae_desktop.language import tr
from vae_desktop.training.run_folder.layout import is_run

_ENDINGS = "*.npz *.npy *.csv *.tsv *.gz *.mat *.h5 *.hdf5 *.parquet *ubyte *.idx* *.zip *.tar *.tgz"  # of data sets


class FileWindow(QMainWindow):
    """Asks for files and names, and emits what the person wants done with files."""

    file_opened = Signal(Path)
    images_chosen = Signal(Path)  # a person's own, to learn from
    data_folder_chosen = Signal(Path)
    runs_dropped = Signal(list)  # Paths of folders of trainings

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)

    @Slot()
    def ask_for_model(self, folder: str = "") -> None:
        """Have the person choose a model file, beginning in a folder."""
        path = ask_for_file(self, "model", tr("Open model"), models_filter(), folder)
        if path is not None:
            self.file_opened.emit(path)

    @Slot(str)
    def choose_images(self, source: str) -> None:
        """Have the person choose images to learn from: a "folder" of them, or a "file"."""
        if source == "folder":
            path = ask_for_folder(self, "data", tr("Folder of images; its subfolders are classes"))
        else:
            arrays = tr("Arrays and archives ({endings});;All files (*)").format(endings=_ENDINGS)
            path = ask_for_file(self, "data", tr("Images in one file"), arrays)
        if path is not None:
            self.images_chosen.emit(path)

    @Slot()
    def choose_data_folder(self) -> None:
        """Have the person choose where downloaded data sets lie."""
        path = ask_for_folder(self, "data_dir", tr("Folder of downloaded data sets"))
        if path is not None:
            self.data_folder_chosen.emit(path)

    def ask_for_run_root(self) -> Path | None:
        """Ask in which folder trainings are to be written; None if the person does not want to."""
        return ask_for_folder(self, "run_root", tr("Folder in which each training has one of its own"))

    def ask_for_target(self, suggestion: Path, title: str = "") -> Path | None:
        """Ask under which name to save a model; None if the person does not want to."""
        return ask_for_name(self, "model", title or tr("Save model"), suggestion, models_filter())

    def ask_for_film(self, title: str, suggestion: Path) -> Path | None:
        """Ask under which name to export a film: an animation, or a folder; None if the person does not want to."""
        animation, folder = tr("Animation ({ending})"), tr("Folder of PNG pictures")
        kinds = {animation.format(ending=f"*{ending}"): ending for ending in (".gif", ".webp")} | {f"{folder} (*)": ""}
        return ask_for_name(self, "export", title, suggestion, ";;".join(kinds), kinds)

    def ask_for_export(self, title: str, suggestion: Path, kind: str) -> Path | None:
        """Ask under which name to export a kind of file; None if the person does not want to."""
        return ask_for_name(self, "export", title, suggestion, f"{kind} (*{suggestion.suffix})")

    def ask_for_images(self, title: str, suggestion: Path) -> Path | None:
        """Ask under which name to export images: a table, or an archive; None if the person does not want to."""
        kinds = {tr("Table of their files"): ".csv", tr("Pictures with that table"): ".zip"}
        filters = {f"{text} (*{ending})": ending for text, ending in kinds.items()}
        return ask_for_name(self, "export", title, suggestion, ";;".join(filters), filters)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = _dropped_paths(event)
        if paths and all(map(is_run, paths)):
            self.runs_dropped.emit(paths)
        elif paths:
            (self.file_opened if paths[0].suffix == ".safetensors" else self.images_chosen).emit(paths[0])


def _dropped_paths(event: QDropEvent) -> list[Path]:
    """One file or folder of this machine, or the folders of several trainings; else none."""
    urls = event.mimeData().urls()
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    return paths if len(paths) == len(urls) and (len(paths) == 1 or all(map(is_run, paths))) else []
