"""A sweep that was typed instead of written as a plan: the settings with several values are its axes."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rnntui.config import option
from rnntui.runs import sweeps
from rnntui.sweeps.folder import read_plan
from rnntui.sweeps.plan import Plan, checked

LONGEST = 60  # characters of the name that is made of the axes


def planned(task: str, given: Mapping[str, Sequence[Any]]) -> Plan:
    """The sweep over all settings that have several values; the seed is its last axis.

    Raises `ValueError` where none has, and for values that will not do.
    """
    axes = {name: list(values) for name, values in given.items() if len(values) > 1}
    if not axes:
        example = next((f"{option(name)} {values[0]},…" for name, values in given.items()), "--cell rnn,lstm")
        raise ValueError(f"a sweep needs a setting with several values, such as {example}, or --seeds 3")
    if "seed" in axes:
        axes["seed"] = axes.pop("seed")
    base = {"task": task, **{name: values[0] for name, values in given.items() if len(values) == 1}}
    stem = "-".join([task, *axes])[:LONGEST].rstrip("-_")
    return checked(Plan(stem, f"{task}: {' × '.join(axes)}", base, axes), f"the sweep of {task}")


def named(root: Path, plan: Plan) -> str:
    """The name of the sweep in that folder that was begun with this very plan, else `<task>-<axes>-<number>`."""
    numbered = re.compile(re.escape(plan.name) + r"-(\d+)")
    taken = [path for path in sweeps(root) if numbered.fullmatch(path.name)]
    for path in taken:
        with suppress(ValueError):
            begun = read_plan(path)
            if (begun.base, begun.axes) == (plan.base, plan.axes):
                return path.name
    there = root.iterdir() if root.is_dir() else ()
    numbers = [int(match[1]) for path in there if (match := numbered.fullmatch(path.name))]
    return f"{plan.name}-{max(numbers, default=0) + 1}"
