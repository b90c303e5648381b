"""A person's own images, from a folder, arrays or IDX files, as a data set; nothing in them is trusted."""
