"""The latent space: codes, decoded grid, and what is laid over them."""
