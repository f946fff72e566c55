"""figures: draw the figures of Table 1's results, and those that need no training."""

from pathlib import Path

from ..experiments.table1 import plots, results
from ..files import InputError, writing
from ..flowpp import FlowConfig
from ..pictures import drawings
from ..pictures.figures import save_figure
from ..pictures.flow_drawing import flow_figure
from ..pictures.vae_drawing import vae_figure
from ..resnet_vae import VAEConfig
from .shared.options import path
from .shared.outputs import require_outputs


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("figures", help="draw the figures of Table 1's results, and those that need no "
                                                 "training")
    parser.add_argument("--results", type=path, default=Path("figures/results"), metavar="DIR",
                        help="folder of table1's results (default %(default)s)")
    parser.add_argument("--out", type=path, default=Path("figures"), metavar="DIR",
                        help="folder to write to (default %(default)s)")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """Draw the figures of the table's results, and those that need no results.    Returns: the exit status"""
    found = results.load(options.results)
    if not found:
        raise InputError(f"{options.results}: wanted a folder with the results of table1, got "
                         + ("one without any" if options.results.is_dir() else "no folder"))
    source = results.fingerprint(found)
    binary = {"weights": 1, "activations": 1}
    drawn = {"figure1.png": (drawings.blocks_figure(), ""), "sign.png": (drawings.sign_figure(), ""),
             "vae.png": (vae_figure(VAEConfig(**binary, layers=2, blocks=2)), ""),
             "flow.png": (flow_figure(FlowConfig(**binary)), ""),
             "figure2.png": (plots.figure_2(found), source), "memory.png": (plots.memory_figure(found), source),
             "table1_samples.png": (plots.samples_figure(found), source)}
    with writing(options.out):
        options.out.mkdir(parents=True, exist_ok=True)
    require_outputs({name: options.out / name for name in drawn}, *options.results.iterdir())
    for name, (figure, of_results) in drawn.items():
        save_figure(figure, options.out / name, of_results)
    print(f"drawn from {len(found)} results: " + ", ".join(str(options.out / name) for name in drawn))
    return 0
