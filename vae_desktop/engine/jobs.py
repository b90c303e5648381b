"""Work in the background beside training: reading, saving, downloading."""

import contextlib
import threading
import time
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vae_desktop.engine.mailbox import Outbox
from vae_desktop.engine.messages import JobEnded, JobFound, JobProgressed
from vae_desktop.errors import Cancelled
from vae_desktop.progress import Progress


class Job:
    """What the work of a job sees: a way to report progress and to learn that it is no longer wanted."""

    def __init__(self, job_id: int, outbox: Outbox, writes: Path | None) -> None:
        self.id = job_id
        self.writes = writes
        self._outbox = outbox
        self._cancelled = threading.Event()
        self._part: Path | None = None
        self.progress = Progress(self._report, self.is_cancelled)

    def cancel(self) -> None:
        """Ask the work to end; its result, if any still comes, is dropped, and a file half written is deleted."""
        self._cancelled.set()
        if self._part is not None:  # its thread may wait long for the disk, and end with the process
            with contextlib.suppress(OSError):
                self._part.unlink()

    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def watch(self, part: Path) -> None:
        """Note the temporary file that is being written; raises Cancelled if it is no longer wanted."""
        self._part = part  # before the question, so that `cancel` in another thread misses nothing
        self.progress.check()

    def _report(self, done: int, total: int) -> None:
        self._outbox.post_latest(("job", self.id), JobProgressed(self.id, done, total))

    def found(self, value: Any) -> None:
        """Hand over a part of the result."""
        self._outbox.post(JobFound(self.id, value))


def _ignore(*_: Any) -> None:
    pass


@dataclass(frozen=True, eq=False)
class Answers:
    """What to do, in the session's thread, when a job has something to say.

    `finished` gets the result, `failed` the error and its traceback as text, `cancelled` nothing, and
    `progressed` how much is done of how much; `found` gets each part of the result that comes before its end.
    """

    finished: Callable[[Any], None] = _ignore
    failed: Callable[[Exception, str], None] = _ignore
    cancelled: Callable[[], None] = _ignore
    progressed: Callable[[int, int], None] = _ignore
    found: Callable[[Any], None] = _ignore


class Jobs:
    """Runs each job in a thread of its own and hands its answers to whoever started it.

    Parameters
    ----------
    outbox : Outbox
    on_written : callable
        Called when a job that writes has ended, after its answers, with what it writes and whether it is written.
    """

    def __init__(self, outbox: Outbox, on_written: Callable[[Path, bool], object] = _ignore) -> None:
        self._outbox = outbox
        self._on_written = on_written
        self._count = 0
        self._running: dict[int, tuple[Job, threading.Thread, Answers]] = {}

    @property
    def writing(self) -> list[Path]:
        """What jobs that must finish are writing."""
        jobs = [job for job, _, _ in self._running.values() if not job.is_cancelled()]
        return [job.writes for job in jobs if job.writes is not None]

    def start(self, work: Callable[[Job], Any], answers: Answers, writes: Path | None = None) -> Job:
        """Run `work` in the background; what writes files is not cancelled with all others."""
        self._count += 1
        job = Job(self._count, self._outbox, writes)
        # A daemon: a server that does not answer must not keep the app from ending.
        thread = threading.Thread(target=self._run, args=(job, work), name=f"job-{job.id}", daemon=True)
        self._running[job.id] = job, thread, answers
        thread.start()
        return job

    def handle(self, event: JobProgressed | JobFound | JobEnded) -> None:
        """Pass a job's event on; progress that arrives after the end is dropped."""
        if event.job_id not in self._running:
            return
        job, _, answers = self._running[event.job_id]
        if isinstance(event, JobProgressed):
            if not job.is_cancelled():
                answers.progressed(event.done, event.total)
            return
        if isinstance(event, JobFound):
            if not job.is_cancelled():
                answers.found(event.value)
            return
        del self._running[event.job_id]
        if event.cancelled or job.is_cancelled():
            answers.cancelled()
            return
        if event.error is not None:
            answers.failed(event.error, event.details)
        else:
            answers.finished(event.result)
        if job.writes is not None:
            self._on_written(job.writes, event.error is None)

    def is_running(self, job: Job) -> bool:
        """Whether a job's end has not been heard of yet."""
        return job.id in self._running

    def cancel_all(self) -> None:
        """Ask all jobs to end, but those that write."""
        for job, _, _ in self._running.values():
            if job.writes is None:
                job.cancel()

    def cancel_writing(self, paths: Collection[Path]) -> None:
        """Give up writing these: what they hold stays."""
        for job, _, _ in self._running.values():
            if job.writes in paths:
                job.cancel()

    def join(self, timeout: float) -> None:
        """Wait until all jobs have ended, at most `timeout` seconds."""
        deadline = time.monotonic() + timeout
        for _, thread, _ in self._running.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, job: Job, work: Callable[[Job], Any]) -> None:
        try:
            ended = JobEnded(job.id, result=work(job))
        except Cancelled:
            ended = JobEnded(job.id, cancelled=True)
        except Exception as error:  # noqa: BLE001 - the edge of the thread
            ended = JobEnded(job.id, error=error, details=traceback.format_exc())
        self._outbox.post(ended)


class LatestJob:
    """A place for one job at a time: a newer one ends the one before, of which nothing more is heard."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._job: Job | None = None

    @property
    def is_running(self) -> bool:
        return self._job is not None and self._jobs.is_running(self._job)

    def start(self, work: Callable[[Job], Any], answers: Answers) -> None:
        """Run `work` in the background."""
        self.cancel()
        self._job = self._jobs.start(work, answers)

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
