"""`rnntui gradients`: the closed form against autograd, or how far back the gradient of each network reaches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnntui.commands.tables import print_table
from rnntui.config import Settings, make_settings, option
from rnntui.runs import Run
from rnntui.system import consent
from rnntui.system.output import as_json, say
from rnntui.text.sanitize import shown_text

if TYPE_CHECKING:
    from rnntui.core.analysis.gradients.networks import Network

OF_A_RUN = ("length", "batch", "seed")  # settings of the batch that a trained network is looked at with
LAGS = (0, 1, 2, 5)  # times 10^k: those that the table shows


@dataclass(frozen=True)
class NetworkHorizon:
    """How far back the gradient of one network reaches: `norms` by lag, in the units of the loss (nats)."""

    name: str
    cell: str
    step: int
    norms: list[float]
    effective_memory: int


def compare_closed_form(given: Mapping[str, Any], *, wants_json: bool) -> bool:
    """Print the relative error of each parameter's gradient; returns whether all are as small as rounding errors."""
    from rnntui.core.analysis.gradients.closed_form import TOLERANCE, relative_errors

    settings = make_settings("palindrome", {**given, "cell": "rnn"})
    errors = relative_errors(settings)
    wrong = [letter for letter, error in errors.items() if not error <= TOLERANCE]
    if wants_json:
        facts = {name: getattr(settings, name) for name in ("length", "hidden", "batch", "input", "init", "seed")}
        print(as_json({**facts, "relative_errors": errors, "tolerance": TOLERANCE, "agrees": not wrong}))
    else:
        print_table(["gradient", ">relative error"], ([f"∂L/∂{letter}", f"{e:.1e}"] for letter, e in errors.items()))
        if not wrong:
            size = f"length {settings.length}, hidden {settings.hidden}, batch {settings.batch}"
            print(f"closed form and autograd agree to {TOLERANCE:g} ({size}, float64)")
    if wrong:
        say(f"closed form and autograd differ by more than {TOLERANCE:g}: {', '.join(wrong)}")
    return not wrong


def show_horizons(
    runs: Sequence[Run],
    steps: Sequence[int | None],
    cells: str | None,
    given: Mapping[str, Any],
    *,
    figure: Path | None,
    wants_json: bool,
) -> None:
    """Print the horizon of each run, at these steps, and of each cell with fresh weights; draw them into a figure.

    Raises `ValueError` for a cell, a setting or a file that will not do, before anything is computed.
    """
    fresh = [make_settings("palindrome", {**given, "cell": cell}) for cell in _names(cells)]
    if figure is not None:
        from rnntui.plots import check_file

        check_file(figure)
    horizons = [*_of_runs(runs, steps, given, alone=not fresh), *_of_cells(fresh)]
    if wants_json:
        print(as_json([asdict(horizon) for horizon in horizons]))
    else:
        print_table(["lag", *(f">{shown_text(horizon.name)}" for horizon in horizons)], _rows(horizons))
        print(
            "norms of ∂L/∂s(t) by lag T − t; effective memory: the largest lag whose norm exceeds 1 % of that at lag 0"
        )
    if figure is not None:
        from rnntui.core.analysis.gradients.horizon import LEFT
        from rnntui.plots.horizon import draw_horizons

        draw_horizons(figure, [(horizon.name, horizon.norms, horizon.effective_memory) for horizon in horizons], LEFT)


def _names(cells: str | None) -> list[str]:
    """The cells of `--cells`, each once."""
    names = [name.strip() for name in cells.split(",")] if cells is not None else []
    if not all(names):
        raise ValueError(
            f"--cells {cells!r} names no cell: give one or more, separated by commas, such as rnn,gru,lstm"
        )
    for name in names:
        consent.give(name)
    return list(dict.fromkeys(names))


def _of_runs(
    runs: Sequence[Run], steps: Sequence[int | None], given: Mapping[str, Any], *, alone: bool
) -> list[NetworkHorizon]:
    from rnntui.core.analysis.gradients.networks import trained

    for name in given:
        if alone and name not in OF_A_RUN:
            raise ValueError(f"{option(name)} does not apply to a trained run: it is for --cells")
    of_batch = {name: value for name, value in given.items() if name in OF_A_RUN}
    networks = [trained(run, of_batch, step) for run, step in zip(runs, steps, strict=True)]
    return [
        _measured(f"{run.name} step {network.step:,}", run.settings(), network)
        for run, network in zip(runs, networks, strict=True)
    ]


def _of_cells(fresh: Iterable[Settings]) -> list[NetworkHorizon]:
    from rnntui.core.analysis.gradients.networks import fresh as made

    return [_measured(settings.cell, settings, made(settings)) for settings in fresh]


def _measured(name: str, settings: Settings, network: "Network") -> NetworkHorizon:
    from rnntui.core.analysis.gradients.horizon import effective_memory, horizon

    norms = list(horizon(network.model, network.batch, network.model.initial_state(network.batch.inputs.shape[1])))
    return NetworkHorizon(name, settings.cell, network.step, norms, effective_memory(norms))


def _rows(horizons: Sequence[NetworkHorizon]) -> Iterable[list[str]]:
    """The norm at some lags, the last one among them; then the effective memory."""
    last = max(len(horizon.norms) for horizon in horizons) - 1
    shown = {m * 10**k for k in range(len(str(last))) for m in LAGS if m * 10**k < last} | {last}
    for lag in sorted(shown):
        yield [f"{lag:,}", *(f"{horizon.norms[lag]:.2e}" if lag < len(horizon.norms) else "" for horizon in horizons)]
    yield ["effective memory", *(f"{horizon.effective_memory:,} of {len(horizon.norms) - 1:,}" for horizon in horizons)]
