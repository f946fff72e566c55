"""Stopping long work so that it can be continued."""

import signal
from contextlib import contextmanager

STOP_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def stop_on_signals():
    """Yield a function that says whether Ctrl-C, a termination or a hang-up came; a second one stops at once.

    A signal that is ignored when this begins, as under nohup or in the background of a script, stays ignored.
    """
    asked = []

    def handle(number, frame):
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
    handlers = {number: signal.signal(number, handle) for number in STOP_SIGNALS
                if signal.getsignal(number) not in (signal.SIG_IGN, None)}      # None: another library's
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
