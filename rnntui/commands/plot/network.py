"""What is measured in the networks of runs, at a checkpoint: gradient horizons, laid over each other, and gates."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnntui.commands.plot.curves import label
from rnntui.commands.plot.request import PlotRequest
from rnntui.config import spec
from rnntui.runs import Run
from rnntui.runs.comparison import Compared, Comparison
from rnntui.runs.steps import step_at
from rnntui.system import consent
from rnntui.text.format import network as network_name

if TYPE_CHECKING:
    from rnntui.core.analysis.gradients.networks import Network
    from rnntui.core.tasks import Batch
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
    gates = _gates(network)
    run_gates.draw_gates(
        file,
        Paper(request.width),
        f"{label(entry)} · step {network.step:,}",
        gates.openings,
        _symbols(entry.run, network.batch),
        is_own=consent.is_own(entry.settings.cell),
    )


def _network(entry: Compared, request: PlotRequest) -> "Network":
    from rnntui.core.analysis.gradients.networks import trained

    return trained(entry.run, {}, step_at(entry.run, request.at))


def _gates(network: "Network") -> "Gates":
    from rnntui.core.analysis.gate_activity import watch_gates
    from rnntui.core.analysis.gradients.horizon import EXAMPLES

    batch = network.batch.of(slice(EXAMPLES))
    state = network.model.initial_state(batch.inputs.shape[1])
    for measured in watch_gates(network.model, batch, state, network.step):
        if measured is not None:
            return measured
    raise AssertionError("gates are measured by then")


def _symbols(run: Run, batch: "Batch") -> list[str] | None:
    """What the first example of a batch has at each step: characters, digits; `None` where it is any number."""
    first = batch.inputs[:, 0]
    if spec(run.settings()).has_corpus:
        vocabulary = run.config().data.vocabulary
        return [vocabulary[index] for index in first.tolist()]
    if not first.is_floating_point():
        return [str(digit) for digit in first.tolist()]
    numbers = first.flatten().tolist()
    return [f"{number:.0f}" for number in numbers] if all(0 <= n <= 9 and n == int(n) for n in numbers) else None
