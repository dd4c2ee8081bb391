"""`rnntui sweep`: runs a plan, on a screen or without, and writes its results to files."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rnntui import runs
from rnntui.commands import sweep_report, sweep_syntax_report, unusual_settings
from rnntui.commands.progress import waiting
from rnntui.commands.progress.sweep import SweepDisplay, display
from rnntui.config import nearest, option, parse
from rnntui.runs import SWEEP, next_commands
from rnntui.runs.folders import option_for, place, sweep_called
from rnntui.specs import TASKS
from rnntui.sweeps import adhoc
from rnntui.sweeps import plan as plans
from rnntui.sweeps.folder import LOG, Sweep, read_plan
from rnntui.sweeps.places import choice as places
from rnntui.sweeps.places.choice import Where
from rnntui.sweeps.plan import Plan
from rnntui.sweeps.pool import Pool
from rnntui.sweeps.standing import StandingWriter, is_driven
from rnntui.sweeps.table import CSV, FIGURES_DRAWN, TABLE, Reference, read_reference
from rnntui.system import consent, output
from rnntui.system.output import as_json, say
from rnntui.system.python import module_command
from rnntui.system.signals import BY_SIGNAL, FAILED, Signals
from rnntui.text.format import counted, listed
from rnntui.text.sanitize import shown_text

POLL_SECONDS = 0.5
LOOK_SECONDS = 0.1  # from one look at a process that begins to the next


@dataclass(frozen=True)
class SweepRequest:
    """The options of a sweep besides the settings."""

    name: str | None = None
    seeds: int | None = None
    limit: int | None = None
    only_report: bool = False
    is_dry_run: bool = False  # show what would be submitted, and submit nothing
    to: Path | None = None  # folder of the results, where not the sweep's own
    overwrite: bool = False  # what is in that folder already
    reference: Path | None = None
    headless: bool = False
    wants_json: bool = False
    detach: bool = False  # a process of its own drives it
    where: Where = field(default_factory=Where)  # the runs are trained


def run(root: Path, reference: str | None, given: Mapping[str, Any], request: SweepRequest) -> int:
    """Run a sweep, or resume it, and write its results; the exit status.

    `reference` is a plan, a sweep that was begun, or the task of one that is typed; `None` is the first task.
    Raises `ValueError` for a plan, a name or a reference that will not do.
    """
    known = read_reference(request.reference) if request.reference is not None else None
    if request.is_dry_run:
        return _show_script(root, reference, given, request)
    if request.only_report:
        sweep, status = _to_report(root, reference, given, request), 0
        _check_reference(sweep.plan, known)
        _check_folder(request, sweep.path)
    else:
        plan = _planned(root, reference, given, request)
        _check_reference(plan, known)
        _check_folder(request, root / (request.name or plan.name))
        if request.detach:
            return _detach(root, plan, request)
        sweep, status = train(root, plan, request)
    if request.to is not None:
        request.to.mkdir(parents=True, exist_ok=True)
    its = sweep_report if sweep.plan.syntax is None else sweep_syntax_report
    files = its.write(sweep, request.to or sweep.path, known)
    if request.wants_json:
        print(as_json(its.as_dict(sweep, known)))
    else:
        its.tell(sweep, files, known)
    return status


def list_plans(root: Path, request: SweepRequest) -> None:
    """The built-in sweeps, what each is about, and those that were begun. Raises `ValueError` for other requests."""
    if request != SweepRequest(wants_json=request.wants_json):
        raise ValueError(
            "name a sweep, or settings with several values, such as --cell rnn,lstm; without either, sweeps are listed"
        )
    built_in, begun = [plans.find(name) for name in plans.BUILT_IN], [path.name for path in runs.sweeps(root)]
    if request.wants_json:
        print(as_json({"built_in": [plan.as_dict() for plan in built_in], "begun": begun}))
        return
    width = 2 + max(len(plan.name) for plan in built_in)
    for plan in built_in:
        print(f"{plan.name:{width}}{plan.title}")
    print(f"\nbegun in {str(root.absolute())!r}: {shown_text(listed(begun)) or 'none yet'}")
    print("`rnntui sweep NAME` runs or resumes one; `rnntui sweep --cell rnn,lstm --seeds 3` is one of your own,")
    print("and so is a file: [base] settings, [axes] lists of values (docs/sweeps.md)")


def lists(given: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The settings that were given, each a list of values. Raises `ValueError`, naming the option."""
    typed = {name: value for name, value in given.items() if value is not None}
    values_of = {name: _values(name, value) if isinstance(value, str) else [value] for name, value in typed.items()}
    for cell in values_of.get("cell", ()):
        consent.give(cell)
    return values_of


def _values(name: str, text: str) -> list[Any]:
    return [parse(name, word.strip()) for word in text.split(",")]


# --- from the disk --------------------------------------------------------------------------------------------------


def _to_report(root: Path, reference: str | None, given: Mapping[str, Any], request: SweepRequest) -> Sweep:
    """The sweep to be drawn as it is on disk; a plan's file that was edited since gives its title and figure anew."""
    _check_only_report(given, request)
    name = request.name or (None if reference is None else _stem(reference))
    if name is None:
        raise ValueError("--report draws a sweep that has begun: name it")
    if not (root / name / SWEEP).exists():
        raise ValueError(_not_begun(root, name, reference or name))
    sweep = Sweep.read(root, name)
    if reference is not None and Path(reference).suffix == ".toml" and Path(reference).exists():
        edited = plans.find(reference)
        sweep.plan = plans.checked(replace(sweep.plan, title=edited.title, figure=edited.figure), repr(reference))
    return sweep


def _not_begun(root: Path, name: str, reference: str) -> str:
    """An error that there is no such sweep to report, with the nearest name or the command that trains it."""
    begun = [path.name for path in runs.sweeps(root)]
    can_run = reference in plans.BUILT_IN or (Path(reference).suffix == ".toml" and Path(reference).exists())
    named = "" if name == _stem(reference) else f" --name {shlex.quote(name)}"
    words = f"{shlex.quote(reference)}{named}" if can_run else ""
    way = f"`{f'rnntui sweep {words}'.strip()}{option_for(root)}` {'runs it' if can_run else 'lists them'}"
    return f"there is no sweep {name!r}{nearest(name, begun)} in {place(root)} yet: {way}"


def _check_folder(request: SweepRequest, own: Path) -> None:
    """Raise `ValueError`, before anything is trained, where results would take the place of what is no sweep's own."""
    if request.to is None:
        if request.overwrite:
            raise ValueError("--overwrite applies to the folder of --to: add --to FOLDER, or leave it out")
        return
    if request.to.exists() and not request.to.is_dir():
        raise ValueError(f"--to {str(request.to)!r} is not a folder")
    there = [name for name in (CSV, TABLE, *FIGURES_DRAWN) if os.path.lexists(request.to / name)]
    if there and not request.overwrite and request.to.resolve() != own.resolve():
        raise ValueError(
            f"--to {str(request.to)!r} has {', '.join(there)} already: name another folder, or add --overwrite to "
            "replace them"
        )


def _check_reference(plan: Plan, known: Reference | None) -> None:
    """Raise `ValueError`, before anything is trained, for accuracies beside a sweep that measures none."""
    if known is not None and plan.syntax is not None:
        raise ValueError("--reference has accuracies, and this sweep measures syntax: leave it out")


def _stem(reference: str) -> str:
    return Path(reference).stem if Path(reference).suffix == ".toml" else reference


def _check_only_report(given: Mapping[str, Any], request: SweepRequest) -> None:
    """Raise `ValueError` for options that have no effect on a report."""
    asked = {**given, "seeds": request.seeds, "limit": request.limit, **vars(request.where)}
    for name, value in asked.items():
        if value is not None:
            raise ValueError(f"{option(name)} is for training, and --report trains nothing: leave one of them out")


# --- to be trained --------------------------------------------------------------------------------------------------


def _planned(root: Path, reference: str | None, given: Mapping[str, Any], request: SweepRequest) -> Plan:
    """The named or typed plan, with the given settings in place of its own."""
    asked = _asked(given, request)
    if reference is None or (reference in TASKS and not (root / reference / SWEEP).exists()):
        typed = adhoc.planned(reference or next(iter(TASKS)), asked)
        return replace(typed, name=adhoc.named(root, typed)).with_limit(request.limit)
    return _find(root, reference, given, request).with_given(asked).with_limit(request.limit)


def _asked(given: Mapping[str, Any], request: SweepRequest) -> dict[str, list[Any]]:
    """The settings that were given, `--seeds` among them. Raises `ValueError`, naming the option."""
    asked = lists(given)
    if request.seeds is not None:
        if "seed" in asked:
            raise ValueError("--seeds and --seed both name the seeds: give one of them")
        if request.seeds < 1:
            raise ValueError(f"--seeds must be at least 1, not {request.seeds}")
        asked["seed"] = list(range(request.seeds))
    if request.where.workers is not None and request.where.workers < 1:
        raise ValueError(f"--workers must be at least 1, not {request.where.workers}")
    places.check(request.where, is_shown=request.is_dry_run)
    return asked


def _show_script(root: Path, reference: str | None, given: Mapping[str, Any], request: SweepRequest) -> int:
    """Print what would be submitted to SLURM. Raises `ValueError` where nothing is left to be trained."""
    if request.only_report:
        raise ValueError("--dry-run shows how a sweep is trained, and --report trains nothing: leave one of them out")
    plan = _planned(root, reference, given, request)
    sweep = Sweep(root / (request.name or plan.name), plan)
    sweep.refresh()
    if not sweep.wanted():
        raise ValueError(f"--dry-run: nothing is left to be trained in sweep {sweep.name!r}")
    script = places.script(sweep, request.where)
    print(as_json({"runs": [job.name for job in sweep.wanted()], "script": script}) if request.wants_json else script)
    return 0


def _find(root: Path, reference: str, given: Mapping[str, Any], request: SweepRequest) -> Plan:
    """The plan of that name or in that file; a sweep that was begun is resumed by its name as it was begun."""
    is_plain = request.name is None and request.seeds is None and request.limit is None
    is_plain = is_plain and all(value is None for value in given.values())
    is_a_plan = reference in plans.BUILT_IN or Path(reference).suffix == ".toml"
    is_begun = (root / reference / SWEEP).exists()
    if not is_a_plan and not is_begun:
        known = [*plans.BUILT_IN, *(path.name for path in runs.sweeps(root))]
        raise ValueError(
            f"no sweep {reference!r}{nearest(reference, known)} is built in or begun in {place(root)}: `rnntui "
            f"sweep{option_for(root)}` lists them; or name a .toml file, or a task"
        )
    if is_begun and (not is_a_plan or (is_plain and reference in plans.BUILT_IN)):
        begun = replace(plans.checked(read_plan(root / reference)), name=reference)
        if reference in plans.BUILT_IN and begun != plans.find(reference):
            say(f"{reference}: resumes with the settings it was begun with")
        return begun
    return plans.find(reference)


def _detach(root: Path, plan: Plan, request: SweepRequest) -> int:
    """Let a process of its own drive the sweep, once it is made and checked; the exit status."""
    odd = "--headless" if request.headless else "--json" if request.wants_json else "--report"
    if request.headless or request.wants_json or request.only_report:
        raise ValueError(f"--detach trains without a terminal, so there is nothing for {odd} to show: leave it out")
    for cell in plan.cells():
        consent.check(cell, f"sweep {plan.name!r}")
    with waiting.reading("the corpus") as wait:
        sweep = Sweep.open(root, request.name, plan, wait)
    try:
        left, log = len(sweep.wanted()), open(sweep.folder.open_new(LOG), "wb")  # noqa: SIM115
    finally:
        sweep.close()
    name = sweep_called(sweep.path)
    with log:
        process = subprocess.Popen(
            [*module_command("rnntui"), "sweep", sweep.name, *_typed(root, plan, request)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    say(f"{sweep.name}: {counted(left, 'run')} to do; waiting for the process that drives them …")
    while not is_driven(sweep) and process.poll() is None:
        time.sleep(LOOK_SECONDS)
    if process.poll() not in (None, 0):
        raise RuntimeError(f"the process that was to drive sweep {sweep.name!r} ended: {_last_words(sweep)}")
    print(
        f"{sweep.name}: it goes on in process {process.pid}; `rnntui attach {name}` shows it, `rnntui stop {name}` "
        f"saves and ends it"
    )
    return 0


def _typed(root: Path, plan: Plan, request: SweepRequest) -> list[str]:
    """The options of the command that drives a sweep which was begun."""
    where = request.where
    given = {"runs": root.absolute(), "to": request.to, "reference": request.reference, "on": where.on}
    given |= {name: getattr(where, name) for name in ("workers", "cpus_per_run", "gpus_per_run")}
    words = [word for name, value in given.items() if value is not None for word in (option(name), str(value))]
    words += [word for value in where.slurm or () for word in ("--slurm", value)]
    words += [] if where.shared is None else ["--shared" if where.shared else "--no-shared"]
    words += ["--overwrite"] if request.overwrite else []
    return [*words, "--headless", *(["--trust"] if any(map(consent.is_own, plan.cells())) else [])]


def _last_words(sweep: Sweep) -> str:
    with suppress(OSError):
        if words := (sweep.path / LOG).read_text(errors="replace").strip(" \n│╭╮╰╯─"):
            return " ".join(line.strip(" │") for line in words.splitlines()[-3:])
    return "it left no word"


def train(root: Path, plan: Plan, request: SweepRequest) -> tuple[Sweep, int]:
    """Train what is wanted, with a screen where there is a terminal; the sweep and the exit status."""
    for cell in plan.cells():
        consent.check(cell, f"sweep {plan.name!r}")
    with waiting.reading("the corpus") as wait:
        sweep = Sweep.open(root, request.name, plan, wait)
    if left := len(sweep.wanted()):
        say(f"{sweep.name}: {counted(left, 'run')} to do; {next_commands.sweep_resumed_by(sweep.path)} resumes it")
    for sentence in unusual_settings.high_rates(job.settings for job in sweep.wanted()):
        say(f"{sweep.name}: {sentence}")
    try:
        if request.headless or request.wants_json or not output.is_terminal():
            return sweep, follow(sweep, request.where)
        from rnntui.tui.sweep.app import open_sweep

        return sweep, open_sweep(sweep, request.where)
    finally:
        sweep.close()


def follow(sweep: Sweep, where: Where) -> int:
    """Poll the pool until all is done or a signal comes; returns the exit status. Raises if nothing can be trained."""
    with Signals() as signals:
        pool, shown = Pool(sweep, where.workers, places.open_at(sweep, where)), display()
        try:
            try:
                _turn(pool, shown, signals)
            finally:
                pool.close()
        finally:
            shown.close(pool)
    if signals.caught is not None:
        say(f"{sweep.name}: stopped; {next_commands.sweep_resumed_by(sweep.path)} resumes it where it stopped")
        return BY_SIGNAL + signals.caught
    if pool.failure is not None:
        raise pool.failure
    return FAILED if any(result.state == "failed" for result in sweep.results.values()) else 0


def _turn(pool: Pool, shown: SweepDisplay, signals: Signals) -> None:
    standing = StandingWriter(pool)
    try:
        while not pool.is_over and signals.caught is None:
            pool.poll()
            news = pool.news()
            shown.show(pool, news)
            standing.tell(news)
            pool.wait(POLL_SECONDS)
    finally:
        standing.close()
    if signals.caught is not None:
        shown.say(f"{signal.Signals(signals.caught).name}: the runs save and stop")
