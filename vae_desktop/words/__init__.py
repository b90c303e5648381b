"""Words for what a model draws: what is known of images, how it is said, and what is drawn from it."""
