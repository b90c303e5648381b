"""Dialogs for files and folders, which begin where the person was last with files of that kind."""

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget


class LastFolders:
    """Where the person was last, by kind of file: "model", "data", "data_dir", "export" or "picture"."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        self._keep: Callable[[str, str], object] = self._folders.__setitem__
        self._find: Callable[[str], str] = lambda kind: self._folders.get(kind, "")

    def keep_in(self, find: Callable[[str], str], keep: Callable[[str, str], object]) -> None:
        """Have the folders outlast the app: `find` gives what `keep` was given for a kind, or ""."""
        self._find, self._keep = find, keep

    def of(self, kind: str) -> str:
        """The folder in which to begin; "" where none is known, or it is gone."""
        folder = self._find(kind)
        return folder if folder and Path(folder).is_dir() else ""

    def note(self, kind: str, folder: Path) -> None:
        self._keep(kind, str(folder.absolute()))


last_folders = LastFolders()


def ask_for_file(window: QWidget, kind: str, title: str, kinds: str = "", folder: str = "") -> Path | None:
    """Ask for a file to be read, in `folder` or where the person was last; None if the dialog is left."""
    name, _ = QFileDialog.getOpenFileName(window, title, folder or last_folders.of(kind), kinds)
    if not name:
        return None
    if not folder:
        last_folders.note(kind, Path(name).parent)
    return Path(name)


def ask_for_folder(window: QWidget, kind: str, title: str) -> Path | None:
    """Ask for a folder; None if the dialog is left."""
    dialog = QFileDialog(window, title, last_folders.of(kind))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.finished.connect(dialog.deleteLater)
    if not dialog.exec():
        return None
    chosen = _typed(dialog) or Path(dialog.selectedFiles()[0])
    last_folders.note(kind, chosen.parent)
    return chosen


def ask_for_name(
    window: QWidget, kind: str, title: str, suggestion: Path, kinds: str, endings: Mapping[str, str] | None = None
) -> Path | None:
    """Ask for the name of a file to be written, which gets the suggestion's ending if it has none.

    A suggestion without a folder stands where the person was last. None if the dialog is left.

    Parameters
    ----------
    endings : mapping of str to str, optional
        What names end in, by those of the `kinds` that may be chosen, where there are several: ".gif", or "".
    """
    folder = str(suggestion.parent) if suggestion.is_absolute() else last_folders.of(kind) or str(Path.home())
    dialog = QFileDialog(window, title, folder, kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suggestion.suffix[1:])  # before the dialog asks whether to replace a file
    dialog.selectFile(suggestion.name)

    def follow_kind(chosen: str) -> None:
        ending = (endings or {}).get(chosen, suggestion.suffix)
        dialog.setDefaultSuffix(ending[1:])
        dialog.selectFile(Path(dialog.selectedFiles()[0]).stem + ending)

    dialog.filterSelected.connect(follow_kind)
    dialog.finished.connect(dialog.deleteLater)
    if not dialog.exec():
        return None
    path = Path(dialog.selectedFiles()[0])
    last_folders.note(kind, path.parent)
    return path


def _typed(dialog: QFileDialog) -> Path | None:
    """The folder that was typed: Qt's own dialog takes the one that is shown where the typed one lies in it."""
    entry = dialog.findChild(QLineEdit, "fileNameEdit")
    text = entry.text().strip() if isinstance(entry, QLineEdit) else ""
    path = Path(dialog.directory().absolutePath(), Path(text).expanduser()) if text else None
    return path if path is not None and path.is_dir() else None
