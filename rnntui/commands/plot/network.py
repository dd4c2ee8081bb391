"""What is measured in the networks of runs, at a checkpoint: gradient horizons, laid over each other, and gates."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnntui.commands.plot.curves import label
from rnntui.commands.plot.request import PlotRequest
from rnntui.config import spec
from rnntui.runs.comparison import Compared, Comparison
from rnntui.runs.steps import step_at
from rnntui.system import consent
from rnntui.text.format import network as network_name

if TYPE_CHECKING:
    from rnntui.core.analysis.gradients.networks import Network
    from rnntui.probes import Gates


def why_no_network(entry: Compared) -> str:
    """Why nothing can be measured in a run's network; empty where it can."""
    return "" if entry.run.steps_saved(whole=False) else f"run {entry.run.name!r} has no checkpoint yet"


def why_no_gates(entry: Compared) -> str:
    """Why a run has no gates to show; empty where it has."""
    if why := why_no_network(entry):
        return why
    from rnntui.core.analysis.gate_activity import has_gates
    from rnntui.core.cells import load_cell

    try:
        return (
            ""
            if has_gates(load_cell(entry.settings.cell))
            else f"run {entry.run.name!r} trains {network_name(entry.settings)}, which has no gates"
        )
    except ValueError as error:
        return str(error)


def draw_horizon(file: Path, comparison: Comparison, entries: Sequence[Compared], request: PlotRequest) -> None:
    """How far back the gradient of each network reaches; its raw weights, as `rnntui gradients` takes them."""
    from rnntui.core.analysis.gradients.horizon import LEFT, effective_memory, horizon
    from rnntui.plots.horizon import draw_printed
    from rnntui.plots.paper import Paper

    horizons = []
    for entry in entries:
        network = _network(entry, request)
        state = network.model.initial_state(network.batch.inputs.shape[1])
        norms = list(horizon(network.model, network.batch, state))
        horizons.append((label(entry), norms, effective_memory(norms)))
    draw_printed(file, Paper(request.width), horizons, LEFT)


def draw_gates(file: Path, comparison: Comparison, entries: Sequence[Compared], request: PlotRequest) -> None:
    """Mean, spread and each unit of the gates of a network, over what it reads."""
    from rnntui.plots import run_gates
    from rnntui.plots.paper import Paper

    (entry,) = entries
    network = _network(entry, request)
    vocabulary = entry.run.config().data.vocabulary if spec(entry.settings).has_corpus else None
    gates = _gates(network, vocabulary)
    run_gates.draw_gates(
        file,
        Paper(request.width),
        f"{label(entry)} · step {network.step:,}",
        gates.openings,
        gates.read,
        is_own=consent.is_own(entry.settings.cell),
    )


def _network(entry: Compared, request: PlotRequest) -> "Network":
    from rnntui.core.analysis.gradients.networks import trained

    return trained(entry.run, {}, step_at(entry.run, request.at))


def _gates(network: "Network", vocabulary: str | None) -> "Gates":
    from rnntui.core.analysis.gate_activity import watch_gates
    from rnntui.core.analysis.gradients.horizon import EXAMPLES

    batch = network.batch.of(slice(EXAMPLES))
    state = network.model.initial_state(batch.inputs.shape[1])
    for measured in watch_gates(network.model, batch, state, network.step, vocabulary):
        if measured is not None:
            return measured
    raise AssertionError("gates are measured by then")
