"""Training steps, their metrics and the file that keeps a trained model."""
