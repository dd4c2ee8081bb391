"""The plan of a sweep: base settings, axes of values, and the figure that shows the results.

A plan is read from a table of TOML and checked as a whole before anything is trained. Its jobs have names made from
their place on the axes, so that the same plan finds its runs again.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from msgspec import ValidationError, convert, structs, to_builtins

from rnntui.config import (
    PRESETS_BEFORE,
    WINDOW,
    Settings,
    belongs,
    check_new,
    default_of,
    kind_of,
    make_settings,
    nearest,
    option,
    preset_rule,
    settings_of,
)
from rnntui.schemas import Figure, PlanContent, PlanTable, Search, SyntaxContent
from rnntui.schemas.decoding import in_words
from rnntui.specs import TASKS, presets
from rnntui.sweeps import syntax
from rnntui.sweeps.names import check_names, job_name, shown
from rnntui.sweeps.syntax import Syntax
from rnntui.system import toml_reading
from rnntui.system.reading import read_bytes

VARIANT = "variant"  # the axis of named settings
BUILT_IN = (
    *("lengths", "batch", "init", "optimizers", "frontier", "carry"),
    *("phased-noise", "phased-frequency", "phased-ratio", "phased-text"),
    "syntax",
)
FIGURES = ("accuracy", "curves", "frontier")
MOST = 100_000  # runs of a sweep
LARGEST_FILE = 16 << 20  # bytes of a plan
LISTED = 6  # values of an axis that a heading names; of more the first and the last
KINDS = {
    int: "a whole number",
    float: "a number",
    str: "a word in quotes",
    bool: "true or false",
}

Point = dict[str, Any]  # a value for each axis


@dataclass(frozen=True)
class Job:
    """One run of a sweep: its folder's name, its place on the axes, its settings, and what is measured afterwards.

    `text` is the SHA-256 of the corpus that the sweep was begun with, where that is known.
    """

    name: str
    point: Point
    settings: Settings
    syntax: Syntax | None = None
    text: str = ""


@dataclass(frozen=True)
class Plan:
    """A sweep. `variants` are named settings, the outermost axis where there are some. `base` may hold a preset.

    `given` is what was asked for in place of the plan's own, by name: values of an axis, or one of a base setting.
    `sizes` has the bytes of each corpus, by its name, that a preset follows: those that the sweep was begun with, so
    that its runs keep their settings whatever becomes of the file.

    Raises `ValueError` for an invalid plan.
    """

    name: str
    title: str
    base: dict[str, Any]
    axes: dict[str, list[Any]]
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    search: Search | None = None
    figure: Figure = field(default_factory=Figure)
    given: dict[str, list[Any]] = field(default_factory=dict)
    syntax: Syntax | None = None  # what is measured of each run that is finished
    sizes: dict[str, int] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """A preset has the name of now, so that a sweep that was begun under an earlier one is the same."""
        if isinstance(preset := self.base.get("preset"), str) and preset in PRESETS_BEFORE:
            object.__setattr__(self, "base", {**self.base, "preset": PRESETS_BEFORE[preset]})

    @property
    def heading(self) -> str:
        """The title, and what was given in place of what it speaks of: `Lengths (length 2, 3; steps 200)`."""
        told = "; ".join(
            f"{name.replace('_', ' ')} {_listed(list(shown(name, values).values()))}"
            for name, values in self.given.items()
        )
        return f"{self.title} ({told})" if told else self.title

    @property
    def every_axis(self) -> dict[str, list[Any]]:
        """The axes with their values, the variants first; a search's axis has none of its own."""
        return {**({VARIANT: list(self.variants)} if self.variants else {}), **self.axes}

    def jobs(self) -> list[Job]:
        """Every run of a sweep without a search, the last axis fastest."""
        return list(self._all)

    @cached_property
    def _all(self) -> tuple[Job, ...]:
        return tuple(self.job(point) for point in points(self))

    def job(self, point: Point) -> Job:
        """The run at one place. Raises `ValueError` where its settings will not do."""
        key = tuple(point.items())
        if key not in self._made:
            self._made[key] = self._make(point)
        return self._made[key]

    @cached_property
    def _made(self) -> dict[tuple[tuple[str, Any], ...], Job]:
        """The jobs by their places: a pool asks for all of them after each result."""
        return {}

    def _make(self, point: Point) -> Job:
        given = {key: value for key, value in self.base.items() if key not in ("task", "preset")}
        named = self.variants.get(point.get(VARIANT, ""), {})
        own = {key: value for key, value in point.items() if key != VARIANT}
        size = self._corpus_size({**given, **named, **own})
        kinds = self._kinds({**given, **named, **own}, size)
        given = {name: value for name, value in given.items() if belongs(Settings.__dataclass_fields__[name], *kinds)}
        settings = make_settings(self.task, {"threads": 1, **given, **named, **own}, self.base.get("preset"), size)
        return Job(job_name(point, self.every_axis), point, settings, self.syntax)

    def _corpus_size(self, given: Mapping[str, Any]) -> int:
        """Bytes of the corpus of a run that is given these settings, where its preset may follow them."""
        if not self.base.get("preset") or not TASKS[self.task].has_corpus:
            return 0
        name = given.get("corpus", "")
        if name not in self.sizes:
            from rnntui.runs import making  # help needs the plans' names alone

            self.sizes[name] = making.corpus_size(self.task, given)
        return self.sizes[name]

    def _kinds(self, given: Mapping[str, Any], size: int) -> tuple[str, str]:
        """The cell and the optimizer of a run that is given these settings and learns a corpus of so many bytes."""
        preset = self.base.get("preset")
        values = {**(preset_rule(preset, self.task, given).values(size, given) if preset else {}), **given}
        cell, optimizer = (values.get(name, default_of(self.task, name)) for name in ("cell", "optimizer"))
        return cell, optimizer

    @property
    def task(self) -> str:
        return str(self.base.get("task", next(iter(TASKS))))

    def cells(self) -> list[str]:
        """Every cell that its runs use, each once."""
        named = [self.base.get("cell"), *self.axes.get("cell", ()), *(v.get("cell") for v in self.variants.values())]
        return list(dict.fromkeys(cell for cell in named if cell))

    def as_dict(self) -> dict[str, Any]:
        """The whole plan, as a dictionary for JSON."""
        content: dict[str, Any] = to_builtins(self)
        return content

    def as_content(self) -> PlanContent:
        """The whole plan, for `sweep.json`."""
        return convert(to_builtins(self), PlanContent)

    @classmethod
    def from_content(cls, content: PlanContent) -> "Plan":
        """The plan that a `sweep.json` holds, checked like one that is read for the first time; raises as `checked`."""
        plan = cls(
            content.name,
            content.title,
            dict(content.base),
            {name: list(values) for name, values in content.axes.items()},
            {name: dict(values) for name, values in content.variants.items()},
            content.search,
            content.figure,
            {name: list(values) for name, values in content.given.items()},
            syntax.from_content(content.syntax) if content.syntax is not None else None,
            dict(content.sizes),
        )
        return checked(plan, "its plan", is_new=False)

    def with_given(self, given: Mapping[str, Sequence[Any]]) -> "Plan":
        """The plan with axes and base settings replaced: several values make an axis, one a base setting.

        Raises `ValueError` for a setting that the variants or the search decide.
        """
        if not given:
            return self
        base, axes, changed = dict(self.base), dict(self.axes), dict(self.given)
        for name, values in given.items():
            if any(name in named for named in self.variants.values()):
                raise ValueError(f"{option(name)}: sweep {self.name!r} sets it in its variants")
            if self.search is not None and name == self.search.axis:
                raise ValueError(f"{option(name)}: sweep {self.name!r} searches for it itself; --limit bounds it")
            if list(shown(name, values).values()) != axes.get(name, [base.get(name)]):
                changed[name] = list(values)
            if len(values) > 1 or name in axes:
                base.pop(name, None)
                axes[name] = list(values)
            else:
                base[name] = values[0]
        return checked(replace(self, base=base, axes=axes, given=changed))

    def with_limit(self, limit: int | None) -> "Plan":
        """The plan with another bound on its search, which starts there at the latest.

        Raises `ValueError` where it searches for nothing.
        """
        if limit is None:
            return self
        if self.search is None:
            raise ValueError(f"--limit bounds a search, and sweep {self.name!r} has none")
        if limit < 1:
            raise ValueError(f"--limit must be at least 1, not {limit}")
        start = min(self.search.start, limit)
        return checked(replace(self, search=structs.replace(self.search, start=start, limit=limit)))


def _listed(values: Sequence[Any]) -> str:
    words = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    return ", ".join(words if len(words) <= LISTED else [*words[:3], f"… {words[-1]}"])


# --- reading --------------------------------------------------------------------------------------------------------


def find(reference: str) -> Plan:
    """The built-in plan of that name, or the one in that file. Raises `ValueError` where there is none."""
    if reference in BUILT_IN:
        text = resources.files("rnntui.sweeps").joinpath("builtin", f"{reference}.toml").read_text(encoding="utf-8")
        return read(text, reference, f"the built-in sweep {reference!r}")
    path = Path(reference)
    if path.suffix != ".toml":
        known = ", ".join(BUILT_IN)
        raise ValueError(
            f"no sweep {reference!r}{nearest(reference, BUILT_IN)}: there are {known}, or name a .toml file"
        )
    raw = read_bytes(path, f"the sweep file {reference!r}", LARGEST_FILE)
    try:
        text = raw.decode("utf-8-sig")  # some editors put a byte order mark first
    except UnicodeDecodeError:
        raise ValueError(f"the sweep file {reference!r} is not a text in UTF-8") from None
    return read(text, path.stem, repr(reference))


def read(text: str, name: str, where: str) -> Plan:
    """A plan from TOML. Raises `ValueError`, naming the key, for all that is not understood."""
    table = _table(toml_reading.parsed(text, where), where)
    plan = Plan(
        name,
        name if table.title is None else table.title,
        table.base,
        table.axes,
        table.variants,
        table.search,
        table.figure,
        syntax=syntax.from_content(table.syntax) if table.syntax is not None else None,
    )
    return checked(plan, where)


def _table(content: dict[str, Any], where: str) -> PlanTable:
    """The content of a plan by its schema. Raises `ValueError`, naming the key, for what is not of it."""
    parts = {"search": Search, "figure": Figure, "syntax": SyntaxContent}
    _known(content, PlanTable.__struct_fields__, where)
    for key in PlanTable.__struct_fields__[1:]:
        if not isinstance(content.get(key, {}), dict):
            raise ValueError(f"{where}: {key} must be a table, [{key}]")
    for key, kind in parts.items():
        _known(content.get(key, {}), kind.__struct_fields__, f"{where}: [{key}]")
    try:
        return convert(content, PlanTable)
    except ValidationError as error:
        raise ValueError(f"{where}: {in_words(error)}") from None


def checked(plan: Plan, where: str = "the sweep", *, is_new: bool = True) -> Plan:
    """The plan, its values made the settings' own kinds. Raises `ValueError` for all that will not do.

    One that is not new is of a sweep that was begun, with an earlier version perhaps.
    """
    task = plan.task
    if task not in TASKS:
        raise ValueError(f"{where}: no task {task!r}{nearest(task, TASKS)}: there are {', '.join(TASKS)}")
    if plan.syntax is not None and (not TASKS[task].generates or plan.search is not None):
        raise ValueError(f"{where}: [syntax] is for text networks, and not together with a [search]")
    if (preset := plan.base.get("preset")) is not None and preset not in presets():
        raise ValueError(f"{where}: no preset {preset!r}: there are {', '.join(presets())}")
    settings = {name: value for name, value in plan.base.items() if name not in ("task", "preset")}
    base = {name: _value(task, name, value, f"{where}: [base]") for name, value in settings.items()}
    axes = {name: _axis(task, name, values, where) for name, values in plan.axes.items()}
    variants = {name: _variant(task, name, values, where) for name, values in plan.variants.items()}
    _check_once(base, axes, variants, plan.search, where)
    if not axes and not variants:
        raise ValueError(f"{where} has no [axes]: name a setting and its values, such as length = [5, 10]")
    kept: dict[str, Any] = {name: plan.base[name] for name in ("task", "preset") if name in plan.base}
    figure = _figure(plan, axes, where)
    done = replace(plan, base={**kept, **base}, axes=axes, variants=variants, figure=figure)
    _check_points(done, where, is_new=is_new)
    return done


def _known(table: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in table:
        if name not in names:
            raise ValueError(f"{where}: no key {name!r}{nearest(name, names)}: there are {', '.join(names)}")


def _value(task: str, name: str, value: Any, where: str) -> Any:
    known = {setting.name: kind_of(setting) for setting in settings_of(task)}
    if name not in known:
        raise ValueError(f"{where}: the {task} task has no setting {name!r}{nearest(name, known)}")
    return _of_kind(value, known[name], f"{where}: {name}")


def _of_kind(value: Any, kind: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        told = repr(value) if isinstance(value, str | int | float) else f"{value}"  # a date of TOML
        raise ValueError(f"{where} must be {KINDS[kind]}, not {told}")
    return value


def _axis(task: str, name: str, values: Any, where: str) -> list[Any]:
    if not isinstance(values, list):
        raise ValueError(f"{where}: the axis {name} must be a list of values, not {values!r}")
    if not values:
        raise ValueError(f"{where}: the axis {name} is empty")
    made = [_value(task, name, value, f"{where}: [axes]") for value in values]
    seen: set[Any] = set()
    for value in made:
        if value in seen:
            raise ValueError(f"{where}: the axis {name} has {value!r} twice")
        seen.add(value)
    return made


def _variant(task: str, name: str, table: Any, where: str) -> dict[str, Any]:
    if not isinstance(table, dict) or not table:
        raise ValueError(f"{where}: the variant {name!r} must be a table of settings")
    return {key: _value(task, key, value, f"{where}: variant {name!r}") for key, value in table.items()}


def _check_once(
    base: Mapping[str, Any],
    axes: Mapping[str, Any],
    variants: Mapping[str, Mapping[str, Any]],
    search: Search | None,
    where: str,
) -> None:
    """Check that no setting is given in two places."""
    places = [("[base]", set(base)), ("[axes]", set(axes)), ("[variants]", set().union(*variants.values()))]
    places.append(("[search]", {search.axis} if search is not None else set()))
    for (one, first), (other, second) in itertools.combinations(places, 2):
        for name in first & second:
            if (one, other) != ("[base]", "[variants]"):  # a variant may differ from the base
                raise ValueError(f"{where}: {name} is set in {one} and in {other}: set it in one of them only")


def _figure(plan: Plan, axes: Mapping[str, list[Any]], where: str) -> Figure:
    """The figure, with default axes."""
    every = [*([VARIANT] if plan.variants else []), *axes, *([plan.search.axis] if plan.search else [])]
    named = [axis for axis in every if axis != "seed"]  # what is drawn is over all seeds
    figure = plan.figure
    if figure.kind not in FIGURES:
        raise ValueError(f"{where}: [figure] kind {figure.kind!r} is unknown: there are {', '.join(FIGURES)}")
    for part in ("x", "line", "panel", "choose"):
        if (axis := getattr(figure, part)) and axis not in named:
            raise ValueError(
                f"{where}: [figure] {part} = {axis!r} is not an axis: there are {', '.join(named) or 'none'}"
            )
    if plan.search is not None:
        return structs.replace(figure, kind="frontier", x=plan.search.axis, line=figure.line or named[0])
    if figure.kind == "frontier":
        raise ValueError(f"{where}: a frontier figure needs a table [search]")
    if not named:
        return structs.replace(figure, kind="curves")  # seeds alone lie along nothing
    free = [name for name in named if name not in structs.astuple(figure)]
    numbers = [name for name in free if name != VARIANT and not isinstance(axes[name][0], str)]
    x = figure.x or (numbers or free or named)[0] if figure.kind == "accuracy" else figure.x
    rest = [name for name in free if name != x]
    return structs.replace(figure, x=x, line=figure.line or (rest[0] if rest else ""))


def _check_points(plan: Plan, where: str, *, is_new: bool) -> None:
    """Every combination makes settings, those of a new run where the plan is new, and no two the same folder."""
    count = math.prod(map(len, plan.every_axis.values()))
    if count > MOST:
        raise ValueError(f"{where}: its axes make {count:,} runs; the maximum is {MOST:,}")
    try:
        _check_values(plan)
        jobs = plan.jobs() if plan.search is None else list(_samples(plan))
        check_names([job.name for job in jobs])
        for job in jobs if is_new else ():
            check_new(job.settings)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _check_values(plan: Plan) -> None:
    """Make a run of each value on its own: what is wrong with one is found before all combinations are made."""
    first: Point = {axis: values[0] for axis, values in plan.every_axis.items()}
    if plan.search is None and len(first) > 1:
        for axis, values in plan.every_axis.items():
            for value in values[1:]:
                plan.job({**first, axis: value})


def _samples(plan: Plan) -> Iterator[Job]:
    """The runs at both ends of a search's range."""
    assert plan.search is not None
    search = plan.search
    known = {setting.name: kind_of(setting) for setting in settings_of(plan.task)}
    if known.get(search.axis) is not int or search.axis == "seed":
        raise ValueError(f"[search] axis {search.axis!r} is not a whole-number setting of the {plan.task} task")
    if not 1 <= search.start <= search.limit:
        raise ValueError(f"[search] start must be from 1 to limit = {search.limit}, not {search.start}")
    if not 0 < search.share <= 1:
        raise ValueError(f"[search] share must be above 0 and at most 1, not {search.share}")
    for value in dict.fromkeys((search.start, search.limit)):
        for point in points(plan):
            job = plan.job(at(point, search.axis, value))
            if job.settings.steps < WINDOW:
                raise ValueError(
                    f"[search] needs at least {WINDOW} steps to see what is solved, not {job.settings.steps}"
                )
            yield job


def at(point: Point, axis: str, value: int) -> Point:
    """The place where a search along `axis` has this value; the seed stays last."""
    return {**{k: v for k, v in point.items() if k != "seed"}, axis: value, **_seed(point)}


def _seed(point: Point) -> Point:
    return {"seed": point["seed"]} if "seed" in point else {}


def points(plan: Plan) -> list[Point]:
    """Every place on the axes that have values, the last axis fastest."""
    axes = plan.every_axis
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
