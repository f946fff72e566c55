"""Training: Adam, the run with its checkpoints, the evaluation."""
