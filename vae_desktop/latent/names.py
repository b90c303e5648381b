"""How latent dimensions are written."""

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def dimension_name(dimension: int) -> str:
    """The name of a latent dimension, counted from 0."""
    return "z" + str(dimension).translate(_SUBSCRIPTS)
