"""Words for what a model draws: what is known of images, how it is said, and what is drawn from it."""

GUIDANCE = 2.0  # as usual, of pictures that a text asks for
STEPS = 30  # from noise to a code
PARTS, BEFORE_STEPS = 1000, 163  # of a fit's progress, and those before its steps, all of which take equally long
