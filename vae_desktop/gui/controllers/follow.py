"""Following runs that train elsewhere: the address is asked for, and how far behind it is stands in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Run
from vae_desktop.errors import UserError
from vae_desktop.files import size_in_words
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.follow_window import FollowWindow
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import sentences, tr
from vae_desktop.training.run_folder.layout import why_no_run
from vae_desktop.training.run_folder.protocols import without_secrets

_KEY = "followed"  # of the settings: the address that was followed last


class FollowController(QObject):
    """Has runs followed: alone, or beside those that are followed and compared already."""

    def __init__(self, window: MainWindow, engine: Engine, settings: WindowSettings) -> None:
        super().__init__(window)
        self._window, self._engine, self._settings = window, engine, settings
        self._asking: FollowWindow | None = None  # made when it is first wanted
        window.menus.follow_requested.connect(self._ask)
        window.runs_dropped.connect(self._follow_dropped)
        engine.following.shown_alone.connect(self._show_playground)

    @Slot()
    def _ask(self) -> None:
        if self._asking is None:
            self._asking = FollowWindow(self._window, _check)
            self._asking.chosen.connect(self._follow_chosen)
        self._asking.ask(self._settings.text(_KEY))

    @Slot(list)
    def _follow_dropped(self, folders: Sequence[Path]) -> None:
        self.follow([str(folder) for folder in folders], self._beside)

    def _show_playground(self) -> None:
        self._window.show_workspace("playground")

    @Slot(str)
    def _follow_chosen(self, address: str) -> None:
        self._settings.set_text(_KEY, without_secrets(address))
        self.follow([address], self._beside)

    @property
    def _beside(self) -> Sequence[Run]:
        """The runs on screen beside which another one is to stand."""
        compared = self._engine.project.compared
        if self._window.workspace != "comparison" or compared is None:
            return ()
        return [run for run in compared.runs if run.followed is not None]

    def follow(self, addresses: Sequence[str], beside: Sequence[Run] = ()) -> None:
        """Follow runs, several side by side, and beside others."""
        if not beside:
            self._show_playground()  # a comparison brings up the other one
        self._window.banner.clear_news()
        self._engine.following.follow(addresses, beside)


def _check(address: str) -> None:
    """Raise UserError if an address can never be read, or there is no training in a folder of this machine."""
    from vae_desktop.training.run_folder.source import Source

    source = Source(address)
    reason = why_no_run(Path(source.title)) if source.is_local else ""
    if reason:
        raise UserError(reason)


def going_on(runs: Sequence[Run]) -> Run:
    """The one that tells how far they are: of those followed one may have ended while another one trains."""
    return next((run for run in runs if run.status == "training"), runs[-1])


def following_in_words(runs: Sequence[Run]) -> str:
    """What the status line says of followed runs on screen."""
    followed = [entry.followed for entry in runs if entry.followed is not None]
    troubled = [entry for entry in followed if entry.trouble]
    if troubled:
        return sentences(troubled[0].trouble, tr("It is tried again by itself.") if troubled[0].is_broken else "")
    run = going_on(runs)
    title = run.title if len(runs) == 1 else tr("{count} models").format(count=len(runs))
    latest = max(followed, key=lambda entry: entry.behind or 0.0)
    traffic = sum({entry.address: entry.bytes_per_minute for entry in followed}.values())
    folders = dict.fromkeys(entry.folder for entry in followed)
    parts = [tr("Following {run}").format(run=title), ", ".join(folders), tr(run.status), latest.in_words]
    parts += [tr("{size} a minute").format(size=size_in_words(_rounded(traffic)))] if traffic else []
    return " · ".join(part for part in parts if part)


def _rounded(count: int) -> int:
    """No more than two figures: others change too often to be read."""
    return round(count, 2 - len(str(count)))
