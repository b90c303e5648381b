"""Widgets that any app could use: they know nothing of models."""
