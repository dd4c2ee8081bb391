"""How much of what networks write is well formed, over their training: a column a network, a line a temperature."""

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator, PercentFormatter

from rnntui.plots import GREY, colour, drawing, entitle, panels
from rnntui.plots.scale import label
from rnntui.sweeps.trajectories import SyntaxTrajectory
from rnntui.syntax.tally import SyntaxTally
from rnntui.text.format import count

CORPUS = (0, (4, 3))  # dashes of the line that the corpus's own pieces reach


def syntax(files: Sequence[Path], trajectories: Sequence[SyntaxTrajectory], title: str) -> None:
    """Above the share of the texts that are valid, below that of what was opened that was closed properly."""
    places = list(dict.fromkeys(_place(trajectory) for trajectory in trajectories))
    temperatures = list(dict.fromkeys(trajectory.temperature for trajectory in trajectories))
    with drawing(*files, columns=len(places), rows=2, width=4.6, height=3.0) as figure:
        axes = panels(figure)
        entitle(figure, title)
        for number, place in enumerate(places):
            own = [trajectory for trajectory in trajectories if _place(trajectory) == place]
            above, below = axes[number], axes[number + len(places)]
            above.set_title(place)
            _draw(above, own, temperatures, lambda tally: tally.share_valid)
            _draw(below, own, temperatures, lambda tally: tally.share_closed)
            if (share := own[0].corpus_share) is not None:
                above.axhline(share, color=GREY, linewidth=1, linestyle=CORPUS)
            above.tick_params(labelbottom=False)
            below.set_xlabel("step")
            if number:
                above.tick_params(labelleft=False)
                below.tick_params(labelleft=False)
            else:
                above.set_ylabel("valid texts")
                below.set_ylabel("closed properly")
        lines = [
            Line2D([], [], color=colour(k), label=f"temperature {temperature:g}")
            for k, temperature in enumerate(temperatures)
        ]
        lines.append(Line2D([], [], color=GREY, linewidth=1, linestyle=CORPUS, label="the corpus itself"))
        figure.legend(handles=lines, loc="outside lower center", ncols=len(lines))


def _place(trajectory: SyntaxTrajectory) -> str:
    return ", ".join(label(value) for value in trajectory.point.values()) or trajectory.kind


def _draw(
    ax: Axes,
    trajectories: Sequence[SyntaxTrajectory],
    temperatures: Sequence[float],
    share: Callable[[SyntaxTally], float | None],
) -> None:
    for trajectory in trajectories:
        known = [(step, value) for step, tally in trajectory.tallies.items() if (value := share(tally)) is not None]
        steps, shares = [step for step, _ in known], [value for _, value in known]
        ax.plot(steps, shares, color=colour(temperatures.index(trajectory.temperature)), marker="o", markersize=3)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda step, _: count(step)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_ylim(-0.02, 1.03)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
