"""``python -m vae_desktop`` is the same as the ``vae-desktop`` command."""

import sys

from vae_desktop.cli import main

if __name__ == "__main__":
    sys.exit(main())
