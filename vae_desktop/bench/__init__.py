"""Measurements of the app against itself and against the usual way; no Qt here, windows run as subprocesses."""
