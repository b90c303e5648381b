"""Words for what a model draws: what is known of images, how it is said, and what is drawn from it."""

GUIDANCE = 2.0  # as usual, of pictures that a text asks for
STEPS = 30  # from noise to a code
