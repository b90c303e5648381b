"""The window: views that emit intentions and offer setters; the only package that knows Qt."""

import sys

# pyqtgraph looks for CUDA's Python bindings, which torch may have brought along, and never needs them here: loading
# them would take 60 ms of the start.
if "cuda" not in sys.modules:
    sys.modules["cuda"] = None  # type: ignore[assignment]
    import pyqtgraph  # noqa: F401

    del sys.modules["cuda"]
