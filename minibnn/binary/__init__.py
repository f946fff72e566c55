"""What makes a network binary: sign and straight-through estimators (Eq. 1-6), weight normalisation (Eq. 11-13)."""
