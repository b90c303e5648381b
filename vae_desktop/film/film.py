"""A training as a film: which of its moments are shown, and a picture of each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_desktop.errors import UserError
from vae_desktop.film.sheet import Look, Sheet
from vae_desktop.language import tr
from vae_desktop.latent.codes import Picture
from vae_desktop.progress import Progress, ignore
from vae_desktop.training.checkpoint import Checkpoint
from vae_desktop.training.history import CHOSEN, Change, History
from vae_desktop.training.timeline import NO_FRAMES, TIMELINE_SETTINGS, Frame
from vae_desktop.variants import setting_in_words, value_in_words

MOST_MOMENTS = 1000  # in a film; of more, an even choice is shown
_PALETTE_FROM = 5  # pictures, whose colours stand for all


class Scene(Protocol):
    """What a film shows of a model."""

    @property
    def steps(self) -> Sequence[int]:
        """The steps that it can draw, in their order."""

    @property
    def glides(self) -> bool:
        """Whether there is something to be seen between two moments."""

    def draw(self, place: float, look: Look) -> Picture:
        """The square (side, side, 3) at a place, counted in moments from 0."""


@dataclass(frozen=True, eq=False)
class Moments:
    """The moments of a training that can be shown.

    Attributes
    ----------
    checkpoint : Checkpoint
    steps : list of int
        In their order; the last is that of the model itself.
    left_out : list of str
        What was wrong with other frames, in words.
    """

    checkpoint: Checkpoint
    steps: list[int]
    left_out: list[str]

    @classmethod
    def of(
        cls,
        checkpoint: Checkpoint,
        look_at: Callable[[Frame], object] = lambda frame: None,
        progress: Progress = ignore,
    ) -> "Moments":
        """Read each frame of a timeline once; one that is damaged is left out.

        Parameters
        ----------
        checkpoint : Checkpoint
            The model at its end, with its timeline.
        look_at : callable
            Is given each frame in turn.
        """
        result = cls(checkpoint, [], [])
        wanted = _evenly({*(checkpoint.timeline or NO_FRAMES).steps, checkpoint.snapshot.step})
        for done, step in enumerate(wanted):
            progress(done, len(wanted))
            try:
                frame = result.frame(step)
            except UserError as error:
                text = tr("step {step:,} is left out: {reason}")
                result.left_out.append(text.format(step=step, reason=error))
            else:
                look_at(frame)
                result.steps.append(step)
        return result

    def frame(self, step: int) -> Frame:
        """The frame of a step; raises UserError if it is damaged."""
        own = self.checkpoint
        if step == own.snapshot.step:
            last = own.history.last_evaluation
            return Frame(own.snapshot, own.codes, last if last is not None and last.step == step else None)
        return (own.timeline or NO_FRAMES).read(step)


class Film:
    """Pictures of the moments of a training, each made when it is its turn.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model at its end.
    scene : Scene
    look : Look
    class_names : sequence of str
        In a legend; empty for none.
    number : str
        What tells the model from others, "#3"; "" where there are none.
    forked_from : (str, int), optional
        From what, and at which step, it went another way.

    Attributes
    ----------
    steps : list of int
    look : Look
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        scene: Scene,
        look: Look,
        class_names: Sequence[str] = (),
        number: str = "",
        forked_from: tuple[str, int] | None = None,
    ) -> None:
        self.steps = list(scene.steps)
        self.look, self._scene = look, scene
        losses = losses_about(checkpoint.history, self.steps)
        titles = [f"{number} {_title_at(checkpoint, step)}".strip() for step in self.steps]
        marks = {} if forked_from is None else {forked_from[1]: tr("from {parent}").format(parent=forked_from[0])}
        for change in checkpoint.history.changes:
            if change.name in (*TIMELINE_SETTINGS, *CHOSEN):
                marks[change.step] = tr(", ").join(filter(None, (marks.get(change.step), _in_words(change))))
        at = np.interp(list(marks), self.steps, range(len(self.steps))).tolist() if marks else []
        marked = sorted(zip(at, marks.values(), strict=True))
        self._sheet = Sheet(look, titles, self.steps, checkpoint.steps_per_epoch, losses, class_names, marked)

    @property
    def glides(self) -> bool:
        """Whether there is something to be seen between two moments."""
        return self._scene.glides

    def count(self, each: int = 1) -> int:
        """How many pictures there are, `each` from one moment to the next."""
        return (len(self.steps) - 1) * each + 1

    def picture(self, place: float) -> Image.Image:
        """The picture at a place, counted in moments from 0."""
        return self._sheet.compose(place, self._scene.draw(place, self.look))

    def pictures(self, progress: Progress = ignore, each: int = 1) -> Iterator[Image.Image]:
        """All pictures, one after the other, `each` from one moment to the next."""
        count = self.count(each)
        for number in range(count):
            progress(number, count)
            yield self.picture(number / each)

    def some(self) -> Image.Image:
        """A few of the pictures side by side, which have about the colours of all."""
        numbers = np.unique(np.linspace(0, len(self.steps) - 1, _PALETTE_FROM).round().astype(int)).tolist()
        width, height = self._sheet.size
        result = Image.new("RGB", (width * len(numbers), height))
        for place, number in enumerate(numbers):
            result.paste(self.picture(number), (place * width, 0))
        return result


def _title_at(checkpoint: Checkpoint, step: int) -> str:
    """What a model is, with the β that it had at a step, where it has one."""
    settings: dict[str, Any] = (checkpoint.timeline or NO_FRAMES).settings_at(step, checkpoint.history.changes)
    config = checkpoint.config.with_settings(**settings)
    if config.model.traits.kl_weight is not None:
        return config.title
    return tr("{title} · β {beta}").format(title=config.title, beta=f"{config.training.beta:g}")


def _in_words(change: Change) -> str:
    if change.name == "beta":
        return f"β {change.value:g}"
    return f"{setting_in_words(change.name)} {value_in_words(change.name, change.chosen or change.value)}"


def losses_about(history: History, steps: Sequence[int]) -> npt.NDArray[np.float64]:
    """The mean loss (N,) of the batches since the step before each of these; NaN where there is none."""
    total = history.training[:, 0].astype(np.float64) if len(history.training) else np.empty(0)
    result, before = [], 0
    for step in steps:
        part = total[before:step] if step else total[:1]
        result.append(part.mean() if len(part) else np.nan)
        before = step
    return np.array(result)


def _evenly(steps: set[int]) -> list[int]:
    """These steps in their order, or an even choice of them with the first and the last."""
    ordered = sorted(steps)
    if len(ordered) <= MOST_MOMENTS:
        return ordered
    return [ordered[index] for index in np.linspace(0, len(ordered) - 1, MOST_MOMENTS).round().astype(int)]
