"""Models side by side: a column each, and their figures."""
