"""How fast the library is, each figure as a share of what this machine's matrix products reach in the same run."""
