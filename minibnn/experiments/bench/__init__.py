"""How fast the library is, as fractions of the rate of this machine's matrix products in the same run."""
