"""Laying the codes of the model on screen out by t-SNE, in the background, and what is said of the layout."""

import os

from PySide6.QtCore import QObject, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.tasks import Task
from vae_desktop.errors import UserError
from vae_desktop.gui.controllers.latent_space import LatentSpaceController
from vae_desktop.gui.views.stage.code_positions import nearest_image
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats

_TASK = "t-SNE"


class TsneController(QObject):
    """Begins, shows and ends a layout; the scatter's tools say how far it is."""

    def __init__(self, space: LatentSpaceController, engine: Engine) -> None:
        super().__init__(space)
        self._space = space
        self._scatter, self._tools = space.scatter, space.scatter.tools
        self._engine = engine
        self._step = -1  # of the model whose codes are laid out
        self._tools.cancel_requested.connect(self._cancel)
        self._tools.update_requested.connect(self.begin)
        space.point_followed.connect(self._describe_image)

    @Slot()
    def begin(self) -> None:
        """Begin with the codes as they are now; until there is a layout, the plane stays in sight."""
        run, codes = self._space.run, self._scatter.drawn
        if run is None or codes is None:
            self._give_up()
            return
        self._space.projection = "tsne"
        self._space.ask_overlays()
        self._step = run.shown_step
        self._tools.show_progress(0, 1)
        self._tools.note.set_text(tr("looking for neighbours…"))
        means = codes.mean
        # Beside a training one thread is all that it may have.
        threads = 1 if self._engine.project.active else max(1, (os.cpu_count() or 1) - 1)

        def work(task: Task) -> Floats:
            from vae_desktop.latent.tsne import neighbour_map

            return neighbour_map(means, threads, task.progress, task.found)

        self._engine.tasks.run(
            work, self._finish, self._fail, on_progress=self._progressed, on_part=self._show, key=_TASK
        )

    def end(self) -> None:
        """Go on with no layout."""
        self._engine.tasks.cancel(_TASK)
        self._tools.end_progress()
        self._tools.note.set_text("")

    def describe(self) -> None:
        """Say of what the layout is, where the codes have moved since."""
        run = self._space.run
        if run is None or self._engine.tasks.is_running(_TASK):
            return
        if self._scatter.has_stale_layout:
            self._tools.note.set_text(tr("other images than were laid out: press Update"))
        elif run.shown_step != self._step:
            text = tr("the codes of step {step}, not of this one: press Update")
            self._tools.note.set_text(text.format(step=f"{self._step:,}"))
        else:
            self._tools.note.set_text(tr("neighbourhoods, without a scale"))

    def _show(self, positions: Floats) -> None:
        if self._scatter.drawn is not None and len(positions) == len(self._scatter.drawn):
            self._scatter.set_layout(positions)

    def _progressed(self, done: int, total: int) -> None:
        self._tools.show_progress(done, total)
        if done:
            self._tools.note.set_text(tr("t-SNE, step {done} of {total}").format(done=done, total=total))

    def _finish(self, positions: Floats) -> None:
        self._show(positions)
        self._tools.end_progress(can_update=True)
        self.describe()

    def _fail(self, error: Exception, details: str) -> None:
        self._tools.end_progress()
        self._give_up()
        if not isinstance(error, UserError):
            raise error
        self._tools.note.set_text(str(error))

    @Slot()
    def _cancel(self) -> None:
        has_layout = self._scatter.has_layout
        self.end()
        if has_layout:
            self._tools.end_progress(can_update=True)
            self._tools.note.set_text(tr("t-SNE, ended before it was done"))
        else:
            self._give_up()

    def _give_up(self) -> None:
        """There is no layout to show: go back to the axes."""
        self._tools.set_projection("axes")
        self._tools.note.set_text("")
        self._space.set_projection("axes", self._tools.axes)

    @Slot()
    def _describe_image(self) -> None:
        """Say at which image the cross-hair is, wherever the point has been taken."""
        code, has_layout = self._space.code, self._space.projection == "tsne" and self._scatter.has_layout
        image = nearest_image(code, self._scatter.drawn) if has_layout and code is not None else None
        if image is not None:
            text = tr("at image {number}, the nearest code: t-SNE has no inverse")
            self._tools.note.set_text(text.format(number=f"{image:,}"))
