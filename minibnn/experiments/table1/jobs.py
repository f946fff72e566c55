"""Runs side by side, a process each, that can be stopped and continued."""

import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from ...files import InputError, writing
from ...training.run import Interrupted
from ...training.run_files import holds_run, read_log

POLL_SECONDS = 0.5
TERMINATION_SECONDS = 60                # for a run to save its state
DIVERGED = 3                            # exit status of a command whose training came to a loss that is not finite


class Job(NamedTuple):
    """A run of `python -m minibnn train`."""

    name: str
    training: tuple                    # arguments of minibnn that train the run, but for --out and --resume
    folder: Path                       # of the run; what it prints goes to a file beside it
    steps: int

    @property
    def finished(self):
        """Whether the run is complete and has only to be read."""
        return (self.folder / "result.json").exists()

    @property
    def arguments(self):
        """The arguments that train the run, or continue it if it is there."""
        return [*self.training, "--out", str(self.folder), *(["--resume"] if holds_run(self.folder) else [])]


class _Process:
    """A job that runs; Ctrl-C reaches it only through `stop`, so that it is told once."""

    def __init__(self, job):
        self.job = job
        self.printed = job.folder.with_suffix(".txt")
        with writing(job.folder.parent):
            job.folder.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "minibnn", *job.arguments]
        with writing(self.printed), open(self.printed, "w", encoding="utf-8") as file:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                            start_new_session=True)

    def steps_done(self):
        log = read_log(self.job.folder / "log.jsonl")
        return (log[-1]["step"], log[-1]["train_bpd"]) if log else (0, None)

    def message(self):
        lines = self.printed.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.removeprefix("minibnn: ") for line in reversed(lines) if line.strip()), "no message")


def run_jobs(jobs, number, done, report=None, stop=lambda: False):
    """Run jobs, at most `number` at a time, in their order.

    done:      called as done(job, failure) when one has ended; failure: "", or why its training diverged
    report:    called as report(steps, all steps, text);  stop: asked now and then whether to stop
    Raises:    InputError if a job could not run; Interrupted after `stop` said so, and all runs have saved.
    """
    waiting, running, finished = list(jobs), [], 0
    try:
        while waiting or running:
            for process in [process for process in running if process.process.poll() is not None]:
                running.remove(process)
                done(process.job, _failure(process))
                finished += 1
            if stop():
                raise Interrupted(f"stopped after {finished} of {len(jobs)} runs")
            while waiting and len(running) < number:
                running.append(_Process(waiting.pop(0)))
            if report:
                report(*_progress(jobs, waiting, running))
            time.sleep(POLL_SECONDS)
    finally:
        for process in running:
            process.process.terminate()
        for process in running:
            _wait(process.process)


def _wait(process):
    """Until it has ended; where terminations are ignored it is killed, and goes on from its last state some day."""
    try:
        process.wait(TERMINATION_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _failure(process):
    status = process.process.returncode
    if status == DIVERGED:
        return process.message()
    if status:
        raise InputError(f"{process.job.name}: {process.message()} (exit status {status})")
    return ""


def _progress(jobs, waiting, running):
    total = sum(job.steps for job in jobs)
    steps = total - sum(job.steps for job in waiting) - sum(process.job.steps for process in running)
    texts = []
    for process in running:
        done, loss = process.steps_done()
        steps += done
        texts.append(f"{process.job.name} {loss:.3f}" if loss is not None else process.job.name)
    return steps, total, f"{len(jobs) - len(waiting) - len(running)} of {len(jobs)} runs; " + ", ".join(texts)
