"""Writes beside the training what the disk may refuse for a while: it is tried again, for as long as that takes."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.training.frame_writer import FrameWriter

_AGAIN = 2.0  # seconds, after which what failed is tried again


class PatientWriter(FrameWriter):
    """Does what it is given in a thread of its own, again and again where a disk refuses it.

    Parameters
    ----------
    folder : Path
        Where it writes, for what it tells.
    tell : callable
        Is told, in words, by the writer's thread, that the training has to wait, and that it goes on.

    Attributes
    ----------
    trouble : str
        Why nothing can be written for now; "" while it can.
    """

    def __init__(self, folder: Path, tell: Callable[[str], object]) -> None:
        super().__init__(gathered=0.0)
        self.trouble = ""
        self._folder, self._tell = folder, tell
        self._is_ending = threading.Event()
        self._has_failed = False  # for good, which has been told

    def add_patiently(self, work: Callable[[], object]) -> None:
        """Have something done after all that came before; all that it can raise is told."""
        self.add(partial(self._do_patiently, work))

    def is_patient(self, error: Exception) -> bool:
        """Wait a while and return True where the disk has refused something, which is then to be tried again.

        What somebody has deleted does not come back, and is not waited for.
        """
        cause = error if isinstance(error, OSError) else error.__cause__
        is_gone = isinstance(cause, FileNotFoundError)
        if self._is_ending.is_set() or is_gone or not isinstance(cause, OSError):
            return False
        if not self.trouble:
            self.trouble = cause.strerror or str(cause)
            text = tr("The training waits: {folder} cannot be written ({reason}). It goes on as soon as that works.")
            self._tell(text.format(folder=self._folder, reason=self.trouble))
        self._is_ending.wait(_AGAIN)
        return True

    def end(self, timeout: float | None = None) -> None:
        """Have all done; what the disk still refuses after so many seconds is told, and left out."""
        try:
            self.join(timeout)
        finally:
            self._is_ending.set()
            self.join()

    def _do_patiently(self, work: Callable[[], object]) -> None:
        try:
            while True:
                try:
                    work()
                    break
                except (UserError, OSError) as error:
                    if not self.is_patient(error):
                        raise
            if self.trouble:
                self._tell(tr("The training goes on: {folder} can be written again.").format(folder=self._folder))
        except Exception as error:  # noqa: BLE001 - the training is more than what is told of it
            if not self._has_failed:
                text = tr("What {folder} says of the training is not complete: {reason}")
                self._tell(text.format(folder=self._folder, reason=error))
            self._has_failed = True
        finally:
            self.trouble = ""
