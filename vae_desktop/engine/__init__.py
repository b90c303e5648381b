"""The app without its window: its state, and the threads behind it; no Qt, and no torch until it is used."""
