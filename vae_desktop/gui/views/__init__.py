"""The panels of the window: setters and signals, without knowledge of the engine's threads."""
