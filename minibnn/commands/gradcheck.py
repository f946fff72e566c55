"""gradcheck: every hand-written gradient against finite differences."""

import math

from ..files import write_json
from ..gradcheck import suite
from .shared.options import output
from .shared.outputs import require_outputs


def add_to(commands):
    """Add the command and its options to the parser."""
    parser = commands.add_parser("gradcheck", help="check every hand-written gradient: half a minute")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="only the checks of these names, as in the printed list (default: all)")
    parser.add_argument("--json", type=output(".json"), metavar="FILE", help="write the results there too, as .json")
    parser.set_defaults(execute=execute)


def execute(options, command):
    """Check every hand-written gradient, or those named.    Returns: the exit status"""
    require_outputs({"--json": options.json})
    running, results = suite.run_checks(options.names), []
    width = max(map(len, suite.CHECKS)) + 2
    print(f"{'what':<{width}}{'equations':<20}{'error':>9}{'tolerance':>11}")
    for result in running:
        results.append(result)
        print(f"{result.name:<{width}}{result.equations:<20}{result.error:>9.1e}{result.tolerance:>11.0e}"
              + ("  ok" if result.ok else f"  NOT OK\n    {result.message}"), flush=True)
    print(suite.last_line(results))
    if options.json:                                                # JSON has no NaN
        write_json(options.json, [{**result._asdict(), "error": result.error if math.isfinite(result.error) else None}
                                  for result in results])
    return 0 if all(result.ok for result in results) else 1
