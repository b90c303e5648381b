"""The window: views that emit intentions and offer setters; the only package that knows Qt."""
