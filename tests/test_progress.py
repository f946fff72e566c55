"""Progress: rewritten on a terminal, plain lines otherwise."""

import io

from minibnn.progress import Progress


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_one_line_rewritten():
    stream = _Terminal()
    progress = Progress("train", stream)
    progress(1, 3, "10.000 bits/dim")
    progress(3, 3, "9.0 bits/dim")
    progress.close()
    assert stream.getvalue().count("\n") == 1 and stream.getvalue().count("\r") == 2
    assert stream.getvalue().rstrip("\n").split("\r")[2].rstrip() == "train  3/3  9.0 bits/dim"
    assert len(stream.getvalue().split("\r")[2]) > len(stream.getvalue().split("\r")[1])     # it covers the old line


def test_elsewhere_plain_lines_now_and_then():
    stream = io.StringIO()
    progress = Progress("train", stream)
    for step in range(1, 101):
        progress(step, 100, "text")
    assert stream.getvalue().splitlines() == ["train  1/100  text", "train  100/100  text"]


def test_time_left_counts_from_where_a_resumed_run_began(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    stream = io.StringIO()
    progress = Progress("train", stream)
    progress(500, 1000, "")
    now[0] = 20.0
    progress(600, 1000, "")                                         # 100 steps in 20 s: 400 need 80 s
    assert stream.getvalue().splitlines()[1].endswith("1:20 left")
    now[0] = 40.0
    progress(64, 2000, "evaluating")                                # other work: its own clock
    now[0] = 51.0
    progress(1032, 2000, "evaluating")
    assert stream.getvalue().splitlines()[-1].endswith("0:11 left")
