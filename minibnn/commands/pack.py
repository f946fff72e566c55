"""pack: write a trained model to a file for inference."""

from ..parameter import count
from ..training.inference import load_for_inference, save_model
from .shared.options import add_model, output
from .shared.outputs import require_outputs


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("pack", help="write a trained model for inference: binary weights as one bit each")
    add_model(parser)
    parser.add_argument("--out", type=output(".npz"), required=True, metavar="FILE",
                        help="file to write, .npz; the other commands accept it in place of a checkpoint")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """Write a trained model for inference.    Returns: the exit status"""
    require_outputs({"--out": options.out}, options.model)
    settings, model = load_for_inference(options.model)
    save_model(options.out, settings, model)
    counts = count(model)
    print(f"{counts['parameters']:,} parameters, {counts['binary_parameters']:,} of them binary, in "
          f"{options.out.stat().st_size:,} bytes ({4 * counts['parameters']:,} as 32-bit floats): {options.out}")
    return 0
