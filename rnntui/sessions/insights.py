"""Measurements of a network as JSON and back; arrays travel as base64 of their numbers.

NumPy is imported only where there is an array.
"""

import base64
import math
from dataclasses import asdict, replace
from typing import Any

from rnntui.probes import (
    GateActivity,
    Gates,
    GradientHorizon,
    Insight,
    LayerGradients,
    LayerWeights,
    NetworkWeights,
    Reading,
    ReadingQuestion,
    RecurrentBlock,
    Rhythm,
    Rhythms,
    SimilarPlace,
    UnitTrack,
    View,
)

OF_VIEWS: dict[View, type[Insight]] = {
    "horizon": GradientHorizon,
    "gates": Gates,
    "rhythms": Rhythms,
    "weights": NetworkWeights,
    "reading": Reading,
}
OF_TRACK = ("layer", "state", "unit", "units", "follows", "r")  # of a unit that is read, as they always were
COUNTS = ("now", "start")  # the histograms of a layer
KINDS = ("<f2", "<f4", "<f8", "|b1")  # of numbers, as NumPy names them


def view_of(insight: Insight) -> View:
    """The view that a measurement is of."""
    return next(view for view, kind in OF_VIEWS.items() if isinstance(insight, kind))


def encoded(insight: Insight) -> dict[str, Any]:
    """A measurement in what JSON has."""
    if isinstance(insight, GradientHorizon):
        return {
            "step": insight.step,
            "norms": list(insight.norms),
            "effective_memory": insight.effective_memory,
            "least": insight.least,
        }
    if isinstance(insight, Gates):
        openings = [
            {"layer": gate.layer, "letter": gate.letter}
            | {name: _held(getattr(gate, name)) for name in ("units", "sorted_by", "mean", "spread")}
            for gate in insight.openings
        ]
        holes = [[layer, _held(marks)] for layer, marks in insight.holes.items()]
        told = {"step": insight.step, "openings": openings, "holes": holes, "steps": insight.steps}
        return told | {"read": insight.read}
    if isinstance(insight, Reading):
        question = insight.question
        return {
            "step": insight.step,
            "text": insight.text,
            "read": insight.read,
            "tracks": [{name: getattr(track, name) for name in OF_TRACK} for track in insight.tracks],
            "information": [[track.tells, track.bits] for track in insight.tracks],
            "states": _held(insight.states),
            "question": None if question is None else asdict(question),
            "similar": [asdict(place) for place in insight.similar],
            "unranked": insight.unranked,
        }
    if isinstance(insight, NetworkWeights):
        of_layers, gradients = (
            [asdict(layer) | {name: _held(getattr(layer, name)) for name in COUNTS} for layer in layers]
            for layers in (insight.layers, insight.gradients)
        )
        blocks = [_block_told(block) for block in insight.blocks]
        return {"step": insight.step, "blocks": blocks, "layers": of_layers, "gradients": gradients}
    layers = [
        {
            "layer": rhythm.layer,
            "now": {name: _held(values) for name, values in rhythm.now.items()},
            "start": {name: _held(values) for name, values in rhythm.start.items()},
            "learned": list(rhythm.learned),
            "holes": _held(rhythm.holes),
        }
        for rhythm in insight.layers
    ]
    return {"step": insight.step, "layers": layers}


def decoded(view: View, told: dict[str, Any]) -> Insight:
    """The measurement. Raises `ValueError`, `KeyError` or `TypeError` for what is none."""
    if view == "horizon":
        return GradientHorizon(told["step"], tuple(told["norms"]), told["effective_memory"], told["least"])
    if view == "gates":
        openings = tuple(
            GateActivity(
                gate["layer"],
                gate["letter"],
                *(_array(gate[name]) for name in ("units", "sorted_by", "mean", "spread")),
            )
            for gate in told["openings"]
        )
        holes = {layer: _array(marks) for layer, marks in told["holes"]}
        return Gates(told["step"], openings, holes, told["steps"], _read(told, openings))
    if view == "reading":
        return _reading(told)
    if view == "weights":
        return _weights(told)
    layers = tuple(
        Rhythm(
            rhythm["layer"],
            {name: _array(values) for name, values in rhythm["now"].items()},
            {name: _array(values) for name, values in rhythm["start"].items()},
            tuple(rhythm["learned"]),
            _array(rhythm["holes"]),
        )
        for rhythm in told["layers"]
    )
    return Rhythms(told["step"], layers)


def _read(told: dict[str, Any], openings: tuple[GateActivity, ...]) -> str:
    """What was read; a process of an earlier version does not say it."""
    read = told.get("read", "")
    if not isinstance(read, str) or (read and any(len(gate.units) != len(read) for gate in openings)):
        raise ValueError("what was read is not of the time steps of the gates")
    return read


def _reading(told: dict[str, Any]) -> Reading:
    tracks = [UnitTrack(**{**track, "r": _number(track["r"])}) for track in told["tracks"]]
    if "information" in told:
        pairs = zip(tracks, told["information"], strict=True)
        tracks = [replace(track, tells=tells, bits=_number(bits)) for track, (tells, bits) in pairs]
    states = _array(told["states"])
    if states.shape != (len(tracks), len(told["text"])):
        raise ValueError("the states are not those of the units and the text")
    question = told["question"]
    return Reading(
        told["step"],
        told["text"],
        told["read"],
        tuple(tracks),
        states,
        None if question is None else ReadingQuestion(**question),
        tuple(SimilarPlace(**place) for place in told["similar"]),
        told.get("unranked", ""),
    )


def _block_told(block: RecurrentBlock) -> dict[str, Any]:
    matrix = None if block.matrix is None else _held(block.matrix)
    return asdict(block) | {"eigenvalues": _held(block.eigenvalues), "matrix": matrix}


def _weights(told: dict[str, Any]) -> NetworkWeights:
    blocks = tuple(
        RecurrentBlock(
            block["layer"],
            block["letter"],
            block["units"],
            _array(block["eigenvalues"]),
            _number(block["radius"]),
            _number(block["largest_singular"]),
            None if block.get("matrix") is None else _array(block["matrix"]),
        )
        for block in told["blocks"]
    )
    layers = tuple(
        LayerWeights(
            layer["name"],
            layer["low"],
            layer["high"],
            *(_array(layer[name]) for name in COUNTS),
            *(_number(layer[name]) for name in ("deviation", "start_deviation", "update_ratio")),
        )
        for layer in told["layers"]
    )
    gradients = tuple(
        LayerGradients(
            layer["name"],
            layer["low"],
            layer["high"],
            *(_array(layer[name]) for name in COUNTS),
            *(_number(layer[name]) for name in ("norm", "start_norm", "share_zero")),
        )
        for layer in told.get("gradients", ())
    )
    return NetworkWeights(told["step"], blocks, layers, gradients)


def _number(told: float | None) -> float:
    """A number; one that was not finite came as null."""
    return math.nan if told is None else told


def _held(values: Any) -> list[Any]:
    """An array: its kind, its shape, and its numbers."""
    kind = values.dtype.newbyteorder("<").str
    assert kind in KINDS, kind
    return [kind, list(values.shape), base64.b64encode(values.astype(kind).tobytes()).decode()]


def _array(held: list[Any]) -> Any:
    import numpy as np

    kind, shape, numbers = held
    if kind not in KINDS:
        raise ValueError(f"numbers of a kind {kind!r} that is not known")
    return np.frombuffer(base64.b64decode(numbers), kind).reshape(shape)
