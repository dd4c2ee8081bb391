"""What a run will need of memory, reckoned before step 1, so that one that cannot fit is refused at once.

Each part is what is surely held at the same time, from the buffers that a kernel makes; what passes by is left out
where it depends on the library. So the sum lies below what runs were measured to take (`bench/memory_needs.py`), and
what is refused could not have been trained. The text itself is in memory by then.

T  time steps     B  batch     n  hidden units     V  outputs     P  weights
"""

from dataclasses import dataclass

import torch

from rnntui.config import FREE, Settings, time_steps
from rnntui.core.kernels import loop
from rnntui.core.model import Model
from rnntui.core.tasks import Task
from rnntui.core.tasks.text import Streams, TextTask
from rnntui.specs import OPTIMIZERS
from rnntui.system.memory import FLOAT32, Free, free

SMALL = 100 << 20  # bytes: a run that needs less is never refused
INDEX = 8  # bytes of a character in a batch
COPIES = 4  # of the weights: they, their gradient, the start of a stride, and the file of a checkpoint
TURNING = 6  # matrices of --recurrent orthogonal at a step: the identity, and what the Cayley transform takes
AVERAGES = {"ema": 1, "tail": 2}  # numbers that an average keeps of each weight
# Numbers that a layer keeps for each of T B n from its forward to its backward pass, by kernel and cell.
COMPILED = {"rnn": 2.0, "gru": 9.0, "lstm": 6.0}
NORMED = {"rnn": 3.0, "gru": 7.0, "lstm": 10.0}  # with layer normalisation
LIBRARY = {"rnn": 2.0, "gru": 6.0, "lstm": 6.0}
LOOP = {"rnn": 2.5, "gru": 8.0, "lstm": 10.0, "phased": 12.0}
LEAST = 2.0  # any: the outputs, and their gradients
LIBRARY_BACKWARD = {"gru": 4.0, "lstm": 7.0}  # what the library's backward pass takes beside, for one layer
DROPPED = 2.0  # the mask of the units between two layers, or before the read-out, and their product
MASKED = 1.0  # a compiled layer's states as they entered its products, with `--dropout-recurrent`


@dataclass(frozen=True)
class MemoryPart:
    """What something takes, in bytes; `lower` is what makes it less."""

    bytes: int
    what: str
    lower: str


def check(settings: Settings, task: Task, model: Model, device: torch.device) -> None:
    """Raise `ValueError` for a run that needs more memory than there is on its device."""
    needed = parts(settings, task, model, device)
    total = sum(part.bytes for part in needed)
    if total < SMALL:
        return
    left = free_on(device)
    if total > left.bytes:
        largest = max(needed, key=lambda part: part.bytes)
        raise ValueError(
            f"this run would need at least {in_words(total)}, most of it {largest.what}: {in_words(left.bytes)} "
            f"{left.of}; lower {largest.lower}"
        )


def parts(settings: Settings, task: Task, model: Model, device: torch.device) -> list[MemoryPart]:
    """The parts of what a run needs at once, the text left out; on a GPU, where nothing was measured, the least."""
    T, B, n, V = time_steps(settings), settings.batch, settings.hidden, task.output_size
    P = model.parameter_count()
    by_step = T if task.readout == "every" else 1
    is_cpu = device.type == "cpu"
    is_compiled = is_cpu and bool(model.kernel.instructions)
    hot = 0 if is_compiled or not _takes_values(model) else T * B * task.input_size  # one-hot inputs
    states = int(T * B * n * (_states(settings, model) if is_cpu else settings.layers * LEAST)) + hot
    logits = by_step * B * (V + n if is_compiled else 4 * V)  # logits, log-probabilities, gradients of both
    scoring = _scoring(settings, task)
    scoring = max(0, scoring - logits - (0 if is_compiled else states))  # in their place; compiled states stay
    sequences = f"{T:,} steps of --batch {B}"
    kept = OPTIMIZERS[settings.optimizer].remembers + AVERAGES.get(settings.average, 0)
    turned = 0 if settings.recurrent == FREE else (settings.layers + TURNING) * n**2  # each W_hh before the step
    return [
        MemoryPart(
            ((COPIES + 2 * kept) * P + turned) * FLOAT32,
            f"{P:,} weights of --hidden {n} and --layers {settings.layers} and what training keeps of them",
            "--hidden or --layers",
        ),
        MemoryPart(
            states * FLOAT32 + T * B * INDEX,
            f"the states of {sequences} in --layers {settings.layers} of --hidden {n}",
            "--batch, --length or --hidden",
        ),
        MemoryPart(logits * FLOAT32, f"the predictions over {V:,} characters at {sequences}", "--batch or --length"),
        MemoryPart(
            scoring * FLOAT32, f"the scoring of the held-out text over {V:,} characters", "--hidden or --layers"
        ),
    ]


def _states(settings: Settings, model: Model) -> float:
    """Numbers that the layers keep for each of T B n, and the most that one of them takes beside."""
    cell, layers, name = settings.cell, settings.layers, model.kernel.name
    dropped = DROPPED * (layers - 1) if model.dropout.between else 0.0
    if model.dropout.output and model.readout == "every":
        dropped += DROPPED
    if model.kernel.instructions:
        masked = MASKED if model.dropout.recurrent else 0.0
        if settings.layer_norm:
            return layers * (NORMED[cell] + masked) + dropped
        return layers * (COMPILED.get(cell, LEAST) + masked) + dropped
    if name == loop.NAME:
        return layers * LOOP.get(cell, LEAST) + dropped
    return layers * LIBRARY.get(cell, LEAST) + LIBRARY_BACKWARD.get(cell, 0.0) + dropped


def _takes_values(model: Model) -> bool:
    """Whether indices are made one-hot values for a kernel."""
    return model.kernel.name in (loop.NAME, "oneDNN", "torch", "cuDNN")


def _scoring(settings: Settings, task: Task) -> int:
    """Numbers held while a piece of the held-out text is scored: outputs of a layer, logits, those that are known."""
    if not isinstance(task, TextTask):
        return 0
    layout, V = Streams.of(len(task.held_out)), task.output_size
    return layout.piece(V) * layout.count * (settings.hidden + 2 * V)


def free_on(device: torch.device) -> Free:
    """What may still be taken on a device; what torch holds there and does not use is free."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return Free(torch.cuda.mem_get_info(device)[0] + unused, f"of {device} are free")
    if device.type == "mps":
        left = torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
        return Free(max(0, left), "of the recommended memory of mps are free")
    return free()


def in_words(count: int) -> str:
    """`38 GB`, `1.2 GB`, `640 MB`, in powers of ten."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB" if count < 1e10 else f"{count / 1e9:,.0f} GB"
    return f"{count / 1e6:.0f} MB"
