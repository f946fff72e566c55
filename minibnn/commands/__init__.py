"""What each command of the command line does: a function of its options and its text, which gives the exit status."""
