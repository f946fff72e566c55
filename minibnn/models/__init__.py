"""The trained models that come with minibnn, and how to open one, these or your own."""

from .shipped import NAMES, files, lines, path_of, result_of, samples
from .trained import Run, Trained, file_of, load, train

__all__ = ["NAMES", "Run", "Trained", "file_of", "files", "lines", "load", "path_of", "result_of", "samples", "train"]
