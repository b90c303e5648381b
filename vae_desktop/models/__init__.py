"""Autoencoders, their losses and where their random numbers come from."""
