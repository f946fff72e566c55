"""The whole benchmark: run it, print it, draw it."""

import numpy as np

from ... import cores
from ...pictures import figures
from . import convolution, machine, signs, steps

HELPS = 1.1              # kernels that are faster by this factor are recommended
WAYS = ("float", "unpacked", "packed")


def run_bench(threads, report=None):
    """Measure everything; at most two minutes.

    Returns:   a dict of JSON values. Fractions are of `gemm_gflops`, the matrix-product rate on all threads,
               each against the mean of its measurements before and after.
    """
    stages = 8 + 2 * len(convolution.SHAPES) + len(steps.GROWTH)
    done = iter(range(1, stages + 1))

    def tell(text):
        if report:
            report(next(done), stages, text)
    tell("matrix products")
    one, rates = machine.product_rate(1), [machine.product_rate(threads)]

    def fraction_of_rate(gflops):
        rates.append(machine.product_rate(threads))
        return float(gflops / np.mean(rates[-2:]))
    shapes = []
    for shape in convolution.SHAPES:
        tell(f"convolution {shape}")
        forward, backward = convolution.convolution_rates(shape, threads)
        shapes.append({"shape": shape, "forward": fraction_of_rate(forward),
                       "backward": fraction_of_rate(backward)})
    models, precisions = {}, {}
    for name, config in (("vae", steps.VAE), ("flow", steps.FLOW)):
        tell(f"{name} step")
        found = steps.step_shares(config, threads)
        models[name] = {**found, "fraction": fraction_of_rate(found["gflop"] / found["seconds"])}
        tell(f"{name} step by precision")
        precisions[name] = steps.seconds_by_precision(config, threads)
    tell("memory")
    memory = steps.peak_memory(steps.VAE, steps.BATCH, threads)
    growth = steps.growth(threads, tell)
    of_signs = _measure_signs(threads, tell)
    tell("other kernels")
    shares = models["vae"]["shares"]
    return {"gemm_gflops": float(np.median(rates)), "gemm_gflops_one_thread": one, "threads": threads,
            "conv_forward_fraction": min(shape["forward"] for shape in shapes[:2]),
            "conv_backward_fraction": min(shape["backward"] for shape in shapes[:2]),
            "vae_step_fraction": models["vae"]["fraction"], "flow_step_fraction": models["flow"]["fraction"],
            "elementwise_share": shares["elementwise"] + shares["optimiser"], "peak_memory_mb": memory,
            "one_bit_step_ratio": precisions["vae"]["1 / 1"] / precisions["vae"]["32 / 32"],
            **of_signs, "convolutions": shapes, "steps": models, "precisions": precisions, "growth": growth,
            "kernels": cores.blas_kernels(), "other_kernels": machine.rates_of_other_kernels(),
            "machine": machine.describe_with_versions()}


def _measure_signs(threads, tell):
    """The part of `run_bench` about convolutions of signs and packed models."""
    rates = []
    for shape in convolution.SHAPES:
        tell(f"convolution of signs {shape}")
        rates.append({"shape": shape, "one_thread": signs.sign_rates(shape, 1),
                      "all_threads": signs.sign_rates(shape, threads)})
    tell("packed models")
    packed = signs.evaluation_of_signs(threads)
    return {**{f"{way}_speedup_{count}": min(entry[count][f"{way}_speedup"] for entry in rates)
               for way in ("xnor", "pairs") for count in ("one_thread", "all_threads")},
            "packed_bytes": packed["vae"]["packed_bytes"], "float_bytes": packed["vae"]["float_bytes"],
            "signs": rates, "xnor_passes": signs.pass_rates(), "packed": packed}


def lines(found):
    """The measurements as lines of text."""
    rate = found["gemm_gflops"]
    yield found["machine"]
    yield (f"matrix products (float32, {machine.SIZE} x {machine.SIZE}): {found['gemm_gflops_one_thread']:.0f} GFLOP/s "
           f"on one thread, {rate:.0f} on {found['threads']}; fractions below are of the latter")
    yield f"\n{'convolution, 3x3':<26}{'forward':>9}{'backward':>10}"
    for entry in found["convolutions"]:
        yield f"{_shape(entry['shape']):<26}{entry['forward']:>9.0%}{entry['backward']:>10.0%}"
    yield f"\n{'training step, batch ' + str(steps.BATCH):<26}{'fraction':>9}{'GFLOP':>8}{'ms':>7}{'images/s':>10}"
    for name, step in found["steps"].items():
        yield (f"{name:<26}{step['fraction']:>9.0%}{step['gflop']:>8.1f}{1e3 * step['seconds']:>7.0f}"
               f"{step['images_per_second']:>10.0f}")
    yield f"\n{'training step, by bits':<26}" + "".join(f"{name:>10}" for name in found["precisions"]["vae"])
    for name, seconds in found["precisions"].items():
        yield f"{name:<26}" + "".join(f"{1e3 * taken:>7.0f} ms" for taken in seconds.values())
    yield f"\n{'share of its time':<26}" + "".join(f"{name:>9}" for name in found["steps"])
    for part in found["steps"]["vae"]["shares"]:
        yield f"{part:<26}" + "".join(f"{step['shares'][part]:>9.0%}" for step in found["steps"].values())
    yield f"\npeak memory of the vae step: {found['peak_memory_mb']:.0f} MB above the interpreter with its imports"
    yield f"\n{'doubled':<26}{'time':>9}{'expected':>10}{'memory':>9}{'expected':>10}   (powers)"
    for name, parts in found["growth"].items():
        yield f"{name:<26}" + "".join(f"{part['exponent']:>9.2f}{part['expected']:>10}" for part in parts.values())
    threads = f"{found['threads']} threads"
    yield f"\n{'convolution of signs, 3x3':<26}{'one thread':>35}{threads:>35}"
    yield f"{'':<26}" + f"{'float':>6}{'XNOR':>6}{'faster':>8}{'pairs':>7}{'faster':>8}" * 2 + "   (G multiply-adds/s)"
    for entry in found["signs"]:
        yield f"{_shape(entry['shape']):<26}" + "".join(
            f"{rates['float']:>6.0f}{rates['xnor']:>6.0f}{rates['xnor_speedup']:>7.2f}x"
            f"{rates['pairs']:>7.0f}{rates['pairs_speedup']:>7.2f}x"
            for rates in (entry["one_thread"], entry["all_threads"]))
    passes = found["xnor_passes"]
    yield ("passes of XNOR on one thread, in G words of 64 products a second: "
           + ", ".join(f"{name} {passes[name]:.1f}" for name in ("exclusive or", "count", "addition"))
           + f"; together at most {passes['limit']:.0f} G multiply-adds/s")
    yield f"\n{'evaluation of 64 images':<26}" + "".join(f"{way:>9}" for way in WAYS) + f"{'weights':>12}{'packed':>10}"
    for name, entry in found["packed"].items():
        yield (f"{name + ', 1 / 1':<26}" + "".join(f"{1e3 * entry[f'{way}_seconds']:>6.0f} ms" for way in WAYS)
               + f"{entry['float_bytes'] / 1e3:>9,.0f} kB{entry['packed_bytes'] / 1e3:>7,.0f} kB")
    yield "\n" + _about_kernels(found)


def _about_kernels(found):
    rates = {name: rate for name, rate in found["other_kernels"].items() if rate}
    if not found["kernels"] or not rates:
        return "NumPy's BLAS here is not its own OpenBLAS: OPENBLAS_CORETYPE does nothing."
    listed = ", ".join(f"{name} {rate:.0f}" for name, rate in rates.items())
    best = max(rates, key=rates.get)
    helps = rates[best] > HELPS * found["gemm_gflops_one_thread"]
    return (f"OpenBLAS uses its {found['kernels']} kernels; GFLOP/s on one thread with OPENBLAS_CORETYPE = {listed}. "
            + (f"OPENBLAS_CORETYPE={best} would help." if helps else "No other would help."))


def _shape(shape):
    return " x ".join(map(str, shape))


@figures.plain_style()
def save_plot(path, found):
    """Draw the measurements as PNG."""
    figure = figures.new_figure(10, 17)
    (convolutions, shares), of_signs, (precisions, packed), (growth, kernels) = figure.subplots(4, 2)
    _bars(convolutions, {_shape(entry["shape"]): entry for entry in found["convolutions"]}, ("forward", "backward"))
    convolutions.set_title("3x3 convolution")
    convolutions.set_xlabel(f"fraction of the matrix-product rate ({found['gemm_gflops']:.0f} GFLOP/s)")
    _draw_shares(shares, found["steps"])
    exponents = {name: {f"{what}, {kind}": part[key] for what, part in parts.items()
                        for kind, key in (("measured", "exponent"), ("expected", "expected"))}
                 for name, parts in found["growth"].items()}
    _bars(growth, exponents, list(next(iter(exponents.values()))))
    growth.set_title("Growth of a training step")
    growth.set_xlabel("power of what is doubled")
    rates = {name: {"rate": rate or 0} for name, rate in found["other_kernels"].items()}
    _bars(kernels, {f"default ({found['kernels']})": {"rate": found["gemm_gflops_one_thread"]}, **rates}, ["rate"])
    kernels.get_legend().remove()
    kernels.set_title("Matrix products, by OPENBLAS_CORETYPE")
    kernels.set_xlabel("GFLOP/s on one thread (0: not supported)")
    counts = {"one_thread": "one thread", "all_threads": f"{found['threads']} threads"}
    for axes, (count, threads) in zip(of_signs, counts.items()):
        _bars(axes, {_shape(entry["shape"]): entry[count] for entry in found["signs"]}, ("float", "xnor", "pairs"))
        axes.set_title(f"Convolution of signs, {threads}")
        axes.set_xlabel("billions of multiply-adds a second")
    _bars(precisions, _in_milliseconds(found["precisions"]), list(found["precisions"]["vae"]))
    precisions.set_title("Training step, weights / activations")
    precisions.set_xlabel(f"milliseconds, batch {steps.BATCH}")
    _bars(packed, _in_milliseconds({name: {way: entry[f"{way}_seconds"] for way in WAYS}
                                    for name, entry in found["packed"].items()}), WAYS)
    packed.set_title("Evaluation of 64 images, 1 / 1")
    packed.set_xlabel("milliseconds")
    figures.save_figure(figure, path)


def _in_milliseconds(groups):
    return {name: {key: 1e3 * seconds for key, seconds in group.items()} for name, group in groups.items()}


def _bars(axes, groups, names):
    """Horizontal bars, one group for each entry: dict label -> dict name -> number."""
    height = 0.8 / len(names)
    for i, (name, colour) in enumerate(zip(names, figures.COLOURS)):
        places = np.arange(len(groups)) + (i - (len(names) - 1) / 2) * height
        axes.barh(places, [group[name] for group in groups.values()], height, color=colour, label=name)
    axes.set_yticks(np.arange(len(groups)), list(groups))
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    _legend_below(axes)


def _draw_shares(axes, models):
    left = np.zeros(len(models))
    for part, colour in zip(next(iter(models.values()))["shares"], figures.COLOURS):
        widths = np.array([model["shares"][part] for model in models.values()])
        axes.barh(range(len(models)), widths, left=left, color=colour, label=part)
        left += widths
    axes.set_yticks(range(len(models)), [f"{name}\n{1e3 * model['seconds']:.0f} ms" for name, model in models.items()])
    axes.invert_yaxis()
    axes.set_title(f"Training step, batch {steps.BATCH}")
    axes.set_xlabel("share of its time")
    _legend_below(axes)


def _legend_below(axes):
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.45, -0.17), ncol=2)
