"""`rnntui sample`: a network writes on standard output, a character at a time."""

import math
import sys
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from rnntui.output import as_json, say
from rnntui.runs import Run
from rnntui.safe import shown_text

if TYPE_CHECKING:
    from rnntui.core.generate import Writer


@dataclass(frozen=True)
class Wish:
    """What is to be written. Raises `ValueError`, naming the option, for what cannot be."""

    prompt: str
    length: int
    temperature: float
    top_k: int
    seed: int
    step: int | None

    def __post_init__(self) -> None:
        if self.length < 1:
            raise ValueError(f"--length must be at least 1, not {self.length}")
        if math.isnan(self.temperature) or self.temperature < 0:
            raise ValueError(f"--temperature must be 0, a number above it, or inf, not {self.temperature}")
        if self.top_k < 0:
            raise ValueError(f"--top-k must be at least 0, not {self.top_k}")
        if self.seed < 0:
            raise ValueError(f"--seed must be at least 0, not {self.seed}")


def write(run: Run, wish: Wish, *, wants_json: bool) -> None:
    """Stream what was wished for as safe text, or print it as JSON. Raises `ValueError` as `read_network` does."""
    from rnntui.core.generate import Writer
    from rnntui.core.reading import read_network

    reading = read_network(run, wish.step)
    writer = Writer(reading.network, reading.vocabulary, wish.seed, temperature=wish.temperature, top_k=wish.top_k)
    prompt = writer.read(wish.prompt)
    if writer.left_out:
        say(f"left out of the prompt, since the network's corpus lacks them: {' '.join(map(repr, writer.left_out))}")
    if not wants_json:
        _stream(prompt, writer, wish.length)
        return
    text = "".join(islice(writer, wish.length))
    facts = {"temperature": "inf" if math.isinf(wish.temperature) else wish.temperature, "top_k": wish.top_k}
    facts |= {"seed": wish.seed, "left_out": writer.left_out}
    print(as_json({"run": run.name, "step": reading.step, "prompt": prompt, "text": text, **facts}))


def _stream(prompt: str, writer: "Writer", length: int) -> None:
    sys.stdout.write(shown_text(prompt))
    for character in islice(writer, length):
        sys.stdout.write(shown_text(character))
        sys.stdout.flush()
    sys.stdout.write("\n")
