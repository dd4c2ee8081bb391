"""Typer commands, nothing else: each passes its arguments on to `rnntui.commands`.

Only the standard library, typer and the light modules are imported at module scope; heavy modules are imported inside
the commands, so that `--help` and completion answer at once. A `ValueError` is a user's mistake: one sentence in
Typer's box, exit status 2.
"""

import importlib
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

import rnntui
from rnntui import config, corpora, runs, specs
from rnntui.commands.front_end_options import Detach, Every, Headless, Json, Plain, with_front_end
from rnntui.commands.options import (
    above,
    corpus_names,
    offering,
    real,
    starting_with,
    trust,
    trust_here,
    typed,
    values,
    whole,
    with_settings,
)
from rnntui.commands.outcome import Commands
from rnntui.commands.plot import request as plot_request
from rnntui.commands.run_names import all_named, named
from rnntui.commands.theme_option import THEME, Theme, with_theme
from rnntui.runs import tail, weights
from rnntui.runs.finding import ANY, LAST, TRAINED
from rnntui.runs.networks import Adaptation
from rnntui.runs.steps import NAMED, Behind, read_at, step_at
from rnntui.runs.writers import LENGTH, Sampling, read_steps, read_temperatures
from rnntui.runs.writers import writers as side_by_side
from rnntui.specs import TASKS
from rnntui.sweeps import plan
from rnntui.syntax import KINDS
from rnntui.system import output
from rnntui.system.signals import FAILED
from rnntui.text.format import listed
from rnntui.text.sanitize import shown_text

LEARN, LOOK, PLACE = "Learn", "Look and read", "Texts and machine"

app = typer.Typer(
    cls=Commands,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
runs_app = typer.Typer(rich_markup_mode="rich")
corpora_app = typer.Typer(rich_markup_mode="rich")
config_app = typer.Typer(rich_markup_mode="rich")


def main() -> None:
    """The command `rnntui`."""
    app(prog_name="rnntui")


# --- options that several commands have -----------------------------------------------------------------------------


def _completing_in(ctx: typer.Context) -> Path:
    """The folder of runs whose names are offered; a configuration that will not do offers those of the usual one."""
    with suppress(ValueError):
        return ctx.params.get("folder") or runs.folder()
    return Path("runs")


def _run_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Runs; behind a sweep's name and a slash, its runs."""
    root, (sweep, slash, _) = _completing_in(ctx), incomplete.partition("/")
    if slash:
        return starting_with(incomplete, [f"{sweep}/{run.path.name}" for run in runs.listed(root / sweep)])
    return starting_with(incomplete, ["last", *(run.name for run in runs.listed(root))])


def _network_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Runs; behind a plus sign, another one."""
    from rnntui.runs.networks import JOIN

    before, plus, begun = incomplete.rpartition(JOIN)
    return [f"{before}{plus}{name}" for name in _run_names(ctx, begun)] or _run_names(ctx, incomplete)


def _compared_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Runs as above, and sweeps."""
    root = _completing_in(ctx)
    if "/" in incomplete:
        return _run_names(ctx, incomplete)
    return starting_with(incomplete, [*_run_names(ctx, incomplete), *(path.name for path in runs.sweeps(root))])


def _fetchable_names(incomplete: str) -> list[str]:
    return starting_with(incomplete, [entry.name for entry in corpora.listing() if not entry.is_here])


def _best(incomplete: str) -> list[str]:
    return starting_with(incomplete, NAMED)


RUN_HELP = "A run's name (in a sweep: SWEEP/RUN), its path, or 'last': the newest suitable run."
RunName = Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=_run_names)]
ResumedRuns = Annotated[list[str], typer.Argument(metavar="RUN...", help=RUN_HELP, autocompletion=_run_names)]
NETWORK_HELP = f"{RUN_HELP} A+B+C is the mean of several networks, A@STEP or A@best one of its checkpoints."
NetworkName = Annotated[str, typer.Argument(metavar="RUN", help=NETWORK_HELP, autocompletion=_network_names)]
SWEEP_HELP = f"{RUN_HELP} Or a sweep's name."
RunOrSweep = Annotated[str, typer.Argument(metavar="RUN|SWEEP", help=SWEEP_HELP, autocompletion=_compared_names)]
RunsOrSweeps = Annotated[
    list[str], typer.Argument(metavar="RUN|SWEEP...", help=SWEEP_HELP, autocompletion=_compared_names)
]
Folder = Annotated[
    Path | None,
    typer.Option("--runs", metavar="FOLDER", help="Folder of the runs (default RNNTUI_RUNS, else runs/)."),
]
Trust = Annotated[
    bool,
    typer.Option("--trust", help="Import the custom cell that a run names; its code will run.", callback=trust),
]
TrustHere = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Import the custom cell that a run or a plan names, even from the working folder; its code will run.",
        callback=trust_here,
    ),
]
Encoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        help="Encoding of the text, such as cp1250 or shift_jis (default detected).",
        metavar="NAME",
        show_default=False,
    ),
]


def _folder(given: Path | None) -> Path:
    return given or runs.folder()


def _check_no_json_above(ctx: typer.Context) -> None:
    if above(ctx, "as_json"):
        raise ValueError(f"--json: {ctx.info_name} has no result to print: leave it out")


# --- learn ----------------------------------------------------------------------------------------------------------


@app.callback(invoke_without_command=True)
@with_theme
def about(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    folder: Folder = None,
) -> None:
    """A laboratory for recurrent networks in the terminal.

    `rnntui train` opens it: one network learns palindromes, another a text, and you watch. `rnntui` alone lists all
    runs, to be opened, compared and resumed.
    """
    if version:
        typer.echo(f"rnntui {rnntui.__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is not None:
        if folder is not None:
            raise ValueError(f"--runs goes behind the command: rnntui {ctx.invoked_subcommand} … --runs {folder}")
    elif output.draws_screens():
        from rnntui.commands import home

        raise typer.Exit(home.show(_folder(folder)))
    else:
        typer.echo(ctx.get_help())


@app.command(rich_help_panel=LEARN)
@with_theme
@with_settings()
@with_front_end
def train(
    task: Annotated[
        str | None,
        typer.Argument(
            metavar="|".join(TASKS),
            help="What to learn; without a task, palindromes and a text side by side.",
            autocompletion=offering(TASKS),
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the new run (default task, cell and a number).", metavar="NAME")
    ] = None,
    folder: Folder = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help=config.preset_help(), metavar="|".join(specs.presets()), autocompletion=offering(specs.presets())
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Begin with the weights of another run, at its newest checkpoint (the best, where that is worse) or "
            "that of a step. Its network is taken over; characters that are new to it get weights of their own.",
            metavar="RUN[@STEP|@best|@newest]",
            show_default=False,
            autocompletion=_run_names,
        ),
    ] = None,
    trust: TrustHere = False,
    *,
    how: Any,
    **given: Any,
) -> None:
    """Train a network from the beginning, as a new run, or with --from from where another run is.

    On a terminal this opens the screen; with --headless, or when the output is not a terminal, a progress bar.
    """
    from rnntui.commands import default_options, front_end, launch
    from rnntui.commands.unusual_settings import high_rates
    from rnntui.runs import making, origin

    root, asked, start = _folder(folder), values(given), None  # what names a cell says that it may be imported
    if source is not None:
        start = origin.read(root, source)
        task = task or start.run.settings().task
    if task is None:
        pair = launch.side_by_side(asked, preset)
        new = [(name and f"{name}-{settings.task}", settings) for settings in pair]
    else:
        settings = launch.settings_of(task, asked, preset, start)
        new = [(name, settings)]
        if (started_from := preset or making.usual_preset(task)) is not None:
            network = origin.network_of(settings) if start is not None else ()
            own = default_options.of_task(task)
            output.say(config.preset_taken(started_from, settings, {*asked, *network, *own}))
    for sentence in (*(start.notes if start else ()), *high_rates(settings for _, settings in new)):
        output.say(sentence)
    raise typer.Exit(front_end.show(launch.new_runs(root, new, start), root, how))


@app.command(rich_help_panel=LEARN)
@with_theme
@with_settings("steps", "stop_at", "patience", "lr", "clip", "device", "threads", "kernel", defaults_of=())
@with_front_end
def resume(
    run_names: ResumedRuns,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            help="Resume from this full checkpoint (default the newest). Everything after it, rows and later "
            "checkpoints, is deleted once it is loaded; you are asked first.",
            metavar="STEP|best|newest",
            show_default=False,
            autocompletion=_best,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before --at deletes later work.")] = False,
    trust: TrustHere = False,
    folder: Folder = None,
    *,
    how: Any,
    **given: Any,
) -> None:
    """Resume runs from their newest checkpoints, as if they had never stopped; several are shown side by side.

    --steps is the new total, to which a learning rate that falls to zero is stretched. Settings that are not given stay
    as they were. --at goes back to an earlier checkpoint. --kernel takes another kernel from here on, after which
    results are not equal to the bit; auto is the one that the run has.
    """
    from rnntui.commands import front_end, launch

    if yes and at is None:
        raise ValueError("--yes answers the question that --at asks: add --at, or leave it out")
    root, asked = _folder(folder), values(given)
    resumed = launch.resume(root, run_names, asked, read_at(at), (lambda later: None) if yes else _agree_to_go_back)
    unfinished = launch.leave_finished(resumed, asked, wants_json=how.wants_json)
    if unfinished:
        finished = [run for run in resumed if run not in unfinished]
        raise typer.Exit(front_end.show(unfinished, root, how, finished))


@app.command(rich_help_panel=LEARN)
@with_theme
def attach(
    run_names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN...|SWEEP]",
            help=f"{SWEEP_HELP} Default all that train now.",
            autocompletion=_compared_names,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that train now, as without a name.")] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Look only: follow the files of the runs' folders, whoever writes them."),
    ] = False,
    plain: Plain = False,
    pace: Every = None,
    folder: Folder = None,
) -> None:
    """Open the training screen on runs that other processes train, with every key; q closes this window only.

    Several windows may be open on one run. Q saves and ends the training, after a question. A sweep's name shows the
    screen of the sweep, wherever its process is.
    """
    from rnntui.commands import attach as attaching
    from rnntui.commands import front_end

    in_words, seconds = front_end.plain_of(plain, pace)
    if every and run_names:
        raise ValueError("--all takes every run that trains now: leave out the names, or --all")
    raise typer.Exit(attaching.attach(_folder(folder), run_names or (), watch=watch, plain=in_words, every=seconds))


@app.command(rich_help_panel=LEARN)
def stop(
    run_names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN|SWEEP...]",
            help=f"{SWEEP_HELP} Default the one that trains.",
            autocompletion=_compared_names,
        ),
    ] = None,
    folder: Folder = None,
) -> None:
    """Save what other processes train, and end them: runs, which resume goes on with, or a sweep."""
    from rnntui.commands import attach as attaching

    attaching.stop(_folder(folder), run_names or ())


@app.command(rich_help_panel=LEARN)
def serve(
    ctx: typer.Context,
    run_names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN...|SWEEP]",
            help=f"{SWEEP_HELP} Default all that train at the moment when a page is opened.",
            autocompletion=_compared_names,
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address of this machine to serve at.", metavar="ADDRESS")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(help="Port (default 8000, or a free one).", min=1, max=65535, show_default=False),
    ] = None,
    theme: Theme = None,
    folder: Folder = None,
) -> None:
    """Show in a browser what `attach` shows, for whoever has the address that is printed; Ctrl-C closes the pages.

    Needs `pip install 'rnntui[serve]'`. A page that is closed or loaded anew changes nothing, and several may be open.
    """
    from rnntui.commands import serve as serving

    serving.serve(_folder(folder), run_names or (), host, port, theme or above(ctx, THEME))


def _agree_to_go_back(later: Sequence[Behind]) -> None:
    """Raises as `_agree`."""
    _agree(f"This takes {'; '.join(map(str, later))}. Resume?", "--yes resumes without asking")


def _sweep_names(ctx: typer.Context, incomplete: str) -> list[str]:
    begun = (path.name for path in runs.sweeps(_completing_in(ctx)))
    return starting_with(incomplete, dict.fromkeys((*plan.BUILT_IN, *TASKS, *begun)))


@app.command(rich_help_panel=LEARN)
@with_theme
@with_settings()
def sweep(
    plan_name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME|FILE.toml|TASK",
            help=f"Built in are {', '.join(plan.BUILT_IN)}; or a sweep already begun, or the task of a sweep given by "
            "options (default palindrome).",
            autocompletion=_sweep_names,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Folder for its runs under runs/ (default the sweep's name).", metavar="RUNS")
    ] = None,
    trust: TrustHere = False,
    folder: Folder = None,
    seeds: Annotated[int | None, whole("--seeds", "Seeds 0 to N - 1.")] = None,
    workers: Annotated[
        int | None, whole("--workers", "Runs at a time (default one per core; on SLURM jobs at a time, default 256).")
    ] = None,
    limit: Annotated[int | None, whole("--limit", "Largest value that a search tries.")] = None,
    report: Annotated[bool, typer.Option("--report", help="Train nothing; draw the results on disk.")] = False,
    to: Annotated[
        Path | None, typer.Option(help="Folder for tables and figures (default the sweep's).", metavar="FOLDER")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results already in the folder of --to.")
    ] = False,
    reference: Annotated[
        Path | None, typer.Option(help="JSON file of accuracies measured elsewhere, to compare with.", metavar="FILE")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            help="Train on a cluster: slurm; or ray (a Ray cluster of this machine), ray:auto (the one it belongs to) "
            "or ray://HOST:10001 (default processes of this machine).",
            metavar="PLACE",
        ),
    ] = None,
    shared: Annotated[
        bool | None,
        typer.Option(
            "--shared/--no-shared",
            help="Whether the cluster's nodes write into the runs' folder, or send back what they train (default found "
            "out for each node).",
            show_default=False,
        ),
    ] = None,
    cpus_per_run: Annotated[
        float | None, real("--cpus-per-run", "Cores of a node that a run takes (default its --threads).")
    ] = None,
    gpus_per_run: Annotated[
        float | None, real("--gpus-per-run", "GPUs of a node that a run takes, on Ray such as 0.25 (default 0).")
    ] = None,
    slurm: Annotated[
        list[str] | None,
        typer.Option(
            "--slurm",
            help="What SLURM is asked for each job, such as partition=long or time=2:00:00; may be repeated.",
            metavar="KEY=VALUE",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Train nothing; print the sbatch script of --on slurm.")
    ] = False,
    detach: Detach = False,
    headless: Headless = False,
    as_json: Json = False,
    **given: Any,
) -> None:
    """Train many networks and draw the results; started again, it resumes where it stopped.

    Each setting takes a value or, with commas, several: --length 5,10,20. Without a plan, settings with several values
    are the axes: `rnntui sweep text --cell lstm,gru --seeds 3`. Without any argument, sweeps are listed. Results are
    results.csv, table.md, figure.svg and figure.png.
    """
    from rnntui.commands import sweep as sweeps
    from rnntui.sweeps.places.choice import Where

    where = Where(on, shared, cpus_per_run, gpus_per_run, workers, tuple(slurm) if slurm else None)
    request = sweeps.SweepRequest(
        name, seeds, limit, report, dry_run, to, overwrite, reference, headless, as_json, detach, where
    )
    if plan_name is None and not report and seeds is None and all(value is None for value in given.values()):
        sweeps.list_plans(_folder(folder), request)
    else:
        raise typer.Exit(sweeps.run(_folder(folder), plan_name, given, request))


# --- look and read --------------------------------------------------------------------------------------------------


PROMPT_HELP = "Text to continue; '-' reads it from standard input (default a random character{})."
Prompt = Annotated[str, typer.Option(help=PROMPT_HELP.format(""), metavar="TEXT", show_default=False)]
AskedPrompt = Annotated[
    str,
    typer.Option(help=PROMPT_HELP.format("; the screen asks for one"), metavar="TEXT", show_default=False),
]
PromptEncoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        help="Encoding of a prompt on standard input, such as cp1250 or shift_jis (default detected).",
        metavar="NAME",
        show_default=False,
    ),
]
Length = Annotated[int, whole("--length", "Characters to write after the prompt; 0 only reads it.")]
PageLength = Annotated[
    int | None,
    whole(
        "--length",
        f"Characters to write after the prompt; 0 only reads it (default {LENGTH}, on the screen what fills a page).",
    ),
]
UNLESS_WORSE = "(default the newest, or the best where that is better on the held-out text)"


def _checkpoint(default: str) -> Any:
    help, words = f"Checkpoint: a step, best or newest {default}.", "STEP|best|newest"
    return typer.Option("--at", help=help, metavar=words, show_default=False, autocompletion=_best)


CheckpointAt = Annotated[str | None, _checkpoint("(default the newest)")]
WriterAt = Annotated[str | None, _checkpoint(UNLESS_WORSE)]
Weights = Annotated[
    str | None,
    typer.Option(
        weights.OPTION,
        help="Weights of the checkpoint, of a run with --average (default those that are better on the held-out text); "
        "without --at their own loss says whether the newest is worse than the best.",
        metavar="|".join(weights.WEIGHTS),
        show_default=False,
        autocompletion=offering(weights.WEIGHTS),
    ),
]
TEMPERATURE_HELP = "0 takes the most likely character, 1 samples the learned distribution, inf is uniform."
TopK = Annotated[int, whole("--top-k", "Sample from the k most likely characters only; 0 is all.")]
TopP = Annotated[
    float,
    real("--top-p", "Sample from the fewest most likely characters whose probabilities reach this sum; 1 is all."),
]
SampleSeed = Annotated[int, whole("--seed", "The same seed writes the same text.")]
StopAt = Annotated[
    str, typer.Option(help="Stop once the network has written this.", metavar="TEXT", show_default=False)
]
Svg = Annotated[
    Path | None, typer.Option("--svg", help="Draw the text, shaded by surprisal, into this .svg file.", metavar="FILE")
]

ADAPTING = Adaptation()
Adapt = Annotated[
    bool,
    typer.Option(
        "--adapt",
        help="Let the network go on learning from the text, each part once it was predicted (dynamic evaluation).",
    ),
]
AdaptRate = Annotated[
    float | None, real("--adapt-rate", f"How far each of its weights moves in a step (default {ADAPTING.rate:g}).")
]
AdaptLength = Annotated[
    int | None, whole("--adapt-length", f"Characters from one such step to the next (default {ADAPTING.length}).")
]
AdaptDecay = Annotated[
    float | None,
    real("--adapt-decay", f"Share of the way back to the trained weights in a step (default {ADAPTING.decay:g})."),
]


def _drawing(prompt: str) -> tuple[str, ...]:
    """The options that say how a character is drawn; the seed also draws the first one where there is no prompt."""
    return ("top_k", "top_p", "seed") if prompt else ("top_k", "top_p")


@app.command(rich_help_panel=LOOK)
def sample(
    ctx: typer.Context,
    run_name: NetworkName,
    prompt: Prompt = "",
    encoding: PromptEncoding = "",
    length: Length = LENGTH,
    temperature: Annotated[float, real("--temperature", TEMPERATURE_HELP)] = 0.5,
    top_k: TopK = 0,
    top_p: TopP = 1.0,
    seed: SampleSeed = 0,
    stop_at: StopAt = "",
    at: WriterAt = None,
    weights_asked: Weights = None,
    step: Annotated[str | None, typer.Option("--step", help="The former name of --at.", hidden=True)] = None,
    adapt: Adapt = False,
    adapt_rate: AdaptRate = None,
    adapt_length: AdaptLength = None,
    adapt_decay: AdaptDecay = None,
    trust: Trust = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Sample text from a network."""
    from rnntui.commands import input_text, network_names, sample, write

    how = Sampling(temperature, top_k, top_p)
    if at is not None and step is not None:
        raise ValueError("--at and --step are the same: give one of them")
    option = "--at" if step is None else "--step"
    asked = read_at(at if step is None else step, option)
    adaptation = network_names.adaptation(adapt, adapt_rate, adapt_length, adapt_decay)
    named_network = network_names.network_named(_folder(folder), run_name)
    weights.ask(named_network.runs, weights_asked)
    network = named_network.spec(asked, option, adaptation)
    request = write.WriteRequest(input_text.prompt(prompt, encoding), length, how, seed, stop_at)
    write.say_undrawn([temperature], typed(ctx, *_drawing(request.prompt)))
    sample.write(network, request, wants_json=as_json)


@app.command(rich_help_panel=LOOK)
@with_theme
def write(
    ctx: typer.Context,
    run_names: Annotated[list[str], typer.Argument(metavar="RUN...", help=NETWORK_HELP, autocompletion=_network_names)],
    prompt: AskedPrompt = "",
    encoding: PromptEncoding = "",
    length: PageLength = None,
    temperature: Annotated[float | None, real("--temperature", f"{TEMPERATURE_HELP} (default 0.5)")] = None,
    temperatures: Annotated[
        str | None, typer.Option(help="Several temperatures, side by side: 0,0.5,1,2.", metavar="X,...")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help=f"Checkpoints: 100,1000,best,newest {UNLESS_WORSE}.", metavar="STEP,...")
    ] = None,
    weights_asked: Weights = None,
    top_k: TopK = 0,
    top_p: TopP = 1.0,
    seed: SampleSeed = 0,
    stop_at: StopAt = "",
    check: Annotated[
        str | None,
        typer.Option(
            help="Write many texts and count the valid ones.",
            metavar="|".join(KINDS),
            autocompletion=offering(KINDS),
        ),
    ] = None,
    samples: Annotated[int | None, whole("--samples", "Number of texts to check (default 100).")] = None,
    svg: Svg = None,
    plain: Annotated[bool, typer.Option("--plain", help="No screen: print the texts one after the other.")] = False,
    adapt: Adapt = False,
    adapt_rate: AdaptRate = None,
    adapt_length: AdaptLength = None,
    adapt_decay: AdaptDecay = None,
    trust: Trust = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Let networks write text side by side: several runs, checkpoints or temperatures, with the same random numbers.

    On a terminal this opens the writing room, where you can go back, edit and continue; elsewhere the texts are
    streamed, a labelled block each.
    """
    from rnntui.commands import input_text, network_names, write

    if temperature is not None and temperatures is not None:
        raise ValueError("--temperature gives one value and --temperatures several: leave one of them out")
    warmths = (
        read_temperatures(temperatures) if temperatures is not None else [0.5 if temperature is None else temperature]
    )
    how = Sampling(warmths[0], top_k, top_p)
    form = write.WriteFormat(check, samples, svg, plain, as_json)
    adaptation = network_names.adaptation(adapt, adapt_rate, adapt_length, adapt_decay)
    root, steps = _folder(folder), [None] if at is None else read_steps(at)
    networks = write.each_once(network_names.network_named(root, name) for name in run_names)
    weights.ask((run for network in networks for run in network.runs), weights_asked)
    writers = side_by_side([network.specs(steps, adaptation) for network in networks], warmths, how)
    request = write.WriteRequest(
        input_text.prompt(prompt, encoding), LENGTH if length is None else length, how, seed, stop_at, length is None
    )
    write.say_undrawn(warmths, typed(ctx, *_drawing(request.prompt)))
    raise typer.Exit(write.run(writers, request, form, root))


@app.command(rich_help_panel=LOOK)
def score(
    run_name: NetworkName,
    file: Annotated[
        str | None,
        typer.Argument(
            help="A text file; '-' is standard input (default the held-out part of the run's corpus).", metavar="FILE"
        ),
    ] = None,
    per_character: Annotated[
        bool, typer.Option("--per-character", help="One line per character: position from 0, character, bits.")
    ] = False,
    at: WriterAt = None,
    weights_asked: Weights = None,
    encoding: Encoding = "",
    svg: Svg = None,
    adapt: Adapt = False,
    adapt_rate: AdaptRate = None,
    adapt_length: AdaptLength = None,
    adapt_decay: AdaptDecay = None,
    trust: Trust = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Measure how well a network predicts a text, in bits per character.

    The state is carried through the whole text; every character but the first is scored. (The held-out loss in training
    reads the same characters as up to 64 parallel streams, each with its own state, so it differs a little.)
    """
    from rnntui.commands import network_names, score

    asked = read_at(at)
    adaptation = network_names.adaptation(adapt, adapt_rate, adapt_length, adapt_decay)
    named_network = network_names.network_named(_folder(folder), run_name)
    weights.ask(named_network.runs, weights_asked)
    network = named_network.spec(asked, adaptation=adaptation)
    raise typer.Exit(score.run(network, file, score.ScoreFormat(per_character, svg, as_json), encoding))


@app.command(rich_help_panel=LOOK)
def units(
    run_name: RunName,
    file: Annotated[
        str | None,
        typer.Argument(
            help="A text file; '-' is standard input (default the held-out part of the run's corpus).", metavar="FILE"
        ),
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(
            "--feature",
            help="Rank the units by the characters that this regular expression matches; may be given several times.",
            metavar="REGEX",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="How to tell what a unit follows: by its correlation, or by its mutual information, in bits.",
            metavar="correlation|mutual-information",
            autocompletion=offering(("correlation", "mutual-information")),
        ),
    ] = "correlation",
    layer: Annotated[
        int | None, whole("--layer", "Units of this layer only, from 1, the lowest (default all).", show_default=False)
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            help="This state only: h, the output, or c, the cell (default all).",
            metavar="h|c",
            show_default=False,
            autocompletion=offering(("h", "c")),
        ),
    ] = None,
    top: Annotated[int, whole("--top", "How many units to list; of these at most six are drawn.")] = 20,
    similar: Annotated[
        str | None,
        typer.Option(
            "--similar",
            help="Find the ten places where the state is most as it is after these characters first occur.",
            metavar="TEXT",
            show_default=False,
        ),
    ] = None,
    unit: Annotated[
        int | None,
        whole("--unit", "With --similar, one unit of --layer and --state (default all).", show_default=False),
    ] = None,
    characters: Annotated[int, whole("--characters", "How many characters of the text to read at most.")] = 100_000,
    at: WriterAt = None,
    weights_asked: Weights = None,
    encoding: Encoding = "",
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw a passage shaded by the best units into this .svg, .png or .pdf file.", metavar="FILE"),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="The same as on a terminal, into this .svg file.", metavar="FILE")
    ] = None,
    trust: Trust = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Show what each unit of a network follows in a text: inside quotes, place in line, a regular expression, …

    The states of all units are compared with features of each character (docs/spec.md 8) on text that was held out; of
    other tasks than text, with the time, the input and the answer at each step.
    """
    from rnntui.commands import units
    from rnntui.runs.better import taken_at
    from rnntui.runs.networks import NetworkSpec

    asked = read_at(at)
    run = named(_folder(folder), run_name, TRAINED)
    weights.ask([run], weights_asked)
    request = units.UnitsRequest(
        tuple(feature or ()), layer, state, top, characters, similar, unit, figure, svg, as_json, units.measure(by)
    )
    units.run(NetworkSpec(run, *taken_at(run, asked)), file, request, encoding)


@app.command(rich_help_panel=LOOK)
@with_settings("layers", "hidden", "init", "length", "input", "batch", "seed", defaults_of=("palindrome",))
def gradients(
    run_names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN...]", help=f"Trained networks: {RUN_HELP}", autocompletion=_run_names),
    ] = None,
    cells: Annotated[
        str | None, typer.Option(help="Untrained networks with these cells, separated by commas.", metavar="CELL,...")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Draw the gradient horizons into this .svg, .png or .pdf file.", metavar="FILE")
    ] = None,
    at: CheckpointAt = None,
    trust: Trust = False,
    folder: Folder = None,
    as_json: Json = False,
    **given: Any,
) -> None:
    """Show why a network forgets: how far back in time its gradient reaches.

    Of a run these are the weights of training, not their average, at the newest checkpoint unless --at names another.

    Without RUN and --cells, compare the vanilla RNN's gradients in closed form with autograd.
    """
    from rnntui.commands.gradients import compare_closed_form, show_horizons

    if at is not None and not run_names:
        raise ValueError("--at is a checkpoint of a trained network: name a run")
    asked = read_at(at)
    if run_names or cells is not None:
        trained = all_named(_folder(folder), dict.fromkeys(run_names or ()), TRAINED)
        steps = [step_at(run, asked) for run in trained]
        show_horizons(trained, steps, cells, values(given), figure=figure, wants_json=as_json)
    elif figure is not None:
        raise ValueError("--figure draws horizons: name runs, or cells with --cells rnn,gru,lstm")
    elif folder is not None:
        raise ValueError("--runs is the folder of trained networks: name a run in it, or leave it out")
    elif not compare_closed_form(values(given), wants_json=as_json):
        raise typer.Exit(FAILED)


@runs_app.callback(invoke_without_command=True)
def list_runs(ctx: typer.Context, folder: Folder = None, as_json: Json = False) -> None:
    """List runs, show one, delete some."""
    if ctx.invoked_subcommand is not None:
        return
    from rnntui.commands.runs import runs_table

    runs_table(_folder(folder), wants_json=as_json)


@runs_app.command("show")
def show_run(ctx: typer.Context, run_name: RunOrSweep, folder: Folder = None, as_json: Json = False) -> None:
    """Show a run's settings, versions, checkpoints, journal and samples, or a sweep's plan, results and runs."""
    from rnntui.commands import runs_show, sweep_overview

    folder, as_json = folder or above(ctx, "folder"), as_json or above(ctx, "as_json")
    if (sweep_folder := runs.sweep_at(_folder(folder), run_name)) is not None:
        sweep_overview.show(sweep_folder, wants_json=as_json)
    else:
        runs_show.show_run(named(_folder(folder), run_name, ANY), wants_json=as_json)


@runs_app.command("rm")
def remove_runs(
    ctx: typer.Context,
    run_names: RunsOrSweeps,
    folder: Folder = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
) -> None:
    """Permanently delete runs, and sweeps with all their runs; never one that a process is using."""
    from rnntui.sweeps.removal import locked_for_removal

    _check_no_json_above(ctx)
    folder = folder or above(ctx, "folder")
    if LAST in run_names:
        named(_folder(folder), LAST, ANY)  # says which
    doomed = locked_for_removal(_folder(folder), run_names)
    try:
        if not yes:
            _agree(
                f"Permanently delete {listed([run_or_sweep.name for run_or_sweep in doomed])}?",
                "--yes deletes without asking",
            )
        for target in doomed:
            target.remove()
    finally:
        for target in doomed:
            target.unlock()


def _agree(question: str, way_out: str) -> None:
    """Raises `Abort` where the answer is no, `ValueError` with the way out where nobody is there to give one."""
    nobody = ValueError(f"there is no terminal to answer on: {way_out}")
    if sys.stdin is None:
        raise nobody
    try:
        is_agreed = typer.confirm(shown_text(question), err=True)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        typer.echo(err=True)  # ends the line of the question
        raise nobody from None
    if not is_agreed:
        raise typer.Abort


app.add_typer(runs_app, name="runs", rich_help_panel=LOOK)


@app.command(rich_help_panel=LOOK)
@with_theme
def compare(
    ctx: typer.Context,
    run_names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...", help=f"{RUN_HELP} A sweep means all its runs.", autocompletion=_compared_names
        ),
    ],
    metric: Annotated[
        str,
        typer.Option(
            help="What to draw: loss, accuracy, held-out or gradient-norm.",
            autocompletion=offering(tail.METRICS),
        ),
    ] = "loss",
    by: Annotated[
        str,
        typer.Option(help="Horizontal axis: step, or seconds of training.", autocompletion=offering(tail.AXES)),
    ] = "step",
    smooth: Annotated[
        int, whole("--smooth", "Window of the mean, in steps: around each on the screen, before it in a figure.")
    ] = 100,
    log: Annotated[bool, typer.Option("--log", help="Logarithmic scale.")] = False,
    figure: Annotated[
        Path | None, typer.Option(help="Draw the curves into this .svg, .png or .pdf file.", metavar="FILE")
    ] = None,
    folder: Folder = None,
    headless: Annotated[bool, typer.Option("--headless", help="No screen: a table.")] = False,
    as_json: Json = False,
) -> None:
    """Compare the curves of several runs, and the settings in which they differ.

    On a terminal this opens a screen that follows runs still in training. In the table, mean loss and mean acc are over
    the last 100 steps.
    """
    if figure is not None:
        from rnntui.plots import check_file

        check_file(figure)
    from rnntui.commands.compare import show, view
    from rnntui.runs import comparison

    wanted = view(metric, by, smooth, log=log)
    is_drawn = figure is not None or (output.is_terminal() and not headless and not as_json)
    if not is_drawn and (unused := typed(ctx, "metric", "by", "smooth", "log")):
        raise ValueError(f"{unused[0]} is for curves, and none are drawn here: add --figure FILE.svg, or leave it out")
    if figure is not None and metric == "held-out" and typed(ctx, "smooth"):
        raise ValueError(
            "--smooth is for losses of single batches; held-out losses are drawn as they are: leave it out"
        )
    compared = comparison.find(_folder(folder), run_names)
    raise typer.Exit(show(compared, wanted, figure, headless=headless, wants_json=as_json))


@app.command(rich_help_panel=LOOK)
def plot(
    run_names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...", help=f"{RUN_HELP} A sweep means all its runs.", autocompletion=_compared_names
        ),
    ],
    figures: Annotated[
        str | None,
        typer.Option(
            "--figure",
            help=f"Which figures: {', '.join(plot_request.FIGURES)} (default those that there are; of several runs "
            "those that lay them over each other).",
            metavar="NAME,...",
            show_default=False,
            autocompletion=offering(plot_request.FIGURES),
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            help="A .svg, .png or .pdf file for one figure (default the curves), or a folder for several.",
            metavar="FILE|FOLDER",
            show_default=plot_request.FOLDER,
        ),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="What a folder is to hold: svg, with text as outlines, png or pdf (default svg).",
            metavar="|".join(plot_request.FORMATS),
            show_default=False,
            autocompletion=offering(plot_request.FORMATS),
        ),
    ] = None,
    width: Annotated[
        str,
        typer.Option(
            help="How wide it is printed: a column (8.6 cm), a page (17.8 cm), or so many cm.",
            metavar="column|page|CM",
            autocompletion=offering(plot_request.WIDTHS),
        ),
    ] = "column",
    smooth: Annotated[
        int | None,
        whole("--smooth", "Window of the trailing mean, in steps (default a hundredth of all).", show_default=False),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="The loss on a logarithmic scale.")] = False,
    at: CheckpointAt = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace figures that are there already.")] = False,
    trust: Trust = False,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Draw the figures of runs for print: as wide as a column or a page, fonts embedded, several runs in one."""
    from rnntui.commands.plot.figures import plot as draw

    request = plot_request.PlotRequest(
        plot_request.read_figures(figures, tuple(plot_request.FIGURES)),
        to,
        format,
        plot_request.read_width(width),
        smooth,
        log,
        read_at(at),
        overwrite,
        as_json,
    )
    draw(_folder(folder), run_names, request)


@app.command(rich_help_panel=LOOK)
def ravine(
    figure: Annotated[
        Path | None, typer.Option(help="Draw the paths into this .svg, .png or .pdf file.", metavar="FILE")
    ] = None,
    steps: Annotated[int, whole("--steps", "Number of steps of each optimizer.")] = 50,
    as_json: Json = False,
) -> None:
    """Compare how optimizers descend a ravine, f(x, y) = x²/20 + y²: a table, or the paths as a figure."""
    if figure is not None:
        from rnntui.plots import check_file

        check_file(figure)
    from rnntui.commands.ravine import tell

    tell(figure, steps, wants_json=as_json)


@app.command(rich_help_panel=LOOK)
@with_theme
def gate(
    period: Annotated[
        str | None, typer.Option(help="Time steps from one opening to the next (default 5).", metavar="N")
    ] = None,
    shift: Annotated[
        str | None, typer.Option(help="Time step at which it begins to open (default 1).", metavar="N")
    ] = None,
    ratio: Annotated[
        str | None, typer.Option(help="Share of the period for which it is open (default 0.5).", metavar="X")
    ] = None,
    leak: Annotated[str | None, typer.Option(help="The α of k = αφ while closed (default 0).", metavar="X")] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="The four gates of the report (Deep Learning, University of Amsterdam, 2018, assignment 2).",
            metavar="report",
            autocompletion=offering(("report",)),
        ),
    ] = None,
    low: Annotated[str | None, typer.Option("--from", help="First time to show.", metavar="N")] = None,
    high: Annotated[
        str | None, typer.Option("--to", help="Last time to show (default 20, or four periods later).", metavar="N")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Draw k(t) and φ(t) into this .svg, .png or .pdf file.", metavar="FILE")
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No screen: a table of its openings.")] = False,
    as_json: Json = False,
) -> None:
    """Explore the time gate of a Phased LSTM unit: k(t) and φ(t) for a period, shift and ratio.

    On a terminal this opens a screen where keys and the mouse change them, starting from the third gate of preset
    report.
    """
    if figure is not None:
        from rnntui.plots import check_file

        check_file(figure)
    from rnntui.commands import gate as gates

    request = gates.GateRequest(preset, period, shift, ratio, leak, low, high)
    raise typer.Exit(gates.show(request, figure, headless=headless, wants_json=as_json))


# --- texts and machine ----------------------------------------------------------------------------------------------


@corpora_app.callback(invoke_without_command=True)
def list_corpora(ctx: typer.Context, as_json: Json = False) -> None:
    """List texts, fetch or add some, check one. They are in the folder RNNTUI_CORPORA, else in corpora/."""
    if ctx.invoked_subcommand is not None:
        return
    from rnntui.commands.corpora import corpora_table

    corpora_table(wants_json=as_json)


@corpora_app.command("get")
def get_corpora(
    ctx: typer.Context,
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Texts to fetch.", autocompletion=_fetchable_names)
    ],
) -> None:
    """Fetch texts into the corpora folder; each is checked by its SHA-256."""
    from rnntui.commands.corpora import get

    _check_no_json_above(ctx)
    get(names)


@corpora_app.command("add")
def add_corpus(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name for the corpus.")],
    origin: Annotated[
        str,
        typer.Argument(metavar="FILE|FOLDER|URL", help="A text, or a folder: all text files in it."),
    ],
    encoding: Encoding = "",
    most: Annotated[
        str | None, typer.Option(help="Largest size to fetch or unpack: 500M, 10G (default 2G).", metavar="SIZE")
    ] = None,
) -> None:
    """Copy a text of your own into the corpora folder, from a file, a folder or the web.

    A file is copied as it is; a gzipped one is unpacked, and one whose encoding is named is kept as UTF-8.
    """
    from rnntui.commands.corpora import add

    _check_no_json_above(ctx)
    add(name, origin, encoding, most)


@corpora_app.command("check")
def check_corpus(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE",
            help="A text, a file or a folder, as for --corpus.",
            autocompletion=corpus_names,
        ),
    ],
    batch: Annotated[int | None, whole("--batch", "Windows per batch.")] = None,
    length: Annotated[int | None, whole("--length", "Time steps per window.")] = None,
    encoding: Encoding = "",
    as_json: Json = False,
) -> None:
    """Check whether a text is worth training on: its characters, the baselines that simple guessers reach, and what
    `train text` starts from.

    The exit status is 1 if it is too short to train on.
    """
    from rnntui.commands.corpora_check import corpus_report
    from rnntui.runs import making

    asked = (("batch", batch), ("length", length), ("encoding", encoding or None))
    given = {key: value for key, value in asked if value is not None}
    wants_json = as_json or bool(above(ctx, "as_json"))
    raise typer.Exit(corpus_report(name, making.settings("text", {"corpus": name, **given}), wants_json=wants_json))


app.add_typer(corpora_app, name="corpora", rich_help_panel=PLACE)


def _configured(incomplete: str) -> list[str]:
    from rnntui.commands.default_options import SETTINGS
    from rnntui.system.user_config import KNOWN

    return starting_with(incomplete, [*KNOWN, *(f"options.{name}" for name in SETTINGS)])


ConfigName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="Such as theme, runs, options.lr, options.text.dropout, or keys.ACTION.",
        autocompletion=_configured,
    ),
]


@config_app.callback(invoke_without_command=True)
def show_config(ctx: typer.Context, as_json: Json = False) -> None:
    """Show and change what is set once for all commands: theme, folder of runs, options of train, keys."""
    if ctx.invoked_subcommand is not None:
        return
    from rnntui.commands import config as configuration

    configuration.show(wants_json=as_json)


@config_app.command("set", context_settings={"ignore_unknown_options": True})  # of numbers below 0
def set_config(
    ctx: typer.Context, name: ConfigName, value: Annotated[str, typer.Argument(metavar="VALUE", help="Its value.")]
) -> None:
    """Set a value; comments and all else in the file stay."""
    from rnntui.commands import config as configuration

    _check_no_json_above(ctx)
    configuration.set_value(name, value)


@config_app.command("unset")
def unset_config(ctx: typer.Context, name: ConfigName) -> None:
    """Take a value away, so that the default counts again."""
    from rnntui.commands import config as configuration

    _check_no_json_above(ctx)
    configuration.unset(name)


@config_app.command("path")
def config_path(ctx: typer.Context) -> None:
    """Print where the file is, or would be."""
    from rnntui.system import user_config

    _check_no_json_above(ctx)
    print(user_config.path())


@config_app.command("edit")
def edit_config(ctx: typer.Context) -> None:
    """Open the file in VISUAL or EDITOR, and check it afterwards."""
    from rnntui.commands import config as configuration

    _check_no_json_above(ctx)
    raise typer.Exit(configuration.edit())


app.add_typer(config_app, name="config", rich_help_panel=PLACE)


def _add(path: str, panel: str) -> None:
    """Make a command of the function at `module:function`, which is imported now: let its module be light."""
    module, _, name = path.partition(":")
    app.command(rich_help_panel=panel)(getattr(importlib.import_module(module), name))


@app.command(rich_help_panel=PLACE)
def doctor(
    test_alert: Annotated[
        bool,
        typer.Option(
            "--test-alert",
            help="Run the commands on-end and on-trouble of the configuration, and notify as it says; say what was "
            "wrong.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what rnntui runs on: versions, device, terminal, folders, and the kernel that each cell would use."""
    from rnntui.commands import doctor

    if test_alert and as_json:
        raise ValueError("--test-alert has no result to print: leave out --json")
    if test_alert:
        raise typer.Exit(doctor.test_alert())
    doctor.tell(wants_json=as_json)
