"""Data sets by name, each as one value in memory; nothing streams at this scale."""
