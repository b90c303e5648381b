"""Libraries that threads load while the window is already in use."""


def load_torch() -> None:
    """Load torch, or wait for the thread that is loading it; at once where it is there.

    scipy, and with it scikit-learn and openTSNE, look for torch among the modules that are loaded, and take one that is
    half loaded for whole ("partially initialized module"). So a thread calls this before it imports or uses them.
    """
    import torch  # noqa: F401 - Python has a second thread wait until the module is whole
