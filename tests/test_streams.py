"""Terminals, locales, signals: what the process was given does not end a run, and text is UTF-8 everywhere."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minibnn.__main__ import main
from minibnn.commands.shared.signals import stop_on_signals
from minibnn.progress import Progress

ROOT = Path(__file__).parents[1]
TINY = ["train", "vae", "--size", "8", "--layers", "1", "--channels", "4", "--latents", "2", "--blocks", "1",
        "--nproc", "0", "--batch", "16", "--threads", "1", "--steps", "20", "--out", "run"]
# The command line with few images, and with text files of no stated encoding as errors.
COMMAND_LINE = """
import sys, warnings
warnings.filterwarnings("error", category=EncodingWarning, module="minibnn")
sys.path.insert(0, {root!r})
from minibnn import data
data.LEAVES_TRAIN, data.LEAVES_TEST = (150, 1), (70, 2)
from minibnn.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")


@pytest.fixture
def command_line(tmp_path):
    """A function that runs a command in tmp_path, by `sh` with redirections, in a locale that is ASCII only."""
    (tmp_path / "command_line.py").write_text(COMMAND_LINE.format(root=str(ROOT)))
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    def run(arguments, redirections="", **settings):
        python = [sys.executable, "-X", "warn_default_encoding", "command_line.py", *arguments]
        return subprocess.run(["sh", "-c", f'exec "$@" {redirections}', "sh", *python], cwd=tmp_path,
                              env={**environment, **settings}, capture_output=True, timeout=100)
    return run


@pytest.mark.slow
def test_commands_read_and_write_utf_8_in_any_locale(command_line, tmp_path):
    for arguments in (TINY, ["evaluate", "run/checkpoint.npz", "--json", "e.json"],
                      ["pack", "run/checkpoint.npz", "--out", "m.npz"], ["ledger", "m.npz"],
                      ["sample", "m.npz", "--n", "2"], [*TINY, "--resume"]):
        done = command_line(arguments)
        assert done.returncode == 0, done.stderr.decode()


@pytest.mark.slow
def test_a_lesson_keeps_its_text_in_any_locale(command_line, tmp_path):
    import nbformat

    cells = [nbformat.v4.new_markdown_cell("Café, σ(−x) ≤ 1"), nbformat.v4.new_code_cell("print('∂L/∂w', 'é')")]
    (tmp_path / "lessons").mkdir()
    path = tmp_path / "lessons" / "00_text.ipynb"
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    done = command_line(["tutorials", "--folder", "lessons"])
    assert done.returncode == 0, done.stderr.decode()
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert "".join(saved["cells"][0]["source"]) == "Café, σ(−x) ≤ 1"
    assert "".join(saved["cells"][1]["outputs"][0]["text"]) == "∂L/∂w é\n"


@pytest.mark.slow
def test_what_the_terminal_cannot_show_is_escaped(command_line, tmp_path):
    done = command_line([*TINY[:-1], os.fsdecode(b"r\xffn \xce\xb1")])
    assert done.returncode == 0 and b"written to r\\udcffn" in done.stdout, done.stderr.decode()
    assert (tmp_path / os.fsdecode(b"r\xffn \xce\xb1") / "result.json").exists()
    done = command_line(["evaluate", os.fsdecode(b"\xff.npz")])
    assert done.returncode == 2 and done.stderr.startswith(b"minibnn: evaluate: argument MODEL: \\udcff.npz: wanted")


@pytest.mark.parametrize("redirections", [">&- 2>&-", *(pytest.param(text, marks=pytest.mark.slow) for text in (
    ">&-", "2>&-", "2>/dev/full", "2>&1 >/dev/null | true", "<&-"))])
def test_a_run_does_not_need_its_streams(command_line, tmp_path, redirections):
    if "full" in redirections and not Path("/dev/full").exists():
        pytest.skip("there is no device that is always full")
    done = command_line(TINY, redirections)
    assert done.returncode == 0 and b"Traceback" not in done.stderr + done.stdout
    assert json.loads((tmp_path / "run" / "result.json").read_text())["steps"] == 20
    done = command_line(["evaluate", "run/checkpoint.npz", "--json", "e.json"], redirections)
    assert done.returncode == 0 and (tmp_path / "e.json").exists()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_output_on_a_full_disk_is_one_sentence(command_line):
    done = command_line(["ledger", str(ROOT / "minibnn" / "models" / "vae-1-1.npz")], ">/dev/full")
    assert (done.returncode, done.stderr) == (2, b"minibnn: output: No space left on device\n")
    done = command_line([*TINY], ">/dev/full")                      # few enough bytes to wait for the end
    assert done.returncode == 2 and done.stderr.endswith(b"minibnn: output: No space left on device\n")


def test_a_stream_may_be_of_any_kind(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert main(["ledger", str(ROOT / "minibnn" / "models" / "vae-1-1.npz")]) == 0
    assert "stem_blocks.0.conv1" in sys.stdout.getvalue()


def test_progress_goes_on_without_a_stream_that_fails():
    class Broken:
        def __init__(self, error):
            self.error, self.writes = error, 0

        def isatty(self):
            return False

        def write(self, text):
            self.writes += 1
            raise self.error
    for error in (BrokenPipeError(), OSError(28, "No space left on device"), ValueError("closed")):
        stream = Broken(error)
        with Progress("train", stream) as progress:
            for step in range(1, 101):
                progress(step, 100, "text")
        assert stream.writes == 1


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_that_was_ignored_stays_ignored(name):
    number = getattr(signal, name)
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with stop_on_signals() as stop:
            os.kill(os.getpid(), number)
            time.sleep(0.01)
            assert not stop() and signal.getsignal(number) is signal.SIG_IGN
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_asks_once_and_ends_the_second_time(name):
    number = getattr(signal, name)
    before = signal.signal(number, signal.default_int_handler)      # also where the tests run under nohup
    try:
        with stop_on_signals() as stop:
            assert not stop()
            os.kill(os.getpid(), number)
            time.sleep(0.01)
            assert stop()
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
                time.sleep(1)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


@pytest.mark.slow
def test_under_nohup_a_run_survives_the_hang_up(tmp_path):
    (tmp_path / "command_line.py").write_text(COMMAND_LINE.format(root=str(ROOT)))
    process = subprocess.Popen(["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", sys.executable, "command_line.py",
                                *TINY, "--steps", "400"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    log = tmp_path / "run" / "log.jsonl"
    deadline = time.monotonic() + 60
    while not log.exists() or not log.stat().st_size:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 0 and (tmp_path / "run" / "result.json").exists()


@pytest.mark.slow
def test_without_a_home_folder_pictures_are_drawn_and_data_are_asked_for(command_line, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import pathlib\ndef home():\n    raise RuntimeError('no home')\n"
                                               "pathlib.Path.home = home\n")
    settings = {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": "", "MPLCONFIGDIR": "",
                "MINIBNN_DATA": ""}
    done = command_line(["sample", "--n", "1"], **settings)
    assert done.returncode == 0 and (tmp_path / "samples.png").exists(), done.stderr.decode()
    done = command_line([*TINY, "--data", "cifar10"], **settings)
    assert done.returncode == 2 and b"data_dir: wanted a folder, or MINIBNN_DATA, since the user has no" in done.stderr


@pytest.mark.slow
def test_losses_of_images_can_be_written_to_a_pipe(command_line):
    assert command_line(TINY).returncode == 0
    done = command_line(["evaluate", "run/checkpoint.npz", "--per-image", "/dev/stdout"], "| cat")
    assert done.stdout.startswith(b"\x93NUMPY") and b"test loss" in done.stdout and len(done.stdout) > 70 * 8
    if Path("/dev/full").exists():                                  # where nothing can be written, it is still printed
        done = command_line(["evaluate", "run/checkpoint.npz", "--json", "/dev/full"])
        assert done.returncode == 2 and b"test loss" in done.stdout and b"/dev/full" in done.stderr
