"""Formulas beside the codes: the whole computation of one image, each term with its number."""
