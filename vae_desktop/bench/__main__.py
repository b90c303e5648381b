"""Runs one probe and prints what it found as JSON; probes.py starts this in a process of its own for each.

python -m vae_desktop.bench MODULE.FUNCTION '{"option": value}'
"""

import importlib
import json
import os
import sys


def main() -> None:
    """Call the function with its options, and end the process at once."""
    what, options = sys.argv[1:]
    module, name = what.split(".")
    probe = getattr(importlib.import_module(f"vae_desktop.bench.{module}_probe"), name)
    print(json.dumps(probe(**json.loads(options))), flush=True)
    os._exit(0)  # as the command does: torch may still be loading in its thread, which Python cannot end cleanly


if __name__ == "__main__":
    main()
