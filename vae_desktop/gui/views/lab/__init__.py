"""The lab's face of the left column."""
