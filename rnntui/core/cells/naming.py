"""What the initialisations make of the names that a cell gives its parameters.

They go by names: a matrix is recurrent where its name ends in `h` and an input matrix else, a vector is a bias.
`docs/cells.md` says it for whoever writes a cell.
"""

from rnntui.config import Settings, spec
from rnntui.core.cells import Cell
from rnntui.specs import LATCH_NOTE


def notes(cells: list[Cell], settings: Settings) -> list[str]:
    """What a user should know of how the weights were drawn, a sentence each."""
    said = []
    if settings.init == "latch":
        said.append(f"--init latch: {LATCH_NOTE}{_why_not_latch(settings)}")
    odd = _odd_names(cells[0], settings.init) if settings.cell.partition(":")[2] else ""
    if odd:
        said.append(
            f"--init {settings.init} depends on the names of parameters (docs/cells.md): {odd} in {settings.cell}"
        )
    return said


def check_input_scale(cell: Cell, input_scale: float) -> None:
    """Raise `ValueError` where there is no input matrix that the scale would be a factor on."""
    if input_scale != 1.0 and not any(letter.endswith("x") for letter, _ in cell.letters()):
        raise ValueError(
            "--input-scale scales the matrices whose names end in x, and this cell has none (docs/cells.md)"
        )


def _why_not_latch(settings: Settings) -> str:
    """Why latched units will not do for these settings, and what does better; empty where they may do."""
    if why := spec(settings).why_not_latch:
        return f"; {why}"
    if settings.input == "scalar":
        return "; a scalar digit gives them no sign to keep: --init orthogonal does better"
    return ""


def _odd_names(cell: Cell, init: str) -> str:
    """The parameters that are drawn as something that their names do not say, in words; empty where all say it."""
    named = [(letter, tensor) for letter, tensor in cell.letters() if letter not in cell.drawn_here]
    matrices = [letter for letter, tensor in named if tensor.dim() != 1 and letter[-1] not in "hx"]
    vectors = [letter for letter, tensor in named if tensor.dim() == 1 and letter.rpartition(".")[2][:1] != "b"]
    parts = []
    if matrices and init not in ("normal", "uniform", "forget-bias"):
        parts.append(f"{', '.join(matrices)} drawn like input matrices, uniformly")
    if vectors and init not in ("uniform", "forget-bias"):
        parts.append(f"{', '.join(vectors)} set to zero like biases")
    return " and ".join(parts)
