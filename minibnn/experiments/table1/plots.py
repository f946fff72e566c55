"""Pictures of the table's results: Figure 2, the loss against the memory, samples side by side."""

import numpy as np

from ...pictures.figures import COLOURS, draw_samples, new_figure, plain_style
from .rows import KIND_LABELS, LABELS, ROWS, Row

BASE_ROWS = (("base", 32, 32), ("base", 1, 32), ("base", 1, 1), ("none", 32, 32))
PANELS = {                             # Figure 2: title -> kind, (variant, weights, activations) of each curve
    "(a) VAE": ("vae", BASE_ROWS),
    "(b) Flow++": ("flow", BASE_ROWS),
    "(c) VAE, widened": ("vae", (("base", 32, 32), ("base", 1, 32), ("wide", 1, 32), ("base", 1, 1), ("wide", 1, 1))),
    "(d) VAE, all layers binary": ("vae", (("base", 1, 32), ("all", 1, 32), ("base", 1, 1), ("all", 1, 1),
                                           ("none", 32, 32))),
}
STYLES = {                             # (variant, weights, activations) -> colour, line, marker
    ("base", 32, 32): (COLOURS[0], "-", "o"), ("base", 1, 32): (COLOURS[1], "--", "s"),
    ("base", 1, 1): (COLOURS[2], "-.", "^"), ("none", 32, 32): (COLOURS[3], ":", "X"),
    ("wide", 1, 32): (COLOURS[4], "--", "D"), ("wide", 1, 1): (COLOURS[5], "-.", "v"),
    ("slim", 32, 32): (COLOURS[0], "-", ">"), ("slimwide", 32, 32): (COLOURS[0], "-", "<"),
    ("nonewide", 32, 32): (COLOURS[3], ":", "P"), ("nonewidest", 32, 32): (COLOURS[3], ":", "*"),
    ("all", 1, 32): (COLOURS[4], "--", "P"), ("all", 1, 1): (COLOURS[5], "-.", "*"),
}
FIRST_SHOWN = 0.2                      # fraction of the training after which the curves are shown


@plain_style()
def figure_2(results):
    """Figure 2: the test loss against training steps, means over the seeds and bands from lowest to highest."""
    figure = new_figure(10, 7.2)
    for axes, (title, (kind, curves)) in zip(figure.subplots(2, 2).flat, PANELS.items()):
        for key in curves:
            found = [result.values["curve"] for (row, _), result in results.items()
                     if row[:4] == (kind, *key) and result.values["test_bpd"] is not None]
            if found:
                _draw_curve(axes, key, np.array(found))
        axes.set_title(title)
        axes.set_xlabel("training step")
        axes.locator_params(axis="x", nbins=5)
        axes.set_ylabel("test loss (bits per dimension)")
        axes.grid(alpha=0.3)
        lowest, highest = axes.get_ylim()
        axes.set_ylim(lowest, highest + 0.12 * len(curves) * (highest - lowest))     # room for the legend
        _legend(axes, loc="upper right")
    return figure


def _draw_curve(axes, key, curves):
    steps, losses = curves[0, :, 0], curves[:, :, 1]                # (points,), (seeds, points)
    shown = steps >= FIRST_SHOWN * steps[-1]
    colour, line, _ = STYLES[key]
    axes.plot(steps[shown], losses.mean(axis=0)[shown], line, color=colour, linewidth=1.8, label=label_of(*key))
    axes.fill_between(steps[shown], losses.min(axis=0)[shown], losses.max(axis=0)[shown], color=colour, alpha=0.25,
                      linewidth=0)


def _legend(axes, **settings):
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, **settings)
    else:
        _no_results(axes)


def _no_results(axes):
    axes.text(0.5, 0.5, "no results yet", ha="center", transform=axes.transAxes)


def label_of(variant, weights, activations):
    """A row's label within its kind."""
    if variant.startswith("none"):
        return LABELS[variant]
    return Row("", variant, weights, activations).label


@plain_style()
def memory_figure(results):
    """Test loss against the parameters' memory, with the seeds' range; without the rows that are binary everywhere.

    Lines join the 32-bit models with blocks, and those without, from the narrowest to the widest.
    """
    figure = new_figure(10, 5.2)
    for axes, (kind, title) in zip(figure.subplots(1, 2), KIND_LABELS.items()):
        points = dict(_points(results, kind))
        for without_blocks, of_style in ((False, "base"), (True, "none")):
            widths = sorted((kilobytes, np.mean(losses)) for row, (kilobytes, losses) in points.items()
                            if row.weights == 32 and row.variant.startswith("none") == without_blocks)
            if widths:
                colour, line, _ = STYLES[of_style, 32, 32]
                axes.plot(*zip(*widths), line, color=colour, linewidth=1.2, zorder=0)
        for row, (kilobytes, losses) in points.items():
            colour, _, marker = STYLES[row[1:4]]
            mean = np.mean(losses)
            axes.errorbar(kilobytes, mean, [[mean - min(losses)], [max(losses) - mean]], fmt=marker, color=colour,
                          markersize=9, capsize=4, label=label_of(*row[1:4]),
                          zorder=2 + (row.weights == 1))            # a binary model may lie on another's point
        axes.set_xscale("log")
        axes.margins(x=0.25)
        lowest, highest = axes.get_xlim()
        ticks = [tick for power in range(5) for tick in (10**power, 2 * 10**power, 5 * 10**power)
                 if lowest <= tick <= highest]
        axes.set_xticks(ticks, map("{:,}".format, ticks))
        axes.minorticks_off()
        axes.set_title(title)
        axes.set_xlabel("parameters (kB)")
        axes.set_ylabel("test loss (bits per dimension)")
        axes.grid(alpha=0.3)
        _legend(axes, title="weights / activations", loc="upper center", bbox_to_anchor=(0.5, -0.15), ncol=2)
    return figure


def _points(results, kind):
    """Memory in kB and the seeds' losses of each row that the figure shows."""
    for row in ROWS:
        found = [result.values for (of, _), result in results.items() if of == row and result.values["test_bpd"]]
        if row.kind == kind and found and row[1:4] in STYLES and row.variant != "all":      # far above all others
            yield row, (found[0]["bytes"] / 1e3, [values["test_bpd"] for values in found])


@plain_style()
def samples_figure(results):
    """Samples of the main rows, seed 0, a labelled line each."""
    shown = {f"{KIND_LABELS[row.kind]}\n{label_of(*row[1:4])}": result.samples
             for (row, seed), result in results.items()
             if seed == 0 and row[1:4] in BASE_ROWS and len(result.samples)}
    lines = max(1, len(shown))
    figure = new_figure(8, 0.62 * lines + 0.1)
    axes = figure.subplots(lines, 1)
    draw_samples(axes, shown)
    if not shown:
        _no_results(axes)
    return figure
