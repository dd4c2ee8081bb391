"""From command-line arguments to runs ready to train, new or resumed.

Everything that can be checked without torch is checked here, before a screen is opened, so that errors show at once.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import structs

from rnntui import config, corpora
from rnntui.commands import default_options, run_names, unusual_settings
from rnntui.commands.progress import waiting
from rnntui.config import Settings
from rnntui.runs import Run, ending, folders, making, next_commands, origin
from rnntui.runs.steps import At, Behind, behind, whole_step_at
from rnntui.specs import TASKS
from rnntui.system import consent, output, user_config
from rnntui.system.world import World, world
from rnntui.text.sanitize import shown_text

SHARED = ("device", "seed", "threads")  # settings that two tasks side by side take
DIALS = {"lr": "learning_rate", "clip": "clip"}  # settings of `resume` that are changes of the journal
TOTALS = ("steps", "stop_at", "patience")  # settings of `resume` that let a finished run continue


def side_by_side(given: Mapping[str, Any], preset: str | None) -> list[Settings]:
    """Settings of the tasks that are trained if none is named.

    Raises `ValueError` for a setting that needs to know for which, with the command of a task that takes it.
    """
    odd = ["--preset"] if preset is not None else [config.option(name) for name in given if name not in SHARED]
    if odd:
        command, taken = typed(_task_for(given, preset), given, preset), ", ".join(map(config.option, SHARED))
        raise ValueError(f"{odd[0]} needs a task: `{command}`; without a task, train takes {taken}, --runs and --name")
    return [settings_of(task, given, None) for task in config.SIDE_BY_SIDE]


def settings_of(task: str, given: Mapping[str, Any], preset: str | None, start: origin.Start | None = None) -> Settings:
    """Settings of a new run, one with the network of `start` where that is given.

    Raises `ValueError` as `make_settings` does; a text in a task's place is called one.
    """
    if task not in TASKS and _is_text(task):
        others = {name: value for name, value in given.items() if name != "corpus"}
        command = typed("text", {"corpus": task, **others}, preset)
        raise ValueError(f"{task!r} is a text, not a task: `{command}` learns it")
    asked = given
    if start is not None:
        given = origin.with_its_network(start, task, given, preset)
    given = default_options.with_defaults(task, given, preset)
    _say_defaults(task, {name: value for name, value in given.items() if name not in asked})
    settings = making.settings(task, given, preset)
    config.check_new(settings)
    unusual_settings.check_used(settings, asked)
    return settings


def _say_defaults(task: str, usual: Mapping[str, Any]) -> None:
    """Say which settings are the user's own defaults."""
    if usual:
        told = ", ".join(f"{config.option(name)} {value}" for name, value in usual.items())
        output.say(f"{task}: {told}, by {user_config.path()}")


def typed(task: str, given: Mapping[str, Any], preset: str | None) -> str:
    """The command that trains with these settings."""
    words = [word for name, value in given.items() for word in _option_typed(name, value)]
    return shlex.join(["rnntui", "train", task, *words, *(["--preset", preset] if preset is not None else [])])


def _option_typed(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [config.option(name) if value else config.option(f"no_{name}")]
    return [config.option(name), str(value)]


def _task_for(given: Mapping[str, Any], preset: str | None) -> str:
    """The first task that has all these settings. Raises `ValueError` if none does."""
    of_names = [task for task in TASKS if set(given) <= {setting.name for setting in config.settings_of(task)}]
    if not of_names:
        raise ValueError(f"no task has all of {', '.join(map(config.option, given))}")
    if "corpus" in given:
        corpora.find(given["corpus"])
    refusals = []
    for task in of_names:
        try:
            config.make_settings(task, given, preset)
        except ValueError as error:
            refusals.append(error)
        else:
            return task
    raise refusals[0]


def _is_text(name: str) -> bool:
    """Whether it names a text on this machine."""
    with suppress(ValueError):
        return bool(name) and corpora.find(name) is not None
    return False


def new_runs(
    root: Path,
    named: Sequence[tuple[str | None, Settings]],
    start: origin.Start | None = None,
    *,
    at_once: bool = False,
) -> list[Run]:
    """Locked run folders, all or none. Raises `ValueError` as `Run.create` does, and for a corpus that will not do.

    A large corpus may take minutes the first time, with a bar on standard error; `at_once` leaves it to the training.
    Under torchrun there is one run, trained by all processes; after a restart it is the one that was made before.
    """
    here = world()
    if here is not None:
        if (found := _run_of_launch(root, here, named)) is not None:
            return [found]
        _check_world(here, [settings for _, settings in named])
        at_once = True  # the other processes wait
    for _, settings in named:
        with waiting.reading(settings.corpus) as wait:
            making.check(settings, wait, at_once=at_once)
    made = making.make(root, named, start)
    if here is not None:
        for run in made:
            run.world = here
            run.write_config(structs.replace(run.config(), launch=here.launch))
    return made


# --- by several processes -------------------------------------------------------------------------------------------


def _check_world(here: World, all_settings: Sequence[Settings]) -> None:
    """Raise `ValueError` for what several processes cannot train together."""
    if here.size > 1 and len(all_settings) > 1:
        raise ValueError("torchrun trains one network by several processes: name one task, or one run to resume")
    for settings in all_settings:
        here.check_batch(settings.batch)


def _run_of_launch(root: Path, here: World, named: Sequence[tuple[str | None, Settings]]) -> Run | None:
    """The locked run that this launch of torchrun has made before it was restarted; `None` where there is none.

    A launch that torchrun does not count as restarted, as after another machine joined, goes on with a run of the same
    settings that is not finished.
    """
    for path in folders.runs(root) if len(named) == 1 else ():
        run, (name, settings) = Run(path), named[0]
        with suppress(ValueError):
            if run.config().launch != here.launch or name not in (None, run.name):
                continue
            if not here.restarts and (is_finished(run) or not _is_same(run.settings(), settings)):
                continue
            _check_world(here, [run.settings()])
            run.lock()
            run.world = here
            return run
    return None


def _is_same(recorded: Settings, asked: Settings) -> bool:
    return recorded == (replace(asked, corpus=corpora.pin(asked.corpus)) if config.spec(asked).has_corpus else asked)


# --- resuming -------------------------------------------------------------------------------------------------------


def resume(
    root: Path,
    references: Sequence[str],
    given: Mapping[str, Any],
    at: At = None,
    agree: Callable[[Sequence[Behind]], None] = lambda _: None,
) -> list[Run]:
    """The locked runs of those names, all or none, with what was given asked for; not more is on disk than before.

    `at` is the checkpoint to resume from; `agree` is told what lies behind and will be deleted, and may raise.
    Raises `ValueError` where there is none, another process holds it, or the settings will not do.
    """
    resumed = run_names.to_resume(root, references)
    here = world()
    if here is not None and here.restarts:
        at = None  # what it takes back is taken back
    locked: list[Run] = []
    try:
        for run in resumed:
            run.lock()
            locked.append(run)
            run.asked_step = whole_step_at(run, at)
            _ask(run, given)
            run.world = here
        if here is not None:
            _check_world(here, [run.settings() for run in resumed])
        left = [behind(run, run.asked_step) for run in resumed if run.asked_step is not None]
        if any(left):
            agree([lost for lost in left if lost is not None])
    except BaseException:
        unlock(locked)
        raise
    return resumed


def _ask(run: Run, given: Mapping[str, Any]) -> None:
    before, reached = run.settings(), run.reached_step()
    consent.check(before.cell, f"run {run.name!r}")
    config.check_belong(before.task, given)
    asked = replace(before, **given)  # checks the bounds
    if asked.steps < reached:
        raise ValueError(f"--steps {asked.steps}: run {run.name!r} has reached step {reached:,}: give a higher total")
    dials = {event: given[name] for name, event in DIALS.items() if name in given}
    if "lr" in given and (sentence := unusual_settings.high_rate(given["lr"], before.optimizer)):
        output.say(f"{run.name}: {sentence}")
    run.ask(replace(asked, lr=before.lr, clip=before.clip), **dials)


def leave_finished(runs: Sequence[Run], given: Mapping[str, Any], *, wants_json: bool) -> list[Run]:
    """The locked runs that are not finished; the others are unlocked, with a note.

    With `wants_json` all are kept, for their figures. Raises `ValueError` where a run's files cannot be read, and then
    lets all go.
    """
    try:
        finished = [run for run in runs if is_finished(run)]
        sentences = [_finished(run, given) for run in finished]
    except ValueError:
        unlock(runs)
        raise
    for sentence in sentences:
        if wants_json:
            output.say(sentence)
        else:
            print(shown_text(sentence))
    if wants_json:
        return list(runs)
    unlock(finished)
    return [run for run in runs if run not in finished]


def is_finished(run: Run) -> bool:
    """Whether the run has reached its number of steps, recorded and requested, solved its task, or run out of patience.

    A newest checkpoint whose state cannot be read is none of a finished run: loading it says what is wrong, and the way
    out. Raises `ValueError` where the run's other files cannot be read.
    """
    total, reached = max(run.recorded_settings().steps, run.settings().steps), run.reached_step()
    with suppress(ValueError):
        return reached > 0 and ending.is_over(run.state(reached), replace(run.settings(), steps=total))
    return False


def _finished(run: Run, given: Mapping[str, Any]) -> str:
    """A note that a run is finished: which options were not used, what continues it, and what can be done with it."""
    reached = run.reached_step()
    unused = [config.option(name) for name in given if name not in TOTALS]
    without = f" ({' and '.join(unused)} not used)" if unused else ""
    is_at_its_total, early = reached >= run.settings().steps, ending.early_ending(run.state(reached), run.settings())
    stop = "a higher --steps" if is_at_its_total else f"a higher {'--patience' if early else '--stop-at'} (0 is never)"
    why = f", {early}" if early else ""
    finished = f"{run.name} is finished: step {reached:,}{why}{without}; {stop} resumes it"
    return f"{finished}\n  {next_commands.next_of_finished(run)}"


def unlock(runs: Sequence[Run]) -> None:
    """Release the locks of the runs."""
    for run in runs:
        run.unlock()
