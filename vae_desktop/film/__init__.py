"""A training as a film: pictures of its moments, made without Qt."""
