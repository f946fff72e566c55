"""Progress on stderr: on a terminal one line, rewritten; else a new line now and then. It never stops a run."""

import os
import sys
import time

TERMINAL_SECONDS, PLAIN_SECONDS = 0.2, 10


def give_up(stream):
    """Discard all further output to a stream, with what it still holds: its reader has gone, or its disk is full."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError, AttributeError):                   # it has no file descriptor, or is closed
        pass


class Progress:
    """Call it with (done, total, text); it shows the share done, the text and the time left. `with` ends the line.

    Where stderr is closed, or cannot be written to any more, it shows nothing.
    """

    def __init__(self, label, stream=None):
        self.label = label
        self.stream = stream or sys.stderr                          # None where the process began without one
        self.terminal = bool(self.stream) and self.stream.isatty()
        self.start = time.monotonic()
        self.first = self.last = self.total = None           # a resumed run begins late: its first step counts
        self.shown = -float("inf")
        self.width = 0

    def __call__(self, done, total, text):
        """Show the line, unless one was shown a moment ago."""
        now = time.monotonic()
        if total != self.total or done < self.last:                 # another piece of work begins
            self.first, self.start = done, now
        self.last, self.total = done, total
        if done < total and now - self.shown < (TERMINAL_SECONDS if self.terminal else PLAIN_SECONDS):
            return
        self.shown = now
        line = f"{self.label}  {done}/{total}  {text}{self._time_left(done, total, now)}"
        if self.terminal:
            self._write("\r" + line.ljust(self.width))
            self.width = len(line)                                  # what the next line must cover
        else:
            self._write(line + "\n")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """End the rewritten line."""
        if self.terminal and self.width:
            self._write("\n")
            self.width = 0

    def _write(self, text):
        try:
            if self.stream:
                self.stream.write(text)
                self.stream.flush()
        except (OSError, ValueError):                               # ValueError: closed
            give_up(self.stream)
            self.stream = None

    def _time_left(self, done, total, now):
        if done <= self.first or done >= total:
            return ""
        seconds = (now - self.start) / (done - self.first) * (total - done)
        return f"  {int(seconds) // 60}:{int(seconds) % 60:02d} left"
