"""What can be tried with the model on screen: samples, paths, drawing, denoising."""
