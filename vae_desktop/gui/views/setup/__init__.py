"""The settings of the next run, and the buttons that train."""
