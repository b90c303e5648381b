"""A training's folder, which others may read while it grows: over a network, any number of them, without a server."""
