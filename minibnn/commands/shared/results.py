"""How the result of a run or of an evaluation is printed."""


def print_result(result):
    """Print a result.json, or what evaluate writes."""
    source = result["data"]
    print(f"test loss {result['test_bpd']:.4f} +- {result['test_bpd_se']:.4f} bits per dimension "
          f"({source['test_images']:,} test images of {source['name']})")
    print("  " + "; ".join(f"{name} {_numbers(part)}" for name, part in result["parts"].items()))
    if result.get("skipped"):
        print(f"  {result['skipped']:,} of {result['steps']:,} updates were skipped: their gradients were too long")


def _numbers(part):
    return ", ".join(f"{number:.4f}" for number in (part if isinstance(part, list) else [part]))
