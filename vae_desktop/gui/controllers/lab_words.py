"""What the lab sees of diffusions: how long a fit took, and what words drew."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.pace import Progress
from vae_desktop.engine.run import Run
from vae_desktop.engine.words_judge import Judged
from vae_desktop.gui.controllers.words_controller import Wanted, WordsController
from vae_desktop.lab.seen_diffusion import Asked, Fitted
from vae_desktop.latent.codes import Floats

if TYPE_CHECKING:
    from vae_desktop.words.latent_diffusion import LatentDiffusion

_MOST = 20  # texts that are remembered


class WordsSight:
    """Looks at what the diffusions do, and has what words drew judged, once each."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._began: float | None = None  # when the fit began that is under way
        self._took: float | None = None  # seconds, of the one that has ended last
        self._seconds: WeakKeyDictionary[LatentDiffusion, float] = WeakKeyDictionary()
        self._asked: list[tuple[Wanted, Asked]] = []
        self._judged: Wanted | None = None  # the newest that was given away to be judged
        engine.words.progressed.connect(self._note_fit)
        engine.words.ended.connect(self._note_end)
        engine.project.words_changed.connect(self._note_fitted)

    def fitted(self, run: Run) -> Fitted | None:
        """The diffusion of a model."""
        diffusion = run.diffusion
        if diffusion is None:
            return None
        return Fitted(diffusion.step, int(diffusion.described["images"]), self._seconds.get(diffusion))

    def asked(self, run: Run, tool: WordsController) -> tuple[Asked, ...]:
        """What was asked for of the diffusion that a model has now, and judged; the newest last."""
        wanted, walks = tool.drawn, tool.walks
        is_new = wanted != self._judged
        if is_new and wanted is not None and walks is not None and wanted.text and wanted.diffusion is run.diffusion:
            self._judge(run, wanted, walks[-1])
        return tuple(asked for wanted, asked in self._asked if wanted.diffusion is run.diffusion)

    def _judge(self, run: Run, wanted: Wanted, codes: Floats) -> None:
        facts = wanted.diffusion.understand(wanted.text).facts
        asked = next((number for number, name in enumerate(run.class_names) if name in facts), None)
        if asked is None:
            self._judged = wanted
            self._take(wanted, "", len(codes), Judged(0, 0.0))
        elif self._engine.words_judge.judge(
            run, codes, asked, partial(self._take, wanted, run.class_names[asked], len(codes))
        ):
            self._judged = wanted

    def _take(self, wanted: Wanted, name: str, count: int, judged: Judged) -> None:
        asked = Asked(wanted.text, wanted.guidance, count, name, *judged)
        self._asked = [*self._asked[1 - _MOST :], (wanted, asked)]

    def _note_fit(self, run: Run, progress: Progress) -> None:
        if self._began is None:
            self._began = time.monotonic()

    def _note_end(self, run: Run) -> None:
        self._took = None if self._began is None else time.monotonic() - self._began
        self._began = None

    def _note_fitted(self, run: Run) -> None:
        """Keep how long the fit took that has just ended with this."""
        if self._took is not None and run.diffusion is not None:
            self._seconds[run.diffusion] = self._took
        self._took = None
