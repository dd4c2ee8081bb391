"""`rnntui gate`: one unit's time gate on the screen, as a figure, as text or JSON. No torch."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from rnntui.commands.tables import print_table
from rnntui.config import PRESETS_BEFORE
from rnntui.gate import Gate
from rnntui.gate.openings import (
    STEPS,
    GateOpening,
    number_of_openings,
    open_share,
    openings,
    seen,
    share_in_words,
    steps_in_words,
    times_in_words,
    title,
)
from rnntui.gate.parameters import FIRST, PARAMETERS, REPORT
from rnntui.gate.stretch import Stretch, read_stretch
from rnntui.system import output
from rnntui.system.output import as_json, say

PRESETS = ("report",)
COLUMNS = [">opens", ">peaks at", ">closes", ">whole steps", ">k at the best step"]
LISTED = 12  # openings that the text has
MOST_LISTED = 100_000  # openings that JSON has


@dataclass(frozen=True)
class GateRequest:
    """The options as typed; `None` if not given."""

    preset: str | None
    period: str | None
    shift: str | None
    ratio: str | None
    leak: str | None
    low: str | None
    high: str | None


def show(request: GateRequest, figure: Path | None, *, headless: bool, wants_json: bool) -> int:
    """Show the gates on the screen if there is a terminal, else as figure, text or JSON; returns the exit status.

    Raises `ValueError` for what no gate can have.
    """
    gates = requested_gates(request)
    stretch = read_stretch(request.low or "", request.high or "", max(gates, key=lambda gate: gate.tau))
    if figure is not None:
        _draw(figure, gates, stretch)
    if wants_json:
        facts = [_facts(gate, stretch) for gate in gates]
        print(as_json(facts if request.preset else facts[0]))
    elif figure is not None:
        say(f"drawn: {figure}")
    elif headless or not output.is_terminal():
        for number, gate in enumerate(gates):
            if number:
                print()
            _tell(gate, stretch)
    else:
        from rnntui.tui.base.viewer import look_at
        from rnntui.tui.gate.screen import GateScreen

        return look_at(GateScreen(gates[0], stretch))
    return 0


def requested_gates(request: GateRequest) -> Sequence[Gate]:
    """The gates: one, or the preset's. Raises `ValueError` for what no gate can have."""
    given = {parameter: text for parameter in PARAMETERS if (text := getattr(request, parameter.name)) is not None}
    values = {parameter.field: parameter.read(text, f"--{parameter.name}") for parameter, text in given.items()}
    if request.preset is None:
        return [replace(FIRST, **values)]
    if PRESETS_BEFORE.get(request.preset, request.preset) not in PRESETS:
        raise ValueError(f"--preset {request.preset!r} is unknown: there is {', '.join(PRESETS)}")
    if taken := [f"--{parameter.name}" for parameter in given if parameter.name != "leak"]:
        raise ValueError(f"--preset {request.preset} has its own: leave out {' and '.join(taken)}")
    return [replace(gate, **values) for gate in REPORT]


def _draw(file: Path, gates: Sequence[Gate], stretch: Stretch) -> None:
    from rnntui.plots import gate

    gate.draw(file, gates, stretch.low, stretch.high)


# --- text -----------------------------------------------------------------------------------------------------------


def _tell(gate: Gate, stretch: Stretch) -> None:
    """Print what the gate does, and a table of its openings."""
    number = number_of_openings(gate, stretch.low, stretch.high)
    print(f"{title(gate)}: {share_in_words(gate)}\n{steps_in_words(seen(gate, *STEPS))}")
    listed = islice(openings(gate, stretch.low, stretch.high), LISTED)
    print_table(COLUMNS, map(_row, listed))
    if number > LISTED:
        print(f"and {number - LISTED:,} more up to t = {stretch.high:.12g}")


def _row(opening: GateOpening) -> list[str]:
    return [*times_in_words(opening.opens, opening.peak, opening.closes), f"{opening.steps:,}", f"{opening.seen:.3g}"]


# --- JSON -----------------------------------------------------------------------------------------------------------


def _facts(gate: Gate, stretch: Stretch) -> dict[str, Any]:
    number = number_of_openings(gate, stretch.low, stretch.high)
    if number > MOST_LISTED:
        raise ValueError(f"--to: there are {number:,} openings up to then, and --json lists at most {MOST_LISTED:,}")
    return {
        **{parameter.name: parameter.of(gate) for parameter in PARAMETERS},
        "from": stretch.low,
        "to": stretch.high,
        "open_share": open_share(gate),
        "whole_steps": asdict(seen(gate, *STEPS)),
        "openings": [asdict(opening) for opening in openings(gate, stretch.low, stretch.high)],
        "corners": list(gate.corners(stretch.low, stretch.high)),
    }
