"""Settings of a run: each is declared once, here, with its help text, bounds and the tasks it belongs to.

The command line's options, the form on the screen and `config.json` are made from the fields of `Settings`.
Standard library only: nothing heavy may be imported to show help.
"""

import difflib
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import Field, asdict, dataclass, field, fields, replace
from functools import cache, lru_cache
from types import MappingProxyType, NoneType
from typing import Any, get_args

from rnntui import gate, specs
from rnntui.specs import CELLS, OPTIMIZERS, TASKS, PresetRule, TaskSpec, optimizers_with, tasks_with
from rnntui.system import world
from rnntui.system.cores import cores

SIDE_BY_SIDE = ("palindrome", "text")  # tasks of a `train` without a task
INITS = ("normal", "uniform", "orthogonal", "forget-bias", "chrono", "carry", "latch")
FORGET_GATE_INITS = ("forget-bias", "chrono")
FREE = "free"
RECURRENTS = (FREE, "orthogonal")
ORTHOGONAL_INITS = ("orthogonal", "carry")  # those that draw W_hh as it can stay
INPUTS = ("one-hot", "scalar")
SAMPLINGS = ("even", "uneven")
KERNELS = ("auto", "compiled", "library", "reference")
KERNELS_BEFORE = {"fused": "library"}  # what earlier versions called it
DEVICES = ("auto", "cuda", "mps", "cpu")
FALLING = ("cosine", "linear")  # schedules of a rate that falls to zero at the last step
SCHEDULES = ("step", "constant", *FALLING)
AVERAGES = ("none", "ema", "tail")

USUAL_SIZE = 1_000_000  # bytes of a corpus of which nothing is known
WINDOW = 100  # batches that *smoothed* is the mean of; with fewer steps *solved* is not measured
SOLVED = 0.98  # smoothed accuracy from which on a task is solved
FAR_ABOVE = 2.0  # times the loss of guessing, from which on a loss is said to be worse
LOST = 0.9  # accuracy below which one that was solved is not solved any more
# Of what a recipe sets: details that `runs show` has.
SELDOM_SAID = (  # of what a recipe sets
    "optimizer", "schedule", "warmup", "average", "clip", "patience", "temperature", "sample_length", "input_scale",
)  # fmt: skip
PRESETS_BEFORE = {"source": "report"}  # names of earlier versions, and what they are called now
KINDS = {int: "a whole number", float: "a number", str: "a word", bool: "true or false"}  # of settings, in words
BEGUN = 3  # letters from which on a word is taken for the beginning of a longer one
LARGEST = 2**31 - 1  # of a whole number without a bound of its own
MOST_THREADS = 1_024  # OpenMP starts as many as it is told, until the system has no room for another process


def default_threads() -> int:
    """Cores this process may use, less one for the screen, at least 1; under torchrun its share of them."""
    here = world.world()
    own = cores() - 1 if here is None or here.local_size == 1 else cores() // here.local_size
    return min(max(1, own), MOST_THREADS)


def setting(
    default: Any,
    help: str,
    group: str,
    *,
    choices: Collection[str] | None = None,
    open_choice: bool = False,
    at_least: float | None = None,
    above: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
    cells: tuple[str, ...] | None = None,
) -> Any:
    """A dataclass field that carries its help text and its bounds.

    `open_choice` lets a value through that names something of the user's (`package.module:Class`, `cuda:1`).
    `cells` lists the cells that have this setting; `None` is all. Which tasks and optimizers have it their specs say.
    """
    metadata = {
        "help": help,
        "group": group,
        "choices": choices,
        "open_choice": open_choice,
        "at_least": at_least,
        "above": above,
        "below": below,
        "at_most": at_most,
        "cells": cells,
    }
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


NETWORK, TASK, TRAINING, MACHINE, RECORD = "Network", "Task", "Training", "Machine", "Record"


@dataclass(frozen=True)
class Settings:
    """All settings of one run; the field's own default is the palindrome's.

    Raises `ValueError`, naming the option and what would be right, for a value out of its bounds.
    """

    task: str = setting("palindrome", "What to learn.", TASK, choices=TASKS)

    cell: str = setting(
        "lstm",
        "Recurrent cell; package.module:Class takes one of your own.",
        NETWORK,
        choices=CELLS,
        open_choice=True,
    )
    layers: int = setting(1, "Stacked layers of cells.", NETWORK, at_least=1, at_most=1_000)
    hidden: int = setting(128, "Hidden units of each layer.", NETWORK, at_least=1)
    init: str = setting("orthogonal", "How the weights are initialised.", NETWORK, choices=INITS)
    input_scale: float = setting(1.0, "Factor on the initial input weights of the first layer.", NETWORK, above=0.0)
    recurrent: str = setting(
        FREE,
        "What W_hh may become while it learns: anything, or as orthogonal as it was drawn.",
        NETWORK,
        choices=RECURRENTS,
        cells=("rnn",),
    )
    layer_norm: bool = setting(
        False,
        "Normalise what input and state add to the gates, and an LSTM's cell state, at each step.",
        NETWORK,
        cells=tuple(name for name, cell in CELLS.items() if cell.normed),
    )
    dropout: float = setting(
        0.0,
        "Share of units dropped in training, both between layers and before the read-out.",
        NETWORK,
        at_least=0.0,
        below=1.0,
    )
    dropout_input: float = setting(
        0.0, "Share of inputs dropped; of a text, whole characters.", NETWORK, at_least=0.0, below=1.0
    )
    dropout_between: float | None = setting(
        None, "Share of units dropped between layers; not given, as --dropout.", NETWORK, at_least=0.0, below=1.0
    )
    dropout_output: float | None = setting(
        None, "Share of units dropped before the read-out; not given, as --dropout.", NETWORK, at_least=0.0, below=1.0
    )
    dropout_recurrent: float = setting(
        0.0,
        "Share of units dropped from the recurrent state, the same ones at every step of a sequence.",
        NETWORK,
        at_least=0.0,
        below=1.0,
    )

    period: str = setting(
        "",
        "Periods of the units' gates in time steps: LOW:HIGH, drawn log-uniformly, or one number; "
        "not given, 10 to the larger of 100 and the steps of a sequence.",
        NETWORK,
        cells=("phased",),
    )
    shift: str = setting(
        "", "Shift of the gates in time steps; not given, anywhere in the period.", NETWORK, cells=("phased",)
    )
    ratio: float = setting(
        0.05,
        "Share of its period for which a gate is open, at most 1.",
        NETWORK,
        at_least=1e-6,
        at_most=1e6,  # as runs of earlier versions may have it: `check_new` bounds that of a new one
        cells=("phased",),
    )
    leak: float = setting(
        0.0,
        "How far a closed gate leaks: k = leak × φ while it is closed.",
        NETWORK,
        at_least=0.0,
        at_most=1.0,
        cells=("phased",),
    )
    learn: str = setting(
        "period,shift",
        "Gate parameters that are trained: some of period, shift, ratio, separated by commas or +, or none.",
        NETWORK,
        cells=("phased",),
    )

    length: int = setting(
        10, "Time steps of a training sequence; in the noise task, the number of signal digits.", TASK, at_least=1
    )
    spacing: int = setting(5, "Time steps from one signal digit to the next.", TASK, at_least=1)
    input: str = setting("one-hot", "How a digit enters the network.", TASK, choices=INPUTS)
    sampling: str = setting(
        "even",
        "When the sine is sampled: at every step, or at random times, different for each sequence.",
        TASK,
        choices=SAMPLINGS,
    )
    corpus: str = setting(
        "",
        "Text to learn: a name in the corpora folder, a file or a folder of text files; with a suffix or a slash the "
        "file of that name here comes first.",
        TASK,
    )
    encoding: str = setting("", "Encoding of the corpus, such as cp1250 or shift_jis; not given, it is detected.", TASK)
    lower: bool = setting(False, "Convert the corpus to lower case first.", TASK)
    stateful: bool = setting(
        False,
        "Carry the state from batch to batch along --batch parallel streams; the end of each, up to --length "
        "characters, is never trained on.",
        TASK,
    )
    temperature: float = setting(
        0.0, "Temperature of the samples drawn during training; 0 is greedy.", TASK, at_least=0.0
    )
    sample_length: int = setting(30, "Characters in each of these samples.", TASK, at_least=1, at_most=100_000)

    batch: int = setting(128, "Sequences in a batch.", TRAINING, at_least=1)
    steps: int = setting(10_000, "Total number of optimizer steps.", TRAINING, at_least=1)
    optimizer: str = setting("rmsprop", "Rule that updates the weights.", TRAINING, choices=OPTIMIZERS)
    momentum: float = setting(
        0.9,
        "Share of the last update kept in the next one (μ).",
        TRAINING,
        at_least=0.0,
        below=1.0,
    )
    beta1: float = setting(
        0.9,
        "Decay of the running mean of the gradient (β₁).",
        TRAINING,
        at_least=0.0,
        below=1.0,
    )
    beta2: float = setting(
        0.999,
        "Decay of the running mean of the squared gradient (β₂).",
        TRAINING,
        at_least=0.0,
        below=1.0,
    )
    rho: float = setting(
        0.99,
        "Decay of the running mean of the squared gradient (ρ).",
        TRAINING,
        at_least=0.0,
        below=1.0,
    )
    weight_decay: float | None = setting(
        None,
        "Share of the learning rate by which each weight shrinks at a step, biases left out; not given, 0.01 of all "
        "parameters with adamw, else none.",
        TRAINING,
        at_least=0.0,
    )
    lr: float = setting(0.001, "Learning rate.", TRAINING, above=0.0)
    schedule: str = setting(
        "step",
        "Course of the learning rate: decayed in steps by --lr-decay, constant, or falling to zero at --steps.",
        TRAINING,
        choices=SCHEDULES,
    )
    lr_decay: float = setting(
        1.0, "Factor by which the learning rate is multiplied at each decay.", TRAINING, above=0.0, at_most=1.0
    )
    lr_decay_every: int = setting(5_000, "Steps from one decay to the next.", TRAINING, at_least=1)
    warmup: float = setting(
        0.0,
        "Steps in which the learning rate first rises linearly to --lr; below 1, the share of --steps.",
        TRAINING,
        at_least=0.0,
        at_most=LARGEST,
    )
    hold: float = setting(
        0.0,
        "Share of --steps before a cosine or linear schedule begins to fall.",
        TRAINING,
        at_least=0.0,
        below=1.0,
    )
    average: str = setting(
        "none",
        "Average of the weights over the steps, scored and kept beside them: exponential moving (ema), or the mean of "
        "the last steps (tail), as many as the held-out text is best predicted with.",
        TRAINING,
        choices=AVERAGES,
    )
    average_decay: float = setting(
        0.999, "Share of the exponential average that a step leaves as it is.", TRAINING, at_least=0.0, below=1.0
    )
    clip: float = setting(10.0, "Largest global norm of the gradient; 0 turns clipping off.", TRAINING, at_least=0.0)
    stop_at: float = setting(
        0.0,
        "Stop once the mean accuracy of the last 100 batches is this high, at a logged step; 0 is never.",
        TRAINING,
        at_least=0.0,
        at_most=1.0,
    )
    patience: int = setting(
        0,
        "Stop after this many evaluations on the held-out text in a row without a gain; 0 is never.",
        TRAINING,
        at_least=0,
    )
    seed: int = setting(0, "Seed for weights, batches, dropout and samples.", TRAINING, at_least=0, at_most=2**63 - 1)

    device: str = setting(
        "auto",
        "Where to train; auto takes CUDA, then MPS, then CPU.",
        MACHINE,
        choices=DEVICES,
        open_choice=True,
    )
    threads: int = setting(
        default_threads,
        "CPU threads for training; the default is all cores but one.",
        MACHINE,
        at_least=1,
        at_most=MOST_THREADS,
    )
    kernel: str = setting(
        "auto",
        "Code that runs a layer: rnntui's compiled C, PyTorch's library, the reference loop of the equations, or the "
        "first of them that serves.",
        MACHINE,
        choices=KERNELS,
    )

    log_every: int = setting(10, "Steps between rows of metrics.jsonl.", RECORD, at_least=1)
    sample_every: int = setting(100, "Steps between samples; 0 is never.", RECORD, at_least=0)
    validate_every: int = setting(
        1_000, "Steps between evaluations on the held-out text; 0 is only at the end.", RECORD, at_least=0
    )
    validate_on: int = setting(
        0,
        "Characters of the held-out text that are scored while it trains, from its beginning; 0 is all.",
        RECORD,
        at_least=0,
    )
    save_every: int = setting(1_000, "Steps between checkpoints.", RECORD, at_least=1)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernel", KERNELS_BEFORE.get(self.kernel, self.kernel))
        for name in ("dropout_between", "dropout_output"):
            if getattr(self, name) == self.dropout:  # one network, one way to say it
                object.__setattr__(self, name, None)
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            _check(name, type(value).__name__, value)
        cell = CELLS.get(self.cell)
        if cell and not cell.forget_gate and self.init in FORGET_GATE_INITS:
            raise ValueError(
                f"--init {self.init} sets a forget gate's bias and the {self.cell} has none: take orthogonal"
            )
        if cell and cell.closes and self.init == "latch":
            others = ", ".join(name for name, spec in CELLS.items() if not spec.closes)
            raise ValueError(f"--init latch, which --preset long-memory takes, needs units that never close: {others}")
        if self.layer_norm and not (cell and cell.normed):
            right = ", ".join(name for name, spec in CELLS.items() if spec.normed)
            raise ValueError(f"--layer-norm is for --cell {right}, not for {self.cell}")
        if self.weight_decay and self.weight_decay * self.lr >= 1:
            raise ValueError(
                f"--weight-decay {self.weight_decay:g} times --lr {self.lr:g} must be below 1: no weight would be left"
            )
        if self.dropout_recurrent and ":" in self.cell:
            raise ValueError("--dropout-recurrent is for the cells of rnntui: it cannot reach into one of your own")
        _check_carrying(self)
        _check_warmup(self)
        gate.read_periods(self.period, time_steps(self))
        gate.read_shift(self.shift)
        gate.read_learned(self.learn)


def check_new(settings: Settings) -> None:
    """Raise `ValueError` for what runs of earlier versions may have, and a new one may not."""
    if settings.ratio > 1:
        raise ValueError(f"{option('ratio')} must be at most 1, which is open all the time, not {settings.ratio:g}")
    if settings.average == "tail" and not settings.validate_every:
        raise ValueError(
            "--average tail begins where evaluations on the held-out text say, and --validate-every 0 makes none "
            "before the end: also give --validate-every"
        )
    rises = settings.warmup if settings.warmup < 1 else settings.warmup / settings.steps
    if settings.schedule in FALLING and 0 < settings.hold <= rises:
        raise ValueError(
            f"--hold {settings.hold:g} puts off the fall to zero to that share of --steps, and --warmup "
            f"{settings.warmup:g} lasts as long or longer: take a larger --hold or a shorter --warmup"
        )


def _check_carrying(settings: Settings) -> None:
    """Raise `ValueError` where W_hh is to carry the state, or to stay orthogonal, and cannot."""
    cell = CELLS.get(settings.cell)
    is_held = settings.recurrent != FREE
    if (is_held or settings.init == "carry") and not (cell and cell.has_one_matrix):
        asked = "--init carry" if settings.init == "carry" else f"--recurrent {settings.recurrent}"
        right = ", ".join(name for name, spec in CELLS.items() if spec.has_one_matrix)
        raise ValueError(f"{asked} is for a cell whose state passes through W_hh alone: take --cell {right}")
    if is_held and settings.init not in ORTHOGONAL_INITS:
        raise ValueError(
            f"--recurrent {settings.recurrent} keeps W_hh as orthogonal as it was drawn, and --init {settings.init} "
            f"draws it otherwise: take {' or '.join(ORTHOGONAL_INITS)}"
        )
    if is_held and settings.average != "none":
        raise ValueError(
            f"--recurrent {settings.recurrent} and --average {settings.average} exclude each other: an average of "
            "orthogonal matrices is not orthogonal"
        )


def _check_warmup(settings: Settings) -> None:
    """Raise `ValueError` for a warm-up that is neither a share nor a number of steps, or never ends."""
    warmup = settings.warmup
    if warmup >= 1 and warmup != int(warmup):
        raise ValueError(f"--warmup must be a share of --steps below 1, or a whole number of steps, not {warmup:g}")
    if warmup >= 1 and warmup >= settings.steps:
        raise ValueError(f"--warmup {warmup:.0f} must end before the last step, and --steps is {settings.steps}")


def without_dropout(settings: Settings) -> Settings:
    """The same settings for a network that is not trained."""
    return replace(
        settings, dropout=0.0, dropout_input=0.0, dropout_between=None, dropout_output=None, dropout_recurrent=0.0
    )


def time_steps(settings: Settings) -> int:
    """Time steps of a training sequence: T."""
    return spec(settings).time_steps(settings)


def spec(settings: Settings) -> TaskSpec:
    """The spec of a run's task."""
    return TASKS[settings.task]


def belongs(declared: "Field[Any]", cell: str, optimizer: str) -> bool:
    """Whether a cell and an optimizer have this setting; a cell of the user's own may have any."""
    cells, optimizers = declared.metadata["cells"], optimizers_with(declared.name)
    return (cells is None or cell in cells or ":" in cell) and (not optimizers or optimizer in optimizers)


def option(name: str) -> str:
    """The command line's spelling of a setting: `lr_decay` is `--lr-decay`."""
    return "--" + name.replace("_", "-")


def kind_of(declared: "Field[Any]") -> Any:
    """The type of a setting's value, where it has one."""
    return next((kind for kind in get_args(declared.type) if kind is not NoneType), declared.type)


def may_be_open(declared: "Field[Any]") -> bool:
    """Whether a setting may be left without a value, `None`: empty text where it is typed, shown or kept."""
    return NoneType in get_args(declared.type)


def caption(name: str) -> str:
    """A form's spelling of a setting: `lr_decay` is `lr decay`."""
    return name.replace("_", " ")


def with_captions(sentence: str) -> str:
    """A sentence that names settings as options, with the captions of a form in their place; commands stay."""
    named = {option(name): caption(name) for name in ("name", "from", *Settings.__dataclass_fields__)}
    parts = sentence.split("`")
    parts[::2] = [re.sub(r"--[a-z0-9-]+", lambda found: named.get(found[0], found[0]), part) for part in parts[::2]]
    return "`".join(parts)


def nearest(word: str, known: Iterable[str]) -> str:
    """`" (did you mean x?)"`, or nothing where no known word is near."""
    words = list(known)
    begun = [choice for choice in words if len(word.strip("-")) >= BEGUN and choice.startswith(word)]
    close = begun[:2] or difflib.get_close_matches(word, words, n=2, cutoff=0.6)
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def settings_of(task: str) -> list["Field[Any]"]:
    """The fields that a task has, in order of declaration, `task` itself left out."""
    return list(_fields_of(TASKS[task].settings, frozenset(name for spec in TASKS.values() for name in spec.settings)))


@cache
def _fields_of(own: tuple[str, ...], special: frozenset[str]) -> "tuple[Field[Any], ...]":
    """Of the special settings, which only some tasks have, those of one task; and all others."""
    return tuple(
        declared for declared in fields(Settings) if declared.name != "task" and declared.name not in special - set(own)
    )


def default_of(task: str, name: str) -> Any:
    """The default of one setting for one task."""
    declared = Settings.__dataclass_fields__[name]
    own = declared.default_factory() if callable(declared.default_factory) else declared.default
    return TASKS[task].defaults.get(name, own)


def make_settings(task: str, given: Mapping[str, Any], preset: str | None = None, size: int = USUAL_SIZE) -> Settings:
    """Settings from the task's defaults, a preset over them, and what was given over both.

    `size` is that of the corpus in bytes, which some presets follow. Raises `ValueError` for an unknown task or preset
    and for a setting that the task does not have.
    """
    if task not in TASKS:
        raise ValueError(f"no task {task!r}{nearest(task, TASKS)}: there are {', '.join(TASKS)}")
    check_belong(task, given)
    values = {"task": task, **TASKS[task].defaults, **given}
    if preset is not None:
        values = {**values, **preset_rule(preset, task, given).values(size, given), **given}
    settings = Settings(**values)
    for name in given:
        declared = Settings.__dataclass_fields__[name]
        if not belongs(declared, settings.cell, settings.optimizer) and given[name] != default_of(task, name):
            raise ValueError(_no_setting_of(declared, settings))
    return settings


def check_belong(task: str, given: Iterable[str]) -> None:
    """Raise `ValueError` for the name of a setting that a task does not have."""
    own = {declared.name for declared in settings_of(task)}
    for name in given:
        if name not in own:
            only = f" ({', '.join(tasks)} only)" if (tasks := tasks_with(name)) else ""
            raise ValueError(f"{option(name)} does not apply to the {task} task{only}")


def _no_setting_of(declared: "Field[Any]", settings: Settings) -> str:
    """That a setting is none of the cell or optimizer, and of which it is."""
    cells, optimizers = declared.metadata["cells"], optimizers_with(declared.name)
    whose, right = (settings.cell, f"--cell {cells[0]}") if cells else (settings.optimizer, "")
    right = right or f"--optimizer {' or '.join(optimizers)}"
    return f"{option(declared.name)} does not apply to the {whose}: take {right}"


# --- presets --------------------------------------------------------------------------------------------------------


def preset_rule(preset: str, task: str, given: Mapping[str, Any] = MappingProxyType({})) -> PresetRule:
    """What a preset sets for a task with these settings given.

    Raises `ValueError` for a preset that there is not, and where it has nothing for them.
    """
    known = PRESETS_BEFORE.get(preset, preset)
    if known not in specs.presets():
        typed = preset if preset.strip() else repr(preset)
        raise ValueError(f"--preset {typed}: there is no such preset; there are {', '.join(specs.presets())}")
    rules = TASKS[task].presets.get(known, ())
    values = {name: given.get(name, default_of(task, name)) for rule in rules for name in rule.where}
    for rule in rules:
        if rule.fits(values):
            return rule
    odd = [f"{option(name)} {values[name]}" for name in (rules[0].where if rules else ())]
    what = " with ".join([f"{task} task", *odd])
    raise ValueError(f"--preset {preset} sets nothing for the {what}: it is for {_uses(known)}")


def _uses(preset: str) -> str:
    """`palindrome with --input one-hot: --init latch --optimizer adam (…); frequency and noise with …`."""
    tasks_of: dict[str, list[str]] = {}
    for name, task in TASKS.items():
        for rule in task.presets.get(preset, ()):
            tasks_of.setdefault(_in_words(rule), []).append(name)
    return "; ".join(f"{' and '.join(tasks)}{words}" for words, tasks in tasks_of.items())


def _in_words(rule: PresetRule) -> str:
    """` with --input one-hot: --init latch --optimizer adam (…)`."""
    where = "".join(f" with {option(name)} {' or '.join(wanted)}" for name, wanted in rule.where.items())
    sets = options_in_words(rule.sets) or "by the size of the corpus"
    return f"{where}: {sets}{f' ({rule.note})' if rule.note else ''}"


def preset_help() -> str:
    """What each preset sets, and for which tasks."""
    return f"Settings to start from. {'. '.join(f'{name}: {_uses(name)}' for name in specs.presets())}."


def preset_taken(preset: str, settings: Settings, besides: Collection[str]) -> str:
    """What matters of what a preset set of a run, `besides` other settings: a line for its beginning.

    That is neither what is recorded of it nor what is off, and of a recipe what follows the corpus and the rate. Raises
    as `preset_rule` does.
    """
    rule = preset_rule(preset, settings.task, vars(settings))
    unsaid = {*besides, *(SELDOM_SAID if rule.by_size is not None and not rule.sets else ())}
    every = {name: getattr(settings, name) for name in rule.values(USUAL_SIZE, {}) if name not in unsaid}
    sets = {name: value for name, value in every.items() if value not in (0, None) and not _is_of_record(name)}
    return f"--preset {preset}: {options_in_words(sets) or 'nothing'}"


def _is_of_record(name: str) -> bool:
    return bool(Settings.__dataclass_fields__[name].metadata["group"] == RECORD)


def is_of_task(name: str) -> bool:
    """Whether a setting says what is to be learned, so that another value is another task."""
    return bool(Settings.__dataclass_fields__[name].metadata["group"] == TASK)


def options_in_words(values: Mapping[str, Any]) -> str:
    """`--init latch --lr 0.003`, as they are typed."""
    return " ".join(_typed(name, value) for name, value in values.items())


def _typed(name: str, value: Any) -> str:
    """`--lr 0.003`, `--stateful`, `--no-stateful`."""
    if isinstance(value, bool):
        return option(name if value else f"no_{name}")
    return f"{option(name)} {value}"


def parse(name: str, text: str) -> Any:
    """The value of a setting from what was typed. Raises `ValueError`, naming the option, where it is none."""
    declared = Settings.__dataclass_fields__[name]
    if not text and may_be_open(declared):
        return None
    kind = kind_of(declared)
    try:
        return int(text) if kind is int else float(text) if kind is float else text
    except ValueError:
        whole = "whole " if kind is int else ""
        raise ValueError(f"{option(name)} must be a {whole}number, not {text!r}") from None


def as_dict(settings: Settings) -> dict[str, Any]:
    """The settings as `config.json` holds them; an infinite temperature is the word `"inf"`, what is open `""`."""
    return {k: "inf" if v == math.inf else "" if v is None else v for k, v in asdict(settings).items()}


def from_dict(values: Mapping[str, Any]) -> Settings:
    """Settings as read from `config.json`. Raises `ValueError` for a name that this version does not know."""
    known = Settings.__dataclass_fields__
    unknown = [name for name in values if name not in known]
    if unknown:
        raise ValueError(f"it has a setting {unknown[0][:100]!r}, unknown to this version of rnntui")
    restored = {name: _restored(known[name], value) for name, value in as_meant_now(values).items()}
    for name, value in restored.items():
        if value is not None:
            _check_kind(name, kind_of(known[name]), value)
    return Settings(**restored)


def as_meant_now(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of an earlier version, in which `dropout` was that between layers alone."""
    is_from_before = values.get("dropout") and "dropout_output" not in values
    return {**values, "dropout_output": 0.0} if is_from_before else dict(values)


def _restored(declared: "Field[Any]", value: Any) -> Any:
    if value == "inf" and declared.type is float:
        return math.inf
    return None if value == "" and may_be_open(declared) else value


def _check_kind(name: str, kind: Any, value: Any) -> None:
    """Raise `ValueError` where a value that was read is not of its setting's kind; a whole number may be a share."""
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise ValueError(f"{option(name)} must be {KINDS[kind]}, not {str(value)[:100]!r}")
    if kind is float and type(value) is int and abs(value) > LARGEST:
        raise ValueError(f"{option(name)} is too large")


@lru_cache(4_096)  # the runs of a sweep have most values in common
def _check(of: str, kind: str, value: Any) -> None:
    """Raise `ValueError` for a value out of bounds; `kind` is its type, since 1 and True are one to a cache."""
    declared = Settings.__dataclass_fields__[of]
    name, meta = option(declared.name), declared.metadata
    if value is None and may_be_open(declared):
        return
    if isinstance(value, float) and (math.isnan(value) or (math.isinf(value) and declared.name != "temperature")):
        raise ValueError(f"{name} must be a number, not {value}")
    if meta["choices"] and value not in meta["choices"] and not _open(declared, value):
        known = meta["choices"]
        raise ValueError(f"{name} {value!r} is unknown{nearest(str(value), known)}: there are {', '.join(known)}")
    if meta["at_least"] is not None and value < meta["at_least"]:
        raise ValueError(f"{name} must be at least {meta['at_least']}, not {value}")
    if meta["above"] is not None and value <= meta["above"]:
        raise ValueError(f"{name} must be above {meta['above']:g}, not {value}")
    if meta["below"] is not None and value >= meta["below"]:
        raise ValueError(f"{name} must be below {meta['below']:g}, not {value}")
    at_most = meta["at_most"] or (LARGEST if declared.type is int else None)
    if at_most is not None and value > at_most:
        raise ValueError(f"{name} must be at most {at_most}, not {value}")


def _open(declared: "Field[Any]", value: Any) -> bool:
    return bool(declared.metadata["open_choice"]) and ":" in str(value)
