"""The lab: the argument from autoencoder to a continuous latent space, as steps that a person takes in the window."""
