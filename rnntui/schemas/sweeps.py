"""The files of a sweep, as types: `sweep.json`, `failures.jsonl`, and `result.json` and `syntax.json` of its runs.

Losses are nats, accuracies shares, times seconds.
"""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct, field

from rnntui.schemas.base import Count, File, Line, Real, Scalar, Step

Share = Annotated[float, Meta(ge=0, le=1)]


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """`[search]`: look for the largest value of `axis` that is solved in at least `share` of the seeds.

    From `start` it doubles until it fails or reaches `limit`, then halves the gap down to a tenth of the value. Bounds
    are checked with the plan.
    """

    axis: str = "length"
    start: int = 50
    limit: int = 1000
    share: float = 0.8


class Figure(Struct, frozen=True, forbid_unknown_fields=True):
    """`[figure]`: accuracy along the axis `x`, curves over the steps, or the frontier of a search.

    `line` and `panel` are axes; `choose` is one of which each line shows its best value alone.
    """

    kind: str = "accuracy"
    x: str = ""
    line: str = ""
    panel: str = ""
    choose: str = ""


class SyntaxContent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[syntax]` of a plan; bounds are checked where it is made a `sweeps.syntax.Syntax`."""

    samples: int = 50
    length: int = 500
    prompt: int = 30
    temperatures: tuple[float, ...] = (0.0, 0.5, 1.0)


class PlanContent(Struct, frozen=True, kw_only=True):
    """A plan as `sweep.json` holds it."""

    name: str
    title: str
    base: dict[str, Scalar]
    axes: dict[str, list[Scalar]]
    variants: dict[str, dict[str, Scalar]] = field(default_factory=dict)
    search: Search | None = None
    figure: Figure = Figure()
    given: dict[str, list[Scalar | None]] = field(default_factory=dict)
    syntax: SyntaxContent | None = None
    sizes: dict[str, int] = field(default_factory=dict)


class PlanTable(Struct, frozen=True, kw_only=True):
    """A plan as a file in TOML has it. The values of settings are checked against those of the task."""

    title: str | None = None
    base: dict[str, Any] = field(default_factory=dict)
    axes: dict[str, Any] = field(default_factory=dict)
    variants: dict[str, Any] = field(default_factory=dict)
    search: Search | None = None
    figure: Figure = Figure()
    syntax: SyntaxContent | None = None


class SweepFile(File, frozen=True, kw_only=True):
    """`sweep.json`: the plan, the time spent on it, and the SHA-256 of each text that it was begun with."""

    VERSION: ClassVar[int] = 2
    plan: PlanContent
    seconds: Annotated[float, Meta(ge=0)] = 0.0
    texts: dict[str, str] = field(default_factory=dict)


class Failure(Struct, frozen=True, kw_only=True):
    """Why a run could not be trained: a sentence, and where in a user's own code it failed."""

    reason: str
    traceback: str = ""


class FailureRow(Line, frozen=True, kw_only=True):
    """A line of `failures.jsonl`: a run that failed, and as `Failure`."""

    run: str
    reason: str
    traceback: str = ""


class FailuresFile(File, frozen=True, kw_only=True):
    """`failed.json`, which sweeps until 0.1 have in its place: failures by the runs' names."""

    failures: dict[str, Failure] = field(default_factory=dict)


class ResultFile(File, frozen=True, kw_only=True):
    """`result.json`: what came out of a run with these settings; the fields are those of `sweeps.folder.Result`."""

    settings: dict[str, Scalar]
    state: Literal["finished", "diverged", "failed"]
    step: Step = 0
    loss: Real = None
    accuracy: Real = None
    best_accuracy: Real = None
    test_accuracy: Real = field(default=None, name="fresh_accuracy")
    solved_at: Step | None = None
    seconds: Real = None
    reason: str = ""
    parameters: Count | None = None
    bits_per_character: Real = None
    test_loss: Real = None


class SyntaxRow(Struct, frozen=True, kw_only=True):
    """What was counted at a step and temperature; the counts are those of `syntax.tally.Tally`."""

    step: Step
    temperature: float
    texts: Count
    valid: Count
    closed: Count
    faults: Count
    open: Count
    known: Count
    words: Count


class SyntaxFile(File, frozen=True, kw_only=True):
    """`syntax.json`: what was asked, of what kind the corpus is and how valid itself, a row a step and temperature."""

    asked: SyntaxContent
    kind: Literal["latex", "html"]
    corpus_share: Share | None
    corpus_pieces: Count
    rows: tuple[SyntaxRow, ...] = ()
    is_done: bool = False
