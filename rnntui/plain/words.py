"""A run in training as sentences: one line of how it stands, and what was measured of its network."""

import math
from statistics import fmean

from rnntui.probes import Gates, GradientHorizon, Insight, NetworkWeights, Reading, Rhythms, UnitTrack
from rnntui.runs.history import Column
from rnntui.sessions.contract import Session
from rnntui.text import format
from rnntui.text.sanitize import one_line

RECENT = 30  # bins of a curve of which a report gives the mean


def standing(session: Session) -> str:
    """`step 1,200 of 5,000, loss 2.31 nats, accuracy 0.410, 350 steps a second, 11 s left`, and what it waits for."""
    now, unit = session.status, session.spec.unit.name
    run = now.run
    parts = [f"{'' if run.state == 'running' else run.state + ' at '}step {run.step:,} of {run.steps:,}"]
    if (loss := recent(session.curves.loss)) is not None:
        parts.append(f"loss {format.figure(loss)} {unit}")
    if session.spec.has_accuracy and (accuracy := recent(session.curves.accuracy)) is not None:
        parts.append(f"accuracy {format.share(accuracy)}")
    if (held_out := session.curves.held_out_loss.last) is not None:
        parts.append(f"held-out loss {format.figure(held_out)} {unit}")
    if run.state == "running" and run.steps_per_second:
        parts.append(f"{format.count(run.steps_per_second)} steps a second")
        parts.append(f"{format.duration(run.seconds_left)} left")
    if waits := waiting(session):
        parts.append(waits)
    return f"{session.run.name}: {', '.join(parts)}"


def waiting(session: Session) -> str:
    """What a run waits for, or what came about, and the command that helps; empty where it trains."""
    now = session.status
    state, sentence = now.run.state, one_line(now.sentence)
    if state == "paused":
        return "continue goes on"
    if state == "diverged":
        way_back = "; back goes to a checkpoint" if now.saved_step is not None else ""
        return f"{sentence}{way_back}"
    if state == "lost":
        return f"{sentence}; resume takes it up"
    if state == "finished":
        return " ".join(filter(None, (now.run.early_ending, now.remark)))
    return sentence


def details(session: Session) -> str:
    """What else is known: rate, clip, gradient, network, device, checkpoint."""
    now = session.status
    parts = [f"learning rate {format.figure(now.learning_rate)}{f', {now.course}' if now.course else ''}"]
    parts.append("no clipping" if now.clip == 0 else f"clip {format.figure(now.clip)}{_how_often(session)}")
    if math.isfinite(now.gradient_norm):
        parts.append(f"gradient norm {format.figure(now.gradient_norm)}")
    if session.spec.generates:
        parts.append(f"temperature {session.temperature:.3g}")
    if now.parameters:
        parts.append(f"{format.network(session.settings)}, {now.parameters:,} parameters")
    parts += [part for part in (now.device, format.kernel(now.kernel, now.kernel_why)) if part]
    parts.append("not saved yet" if now.saved_step is None else f"saved at step {now.saved_step:,}")
    return ", ".join(parts)


def _how_often(session: Session) -> str:
    """How often the clip acted, where that is known."""
    share = session.curves.clipped.mean_over_steps()
    return "" if share is None else f" (acted at {share:.1%} of the steps)"


def recent(column: Column) -> float | None:
    """The mean of the newest finite values; `None` where there are none."""
    bins = column.bins
    values = [bins.mean[k] for k in range(max(0, bins.length - RECENT), bins.length) if bins.count[k]]
    return fmean(values) if values else None


def seen(insight: Insight) -> list[str]:
    """A measurement of the network, a line each of its parts."""
    if isinstance(insight, GradientHorizon):
        return [
            f"gradient horizon at step {insight.step:,}: effective memory {insight.effective_memory:,} of "
            f"{format.counted(len(insight.norms) - 1, 'time step')}; the gradient's norm is "
            f"{format.figure(insight.norms[0])} at the last time step and {format.figure(insight.norms[-1])} at the "
            f"first"
        ]
    if isinstance(insight, Gates):
        return [f"gates at step {insight.step:,}, as means over units, examples and time:", *_gates(insight)]
    if isinstance(insight, Reading):
        return [
            f"units at step {insight.step:,}, by what they follow in {insight.read:,} characters:",
            *_units(insight),
        ]
    if isinstance(insight, NetworkWeights):
        return [f"weights at step {insight.step:,}:", *_spectra(insight), *_layers(insight), *_gradients(insight)]
    return [f"time gates at step {insight.step:,}:", *_rhythms(insight)]


def _gates(gates: Gates) -> list[str]:
    return [
        f"layer {gate.layer}, gate {one_line(gate.letter)}: mean {format.figure(float(gate.mean.mean()))}, spread "
        f"{format.figure(float(gate.spread.mean()))}"
        for gate in gates.openings
    ]


def _units(reading: Reading) -> list[str]:
    """The unit that follows each feature best."""
    best = dict[str, str]()
    for track in sorted(reading.tracks, key=lambda track: -abs(track.r)):
        if track.follows and track.follows not in best:
            best[track.follows] = (
                f"{one_line(track.follows)}: correlation {track.r:+.2f}{_information(track)}, "
                f"layer {track.layer}, state {track.state}, unit {track.unit} of {track.units}"
            )
    return list(best.values())


def _information(track: UnitTrack) -> str:
    """What a unit tells of the feature that it follows, where that is known."""
    return f", mutual information {track.bits:.2f} bits" if track.tells == track.follows else ""


def _spectra(weights: NetworkWeights) -> list[str]:
    lines = []
    for block in weights.blocks:
        where = f"layer {block.layer}, recurrent matrix {one_line(block.name)}"
        if not len(block.eigenvalues):
            lines.append(f"{where}: {block.why_none}")
            continue
        lines.append(
            f"{where}: spectral radius {format.figure(block.radius)}, {block.outside:,} of {block.units:,} eigenvalues "
            f"outside the unit circle, largest singular value {format.figure(block.largest_singular)}"
        )
    return lines


def _layers(weights: NetworkWeights) -> list[str]:
    lines = []
    for layer in weights.layers:
        parts = _and_at_the_start("standard deviation of the weights", layer.deviation, layer.start_deviation)
        if math.isfinite(layer.update_ratio):
            parts.append(f"the newest step changed them by {format.figure(layer.update_ratio)} of their norm")
        lines.append(f"{layer.name}: {', '.join(parts)}")
    return lines


def _gradients(weights: NetworkWeights) -> list[str]:
    lines = []
    for layer in weights.gradients:
        parts = _and_at_the_start("norm", layer.norm, layer.start_norm)
        parts.append(f"{layer.share_zero:.1%} are 0")
        lines.append(f"gradients of {layer.name}: {', '.join(parts)}")
    return lines


def _and_at_the_start(name: str, now: float, start: float) -> list[str]:
    known = [f"at the start {format.figure(start)}"] if math.isfinite(start) else []
    return [f"{name} {format.figure(now)}", *known]


def _rhythms(rhythms: Rhythms) -> list[str]:
    lines = []
    for layer in rhythms.layers:
        ranges = [
            f"{name} {format.figure(float(values.min()))} to {format.figure(float(values.max()))}"
            for name, values in layer.now.items()
        ]
        closed = f"no unit is open at {int(layer.holes.sum()):,} of {len(layer.holes):,} time steps"
        lines.append(f"layer {layer.layer}: {', '.join(ranges)}; {closed}")
    return lines
