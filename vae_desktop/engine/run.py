"""A model with its training as the window knows it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vae_desktop.config import DatasetConfig, RunConfig
from vae_desktop.data.fingerprint import Fingerprint
from vae_desktop.engine.kept_model import KeptModel
from vae_desktop.engine.pace import Progress
from vae_desktop.language import N_, tr
from vae_desktop.latent.codes import Codes
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.training.history import Evaluation, History
from vae_desktop.variants import changed_settings, titles

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.observed_step import ObservedStep
    from vae_desktop.training.recording import Recording
    from vae_desktop.training.timeline import Frame, Timeline

Origin = Literal["file", "autosave", "example"]
RunStatus = Literal["training", "paused", "finished", "stopped", "diverged", "failed", "opened"]
# As a person reads them, for the catalogues.
_WORDS = N_("training"), N_("paused"), N_("finished"), N_("stopped"), N_("diverged"), N_("failed"), N_("opened")


@dataclass(eq=False)
class Run(KeptModel):
    """One model, trained here or opened from a file.

    Attributes
    ----------
    newest_codes : Codes, or None
        Of the test images as they are now, whatever moment is shown.
    name : str
        Its short name among the models it is compared with; "" for a model alone.
    train_codes : Codes, or None
        Of the training images, while they are asked for; those without their turn yet are NaN.
    train_codes_step : int
        The step that all of them are of; -1 while they are of several.
    measured : dict of int to dict
        Figures measured on request, by the keys of latent.measures.MEASURES, for each step that was measured.
    timeline : Timeline, or None
        The frames of its training: which there are, and why each is kept; `Timelines` reads them.
    moment : Frame, or None
        The kept moment of its training as which it is shown, with its codes; None while it is shown as it is now.
    forked_from : (int, int), or None
        The run that it went another way from, by its id, and at which step.
    parent_config : RunConfig, or None
        The settings that this one had there.
    images : Fingerprint, or None
        Which of a person's own images it has learned; None for a built-in set, and until it has begun.
    observed : ObservedStep, or None
        The last step that was taken singly; as long as no further one was taken, it is how the model came to be.
    """

    id: int
    config: RunConfig
    image_shape: ImageShape
    class_names: tuple[str, ...]
    status: RunStatus
    history: History = field(default_factory=History)
    newest_codes: Codes | None = None
    name: str = ""
    train_codes: Codes | None = None
    train_codes_step: int = -1
    measured: dict[int, dict[str, Any]] = field(default_factory=dict)
    timeline: Timeline | None = None
    moment: Frame | None = None
    forked_from: tuple[int, int] | None = None
    parent_config: RunConfig | None = None
    images: Fingerprint | None = None
    observed: ObservedStep | None = None
    device: str = ""
    parameters: int = 0
    steps_per_epoch: int = 1
    last_step: int = 0

    @property
    def title(self) -> str:
        title = self.config.title
        if self.name:
            title = tr("{name} · {dataset}").format(name=self.name, dataset=self.config.dataset.label)
        return tr("#{id} {title}").format(id=self.id, title=title)

    @property
    def compared_title(self) -> str:
        """What it is called beside others: a fork with its number, a followed one with its folder."""
        title = self.name if not self.origin else tr("#{id} {title}").format(id=self.id, title=self.name)
        return title if self.followed is None else f"{title} · {self.followed.folder}"

    @property
    def origin(self) -> str:
        """In words, of which model it is a fork, as far as that is known, and from which step; "" if it is none."""
        if self.forked_from is None:
            at = self.history.forked_at
            return "" if at is None else tr("fork from step {step}").format(step=f"{at:,}")
        parent, step = self.forked_from
        return tr("from #{parent}, step {step}").format(parent=parent, step=f"{step:,}")

    @property
    def is_unchanged_fork(self) -> bool:
        """Whether it is a fork with the settings of its parent."""
        return self.parent_config is not None and not changed_settings(self.parent_config, self.config)

    @property
    def codes(self) -> Codes | None:
        """The codes of the test images at the step that is shown."""
        return self.newest_codes if self.moment is None else self.moment.codes

    @property
    def awaits_codes(self) -> bool:
        """Whether its first codes are still to come; a moment of its past that has none is shown without."""
        return self.newest_codes is None and self.moment is None

    @property
    def all_codes(self) -> Codes | None:
        """The codes of the test images, then those of the training images if they are there."""
        if self.codes is None or self.train_codes is None or self.moment is not None:
            return self.codes
        return self.codes.followed_by(self.train_codes)

    @property
    def is_in_motion(self) -> bool:
        """Whether what is shown of it changes by itself, as it trains."""
        return self.status == "training" and self.moment is None

    @property
    def step(self) -> int:
        """How many steps it has taken by now; whole states are taken only now and then."""
        return max(self.progress.step, len(self.history.training))

    @property
    def shown_step(self) -> int:
        """After how many steps it is shown; the curves of one that diverged, failed or is followed may go further."""
        if self.moment is not None:
            return self.moment.step
        trains_here = self.status in ("training", "paused") and self.followed is None
        return self.step if trains_here or self.snapshot is None else self.snapshot.step

    @property
    def measured_step(self) -> int:
        """The last step that was measured by the one that is shown; -1 if none was."""
        known = (step for step, values in self.measured.items() if values and step <= self.shown_step)
        return max(known, default=-1)

    @property
    def measures(self) -> dict[str, Any]:
        """What was measured after `measured_step` steps."""
        return self.measured.get(self.measured_step, {})

    @property
    def shown_evaluation(self) -> Evaluation | None:
        """The loss on the test set, the newest by the step that is shown."""
        before = (entry for entry in reversed(self.history.evaluations) if entry.step <= self.shown_step)
        own = None if self.moment is None else self.moment.evaluation
        return own or next(before, None)

    @property
    def shown_config(self) -> RunConfig:
        """Its settings as they were at the step that is shown."""
        return self.config if self.moment is None else self.config_at(self.moment.step)

    @property
    def shown_history(self) -> History:
        """What happened by the step that is shown."""
        return self.history if self.moment is None else self.history.until(self.moment.step)

    def config_at(self, step: int) -> RunConfig:
        """Its settings as they were at a step of its timeline."""
        if self.timeline is None:
            return self.config
        return self.config.with_settings(**self.timeline.settings_at(step, self.history.changes))

    def settings_until(self, step: int) -> dict[str, float]:
        """The rates with which it was trained up to a step of its timeline.

        A change at this very step is none of them, unless it is where a fork began.
        """
        assert self.timeline is not None
        is_origin = self.forked_from is not None and step == self.forked_from[1]
        changes = (change for change in self.history.changes if is_origin or change.step < step)
        return self.timeline.settings_at(step, changes)

    def checkpoint_of(self, moment: Frame) -> Checkpoint:
        """The model as it was at a moment of its training, with the settings of then."""
        checkpoint = self.checkpoint(moment.snapshot, moment.codes)
        return replace(checkpoint, timeline=self.timeline).as_of(moment)

    def images_for(self, dataset: DatasetConfig) -> Fingerprint | None:
        """What is known to have been learned by a model that goes on from this one, maybe on other images."""
        if self.images is None or not dataset.is_custom:
            return None
        return self.images if dataset == self.config.dataset or not self.images.is_unknown else None

    @property
    def newest_step(self) -> ObservedStep | None:
        """The last training step, if it was taken singly and none follows by itself."""
        if self.observed is None or self.status == "training" or self.observed.step != len(self.history.training):
            return None
        return self.observed

    @property
    def progress(self) -> Progress:
        """How far it has been trained."""
        step = 0 if self.snapshot is None else self.snapshot.step
        return Progress(step, 0, max(step, self.last_step), self.steps_per_epoch)

    def forget_after(self, step: int) -> None:
        """Forget what came of later steps, since the training goes on from an earlier one."""
        self.history.truncate(step)
        self.measured = {at: values for at, values in self.measured.items() if at <= step}
        if self.diffusion is not None and self.diffusion.step > step:
            self.diffusion = None

    def set_training(self, name: str, value: float) -> None:
        """Note that a training setting has changed."""
        self.config = self.config.adjusted(name, value)

    def checkpoint(self, snapshot: Snapshot | None = None, codes: Codes | None = None) -> Checkpoint:
        """The run as a file keeps it; by default with its newest whole state."""
        from vae_desktop.training.checkpoint import Checkpoint

        snapshot = snapshot or self.snapshot
        assert snapshot is not None
        history, codes = self.history.until(snapshot.step), codes or self.newest_codes
        shape, names = self.image_shape, self.class_names
        checkpoint = Checkpoint(self.config, shape, names, snapshot, history, codes)
        return replace(checkpoint, images=self.images, diffusion=self.diffusion)


@dataclass(eq=False)
class Comparison:
    """Two to four models side by side, trained on the same batches.

    Attributes
    ----------
    path : Path, or None
        The file that they were saved to as one, or opened from.
    """

    runs: tuple[Run, ...]
    path: Path | None = None

    @property
    def titles(self) -> list[str]:
        """A short name for each model."""
        return titles([run.config for run in self.runs])


@dataclass(frozen=True, eq=False)
class Entry:
    """A run to be trained for `config.training.epochs` epochs: a new one, or on from a snapshot.

    Its frames are kept in `timeline`, if there is one. `history` is what the steps before gave, where that is to be
    written to a folder.
    """

    run: Run
    config: RunConfig
    snapshot: Snapshot | None = None
    timeline: Recording | None = None
    history: History | None = None


def opened_run(run_id: int, checkpoint: Checkpoint, path: Path, origin: Origin) -> Run:
    """A run from what a file kept; one in an autosave counts as not saved yet."""
    run = Run(run_id, checkpoint.config, checkpoint.image_shape, checkpoint.class_names, "opened")
    run.history, run.newest_codes, run.snapshot = checkpoint.history, checkpoint.codes, checkpoint.snapshot
    run.timeline, run.images, run.diffusion = checkpoint.timeline, checkpoint.images, checkpoint.diffusion
    run.parameters, run.steps_per_epoch = checkpoint.parameters, checkpoint.steps_per_epoch
    step, span = run.snapshot.step, run.snapshot.span
    run.last_step = span.last if span is not None and run.snapshot.is_interrupted else step
    if origin == "autosave":
        run.note_kept(path, step, run.diffusion)
        run.codes_are_kept = True
    else:
        run.note_saved(path if origin == "file" else None, step, run.diffusion)
    run.example = path if origin == "example" else None
    return run
