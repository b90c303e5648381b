"""The ``vae-desktop`` command, which ``python -m vae_desktop`` is as well."""

import contextlib
import logging
import os
import sys
from typing import NoReturn

from vae_desktop.cli import main


def run() -> NoReturn:
    """Do what the command line asks and end the process at once.

    Unloading torch and Qt takes the interpreter two seconds and more, during which a closed window would seem
    to hang. Threads are joined and files written by now, so there is nothing that it would do for us.
    """
    status = main()
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    run()
