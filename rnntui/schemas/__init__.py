"""Every file that rnntui reads back, as one type each: what it may hold is stated here and nowhere else.

A run folder, a sweep, a plan may come from anybody, and may have been cut, mangled or written by another version. Code
that reads keys from a dict finds out late and in Python's words; here a file is one of these types or one sentence.
`decoding.read` does it, `upgrades` has the one place where files of earlier versions become today's.
"""

from rnntui.schemas.base import File, Line, Scalar, number
from rnntui.schemas.corpora import CorpusBaselines, TokensFile
from rnntui.schemas.decoding import DamagedFile, converted, decode, read
from rnntui.schemas.runs import (
    BatchFigures,
    BatchRanges,
    CheckpointState,
    CorpusFacts,
    FiguresState,
    JournalRow,
    MetricsRow,
    Origin,
    PromptsFile,
    Row,
    RunConfig,
    SampleRow,
    Unlogged,
    is_better,
)
from rnntui.schemas.sweeps import (
    Failure,
    FailureRow,
    FailuresFile,
    Figure,
    PlanContent,
    PlanTable,
    ResultFile,
    Search,
    SweepFile,
    SyntaxContent,
    SyntaxFile,
    SyntaxRow,
)

__all__ = [
    "BatchFigures",
    "BatchRanges",
    "CheckpointState",
    "CorpusBaselines",
    "CorpusFacts",
    "DamagedFile",
    "Failure",
    "FailureRow",
    "FailuresFile",
    "Figure",
    "FiguresState",
    "File",
    "JournalRow",
    "Line",
    "MetricsRow",
    "Origin",
    "PlanContent",
    "PlanTable",
    "PromptsFile",
    "ResultFile",
    "Row",
    "RunConfig",
    "SampleRow",
    "Scalar",
    "Search",
    "SweepFile",
    "SyntaxContent",
    "SyntaxFile",
    "SyntaxRow",
    "TokensFile",
    "Unlogged",
    "converted",
    "decode",
    "is_better",
    "number",
    "read",
]
