"""New runs: what is checked of their settings before a folder is made, and folders for all of them or none."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnntui import config, corpora
from rnntui.config import Settings
from rnntui.runs.networks import JOIN
from rnntui.runs.origin import Start
from rnntui.runs.run import Run
from rnntui.specs import TASKS
from rnntui.system.memory import FLOAT32, memory


def settings(task: str, given: Mapping[str, Any], preset: str | None = None) -> Settings:
    """The settings of a new run: those of the preset, else of the task's usual one, with what was given over them.

    What follows the size of the corpus follows that of the one given. Raises `ValueError` as `make_settings` does, and
    for a corpus that is not there.
    """
    preset = usual_preset(task) if preset is None else preset
    return config.make_settings(task, given, preset, corpus_size(task, given))


def usual_preset(task: str) -> str | None:
    """The preset that a new run of a task starts from where none is named, if there is one."""
    return (TASKS[task].usual or None) if task in TASKS else None


def corpus_size(task: str, given: Mapping[str, Any]) -> int:
    """Bytes of the corpus of a new run. Raises `ValueError` for one that is not there."""
    return corpora.size(given.get("corpus", "")) if task in TASKS and TASKS[task].has_corpus else 0


def check(settings: Settings, progress: corpora.Progress | None = None, *, at_once: bool = False) -> None:
    """Raise `ValueError` for batches that do not fit into memory, and for an unusable corpus.

    A large corpus may take minutes the first time, of which `progress` hears; `at_once` takes it unread.
    """
    check_batch(settings)
    corpus, lower, encoding = settings.corpus, settings.lower, settings.encoding
    if config.spec(settings).has_corpus and not (at_once and corpora.is_slow(corpus, lower, encoding)):
        corpora.check_length(corpora.load(corpus, lower, progress, encoding), settings.length)


def check_batch(settings: Settings) -> None:
    """Raise `ValueError` for batches whose states, one a time step, are more than this machine's memory holds."""
    values = config.time_steps(settings) * settings.batch * settings.hidden * settings.layers
    if values * FLOAT32 > memory():
        raise ValueError(
            f"--batch {settings.batch}, --length {settings.length}, --hidden {settings.hidden} and --layers "
            f"{settings.layers} make {values:,} values a batch, more than this machine's memory of "
            f"{memory() >> 30} GiB holds: lower one of them"
        )


def make(root: Path, named: Sequence[tuple[str | None, Settings]], start: Start | None = None) -> list[Run]:
    """Locked run folders, all or none, of settings that were checked.

    Raises `ValueError` as `Run.create`, and for a name with a plus sign, which an ensemble's name has.
    """
    made: list[Run] = []
    try:
        for name, settings in named:
            if name is not None and JOIN in name:
                raise ValueError(f"--name {name!r}: a {JOIN} joins the names of an ensemble's runs: take another name")
            made.append(Run.create(root, name, settings, start=start))
    except (ValueError, OSError):
        for run in made:
            run.remove()
        raise
    return made
