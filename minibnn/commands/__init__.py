"""The commands of the command line, one file each. `shared` holds what several commands use."""
