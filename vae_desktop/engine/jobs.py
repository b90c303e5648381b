"""Work in the background beside training: reading, saving, downloading."""

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vae_desktop.engine.mailbox import Outbox
from vae_desktop.engine.messages import JobEnded, JobFound, JobProgressed
from vae_desktop.errors import Cancelled


class Job:
    """What the work of a job sees: a way to report progress and to learn that it is no longer wanted."""

    def __init__(self, job_id: int, outbox: Outbox, must_finish: bool) -> None:
        self.id = job_id
        self.must_finish = must_finish
        self._outbox = outbox
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Ask the work to end; its result, if any still comes, is dropped."""
        self._cancelled.set()

    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def progress(self, done: int, total: int) -> None:
        """Report how far the work is."""
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
    """Runs each job in a thread of its own and hands its answers to whoever started it."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._count = 0
        self._running: dict[int, tuple[Job, threading.Thread, Answers]] = {}

    def start(self, work: Callable[[Job], Any], answers: Answers, must_finish: bool = False) -> Job:
        """Run `work` in the background; what must finish is not cancelled with all others."""
        self._count += 1
        job = Job(self._count, self._outbox, must_finish)
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
        elif event.error is not None:
            answers.failed(event.error, event.details)
        else:
            answers.finished(event.result)

    def is_running(self, job: Job) -> bool:
        """Whether a job's end has not been heard of yet."""
        return job.id in self._running

    def cancel_all(self) -> None:
        """Ask all jobs to end, but those that must finish."""
        for job, _, _ in self._running.values():
            if not job.must_finish:
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
