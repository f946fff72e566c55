"""What several commands share: kinds of options, outputs that are safe to write, data sets, signals."""
