"""A start anew with everything as it is. A text is made once: in another language the app begins again."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Slot

from vae_desktop import language
from vae_desktop.config import OPTIONAL, RunConfig
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.messages import Message
from vae_desktop.engine.playhead import common_steps
from vae_desktop.engine.run import Origin, Run
from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.controllers.closer import Closer
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import tr
from vae_desktop.settings import config_from_json

_KEY = "restart"  # of the settings, in which the state is handed over
_ABOUT = "language"

_log = logging.getLogger(__name__)


class Restart(QObject):
    """Closes the window so that the next one has what this one had: models, trainings, form, point and workspace.

    Attributes
    ----------
    is_wanted : bool
        Whether the window closes, or has closed, for the app to start anew.
    """

    def __init__(
        self, window: MainWindow, engine: Engine, settings: WindowSettings, point: LatentPoint, closer: Closer
    ) -> None:
        super().__init__(window)
        self.is_wanted = False
        self._window, self._engine, self._settings, self._point = window, engine, settings, point
        self._going: set[int] = set()  # ids of the models that are in training
        self._config: RunConfig | None = None
        self._step = 0  # that is to be shown again
        window.menus.set_language_mode(settings.text("language", language.SYSTEM))
        window.menus.language_chosen.connect(self.choose_language)
        closer.stayed.connect(self._stay)
        closer.closed.connect(self._hand_over)

    @property
    def is_coming_back(self) -> bool:
        """Whether the window before this one has handed over what it had."""
        return bool(self._settings.text(_KEY))

    @Slot(str)
    def choose_language(self, mode: str) -> None:
        """Have "en", "zh" or the language of the "system" from the next start on, which is offered at once."""
        self._settings.set_text("language", mode)
        self._engine.messages.withdrawn.emit(_ABOUT)
        if language.find(mode) != language.current():
            text = tr("Restart to switch the language: models, trainings and settings come back.")
            self._engine.messages.posted.emit(Message("info", text, action="restart", about=_ABOUT))

    def begin(self) -> None:
        """Close the window; whoever runs the app starts it anew."""
        self.is_wanted = True
        self._going = {run.id for run in self._engine.project.active if run.status == "training"}
        try:
            self._config = self._window.setup.form.config()
        except InvalidSetting:  # something half typed
            self._config = None
        self._window.close()

    def bring_back(self) -> bool:
        """Open what the window before this one had; False if there was none, or nothing can be read of it."""
        text = self._settings.text(_KEY)
        self._settings.set_text(_KEY, "")
        try:
            state = json.loads(text)
            groups = [(Path(group["path"]), group["origin"], bool(group["goes_on"])) for group in state["groups"]]
            if state["config"] is not None:
                self._window.setup.form.set_config(config_from_json(RunConfig, state["config"], OPTIONAL))
        except (ValueError, TypeError, KeyError, InvalidSetting) as error:
            _log.warning("what the window before had cannot be read: %s", error)
            return False
        followed = state.get("followed")
        state["followed"] = followed if isinstance(followed, list) and all(map(_is_text, followed)) else []
        self._open(iter(groups), state)
        return bool(groups or state["followed"])

    def _open(self, groups: Iterator[tuple[Path, Origin, bool]], state: Mapping[str, Any]) -> None:
        """Open one file after the other, so that the models stand in the list as they stood."""
        group = next(groups, None)
        if group is None:
            self._show(state)
        else:
            path, origin, goes_on = group
            self._engine.library.open(path, origin, goes_on=goes_on, then=lambda: self._open(groups, state))

    def _show(self, state: Mapping[str, Any]) -> None:
        runs = list(self._engine.project.runs.values())
        for run, kept in zip(runs, state.get("measures", ()), strict=False):
            self._bring_back_measures(run, kept)
        if runs and isinstance(state.get("shown"), int) and state["shown"] < len(runs):
            self._engine.project.show(runs[state["shown"]])
        self._window.show_workspace("comparison" if state.get("workspace") == "comparison" else "playground")
        if isinstance(state.get("step"), int):
            self._step = state["step"]
            self._engine.project.timeline_changed.connect(self._show_moment, max_args=0)
            self._show_moment()
        if state["followed"]:
            self._engine.following.follow(state["followed"])
        code = np.array(state.get("code", ()), np.float32)
        if code.shape == self._point.code.shape:
            self._point.move_to(code)

    def _show_moment(self) -> None:
        """Show the step that was shown, once it is found again; another one that was asked for meanwhile stays."""
        runs = [run for run in self._engine.project.in_sight(self._window.workspace == "comparison") if run.timeline]
        is_there = bool(runs) and self._step in common_steps(runs)
        if is_there or any(run.moment is not None for run in runs):
            self._engine.project.timeline_changed.disconnect(self._show_moment)
        if is_there:
            self._engine.playhead.go_to(runs, self._step)

    def _bring_back_measures(self, run: Run, kept: Any) -> None:
        """Give a model its figures back, if it is the model that they are of."""
        if isinstance(kept, dict) and kept.get("step") == run.progress.step and isinstance(kept.get("values"), dict):
            run.measured = {run.progress.step: kept["values"]}
            self._engine.project.measures_changed.emit(run)

    @Slot()
    def _stay(self) -> None:
        self.is_wanted = False

    @Slot()
    def _hand_over(self) -> None:
        if not self.is_wanted:
            return
        # A model that has no file yet does not come back: places in the list are counted without it.
        runs = [run for run in self._engine.project.runs.values() if self._file_of(run)[0] is not None]
        shown = self._engine.project.shown
        state = {
            "groups": list(self._groups(runs)),
            "shown": runs.index(shown) if shown in runs else None,
            "workspace": self._window.workspace,
            "step": None if shown is None or shown.moment is None else shown.moment.step,
            "code": self._point.code.tolist(),
            "measures": [_handed_over(run) for run in runs],
            "followed": self._engine.following.addresses,
            "config": None if self._config is None else asdict(self._config),
        }
        self._settings.set_text(_KEY, json.dumps(state))

    def _groups(self, runs: list[Run]) -> Iterator[dict[str, Any]]:
        """The files of the models, those of a comparison once."""
        done: set[Path] = set()
        for run in runs:
            path, origin = self._file_of(run)
            if path is not None and path not in done:
                done.add(path)
                together = {entry.id for entry in self._engine.project.together(run)}
                yield {"path": str(path), "origin": origin, "goes_on": not together.isdisjoint(self._going)}

    def _file_of(self, run: Run) -> tuple[Path | None, Origin]:
        if run.is_kept_only:
            return run.autosave, "autosave"
        if run.example is not None and run.path is None:
            return run.example, "example"
        comparison = self._engine.project.comparison_of(run)
        return comparison.path if comparison is not None and run.path is None else run.path, "file"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _handed_over(run: Run) -> dict[str, Any] | None:
    """What was measured of a model, where a file keeps it as it is."""
    step = run.progress.step
    measures = run.measured.get(step, {})
    try:
        values = json.loads(json.dumps(measures))
    except TypeError:
        return None
    return {"step": step, "values": values} if values and values == measures else None
