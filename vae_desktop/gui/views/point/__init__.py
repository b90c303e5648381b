"""The current latent point: its picture and its sliders."""
