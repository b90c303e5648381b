"""Models side by side: a column each, shared curves, and their figures."""
