"""vae_desktop: see and test why a variational autoencoder's latent space is continuous."""

__version__ = "0.1.0"
