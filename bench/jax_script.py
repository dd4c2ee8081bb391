"""The JAX script one would write instead of rnntui: `lax.scan`, and one jitted step that does all of the training.

Inputs are digits or characters as indices; the input products of all steps come before the scan, as rows looked up in
the weights or as one product with one-hot vectors; all gates are one recurrent product; the buffers of weights and
optimizer are handed over (donated). Batches are drawn in NumPy, and loss and accuracy are read each step, as in
`plain.py`. Needs jax: `pip install -e '.[bench]'`; `contenders.load_jax` sets its threads.

T  time steps     B  batch     n  hidden units     d  inputs     o  outputs     G  gates of the cell
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import jax
import numpy as np
from jax import numpy as jnp


@dataclass(frozen=True)
class Way:
    """How the script is written: steps of the scan unrolled into one, and how an index enters the first layer."""

    unroll: int = 1
    entering: Literal["lookup", "one-hot"] = "lookup"

    def __str__(self) -> str:
        return f"unroll {self.unroll}, {self.entering}"


@dataclass(frozen=True)
class Script:
    """What is trained and how. `rule` is `rmsprop` or `adam`, with torch's defaults."""

    cell: str
    every: bool  # the read-out is of every step, or of the last
    clip: float
    lr: float
    lr_decay: float = 1.0  # a factor at each 5,000 steps
    rule: str = "rmsprop"

    def train(self, weights: Any, draw: Callable[[], tuple[Any, Any]], way: Way) -> Iterator[tuple[float, float]]:
        """Train one step at each `next`, which gives its loss and accuracy.

        `weights` as of `draw_weights`; `draw` gives inputs `(T, B)` as indices or `(T, B, d)` as values, and targets.
        """
        step = jax.jit(partial(_step, self, way), donate_argnums=(0, 1))
        weights = jax.tree.map(jnp.array, weights)
        memory = [jax.tree.map(jnp.zeros_like, weights) for _ in range(2 if self.rule == "adam" else 1)]
        count = 0
        while True:
            inputs, targets = draw()
            lr = np.float32(self.lr * self.lr_decay ** (count // 5_000))
            count += 1
            weights, memory, loss, accuracy = step(weights, memory, np.float32(count), lr, inputs, targets)
            yield float(loss), float(accuracy)


GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def draw_weights(cell: str, layers: int, d: int, n: int, o: int) -> dict[str, Any]:
    """Uniform weights: of each layer `x` (d, Gn), `h` (n, Gn), `b` (Gn,) and the GRU's `b_gh` (n,); of the read-out."""
    rng, bound = np.random.default_rng(0), n**-0.5

    def uniform(*shape: int) -> Any:
        return rng.uniform(-bound, bound, shape).astype(np.float32)

    stack = []
    for k in range(layers):
        layer = {"x": uniform(n if k else d, GATES[cell] * n), "h": uniform(n, GATES[cell] * n)}
        layer["b"] = uniform(GATES[cell] * n)
        stack.append(layer | ({"b_gh": uniform(n)} if cell == "gru" else {}))
    return {"layers": stack, "readout": {"W": uniform(n, o), "b": uniform(o)}}


def windows(characters: Any, length: int, batch: int) -> Callable[[], tuple[Any, Any]]:
    """Random windows of a text `(N,)`."""
    characters, rng = np.asarray(characters, dtype=np.int32), np.random.default_rng(0)
    steps = np.arange(length + 1)[:, None]

    def draw() -> tuple[Any, Any]:
        window = characters[rng.integers(len(characters) - length, size=batch) + steps]
        return window[:-1], window[1:]

    return draw


def palindromes(length: int, batch: int) -> Callable[[], tuple[Any, Any]]:
    """Random palindromes of `length` + 1 digits, the last of which is the target."""
    rng = np.random.default_rng(0)

    def draw() -> tuple[Any, Any]:
        half = rng.integers(10, size=((length + 2) // 2, batch), dtype=np.int32)
        digits = np.concatenate([half, half[: (length + 1) // 2][::-1]])
        return digits[:-1], digits[-1]

    return draw


def _step(
    script: Script, way: Way, weights: Any, memory: list[Any], count: Any, lr: Any, inputs: Any, targets: Any
) -> tuple[Any, ...]:
    """One optimizer step: new weights and optimizer memory, loss, accuracy."""
    wanted = partial(_loss, script, way, inputs=inputs, targets=targets)
    (loss, accuracy), gradient = jax.value_and_grad(wanted, has_aux=True)(weights)
    norm = jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(gradient)))
    factor = jnp.minimum(1.0, script.clip / (norm + 1e-6))
    gradient = jax.tree.map(lambda leaf: factor * leaf, gradient)
    update, memory = _UPDATES[script.rule](gradient, memory, count)
    return jax.tree.map(lambda weight, by: weight - lr * by, weights, update), memory, loss, accuracy


def _rmsprop(gradient: Any, memory: list[Any], count: Any) -> tuple[Any, list[Any]]:
    squares = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g * g, memory[0], gradient)
    return jax.tree.map(lambda v, g: g / (jnp.sqrt(v) + 1e-8), squares, gradient), [squares]


def _adam(gradient: Any, memory: list[Any], count: Any) -> tuple[Any, list[Any]]:
    means = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, memory[0], gradient)
    squares = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, memory[1], gradient)
    first, second = 1 - 0.9**count, 1 - 0.999**count
    update = jax.tree.map(lambda m, v: m / first / (jnp.sqrt(v / second) + 1e-8), means, squares)
    return update, [means, squares]


_UPDATES: Mapping[str, Callable[..., tuple[Any, list[Any]]]] = {"rmsprop": _rmsprop, "adam": _adam}


def _loss(script: Script, way: Way, weights: Any, inputs: Any, targets: Any) -> tuple[Any, Any]:
    """Mean cross-entropy and accuracy."""
    x = inputs
    for layer in weights["layers"]:
        last, x = _layer(script.cell, layer, x, way)
    logits = (x if script.every else last) @ weights["readout"]["W"] + weights["readout"]["b"]
    right = jnp.take_along_axis(jax.nn.log_softmax(logits), targets[..., None], -1)
    return -right.mean(), (logits.argmax(-1) == targets).mean()


def _layer(cell: str, weights: Any, x: Any, way: Way) -> tuple[Any, Any]:
    """The last output `(B, n)` and all outputs `(T, B, n)`."""
    if not jnp.issubdtype(x.dtype, jnp.integer):
        a = x @ weights["x"] + weights["b"]
    elif way.entering == "lookup":
        a = weights["x"][x] + weights["b"]
    else:
        a = jax.nn.one_hot(x, len(weights["x"])) @ weights["x"] + weights["b"]
    zeros = jnp.zeros((x.shape[1], weights["h"].shape[0]))  # (B, n)
    state = (zeros, zeros) if cell == "lstm" else (zeros,)
    state, outputs = jax.lax.scan(partial(_CELLS[cell], weights), state, a, unroll=way.unroll)
    return state[0], outputs


def _lstm(weights: Any, state: tuple[Any, Any], a: Any) -> tuple[Any, Any]:
    h, c = state
    # Split before they are added: a tenth faster than the other way around.
    parts = zip(jnp.split(a, 4, axis=-1), jnp.split(h @ weights["h"], 4, axis=-1), strict=True)
    i, f, g, o = (a_part + h_part for a_part, h_part in parts)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return (h, c), h


def _gru(weights: Any, state: tuple[Any], a: Any) -> tuple[Any, Any]:
    (h,) = state
    a_r, a_z, a_g = jnp.split(a, 3, axis=-1)
    h_r, h_z, h_g = jnp.split(h @ weights["h"], 3, axis=-1)
    r, z = jax.nn.sigmoid(a_r + h_r), jax.nn.sigmoid(a_z + h_z)
    g = jnp.tanh(a_g + r * (h_g + weights["b_gh"]))
    h = (1 - z) * g + z * h
    return (h,), h


def _rnn(weights: Any, state: tuple[Any], a: Any) -> tuple[Any, Any]:
    h = jnp.tanh(a + state[0] @ weights["h"])
    return (h,), h


_CELLS = {"lstm": _lstm, "gru": _gru, "rnn": _rnn}
