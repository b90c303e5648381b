"""The menus of the main window."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu

from vae_desktop.examples import Example, examples
from vae_desktop.gui.widgets.choice_box import translated


class WindowMenus(QObject):
    """Builds the menus and tells what was chosen."""

    open_requested = Signal()
    images_requested = Signal(str)  # "folder" or "file"
    recent_wanted = Signal()  # the list of recent files is about to be seen
    kept_requested = Signal()  # all models that the app has kept
    file_chosen = Signal(Path)
    save_requested = Signal()
    save_as_requested = Signal()
    data_folder_requested = Signal()
    theme_chosen = Signal(str)
    layout_reset_requested = Signal()
    about_requested = Signal()
    diagnostics_requested = Signal()
    workspace_chosen = Signal(str)
    tool_chosen = Signal(str)

    def __init__(self, window: QMainWindow, docks: Sequence[QDockWidget]) -> None:
        super().__init__(window)
        self._window = window
        bar = window.menuBar()
        file_menu = bar.addMenu(self.tr("&File"))
        self._add(
            file_menu,
            "openModelAction",
            self.tr("&Open model…"),
            self.open_requested,
            QKeySequence.StandardKey.Open,
            self.tr("Open a saved model and explore its latent space."),
        )
        self._recent = file_menu.addMenu(self.tr("Open &recent"))
        self._recent.setToolTipsVisible(True)
        self._recent.aboutToShow.connect(self.recent_wanted)
        self._examples = file_menu.addMenu(self.tr("&Examples"))
        file_menu.addSeparator()
        for source, text, keys in (
            ("folder", self.tr("Open &folder of images…"), QKeySequence("Ctrl+Shift+O")),
            ("file", self.tr("Open array or &IDX file…"), None),
        ):
            action = self._add(
                file_menu,
                f"open{source.title()}Action",
                text,
                self._request_images,
                keys,
                self.tr("Learn a latent space from images of your own."),
            )
            action.setData(source)
        file_menu.addSeparator()
        self.save = self._add(
            file_menu,
            "saveModelAction",
            self.tr("&Save model"),
            self.save_requested,
            QKeySequence.StandardKey.Save,
            self.tr("Save the model on screen with its codes and curves."),
        )
        self.save_as = self._add(
            file_menu,
            "saveModelAsAction",
            self.tr("Save model &as…"),
            self.save_as_requested,
            QKeySequence("Ctrl+Shift+S"),
            self.tr("Save the model on screen under another name."),
        )
        file_menu.addSeparator()
        self._add(
            file_menu,
            "dataFolderAction",
            self.tr("&Data folder…"),
            self.data_folder_requested,
            None,
            self.tr("Choose the folder in which downloaded data sets lie."),
        )
        file_menu.addSeparator()
        self._add(file_menu, "quitAction", self.tr("&Quit"), window.close, QKeySequence.StandardKey.Quit, "")
        view_menu = bar.addMenu(self.tr("&View"))
        for workspace, text, keys, tip in (
            ("playground", self.tr("&Playground"), "F2", self.tr("One model: its latent space under your hands.")),
            ("comparison", self.tr("&Compare models"), "F3", self.tr("Two to four models side by side.")),
        ):
            action = self._add(
                view_menu, f"{workspace}Action", text, self._choose_workspace, QKeySequence(keys), tip
            )
            action.setData(workspace)
        view_menu.addSeparator()
        for tool, text, keys, tip in (
            ("samples", self.tr("&Samples"), "F5", self.tr("Random codes, decoded.")),
            ("path", self.tr("Pa&th"), "F6", self.tr("A way through the latent space, step by step.")),
            ("drawing", self.tr("&Draw"), "F7", self.tr("Draw an image: what becomes of it in the model.")),
            ("denoising", self.tr("De&noise"), "F8", self.tr("An image with noise, and restored.")),
        ):
            action = self._add(view_menu, f"{tool}Action", text, self._choose_tool, QKeySequence(keys), tip)
            action.setData(tool)
        view_menu.addSeparator()
        for dock in docks:
            view_menu.addAction(dock.toggleViewAction())
        view_menu.addSeparator()
        self._themes = self._add_themes(view_menu.addMenu(self.tr("&Theme")))
        self._add(
            view_menu, "resetLayoutAction", self.tr("&Reset layout"), self.layout_reset_requested, None, ""
        )
        help_menu = bar.addMenu(self.tr("&Help"))
        self._add(help_menu, "aboutAction", self.tr("&About and keys"), self.about_requested, QKeySequence("F1"), "")
        self._add(
            help_menu,
            "copyDiagnosticsAction",
            self.tr("Copy &diagnostics"),
            self.diagnostics_requested,
            None,
            self.tr("Copy versions, settings and the end of the log for a report, without personal paths."),
        )
        self._examples.setToolTipsVisible(True)
        self.set_examples(examples())

    def set_can_save(self, can_save: bool) -> None:
        """Saving needs a model on screen."""
        self.save.setEnabled(can_save)
        self.save_as.setEnabled(can_save)

    def set_recent(self, files: Sequence[Path], kept: Mapping[Path, str], has_more: bool) -> None:
        """List recent files, then models that the app itself has kept, by what they are."""
        self._recent.clear()
        for path in files:
            self._add_file(path, path.name)
        if not files:
            self._recent.addAction(self.tr("No model opened or saved yet")).setEnabled(False)
        if kept:
            self._recent.addSection(self.tr("Not saved, kept by the app"))
        for path, title in kept.items():
            self._add_file(path, title)
        if has_more:
            self._recent.addAction(self.tr("All that was kept…"), self.kept_requested)

    def set_examples(self, examples: Sequence[Example]) -> None:
        """List the bundled models."""
        self._examples.clear()
        for example in examples:
            action = self._examples.addAction(translated(example.label))
            action.setToolTip(translated(example.help))
            action.setData(example.path)
            action.triggered.connect(self._choose_file)
        if not examples:
            self._examples.addAction(self.tr("No bundled models in this version")).setEnabled(False)

    def set_theme_mode(self, mode: str) -> None:
        self._themes[mode].setChecked(True)

    def _add_file(self, path: Path, title: str) -> None:
        action = self._recent.addAction(title.replace("&", "&&"))
        action.setToolTip(str(path))
        action.setData(path)
        action.triggered.connect(self._choose_file)

    def _add(
        self,
        menu: QMenu,
        name: str,
        text: str,
        then: Signal | Callable[[], object],
        keys: QKeySequence | QKeySequence.StandardKey | None,
        tip: str,
    ) -> QAction:
        action = QAction(text, self._window)
        action.setObjectName(name)
        action.setToolTip(tip)
        action.setStatusTip(tip)
        if keys is not None:
            action.setShortcut(keys)
        action.triggered.connect(then)
        menu.addAction(action)
        return action

    def _add_themes(self, menu: QMenu) -> dict[str, QAction]:
        group = QActionGroup(self)
        actions = {}
        for mode, text in (
            ("system", self.tr("As the &system")),
            ("light", self.tr("&Light")),
            ("dark", self.tr("&Dark")),
        ):
            action = menu.addAction(text)
            action.setObjectName(f"{mode}ThemeAction")
            action.setCheckable(True)
            action.setData(mode)
            action.triggered.connect(self._choose_theme)
            group.addAction(action)
            actions[mode] = action
        return actions

    @Slot()
    def _request_images(self) -> None:
        self.images_requested.emit(self.sender().data())

    @Slot()
    def _choose_workspace(self) -> None:
        self.workspace_chosen.emit(self.sender().data())

    @Slot()
    def _choose_tool(self) -> None:
        self.tool_chosen.emit(self.sender().data())

    @Slot()
    def _choose_file(self) -> None:
        self.file_chosen.emit(self.sender().data())

    @Slot()
    def _choose_theme(self) -> None:
        self.theme_chosen.emit(self.sender().data())
