"""How networks write: how each character is drawn, and which networks write side by side.

Standard library only: the command line and the screen check with it what was typed, before anything heavy is loaded.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from rnntui.config import LARGEST, spec
from rnntui.corpora.decoding import lowered
from rnntui.runs import Run
from rnntui.runs.networks import NetworkSpec, check_vocabularies
from rnntui.runs.steps import At, none_kept, read_at, step_at
from rnntui.system import consent

TEMPERATURES = (0.0, 0.5, 1.0, 2.0)  # that a key goes through
MOST_WRITERS = 12  # side by side
LONGEST = 100_000_000  # characters to write in one go; 0 only reads
LENGTH = 200  # characters that are written where nothing else is asked for

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Sampling:
    """How a character is drawn (`docs/spec.md` 4): at a temperature, from the `top_k` likeliest (0: all), and of these
    from the fewest that together have the share `top_p` (1: all; Holtzman and others 2020).

    Raises `ValueError`, naming the option, for what cannot be.
    """

    temperature: float = 0.5
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if not _is_temperature(self.temperature):
            raise ValueError(f"--temperature must be 0, a number above it, or inf, not {self.temperature:g}")
        if not 0 <= self.top_k <= LARGEST:
            raise ValueError(f"--top-k must be at least 0 (all) and at most {LARGEST}, not {self.top_k}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"--top-p must be above 0 and at most 1 (all), not {self.top_p:g}")

    def in_words(self) -> str:
        """`temp 0.5`, with `top-k 5` and `top-p 0.9` where they leave something out."""
        parts = [f"temp {temperature_in_words(self.temperature)}"]
        parts += [f"top-k {self.top_k}"] if self.top_k else []
        parts += [f"top-p {self.top_p:g}"] if self.top_p < 1 else []
        return " ".join(parts)


@dataclass(frozen=True)
class WriterSpec:
    """One of the networks that write side by side, and how it draws."""

    network: NetworkSpec
    sampling: Sampling


def writers(
    networks: Sequence[Sequence[NetworkSpec]], temperatures: Sequence[float], sampling: Sampling
) -> list[WriterSpec]:
    """Every network, given as one name at each of its steps, at every temperature; the temperature varies fastest.

    Raises `ValueError` where they are too many to stand side by side.
    """
    chosen = [
        WriterSpec(network, replace(sampling, temperature=temperature))
        for at_steps in networks
        for network in dict.fromkeys(at_steps)
        for temperature in temperatures
    ]
    if len(chosen) > MOST_WRITERS:
        raise ValueError(
            f"{len(chosen)} texts side by side: at most {MOST_WRITERS}; name fewer runs, --at or temperatures"
        )
    return chosen


def vocabulary_of(run: Run) -> str:
    """The characters that a run's outputs stand for, sorted.

    Raises `ValueError` for a run that learned no text, one that has not begun, and one that is damaged.
    """
    settings = run.settings()
    consent.check(settings.cell, f"run {run.name!r}")
    if not spec(settings).generates:
        raise ValueError(f"run {run.name!r} was trained on {settings.task}s, not text: it cannot write")
    vocabulary = run.config().data.vocabulary
    if not vocabulary and not run.steps_saved(whole=False):
        raise ValueError(none_kept(run))
    if not vocabulary:
        raise ValueError(f"run {run.name!r} is damaged: config.json has no vocabulary")
    return vocabulary


def check_kept(run: Run, step: int | None, option: str = "--at") -> None:
    """Raise `ValueError`, naming those there are, where a run keeps no checkpoint of a step; `None` is the newest.

    `option` is what named the step, empty where none did.
    """
    if not run.steps_saved(whole=False):
        raise ValueError(none_kept(run))
    step_at(run, step, option)


def check_writers(chosen: Sequence[WriterSpec], prompt: str) -> None:
    """Raise `ValueError` for a writer that cannot write or cannot read the prompt; without a look at the weights."""
    for writer in chosen:
        network = writer.network
        vocabulary = common_vocabulary(network)
        for member in network.members:
            check_kept(member.run, member.step)
        text = lowered(prompt) if network.lower else prompt
        if prompt and not set(text) & set(vocabulary):
            raise ValueError(f"--prompt: none of its characters is in the network's corpus (run {network.name!r})")


def common_vocabulary(network: NetworkSpec) -> str:
    """The vocabulary of a network, in the order of its first member.

    Raises `ValueError` as `vocabulary_of`, and for members of other characters.
    """
    (vocabulary, name), *others = ((vocabulary_of(member.run), member.run.name) for member in network.members)
    for other_vocabulary, other in others:
        check_vocabularies(vocabulary, other_vocabulary, name, other)
    return vocabulary


def read_temperatures(text: str) -> list[float]:
    """The temperatures in `0,0.5,1,inf`. Raises `ValueError` for what is none."""
    temperatures = _read(text, "--temperatures", float, "numbers separated by commas, such as 0,0.5,1,2")
    for temperature in temperatures:
        if not _is_temperature(temperature):
            raise ValueError(f"--temperatures: each must be 0, a number above it, or inf, not {temperature:g}")
    return temperatures


def read_steps(text: str) -> list[At]:
    """The steps in `100,1000,best,newest`. Raises `ValueError` for what is none."""
    try:
        return list(dict.fromkeys(read_at(step.strip()) for step in text.split(",")))
    except ValueError as error:
        if "at least 0" in str(error):
            raise
        raise ValueError(f"--at must be steps separated by commas, such as 100,1000,best, not {text!r}") from None


def temperature_in_words(temperature: float) -> str:
    """`0.5`, or `∞`."""
    return "∞" if math.isinf(temperature) else f"{temperature:g}"


def _is_temperature(number: float) -> bool:
    return not math.isnan(number) and number >= 0


def _read(text: str, option: str, kind: Callable[[str], Number], wanted: str) -> list[Number]:
    try:
        return list(dict.fromkeys(kind(number) for number in text.split(",")))
    except ValueError:
        raise ValueError(f"{option} must be {wanted}, not {text!r}") from None
