"""Every command and option, and one sentence with status 2 for bad input."""

import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from small import FLOW_CONFIG, few_leaves

import minibnn
from minibnn import data
from minibnn.__main__ import main
from minibnn.experiments import tour
from minibnn.experiments.table1.jobs import DIVERGED
from minibnn.gradcheck import suite
from minibnn.resnet_vae import VAEConfig
from minibnn.training.settings import TrainingConfig

TINY = ["train", "vae", "--size", "8", "--layers", "2", "--channels", "4", "--latents", "2", "--blocks", "2",
        "--nproc", "1", "--batch", "16", "--weights", "1", "--activations", "32", "--lr", "0.003", "--seed", "4"]

FLOW = ["train", "flow", "--size", "8", "--channels", "4", "--blocks", "1", "--mixture", "2",
        "--couplings", "1", "0", "1", "--dequantiser-couplings", "1", "--dequantiser-blocks", "1",
        "--context-channels", "2", "--batch", "16"]


@pytest.fixture(autouse=True)
def few_images(monkeypatch, tmp_path):
    monkeypatch.setattr(data, "LEAVES_TRAIN", (150, 1))
    monkeypatch.setattr(data, "LEAVES_TEST", (70, 2))
    monkeypatch.setattr("minibnn.data.leaves.dead_leaves", few_leaves)
    monkeypatch.chdir(tmp_path)


def test_train_evaluate_sample_reconstruct(capsys, tmp_path):
    assert main([*TINY, "--steps", "20", "--out", "run"]) == 0
    result = json.loads(Path("run/result.json").read_text())
    assert {"test_bpd", "test_bpd_se", "parameters", "binary_parameters", "bytes", "seconds", "seed"} <= result.keys()
    assert result["data"]["train_images"] == 150 and result["data"]["test_images"] == 70
    assert result["command"].startswith("python -m minibnn train vae --size 8")

    assert main(["evaluate", "run/checkpoint.npz", "--json", "e.json", "--per-image", "e.npy"]) == 0
    evaluation = json.loads(Path("e.json").read_text())
    assert evaluation["test_bpd"] == result["test_bpd"]
    np.testing.assert_allclose(np.load("e.npy").mean(), result["test_bpd"])
    assert main(["evaluate", "run", "--samples", "3", "--json", "e.json", "--per-image", "e.npy"]) == 0
    evaluation = json.loads(Path("e.json").read_text())
    assert evaluation["samples"] == 3 and evaluation["test_bpd"] < evaluation["parts"]["mean of 3 single draws"]
    np.testing.assert_allclose(np.load("e.npy").mean(), evaluation["test_bpd"])

    for name, options in (("a", []), ("b", []), ("c", ["--seed", "1"])):
        assert main(["sample", "run/checkpoint.npz", "--n", "10", "--out", f"{name}.png", *options]) == 0
    a, b, c = (Path(f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c
    assert imread("a.png").shape[:2] == ((2 * 9 + 1) * 8, (8 * 9 + 1) * 8)

    assert main(["reconstruct", "run/checkpoint.npz", "--n", "6", "--out", "r.png"]) == 0
    assert imread("r.png").shape[:2] == ((2 * 9 + 1) * 8, (6 * 9 + 1) * 8)
    assert "70 test images of leaves" in capsys.readouterr().out


@pytest.mark.parametrize("bits", [pytest.param([], marks=pytest.mark.slow),
                                  ["--weights", "1", "--activations", "1", "--binary-context"]])
def test_the_same_commands_for_a_flow(capsys, bits):
    assert main([*FLOW, *bits, "--steps", "15", "--dropout", "0.1", "--out", "run"]) == 0
    result = json.loads(Path("run/result.json").read_text())
    assert result["kind"] == "flow" and result["model"]["couplings"] == [1, 0, 1] and result["model"]["dropout"] == 0.1
    assert (result["binary_parameters"] > 0) == bool(bits)
    assert main([*FLOW, *bits, "--steps", "15", "--dropout", "0.1", "--out", "run", "--resume"]) == 0

    assert main(["evaluate", "run/checkpoint.npz", "--json", "e.json"]) == 0
    assert json.loads(Path("e.json").read_text())["test_bpd"] == result["test_bpd"]
    out = capsys.readouterr().out
    assert "density" in out and "dequantisation" in out and "the run is complete" in out

    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        assert main(["sample", "run/checkpoint.npz", "--n", "9", "--seed", seed, "--out", f"{name}.png"]) == 0
    a, b, c = (Path(f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c and imread("a.png").std() > 0.05

    assert main(["reconstruct", "run/checkpoint.npz", "--out", "r.png"]) == 2
    assert "wanted a ResNet VAE, got a flow" in capsys.readouterr().err and not Path("r.png").exists()


def test_threads_of_training_and_evaluation(capsys):
    bpd = {}
    for threads in ("1", "3"):
        assert main([*TINY, "--steps", "3", "--threads", threads, "--out", threads]) == 0
        assert main(["evaluate", "1/checkpoint.npz", "--threads", threads, "--json", "e.json"]) == 0
        evaluated = json.loads(Path("e.json").read_text())
        result = json.loads(Path(threads, "result.json").read_text())
        assert result["threads"] == evaluated["threads"] == int(threads)
        bpd[threads] = result["test_bpd"], evaluated["test_bpd"]
    assert abs(bpd["3"][0] - bpd["1"][0]) < 1e-3 and abs(bpd["3"][1] - bpd["1"][1]) < 1e-5
    assert main([*TINY, "--steps", "3", "--threads", "2", "--out", "1", "--resume"]) == 2
    assert "the run was started with threads = 1, got 2" in capsys.readouterr().err


def test_pack_and_use_what_was_packed(capsys):
    assert main([*TINY, "--steps", "5", "--out", "run"]) == 0
    assert main(["pack", "run/checkpoint.npz", "--out", "m.npz"]) == 0
    assert f"in {Path('m.npz').stat().st_size:,} bytes" in capsys.readouterr().out
    for model in ("run/checkpoint.npz", "m.npz"):
        for command in ("evaluate", "sample", "reconstruct"):
            option, suffix = ("--json", "json") if command == "evaluate" else ("--out", "npy")
            assert main([command, model, option, f"{command}-{Path(model).stem}.{suffix}"]) == 0
    losses = [json.loads(Path(f"evaluate-{name}.json").read_text())["test_bpd"] for name in ("checkpoint", "m")]
    assert losses[0] == losses[1]
    for command in ("sample", "reconstruct"):
        assert Path(f"{command}-m.npy").read_bytes() == Path(f"{command}-checkpoint.npy").read_bytes()
    assert main(["ledger", "m.npz"]) == 0 and main(["ledger", "run/checkpoint.npz"]) == 0
    out = capsys.readouterr().out
    assert out.count("stem_blocks.0.conv1") == 2 and "float x bit" in out
    assert main(["pack", "m.npz", "--out", "again.npz"]) == 2
    assert 'wanted the format "minibnn checkpoint 1", got "minibnn model 1"' in capsys.readouterr().err
    assert not Path("again.npz").exists()


@pytest.mark.slow
def test_shipped_models_need_no_checkpoint(capsys):
    assert main(["sample", "--n", "20", "--out", "s.png"]) == 0
    assert "Flow++ 1 / 1" in capsys.readouterr().out and imread("s.png").std() > 0.05
    assert main(["ledger"]) == 0
    assert capsys.readouterr().out.count("total ") == 4


def test_the_version_and_the_help_of_every_command(capsys):
    from minibnn.__main__ import COMMANDS
    for arguments in (["--version"], ["--help"], ["train", "vae", "--help"], ["train", "flow", "--help"],
                      *([command.__name__.rpartition(".")[2], "--help"] for command in COMMANDS)):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        printed = capsys.readouterr().out
        assert end.value.code == 0 and "None" not in printed and "SUPPRESS" not in printed
        assert (f"minibnn {minibnn.__version__}\n" == printed) == (arguments == ["--version"])


def test_the_help_of_a_command_begins_with_its_line_in_the_list(capsys):
    for arguments, sentence in ((["evaluate"], "Print the test loss of a model, in bits per dimension."),
                                (["train", "vae"], "A ResNet VAE: 5 minutes without options.")):
        with pytest.raises(SystemExit):
            main([*arguments, "--help"])
        assert f"\n\n{sentence}\n\n" in capsys.readouterr().out


@pytest.mark.slow
def test_models_by_name_and_images_as_an_array(capsys):
    assert main(["sample", "vae-1-1", "--n", "3", "--out", "s.npy"]) == 0
    np.testing.assert_array_equal(np.load("s.npy"), minibnn.load("vae-1-1").sample(3, seed=0))
    assert main(["sample", "--n", "2", "--out", "all.NPY"]) == 0 and np.load("all.NPY").shape == (8, 16, 16, 3)
    assert main(["reconstruct", "vae-1-1", "--data", "leaves", "--n", "5", "--out", "r.npy"]) == 0
    assert np.load("r.npy").shape == (5, 16, 16, 3)
    capsys.readouterr()
    assert main(["ledger", "vae-1-1"]) == 0
    head, summary, *_ = capsys.readouterr().out.splitlines()
    assert head.startswith("model ") and "1 / 1 bit" in summary and "437,191   90.9%    1,749 kB" in summary


def test_a_finished_run_goes_on_to_more_steps_or_says_why_not(capsys):
    constant = [*TINY, "--decay", "0", "--out", "a"]
    assert main([*constant, "--steps", "4"]) == 0 == main([*constant, "--steps", "9", "--resume"])
    assert "the run is complete" not in capsys.readouterr().out
    assert json.loads(Path("a/result.json").read_text())["steps"] == 9
    assert main([*constant, "--steps", "9", "--resume"]) == 0 and "the run is complete" in capsys.readouterr().out
    assert main([*TINY, "--out", "b", "--steps", "4"]) == 0
    assert main([*TINY, "--out", "b", "--steps", "9", "--resume"]) == 2
    assert "b: the run has done 4 of 4 steps and its learning rate has begun to fall" in capsys.readouterr().err


def test_a_run_on_held_out_images_is_evaluated_on_the_same(capsys):
    assert main([*TINY, "--steps", "2", "--validation", "30", "--out", "run"]) == 0
    assert main(["evaluate", "run/checkpoint.npz", "--json", "e.json"]) == 0
    result, evaluation = (json.loads(Path(name).read_text()) for name in ("run/result.json", "e.json"))
    assert result["data"] == evaluation["data"] and result["data"]["test_images"] == 30
    assert result["test_bpd"] == evaluation["test_bpd"]


def test_what_a_model_may_start_from(capsys):
    assert main([*TINY, "--steps", "1", "--out", "binary"]) == 0
    real = [{"1": "32"}.get(option, option) if TINY[i - 1] == "--weights" else option for i, option in enumerate(TINY)]
    for weights, arguments in ((1, TINY), (32, real)):
        assert main([*arguments, "--steps", "1", "--out", "new", "--start-from", "binary/checkpoint.npz"]) == 2
        message = f"wanted a 32-bit model and --weights 1, got a 1-bit model and --weights {weights}"
        assert message in capsys.readouterr().err and not Path("new").exists()


def test_training_that_diverges_has_an_exit_status_of_its_own(capsys, monkeypatch):
    def diverges(*arguments, **named):
        raise FloatingPointError("training: the loss is nan at step 3")
    monkeypatch.setattr("minibnn.training.run.train", diverges)
    assert main([*TINY, "--out", "run"]) == DIVERGED == 3
    assert "the loss is nan at step 3" in capsys.readouterr().err


def test_epochs_and_a_run_that_is_complete(capsys):
    assert main([*TINY, "--epochs", "2", "--out", "run"]) == 0
    assert json.loads(Path("run/result.json").read_text())["steps"] == 2 * (150 // 16)
    assert main([*TINY, "--epochs", "2", "--out", "run", "--resume"]) == 0
    assert "the run is complete" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, message", [
    ([*TINY, "--size", "12"], "size: wanted 8, 16 or 32, got 12"),
    ([*TINY, "--size", "x"], "--size: wanted a whole number of at least 0, got 'x'"),
    ([*TINY, "--weights", "2"], "weights: wanted 1 or 32, got 2"),
    ([*TINY, "--weights", "32", "--activations", "1"], "activations: wanted 32"),
    ([*TINY, "--layers", "0"], "layers: wanted a whole number of at least 1, got 0"),
    ([*TINY, "--steps", "0"], "--steps: wanted a whole number of at least 1"),
    ([*TINY, "--steps", "1", "--epochs", "1"], "not allowed with"),
    ([*TINY, "--lr", "-1"], "lr: wanted a learning rate between 0 and 1, got -1.0"),
    ([*TINY, "--lr", "fast"], "--lr: wanted a number, got 'fast'"),
    ([*TINY, "--batch", "151"], "batch: wanted at most the 150 training images of leaves, got 151"),
    ([*TINY, "--data", "mnist"], "data: wanted leaves, cifar10, imagenet32, or a folder, .npy or .npz file of images, "
     "got 'mnist'"),
    ([*TINY, "--data", "ciffar10"], "got 'ciffar10'; did you mean cifar10?"),
    ([*TINY, "--data", "cifar10", "--data-dir", "absent"], "wanted an existing folder, got absent"),
    ([*TINY, "--data-dir", "absent"], "data_dir: wanted none with leaves, which are made here, got absent"),
    ([*TINY, "--resume", "--out", "typo"], "typo: wanted a run to continue, with its config.json, got none"),
    ([*TINY, "--steps", "5", "--evaluations", "6"], "evaluations: wanted at most one for each of the 5 steps, got 6"),
    ([*TINY, "--layers", "1000000000"], "wanted one that fits in the memory of this machine"),
    ([*FLOW, "--couplings", "1000000000", "0", "0"], "wanted one that fits in the memory of this machine"),
    (["train", "flow", "--mixture", "1000000000"], "GB in training"),
    ([*TINY, "--out=--"], "--out: wanted a value, got '--'"),
    (["evaluate", "file", "--json=--"], "--json: wanted a value"),
    ([*TINY, "--out", ""], "--out: wanted a file or a folder, got an empty text"),
    (["evaluate", ""], "wanted a file or a folder, got an empty text"),
    (["evaluate", "/dev/zero"], "/dev/zero: wanted an ordinary file, got a device or a pipe"),
    (["sample", "file", "--out", "s.jpg"], "--out: wanted a file name that ends in .png or .npy, got s.jpg"),
    (["reconstruct", "file", "--out", "r.gif"], "--out: wanted a file name that ends in .png or .npy, got r.gif"),
    (["evaluate", "file", "--json", "e"], "--json: wanted a file name that ends in .json, got e"),
    (["evaluate", "file", "--per-image", "e.txt"], "--per-image: wanted a file name that ends in .npy, got e.txt"),
    (["pack", "file", "--out", "m"], "--out: wanted a file name that ends in .npz, got m"),
    (["bench", "--plot", "b.pdf"], "--plot: wanted a file name that ends in .png, got b.pdf"),
    (["gradcheck", "--json", "absent/g.json"], "absent/g.json: wanted a place"),
    (["table1", "--out", "new", "--seeds", "2"], "62 runs are missing: about "),
    (["table1", "--seeds", "1001"], "--seeds: wanted a whole number from 1 to 1,000"),
    (["table1", "--list", "--out", "file"], "file: wanted a folder for the results, got a file"),
    (["table1", "--list", "--quick", "--data-dir", "."], "--data-dir: wanted none with --quick, whose images are made"),
    ([*TINY, "--steps", "1", "--out", "file"], "file: wanted a folder for the run, got a file"),
    ([*TINY, "--steps", "1", "--out", "file/below"], "file/below: cannot write"),
    (["evaluate", "absent.npz"], "absent.npz: wanted a file, a run's folder or one of vae-1-32, vae-1-1, flow-1-32, "
     "flow-1-1, got nothing of this name"),
    (["sample", "vae-1-l"], "got nothing of this name; did you mean vae-1-1?"),
    (["evalute", "vae-1-1"], "; did you mean evaluate?"), (["train", "vea"], "; did you mean vae?"),
    ([*TINY, "--wieghts", "1"], "unrecognized arguments: --wieghts 1; did you mean --weights?"),
    (["table1", "--rows", "vae-bsae-1-1"], "; did you mean vae-base-1-1?"),
    (["train", "vae", "--normalisation", "bacth"], "; did you mean batch?"),
    (["evaluate", "file"], "file: wanted a minibnn checkpoint"),
    (["sample", "."], ".: wanted the folder of a run, with its checkpoint.npz, got one without"),
    (["sample", "file", "--n", "0"], "--n: wanted a whole number from 1 to 10,000"),
    (["sample", "file", "--n", "1" * 5000], "--n: wanted a whole number from 1 to 10,000"),
    (["sample", "x" * 300], "File name too long"), ([*TINY, "--out", "x" * 300], "File name too long"),
    ([*TINY, "--channels", "1000000000", "--out", "run"], "wanted one that fits in the memory of this machine"),
    (["evaluate", "file", "--json", "absent/e.json"], "absent/e.json: wanted a place that can be written to"),
    (["gradcheck", "elu", "con2d"], "gradcheck: wanted the name of a check, got 'con2d'; near it: 'conv2d'"),
    (["gradcheck", "VAE"], "got 'VAE'; near it: 'ResNet VAE 32/32', "), (["gradcheck", "zz"], "a check, got 'zz'"),
    (["gradcheck", "--json", "."], "--json: wanted a file name that ends in .json, got ."),
    (["tour", "--keep", "absent"], "absent/tour.png: wanted a place"),
    ([*FLOW, "--couplings", "1", "1"], "--couplings: expected 3 arguments"),
    ([*FLOW, "--couplings", "0", "0", "0"], "couplings: wanted three whole numbers, not all 0, got [0, 0, 0]"),
    ([*FLOW, "--mixture", "0"], "mixture: wanted a whole number of at least 1, got 0"),
    ([*FLOW, "--dropout", "1"], "dropout: wanted a fraction from 0 to below 1, got 1.0"),
    ([*FLOW, "--binary-context"], "binary_context: wanted 1-bit weights, got 32-bit ones"),
    ([*FLOW, "--layers", "2"], "unrecognized arguments: --layers 2"),
    ([*TINY, "--threads", "0"], "--threads: wanted a whole number from 1 to 1,000, got '0'"),
    (["evaluate", "file", "--threads", "x"], "--threads: wanted a whole number"),
    ([*TINY, "--seed", "1000000001"], "--seed: wanted a whole number from 0 to 1,000,000,000"),
    ([*TINY, "--start", "clipped"], "--start: wanted --start-from with it, got clipped alone"),
    (["evaluate", "file", "--json", "file/e.json"], "file/e.json: wanted a place that can be written to"),
    (["table1", "--yes", "--out", "new", "--data-dir", "absent"], "wanted an existing folder, got absent"),
    (["figures", "--results", "absent"], "absent: wanted a folder with the results of table1, got no folder"),
    (["tutorials", "--folder", "."], "wanted the folder with the tutorials, got one without notebooks"),
    (["table1", "--rows", "vae-1-1"], "--rows: invalid choice: 'vae-1-1'"),
    (["bench", "--plot", "absent/b.png"], "absent/b.png: wanted a place"),
    (["pack", "file", "--out", "m.npz"], "file: wanted a minibnn checkpoint"),
    (["pack", "file"], "required: --out"), (["pack", "file", "--out", "absent/m.npz"], "absent/m.npz: wanted a place"),
    (["ledger", "file"], "file: wanted a minibnn checkpoint"),
    (["ledger", "file", "--paper-scale"], "not allowed with"),
    (["fly"], "invalid choice: 'fly'"), (["train"], "required: MODEL")])
def test_bad_input_is_one_sentence_and_status_2(capsys, arguments, message):
    Path("file").write_text("not what you look for " * 10)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if line.startswith("minibnn: ")]
    assert len(lines) == 1 and message in lines[0] and captured.out == ""
    assert not [path for path in Path().rglob("*") if path.is_file() and path.name != "file"]


def test_gradcheck_prints_writes_and_fails(capsys, monkeypatch):
    few = {name: suite.CHECKS[name] for name in ("elu", "tanh", "BinaryConv")}
    monkeypatch.setattr(suite, "CHECKS", few)
    assert main(["gradcheck", "BinaryConv", "elu", "--json", "g.json"]) == 0
    written = json.loads(Path("g.json").read_text())
    assert [entry["name"] for entry in written] == ["BinaryConv", "elu"]
    assert all(entry.keys() == {"name", "equations", "error", "tolerance", "ok", "message"} for entry in written)
    assert "\n2 checks, 0 not ok, the largest error " in capsys.readouterr().out
    monkeypatch.setitem(few, "wrong", ("1", lambda rng: [0.5]))
    monkeypatch.setitem(few, "raises", ("2", lambda rng: 1 / 0))
    assert main(["gradcheck", "--json", "g.json"]) == 1
    printed = capsys.readouterr().out
    assert re.search(r"\nwrong .* NOT OK\n    by hand and by difference disagree, most for array 0\n", printed)
    assert re.search(r"\nraises .* nan .* NOT OK\n    ZeroDivisionError: division by zero \(test_.*, line ", printed)
    assert printed.endswith("\n5 checks, 2 not ok, the largest error 5.0e-01: wrong\n")
    *_, wrong, raises = json.loads(Path("g.json").read_text(), parse_constant=pytest.fail)
    assert (wrong["error"], raises["error"], raises["ok"]) == (0.5, None, False) and "division" in raises["message"]


@pytest.mark.slow
def test_tour(capsys, monkeypatch):
    monkeypatch.setattr(tour, "MODELS", {
        "ResNet VAE": (VAEConfig(size=8, layers=1, channels=4, latents=2, blocks=1, nproc=1), TrainingConfig(30, 16)),
        "Flow++": (FLOW_CONFIG, TrainingConfig(20, 16))})
    Path("kept").mkdir()
    assert main(["tour", "--keep", "kept"]) == 0
    printed = capsys.readouterr().out
    for path in ("runs/tour/curves.png", "runs/tour/samples.png", "kept/tour.png"):
        assert imread(path).std() > 0.05
        assert path in printed
    results = json.loads(Path("kept/tour.json").read_text())
    assert {name: list(rows) for name, rows in results.items()} == {
        name: ["32 / 32", "1 / 32", "1 / 1"] for name in ("ResNet VAE", "Flow++")}
    assert main([]) == 0                                            # the tour again: complete runs are used
    table = capsys.readouterr().out
    assert "Flow++      32 / 32 bit" in table and "kB" in table
    assert "30 steps (ResNet VAE) and 20 steps (Flow++)" in table
    assert "0 of these models were trained now, 6 before: to train all again, remove runs/tour or" in table
    assert "trained now" not in printed
    shutil.rmtree("runs/tour/vae-1-1")
    Path("runs/tour/flow-1-1/result.json").unlink()
    assert main([]) == 0 and "2 of these models were trained now, 4 before" in capsys.readouterr().out
    Path("runs/tour/vae-1-1/log.jsonl").unlink()
    assert main([]) == 2
    assert "wanted the log of its training in log.jsonl, got none: remove the folder" in capsys.readouterr().err


@pytest.mark.slow
def test_ctrl_c_leaves_a_checkpoint_that_resumes():
    command = [sys.executable, "-m", "minibnn", *TINY, "--steps", "1000", "--out", "run"]
    environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    deadline = time.monotonic() + 100
    while not Path("run/log.jsonl").exists() or not Path("run/log.jsonl").read_text():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "--resume continues" in errors and "Traceback" not in errors
    assert Path("run/checkpoint.npz").exists() and not Path("run/result.json").exists()
    resumed = subprocess.run([*command, "--resume"], env=environment, capture_output=True, text=True)
    assert resumed.returncode == 0 and "train  1/1000" not in resumed.stderr
    assert json.loads(Path("run/result.json").read_text())["steps"] == 1000


def test_no_command_writes_over_a_run_or_over_what_it_reads(capsys, tmp_path):
    assert main([*TINY, "--steps", "2", "--out", "run"]) == 0
    assert main(["pack", "run/checkpoint.npz", "--out", "m.npz"]) == 0
    for suffix in ("npz", "png", "npy"):
        Path(f"link.{suffix}").symlink_to("m.npz")
    Path("model.json").symlink_to("m.npz")
    Path("link.json").symlink_to("run/result.json")
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    of_run, read = "wanted a file to write outside of the run in", "which is read"
    for arguments, message in (
            (["sample", "m.npz", "--out", "link.png"], read), (["reconstruct", "m.npz", "--out", "./link.npy"], read),
            (["evaluate", "m.npz", "--json", "model.json"], read),
            (["evaluate", "m.npz", "--per-image", "link.npy"], read),
            (["pack", "run/checkpoint.npz", "--out", "run/checkpoint.npz"], read), (["pack", "run", "--out",
             "run/checkpoint.npz"], read), (["evaluate", "m.npz", "--json", "link.json"], of_run),
            *((["evaluate", "m.npz", "--json", f"run/{name}"], of_run) for name in ("config.json", "result.json")),
            (["evaluate", "m.npz", "--per-image", "run/per_image.npy"], of_run),
            (["sample", "--out", "run/per_image.npy"], of_run), (["gradcheck", "--json", "run/result.json"], of_run),
            (["pack", "vae-1-1", "--out", "run/checkpoint.npz"], of_run),
            (["bench", "--json", "run/config.json"], of_run)):
        assert main(arguments) == 2
        assert message in capsys.readouterr().err, arguments
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    assert main(["evaluate", "m.npz", "--json", "run/evaluation.json"]) == 0        # beside them there is room
    assert main(["evaluate", "m.npz", "--json", "result.json"]) == 0


def test_no_command_writes_over_the_data_that_it_reads(capsys):
    rng = np.random.default_rng(0)
    for name, number in (("data_batch_1.bin", 30), ("test_batch.bin", 5)):
        Path(name).write_bytes(rng.integers(0, 256, 3073 * number, np.uint8).tobytes())
    assert main([*TINY, "--steps", "1", "--data", "cifar10", "--data-dir", ".", "--out", "run"]) == 0
    for suffix in (".json", ".npy", ".png"):
        Path("test" + suffix).symlink_to("test_batch.bin")
    for command, option, suffix in (("evaluate", "--json", ".json"), ("evaluate", "--per-image", ".npy"),
                                    ("reconstruct", "--out", ".png")):
        assert main([command, "run/checkpoint.npz", "--data-dir", ".", option, "test" + suffix]) == 2
        assert f"test{suffix}: wanted another file to write than test_batch.bin, which" in capsys.readouterr().err
    assert main(["evaluate", "run/checkpoint.npz", "--data-dir", "."]) == 0
    assert "not the images" not in capsys.readouterr().out
    Path("test_batch.bin").write_bytes(rng.integers(0, 256, 3073 * 6, np.uint8).tobytes())
    for command in ("evaluate", "reconstruct"):
        assert main([command, "run/checkpoint.npz", "--data-dir", "."]) == 0
        assert "own run: 30 training and 6 test images of cifar10 here, 30 and 5 there" in capsys.readouterr().out


def test_samples_and_reconstructions_come_in_batches_and_do_not_depend_on_them(monkeypatch):
    from minibnn.training import inference
    assert main([*TINY, "--steps", "2", "--out", "run"]) == 0
    _, model = inference.load_trained(Path("run/checkpoint.npz"))
    monkeypatch.setattr(inference, "BATCH", 4)
    sizes, draw_noise = [], model.draw_noise
    monkeypatch.setattr(model, "draw_noise", lambda rng, number: sizes.append(number) or draw_noise(rng, number))
    noise = draw_noise(np.random.default_rng(3), 10)
    images = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 3), np.uint8)
    for drawn, at_once in ((inference.sample(model, 10, 3), model.sample(noise)),
                           (inference.reconstruct(model, images, 3), model.reconstruct(images, noise))):
        assert drawn.shape == (10, 8, 8, 3) and drawn.dtype == np.uint8
        assert np.abs(drawn.astype(int) - at_once).max() <= 1       # another batch rounds in other places
    assert sizes == 2 * [4, 4, 2]


def test_frozen_training_has_an_exit_status_of_its_own(capsys, monkeypatch):
    from minibnn.training import adam
    monkeypatch.setattr(adam, "SKIP_NORM", 0.0)
    assert main([*TINY, "--steps", "30", "--out", "run"]) == DIVERGED
    assert "16 of the first 16 updates were skipped" in capsys.readouterr().err
    assert not Path("run/result.json").exists()


def test_long_tables_are_begun_only_when_asked_for(capsys, monkeypatch):
    made = []
    monkeypatch.setattr("minibnn.experiments.table1.table.make_table",
                        lambda preset, out, runs, *others: made.extend([1] if runs else []) or {})
    assert main(["table1", "--out", "new"]) == 2
    message = capsys.readouterr().err
    assert "147 runs are missing: about 17.0 hours" in message and "a download of 170 MB" in message
    assert "add --yes to begin, or --quick" in message
    assert main(["table1", "--out", "new", "--rows", "vae-base-1-1", "--seeds", "1"]) == 2
    assert "1 runs are missing: about 0.1 hours" in capsys.readouterr().err
    assert not made
    assert main(["table1", "--out", "new", "--yes"]) == 0 and main(["table1", "--out", "new", "--quick"]) == 0
    assert len(made) == 2

    class Terminal(io.TextIOWrapper):
        def isatty(self):
            return True
    monkeypatch.setattr(sys, "stdout", Terminal(io.BytesIO()))
    for answer, status in ((b"n\n", 2), (b"\n", 2), (b"y\n", 0)):
        monkeypatch.setattr(sys, "stdin", Terminal(io.BytesIO(answer)))
        assert main(["table1", "--out", "new"]) == status
    assert len(made) == 3


def test_a_model_of_data_that_have_no_such_name_is_refused_in_words(capsys):
    from minibnn.training.checkpoint import load_any, save_checkpoint
    assert main([*TINY, "--steps", "2", "--out", "run"]) == 0
    assert main(["pack", "run/checkpoint.npz", "--out", "m.npz"]) == 0
    form, meta, arrays = load_any("m.npz")
    for name, message in (("mine", "got 'mine'"), (data.FROM_PYTHON, "wanted --data PATH with images, got none")):
        meta["settings"]["data"]["name"] = name
        save_checkpoint("m.npz", meta, arrays, form)
        for command in ("evaluate", "reconstruct"):
            assert main([command, "m.npz"]) == 2
            error = capsys.readouterr().err
            assert "minibnn: data: " in error and error.endswith(f"{message}\n")


@pytest.mark.parametrize("name, shown", [("a\nb\x1b[2J", r"a\nb\x1b[2J: wanted a file, a run's folder"),
                                         ("x/" * 3000, " ...")])
def test_a_message_is_one_line_without_what_a_terminal_obeys(capsys, name, shown):
    assert main(["evaluate", name]) == 2
    printed = capsys.readouterr().err
    assert shown in printed and printed.count("\n") == 1 and len(printed) < 2100 and printed[:-1].isprintable()


@pytest.mark.slow
def test_figures_and_the_tour_do_not_write_through_links_over_a_run(capsys):
    assert main([*TINY, "--steps", "2", "--out", "run"]) == 0
    before = Path("run/checkpoint.npz").read_bytes()
    for folder, name in (("drawn", "sign.png"), ("toured", "curves.png")):
        Path(folder).mkdir()
        Path(folder, name).symlink_to("../run/checkpoint.npz")
    results = Path(__file__).parents[1] / "figures" / "results"
    assert main(["figures", "--results", str(results), "--out", "drawn"]) == 2
    assert main(["tour", "--out", "toured"]) == 2
    assert capsys.readouterr().err.count("wanted a file to write outside of the run in") == 2
    assert Path("run/checkpoint.npz").read_bytes() == before
    Path("s.png").symlink_to(Path(__file__).parents[1] / "minibnn" / "models" / "vae-1-1.json")
    assert main(["sample", "--out", "s.png"]) == 2 and "which is read" in capsys.readouterr().err
