"""A run that begins with the weights of another run: which they are, and what is taken over with them.

The weights are copied into the new run's folder when it is made, so that it never needs the other run again.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnntui import config, corpora
from rnntui.config import Settings
from rnntui.runs import weights as weights_of_run
from rnntui.runs.better import better
from rnntui.runs.checkpoints import AVERAGED, MODEL
from rnntui.runs.finding import LAST, TRAINED, find
from rnntui.runs.networks import JOIN
from rnntui.runs.references import MARK, split_step
from rnntui.runs.run import Run
from rnntui.runs.steps import BEST, NEWEST, At, step_at
from rnntui.runs.writers import vocabulary_of
from rnntui.schemas import CorpusFacts, Origin
from rnntui.system import consent
from rnntui.system.reading import read_bytes
from rnntui.text.format import counted, listed

OPTION = "--from"
MOST = 1 << 40  # bytes of a file of weights
SHOWN = 24  # characters that a sentence lists
# What makes a network what it is, beside the settings of its cell; `init` and `input_scale` draw what is new in it.
NETWORK = ("cell", "layers", "hidden", "init", "input_scale", "input")


@dataclass(frozen=True)
class Start:
    """Another run's weights to begin with, as the bytes of their file; `notes` are sentences about them."""

    run: Run
    origin: Origin
    weights: bytes
    notes: tuple[str, ...] = ()


def read(root: Path, reference: str) -> Start:
    """The weights that `RUN`, `RUN@STEP`, `RUN@best` or `RUN@newest` names; without one
    they are the newest, or where these are known to be worse the best.

    Raises `ValueError` for a run that there is not, that has no such checkpoint or is damaged, and for a cell of a
    user's own that nobody allowed.
    """
    if not reference:
        raise ValueError(f"{OPTION} '': name the run to begin with, RUN, RUN@STEP, RUN@{BEST} or RUN@{NEWEST}")
    run, at = _named(root, reference)
    settings = run.settings()
    consent.check(settings.cell, f"run {run.name!r}")
    vocabulary = vocabulary_of(run) if config.spec(settings).generates else ""
    if not (saved := run.steps_saved(whole=False)):
        raise ValueError(f"{OPTION} {reference}: run {run.name!r} has no checkpoint yet")
    found = better(run) if at is None else None
    chosen = found.step if found is not None else step_at(run, NEWEST if at is None else at, f"{OPTION} {reference}")
    assert chosen in saved
    weights, of_weights = _weights(run, chosen)
    origin = Origin(run=run.name, step=chosen, sha256=hashlib.sha256(weights).hexdigest(), vocabulary=vocabulary)
    last = (f"last is {run.name}",) if reference.partition("@")[0] == LAST else ()
    of_step = f"{OPTION}: takes {found.in_words()}; @{NEWEST} takes it" if found is not None else ""
    notes = (*last, *_of_divergence(run, chosen), of_step, of_weights)
    return Start(run, origin, weights, tuple(note for note in notes if note))


def _named(root: Path, reference: str) -> tuple[Run, At]:
    """The run of a reference, and the checkpoint that is meant."""
    is_ensemble = JOIN in reference.rpartition(MARK)[2]
    name, at = (reference, None) if is_ensemble else split_step(root, reference, OPTION)
    return find(root, name, TRAINED), at


def _weights(run: Run, step: int) -> tuple[bytes, str]:
    """The file of weights of a checkpoint, of the averaged ones where they did better, and what is to be said of that.

    Raises `ValueError` where it is not there or was changed.
    """
    what, state = run.checkpoint_in_words(step), run.state(step)
    is_averaged = weights_of_run.taken(run, step) == weights_of_run.AVERAGED
    file = AVERAGED if is_averaged else MODEL
    weights = read_bytes(run.checkpoint(step) / file, f"{what}: {file}", MOST)
    digest = state.sha256.get(file)
    if digest is not None and hashlib.sha256(weights).hexdigest() != digest:
        raise ValueError(f"{what} is damaged: {file} has been changed since it was written; {OPTION} takes another")
    averaged = f"{OPTION}: takes the averaged weights, which did better on the held-out text" if is_averaged else ""
    return weights, averaged


def _of_divergence(run: Run, step: int) -> Iterator[str]:
    """A sentence where the run went astray after that checkpoint."""
    if run.summary().status.state == "diverged":
        yield f"{OPTION}: run {run.name!r} diverged; its checkpoint of step {step:,} is of before"


# --- settings -------------------------------------------------------------------------------------------------------


def with_its_network(start: Start, task: str, given: Mapping[str, Any], preset: str | None = None) -> dict[str, Any]:
    """What was given, and what is taken over from the run: its network, and where no corpus is given its corpus.

    Raises `ValueError` for another task, and for a setting or a preset that contradicts the network.
    """
    run, settings = start.run, start.run.settings()
    if task != settings.task:
        raise ValueError(f"{OPTION}: run {run.name!r} is of the {settings.task} task, not the {task} task")
    network = network_of(settings)
    if odd := next((name for name in network if given.get(name, network[name]) != network[name]), None):
        raise ValueError(
            f"{config.option(odd)} {given[odd]} contradicts run {run.name!r}, whose network has "
            f"{config.option(odd)} {network[odd]}: leave it out"
        )
    if preset is not None:
        _check_preset(preset, start, {**network, **given})
    return {**network, **given, **_of_its_text(run, given)}


def network_of(settings: Settings) -> dict[str, Any]:
    """The settings that make a run's network what it is, by name."""
    return {
        setting.name: getattr(settings, setting.name)
        for setting in config.settings_of(settings.task)
        if setting.name in NETWORK
        or (setting.metadata["cells"] and config.belongs(setting, settings.cell, settings.optimizer))
    }


def _check_preset(preset: str, start: Start, given: Mapping[str, Any]) -> None:
    """Raise `ValueError` where a preset sets what makes the network another, whatever the size of the corpus."""
    settings = start.run.settings()
    rule = config.preset_rule(preset, settings.task, given)
    network, sets = network_of(settings), rule.values(config.USUAL_SIZE, given)
    if odd := next((name for name in network if sets.get(name, network[name]) != network[name]), None):
        raise ValueError(
            f"--preset {preset} sets {config.option(odd)} {sets[odd]}, and the network of run {start.run.name!r} has "
            f"{config.option(odd)} {network[odd]}: give the preset's other settings one by one"
        )


def _of_its_text(run: Run, given: Mapping[str, Any]) -> dict[str, Any]:
    """Where none is given, the corpus in its encoding; and lower case, where it is all that the network knows."""
    settings = run.settings()
    if not config.spec(settings).has_corpus:
        return {}
    taken = {"lower": given.get("lower", settings.lower)}
    if not given.get("corpus"):
        taken["corpus"] = corpora.place_of_run(run)
        taken["encoding"] = given.get("encoding") or settings.encoding
    return taken


# --- in words -------------------------------------------------------------------------------------------------------


def in_words(origin: Origin, data: CorpusFacts) -> str:
    """Whose weights a run began with, and which characters of its text were new to them."""
    began = f"run {origin.run!r}, step {origin.step:,}"
    if not data.vocabulary:
        return began
    known, here = set(origin.vocabulary), set(data.vocabulary)
    new, unused = [repr(character) for character in data.vocabulary if character not in known], len(known - here)
    said = [f"every character of {data.corpus} is known to it"]
    if new:
        said = [
            f"{counted(len(new), 'character')} of {data.corpus} {_are(len(new))} new to it: {listed(new, ' ', SHOWN)}"
        ]
    if unused:
        said.append(f"{unused:,} of its own {_are(unused)} not in {data.corpus}")
    return "; ".join([began, *said])


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
