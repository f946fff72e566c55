"""evaluate: the test loss of a model."""

from .. import data
from ..archives import write_array
from ..cores import Team
from ..files import atomic_write, write_json
from ..progress import Progress
from ..training.evaluate import evaluate
from ..training.inference import load_trained
from ..training.run import EVALUATION_SEED
from .shared.images import data_of, print_other_images
from .shared.options import add_data, add_model, add_seed, add_threads, output, whole_number
from .shared.outputs import require_outputs
from .shared.results import print_result


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("evaluate", help="print the test loss of a model, in bits per dimension")
    add_model(parser)
    add_data(parser)
    parser.add_argument("--samples", type=whole_number(1, 10_000), default=1, metavar="K",
                        help="draws of the noise for each image, for the importance-weighted bound; more make it "
                             "tighter (default %(default)s, the bound of training)")
    add_seed(parser, EVALUATION_SEED)
    add_threads(parser)
    parser.add_argument("--json", type=output(".json"), metavar="FILE", help="write the result there, as .json")
    parser.add_argument("--per-image", type=output(".npy"), metavar="FILE",
                        help="write each image's loss there, as .npy")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """The test loss of a model over every test image.    Returns: the exit status"""
    outputs = {"--json": options.json, "--per-image": options.per_image}
    require_outputs(outputs, options.model)
    settings, model = load_trained(options.model)
    dataset = data_of(settings, options, outputs)
    with Progress("evaluate") as report, Team(options.threads) as team:
        evaluation = evaluate(model, dataset.test, options.seed, team, report, options.samples)
    result = {**evaluation.summary(), "data": data.describe(dataset), "seed": options.seed,
              "samples": options.samples, "threads": options.threads, "command": command}
    try:
        if options.json:
            write_json(options.json, result)
        if options.per_image:
            with atomic_write(options.per_image) as file:
                write_array(file, evaluation.per_image)
    finally:
        print_result(result)                                        # also if writing failed: it may have taken hours
    print_other_images(settings, result["data"])
    return 0
