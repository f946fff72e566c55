"""Training: Adam, runs with their checkpoints, evaluation, and files of models for inference."""
