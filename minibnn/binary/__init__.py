"""What makes a network binary: sign, straight-through estimators (1-6), weight normalisation (11-13)."""
