"""The gates of a network over a text or digits, for print: mean and spread, and each unit of each gate as a raster."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from rnntui.plots import colour, entitle, panels
from rnntui.plots.paper import Paper, printed
from rnntui.plots.run_axes import across
from rnntui.probes import CANDIDATE, ROLES, GateActivity
from rnntui.text.in_columns import standing
from rnntui.text.sanitize import one_line
from rnntui.text.state_scale import COLOURS

MEANS, RASTER, TITLE = 2.8, 1.9, 0.5  # cm of a panel of means, of a raster, and of the title
SYMBOL = 0.13  # cm that a character below the axis takes
BOTH_SIDES = LinearSegmentedColormap.from_list("candidate", COLOURS)
INSET = (1.015, 0.0, 0.012, 1.0)  # of a raster: where its scale stands


def draw_gates(file: Path, paper: Paper, title: str, gates: Sequence[GateActivity], read: str, *, is_own: bool) -> None:
    """Each layer: a panel of means, and a raster of each gate. `read` has a character for each time step.

    `is_own`: the gates are those of a user's own cell, whose letters may mean anything.
    """
    layers = sorted({gate.layer for gate in gates})
    rows: list[tuple[int, GateActivity | None]] = []
    for layer in layers:
        rows += [(layer, None), *((layer, gate) for gate in gates if gate.layer == layer)]
    heights = [RASTER if gate else MEANS for _, gate in rows]
    with printed(file, paper, heights, beside=TITLE) as figure:
        entitle(figure, title)
        axes = panels(figure)
        for ax, (layer, gate) in zip(axes, rows, strict=True):
            of_layer = f"layer {layer}" if len(layers) > 1 else ""
            if gate is None:
                _draw_means(ax, [each for each in gates if each.layer == layer], of_layer, paper, is_own=is_own)
            else:
                _draw_raster(ax, gate, _named(gate, of_layer, is_own=is_own), is_own=is_own)
            ax.set_xlim(0.5, len(gates[0].mean) + 0.5)
            ax.grid(visible=False, axis="x")
            ax.tick_params(labelbottom=ax is axes[-1], bottom=ax is axes[-1])
        _time_axis(axes, read, paper)


def _named(gate: GateActivity, of_layer: str, *, is_own: bool) -> str:
    letter = one_line(gate.letter)
    role = ROLES.get(gate.letter, "").partition(":")[0]
    name = letter if is_own or not role else f"{role} {letter}"
    return ", ".join(filter(None, (of_layer, name)))


def _draw_means(ax: Axes, gates: Sequence[GateActivity], of_layer: str, paper: Paper, *, is_own: bool) -> None:
    """Mean and spread over units and examples; the candidate is none of the gates."""
    shown = [gate for gate in gates if is_own or gate.letter != CANDIDATE]
    for number, gate in enumerate(shown):
        steps, shade = range(1, len(gate.mean) + 1), colour(number)
        ax.fill_between(steps, gate.mean - gate.spread, gate.mean + gate.spread, color=shade, alpha=0.15, linewidth=0)
        label = _named(gate, "", is_own=is_own)
        ax.plot(steps, gate.mean, color=shade, label=f" {label}" if label.startswith("_") else label)
    if not is_own:
        ax.set_ylim(0, 1)
    ax.set_ylabel("mean ± spread")
    ax.set_title(of_layer, loc="left", pad=2)
    columns = across([_named(gate, "", is_own=is_own) for gate in shown], paper)
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=columns, borderaxespad=0.0)


def _draw_raster(ax: Axes, gate: GateActivity, title: str, *, is_own: bool) -> None:
    ends, shades = _scale(gate, is_own=is_own)
    image = ax.imshow(
        gate.units.T,
        aspect="auto",
        interpolation="nearest",
        cmap=shades,
        vmin=ends[0],
        vmax=ends[1],
        extent=(0.5, len(gate.units) + 0.5, gate.units.shape[1], 0),
    )
    ax.grid(visible=False)
    ax.set_title(title, loc="left", pad=2)
    ax.set_ylabel("unit")
    ax.set_yticks([])
    figure = ax.get_figure()
    assert figure is not None
    figure.colorbar(image, cax=ax.inset_axes(INSET), ticks=ends, format=lambda value, _: f"{value:g}")


def _scale(gate: GateActivity, *, is_own: bool) -> tuple[tuple[float, float], str | Colormap]:
    if is_own:
        return (float(gate.units.min()), float(gate.units.max())), "viridis"
    return ((-1.0, 1.0), BOTH_SIDES) if gate.letter == CANDIDATE else ((0.0, 1.0), "viridis")


def _time_axis(axes: Sequence[Axes], read: str, paper: Paper) -> None:
    """What was read below the lowest panel where there is room for it, else the numbers of the steps."""
    lowest = axes[-1]
    if not read or len(read) * SYMBOL > paper.width:
        lowest.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        lowest.set_xlabel("time step")
        return
    written = list(standing(read))
    lowest.set_xticks(range(1, len(written) + 1), written, family="monospace")
    lowest.tick_params(axis="x", length=0)
