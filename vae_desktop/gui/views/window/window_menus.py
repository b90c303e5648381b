"""The menus of the main window."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu

from vae_desktop import language
from vae_desktop.examples import Example, examples
from vae_desktop.files import size_in_words
from vae_desktop.gui.views.window.dialogs import show_about
from vae_desktop.gui.views.window.help_window import HelpWindow
from vae_desktop.gui.views.window.keys import KEYS
from vae_desktop.gui.widgets.controls import Then, action
from vae_desktop.gui.widgets.terms import aliases, definitions
from vae_desktop.language import tr

MEMORY_SIZES = 1_000_000_000, 4_000_000_000, 16_000_000_000  # bytes that can be chosen for images
TIMELINE_SIZES = 64_000_000, 256_000_000, 1_000_000_000  # bytes of a model's timeline that can be chosen


class WindowMenus(QObject):
    """Builds the menus and tells what was chosen."""

    open_requested = Signal()
    follow_requested = Signal()
    images_requested = Signal(str)  # "folder" or "file"
    recent_wanted = Signal()  # the list of recent files is about to be seen
    kept_requested = Signal()  # all models that the app has kept
    file_chosen = Signal(Path)
    save_requested, save_as_requested, save_with_timeline_requested = Signal(), Signal(), Signal()
    export_requested = Signal()  # the codes of the model on screen
    film_requested = Signal(str)  # of "scatter", "grid", "samples" or "point"
    data_folder_requested = Signal()
    run_root_wanted = Signal(bool)  # whether trainings are to be written to folders
    theme_chosen = Signal(str)
    language_chosen = Signal(str)
    timeline_chosen = Signal(str)  # how many bytes the timeline of a model may take; "other" for a size that is typed
    memory_chosen = Signal(str)  # how many bytes of memory images may take; "auto", or "other" for a size that is typed
    layout_reset_requested = Signal()
    normals_requested, pixels_requested, diagnostics_requested = Signal(), Signal(), Signal()
    workspace_chosen, tool_chosen, face_chosen = Signal(str), Signal(str), Signal(str)
    step_requested = Signal()

    def __init__(self, window: QMainWindow, docks: Sequence[QDockWidget], formulas: QAction) -> None:
        super().__init__(window)
        self._window = window
        self._keys: HelpWindow | None = None  # made when they are first wanted
        self._glossary: HelpWindow | None = None
        bar = window.menuBar()
        bar.setObjectName("menuBar")
        file_menu = bar.addMenu(tr("&File"))
        self._fill_file_menu(file_menu)
        view_menu = bar.addMenu(tr("&View"))
        for workspace, text, key, tip in (
            ("playground", tr("&Playground"), "F2", tr("One model: its latent space under your hands.")),
            ("comparison", tr("&Compare models"), "F3", tr("Two to four models side by side.")),
        ):
            self._add(view_menu, f"{workspace}Action", text, tip, key, self.workspace_chosen, workspace)
        view_menu.addSeparator()
        for face, text, key, tip in (
            ("lab", tr("&Lab"), "F4", tr("The argument, step by step.")),
            ("setup", tr("Set&up"), "Shift+F4", tr("The settings of the next model.")),
        ):
            self._add(view_menu, f"{face}Action", text, tip, key, self.face_chosen, face)
        view_menu.addSeparator()
        for tool, text, key, tip in (
            ("images", tr("&Images"), "Shift+F5", tr("The images as the model gets them, in several orders.")),
            ("samples", tr("&Samples"), "F5", tr("Random codes, decoded.")),
            ("words", tr("&Words"), "Shift+F6", tr("Type what the model is to draw.")),
            ("path", tr("Pat&h"), "F6", tr("A way through the latent space, step by step.")),
            ("drawing", tr("&One image"), "F7", tr("One image's way through the model, drawn or clicked.")),
            ("denoising", tr("De&noise"), "F8", tr("An image with noise, and restored.")),
        ):
            self._add(view_menu, f"{tool}Action", text, tip, key, self.tool_chosen, tool)
        view_menu.addAction(formulas)
        tip = tr("Take one training step and wait: of the training that is held, or that runs, or of a new one.")
        self._add(view_menu, "takeStepAction", tr("One training st&ep"), tip, "Ctrl+Shift+P", self.step_requested)
        view_menu.addSeparator()
        panels = view_menu.addMenu(tr("P&anels"))
        panels.setObjectName("panelsMenu")
        for dock in docks:
            panels.addAction(dock.toggleViewAction())
        view_menu.addSeparator()
        self._curves = view_menu.addMenu(tr("Learning cur&ves"))
        self._curves.setObjectName("curvesMenu")
        self._curves.setToolTipsVisible(True)
        texts = {"system": tr("As the &system"), "light": tr("&Light"), "dark": tr("&Dark")}
        self._themes = self._add_modes(view_menu, tr("&Theme"), "Theme", texts, self.theme_chosen)
        texts = {language.SYSTEM: tr("As the &system"), **language.LANGUAGES}
        title = tr("Lan&guage")  # in another language followed by the English word: whoever chose it by mistake
        self._languages = self._add_modes(view_menu, title, "Language", texts, self.language_chosen)
        sizes = {str(size): size_in_words(size) for size in TIMELINE_SIZES}
        texts = {"0": tr("&Nothing"), **sizes, "other": tr("&Other…")}
        self._timelines = self._add_modes(view_menu, tr("Timeline &keeps"), "Timeline", texts, self.timeline_chosen)
        texts = {"auto": "", **{str(size): size_in_words(size) for size in MEMORY_SIZES}, "other": tr("&Other…")}
        self._memory = self._add_modes(view_menu, tr("&Memory for images"), "Memory", texts, self.memory_chosen)
        self._add(view_menu, "resetLayoutAction", tr("&Reset layout"), then=self.layout_reset_requested)
        self._fill_help_menu(bar.addMenu(tr("&Help")))
        self.set_examples(examples())

    def _fill_file_menu(self, menu: QMenu) -> None:
        keys = QKeySequence.StandardKey
        tip = tr("Open a saved model and explore its latent space.")
        self._add(menu, "openModelAction", tr("&Open model…"), tip, keys.Open, self.open_requested)
        tip = tr("Watch a training that goes on in another window, or on another machine, as if it trained here.")
        self._add(menu, "followAction", tr("Follow a r&un…"), tip, None, self.follow_requested)
        self._recent = menu.addMenu(tr("Open &recent"))
        self._recent.setObjectName("recentMenu")
        self._recent.setToolTipsVisible(True)
        self._recent.aboutToShow.connect(self.recent_wanted)
        self._examples = menu.addMenu(tr("&Examples"))
        self._examples.setToolTipsVisible(True)
        menu.addSeparator()
        tip = tr("Learn a latent space from images of your own.")
        for source, text, key in (
            ("folder", tr("Open &folder of images…"), "Ctrl+Shift+O"),
            ("file", tr("Open f&ile of images…"), None),
        ):
            self._add(menu, f"open{source.title()}Action", text, tip, key, self.images_requested, source)
        menu.addSeparator()
        tip = tr("Save the model on screen with its codes and curves.")
        self.save = self._add(menu, "saveModelAction", tr("&Save model"), tip, keys.Save, self.save_requested)
        tip, text = tr("Save the model on screen under another name."), tr("Save model &as…")
        self.save_as = self._add(menu, "saveModelAsAction", text, tip, "Ctrl+Shift+S", self.save_as_requested)
        text, then = tr("Save with &timeline…"), self.save_with_timeline_requested
        self.save_with_timeline = self._add(menu, "saveWithTimelineAction", text, then=then)
        tip = tr("Save the codes of all images of the model on screen as a table (CSV), with their classes.")
        text, then = tr("E&xport codes…"), self.export_requested
        self.export = self._add(menu, "exportCodesAction", text, tip, "Ctrl+E", then)
        self._films = menu.addMenu(tr("Export fil&m"))
        self._films.setObjectName("filmMenu")
        for of, text, tip in (
            ("scatter", tr("&Latent space…"), tr("The codes of the test images, at every kept step.")),
            ("grid", tr("&Grid…"), tr("What is decoded all over the plane, at every kept step.")),
            ("samples", tr("&Samples…"), tr("The codes that the tool Samples draws, decoded at every kept step.")),
            ("point", tr("Current &point…"), tr("The picture at the current point, at every kept step.")),
        ):
            self._add(self._films, f"{of}FilmAction", text, tip, then=self.film_requested, data=of)
        self._films.setToolTipsVisible(True)
        menu.setToolTipsVisible(True)
        menu.addSeparator()
        tip, text = tr("Choose the folder in which downloaded data sets lie."), tr("&Data folder…")
        self._add(menu, "dataFolderAction", text, tip, then=self.data_folder_requested)
        self._run_root = action(self._window, "runRootAction", tr("&Write trainings to a folder…"), is_on=False)
        self._run_root.triggered.connect(self.run_root_wanted)
        menu.addAction(self._run_root)
        menu.addSeparator()
        self._add(menu, "quitAction", tr("&Quit"), "", keys.Quit, self._window.close)

    def _fill_help_menu(self, menu: QMenu) -> None:
        tip = tr("What can be done by keyboard and mouse.")
        self._add(menu, "keysAction", tr("&Keys"), tip, "F1", self._show_keys)
        tip = tr("What the words of the field mean that stand in the window.")
        self._add(menu, "glossaryAction", tr("&Glossary"), tip, "Shift+F1", self._show_glossary)
        tip = tr("Drag two normal distributions, and see their divergence in four ways, and with slips in the formula.")
        text = tr("K&L between two normals")
        self._add(menu, "normalsAction", text, tip, then=self.normals_requested)
        tip = tr("Fit one diffusion to images and one to their codes: what each draws, and what it costs.")
        text = tr("Diffusion in &pixels and in codes")
        self._add(menu, "pixelsAction", text, tip, then=self.pixels_requested)
        tip = tr("Copy versions, settings and the end of the log for a report, without personal paths.")
        text = tr("Copy &diagnostics")
        self._add(menu, "copyDiagnosticsAction", text, tip, then=self.diagnostics_requested)
        self._add(menu, "aboutAction", tr("&About"), then=self._show_about)

    def set_can_save(self, can_save: bool) -> None:
        """Saving needs a model on screen."""
        self.save.setEnabled(can_save)
        self.save_as.setEnabled(can_save)
        self.export.setEnabled(can_save)

    def set_can_save_timeline(self, can_save: bool, tip: str) -> None:
        """Saving with the timeline needs kept steps; the tip says how large the file will be, or what is missing."""
        self.save_with_timeline.setEnabled(can_save)
        self.save_with_timeline.setToolTip(tip)
        self.save_with_timeline.setStatusTip(tip)

    def set_can_film(self, can_film: bool, tip: str) -> None:
        """A film needs one model with kept steps on screen; the tip says so."""
        self._films.setEnabled(can_film)
        self._films.menuAction().setToolTip(tip)

    def set_run_root(self, folder: Path | None) -> None:
        """Check whether trainings are written to folders, and say where."""
        text = tr("Each training has a folder of its own there, which can be followed from elsewhere while it grows.")
        self._run_root.setToolTip(f"{folder or ''}\n{text}".strip())
        self._run_root.setChecked(folder is not None)

    def set_recent(self, files: Sequence[Path], kept: Mapping[Path, str], has_more: bool) -> None:
        """List recent files, then models that the app itself has kept, by what they are."""
        self._recent.clear()
        for path in files:
            self._add_file(self._recent, path, path.name, str(path))
        if not files and not kept:
            self._recent.addAction(tr("No model opened or saved yet")).setEnabled(False)
        if kept:
            if files:
                self._recent.addSeparator()
            self._recent.addAction(tr("Not saved, kept by the app:")).setEnabled(False)
        for path, title in kept.items():
            self._add_file(self._recent, path, title, str(path))
        if has_more:
            self._recent.addAction(tr("All that was kept…")).triggered.connect(self.kept_requested)

    def set_examples(self, examples: Sequence[Example]) -> None:
        """List the bundled models."""
        self._examples.clear()
        for example in examples:
            self._add_file(self._examples, example.path, tr(example.label), tr(example.help))
        if not examples:
            self._examples.addAction(tr("No bundled models in this version")).setEnabled(False)

    def set_curve_actions(self, actions: Sequence[QAction]) -> None:
        """Offer what can be done with the learning curves in sight."""
        self._curves.clear()
        self._curves.addActions(actions)

    def set_theme_mode(self, mode: str) -> None:
        self._themes[mode].setChecked(True)

    def set_language_mode(self, mode: str) -> None:
        self._languages.get(mode, self._languages[language.SYSTEM]).setChecked(True)

    def set_timeline_size(self, size: int) -> None:
        """Check how much a timeline may keep; a size that is not offered stands in the last entry."""
        _check_size(self._timelines, size)

    def set_memory_size(self, size: int | None, automatic: int) -> None:
        """Check how much memory images may take, and say what it is where none is chosen (None)."""
        self._memory["auto"].setText(tr("&Automatic: {size}").format(size=size_in_words(automatic)))
        _check_size(self._memory, "auto" if size is None else size)

    def _add_file(self, menu: QMenu, path: Path, title: str, tip: str) -> None:
        entry = menu.addAction(title.replace("&", "&&"), partial(_emit, self.file_chosen, path))
        entry.setToolTip(tip)
        entry.setData(path)

    def _add(
        self,
        menu: QMenu,
        name: str,
        text: str,
        tip: str = "",
        keys: QKeySequence.StandardKey | str | None = None,
        then: Then | None = None,
        data: str = "",
    ) -> QAction:
        """Add an entry; with data, `then` is a signal, which is emitted with them."""
        then = partial(_emit, cast(SignalInstance, then), data) if data else then
        menu.addAction(result := action(self._window, name, text, tip, keys, then=then, data=data))
        return result

    def _add_modes(
        self, menu: QMenu, title: str, name: str, texts: Mapping[str, str], chosen: SignalInstance
    ) -> dict[str, QAction]:
        """Add a menu of modes of which one holds; `chosen` is emitted with the one that is chosen."""
        group, own = QActionGroup(self), menu.addMenu(title)
        own.setObjectName(f"{name.lower()}Menu")
        for mode, text in texts.items():
            group.addAction(action(self._window, f"{mode}{name}Action", text, data=mode, is_on=False))
        group.triggered.connect(lambda entry: chosen.emit(entry.data()))
        own.addActions(group.actions())
        return dict(zip(texts, group.actions(), strict=True))

    @Slot()
    def _show_keys(self) -> None:
        if self._keys is None:
            entries = [(tr(keys), tr(what)) for keys, what in KEYS]
            self._keys = HelpWindow(self._window, "keysWindow", tr("Keys"), entries)
        self._keys.show_all()

    @Slot()
    def _show_glossary(self) -> None:
        if self._glossary is None:
            entries = list(definitions().items())
            self._glossary = HelpWindow(self._window, "glossaryWindow", tr("Glossary"), entries, aliases())
        self._glossary.show_all()

    @Slot()
    def _show_about(self) -> None:
        show_about(self._window)


def _emit(signal: SignalInstance, value: object, *_: bool) -> None:
    signal.emit(value)


def _check_size(entries: Mapping[str, QAction], size: int | str) -> None:
    """Check the entry of a size; one that is not offered stands in the last."""
    is_offered, other = str(size) in entries, entries["other"]
    entries[str(size) if is_offered else "other"].setChecked(True)
    text = tr("&Other…")
    if not is_offered and isinstance(size, int):
        text = tr("&Other: {size}…").format(size=size_in_words(size))
    other.setText(text)
